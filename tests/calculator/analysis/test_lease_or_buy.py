"""Leases: payments, the implied rate, and the judgement at the after-tax cost of debt."""

import pytest

from calculator.analysis.lease_or_buy import LeaseOrBuy, lease_or_buy
from calculator.cost.tco import Tco
from calculator.finance.discounting import annuity_factor
from calculator.risk.candidates import Candidate
from calculator.scenario.scenario import Scenario
from tests.calculator.offers import OFFERS, SCENARIO, candidates

MAC_CANDIDATE = OFFERS[0]


def _cost(candidate: Candidate, scenario: Scenario = SCENARIO) -> Tco:
    return candidates(candidate, scenario=scenario).cost(candidate)


def _lease_or_buy(scenario: Scenario) -> LeaseOrBuy:
    return lease_or_buy(candidates(MAC_CANDIDATE, scenario=scenario), MAC_CANDIDATE)


def test_lease_payments_are_in_advance_and_the_machine_goes_back() -> None:
    tco = _cost(MAC_CANDIDATE, SCENARIO.changed(leases={"mac": {"usd_per_month": 300}}))
    flow = dict(zip([line.name for line in tco.entries], tco.flows, strict=True))
    assert flow["lease"][0] == flow["lease"][35] == -300
    assert flow["lease"][36] == 0
    assert "resale" not in tco.lines
    assert "hardware" not in tco.lines
    late = _cost(MAC_CANDIDATE, SCENARIO.changed(leases={"mac": {"usd_per_month": 300, "in_advance": False}}))
    assert late.total_cost_usd == pytest.approx(tco.total_cost_usd)
    assert late.present_value_cost_usd < tco.present_value_cost_usd


def test_lease_at_the_cost_of_debt_is_neither_better_nor_worse() -> None:
    # price 10,725 with tax, sale S at month 36: the payment in advance that an 8 % lender would ask for price - PV(S)
    rate = 1.08 ** (1 / 12) - 1
    sale = 10_000 * 0.48 * 0.87
    payment = (10_725 - sale * 1.08**-3) / (annuity_factor(rate, periods=36) * (1 + rate))
    scenario = SCENARIO.changed(leases={"mac": {"usd_per_month": float(payment)}}, debt_rate=0.08)
    found = _lease_or_buy(scenario)
    assert found.net_advantage_usd == pytest.approx(0, abs=1e-6)
    assert found.after_tax_debt_rate == 0.08
    dearer = scenario.changed(leases={"mac": {"usd_per_month": float(payment) + 10}})
    assert _lease_or_buy(dearer).net_advantage_usd < -300


def test_lease_is_judged_at_the_after_tax_cost_of_debt_and_not_at_the_discount_rate() -> None:
    scenario = SCENARIO.changed(
        leases={"mac": {"usd_per_month": 250}}, tax_mode="expense", tax_rate=0.25, debt_rate=0.08
    )
    found = _lease_or_buy(scenario)
    assert found.after_tax_debt_rate == pytest.approx(0.06)
    assert _lease_or_buy(scenario.changed(discount_rate=0.3)) == found


def test_implied_rate_of_a_lease_is_the_lessors() -> None:
    scenario = SCENARIO.changed(leases={"mac": {"usd_per_month": 250, "buyout_usd": 3_000}})
    found = _lease_or_buy(scenario)
    assert found.implied_rate is not None
    monthly = (1 + found.implied_rate) ** (1 / 12)
    earned = sum(250 * monthly**-month for month in range(36)) + 3_000 * monthly**-36
    assert earned == pytest.approx(10_000, rel=1e-9)


def test_lease_of_nothing_or_of_more_than_the_price_has_no_implied_rate() -> None:
    for usd in (0, 10_000):
        found = _lease_or_buy(SCENARIO.changed(leases={"mac": {"usd_per_month": usd}}))
        assert found.implied_rate is None


def test_implied_rate_is_of_the_price_that_the_person_gives() -> None:
    lease = SCENARIO.changed(options=("mac",), leases={"mac": {"usd_per_month": 250}})
    cheap = lease.changed(figures={"mac.price_usd": 8_000})
    dear, found = (_lease_or_buy(one).implied_rate for one in (lease, cheap))
    assert dear is not None
    assert found is not None
    assert found > dear
