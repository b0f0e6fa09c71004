"""Other currencies: a display of dollars, with the person's rate and its day."""

import pytest

from calculator.cost.tco import cost_of
from calculator.errors import ScenarioError
from calculator.report.currency import rate_note, shown
from calculator.scenario.scenario import Scenario
from tests.calculator.offers import MAC, MAC_USAGE

EURO = Scenario.parse({"currencies": {"EUR": {"per_usd": 0.92, "as_of": "2026-11-20"}}})


def test_shown_amount_is_converted_at_the_given_rate() -> None:
    assert shown(1_234.4, scenario=Scenario()) == "$1,234"
    assert shown(-1_000, scenario=EURO) == "-EUR 920"
    assert shown(-0.2, scenario=Scenario()) == "$0"
    assert rate_note(EURO) == "Shown in EUR at your rate of 0.92 EUR per dollar (2026-11-20); computed in dollars."
    assert rate_note(Scenario()) == ""


def test_shown_currency_changes_no_result() -> None:
    costs = [cost_of(MAC, scenario=scenario, usage=MAC_USAGE).total_cost_usd for scenario in (Scenario(), EURO)]
    assert costs[0] == costs[1]


@pytest.mark.parametrize(
    "rate", [{"per_usd": 0.9}, {"per_usd": 0, "as_of": "2026-11-20"}, {"per_usd": 0.9, "as_of": "yesterday"}]
)
def test_currency_without_a_dated_rate_is_refused(rate: dict[str, object]) -> None:
    with pytest.raises(ScenarioError, match=r"currencies\.EUR"):
        Scenario().changed(currencies={"EUR": rate})
