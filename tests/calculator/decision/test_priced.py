"""Priced: what a search asks of a bill is what the whole ledger says, which is laid out only where it is shown."""

from dataclasses import replace
from typing import Any

import pytest

from calculator import Scenario, load_catalog
from calculator.catalog.options import CloudOffer, Machine
from calculator.cost.tco import Tco, cost_of, folded
from calculator.decision import priced as module
from calculator.decision.kept_sizing import sizing_of
from calculator.decision.priced import Priced
from calculator.decision.question import Question
from calculator.service.capability import reference_tariff, scenario_model
from calculator.service.usage import WhenFull

CATALOG = load_catalog()
MAC, PC, RENTED = "mac-studio-m5-ultra-96", "dual-rtx-4090-am5", "cloud-h100"
CASES: dict[str, tuple[WhenFull, dict[str, Any]]] = {
    "as it is": ("buy-another", {}),
    "grows": ("buy-another", {"demand_growth_rate": 1.5, "requests_per_working_day": 2_000}),
    "buys tokens": ("buy-from-api", {"requests_per_working_day": 30_000, "when_down": "buy-from-api"}),
    "loses work": ("buy-another", {"machine_count": 1, "requests_per_working_day": 30_000, "demand_growth_rate": 0.3}),
    "taxed": ("buy-another", {"tax_mode": "straight-line", "tax_rate": 0.25, "timing": "mid-month"}),
}


def _priced(option: str, case: str) -> tuple[Priced, Tco]:
    """The bill as it is asked, and the whole ledger made without it."""
    rule, values = CASES[case]
    scenario = Scenario.parse(values)
    reference = reference_tariff(scenario, CATALOG)
    question = Question(scenario, CATALOG, scenario_model(scenario, CATALOG), reference, (), "2026-11-26")
    machine = CATALOG.option(option)
    assert isinstance(machine, Machine | CloudOffer)
    usage = sizing_of(machine, question).serving(question, when_full=rule).usage
    whole = cost_of(machine, scenario=scenario, usage=usage, reference_api=reference, tax_tables=CATALOG.tax)
    return Priced(machine, usage, question), whole


@pytest.mark.parametrize("option", [MAC, PC, RENTED])
@pytest.mark.parametrize("case", CASES)
def test_priced_parts_are_those_of_the_ledger_to_the_bit(case: str, option: str) -> None:
    found, whole = _priced(option, case)
    assert found.present_value_cost_usd == whole.present_value_cost_usd
    assert found.served_here_fraction == whole.served_here_fraction
    assert found.bought_fraction == whole.bought_fraction
    assert replace(found.tco, entries=()) == replace(whole, entries=())  # a course is equal to itself alone
    assert [(line.name, line.formula, line.inputs) for line in found.tco.entries] == [
        (line.name, line.formula, line.inputs) for line in whole.entries
    ]


def test_ledger_is_laid_out_only_where_it_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    found, _ = _priced(MAC, "as it is")
    laid: list[int] = []

    def counted(*args: Any) -> Tco:
        laid.append(1)
        return folded(*args)

    monkeypatch.setattr(module, "folded", counted)
    assert found.present_value_cost_usd > 0
    assert found.served_here_fraction == 1.0
    assert not laid
    assert found.tco is found.tco
    assert laid == [1]


def test_bill_that_is_told_already_is_not_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    found, whole = _priced(MAC, "buys tokens")
    assert found.tco.present_value_cost_usd == whole.present_value_cost_usd
    monkeypatch.delattr(module, "charges_of")
    assert found.present_value_cost_usd == whole.present_value_cost_usd
    assert found.bought_fraction == whole.bought_fraction > 0
