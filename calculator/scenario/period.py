"""Period: months of use and month of purchase."""

from typing import Annotated

from pydantic import Field

from calculator.scenario.knob import Display, Part


class Period(Part):
    """How long a machine is used, and from when."""

    months: Annotated[
        int,
        Field(ge=12, le=84),
        Display("time", "Months", unit="months", step=6),
    ] = 36
    """How long the machine is kept."""

    start_month: Annotated[
        str,
        Field(pattern=r"^20\d\d-(0[1-9]|1[0-2])$"),
        Display("time", "Start", help="Month of purchase, YYYY-MM."),
    ] = "2026-12"
    """Month of purchase."""

    prices_as_of: Annotated[
        str,
        Field(pattern=r"^(20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]))?$"),
    ] = ""
    """Day on which prices are looked at, YYYY-MM-DD: by it they are old or fresh. Empty: the day of asking."""
