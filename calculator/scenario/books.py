"""Books: timing of flows, tax, depreciation and the cost of debt."""

from typing import Annotated, Literal

from pydantic import Field

from calculator.scenario.knob import DEFAULTS, Display, Part


class Books(Part):
    """Timing, tax and depreciation."""

    timing: Annotated[
        Literal["month-end", "mid-month", "annual-end"],
        Display("books", "Timing of flows", help="When a month's payments are counted."),
    ] = "month-end"
    """When the money of a month is counted: at its end, in its middle, or at the end of its year."""

    tax_mode: Annotated[
        Literal["none", "expense", "macrs-half-year", "macrs-mid-quarter", "straight-line", "custom"],
        Display(
            "books",
            "Tax",
            help="How the purchase is deducted. None leaves tax out. Expense deducts it at once (bonus depreciation, "
            "section 179). MACRS is the five-year table of the United States (mid-quarter where over 40 % of a year's "
            "purchases fall into its last quarter). Straight line and custom are for other countries.",
        ),
    ] = "none"
    """How the purchase is deducted from taxable income; none leaves tax out."""

    tax_rate: Annotated[
        float,
        Field(ge=0, le=0.9),
        Display("books", "Tax rate", unit="%", shown=100),
    ] = DEFAULTS["tax_rate"]
    """Share of profit that is paid as tax; used where tax is counted."""

    fiscal_year_end_month: Annotated[
        int,
        Field(ge=1, le=12),
        Display("books", "Fiscal year ends in month"),
    ] = 12
    """1 to 12; 12 is December."""

    depreciation_years: Annotated[
        float,
        Field(ge=1, le=20),
        Display("books", "Years of straight-line depreciation", unit="years"),
    ] = 5
    """Used where tax is straight line."""

    depreciation_fractions: tuple[Annotated[float, Field(ge=0, le=1)], ...] = ()
    """Share of the price deducted in each tax year, where tax is custom."""

    book_method: Annotated[
        Literal["straight-line", "sum-of-years", "declining-balance", "fixed-share"],
        Display(
            "books",
            "Depreciation in the books",
            help="How the profit and loss statement spreads the price: in equal parts, by the sum of years' "
            "digits, by double declining balance, or by a fixed share of the balance. Cash and verdict do not "
            "change.",
        ),
    ] = "straight-line"
    """How the books write a machine down to what it is expected to bring; no effect on cash."""

    debt_rate: Annotated[
        float,
        Field(ge=0, le=0.5),
        Display("books", "Cost of debt", unit="%/year", step=0.5, shown=100),
    ] = DEFAULTS["debt_rate"]
    """What a bank charges per year; leasing and buying are compared at this rate, after tax."""
