"""What hits cash and the books, quarter by quarter or year by year: the budget of one option."""

import calendar
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import streamlit as st

from calculator.analysis.appraisal import books
from calculator.analysis.budget import WHOLE
from calculator.decision.comparison import Comparison
from calculator.decision.words import signed
from calculator.finance.books import Period
from views.decide_words import name_of
from views.drawing import draw_small_table
from views.money import by_cost, is_ranked

_MONTHS = calendar.month_name[1:]
_PERIODS = ("Quarter by quarter", "Year by year")


@st.fragment
def show_budget(comparison: Comparison) -> None:
    """Draw the budget of one option; staff hours stand apart from cash."""
    st.subheader("Cash and budget", anchor=False)
    costed = {option.id: option for option in by_cost(comparison) if is_ranked(option)}
    own = [place for place, option in enumerate(costed.values()) if option.kind == "own"]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Option",
            list(costed),
            index=own[0] if own else 0,
            format_func=lambda key: name_of(costed[key]),
            key="budget option",
        )
        every = st.segmented_control("Show", _PERIODS, default=_PERIODS[0], key="budget period", required=True)
    tco = costed[chosen].tco
    assert tco is not None
    found = books(tco, scenario=comparison.scenario, by_quarter=every == _PERIODS[0])
    rows = [_row(period) for period in (*found, whole(found))]
    draw_small_table(rows, alt=f"Budget of {name_of(costed[chosen])}")
    ends = _MONTHS[comparison.scenario.fiscal_year_end_month - 1]
    st.caption(
        f"Fiscal years end in {ends}; you can change that in More settings on Decide. Cash out is purchase, running costs "
        "and tax less the sale. Expense in the books is running costs, staff, write-down and tax. The memo shows the "
        "option that it recommends in the same periods, or by year where there are more than 13 quarters. Ledger by "
        "year (CSV) has every option, by fiscal year only."
    )


def whole(found: Sequence[Period]) -> Period:
    """All periods together."""
    sums = {field.name: sum(getattr(one, field.name) for one in found) for field in fields(Period)[1:]}
    return Period(WHOLE, **sums)


def cash_out_usd(period: Period) -> float:
    """Dollars that leave the bank in a period, less what comes in; staff hours are no cash."""
    return period.capital_usd + period.operating_usd + period.tax_usd - period.sale_usd


def _row(period: Period) -> dict[str, Any]:
    return {
        "Fiscal period": period.label,
        "Purchase": signed(period.capital_usd),
        "Running": signed(period.operating_usd),
        "Tax": signed(period.tax_usd),
        "Sale": signed(period.sale_usd),
        "Cash out": signed(cash_out_usd(period)),
        "Staff hours": signed(period.staff_usd),
        "Write-down": signed(period.depreciation_usd),
        "Expense": signed(period.expense_usd),
    }
