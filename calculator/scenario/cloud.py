"""Rented GPUs and hosted APIs: billing, commitments, spot interruptions and price trends."""

from typing import Annotated, Literal

from pydantic import Field

from calculator.scenario.knob import DEFAULTS, Display, Part


class Cloud(Part):
    """How rented GPUs are billed, and how rental and API prices move."""

    rental: Annotated[
        Literal["working-hours", "always-on"],
        Display("cloud", "GPU rental billing", help="Pay for operating hours only, or for all 730 hours a month."),
    ] = "working-hours"
    """Rented GPUs are billed for operating hours only, or around the clock."""

    cloud_rate: Annotated[
        Literal["on-demand", "reserved", "spot", "serverless"],
        Display(
            "cloud",
            "GPU rental rate",
            help="On demand: by the hour. Reserved: paid around the clock, at the reserved rate where one is known, else "
            "at the discount below. Spot: may be taken away for the share of hours below. Serverless: busy seconds "
            "only, plus a start after each pause.",
        ),
    ] = "on-demand"
    """Which hourly rate is paid: on demand, reserved (a commitment, paid around the clock), spot (may be taken away) or
    serverless (busy seconds alone; the machine is off between requests)."""

    keep_warm_s: Annotated[
        int,
        Field(ge=0, le=7_200),
        Display("cloud", "Serverless: kept warm", unit="s", step=10),
    ] = 0
    """Seconds for which a serverless GPU stays on, and is paid, after its last answer; 0 switches it off at once."""

    reserved_discount_fraction: Annotated[
        float,
        Field(ge=0, le=1),
        Display("cloud", "Discount of a reservation", unit="%", step=5, shown=100),
    ] = DEFAULTS["reserved_discount_fraction"]
    """What a committed hour costs less than one on demand; used where the catalogue has no reserved rate."""

    reserved_months: Annotated[
        int,
        Field(ge=1, le=84),
        Display("cloud", "Length of a commitment", unit="months", step=12),
    ] = 12
    """Months for which a reservation is paid whether it is used or not; it is renewed at the price of that day."""

    reserved_upfront_fraction: Annotated[
        float,
        Field(ge=0, le=1),
        Display("cloud", "Reservation paid at once", unit="%", step=50, shown=100),
    ] = 0
    """Share of each commitment that is paid at its start; the rest month by month."""

    spot_interruption_fraction: Annotated[
        float,
        Field(ge=0, le=0.9),
        Display("cloud", "Spot interruptions", unit="%", shown=100),
    ] = DEFAULTS["spot_interruption_fraction"]
    """Share of operating hours in which the spot instance is unavailable; the work of those hours is lost, or bought
    from the API."""

    api_host: Annotated[
        Literal["median", "cheapest"],
        Display(
            "cloud",
            "Host of the hosted API",
            help="The host with the median price at your mix of tokens, or the cheapest one.",
        ),
    ] = "median"
    """Whose price stands for a hosted model: the host in the middle of all at this mix of tokens, or the cheapest."""

    api_cache_write_fraction: Annotated[
        float,
        Field(ge=0, le=1),
        Display("cloud", "Input kept by the API", unit="%", step=5, shown=100),
    ] = 0
    """Share of the fresh input tokens that the host is asked to keep for later requests, billed at its cache-write price
    where it has one."""

    seat_count: Annotated[
        int,
        Field(ge=0, le=100_000),
        Display("cloud", "Seats of a subscription", unit="seats"),
    ] = 0
    """Seats paid each month; 0: one for each person asking at once, and at least what the plan requires."""

    subscription_excess: Annotated[
        Literal["buy", "refuse"],
        Display(
            "cloud", "Beyond a plan's limit", help="Bought at the same provider's price per token, or left undone."
        ),
    ] = "buy"
    """What happens to requests beyond a plan's limits: bought at the same provider's price per token, or left undone."""

    api_price_trend_rate: Annotated[
        float,
        Field(ge=-0.95, le=1),
        Display("cloud", "API price trend", unit="%/year", step=5, shown=100),
    ] = DEFAULTS["api_price_trend_rate"]
    """Change per year of the same model's price."""

    cloud_price_trend_rate: Annotated[
        float,
        Field(ge=-0.95, le=1),
        Display("cloud", "GPU rental price trend", unit="%/year", step=5, shown=100),
    ] = DEFAULTS["cloud_price_trend_rate"]
    """Change per year."""
