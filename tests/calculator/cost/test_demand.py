"""Demand and load: growth past the capacity, busy hours, and no demand at all."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from calculator.cost.demand import Demand, Load
from calculator.cost.inputs import Inputs
from calculator.cost.tco import Tco, cost_of
from calculator.finance.courses import course_values
from calculator.finance.ledger import Horizon, Line, Term, total_usd
from calculator.number import Number
from calculator.service.sizing import MOST_MACHINES
from calculator.service.usage import QuietHours, Usage
from tests.calculator.offers import API, MAC, MAC_USAGE, SCENARIO, TARIFF

FLAT = SCENARIO.changed(
    when_full="buy-from-api",
    when_down="buy-from-api",
    electricity_escalation_rate=0,
    wage_escalation_rate=0,
    inflation_rate=0,
    api_price_trend_rate=0,
    cloud_price_trend_rate=0,
    demand_growth_rate=0,
)


def _cost(option: Any, usage: Any, scenario: Any = SCENARIO, reference: Any = TARIFF, **values: float) -> Tco:
    return cost_of(option, scenario=scenario, usage=usage, reference_api=reference, values=values)


def test_demand_that_grows_past_the_machine_overflows_from_then_on() -> None:
    # 60 of 210 hours busy: 3.5 times the demand fits. At 300 % growth a year D(m) = 4^((m-1)/12) passes 3.5 in month 12
    tco = _cost(MAC, MAC_USAGE, FLAT.changed(demand_growth_rate=3.0))
    flow = dict(zip([line.name for line in tco.entries], tco.flows, strict=True))["overflow to API"]
    assert flow[11] == 0
    assert flow[12] < 0
    per_month = 4200 * (3800 * 0.2 + 400 * 0.6) / 1e6
    assert flow[30] == pytest.approx(-(4 ** (29 / 12) - 3.5) * per_month)


def test_machines_cost_the_same_past_saturation_but_for_the_api() -> None:
    # a break-even volume may not exist: past saturation both sides grow with the API price alone
    def gap(requests: float) -> float:
        own = _cost(MAC, MAC_USAGE, FLAT, requests_per_working_day=requests).present_value_cost_usd
        return own - _cost(API, None, FLAT, requests_per_working_day=requests).present_value_cost_usd

    assert gap(2_000) == pytest.approx(gap(20_000), abs=1e-6)


def test_requests_and_speed_scale_the_busy_hours() -> None:
    once, twice = _cost(MAC, MAC_USAGE, FLAT), _cost(MAC, MAC_USAGE, FLAT, requests_per_working_day=400)
    assert twice.lines["energy decode"] == pytest.approx(2 * once.lines["energy decode"])
    faster = _cost(MAC, MAC_USAGE, FLAT, **{"mac.decode_speed_ratio": 2.0})
    assert faster.lines["energy decode"] == pytest.approx(0.5 * once.lines["energy decode"])
    assert faster.lines["energy idle"] < once.lines["energy idle"]  # more hours idle


def test_no_demand_gives_no_cost_per_token_but_a_cost() -> None:
    tco = _cost(MAC, Usage(on_h_per_month=210, idle_w=10), FLAT.changed(requests_per_working_day=0))
    assert np.isnan(tco.usd_per_mtok)
    assert "no-tokens" in [remark.code for remark in tco.remarks]
    assert tco.total_cost_usd > 5_000


def test_month_is_a_twelfth_of_a_year() -> None:
    # pitfall 13: 36 months of an always-on 10 W are 3 * 8,760 h, not 36 * 30 days
    asleep = Usage(on_h_per_month=0, sleep_w=10)
    tco = _cost(MAC, asleep, FLAT.changed(requests_per_working_day=0))
    assert tco.energy_kwh == pytest.approx(0.01 * 8760 * 3)


@pytest.mark.parametrize("growth", [0.0, 0.5, -0.3])
@pytest.mark.parametrize("speed", [0.2, 0.6, 1.0])
def test_parts_of_the_day_are_busy_for_what_they_take_and_never_beyond_the_hours_on(
    growth: float, speed: float
) -> None:
    usage = dataclasses.replace(
        MAC_USAGE, capacity_ratio=0.4, quiet_capacity_ratio=1.3, peak_fraction=0.2, when_full="buy-from-api"
    )
    scenario = SCENARIO.changed(demand_growth_rate=growth, when_full="buy-from-api", months=36)
    given = {"mac.decode_speed_ratio": speed, "mac.prefill_speed_ratio": speed}
    load = Load.of("mac", Inputs(scenario, given), usage, may_grow=True)
    busy = load.busy_hours()
    flows = [
        sum(np.asarray(term.amount_usd) * course_values(term.course, months=36)[1:] for term in terms)
        for terms in (busy["prefill"], busy["decode"])
    ]
    demand = (1 + growth) ** (np.arange(36) / 12)
    taken = 0.2 * np.minimum(demand, 0.4 * speed) + 0.8 * np.minimum(demand, 1.3 * speed)
    expected = np.minimum(taken * (load.prefill_h + load.decode_h), load.working_h)
    assert np.asarray(sum(flows)) == pytest.approx(expected, rel=1e-9)


def _load(scenario: Any = FLAT, usage: Usage = MAC_USAGE, *, may_grow: bool = False, **given: float) -> Load:
    return Load.of("mac", Inputs(scenario, given), usage, may_grow=may_grow)


def test_load_of_a_machine_by_hand() -> None:
    # 60 of 210 hours busy: the machine takes 3.5 times the demand; each figure is per machine
    load = _load()
    assert (load.prefill_h, load.decode_h, load.on_h, load.working_h) == (20, 40, 210, 210)
    assert load.room == pytest.approx(3.5)
    assert load.levels == ((1.0, load.room),)
    assert load.enough
    assert not load.loses
    assert load.busy_from == np.inf
    two = _load(usage=dataclasses.replace(MAC_USAGE, machine_count=2))
    assert two.room == pytest.approx(7.0)


def test_longer_requests_and_more_of_them_take_more_hours() -> None:
    # 200 requests of 3,800 tokens in and 400 out; a tenth of the input is cached
    scenario = FLAT.changed(cached_prompt_fraction=0.1)
    load = _load(scenario, cached_prompt_fraction=0.4, answer_tokens=600.0, requests_per_working_day=300.0)
    assert load.prefill_h == pytest.approx(20 * 1.5 * 0.6 / 0.9)
    assert load.decode_h == pytest.approx(40 * 1.5 * 1.5)
    longer = _load(scenario, prompt_tokens=2 * 3_800.0, retrieved_tokens=0.0)
    assert longer.prefill_h == pytest.approx(40)
    assert longer.decode_h == 40


def test_hours_on_and_working_days_scale_the_hours_there_are() -> None:
    load = _load(usage=dataclasses.replace(MAC_USAGE, working_h_per_month=150.0), on_h_per_day=FLAT.on_h_per_day / 2)
    assert (load.on_h, load.working_h) == (105, 75)
    days = FLAT.working_days_per_year
    more = _load(working_days_per_year=1.2 * days)
    assert more.on_h == pytest.approx(252)
    assert more.prefill_h == pytest.approx(24)
    assert more.room == pytest.approx(3.5)  # as many more hours as demand


def test_speeds_drawn_faster_leave_more_room() -> None:
    load = Load.of("mac", Inputs(FLAT, {"mac.prefill_speed_ratio": 2.0, "mac.decode_speed_ratio": 0.5}), MAC_USAGE)
    assert (load.prefill_h, load.decode_h) == (10, 80)
    assert load.room == pytest.approx(210 / 90)


def test_half_served_fills_the_machine_and_its_hours_are_those_of_the_whole_demand() -> None:
    half = dataclasses.replace(MAC_USAGE, prefill_h_per_month=70, decode_h_per_month=140, served_fraction=0.5)
    load = _load(usage=half)
    assert (load.prefill_h, load.decode_h) == (140, 280)
    assert load.room == pytest.approx(0.5)
    assert not load.enough
    assert load.served()[1].amount_usd == -1.0  # 1 - what is beyond
    nothing = _load(usage=dataclasses.replace(half, served_fraction=0.0, prefill_h_per_month=0, decode_h_per_month=0))
    assert nothing.room == 0


@pytest.mark.parametrize(
    ("growth", "further"),
    # 3.5 of month 1's demand a machine; the last of 36 months has (1 + g)^(35/12) of it: 3.3, 3.6, 7.6, 57
    [(0.0, 0), (0.5, 0), (0.55, 1), (1.0, 2), (3.0, 16)],
)
def test_further_machines_are_the_fewest_that_meet_the_highest_demand(growth: float, further: int) -> None:
    load = _load(FLAT.changed(demand_growth_rate=growth, when_full="buy-another"), may_grow=True)
    assert load.room == pytest.approx(3.5 * (1 + further))
    assert len(load.full_months) == further
    assert load.enough


def test_further_machines_end_at_the_most_that_are_counted() -> None:
    two = dataclasses.replace(MAC_USAGE, machine_count=2)
    load = _load(FLAT.changed(demand_growth_rate=9.0, when_full="buy-another"), two, may_grow=True)
    assert len(load.full_months) == MOST_MACHINES - 2  # 10^(35/12) = 825 would take 236
    assert load.room == pytest.approx(3.5 * MOST_MACHINES)
    assert not load.enough
    assert load.loses


def test_no_further_machine_where_none_may_come() -> None:
    growing = FLAT.changed(demand_growth_rate=1.0, when_full="buy-another")
    assert _load(growing).full_months == ()
    final = dataclasses.replace(MAC_USAGE, is_count_final=True)
    assert _load(growing, final, may_grow=True).full_months == ()
    assert _load(growing.changed(when_full="buy-from-api"), may_grow=True).full_months == ()
    own = dataclasses.replace(MAC_USAGE, when_full="buy-another")
    assert len(_load(growing.changed(when_full="buy-from-api"), own, may_grow=True).full_months) == 2
    shrinking = growing.changed(demand_growth_rate=-0.5)
    assert _load(shrinking, dataclasses.replace(MAC_USAGE, machine_count=3), may_grow=True).room == pytest.approx(10.5)


def test_further_machine_comes_in_the_first_month_beyond_the_room() -> None:
    # D(m) = 2^((m - 1)/12) passes 3.5 after 12 log2(3.5) = 21.69 months, 7 after 33.69
    load = _load(FLAT.changed(demand_growth_rate=1.0, when_full="buy-another"), may_grow=True)
    assert [int(month) for month in load.full_months] == [23, 35]


@pytest.mark.parametrize(
    ("when_full", "when_down", "buys_rest", "buys_lost", "loses"),
    [
        ("buy-from-api", "buy-from-api", True, True, False),
        ("buy-from-api", "lose", True, False, True),
        ("buy-another", "buy-from-api", False, True, True),
        ("buy-another", "lose", False, False, True),
    ],
)
def test_demand_is_lost_where_either_part_of_it_has_no_supplier(
    when_full: str, when_down: str, buys_rest: bool, buys_lost: bool, loses: bool
) -> None:
    half = dataclasses.replace(MAC_USAGE, prefill_h_per_month=70, decode_h_per_month=140, served_fraction=0.5)
    scenario = FLAT.changed(when_full=when_full, when_down=when_down, availability_fraction=0.9)
    load = _load(scenario, half)
    assert (load.buys_rest, load.buys_lost, load.loses) == (buys_rest, buys_lost, loses)
    assert load.works_fraction == load.available_fraction == 0.9
    assert len(load.bought()) == buys_rest + buys_lost
    whole = _load(scenario)
    assert whole.enough
    assert whole.loses == (not buys_lost)  # nothing is beyond the room
    assert not _load(FLAT.changed(when_full=when_full, when_down=when_down)).loses


def test_bought_is_what_the_machine_misses_and_what_an_outage_does() -> None:
    half = dataclasses.replace(MAC_USAGE, prefill_h_per_month=70, decode_h_per_month=140, served_fraction=0.5)
    load = _load(FLAT.changed(availability_fraction=0.9), half)
    lost, beyond = (
        np.asarray(term.amount_usd) * course_values(term.course, months=3)[1:] for term in load.bought(trend="")
    )
    assert lost == pytest.approx([0.1] * 3)
    assert beyond == pytest.approx([0.9 * 0.5] * 3)


def test_spot_keeps_only_a_share_of_the_hours() -> None:
    scenario = FLAT.changed(availability_fraction=0.9)
    load = Load.of("mac", Inputs(scenario), MAC_USAGE, kept_fraction=0.8)
    assert load.available_fraction == load.works_fraction == pytest.approx(0.72)


def test_levels_of_the_day_take_each_their_share() -> None:
    usage = dataclasses.replace(
        MAC_USAGE, capacity_ratio=0.4, quiet_capacity_ratio=1.3, peak_fraction=0.2, machine_count=2
    )
    peak, quiet = _load(usage=usage).levels
    assert peak == (0.2, pytest.approx(0.8))
    assert quiet == (0.8, pytest.approx(2.6))
    hours = dataclasses.replace(usage, hour_levels=((0.1, 0.3), (0.6, 0.9), (0.3, 2.0)))
    assert _load(usage=hours).levels == ((0.1, pytest.approx(0.6)), (0.6, pytest.approx(1.8)), (0.3, pytest.approx(4)))
    assert not _load(usage=hours).enough  # the first part of the day takes 0.6
    nobody = dataclasses.replace(usage, hour_levels=((0.0, 0.3), (1.0, 0.9)))
    assert _load(usage=nobody).enough  # nothing comes in the part that takes least


def test_quiet_hours_need_fewer_rented_machines() -> None:
    # the busiest hour needs 1, 2, 3 machines as demand doubles each year; the quiet ones have 0.4 of its demand
    usage = dataclasses.replace(MAC_USAGE, quiet=QuietHours(machine_count=1, demand_ratio=0.4, h_fraction=0.9))
    scenario = FLAT.changed(demand_growth_rate=1.0, when_full="buy-another")
    load = _load(scenario, usage, may_grow=True)
    assert len(load.full_months) == 2
    assert load.quiet_months == ()  # 3.5 / 0.4 = 8.75 are never passed: 2^(35/12) = 7.55
    usage = dataclasses.replace(usage, quiet=QuietHours(machine_count=1, demand_ratio=0.8, h_fraction=0.9))
    months = _load(scenario, usage, may_grow=True).quiet_months
    assert [int(month) for month in months] == [27]  # 12 log2(4.375) = 25.6


def test_demand_by_what_is_billed() -> None:
    # 4,200 requests a month of 3,800 tokens in, of which 0.25 are cached and 0.4 of the rest kept, and 400 out
    inputs = Inputs(FLAT.changed(cached_prompt_fraction=0.25, api_cache_write_fraction=0.4))
    demand = Demand.of(inputs)
    assert demand.cached_mtok == pytest.approx(4_200 * 950 / 1e6)
    assert demand.kept_mtok == pytest.approx(0.4 * 4_200 * 2_850 / 1e6)
    assert demand.input_mtok == pytest.approx(0.6 * 4_200 * 2_850 / 1e6)
    assert demand.output_mtok == pytest.approx(4_200 * 400 / 1e6)
    assert demand.mtok == pytest.approx(4_200 * 4_200 / 1e6)
    prices = {"input": 1.0, "kept": 10.0, "cached": 100.0, "output": 1_000.0}
    usd = demand.input_mtok + 10 * demand.kept_mtok + 100 * demand.cached_mtok + 1_000 * demand.output_mtok
    assert demand.usd_per_month(prices) == pytest.approx(usd)
    assert [name for name, _, _ in demand.priced(prices)] == ["input", "kept", "cached", "output"]
    assert [name for name, _, _ in Demand.of(Inputs(FLAT)).priced(prices)] == ["input", "output"]


def test_hours_beyond_those_on_are_saved_by_larger_batches() -> None:
    # one machine takes 2.5 times the demand but its hours are full at 210 / 160 of it: from there on no more hours
    usage = dataclasses.replace(
        MAC_USAGE, prefill_h_per_month=60, decode_h_per_month=100, capacity_ratio=2.5, when_full="buy-from-api"
    )
    scenario = FLAT.changed(demand_growth_rate=1.0, months=36)
    load = _load(scenario, usage, may_grow=True)
    busy = load.busy_hours()
    prefill, decode = (
        sum(np.asarray(term.amount_usd) * course_values(term.course, months=36)[1:] for term in busy[state])
        for state in ("prefill", "decode")
    )
    taken = np.minimum(2 ** (np.arange(36) / 12), 2.5)
    assert np.asarray(prefill) == pytest.approx(60 * taken)
    assert np.asarray(prefill) + np.asarray(decode) == pytest.approx(np.minimum(160 * taken, 210))


def test_prompt_that_is_cached_whole_is_read_as_long_as_the_scenario_says() -> None:
    load = _load(FLAT.changed(cached_prompt_fraction=1.0), answer_tokens=800.0)
    assert (load.prefill_h, load.decode_h) == (20, 80)


def test_two_machines_fill_their_hours_at_twice_the_demand() -> None:
    usage = dataclasses.replace(
        MAC_USAGE, prefill_h_per_month=60, decode_h_per_month=100, capacity_ratio=2.5, machine_count=2
    )
    (stretch,) = _load(FLAT.changed(demand_growth_rate=2.0, months=24), usage).always_busy
    # each figure of hours is per machine: 160 hours of 210 are full at 1.3125 times, for both at once
    assert float(np.asarray(stretch.excess.room)) == pytest.approx(210 / 160)


def test_room_that_just_meets_the_highest_demand_is_enough() -> None:
    usage = dataclasses.replace(MAC_USAGE, capacity_ratio=2.0)
    assert _load(FLAT.changed(demand_growth_rate=1.0, months=13), usage).enough  # D(13) = 2
    assert not _load(FLAT.changed(demand_growth_rate=1.0, months=14), usage).enough


def test_no_machine_is_added_unless_growth_is_allowed() -> None:
    growing = FLAT.changed(demand_growth_rate=1.0, when_full="buy-another")
    assert Load.of("mac", Inputs(growing), MAC_USAGE).full_months == ()
    assert Demand(1.0, 2.0, 3.0, 6.0).kept_mtok == 0


def test_question_without_requests_keeps_the_hours_of_the_usage() -> None:
    load = _load(FLAT.changed(requests_per_working_day=0))
    assert (load.prefill_h, load.decode_h, load.room) == (20, 40, pytest.approx(3.5))


def test_demand_that_a_number_of_machines_just_meets_needs_no_further_one() -> None:
    usage = dataclasses.replace(MAC_USAGE, capacity_ratio=1.0)
    doubling = FLAT.changed(demand_growth_rate=1.0, months=13, when_full="buy-another")  # D(13) = 2
    load = _load(doubling, usage, may_grow=True)
    assert load.room == pytest.approx(2)
    assert [int(month) for month in load.full_months] == [2]
    # a draw that grows most decides how many may come, and one that is short is not enough
    draws = {"demand_growth_rate": np.array([0.0, 1.0, 0.5])}
    drawn = Load.of("mac", Inputs(doubling, draws), usage, may_grow=True)
    assert drawn.room == pytest.approx(2)
    assert drawn.full_months == ()
    assert drawn.purchases is not None
    assert drawn.purchases.picked.rows.tolist() == [1, 2]
    assert not Load.of("mac", Inputs(doubling, draws), usage).enough


def test_faster_machines_take_more_in_each_part_of_the_day() -> None:
    usage = dataclasses.replace(MAC_USAGE, hour_levels=((0.4, 0.3), (0.6, 0.9)))
    faster = {"mac.prefill_speed_ratio": 2.0, "mac.decode_speed_ratio": 2.0}
    levels = Load.of("mac", Inputs(FLAT, faster), usage).levels
    assert levels == ((0.4, pytest.approx(0.6)), (0.6, pytest.approx(1.8)))


def test_version_0_1_counts_what_an_outage_costs_as_served_and_stops_at_15_further_machines() -> None:
    old = FLAT.changed(rules=1, availability_fraction=0.9)
    assert _load(old.changed(downtime_usd_per_h=25)).works_fraction == 1
    assert _load(old).works_fraction == 0.9
    assert _load(FLAT.changed(availability_fraction=0.9, downtime_usd_per_h=25)).works_fraction == 0.9
    growing = old.changed(demand_growth_rate=9.0, when_full="buy-another")
    assert len(_load(growing, may_grow=True).full_months) == 15


def test_part_of_the_day_without_demand_has_no_term() -> None:
    nobody = dataclasses.replace(MAC_USAGE, hour_levels=((0.0, 0.3), (1.0, 0.9)))
    load = _load(FLAT.changed(demand_growth_rate=0.5), nobody)
    (beyond,) = load.bought()
    assert beyond.amount_usd == 1


@pytest.mark.parametrize(
    ("on_h", "busy_from"),
    # demand of month 1 takes 60 hours; the busiest hour takes 2.5 of it, the quiet ones 6: 5.3 in all, 318 hours
    [(120.0, 2.0), (150.0, 2.5), (210.0, 3.75), (317.9, 5.9979), (318.1, np.inf), (400.0, np.inf)],
)
def test_demand_that_fills_all_hours_by_hand(on_h: float, busy_from: float) -> None:
    usage = dataclasses.replace(
        MAC_USAGE,
        on_h_per_month=on_h,
        capacity_ratio=2.5,
        quiet_capacity_ratio=6.0,
        peak_fraction=0.2,
        when_full="buy-from-api",
    )
    load = _load(FLAT.changed(demand_growth_rate=3.0, months=36, availability_fraction=0.9), usage)
    assert float(np.asarray(load.busy_from)) == pytest.approx(busy_from, rel=1e-4)
    assert load.always_busy == ()
    busy = load.busy_hours()
    prefill, decode = (
        sum(np.asarray(term.amount_usd) * course_values(term.course, months=36)[1:] for term in busy[state])
        for state in ("prefill", "decode")
    )
    demand = 4 ** (np.arange(36) / 12)
    taken = 0.2 * np.minimum(demand, 2.5) + 0.8 * np.minimum(demand, 6.0)
    assert np.asarray(prefill) == pytest.approx(0.9 * 20 * taken)
    assert np.asarray(prefill) + np.asarray(decode) == pytest.approx(0.9 * np.minimum(60 * taken, on_h))


def _sum(terms: tuple[Term, ...]) -> Number:
    return total_usd([Line("x", "hard", terms)], horizon=Horizon(36, 0.0))


@pytest.mark.parametrize("step", ["", "electricity_escalation_rate"])
@pytest.mark.parametrize("may_grow", [True, False])
def test_busy_hours_of_draws_are_those_of_each(step: Any, may_grow: bool) -> None:
    """Hours that are full before the machines are: with further machines and without, priced by a rate that moves."""
    usage = dataclasses.replace(MAC_USAGE, prefill_h_per_month=60, decode_h_per_month=100, capacity_ratio=2.5)
    scenario = FLAT.changed(when_full="buy-another", months=36, availability_fraction=0.9)
    growth, price = np.array([1.0, 0.0, 0.3, -0.2, 1.5]), np.array([0.1, 0.0, -0.05, 0.2, 0.03])
    given = {"demand_growth_rate": growth, "electricity_escalation_rate": price}
    drawn = Load.of("mac", Inputs(scenario, given), usage, may_grow=may_grow)
    assert (drawn.purchases is not None) == may_grow
    for draw in range(5):
        one = {name: float(values[draw]) for name, values in given.items()}
        alone = Load.of("mac", Inputs(scenario, one), usage, may_grow=may_grow)
        for state in ("prefill", "decode"):
            all_draws = np.broadcast_to(_sum(drawn.busy_hours(step)[state]), (5,))
            assert all_draws[draw] == pytest.approx(float(_sum(alone.busy_hours(step)[state])), rel=1e-9)


def test_nothing_is_bought_by_a_machine_that_is_always_there_and_takes_everything() -> None:
    assert _load(FLAT).bought() == ()
    assert not _load(FLAT).loses
    (lost,) = _load(FLAT.changed(availability_fraction=0.75)).bought()
    assert lost.amount_usd == 0.25


def test_quiet_hours_of_draws_get_their_own_purchases() -> None:
    usage = dataclasses.replace(MAC_USAGE, quiet=QuietHours(machine_count=1, demand_ratio=0.8, h_fraction=0.9))
    scenario = FLAT.changed(demand_growth_rate=1.0, when_full="buy-another")
    drawn = Load.of("mac", Inputs(scenario, {"demand_growth_rate": np.array([0.0, 1.0])}), usage, may_grow=True)
    assert drawn.quiet_months == ()
    assert drawn.quiet_purchases is not None
    assert drawn.quiet_purchases.picked.rows.tolist() == [1]
    assert drawn.quiet_purchases.months.tolist() == [27]
    assert _load(scenario, usage, may_grow=True).quiet_purchases is None
    # two of 3.5 just meet 7.0 of the quiet hours, and never more machines than there are in the busiest hour
    just = dataclasses.replace(usage, capacity_ratio=1.0, quiet=QuietHours(1, 0.5, 0.9))
    flat = scenario.changed(months=25)  # D(25) = 4: four machines in the busiest hour, two in the quiet ones
    assert [int(month) for month in _load(flat, just, may_grow=True).quiet_months] == [14]
    denser = dataclasses.replace(just, quiet=QuietHours(1, 2.0, 0.9))
    assert len(_load(flat, denser, may_grow=True).quiet_months) == 3


def test_draw_that_needs_no_further_machine_at_its_busiest_needs_none_in_quiet_hours_either() -> None:
    """Three of the busiest hour take the 2.9 of the first draw; the 3.5 of the second one need four, and the 5 of the
    third one five. Quiet hours take 0.6 of that: 2.1 and 3, so two more than their one in both."""
    usage = dataclasses.replace(MAC_USAGE, machine_count=3, capacity_ratio=1.0, quiet=QuietHours(1, 0.6, 0.9))
    scenario = FLAT.changed(months=13, when_full="buy-another")
    growth = np.array([1.9, 2.5, 4.0])
    drawn = Load.of("mac", Inputs(scenario, {"demand_growth_rate": growth}), usage, may_grow=True)
    assert drawn.purchases is not None
    assert drawn.quiet_purchases is not None
    assert drawn.purchases.picked.rows.tolist() == [1, 2, 2]
    assert drawn.quiet_purchases.picked.rows.tolist() == [1, 1, 2, 2]
    alone = [_load(scenario.changed(demand_growth_rate=float(rate)), usage, may_grow=True) for rate in growth]
    assert [len(load.full_months) for load in alone] == [0, 1, 2]
    assert [len(load.quiet_months) for load in alone] == [0, 2, 2]
