"""Switching values of a pair: each is confirmed by a bisection on full answers, and where none is named none exists."""

import numpy as np
import pytest

from calculator import Scenario, load_catalog
from calculator.decision.compare import compare
from calculator.decision.comparison import Comparison
from calculator.risk.candidates import costs, spreads_of
from calculator.risk.flips import MOST_FLIPS, Flips, flips
from calculator.risk.present_values import PresentValues

CATALOG = load_catalog()
MAC, PC, API = "mac-studio-m5-ultra-256", "dual-rtx-4090-am5", "api-same-model"
CASES: dict[str, dict[str, object]] = {
    "near": {"options": (MAC, PC)},
    "no people's time": {"options": (MAC, PC), "wage_usd_per_h": 0},
    "dear care": {"options": (MAC, PC), "mac_administration_h_per_year": 18},
    "no promise": {"options": (MAC, PC), "first_token_p95_target_s": 0},
    "cheap power": {"options": (MAC, PC), "electricity_usd_per_kwh": 0.05, "months": 60},
}


def answer(values: dict[str, object], **changes: object) -> Comparison:
    # a typed resale share of a PC would be that of the whole box; the input that is varied is that of its GPUs
    typed = tuple(name for name in values if name not in ("options", "prices_as_of"))
    # what turns the answer is found by the test itself
    return compare(Scenario.parse({**values, **changes, "typed": typed}), CATALOG, draw_count=16, with_turns=False)


def present_values_usd(values: dict[str, object], name: str, value: float) -> dict[str, float]:
    """Present value by option with one input changed, from a whole new answer."""
    changed: dict[str, object] = {name: value}
    if "." in name:
        owner, _, figure = name.rpartition(".")
        if figure.endswith("_watt_ratio"):
            state = figure.removesuffix("_watt_ratio")
            machine = CATALOG.machines[owner]
            name, value = f"{owner}.{state}_w", value * getattr(machine.power, f"{state}_w").central
        changed = {"figures": {name: value}}
    found = answer(values, **changed)
    return {row.id: row.tco.present_value_cost_usd for row in found.options if row.eligible and row.tco is not None}


def gap_usd(values: dict[str, object], pair: tuple[str, str], name: str, value: float) -> float:
    found = present_values_usd(values, name, value)
    return found[pair[1]] - found[pair[0]]


def turned(values: dict[str, object]) -> tuple[Flips, Comparison, tuple[str, str]]:
    found = answer(values)
    verdict = found.verdict
    assert verdict.cheapest is not None
    assert verdict.next is not None
    pair = (verdict.cheapest, verdict.next)

    def exact(name: str, value: float, _: tuple[str, str]) -> dict[str, float]:
        return present_values_usd(values, name, value)

    return flips(found.candidates, pair=pair, exact=exact), found, pair


@pytest.mark.parametrize("case", CASES)
def test_flips_a_bisection_on_full_answers_confirms_each_value_to_a_hundredth(case: str) -> None:
    values = CASES[case]
    found, _, pair = turned(values)
    for turn in (*found.inside, *([found.beyond] if found.beyond else [])):
        # from the value now to a little beyond the one named: the gap changes its sign in between, and only there
        before, after = turn.now, turn.at + 0.02 * (turn.at - turn.now)
        assert gap_usd(values, pair, turn.name, before) > 0
        assert gap_usd(values, pair, turn.name, after) < 0
        for _ in range(12):
            middle = (before + after) / 2
            before, after = (before, middle) if gap_usd(values, pair, turn.name, middle) < 0 else (middle, after)
        assert turn.at == pytest.approx((before + after) / 2, rel=0.01)


@pytest.mark.parametrize("case", CASES)
def test_flips_lie_within_the_range_of_their_input_at_most_five_of_them(case: str) -> None:
    found, comparison, pair = turned(CASES[case])
    spreads = spreads_of(comparison.candidates.only(pair))
    assert len(found.inside) <= MOST_FLIPS
    for turn in found.inside:
        assert turn.inside_range
        assert spreads[turn.name].low <= turn.at <= spreads[turn.name].high
    assert (found.beyond is None) or not (found.inside or found.beyond.inside_range)


def test_flips_name_none_where_a_scan_of_every_input_finds_none() -> None:
    values: dict[str, object] = {"options": ("mac-studio-m5-ultra-96", PC)}
    found, comparison, pair = turned(values)
    assert found.inside == ()
    both = comparison.candidates.only(pair)
    for name, spread in spreads_of(both).items():
        table = costs(both, {name: np.linspace(spread.low, spread.high, 200)})
        gaps = np.asarray(table[pair[1]].present_value_cost_usd) - np.asarray(table[pair[0]].present_value_cost_usd)
        assert gaps.min() > 0, name


def test_flips_without_one_inside_name_the_nearest_price_beyond() -> None:
    found, comparison, pair = turned({"options": ("mac-studio-m5-ultra-96", PC)})
    assert found.beyond is not None
    assert not found.beyond.inside_range
    assert 1 / 3 <= found.beyond.at / found.beyond.now <= 3
    table = costs(comparison.candidates.only(pair), {found.beyond.name: found.beyond.at})
    assert float(table[pair[0]].present_value_cost_usd) == pytest.approx(
        float(table[pair[1]].present_value_cost_usd), rel=1e-6
    )


def test_two_together_turn_the_pair_at_the_ends_that_are_named() -> None:
    found, comparison, pair = turned({"options": ("mac-studio-m5-ultra-96", PC), "first_token_p95_target_s": 15})
    assert found.together is not None
    table = costs(comparison.candidates.only(pair), {turn.name: turn.at for turn in found.together})
    assert float(table[pair[1]].present_value_cost_usd) < float(table[pair[0]].present_value_cost_usd)


def test_ends_of_each_input_are_the_costs_there() -> None:
    found, comparison, pair = turned(CASES["near"])
    name = "mac_administration_h_per_year"
    ends = found.ends[MAC][name]
    spread = spreads_of(comparison.candidates.only(pair))[name]
    usd = [
        float(costs(comparison.candidates, {name: h})[MAC].present_value_cost_usd) for h in (spread.low, spread.high)
    ]
    assert [ends.low_usd, ends.high_usd] == pytest.approx(usd)
    tco = comparison[MAC].tco
    assert tco is not None
    assert ends.now_usd == pytest.approx(tco.present_value_cost_usd, rel=1e-9)
    assert ends.lean_usd > 0  # 2, 6, 20 hours: the dear side is the longer one


@pytest.mark.parametrize("second", ["dual-rtx-4090-threadripper", "mac-studio-m2-ultra-192-used", "cloud-h100", API])
def test_ends_now_are_the_ledgers_own_sums_old_prices_included(second: str) -> None:
    found, comparison, pair = turned({"options": ("mac-studio-m5-ultra-96", second), "prices_as_of": "2029-11-26"})
    for option in pair:
        tco = comparison[option].tco
        assert tco is not None
        for name, ends in found.ends[option].items():
            assert ends.now_usd == pytest.approx(tco.present_value_cost_usd, rel=1e-9), name


def test_flips_of_an_input_that_buys_a_machine_come_from_answers_sized_anew() -> None:
    # a made-up exact way: the second is cheaper from 250 requests on, in a step
    comparison = answer(CASES["near"])
    asked: list[float] = []

    def exact(name: str, value: float, _: tuple[str, str]) -> dict[str, float]:
        if name != "requests_per_working_day":
            found = costs(comparison.candidates, {name: value})
            return {option: float(cost.present_value_cost_usd) for option, cost in found.items()}
        asked.append(value)
        return {MAC: 10.0, PC: 20.0 if value < 250 else 5.0}

    found = flips(comparison.candidates, pair=(MAC, PC), exact=exact)
    (turn,) = [turn for turn in found.inside if turn.name == "requests_per_working_day"]
    assert turn.at == pytest.approx(250, rel=1e-5)
    assert min(asked) >= 100
    assert max(asked) <= 400
    assert not {125.0, 150.0, 300.0, 350.0} & set(asked)  # steps beyond the nearest one that turns it are not asked


def test_flips_with_what_is_known_are_those_without_and_further_cases_are_found_with_them() -> None:
    comparison = answer({"options": (MAC, PC, API)})
    candidates = comparison.candidates
    values = PresentValues(candidates)
    also = {f"{PC}.price_usd": np.array([5_000.0, 9_000.0])}
    for pair in ((API, MAC), (MAC, PC)):
        assert flips(candidates, pair=pair, values=values, also=[also]) == flips(candidates, pair=pair)
    rows = values.rows_usd((PC,), [also], now=values.now((MAC, PC)))[PC]
    expected = costs(candidates, also)[PC].present_value_cost_usd
    assert rows[0] == pytest.approx(np.asarray(expected), rel=1e-9)
