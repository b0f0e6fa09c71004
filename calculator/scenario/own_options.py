"""Machines of a person's own in a scenario: `[own_options.<id>]` with chip, count and price, and what else is known."""

import difflib
import re
from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal, cast

from pydantic import Field, model_validator

from calculator.evidence import Record
from calculator.scenario.own_figures import MOST_USD

MOST_OWN = 12
"""As many as a comparison takes."""
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
Watts = Annotated[float, Field(gt=0, le=1e5, allow_inf_nan=False)]


class OwnOption(Record):
    """A machine that the catalogue lacks. What is absent comes from the nearest machine of the catalogue.

    `chips` in place of `chip` and `chip_count` are cards of several kinds in one box, each with its number; as text
    "nvidia-rtx-5090:1, nvidia-rtx-4090:1".

    `memory_gib` and `chip` are of one chip: the memory of one card, or the unified memory of one box. Watts are those
    of the whole machine at the wall. `gpu_price_fraction` is the cards' share of the price.
    """

    chip: Annotated[str, Field(max_length=80)]
    chips: Mapping[str, Annotated[int, Field(ge=1, le=16)]] | None = Field(default=None, max_length=4)
    price_usd: Annotated[float, Field(ge=0, le=MOST_USD, allow_inf_nan=False)]
    chip_count: Annotated[int, Field(ge=1, le=16)] = 1
    name: Annotated[str, Field(max_length=120)] = ""
    kind: Literal["mac", "workstation", "mini-pc"] | None = None
    memory_gib: Annotated[float, Field(gt=0, le=10_000)] | None = None
    system_ram_gib: Annotated[float, Field(gt=0, le=100_000)] | None = None
    idle_w: Watts | None = None
    prefill_w: Watts | None = None
    decode_w: Watts | None = None
    sleep_w: Annotated[float, Field(ge=0, le=1e5, allow_inf_nan=False)] | None = None
    setup_h: Annotated[float, Field(ge=0, le=10_000, allow_inf_nan=False)] | None = None
    bought: Literal["new", "used"] | None = None
    age_when_bought_years: Annotated[float, Field(ge=0, le=30, allow_inf_nan=False)] | None = None
    gpu_price_fraction: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    runtime: Annotated[str, Field(max_length=80)] | None = None
    split: Literal["layer", "tensor"] | None = None

    @model_validator(mode="before")
    @classmethod
    def _chips_name_the_first_chip(cls, values: Any) -> Any:
        if not isinstance(values, Mapping) or not (given := cast("Mapping[str, Any]", values)).get("chips"):
            return cast("Any", values)
        chips = _chips_of(given["chips"])
        named: dict[str, Any] = {**given, "chips": chips}
        if not isinstance(chips, Mapping) or not chips:
            return named
        first, count = next(iter(cast("Mapping[str, Any]", chips).items()))
        for name, there in (("chip", first), ("chip_count", count)):
            if given.get(name, there) != there:
                raise ValueError(f"{name} and chips contradict each other. Give chips alone.")
        return named | {"chip": first, "chip_count": count}

    def all_chips(self) -> Mapping[str, int]:
        """Every kind of card with its number."""
        return self.chips or {self.chip: self.chip_count}


def _chips_of(given: Any) -> Any:
    """The text "a:1, b:2" as a table; anything else as it is."""
    if not isinstance(given, str):
        return given
    found: dict[str, Any] = {}
    for part in given.split(","):
        name, sign, count = part.strip().rpartition(":")
        if not sign or not count.strip().isdecimal():
            raise ValueError(
                f"chips is {given[:60]!r}; it must name each kind with its number: nvidia-rtx-5090:1, nvidia-rtx-4090:1."
            )
        found[name.strip()] = int(count)
    return found


def own_table_problem(table: str, rows: Any, *, fields: Collection[str]) -> str | None:
    """What is wrong with the ids and keys of a table of one's own entries, in a sentence; None where nothing is.

    Values are checked by their types; here only what a type cannot name well.
    """
    if not isinstance(rows, Mapping):
        return None
    for key, row in cast("Mapping[object, object]", rows).items():
        if not _ID.fullmatch(str(key)):
            return (
                f"{table}: {str(key)[:40]!r} is no id. Use letters, digits, dots, hyphens and underscores, 40 at most, "
                "for example quad-3090."
            )
        if not isinstance(row, Mapping):
            continue
        for name, value in cast("Mapping[object, object]", row).items():
            if isinstance(value, bool):
                return (
                    f"{table}.{key}.{name} is {value}; neither true nor false can stand here. Write a number or text."
                )
            if name not in fields:
                near = difflib.get_close_matches(str(name), list(fields), n=1, cutoff=0.5)
                hint = f"Did you mean {near[0]}?" if near else "Remove it."
                return f"{table}.{key} has no {str(name)[:40]!r}. {hint} Allowed: {', '.join(fields)}."
    return None
