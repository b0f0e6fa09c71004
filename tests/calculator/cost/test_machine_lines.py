"""Lines of one purchase: the same for the first and for every further machine, shifted to its month."""

import numpy as np
import pytest

from calculator.catalog.options import Machine, Price
from calculator.cost.growing_fleet import NEVER
from calculator.cost.inputs import Inputs
from calculator.cost.machine_lines import Holding, bought, machine_lines, priced, resale_base
from calculator.cost.tco import cost_of
from calculator.cost.when import When
from calculator.finance.ledger import Horizon, Line, monthly_usd, present_value_usd
from calculator.number import Number
from calculator.scenario.scenario import Lease, Scenario
from tests.calculator.offers import MAC, MAC_USAGE, PC, PC_USAGE, SCENARIO, TARIFF, USED_MAC, known


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


def test_machine_of_no_stated_age_is_sold_as_old_as_it_is_held() -> None:
    """The rules of version 0.1 count its age at the price, too: 0.48 of 3,000 after 36 months."""
    inputs = Inputs(SCENARIO.changed(rules=1))
    kept = ("worth_usd", 3_000.0, "what it would bring today")
    holding = Holding((), ("worth_usd", 3_000.0), warranty_months=0, fee_fraction=0.0, resale=kept)
    (resale, _) = machine_lines(MAC, holding=holding, inputs=inputs, count=1, peak_kw=0.3).sale
    assert _flow(resale)[36] == pytest.approx(0.48 * 3_000)


def _purchase(month: Number, **values: object) -> dict[str, Line]:
    inputs = Inputs(Scenario.parse(values))
    holding = bought(MAC, inputs=inputs, count=2, when=When(month))
    found = machine_lines(MAC, holding=holding, inputs=inputs, count=2, peak_kw=0.6, when=When(month))
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
    last = _purchase(35.0, disposal_usd=50)  # there for one month
    assert _flow(last["resale"])[36] == pytest.approx(2 * 10_000 * 0.48 ** (1 / 36) * 0.87)
    assert _flow(last["disposal"])[36] == -2 * 50


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


def _first(machine: Machine, **values: object) -> dict[str, Line]:
    inputs = Inputs(Scenario.parse({"inflation_rate": 0, "wage_escalation_rate": 0, **values}))
    holding = bought(machine, inputs=inputs, count=1)
    return {
        line.name: line for line in machine_lines(machine, holding=holding, inputs=inputs, count=1, peak_kw=0.6).all()
    }


CARDS = PC.model_copy(update={"gpu_price_fraction": known(0.4, "1"), "cards_bought": "used"})
"""A PC of 8,000 of which 3,200 are cards bought used."""


def test_pc_is_resold_as_cards_and_the_rest() -> None:
    # after 36 months cards keep 70 %, the rest 35 %: 0.4 * 0.7 + 0.6 * 0.35 = 0.49 of 8,000, less 13 %
    assert _flow(_first(CARDS)["resale"])[36] == pytest.approx(8_000 * 0.49 * 0.87)
    # after 18 months the square root of each
    half = monthly_usd(_first(CARDS, months=18)["resale"], months=18)
    assert half[18] == pytest.approx(8_000 * (0.4 * 0.7**0.5 + 0.6 * 0.35**0.5) * 0.87)


@pytest.mark.parametrize("given", [{"gpu_resale_fraction": 0.6}, {"ranges": {"gpu_resale_fraction": (0.5, 0.6, 0.7)}}])
def test_share_that_a_person_gives_for_cards_holds_for_the_whole_box(given: dict[str, object]) -> None:
    assert _flow(_first(CARDS, **given)["resale"])[36] == pytest.approx(8_000 * 0.6 * 0.87)


def test_share_that_a_person_gives_is_what_a_used_machine_brings_after_36_months() -> None:
    # 20 % of the 4,500 it costs today, and not 20 % once more for the years before
    line = _first(USED_MAC, resale_fraction=0.2)["resale"]
    assert _flow(line)[36] == pytest.approx(4_500 * 0.2 * 0.87)


def test_list_price_decides_nothing_today() -> None:
    dear = USED_MAC.model_copy(
        update={"prices": (Price(kind="list", price_usd=known(60_000, "USD")), *USED_MAC.prices[1:])}
    )
    assert _flow(_first(dear)["resale"]).tolist() == _flow(_first(USED_MAC)["resale"]).tolist()


def test_used_machine_has_no_warranty_unless_one_is_given() -> None:
    free = {"failure_growth_rate": 0}
    month = 0.033 * 0.35 * 4_500 / 12
    assert _flow(_first(USED_MAC, **free)["repair"])[1:].tolist() == pytest.approx([-month] * 36)
    given = _flow(_first(USED_MAC, used_warranty_months=6, **free)["repair"])
    assert given[1:7].tolist() == [0.0] * 6
    assert given[7] == pytest.approx(-month)


def test_used_cards_of_a_new_pc_are_repaired_from_the_first_month() -> None:
    flow = _flow(_first(CARDS, failure_growth_rate=0)["repair"])
    month = 0.045 * 0.35 * 8_000 / 12
    assert flow[1] == flow[12] == pytest.approx(-0.4 * month)
    assert flow[13] == pytest.approx(-month)


def test_failures_grow_with_the_age_of_a_machine_and_care_with_its_years_of_use() -> None:
    # bought at three years: 1.2^3 times the failures at once, 1.2^4 times after a year; care 1, then 1.1
    lines = _first(USED_MAC, failure_growth_rate=0.2, care_growth_rate=0.1)
    month = 0.033 * 0.35 * 4_500 / 12
    assert _flow(lines["repair"])[[1, 13]] == pytest.approx([-month * 1.2**3, -month * 1.2**4])
    care = 6 / 12 * 95
    assert _flow(lines["administration"])[[1, 13, 25]] == pytest.approx([-care, -care * 1.1, -care * 1.21])


def test_several_first_machines_share_care_and_space() -> None:
    inputs = Inputs(Scenario.parse({"space_usd_per_month": 50, "further_care_fraction": 0.25, "care_growth_rate": 0}))
    holding = bought(MAC, inputs=inputs, count=3)
    found = machine_lines(MAC, holding=holding, inputs=inputs, count=3, peak_kw=0.9)
    flow = {line.name: _flow(line)[1] for line in found.all()}
    assert flow["administration"] == pytest.approx(-6 / 12 * 95 * 1.5)  # 1 + 2 * 0.25
    assert flow["space"] == pytest.approx(-50 * 1.5)


def test_sale_above_the_price_is_a_remark() -> None:
    # 10,000 * 0.48 * 5 * 0.87 = 20,880
    tco = cost_of(MAC, scenario=SCENARIO.changed(resale_market_index=5), usage=MAC_USAGE, reference_api=TARIFF)
    (remark,) = [one for one in tco.remarks if one.code == "sold-above-price"]
    assert "$20,880 after 36 months, more than the $10,000" in remark.text
    plain = cost_of(MAC, scenario=SCENARIO, usage=MAC_USAGE, reference_api=TARIFF)
    assert "sold-above-price" not in {one.code for one in plain.remarks}


def test_machine_that_is_there_already_and_one_bought_used_share_one_base() -> None:
    # 4,500 at the door are worth 4,500 * 0.87 after fees: both bring 4,500 * 0.48 * 0.87 in 36 months
    there = SCENARIO.changed(already_own_usd={"used-mac": 4_500 * 0.87})
    assert USED_MAC.id == "used-mac"
    owned = cost_of(USED_MAC, scenario=there, usage=MAC_USAGE, reference_api=TARIFF).lines["resale"]
    paid = cost_of(USED_MAC, scenario=SCENARIO, usage=MAC_USAGE, reference_api=TARIFF).lines["resale"]
    assert owned == pytest.approx(paid)


def test_sale_above_todays_price_is_told_and_one_at_the_price_is_not() -> None:
    def said(index: float) -> bool:
        # sold after three years at 48 % of the price
        scenario = SCENARIO.changed(resale_market_index=index, resale_fee_fraction=0.0)
        found = cost_of(MAC, scenario=scenario, usage=MAC_USAGE, reference_api=TARIFF)
        return any("sold" in remark.code for remark in found.remarks)

    assert not said(1 / 0.48)
    assert said(1.001 / 0.48)


def test_list_price_is_what_version_1_sold_a_share_of_where_there_is_one() -> None:
    then = SCENARIO.changed(rules=1)
    assert resale_base(USED_MAC, inputs=Inputs(then)) == (("list_price_usd", 6_000.0, "list price"), 36.0)
    unlisted = USED_MAC.model_copy(update={"prices": USED_MAC.prices[1:]})
    assert resale_base(unlisted, inputs=Inputs(then)) == (("list_price_usd", 4_500.0, "list price"), 0.0)
    assert resale_base(MAC, inputs=Inputs(then)) == (("list_price_usd", 10_000.0, "list price"), 0.0)
    assert resale_base(USED_MAC, inputs=Inputs(SCENARIO)) == (("price_usd", 4_500.0, "price today"), 0.0)
    own = then.changed(figures={"used-mac.list_price_usd": 7_000}, options=("used-mac",))
    assert resale_base(unlisted, inputs=Inputs(own))[0] == ("list_price_usd", 7_000.0, "list price")


def test_repair_of_two_machines_by_hand() -> None:
    # two at 10,000: 3.3 % a year x 35 % x 20,000 / 12 a month, from the month after the warranty of a year on
    inputs = Inputs(SCENARIO.changed(warranty_months=12, failure_growth_rate=0, inflation_rate=0, months=36))
    holding = bought(MAC, inputs=inputs, count=2)
    lines = machine_lines(MAC, holding=holding, inputs=inputs, count=2, peak_kw=0.6)
    repair = next(line for line in lines.all() if line.name == "repair")
    flow = _flow(repair)
    assert flow[12] == 0
    assert flow[13:] == pytest.approx([-0.033 * 0.35 * 20_000 / 12] * 24)
    assert repair.inputs["machine_count"] == 2


def test_machine_that_goes_back_is_not_sold() -> None:
    leased = SCENARIO.changed(leases={"mac": Lease(usd_per_month=300)})
    lines = cost_of(MAC, scenario=leased, usage=MAC_USAGE, reference_api=TARIFF).lines
    assert not {"resale", "disposal"} & lines.keys()
    bought_out = SCENARIO.changed(leases={"mac": Lease(usd_per_month=300, buyout_usd=100)})
    assert "resale" in cost_of(MAC, scenario=bought_out, usage=MAC_USAGE, reference_api=TARIFF).lines


def test_installation_of_two_pcs_by_hand() -> None:
    inputs = Inputs(SCENARIO.changed(electrical_work_usd=800, warranty_usd=300, disposal_usd=50, insurance_rate=0.02))
    holding = bought(PC, inputs=inputs, count=2)
    lines = {line.name: line for line in machine_lines(PC, holding=holding, inputs=inputs, count=2, peak_kw=0.6).all()}
    assert _flow(lines["electrical work"])[0] == -1_600
    assert _flow(lines["warranty"])[0] == -600
    assert _flow(lines["setup"])[0] == -2 * 16 * SCENARIO.wage_usd_per_h
    assert _flow(lines["disposal"])[36] == -100
    assert _flow(lines["insurance"])[1] == pytest.approx(-0.02 / 12 * 8_000 * 2)
    mac = machine_lines(MAC, holding=bought(MAC, inputs=inputs, count=1), inputs=inputs, count=1, peak_kw=0.3)
    assert not next((sum(_flow(line)) for line in mac.all() if line.name == "electrical work"), 0)


def test_cards_have_months_without_repairs_of_their_own_only_where_they_were_bought_otherwise() -> None:
    """A PC that one has is repaired whole from the first month; cards bought new share its warranty."""
    new = CARDS.model_copy(update={"cards_bought": "new"})
    there = Scenario.parse({"already_own_usd": {"pc": 5_000.0}})
    for machine, asked, usd, first in ((CARDS, there, 5_000, 1), (new, Scenario(), 8_000, 13)):
        tco = cost_of(machine, scenario=asked.changed(failure_growth_rate=0, inflation_rate=0), usage=PC_USAGE)
        entries = {entry.name: (entry, flow) for entry, flow in zip(tco.entries, tco.flows, strict=True)}
        repair, flow = entries["repair"]
        month = 0.045 * 0.35 * usd / 12
        assert flow[1:] == pytest.approx([0.0] * (first - 1) + [-month] * (37 - first))
        assert not {"gpu_price_fraction", "cards_warranty_months"} & repair.inputs.keys()
