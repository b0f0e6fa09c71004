"""Failures, repairs, warranty, and what happens while a machine is full or down."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from calculator.scenario.knob import DEFAULTS, Display, Part

MOST_MACHINES = 64


CHEAPEST = "cheapest"


def _word_or_whole(value: Any) -> Any:
    if value in ("auto", CHEAPEST) or (isinstance(value, int | float) and value in range(1, MOST_MACHINES + 1)):
        return value
    raise ValueError(
        f"machine_count is {repr(value)[:40]}; it must be auto, cheapest or a whole number in 1..{MOST_MACHINES}."
    )


class Repair(Part):
    """What breaks, what it costs, and who serves the demand meanwhile."""

    built_failure_rate: Annotated[
        float,
        Field(ge=0, le=1),
        Display("repair", "Failures of a bought box", unit="%/year", step=0.5, shown=100),
    ] = DEFAULTS["built_failure_rate"]
    """Share of Macs and other factory-built boxes that need a repair in a year."""

    self_built_failure_rate: Annotated[
        float,
        Field(ge=0, le=1),
        Display("repair", "Failures of a self-built PC", unit="%/year", step=0.5, shown=100),
    ] = DEFAULTS["self_built_failure_rate"]
    """Share of self-built PCs that need a repair in a year."""

    repair_fraction: Annotated[
        float,
        Field(ge=0, le=1),
        Display("repair", "Cost of a repair", unit="%", step=5, shown=100),
    ] = DEFAULTS["repair_fraction"]
    """Share of the purchase price that a repair out of warranty costs."""

    warranty_months: Annotated[
        int,
        Field(ge=0, le=84),
        Display("repair", "Warranty", unit="months", step=6),
    ] = 12
    """Months in which a repair of a new machine costs nothing."""

    used_warranty_months: Annotated[
        int,
        Field(ge=0, le=84),
        Display("repair", "Warranty of a used machine", unit="months", step=3),
    ] = 0
    """Months in which a repair of a machine bought used costs nothing."""

    failure_growth_rate: Annotated[
        float,
        Field(ge=-0.5, le=2),
        Display("repair", "Growth of failures with age", unit="%/year", shown=100),
    ] = DEFAULTS["failure_growth_rate"]
    """By how much the failures grow with each year of a machine's age."""

    machine_count: Annotated[
        Literal["auto", "cheapest"] | int,
        BeforeValidator(_word_or_whole),
        Display(
            "repair",
            "Machines",
            help="As few as meet your targets, the cheapest number from 0 to 20 with an API for the rest, or your own.",
        ),
    ] = "auto"
    """Machines of each option: auto for the fewest that keep the promise; cheapest for the number of 0 to 20 that costs
    least where an API takes what they cannot; or a number, which is final."""

    machine_counts: Mapping[str, Annotated[int, Field(ge=1, le=MOST_MACHINES)]] = Field(default_factory=dict)
    """Machines of single options, by their id."""

    when_full: Annotated[
        Literal["buy-another", "buy-from-api", "cheapest"],
        Display(
            "repair",
            "When demand exceeds capacity",
            help="Another machine of the same kind is bought, the rest is bought from the API, or the cheaper of both.",
        ),
    ] = "buy-another"
    """When demand exceeds capacity: a further machine is bought in that month, the rest is bought from the API, or
    whichever of the two costs less."""

    when_down: Annotated[
        Literal["lose", "buy-from-api"],
        Display(
            "repair",
            "When the machine is down",
            help="The requests of those hours are lost, or bought from the API.",
        ),
    ] = "lose"
    """Requests of hours in which a machine is down or a spot machine is taken away: lost, or bought from the API."""

    availability_fraction: Annotated[
        float,
        Field(ge=0.5, le=1),
        Display("repair", "Availability", unit="%", step=0.5, shown=100),
    ] = 1
    """Share of its hours in which the machine really works. What it misses is lost, or bought from the API."""

    downtime_usd_per_h: Annotated[
        float,
        Field(ge=0, le=100_000),
        Display("repair", "Cost of an hour without it", unit="$/h", step=10),
    ] = 0
    """What an hour without the machine costs you, beyond the requests that are bought elsewhere."""
