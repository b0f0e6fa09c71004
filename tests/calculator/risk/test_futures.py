"""Futures of an answer: the rule, its remark, and the same number on every face."""

import json

import pytest

from calculator import Scenario, load_catalog
from calculator.decision.compare import compare
from calculator.report.answer_json import comparison_dict
from calculator.risk.futures import fewer_futures, machine_months, most_futures
from calculator.risk.monte_carlo import FULL_COUNT

CATALOG = load_catalog()
TWELVE = (*[*CATALOG.machines][:8], *[*CATALOG.clouds][:4])


@pytest.mark.parametrize(
    ("months", "count"),
    [
        (0, 10_000),
        (600, 10_000),
        (601, 5_000),
        (1_200, 5_000),
        (1_201, 2_000),
        (3_000, 2_000),
        (3_001, 1_000),
        (10**6, 1_000),
    ],
)
def test_futures_fall_in_steps_and_never_below_a_thousand(months: int, count: int) -> None:
    assert most_futures(months) == count


def test_machine_months_count_everything_that_is_costed() -> None:
    assert machine_months(months=36, machine_counts=[1, 3, 2]) == 216
    assert machine_months(months=36, machine_counts=[]) == 0


def test_default_question_and_twelve_options_over_four_years_have_all() -> None:
    assert compare(Scenario(), CATALOG, draw_count=FULL_COUNT, with_turns=False).draw_count == FULL_COUNT
    assert most_futures(machine_months(months=48, machine_counts=[1] * 12)) == FULL_COUNT


def test_long_comparison_of_many_options_draws_fewer_and_says_so() -> None:
    found = compare(
        Scenario(options=TWELVE, model="qwen3-8b", months=84, first_token_p95_target_s=0),
        CATALOG,
        draw_count=FULL_COUNT,
        with_turns=False,
    )
    able = sum(row.eligible for row in found.options)
    assert able > 7
    assert found.draw_count == 5_000
    assert len(found.candidates) == able
    (remark,) = [one for one in found.remarks if one.code == "fewer-futures"]
    assert remark.text.startswith("Ranges and odds come from 5,000 futures instead of 10,000,")
    told = json.dumps(comparison_dict(found))
    assert "5,000 futures" in told


def test_who_asks_for_few_gets_them_without_a_remark() -> None:
    found = compare(Scenario(options=TWELVE, model="qwen3-8b", months=84), CATALOG, draw_count=64, with_turns=False)
    assert found.draw_count == 64
    assert not [one for one in found.remarks if one.code == "fewer-futures"]
    assert fewer_futures(64, asked_count=64) is None
