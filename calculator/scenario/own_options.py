"""Machines of a person's own in a scenario: `[own_options.<id>]` with chip, count and price, and what else is known."""

import difflib
import re
from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal, cast

from pydantic import Field

from calculator.evidence import Record
from calculator.scenario.own_figures import MOST_USD

MOST_OWN = 12
"""As many as a comparison takes."""
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
Watts = Annotated[float, Field(gt=0, le=1e5, allow_inf_nan=False)]


class OwnOption(Record):
    """A machine that the catalogue lacks. What is absent comes from the nearest machine of the catalogue.

    `memory_gib` and `chip` are of one chip: the memory of one card, or the unified memory of one box. Watts are those
    of the whole machine at the wall. `gpu_price_fraction` is the cards' share of the price.
    """

    chip: Annotated[str, Field(max_length=80)]
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
