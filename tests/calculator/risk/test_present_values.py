"""Present values of cases: those of a pass over all inputs, each option costed once, another's figures left aside."""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pytest

from calculator import Scenario, compare, load_catalog
from calculator.number import Number
from calculator.risk import present_values as module
from calculator.risk.candidates import Candidates, costs
from calculator.risk.present_values import Block, PresentValues

CATALOG = load_catalog()
MAC, PC, API, ROUTE = "mac-studio-m5-ultra-256", "dual-rtx-4090-am5", "api-same-model", "route"
ROUTES = {ROUTE: {"base": MAC, "to": API, "share": 0.3}}
BLOCKS: list[Block] = [
    {"wage_usd_per_h": np.array([20.0, 60.0, 140.0])},
    {f"{PC}.price_usd": np.array([4_000.0, 9_000.0])},
    {f"{MAC}.price_usd": np.array([9_000.0])},
    {"demand_growth_rate": np.array([0.1, 0.5]), f"{PC}.setup_h": np.array([1.0, 9.0])},
]


def _candidates(**values: Any) -> Candidates:
    scenario = Scenario.parse({"options": (MAC, PC, API, ROUTE), "routing": ROUTES, **values})
    found = compare(scenario, CATALOG, draw_count=0).candidates
    assert len(found) == 4
    return found


CANDIDATES = _candidates()
IDS = (MAC, PC, API, ROUTE)


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, set[str]]]:
    """Each pass that is costed: the option, and the inputs that it is given."""
    found: list[tuple[str, set[str]]] = []

    def counted(candidates: Candidates, values: Mapping[str, Number], *, values_key: Hashable) -> Any:
        found.append((candidates.options[0].option.id, set(values)))
        return costs(candidates, values, values_key=values_key)

    monkeypatch.setattr(module, "costs", counted)
    return found


@pytest.mark.parametrize("option", IDS)
def test_rows_are_the_costs_with_all_else_as_now(option: str) -> None:
    values = PresentValues(CANDIDATES)
    now = values.now(IDS)
    found = values.rows_usd(IDS, BLOCKS, now=now)[option]
    for row, block in zip(found, BLOCKS, strict=True):
        for at, usd in enumerate(row):
            alone = {**now, **{name: float(column[at]) for name, column in block.items()}}
            expected = costs(CANDIDATES, {name: np.array([value]) for name, value in alone.items()})
            assert usd == pytest.approx(np.asarray(expected[option].present_value_cost_usd).item(), rel=1e-9)


def test_input_of_another_option_changes_nothing_and_is_not_costed(passes: list[tuple[str, set[str]]]) -> None:
    values = PresentValues(CANDIDATES)
    found = values.rows_usd((MAC, ROUTE), BLOCKS, now=values.now(IDS))
    assert len(set(found[MAC][1].tolist())) == 1
    assert len(set(found[ROUTE][1].tolist())) == 1
    assert all(f"{PC}.price_usd" not in names for _, names in passes)
    assert (ROUTE, {"wage_usd_per_h", f"{MAC}.price_usd", "demand_growth_rate"}) in passes


def test_case_is_costed_once_however_often_it_is_asked(passes: list[tuple[str, set[str]]]) -> None:
    values = PresentValues(CANDIDATES)
    now = values.now(IDS)
    first = values.rows_usd((MAC, PC), BLOCKS, now=now)
    again = values.rows_usd((MAC, API), [*BLOCKS[:2], BLOCKS[3]], now=now)
    assert [option for option, _ in passes] == [MAC, PC, API]
    assert again[MAC][0] is first[MAC][0]


@pytest.mark.parametrize("option", IDS)
def test_points_are_the_rows_to_a_billionth(option: str) -> None:
    points = [
        {"wage_usd_per_h": 71.0},
        {f"{PC}.price_usd": 5_000.0},
        {"requests_per_working_day": 400.0, f"{PC}.price_usd": 5_000.0},
    ]
    now = PresentValues(CANDIDATES).now(IDS)
    blocks = [{name: np.array([value]) for name, value in point.items()} for point in points]
    rows = PresentValues(CANDIDATES).rows_usd(IDS, blocks, now=now)[option]
    for count in range(1, len(points) + 1):  # one alone is costed as numbers, several as arrays
        found = PresentValues(CANDIDATES).points_usd(IDS, points[:count], now=now)[option]
        assert found == pytest.approx([float(row[0]) for row in rows[:count]], rel=1e-9)


def test_point_of_what_is_known_costs_nothing(passes: list[tuple[str, set[str]]]) -> None:
    values = PresentValues(CANDIDATES, base_usd={MAC: 123.0})
    now = values.now(IDS)
    assert values.points_usd((MAC,), [{f"{PC}.price_usd": 5_000.0}], now=now) == {MAC: [123.0]}
    rows = values.rows_usd((MAC,), [{"wage_usd_per_h": np.array([71.0])}], now=now)
    assert passes == [(MAC, {"wage_usd_per_h"})]
    assert values.points_usd((MAC,), [{"wage_usd_per_h": 71.0}], now=now) == {MAC: rows[MAC][0].tolist()}
    assert len(passes) == 1


def test_ranges_and_values_now_are_those_of_the_options_asked() -> None:
    values = PresentValues(CANDIDATES)
    spreads, now = values.spreads((MAC, API)), values.now((MAC, API))
    assert f"{MAC}.price_usd" in spreads
    assert f"{PC}.price_usd" not in spreads
    assert set(spreads) <= set(now)
    assert now["wage_usd_per_h"] == CANDIDATES.scenario.wage_usd_per_h
    assert values.spreads((MAC, API)) is spreads


def test_option_that_is_no_candidate_is_refused() -> None:
    with pytest.raises(KeyError):
        PresentValues(CANDIDATES).rows_usd(("cloud-h100",), BLOCKS, now=PresentValues(CANDIDATES).now(IDS))


@pytest.mark.parametrize("changed", [{"wage_usd_per_h": 143.0}, {"electricity_usd_per_kwh": 0.44}, {"months": 48}])
def test_another_scenario_finds_no_older_dollars(changed: dict[str, Any]) -> None:
    """Hard dollars of a case are kept from one comparison to the next: they are found by all that they are made from."""
    blocks = [{"wage_usd_per_h": np.linspace(20.0, 140.0, 9)}, *BLOCKS]
    values = PresentValues(CANDIDATES)
    values.rows_usd(IDS, blocks, now=values.now(IDS))
    moved = CANDIDATES.under(CANDIDATES.scenario.changed(**changed))
    values = PresentValues(moved)
    now = values.now(IDS)
    found = values.rows_usd(IDS, blocks, now=now)
    for option in IDS:
        for block, row in zip(blocks, found[option], strict=True):
            count = len(next(iter(block.values())))
            for place in range(count):
                given = {name: np.array([float(column[place])] * 3) for name, column in block.items()}
                alone = costs(moved.only((option,)), given)[option].present_value_cost_usd
                assert np.broadcast_to(alone, (3,))[0] == pytest.approx(float(row[place]), rel=1e-12)
