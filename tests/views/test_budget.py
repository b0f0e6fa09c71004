"""The budget of an option: its cash is the ledger's, whatever the periods."""

import pytest

from calculator import Scenario
from calculator.analysis.appraisal import books
from tests.views.other_pages import comparison_of, opened, what_if_script
from tests.views.pages import widget
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
    quarters = app.table[0].value
    widget(app, "budget period").set_value("Year by year").run()
    assert not app.exception
    years = app.table[0].value
    assert len(years) < len(quarters)
    widget(app, "budget option").set_value("cloud-h100").run()
    assert not app.exception
    assert app.table[0].value.to_dict() != years.to_dict()
