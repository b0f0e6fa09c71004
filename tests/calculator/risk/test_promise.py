"""Chance that a promise is kept: ends, an independent loop, monotony, and that it is quick."""

import numpy as np
import pytest

from calculator.errors import CalculatorError
from calculator.number import Range
from calculator.risk.promise import DRAW_COUNT, keeps_promise_chance
from calculator.service.latency import Targets, latency
from calculator.service.occupancy import Work

WORK = Work(prefill_s=3.0, decode_1_s=20.0, decode_c_s=22.0, concurrent_count=2, answer_tokens=400.0)
DECODE, PREFILL = Range(15.0, 20.0, 26.0), Range(800.0, 1200.0, 1700.0)


def _chance(first_s: float, *, machine_count: int = 1, rate: float = 0.03, decode: Range = DECODE) -> float:
    return keeps_promise_chance(
        WORK,
        decode_tokens_per_s=decode,
        prefill_tokens_per_s=PREFILL,
        machine_count=machine_count,
        peak_requests_per_s=rate,
        answer_variation_ratio=0.5,
        targets=Targets(first_s),
    )


def test_chance_is_0_or_1_where_the_promise_is_far_off_or_easy() -> None:
    assert _chance(0.5) == 0.0
    assert _chance(10_000.0) == 1.0
    assert _chance(10_000.0, rate=1.0) == 0.0  # the queue grows for ever at any speed


def test_chance_grows_with_the_target_and_with_the_machines() -> None:
    chances = [_chance(seconds) for seconds in (4, 8, 12, 16, 24, 40)]
    assert chances == sorted(chances)
    assert len(set(chances)) > 3
    assert _chance(8) < _chance(8, machine_count=2) <= _chance(8, machine_count=4)


def test_chance_of_certain_speeds_is_whether_the_promise_is_kept() -> None:
    fixed = {"decode_tokens_per_s": Range(20, 20, 20), "prefill_tokens_per_s": Range(9, 9, 9)}
    felt = latency(WORK, requests_per_s=0.03, answer_variation_ratio=0.5).time_to_first_token_p95_s
    for target, expected in ((float(felt) * 0.999, 0.0), (float(felt) * 1.001, 1.0)):
        found = keeps_promise_chance(
            WORK,
            **fixed,
            machine_count=1,
            peak_requests_per_s=0.03,
            answer_variation_ratio=0.5,
            targets=Targets(target),
        )
        assert found == expected


def test_chance_is_that_of_a_plain_loop_over_its_own_draws() -> None:
    random = np.random.default_rng(1)
    kept, count = 0, 1500
    for _ in range(count):
        ratios = []
        for speed in (DECODE, PREFILL):
            z = random.standard_normal()
            end = speed.low if z < 0 else speed.high
            ratios.append((end / speed.central) ** (abs(z) / 1.2815515655))
        work = Work(3.0 / ratios[1], 20.0 / ratios[0], 22.0 / ratios[0], 2, 400.0)
        felt = latency(work, requests_per_s=0.03, answer_variation_ratio=0.5)
        kept += float(felt.time_to_first_token_p95_s) <= 14.0
    assert _chance(14.0) == pytest.approx(kept / count, abs=3 * 0.5 / DRAW_COUNT**0.5)


def test_chance_of_no_machine_is_refused() -> None:
    with pytest.raises(CalculatorError, match=r"^machine_count is 0; it must be at least 1\.$"):
        _chance(10.0, machine_count=0)
