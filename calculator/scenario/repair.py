"""Failures, repairs, warranty, and what happens while a machine is full or down."""

from typing import Annotated, Literal

from pydantic import Field

from calculator.scenario.knob import DEFAULTS, Display, Part


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
    """Months in which a repair costs nothing."""

    when_full: Annotated[
        Literal["buy-from-api", "buy-another"],
        Display(
            "repair",
            "When demand exceeds capacity",
            help="The rest is bought from the API, or another machine of the same kind is bought in that month.",
        ),
    ] = "buy-from-api"
    """When demand exceeds capacity: the rest is bought from the API, or a further machine is bought."""

    availability_fraction: Annotated[
        float,
        Field(ge=0.5, le=1),
        Display("repair", "Availability", unit="%", step=0.5, shown=100),
    ] = 1
    """Share of its hours in which the machine really works. What it misses is bought from the API, or counted as lost
    hours, never both."""

    downtime_usd_per_h: Annotated[
        float,
        Field(ge=0, le=100_000),
        Display("repair", "Cost of an hour without it", unit="$/h", step=10),
    ] = 0
    """If above 0, hours without the machine cost this much; if 0, their requests are bought from the API."""
