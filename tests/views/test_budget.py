"""The budget of an option: its cash is the ledger's, whatever the periods."""

import io
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from calculator import Scenario
from calculator.analysis.appraisal import books
from calculator.report.ledger_csv import wide_csv
from calculator.report.memo_facts import memo_dict
from tests.views.other_pages import comparison_of, opened, what_if_script
from tests.views.pages import CATALOG, small_tables, widget
from views.budget import cash_out_usd


@pytest.mark.parametrize("by_quarter", [True, False])
def test_cash_of_all_periods_is_the_invoices_of_the_ledger(by_quarter: bool) -> None:
    scenario = Scenario(options=("mac-studio-m5-ultra-96", "cloud-h100", "api-same-model"))
    for option in comparison_of(scenario).options:
        assert option.tco is not None
        found = books(option.tco, scenario=scenario, by_quarter=by_quarter)
        assert sum(map(cash_out_usd, found)) == pytest.approx(option.tco.hard_cost_usd, abs=0.01)


def test_page_shows_the_chosen_option_in_quarters_or_years() -> None:
    app = opened(what_if_script)
    quarters = small_tables(app)[0]
    widget(app, "budget period").set_value("Year by year").run()
    assert not app.exception
    years = small_tables(app)[0]
    assert len(years) < len(quarters)
    widget(app, "budget option").set_value("cloud-h100").run()
    assert not app.exception
    assert small_tables(app)[0].to_dict() != years.to_dict()


@pytest.mark.parametrize("months", [36, 60])
def test_memo_and_ledger_by_year_say_the_pages_figures_under_the_pages_labels(months: int) -> None:
    scenario = Scenario(months=months)
    found = comparison_of(scenario)
    best = found.verdict.cheapest
    assert best is not None
    app = opened(what_if_script, months=str(months))
    widget(app, "budget option").set_value(best).run()
    if months > 36:  # the memo's page holds no more quarters
        widget(app, "budget period").set_value("Year by year").run()
    page = rows_of(app)
    memo = memo_dict(found, CATALOG, font="serif")
    budget = memo["budget"]
    told = {row["label"]: (row["cash"], row["staff"]) for row in (*budget["rows"], budget["whole"])}
    assert told == {label: (row["Cash out"], row["Staff hours"]) for label, row in page.items()}
    widget(app, "budget period").set_value("Year by year").run()
    years = rows_of(app)
    head, *lines = memo["years"]
    by_name = {line[0]: dict(zip(head[1:], line[1:], strict=True)) for line in lines}
    table: Any = pd.read_csv(io.StringIO(wide_csv(found)))
    (total,) = table[(table["option"] == best) & (table["line"] == "total")].to_dict("records")
    for label, row in years.items():
        name = "Total" if label == "Whole plan" else label
        assert (by_name["Cash out"][name], by_name["Staff hours"][name]) == (row["Cash out"], row["Staff hours"])
        csv_usd = -total["total_usd" if label == "Whole plan" else label]
        assert dollars(row["Cash out"]) + dollars(row["Staff hours"]) == pytest.approx(
            csv_usd, abs=1.01
        )  # whole dollars


def rows_of(app: AppTest) -> dict[str, dict[str, str]]:
    """The page's budget by label."""
    shown: Any = small_tables(app)[0]
    rows: list[dict[str, str]] = shown.to_dict("records")
    return {row["Fiscal period"]: row for row in rows}


def dollars(text: str) -> float:
    return float(text.replace("$", "").replace(",", ""))
