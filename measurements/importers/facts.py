"""What must a person add to a file that does not say it all, and what came of reading it?

A benchmark's output seldom names the chip and never the catalogue's id of the model. Nothing is guessed: what is
missing is asked for by name, and each row that cannot be used is refused with its reason, the others are kept.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import ValidationError

from calculator.errors import sentences
from measurements.records.record import Measurement, MeasurementError, now

MissingFact = Literal["chip", "model", "format", "batch"]
HOW_TO_GIVE: dict[MissingFact, str] = {
    "chip": "on which chip it was measured: --chip apple-m4-max-40",
    "model": "which model it was: --model llama-3-70b",
    "format": "how the weights were packed: --format q4_k_m",
    "batch": "how many requests ran at once: --batch 8",
}
LONGEST_RAW = 20_000  # what record.Words allows
Gate = Callable[[Measurement], str | None]
"""The reason to refuse a record, or None."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the user says about the file. `models` maps the file's own words to ids; the key "" is for all."""

    chip: str = ""
    chip_count: int = 0
    models: Mapping[str, str] = field(default_factory=dict[str, str])
    format: str = ""
    batch_count: int = 0
    runtime_version: str = ""
    measured_at: str = ""
    source: str = ""
    licence: str = ""
    file_name: str = ""

    def model(self, words: str) -> str:
        """What the user said that these words mean; "" where he did not."""
        return self.models.get(words, self.models.get("", ""))

    def provenance(self, tool: str, *, place: str, raw: str, tool_version: str = "") -> dict[str, str]:
        """Where a row comes from, as the record keeps it."""
        return {
            "tool": tool,
            "tool_version": tool_version,
            "file_name": self.file_name,
            "place": place,
            "source": self.source,
            "licence": self.licence,
            "raw": raw[:LONGEST_RAW],
        }


@dataclass(frozen=True, slots=True)
class Known:
    """Ids of the catalogue that names are matched against."""

    chips: tuple[str, ...] = ()
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that is not taken, where it stands, and why, in one sentence."""

    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file gave. Where `missing` names facts, the rows that lack them are in `waiting`, not in `records`."""

    format: str
    records: tuple[Measurement, ...] = ()
    refused: tuple[Refusal, ...] = ()
    missing: tuple[MissingFact, ...] = ()
    waiting: tuple[str, ...] = ()

    def question(self) -> str:
        """The sentence that asks for what is missing; "" where nothing is."""
        if not self.missing:
            return ""
        rows = f"{len(self.waiting)} row{'s' if len(self.waiting) > 1 else ''}"
        return f"The file does not say for {rows} " + "; ".join(HOW_TO_GIVE[fact] for fact in self.missing) + "."


class Collector:
    """Gathers records, refusals and missing facts while a parser walks through a file."""

    def __init__(self, name: str, *, gate: Gate | None = None) -> None:
        self._name, self._gate = name, gate
        self._records: list[Measurement] = []
        self._refused: list[Refusal] = []
        self._missing: dict[MissingFact, None] = {}
        self._waiting: list[str] = []

    def refuse(self, place: str, reason: str) -> None:
        """This row is not taken."""
        self._refused.append(Refusal(place, reason))

    def lacks(self, place: str, needed: Mapping[MissingFact, Any]) -> bool:
        """Does the row lack a fact? Then it waits, and the fact is asked for."""
        missing: list[MissingFact] = [fact for fact, value in needed.items() if not value]
        if missing:
            self._missing.update(dict.fromkeys(missing))
            self._waiting.append(place)
        return bool(missing)

    def add(self, place: str, fields: Mapping[str, Any]) -> None:
        """Make the record, show it to the gate, keep or refuse it."""
        try:
            record = Measurement.model_validate(dict(fields))
        except ValidationError as error:
            self.refuse(place, " ".join(sentences(error, Measurement))[:500])
            return
        except MeasurementError as error:
            self.refuse(place, str(error))
            return
        self.keep(place, record)

    def keep(self, place: str, record: Measurement) -> None:
        """Show the record to the gate; keep or refuse it."""
        reason = self._gate(record) if self._gate is not None else None
        if reason is None:
            self._records.append(record)
        else:
            self.refuse(place, reason)

    def imported(self) -> Imported:
        """The result."""
        return Imported(
            format=self._name,
            records=tuple(self._records),
            refused=tuple(self._refused),
            missing=tuple(self._missing),
            waiting=tuple(self._waiting),
        )


def number(value: Any) -> float | None:
    """A finite number from a JSON number or a plain decimal string; None for true, "1_000", NaN, inf and the rest."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and not _is_plain(value):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if found - found == 0 else None


def whole(value: Any) -> int | None:
    """A whole number of at most 10**15 in size, or None."""
    found = number(value)
    return int(found) if found is not None and found == int(found) and abs(found) <= 10**15 else None


def text(value: Any) -> str:
    """A short printable string, whatever was found."""
    words = str(value) if isinstance(value, str | int | float) else ""
    return "".join(letter for letter in words if letter.isprintable())[:300]


def moment(value: str, facts: Facts) -> str:
    """When it was measured: what the file says, else what the user says, else today."""
    return value or facts.measured_at or now()[:10]


def _is_plain(value: str) -> bool:
    digits = value.strip().removeprefix("-").removeprefix("+")
    return value.isascii() and "_" not in value and bool(digits) and digits[0] in "0123456789."
