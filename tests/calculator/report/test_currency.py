"""Other currencies: a display of dollars, with the person's rate and its day."""

import pytest

from calculator import compare, load_catalog
from calculator.cost.tco import cost_of
from calculator.errors import ScenarioError
from calculator.report.currency import converted_sentence, currency_dict, rate_note, shown
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


def test_present_values_of_all_costed_options_are_told_at_the_rate() -> None:
    options = ("mac-studio-m5-ultra-96", "api-same-model")
    asked = EURO.changed(options=options, model="llama-3.1-405b")  # too large for the Mac: it has no cost
    catalog = load_catalog()
    found = compare(asked, catalog, draw_count=0)
    (costed,) = [row for row in found.options if row.tco is not None]
    assert costed.tco is not None
    usd = costed.tco.present_value_cost_usd
    note = rate_note(asked)
    assert converted_sentence(found) == f"{note} In present value: {costed.name} EUR {0.92 * usd:,.0f}."
    table = currency_dict(found)
    assert table is not None
    assert set(table["options"]) == {costed.id}
    assert table["options"][costed.id]["present_value_cost"] == 0.92 * usd
    plain = compare(asked.changed(currencies={}), catalog, draw_count=0)
    assert (converted_sentence(plain), currency_dict(plain)) == ("", None)
