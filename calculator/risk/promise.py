"""Chance that an option keeps its promise: the share of its drawn speeds at which the peak hour still keeps every
target.

Eligible is judged at central speeds; this says how sure that is. Decode and prefill speed are drawn independently, each
as a lognormal through its P10, P50 and P90, by a Latin hypercube with the seed of the rules of drawing.
"""

import functools
from dataclasses import replace

import numpy as np

from calculator.errors import CalculatorError
from calculator.number import Range
from calculator.risk.distributions import Draws, independent, spread_of
from calculator.service.latency import Targets, promise_kept
from calculator.service.occupancy import Work

DRAW_COUNT = 256
_SEED = 20261122


@functools.lru_cache(maxsize=4096)
def keeps_promise_chance(
    work: Work,
    *,
    decode_tokens_per_s: Range,
    prefill_tokens_per_s: Range,
    machine_count: int,
    peak_requests_per_s: float,
    answer_variation_ratio: float,
    targets: Targets,
) -> float:
    """Share (0..1) of the drawn speeds at which each of `machine_count` machines keeps every target at its share.

    work: what one request asks of the machine at central speeds (service.peak_hour.work_of).
    decode_tokens_per_s, prefill_tokens_per_s: ranges of the two speeds; only their ratios to the central value count.
    The batch's speed moves with that of a single stream.
    peak_requests_per_s: demand of the busiest hour, shared by the machines at random.
    Without targets: the share of speeds at which the queue does not grow. Raises CalculatorError below one machine.
    """
    if machine_count < 1:
        raise CalculatorError(f"machine_count is {machine_count}; it must be at least 1.")
    decode, prefill = _ratios(decode_tokens_per_s, "decode"), _ratios(prefill_tokens_per_s, "prefill")
    drawn = replace(
        work,
        prefill_s=work.prefill_s / prefill,
        decode_1_s=work.decode_1_s / decode,
        decode_c_s=work.decode_c_s / decode,
    )
    kept = promise_kept(
        drawn,
        requests_per_s=peak_requests_per_s / machine_count,
        answer_variation_ratio=answer_variation_ratio,
        targets=targets,
    )
    return float(np.mean(kept))


def _ratios(speed: Range, name: str) -> Draws:
    """Draws [256] of a speed as multiples of its central value, the same for all options."""
    central = speed.central
    spread = spread_of(Range(speed.low / central, 1.0, speed.high / central))
    if spread.certain:
        return np.ones(DRAW_COUNT)
    return independent({name: spread}, count=DRAW_COUNT, seed=_SEED)[name]
