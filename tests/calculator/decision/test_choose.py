"""Choosing: every machine is a choice or says why not, and what is marked is dominated by nobody."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.catalog import Catalog, load_catalog
from calculator.decision.choose import Choice, Choices, Wanted, choose, dominates
from calculator.decision.compare import compare
from calculator.errors import ScenarioError
from calculator.scenario.scenario import Scenario
from calculator.service.sizing import MOST_MACHINES


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


ASKED = Scenario(model="qwen3-32b", first_token_p95_target_s=10, stream_target_tokens_per_s=20)


@pytest.fixture(scope="module")
def free(catalog: Catalog) -> Choices:
    return choose(ASKED, catalog, wanted=Wanted())


def test_every_machine_is_a_choice_or_says_why_not(free: Choices, catalog: Catalog) -> None:
    chosen, left = {one.id for one in free.choices}, {one.id for one in free.left_out}
    assert chosen | left == set(catalog.machines)
    assert not chosen & left
    assert all(one.reason.endswith(".") for one in free.left_out)


def test_choice_costs_and_serves_what_the_comparison_says(free: Choices, catalog: Catalog) -> None:
    for one in free.best()[:3]:
        asked = ASKED.changed(options=(one.id,), machine_counts={one.id: one.machine_count})
        row = compare(asked, catalog, draw_count=0, with_turns=False)[one.id]
        assert row.eligible
        assert row.tco is not None
        assert row.tco.present_value_cost_usd == pytest.approx(one.present_value_usd, abs=0.005)
        assert row.eligibility.first_token_p95_s is not None
        assert row.eligibility.first_token_p95_s.central == one.first_token_p95_s <= 10
        assert row.eligibility.stream_tokens_per_s is not None
        assert row.eligibility.stream_tokens_per_s.central == one.stream_tokens_per_s >= 20


def test_best_are_those_that_no_other_beats(free: Choices) -> None:
    best = free.best()
    assert best
    for one in free.choices:
        assert one.is_dominated == any(dominates(other, one) for other in free.choices)
    assert min(free.choices, key=lambda one: one.present_value_usd) in best


def test_budget_and_watts_bound_every_choice_and_say_so(free: Choices, catalog: Catalog) -> None:
    bound = choose(ASKED, catalog, wanted=Wanted(budget_usd=8000, most_w=400))
    assert all(one.price_usd <= 8000 and one.watts <= 400 for one in bound.choices)
    within = {(one.id, one.machine_count) for one in free.choices if one.price_usd <= 8000 and one.watts <= 400}
    assert {(one.id, one.machine_count) for one in bound.choices} == within
    said = {one.id: one.reason for one in bound.left_out}
    assert "your budget is $8,000" in said["rtx-pro-6000-pc"]
    assert "you allow 400 W" in said["rtx-5090-pc"]


def test_fewest_machines_that_do_the_job_come_first(catalog: Catalog) -> None:
    busy = ASKED.changed(requests_per_working_day=2000)
    counts = [one.machine_count for one in choose(busy, catalog, wanted=Wanted()).choices if one.id == "rtx-5090-pc"]
    assert counts
    alone = compare(busy.changed(options=("rtx-5090-pc",)), catalog, draw_count=0, with_turns=False)["rtx-5090-pc"]
    assert min(counts) == alone.eligibility.machine_count


def test_day_of_the_price_is_the_catalogues(free: Choices, catalog: Catalog) -> None:
    for one in free.choices:
        price = catalog.machines[one.id].purchase_price().price_usd
        assert (one.price_as_of, one.price_usd) == (price.as_of, price.central * one.machine_count)


@pytest.mark.parametrize("wanted", [Wanted(budget_usd=0), Wanted(most_w=-1), Wanted(budget_usd=float("nan"))])
def test_limits_that_cannot_be_are_refused(wanted: Wanted, catalog: Catalog) -> None:
    with pytest.raises(ScenarioError, match="must be a number above 0"):
        choose(ASKED, catalog, wanted=wanted)


choices = st.builds(
    Choice,
    id=st.just("a"),
    name=st.just("A"),
    machine_count=st.just(1),
    price_usd=st.just(1.0),
    price_as_of=st.just("2026-11-26"),
    watts=st.just(1.0),
    present_value_usd=st.integers(1, 5).map(float),
    stream_tokens_per_s=st.integers(1, 5).map(float),
    first_token_p95_s=st.just(1.0),
    headroom_gb=st.integers(1, 5).map(float),
    format_name=st.just(""),
)


@given(choices, choices)
def test_domination_is_being_no_worse_in_all_and_better_in_one(one: Choice, other: Choice) -> None:
    mine = (-one.present_value_usd, one.stream_tokens_per_s, one.headroom_gb)
    theirs = (-other.present_value_usd, other.stream_tokens_per_s, other.headroom_gb)
    assert dominates(other, one) == (mine != theirs and all(b >= a for a, b in zip(mine, theirs, strict=True)))
    assert not dominates(one, one)


def test_speed_within_five_percent_is_the_same() -> None:
    one = Choice("a", "A", 1, 1.0, "", 1.0, 100.0, 50.0, 1.0, 10.0, "")
    assert dominates(one, replace(one, present_value_usd=200.0, stream_tokens_per_s=52.0))
    assert not dominates(one, replace(one, present_value_usd=200.0, stream_tokens_per_s=53.0))


def test_cheaper_one_dominates_where_neither_leaves_any_memory() -> None:
    one = Choice("a", "A", 1, 1.0, "", 1.0, 100.0, 50.0, 1.0, 0.0, "")
    assert dominates(one, replace(one, present_value_usd=200.0))


def test_no_machine_in_any_number_beats_the_choices(catalog: Catalog) -> None:
    """Against brute force: every machine in every number that the budget buys is a choice or dominated by one."""
    busy = ASKED.changed(requests_per_working_day=1500)
    found = choose(busy, catalog, wanted=Wanted(budget_usd=40_000))
    chosen = {(one.id, one.machine_count) for one in found.choices}
    tried = 0
    for machine in catalog.machines.values():
        price = machine.purchase_price().price_usd.central
        for count in range(1, min(MOST_MACHINES, int(40_000 // price)) + 1):
            asked = busy.changed(options=(machine.id,), machine_counts={machine.id: count})
            row = compare(asked, catalog, draw_count=0, with_turns=False)[machine.id]
            if not row.eligible or (machine.id, count) in chosen:
                continue
            tried += 1
            stream = row.eligibility.stream_tokens_per_s
            assert row.tco is not None
            assert row.memory is not None
            assert stream is not None
            mine = replace(
                found.choices[0],
                present_value_usd=row.tco.present_value_cost_usd,
                stream_tokens_per_s=stream.central,
                headroom_gb=row.memory.headroom_bytes / 1e9,
            )
            assert any(dominates(one, mine) for one in found.choices), (machine.id, count)
    assert tried > 10


@pytest.mark.parametrize("wrong", [0.0, -1.0, float("inf"), float("nan")])
def test_budget_or_watts_that_bound_nothing_are_refused(wrong: float, catalog: Catalog) -> None:
    for wanted in (Wanted(budget_usd=wrong), Wanted(most_w=wrong)):
        with pytest.raises(ScenarioError, match="must be a number above 0"):
            choose(ASKED, catalog, wanted=wanted)


def test_machine_beyond_the_budget_or_the_watts_says_what_the_job_takes(free: Choices, catalog: Catalog) -> None:
    least = {}
    for one in free.choices:
        if one.id not in least or one.machine_count < least[one.id].machine_count:
            least[one.id] = one
    poor = {one.id: one.reason for one in choose(ASKED, catalog, wanted=Wanted(budget_usd=1.0)).left_out}
    cool = {one.id: one.reason for one in choose(ASKED, catalog, wanted=Wanted(most_w=1.0)).left_out}
    for name, one in least.items():
        machines = "one machine" if one.machine_count == 1 else f"{one.machine_count} machines"
        assert poor[name] == f"The job takes {machines}, ${one.price_usd:,.0f}; your budget is $1."
        assert cool[name] == f"The job takes {machines}, {one.watts:,.0f} W under load; you allow 1 W."
    assert len({one.machine_count > 1 for one in least.values()}) == 2


def test_budget_that_just_pays_for_the_machines_is_not_what_they_exceed(free: Choices, catalog: Catalog) -> None:
    one = free.best()[0]
    alone = replace(catalog, machines={one.id: catalog.machines[one.id]})
    assert one.machine_count == 1
    assert choose(ASKED, alone, wanted=Wanted(budget_usd=one.price_usd)).choices
    (left,) = choose(ASKED, alone, wanted=Wanted(budget_usd=one.price_usd, most_w=1.0)).left_out
    assert left.reason.endswith("you allow 1 W.")


def test_watts_of_a_choice_are_the_higher_of_reading_and_writing_times_the_machines(
    free: Choices, catalog: Catalog
) -> None:
    for one in free.choices:
        power = catalog.machines[one.id].power
        assert one.watts == one.machine_count * max(power.prefill_w.central, power.decode_w.central)
    powers = [catalog.machines[one.id].power for one in free.choices]
    assert any(power.prefill_w.central != power.decode_w.central for power in powers)


def test_cheapest_number_and_the_fewest_are_the_same_question_here(catalog: Catalog) -> None:
    few = catalog_of_three(catalog)
    auto, cheapest = (
        choose(ASKED.changed(machine_count=count), few, wanted=Wanted()) for count in ("auto", "cheapest")
    )
    assert cheapest.choices == auto.choices
    assert cheapest.scenario.machine_count == "auto"
    two = choose(ASKED.changed(machine_count=2), few, wanted=Wanted())
    assert two.scenario.machine_count == 2


def catalog_of_three(catalog: Catalog) -> Catalog:
    kept = ("rtx-5090-pc", "mac-studio-m5-ultra-96", "dgx-spark")
    return replace(catalog, machines={name: catalog.machines[name] for name in kept})


def test_budget_and_watts_of_just_what_a_number_takes_buy_it(free: Choices, catalog: Catalog) -> None:
    few = catalog_of_three(catalog)
    dearest = max((one for one in free.choices if one.id == "rtx-5090-pc"), key=lambda one: one.machine_count)
    for wanted, less in (
        (Wanted(budget_usd=dearest.price_usd), Wanted(budget_usd=dearest.price_usd - 1)),
        (Wanted(most_w=dearest.watts), Wanted(most_w=dearest.watts - 1)),
    ):
        most, fewer = (
            max(
                (row.machine_count for row in choose(ASKED, few, wanted=one).choices if row.id == dearest.id), default=0
            )
            for one in (wanted, less)
        )
        assert most == dearest.machine_count
        assert fewer < most


def test_two_choices_that_are_alike_dominate_neither() -> None:
    one = Choice("a", "A", 1, 1.0, "", 1.0, 100.0, 50.0, 1.0, 10.0, "")
    assert (one.is_dominated, one.stale) == (False, None)
    assert not dominates(one, replace(one, present_value_usd=100.0 * (1 + 1e-10)))
    assert dominates(replace(one, headroom_gb=11.0), one)
    assert not dominates(replace(one, headroom_gb=10.0 * (1 + 1e-10)), one)
    assert not dominates(replace(one, headroom_gb=9.0, present_value_usd=1.0), one)
    full = replace(one, headroom_gb=0.0)
    assert not dominates(full, full)  # no memory left is not more than none left
