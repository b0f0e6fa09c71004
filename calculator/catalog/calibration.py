"""Fitted constants of speed: effects, spreads and noise of the decode and the prefill law."""

from calendar import month_name
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from calculator.errors import CatalogError


@dataclass(frozen=True, slots=True)
class Effect:
    """A fitted effect (natural log), its standard error and how many rows speak about it."""

    value: float
    error: float
    rows: int


@dataclass(frozen=True, slots=True)
class Law:
    """The fitted constants of one quantity.

    `spread` is the standard deviation of a group's effects, used for a member that was never measured. `noise` is what
    two measurements of the same case differ by (one standard deviation of the log). `stretch` multiplies the standard
    deviation so that the stated share of held-out rows falls into the range (conformal); it has one entry per basis.
    """

    effects: Mapping[str, Effect]
    spread: Mapping[str, float]
    noise: float
    stretch: Mapping[str, float]
    software: str = ""
    """Month of the builds that a prediction without a date is for; "" where unknown."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """All fitted laws, with the date and the rows they stand on."""

    as_of: str
    year: float
    rows: Mapping[str, int]
    decode: Law
    prefill: Law


def calibration_of(table: Mapping[str, Any]) -> Calibration:
    """The calibration from a parsed calibration.toml; raises CatalogError where a part is missing."""
    try:
        head = table["calibration"]
        return Calibration(
            as_of=str(head["as_of"]),
            year=float(head["year"]),
            rows=dict(head["rows"]),
            decode=_law_of(table["decode"], software=software_of(float(head["year"]))),
            prefill=_law_of(table["prefill"], software=software_of(float(head["year"]))),
        )
    except KeyError as missing:
        raise CatalogError(
            f"calibration.toml: {missing} is missing. Regenerate it: python -m calculator calibrate."
        ) from None


def software_of(year: float) -> str:
    """Month and year of a decimal year.

    >>> software_of(2026.7)
    'September 2026'
    """
    return f"{month_name[1 + int(year % 1 * 12)]} {int(year)}"


def _law_of(table: Mapping[str, Any], *, software: str) -> Law:
    effects = {
        f"{group}/{name}": Effect(float(entry[0]), float(entry[1]), int(entry[2]))
        for group, members in table["effects"].items()
        for name, entry in members.items()
    }
    return Law(
        effects=effects,
        spread=dict(table["spread"]),
        noise=float(table["noise"]),
        stretch=dict(table["stretch"]),
        software=software,
    )
