"""Lines of one purchase: the same for the first and for every further machine, shifted to its month."""

import numpy as np
import pytest

from calculator.cost.demand import NEVER
from calculator.cost.inputs import Inputs
from calculator.cost.machine_lines import bought, machine_lines, priced
from calculator.cost.tco import cost_of
from calculator.finance.ledger import Horizon, Line, monthly_usd, present_value_usd
from calculator.number import Number
from calculator.scenario.scenario import Scenario
from tests.calculator.offers import MAC, MAC_USAGE, SCENARIO, TARIFF


def test_resale_is_of_the_price_and_not_of_the_tax() -> None:
    # pitfall 8
    taxed, free = (
        cost_of(
            MAC, scenario=SCENARIO, usage=MAC_USAGE, reference_api=TARIFF, values={"sales_tax_fraction": fraction}
        ).lines
        for fraction in (0.2, 0.0)
    )
    assert taxed["resale"] == free["resale"]
    assert taxed["sales tax"] < 0


def _purchase(month: Number, **values: object) -> dict[str, Line]:
    inputs = Inputs(Scenario.parse(values))
    holding = bought(MAC, inputs=inputs, count=2, month=month)
    found = machine_lines(MAC, holding=holding, inputs=inputs, count=2, peak_kw=0.6, month=month)
    return {line.name: line for line in found.all()}


def _flow(line: Line) -> np.ndarray:
    return monthly_usd(line, months=36)


PRICED: dict[str, object] = {
    "warranty_usd": 300,
    "disposal_usd": 50,
    "insurance_rate": 0.02,
    "space_usd_per_month": 20,
    "demand_charge_usd_per_kw_month": 10,
    "wage_escalation_rate": 0,
    "inflation_rate": 0,
    "electricity_escalation_rate": 0,
}


@pytest.mark.parametrize("month", [1, 12, 30])
def test_lines_of_a_later_purchase_are_the_first_ones_from_its_month_on(month: int) -> None:
    first, later = _purchase(0, **PRICED), _purchase(float(month), **PRICED)
    assert list(first) == list(later)
    for name in ("hardware", "sales tax", "setup", "warranty"):
        assert _flow(later[name])[month] == _flow(first[name])[0] != 0, name
        assert _flow(later[name]).sum() == _flow(first[name]).sum(), name
    # of care and space the two first ones need 1 + 0.3, two further ones 2 * 0.3
    for name, share in {
        **dict.fromkeys(("insurance", "demand charge", "repair"), 1.0),
        **dict.fromkeys(("administration", "space"), 0.6 / 1.3),
    }.items():
        shifted = np.concatenate([np.zeros(month), _flow(first[name])[: 37 - month]])
        assert _flow(later[name]) == pytest.approx(share * shifted), name


def test_later_purchase_is_sold_younger_than_the_first() -> None:
    first, later = _purchase(0), _purchase(12.0)
    assert _flow(first["resale"])[36] == pytest.approx(2 * 10_000 * 0.48 * 0.87)
    assert _flow(later["resale"])[36] == pytest.approx(2 * 10_000 * 0.48 ** (24 / 36) * 0.87)


def test_purchase_beyond_the_horizon_moves_no_money() -> None:
    for line in _purchase(float(NEVER - 1), **PRICED).values():
        assert not _flow(line).any(), line.name


def test_purchases_of_draws_are_those_of_each_month() -> None:
    together, horizon = _purchase(np.array([0.0, 12.0, NEVER - 1.0]), **PRICED), Horizon(36, 0.1)
    alone = [_purchase(month, **PRICED) for month in (0.0, 12.0, NEVER - 1.0)]
    for name, line in together.items():
        drawn = np.broadcast_to(present_value_usd([line], horizon=horizon), 3)
        expected = [float(present_value_usd([one[name]], horizon=horizon)) for one in alone]
        assert drawn == pytest.approx(expected, rel=1e-12, abs=1e-9), name


def test_lines_without_a_price_are_dropped_and_no_others() -> None:
    assert {line.name for line in priced(list(_purchase(0).values()))} == {
        *("hardware", "sales tax", "setup", "administration", "repair", "resale"),
    }
    assert (
        len(priced(list(_purchase(0, **PRICED).values()))) == 11
    )  # all but the electrical work, which a Mac needs not
