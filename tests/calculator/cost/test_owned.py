"""A machine of one's own: its lines, its energy and what changes for a used one, worked by hand."""

import dataclasses
import math
from typing import Any

import numpy as np
import pytest

from calculator.cost.inputs import Inputs
from calculator.cost.tco import Tco, cost_draws, cost_of
from calculator.finance.ledger import Horizon
from tests.calculator.offers import MAC, MAC_USAGE, PC, PC_USAGE, SCENARIO, TARIFF, USED_MAC

FLAT = SCENARIO.changed(
    when_full="buy-from-api",
    when_down="buy-from-api",
    electricity_escalation_rate=0,
    wage_escalation_rate=0,
    inflation_rate=0,
    api_price_trend_rate=0,
    cloud_price_trend_rate=0,
    demand_growth_rate=0,
    failure_growth_rate=0,
    care_growth_rate=0,
)


def _cost(option: Any, usage: Any, scenario: Any = SCENARIO, reference: Any = TARIFF, **values: float) -> Tco:
    return cost_of(option, scenario=scenario, usage=usage, reference_api=reference, values=values)


def _flow(tco: Tco, line: str) -> tuple[float, ...]:
    return dict(zip([entry.name for entry in tco.entries], tco.flows, strict=True))[line]


def test_lines_of_a_machine_are_those_worked_by_hand() -> None:
    lines = _cost(MAC, MAC_USAGE, FLAT).lines
    assert lines["hardware"] == -10_000
    assert lines["sales tax"] == pytest.approx(-725)  # 7.25 %
    assert lines["setup"] == -380  # 4 h * 95
    # 0.3 kW * 20 h + 0.25 kW * 40 h + 0.01 kW * (210 - 60) h = 6 + 10 + 1.5 kWh a month, at 0.145, 36 months
    assert lines["energy prefill"] == pytest.approx(-6 * 0.145 * 36)
    assert lines["energy decode"] == pytest.approx(-10 * 0.145 * 36)
    assert lines["energy idle"] == pytest.approx(-1.5 * 0.145 * 36)
    # air conditioner: half the year at COP 3 -> 1/6 kWh per kWh
    assert lines["cooling"] == pytest.approx(-17.5 * 0.145 * 36 / 6)
    assert lines["administration"] == pytest.approx(-6 / 12 * 95 * 36)
    # 3.3 % a year * 35 % of 10,000, in the 24 months after the warranty
    assert lines["repair"] == pytest.approx(-0.033 * 0.35 * 10_000 * 2)
    assert lines["resale"] == pytest.approx(10_000 * 0.48 * 0.87)
    assert "overflow to API" not in lines


def test_lines_of_a_pc_use_its_own_hours_resale_and_failures() -> None:
    lines = _cost(PC, PC_USAGE, FLAT).lines
    assert lines["administration"] == pytest.approx(-15 / 12 * 95 * 36)
    assert lines["resale"] == pytest.approx(8_000 * 0.70 * 0.87)
    assert lines["repair"] == pytest.approx(-0.045 * 0.35 * 8_000 * 2)


def test_used_machine_starts_at_its_age() -> None:
    lines = _cost(USED_MAC, MAC_USAGE, FLAT).lines
    assert lines["hardware"] == -4_500
    # three years old when bought, six when sold: the curve keeps 0.48^2 / 0.48 of today's price, whatever it was new
    assert lines["resale"] == pytest.approx(4_500 * 0.48 ** (72 / 36) / 0.48 ** (36 / 36) * 0.87)
    unlisted = USED_MAC.model_copy(update={"prices": USED_MAC.prices[1:]})
    assert _cost(unlisted, MAC_USAGE, FLAT).lines["resale"] == lines["resale"]
    # version 0.1: of the list price of 6,000, six years old
    then = FLAT.changed(rules=1)
    assert _cost(USED_MAC, MAC_USAGE, then).lines["resale"] == pytest.approx(6_000 * 0.48**2 * 0.87)
    assert _cost(unlisted, MAC_USAGE, then).lines["resale"] == pytest.approx(4_500 * 0.48 * 0.87)


def test_machine_that_one_has_enters_at_what_it_would_bring_today() -> None:
    # pitfall 17: 10,000 once paid, the hours of setting it up and the tax are spent; it would bring 3,000
    lines = _cost(MAC, MAC_USAGE, FLAT.changed(already_own_usd={"mac": 3_000})).lines
    assert lines["hardware"] == -3_000
    assert "setup" not in lines
    assert "sales tax" not in lines
    # sold in 36 months: (3,000 / 0.87) gross today, 48 % of it, less the fee
    assert lines["resale"] == pytest.approx(3_000 * 0.48)
    assert lines["repair"] == pytest.approx(-0.033 * 0.35 * 3_000 * 3)  # no warranty left


def test_optional_lines_appear_when_they_are_given() -> None:
    scenario = FLAT.changed(
        electrical_work_usd=500,
        warranty_usd=300,
        disposal_usd=50,
        insurance_rate=0.01,
        space_usd_per_month=20,
        software_usd_per_month=5,
        demand_charge_usd_per_kw_month=10,
    )
    lines = _cost(PC, PC_USAGE, scenario).lines
    assert lines["electrical work"] == -500
    assert lines["warranty"] == -300
    assert lines["disposal"] == -50
    assert lines["insurance"] == pytest.approx(-80 * 3)
    assert lines["space"] == pytest.approx(-20 * 36)
    assert lines["software"] == pytest.approx(-5 * 36)
    assert lines["demand charge"] == pytest.approx(-0.9 * 10 * 36)
    assert "electrical work" not in _cost(MAC, MAC_USAGE, scenario).lines


def test_time_of_use_changes_the_price_of_the_hours_on() -> None:
    # half of the hours at twice the price: 1.5 times the bill
    scenario = FLAT.changed(peak_hours_fraction=0.5, peak_price_ratio=2.0)
    flat, peak = _cost(MAC, MAC_USAGE, FLAT).lines, _cost(MAC, MAC_USAGE, scenario).lines
    for line in ("energy prefill", "energy decode", "energy idle", "cooling"):
        assert peak[line] == pytest.approx(1.5 * flat[line])


def test_cooling_is_by_air_conditioner_or_by_pue_and_never_both() -> None:
    # pitfall 10
    office, room = (_cost(MAC, MAC_USAGE, FLAT.changed(site=site)) for site in ("office", "server-room"))
    energy = sum(usd for name, usd in office.lines.items() if name.startswith("energy"))
    assert office.lines["cooling"] == pytest.approx(energy * 0.5 / 3)
    assert room.lines["cooling"] == pytest.approx(energy * 0.54)
    assert _cost(MAC, MAC_USAGE, FLAT, pue_ratio=2.9).lines["cooling"] == office.lines["cooling"]


def test_idle_hours_cost_their_own_watts() -> None:
    # pitfall 11: neither the highest watts around the clock nor nothing while idle
    lines = _cost(PC, PC_USAGE, FLAT).lines
    around_the_clock = 0.9 * 730 * 0.145 * 36
    energy = -sum(usd for name, usd in lines.items() if name.startswith("energy"))
    assert lines["energy idle"] == pytest.approx(-0.15 * (210 - 41) * 0.145 * 36)
    assert energy < 0.1 * around_the_clock


def test_prefill_is_not_free() -> None:
    # pitfall 12
    none = dataclasses.replace(MAC_USAGE, prefill_h_per_month=0)
    assert _cost(MAC, MAC_USAGE).energy_kwh > _cost(MAC, none).energy_kwh


def test_energy_grows_with_use_and_not_with_capacity() -> None:
    # pitfall 14: a machine that could do 3.5 times as much is not taken to do it
    assert _cost(MAC, MAC_USAGE, FLAT).energy_kwh == pytest.approx(17.5 * 36)


@pytest.mark.parametrize("availability", [1.0, 0.9])
def test_energy_of_growing_demand_never_counts_more_hours_than_the_machine_is_on(availability: float) -> None:
    # 100 h of prefill and 80 h of decode of 200 h on in month 1, yet 1.6 times that demand fits (larger batches): at
    # the limit prefill takes 160 h and decode the 40 h that are left, not 80 * 1.6 = 128 h
    usage = dataclasses.replace(
        MAC_USAGE, prefill_h_per_month=100, decode_h_per_month=80, on_h_per_month=200, capacity_ratio=1.6
    )
    scenario = FLAT.changed(demand_growth_rate=1.0, months=24, availability_fraction=availability)
    kwh = 0.0
    for month in range(1, 25):
        served = min(2 ** ((month - 1) / 12), 1.6)
        prefill_h = 100 * served * availability
        decode_h = min(80 * served, 200 - 100 * served) * availability
        idle_h = 200 - prefill_h - decode_h
        kwh += (prefill_h * usage.prefill_w + decode_h * usage.decode_w + idle_h * usage.idle_w) / 1000
    found = _cost(MAC, usage, scenario)
    assert found.energy_kwh == pytest.approx(kwh, rel=1e-9)
    assert found.lines["energy idle"] < 0 or availability == 1
    further = _cost(MAC, usage, scenario.changed(when_full="buy-another"))
    kwh = 0.0
    for month in range(1, 25):
        demand = 2 ** ((month - 1) / 12)
        machines = math.ceil(demand / 1.6)
        prefill_h = 100 * demand * availability
        decode_h = min(80 * demand, 200 * machines - 100 * demand) * availability
        idle_h = 200 * machines - prefill_h - decode_h
        kwh += (prefill_h * usage.prefill_w + decode_h * usage.decode_w + idle_h * usage.idle_w) / 1000
    assert further.energy_kwh == pytest.approx(kwh, rel=1e-9)
    assert max(_flow(further, "energy idle")) <= 1e-12  # no month in which idling brings money in
    assert further.lines["energy idle"] < 0


@pytest.mark.parametrize(("off_hours", "watts"), [("off", 0.0), ("sleep", 3.0), ("idle", 10.0)])
def test_hours_off_cost_what_the_machine_draws_then(off_hours: str, watts: float) -> None:
    usage = dataclasses.replace(MAC_USAGE, sleep_w=3.0)
    tco = _cost(MAC, usage, FLAT.changed(off_hours=off_hours))
    kwh = 17.5 + watts / 1000 * (730 - 210)
    assert tco.energy_kwh == pytest.approx(kwh * 36)
    assert tco.lines.get("energy sleep", 0.0) == pytest.approx(-watts / 1000 * 520 * 0.145 * 36)
    assert ("energy sleep" in tco.lines) == (watts > 0)


def test_lines_of_energy_show_their_watts_hours_and_sum() -> None:
    usage = dataclasses.replace(MAC_USAGE, sleep_w=3.0)
    entries = {line.name: line.inputs for line in _cost(MAC, usage, FLAT.changed(off_hours="sleep")).entries}
    hours = {"prefill": 20, "decode": 40, "idle": 150, "sleep": 520}
    for state, watts in (("prefill", 300), ("decode", 250), ("idle", 10), ("sleep", 3)):
        assert entries[f"energy {state}"][f"{state}_w"] == watts
        assert entries[f"energy {state}"][f"{state}_h_per_month"] == pytest.approx(hours[state])
    assert entries["cooling"]["energy_usd_per_month"] == pytest.approx((17.5 + 1.56) * 0.145)
    idle = {line.name: line.inputs for line in _cost(MAC, usage, FLAT.changed(off_hours="idle")).entries}
    assert idle["energy sleep"]["sleep_w"] == 10


def test_peak_price_holds_for_the_hours_on_alone() -> None:
    usage = dataclasses.replace(MAC_USAGE, sleep_w=3.0)
    scenario = FLAT.changed(off_hours="sleep", peak_hours_fraction=0.5, peak_price_ratio=3.0)
    tco = _cost(MAC, usage, scenario)
    assert tco.lines["energy decode"] == pytest.approx(-10 * 0.145 * 2 * 36)
    assert tco.lines["energy sleep"] == pytest.approx(-1.56 * 0.145 * 36)
    entries = {line.name: line for line in tco.entries}
    assert entries["energy decode"].inputs["peak_price_ratio"] == 3.0
    assert "peak_price_ratio" not in entries["energy sleep"].inputs
    assert "(1 + share of hours at the peak price * (peak price ratio - 1))" in entries["energy idle"].formula


def test_server_room_cools_by_its_pue() -> None:
    tco = _cost(MAC, MAC_USAGE, FLAT.changed(site="server-room", pue_ratio=1.5))
    assert tco.lines["cooling"] == pytest.approx(-17.5 * 0.145 * 36 * 0.5)


def test_marginal_cost_is_that_of_work_above_idling() -> None:
    tco = _cost(MAC, MAC_USAGE, FLAT.changed(discount_rate=0.0))
    kwh = 0.29 * 20 + 0.24 * 40
    assert tco.marginal_usd_per_mtok == pytest.approx(kwh * 0.145 * 7 / 6 / (4200 * 4200 / 1e6))


def test_two_machines_that_one_has_are_worth_twice_and_draw_twice() -> None:
    two = dataclasses.replace(MAC_USAGE, machine_count=2)
    lines = _cost(MAC, two, FLAT.changed(already_own_usd={"mac": 3_000})).lines
    assert lines["hardware"] == -6_000
    # hours are per machine: both read 20 hours and write 40
    one = _cost(MAC, MAC_USAGE, FLAT).lines
    for state in ("prefill", "decode", "idle"):
        assert lines[f"energy {state}"] == pytest.approx(2 * one[f"energy {state}"])


def test_shared_machine_has_no_lines_of_its_purchase() -> None:
    lines = _cost(MAC, MAC_USAGE, FLAT.changed(shared_with_other_work={"mac": 0.5})).lines
    assert set(lines) == {"energy prefill", "energy decode", "cooling", "administration", "repair"}
    assert lines["energy prefill"] == pytest.approx(-0.29 * 20 * 0.145 * 36)


@pytest.mark.parametrize(("in_advance", "first", "last"), [(False, 0, 300), (True, 300, 0)])
def test_lease_is_paid_at_the_start_or_the_end_of_each_month(in_advance: bool, first: int, last: int) -> None:
    leased = FLAT.changed(leases={"mac": {"usd_per_month": 300, "in_advance": in_advance, "buyout_usd": 1_000}})
    tco = _cost(MAC, dataclasses.replace(MAC_USAGE, machine_count=2), leased)
    flow = _flow(tco, "lease")
    assert (flow[0], flow[1], flow[36]) == (-2 * first, -600, -2 * last)
    assert sum(flow) == -36 * 600
    assert _flow(tco, "buy-out")[36] == -2_000


def _says(tco: Tco, line: str) -> str:
    return next(entry.formula for entry in tco.entries if entry.name == line)


def test_lease_without_a_buy_out_leaves_nothing_to_sell() -> None:
    plain, bought = (
        _cost(MAC, MAC_USAGE, FLAT.changed(leases={"mac": {"usd_per_month": 300, **terms}}))
        for terms in ({"in_advance": False}, {"buyout_usd": 1_000, "in_advance": True})
    )
    assert "buy-out" not in plain.lines
    assert "resale" not in plain.lines
    assert plain.lines["lease"] == -36 * 300
    assert bought.lines["resale"] == pytest.approx(10_000 * 0.48 * 0.87)
    assert _says(plain, "lease") == "payment per month * machines"
    assert _says(bought, "lease") == "payment per month * machines, at the start of each month"


def test_leased_machine_has_the_warranty_of_how_it_was_bought() -> None:
    leased = FLAT.changed(leases={"mac": {"usd_per_month": 300}}, used_warranty_months=0)
    used = MAC.model_copy(update={"bought": "used"})
    assert _cost(MAC, MAC_USAGE, leased).lines["repair"] == pytest.approx(-0.033 * 0.35 * 10_000 * 2)
    assert _cost(used, MAC_USAGE, leased).lines["repair"] == pytest.approx(-0.033 * 0.35 * 10_000 * 3)


def test_demand_charge_is_on_the_highest_watts_of_all_machines() -> None:
    charged = FLAT.changed(demand_charge_usd_per_kw_month=10)
    two = dataclasses.replace(MAC_USAGE, machine_count=2)
    assert _cost(MAC, two, charged).lines["demand charge"] == pytest.approx(-0.6 * 10 * 36)
    reading = dataclasses.replace(MAC_USAGE, prefill_w=100, decode_w=250)
    assert _cost(MAC, reading, charged).lines["demand charge"] == pytest.approx(-0.25 * 10 * 36)
    # one more machine from month 23 on: 2^(22/12) = 3.56, and a machine takes 3.5; each adds its own 0.3 kW
    growing = charged.changed(
        demand_growth_rate=1.0, when_full="buy-another", months=24, demand_charge_usd_per_kw_month=10
    )
    for count, usage in ((1, MAC_USAGE), (2, dataclasses.replace(two, capacity_ratio=1.75))):
        further = _cost(MAC, usage, growing).entries
        folded = {entry.name: entry for entry in further}
        assert "further machines" in folded, count
        plain = _cost(MAC, usage, growing.changed(demand_charge_usd_per_kw_month=0))
        before = {entry.name: sum(flow) for entry, flow in zip(plain.entries, plain.flows, strict=True)}
        charged_tco = _cost(MAC, usage, growing)
        after = {entry.name: sum(flow) for entry, flow in zip(charged_tco.entries, charged_tco.flows, strict=True)}
        more = sum(after[name] - before.get(name, 0.0) for name in after)
        assert more == pytest.approx(-0.3 * 10 * (24 * count + 2))


def test_shared_machine_adds_the_whole_charge_of_a_further_one() -> None:
    shared = FLAT.changed(
        shared_with_other_work={"mac": 0.5}, demand_growth_rate=1.0, when_full="buy-another", months=24
    )
    charged = shared.changed(demand_charge_usd_per_kw_month=10)
    plain, more = (_cost(MAC, MAC_USAGE, one).total_cost_usd for one in (shared, charged))
    assert more - plain == pytest.approx(0.3 * 10 * 2)  # months 23 and 24


@pytest.mark.parametrize("off_hours", ["off", "sleep", "idle"])
def test_energy_of_drawn_futures_is_that_of_each(off_hours: str) -> None:
    """A peak price holds for the hours on alone, of draws as of the one that `test_peak_price...` works by hand."""
    peak = {"peak_hours_fraction": 0.5, "peak_price_ratio": 3.0}
    scenario = FLAT.changed(when_full="buy-another", off_hours=off_hours, months=36, **peak)
    usage = dataclasses.replace(MAC_USAGE, sleep_w=3.0)
    draws = {
        "demand_growth_rate": np.array([1.0, 0.0, 2.0, -0.3]),
        "electricity_usd_per_kwh": np.array([0.1, 0.2, 0.3, 0.4]),
        "electricity_escalation_rate": np.array([0.0, 0.1, -0.05, 0.2]),
    }
    inputs = Inputs(scenario, draws)
    found = cost_draws(MAC, inputs=inputs, horizon=Horizon(36, 0.08), usage=usage, reference_api=TARIFF)
    for draw in range(4):
        one = _cost(MAC, usage, scenario, **{name: float(values[draw]) for name, values in draws.items()})
        assert np.broadcast_to(found.total_cost_usd, (4,))[draw] == pytest.approx(one.total_cost_usd, rel=1e-9)


def _further_months(tco: Tco) -> list[float]:
    """The months in which a further machine comes."""
    (seen,) = (entry.inputs for entry in tco.entries if entry.name == "further machines")
    return [float(month) for name, month in seen.items() if name.startswith("first_month_of_")]


def test_hours_of_month_1_are_told_per_first_machine_with_those_that_come_at_once() -> None:
    """A machine takes half of the demand, so a second one is there from month 1: 2 x 210 hours on, 60 of them busy."""
    usage = dataclasses.replace(MAC_USAGE, capacity_ratio=0.5, sleep_w=3.0)
    scenario = FLAT.changed(when_full="buy-another", off_hours="sleep")
    for count in (1, 2):
        per_machine = dataclasses.replace(usage, machine_count=count, capacity_ratio=0.5 / count)
        entries = {entry.name: entry.inputs for entry in _cost(MAC, per_machine, scenario).entries}
        present = 1 + 1 / count if count == 1 else 1 + 2 / count
        assert entries["energy idle"]["idle_h_per_month"] == pytest.approx(210 * present - 60)
        assert entries["energy sleep"]["sleep_h_per_month"] == pytest.approx((8_760 / 12 - 210) * present)
    later = FLAT.changed(when_full="buy-another", demand_growth_rate=1.0)
    second = dataclasses.replace(MAC_USAGE, capacity_ratio=1.0)  # full in month 1, so one more comes in month 2
    assert _further_months(_cost(MAC, second, later))[0] == 2
    for late in (MAC_USAGE, second):
        entries = {entry.name: entry.inputs for entry in _cost(MAC, late, later).entries}
        assert entries["energy idle"]["idle_h_per_month"] == pytest.approx(150)


def test_marginal_cost_of_two_machines_is_that_of_the_work_of_both() -> None:
    tco = _cost(MAC, dataclasses.replace(MAC_USAGE, machine_count=2), FLAT.changed(discount_rate=0.0))
    kwh = 2 * (0.29 * 20 + 0.24 * 40)
    assert tco.marginal_usd_per_mtok == pytest.approx(kwh * 0.145 * 7 / 6 / (4200 * 4200 / 1e6))
