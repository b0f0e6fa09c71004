"""Extra cost lines that are 0 unless you have them."""

from typing import Annotated

from pydantic import Field

from calculator.scenario.knob import DEFAULTS, Display, Part


class Extras(Part):
    """Cost lines that are 0 unless you have them."""

    electrical_work_usd: Annotated[
        float,
        Field(ge=0, le=1_000_000),
        Display("extras", "Electrical work", unit="$", step=100),
    ] = 0
    """Circuit, UPS, rack: once, per PC with GPUs."""

    warranty_usd: Annotated[
        float,
        Field(ge=0, le=100_000),
        Display("extras", "Extended warranty", unit="$", step=50),
    ] = 0
    """AppleCare or the like, once per machine, for the months of warranty above."""

    disposal_usd: Annotated[
        float,
        Field(ge=0, le=100_000),
        Display("extras", "Disposal", unit="$", step=50),
    ] = 0
    """Cost of disposing of the machine, with its data wiped."""

    insurance_rate: Annotated[
        float,
        Field(ge=0, le=1),
        Display("extras", "Insurance", unit="%/year", step=0.1, shown=100),
    ] = 0
    """Share of the purchase price per year."""

    space_usd_per_month: Annotated[
        float,
        Field(ge=0, le=100_000),
        Display("extras", "Space or colocation", unit="$/month", step=10),
    ] = 0
    """Rent of the place where the machine stands."""

    software_usd_per_month: Annotated[
        float,
        Field(ge=0, le=100_000),
        Display("extras", "Software", unit="$/month", step=10),
    ] = 0
    """Licences and monitoring for a machine that you own or rent."""

    demand_charge_usd_per_kw_month: Annotated[
        float,
        Field(ge=0, le=200),
        Display("extras", "Demand charge", unit="$/kW/month"),
    ] = 0
    """Charge for the highest power of the month."""

    peak_hours_fraction: Annotated[
        float,
        Field(ge=0, le=1),
        Display("extras", "Hours at the peak price", unit="%", step=5, shown=100),
    ] = 0
    """Share of the machine's hours that fall into the peak window of a time-of-use tariff."""

    peak_price_ratio: Annotated[
        float,
        Field(ge=0, le=10),
        Display("extras", "Peak price", step=0.1),
    ] = 1
    """Peak price of electricity as a multiple of the price above."""

    api_batch_fraction: Annotated[
        float,
        Field(ge=0, le=1),
        Display("extras", "Requests that can wait", unit="%", step=5, shown=100),
    ] = 0
    """Share of API requests sent as a batch."""

    api_batch_discount_fraction: Annotated[
        float,
        Field(ge=0, le=1),
        Display("extras", "Batch discount", unit="%", step=5, shown=100),
    ] = DEFAULTS["api_batch_discount_fraction"]
    """What a batch costs less."""

    api_retry_fraction: Annotated[
        float,
        Field(ge=0, le=1),
        Display("extras", "Retries", unit="%", shown=100),
    ] = 0
    """Share of API requests that are sent, and paid, twice."""
