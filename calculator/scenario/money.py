"""Money: discount rate, inflation and sales tax."""

from typing import Annotated, Literal

from pydantic import Field

from calculator.scenario.knob import DEFAULTS, Display, Part


class Money(Part):
    """Discounting, inflation and sales tax."""

    discount_rate: Annotated[
        float,
        Field(ge=-0.5, le=1),
        Display("money", "Discount rate", unit="%/year", step=0.5, shown=100),
    ] = DEFAULTS["discount_rate"]
    """Nominal, per year; the monthly rate is (1+r)^(1/12)-1."""

    inflation_rate: Annotated[
        float,
        Field(ge=-0.2, le=0.5),
        Display("money", "Inflation", unit="%/year", step=0.1, shown=100),
    ] = DEFAULTS["inflation_rate"]
    """Used for the view in today's money only."""

    sales_tax_fraction: Annotated[
        float,
        Field(ge=0, le=0.5),
        Display("money", "Sales tax on hardware", unit="%", step=0.25, shown=100),
    ] = DEFAULTS["sales_tax_fraction"]
    """0 where the tax is recovered."""

    money: Annotated[
        Literal["present-value", "cash"],
        Display("money", "Amounts", help="In today's money (present value), or as cash when it is paid."),
    ] = "present-value"
    """The money of the verdicts and of what is shown first: present value, or cash when it is paid, undiscounted."""

    labour: Annotated[
        Literal["with", "without"],
        Display("money", "Staff hours", help="Counted, or invoices only."),
    ] = "with"
    """Whether staff hours are counted in what is shown first, or invoices only. Changes no result."""
