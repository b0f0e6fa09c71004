"""One Comparison answers the question: fit, cost, remarks, refusals and break-even."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calculator import Scenario, compare, load_catalog
from calculator.decision import compare as compare_module
from calculator.decision.comparison import Comparison
from calculator.errors import PhantomError, ScenarioError, UnknownIdError
from calculator.finance.kept_draws import KeptDraws
from calculator.risk.candidates import Candidates
from calculator.risk.futures import machine_months
from calculator.risk.monte_carlo import Odds, ranges
from calculator.scenario.presets import preset

CATALOG = load_catalog()


quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def default() -> Comparison:
    return compare(Scenario(), CATALOG)


def _total(option_id: str, **values: object) -> float:
    comparison = compare(Scenario.parse({"options": (option_id, "api-same-model"), **values}), CATALOG)
    tco = comparison.options[0].tco
    assert tco is not None
    return tco.total_cost_usd


OWN = st.sampled_from(["mac-studio-m5-ultra-256", "mac-studio-m2-ultra-192-used", "dual-rtx-4090-threadripper"])


def test_default_scenario_answers_for_every_option(default: Comparison) -> None:
    assert [option.id for option in default.options] == list(Scenario().options)
    assert all(option.fits and option.tco is not None for option in default.options)
    assert default.verdict.cheapest in Scenario().options
    assert f"{default.scenario.months} months" in default.verdict.sentence
    for option in default.options:
        assert option.tco is not None
        assert option.total_usd is not None
        assert option.total_usd.low < option.total_usd.central < option.total_usd.high
        assert option.total_usd.central == option.tco.total_cost_usd


@quick
@given(option=OWN, low=st.floats(0.01, 1.0), more=st.floats(0.01, 1.0))
def test_total_cost_rises_with_electricity_price(option: str, low: float, more: float) -> None:
    assert _total(option, electricity_usd_per_kwh=low) < _total(option, electricity_usd_per_kwh=low + more)


@quick
@given(option=OWN, low=st.floats(0, 400), more=st.floats(0.5, 400))
def test_total_cost_rises_with_wage(option: str, low: float, more: float) -> None:
    assert _total(option, wage_usd_per_h=low) < _total(option, wage_usd_per_h=low + more)


@quick
@given(option=OWN, low=st.floats(0, 400), more=st.floats(0.5, 400))
def test_total_cost_rises_with_administration_hours(option: str, low: float, more: float) -> None:
    name = "pc_administration_h_per_year" if "rtx" in option else "mac_administration_h_per_year"
    assert _total(option, **{name: low}) < _total(option, **{name: low + more})


@quick
@given(option=OWN, low=st.floats(0, 0.9), more=st.floats(0.01, 0.1))
def test_total_cost_falls_with_resale(option: str, low: float, more: float) -> None:
    name = "gpu_resale_fraction" if "rtx" in option else "resale_fraction"
    assert _total(option, **{name: low}) > _total(option, **{name: low + more})


def test_model_that_does_not_fit_has_an_answer_and_no_cost() -> None:
    comparison = compare(
        Scenario(weight_class="8-bit", options=("dual-rtx-4090-threadripper", "mac-studio-m2-ultra-192-used")), CATALOG
    )
    pc, mac = comparison.options
    assert not pc.fits
    assert pc.tco is None
    assert pc.decode is None
    assert pc.memory is not None
    assert pc.memory.headroom_bytes < 0
    assert mac.fits
    assert comparison.verdict.cheapest == mac.id
    assert pc.name in comparison.verdict.detail


def test_no_option_fits_is_said_in_the_verdict() -> None:
    comparison = compare(
        Scenario(model="deepseek-v3-671b", weight_class="8-bit", options=("dual-rtx-4090-threadripper", "rtx-5090-pc")),
        CATALOG,
    )
    assert comparison.verdict.cheapest is None
    assert comparison.verdict.sentence.startswith("Neither option can do the job.")


def test_second_tenant_takes_unified_memory_but_not_vram() -> None:
    options = ("mac-studio-m2-ultra-192-used", "dual-rtx-4090-threadripper")
    without = [row.memory for row in compare(Scenario(options=options), CATALOG).options]
    beside = [row.memory for row in compare(Scenario(second_tenant_gb=40, options=options), CATALOG).options]
    assert all(one is not None for one in (*without, *beside))
    mac_headroom, pc_headroom = (
        before.headroom_bytes - after.headroom_bytes
        for before, after in zip(without, beside, strict=True)
        if before and after
    )
    # macOS keeps about 33 GB of 206 from the GPU: a part of the tenant sits there, the rest is taken from the model
    assert 10_000_000_000 < mac_headroom < 40_000_000_000
    assert pc_headroom == 0  # it sits in the PC's own memory


def test_watts_that_contradict_each_other_are_said() -> None:
    # the article: 1,200 W "just to maintain a stable idle state", 900 W while it works
    found = compare(preset("article"), CATALOG).options
    said = {row.id: [remark.text for remark in row.remarks if remark.code == "watts-contradict"] for row in found}
    assert said["mac-studio-m2-ultra-192-used"] == []
    assert "idle power (1,200 W) is higher than the active power (900 W)" in said["dual-rtx-4090-threadripper"][0]
    for row in compare(Scenario(), CATALOG).options:
        assert not [remark for remark in row.remarks if remark.code == "watts-contradict"]


def test_unknown_option_and_phantom_are_refused() -> None:
    with pytest.raises(PhantomError, match=r"(?s)never.*Nearest real machines: .*m2-ultra"):
        compare(Scenario(options=("mac-studio-m4-ultra-192",)), CATALOG)
    with pytest.raises(UnknownIdError, match="not in the catalogue"):
        compare(Scenario(options=("nonsense",)), CATALOG)
    with pytest.raises(UnknownIdError, match="Did you mean llama-3-70b"):
        compare(Scenario(model="llama-3-70"), CATALOG)


def test_scenario_refuses_with_one_sentence() -> None:
    with pytest.raises(
        ScenarioError, match=r"^resale_fraction is 1\.4; it must lie in 0\.\.1\. Enter 0\.7 for 70 %\.$"
    ):
        Scenario.parse({"resale_fraction": 1.4})
    with pytest.raises(ScenarioError, match="Did you mean wage_usd_per_h"):
        Scenario.parse({"wage_usd_per_hour": 3})
    with pytest.raises(ScenarioError, match=r"months is 1000; it must lie in 12\.\.84"):
        Scenario.parse({"months": 1000})


def test_break_even_is_where_the_cumulative_costs_cross(default: Comparison) -> None:
    costs = {option.id: option.tco.cumulative_usd for option in default.options if option.tco}
    months = [row for row in default.break_even if row.month is not None]
    assert months
    for row in months:
        assert row.month is not None
        before, after = int(row.month), int(row.month) + 1
        gap = [theirs - ours for ours, theirs in zip(costs[row.option], costs[row.against], strict=True)]
        assert gap[before] > 0 >= gap[after]
        assert all(value <= 0 for value in gap[after:])
        assert gap[before] + (row.month - before) * (gap[after] - gap[before]) == pytest.approx(0, abs=1e-6)
    assert all("never" in row.reason or "cheaper" in row.reason for row in default.break_even if row.month is None)


def test_scenario_refuses_a_month_in_words() -> None:
    with pytest.raises(ScenarioError, match=r"start_month is 'May'; it has the wrong form\. .*YYYY-MM"):
        Scenario.parse({"start_month": "May"})


def test_no_requests_at_all_cost_what_stands_there_and_nothing_per_token() -> None:
    comparison = compare(Scenario(requests_per_working_day=0), CATALOG)
    for row in comparison.options:
        assert row.tco is not None
        assert "no-tokens" in {remark.code for remark in row.remarks}
        assert row.tco.lines.get("rental", -1.0) <= 0
        assert row.tco.lines.get("input tokens", 0.0) == 0
    hosted = next(row for row in comparison.options if row.kind == "api")
    # nothing but people: setup and care
    assert hosted.tco is not None
    assert hosted.tco.hard_cost_usd == 0
    assert "nan" not in comparison.verdict.sentence + comparison.verdict.detail


def test_model_of_another_size_leaves_the_hosted_api_out_and_says_so() -> None:
    scenario = Scenario(model="another-size", another_size_b=33, options=("mac-studio-m5-ultra-256", "api-same-model"))
    mac, api = compare(scenario, CATALOG).options
    assert mac.tco is not None
    assert api.tco is None
    (remark,) = [one for one in api.remarks if one.code == "no-host"]
    assert remark.text.startswith("No host offers a model of another size, so Hosted API")


@pytest.mark.parametrize(
    "option", ["dual-rtx-4090-am5", "dual-rtx-4090-threadripper", "dual-rtx-3090", "rtx-pro-6000-pc"]
)
def test_every_pc_of_the_catalogue_states_its_cards_share(option: str) -> None:
    cards = CATALOG.machines[option].gpu_price_fraction
    assert cards is not None
    assert 0.25 < cards.low < cards.central < cards.high < 0.85


def test_kept_rows_are_those_of_the_same_question_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each field of a scenario is moved in turn: what is kept answers as what is asked for the first time."""
    changes: list[dict[str, object]] = [
        {"wage_usd_per_h": 71.0},
        {"months": 48},
        {"prices_as_of": "2027-06-01"},
        {"figures": {"dual-rtx-4090-am5.price_usd": 5_000.0}},
        {"machine_counts": {"mac-studio-m5-ultra-96": 2}},
        {"requests_per_working_day": 400},
        {"prompt_tokens": 9_000},
        {"electricity_usd_per_kwh": 0.31},
    ]
    asked = [Scenario(), *(Scenario.parse(change) for change in changes)]
    kept = [compare(scenario, CATALOG, as_of="2026-11-26", draw_count=0) for scenario in (*asked, *asked)]
    monkeypatch.setattr("calculator.decision.compare._ANSWERED", KeptDraws(most=0))
    monkeypatch.setattr("calculator.decision.kept_sizing._SIZINGS", KeptDraws(most=0))
    fresh = [compare(scenario, CATALOG, as_of="2026-11-26", draw_count=0) for scenario in asked]
    shown = [[(row.id, row.total_usd, row.remarks) for row in found.options] for found in (*kept, *fresh)]
    count = len(asked)
    assert shown[:count] == shown[count : 2 * count] == shown[2 * count :]
    assert len({str(rows) for rows in shown}) == count
    later = compare(Scenario(), CATALOG, as_of="2028-01-01", draw_count=0)
    assert [row.remarks for row in later.options] != [row.remarks for row in kept[0].options]


def test_kept_futures_are_those_of_the_same_question_and_count_only(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [Scenario(), Scenario(wage_usd_per_h=71.0), Scenario(months=48)]
    kept = [compare(one, CATALOG, draw_count=count) for _ in range(2) for one in asked for count in (64, 128)]
    monkeypatch.setattr("calculator.decision.compare._FUTURES", KeptDraws(most=0))
    fresh = [compare(one, CATALOG, draw_count=count) for one in asked for count in (64, 128)]
    shown = [
        [(row.total_usd, row.present_value_usd, row.hard_total_usd) for row in found.options] + [found.verdict.chance]
        for found in (*kept, *fresh)
    ]
    assert shown[:6] == shown[6:12] == shown[12:]
    assert len({str(rows) for rows in shown}) == 6


def test_rows_of_a_question_are_answered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    of = compare_module.answer_of
    monkeypatch.setattr(
        compare_module, "answer_of", lambda question, option: made.append(option) or of(question, option)
    )
    scenario = Scenario(wage_usd_per_h=71.25)
    live = compare_module.compare(scenario, CATALOG, draw_count=16, with_turns=False)
    count = len(made)
    at_rest = compare(scenario, CATALOG, draw_count=64)
    assert len(made) == count == len(live.options)
    assert [row.tco for row in at_rest.options] == [row.tco for row in live.options]


@pytest.mark.parametrize("count", [0, 16])
def test_futures_stand_behind_the_ranges_only_where_some_are_drawn(count: int) -> None:
    found = compare(
        Scenario.parse({"options": ("mac-studio-m5-ultra-96", "api-same-model")}), CATALOG, draw_count=count
    )
    assert found.draw_count == count
    for row in found.options:
        assert row.tco is not None
        assert row.total_usd is not None
        assert (row.median_present_value_usd is not None) == bool(count)
        assert (row.total_usd.low < row.total_usd.high) == bool(count)
        assert row.total_usd.central == row.tco.total_cost_usd
    assert (found.verdict.chance is not None) == bool(count)


def test_price_that_turns_the_verdict_turns_a_whole_answer_and_none_is_told_where_it_is_not_asked() -> None:
    options = ("mac-studio-m5-ultra-96", "dual-rtx-4090-am5")
    found = compare(Scenario(options=options), CATALOG, draw_count=16)
    (flip,) = found.verdict.flips
    there = compare(Scenario(options=options, figures={flip.name: flip.at * 1.01}), CATALOG, draw_count=0)
    assert (found.verdict.cheapest, there.verdict.cheapest) == options
    assert not compare_module.compare(Scenario(options=options), CATALOG, draw_count=16, with_turns=False).verdict.flips


def test_comparison_without_an_able_option_draws_nothing() -> None:
    found = compare(Scenario.parse({"options": ("dual-rtx-4090-am5",), "model": "llama-3.1-405b"}), CATALOG)
    assert not found.candidates
    assert [row.total_usd for row in found.options] == [None]


def test_cash_has_odds_and_verdict_of_its_own() -> None:
    options = ("mac-studio-m5-ultra-96", "api-same-model")
    today, cash = (
        compare(Scenario.parse({"options": options, "money": money}), CATALOG, draw_count=64)
        for money in ("present-value", "cash")
    )
    totals = {row.id: row.tco.total_cost_usd for row in cash.options if row.tco is not None}
    difference = abs(totals[options[0]] - totals[options[1]])
    assert cash.verdict.difference_usd.central == pytest.approx(difference)
    assert today.verdict.difference_usd.central != pytest.approx(difference)
    assert cash.verdict.chance is not None
    assert cash.verdict.difference_usd.low < cash.verdict.difference_usd.high


def test_futures_fall_with_the_machines_and_months_that_are_costed(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[int]] = []

    def counted(*, months: int, machine_counts: list[int]) -> int:
        seen.append(machine_counts)
        return machine_months(months=months, machine_counts=machine_counts)

    monkeypatch.setattr(compare_module, "machine_months", counted)
    growing = {"requests_per_working_day": 4_000, "demand_growth_rate": 1.0, "first_token_p95_target_s": 0}
    options = ("mac-studio-m5-ultra-96", "api-same-model")
    found = compare(Scenario.parse({"options": options, **growing}), CATALOG, draw_count=0)
    further = [len(row.eligibility.further_months) for row in found.options]
    assert further[0] > 1
    assert seen == [[1 + count for count in further]]


def test_own_entries_that_are_the_same_find_what_is_kept_and_others_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_CATALOGS", "_FUTURES"):
        monkeypatch.setattr(compare_module, name, KeptDraws[Any](most=16))
    drawn: list[int] = []

    def counted(candidates: Candidates, *, count: int) -> Odds:
        drawn.append(count)
        return ranges(candidates, count=count)

    monkeypatch.setattr(compare_module, "ranges", counted)
    quad = {"chip": "nvidia-rtx-3090", "chip_count": 4, "price_usd": 9_000}
    asked = Scenario.parse({"own_options": {"quad": quad}, "options": ("quad", "api-same-model")})
    frame = compare_module.compare(asked, CATALOG, draw_count=64, with_turns=False)
    assert compare_module.compare(asked, CATALOG, draw_count=64).options == frame.options
    assert drawn == [64]
    dearer = asked.changed(own_options={"quad": {**quad, "price_usd": 19_000}})
    found = compare_module.compare(dearer, CATALOG, draw_count=64, with_turns=False)
    assert drawn == [64, 64]
    assert [one["quad"].tco.lines["hardware"] for one in (frame, found) if one["quad"].tco] == [-9_000, -19_000]
    other = replace(CATALOG)
    again = compare_module.compare(asked, other, draw_count=64, with_turns=False)
    assert [row.total_usd for row in again.options] == [row.total_usd for row in frame.options]
    assert drawn == [64] * 3
