"""What the catalogue keeps without believing it: machines that never existed, and figures of the article."""

from typing import Literal, Self

from pydantic import Field, model_validator

from calculator.evidence import Entry, Quantity


class Phantom(Entry):
    """A machine that is often quoted and never existed. phantoms.toml"""

    names: tuple[str, ...] = Field(min_length=1)
    sentence: str
    nearest: tuple[str, ...] = Field(min_length=1)
    source: str


ClaimCheck = Literal[
    "exists",
    "specification",
    "decode speed",
    "split traffic",
    "answer time",
    "peak memory",
    "memory left",
    "fits",
    "second tenant",
    "offload",
    "load time",
    "power",
    "heat",
    "reading",
    "default range",
    "product",
    "resale",
]
"""Which bound a claim is set against; one function of calculator/claims per word."""

_NEEDS: dict[ClaimCheck, tuple[str, ...]] = {
    "exists": ("machine",),
    "specification": ("claimed", "machine", "field"),
    "decode speed": ("claimed", "machine", "model", "formats"),
    "split traffic": ("machine", "model", "formats"),
    "answer time": ("claimed", "machine", "model", "formats"),
    "peak memory": ("claimed", "machine", "model", "formats", "context_tokens"),
    "memory left": ("claimed", "machine", "beside"),
    "fits": ("machine", "model", "formats"),
    "second tenant": ("claimed", "machine", "model", "formats"),
    "offload": ("claimed", "machine"),
    "load time": ("claimed", "machine", "model", "formats"),
    "power": ("claimed", "machine", "field"),
    "heat": ("machine", "beside"),
    "reading": ("claimed", "against"),
    "default range": ("claimed", "field"),
    "product": ("claimed", "beside", "field"),
    "resale": ("beside", "field"),
}


class Claim(Entry):
    """One figure of the article, kept as a claim, and what it must be judged by. claims.toml

    machine: what the figure would be about (for "exists": the name as the article writes it).
    beside: machines, observations or other claims that are set beside it.
    formats: the first is the one judged, the others show what would be otherwise.
    field: a key of the machine, of its power or of defaults.toml.
    limit: the text gives the figure itself, an upper bound ("under 4 seconds") or a lower one.
    unless: what would make it true all the same.
    """

    id: str
    quote: str
    subject: str
    check: ClaimCheck
    claimed: Quantity | None = None
    limit: Literal["about", "at most", "at least"] = "about"
    machine: str = ""
    beside: tuple[str, ...] = ()
    model: str = ""
    formats: tuple[str, ...] = ()
    runtime: str = Field(default="", description="the usual one of the format unless given")
    context_tokens: int = Field(default=0, ge=0)
    field: str = ""
    says_fits: bool = True
    against: Quantity | None = Field(default=None, description="a reading of others that no other file holds")
    unless: str = ""
    note: str = ""

    @model_validator(mode="after")
    def _has_what_its_check_needs(self) -> Self:
        missing = [name for name in _NEEDS[self.check] if not getattr(self, name)]
        if missing:
            raise ValueError(
                f"{self.id}: the check {self.check!r} needs {', '.join(missing)}; "
                f"add {'it' if len(missing) == 1 else 'them'}."
            )
        return self
