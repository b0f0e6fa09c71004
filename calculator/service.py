"""Can the machine do the work in its hours? Demand meets speed: busy hours, utilisation, batch reached, overflow.

A request is first read (prefill, which has the machine to itself) and then written (decode, which requests share). Formulas
take floats or NumPy arrays of draws and return the same.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from calculator.units import MONTHS_PER_YEAR, S_PER_H

Number = Any
"""float, or an ndarray of draws."""


@dataclass(frozen=True, slots=True)
class Service:
    """One option's working month at today's demand (month 1).

    Hours are per month and count the machine, not the request: `prefill_h` + `decode_h` = busy hours of serving the
    share `served_fraction`; the rest of the demand is overflow, bought at the API price. `utilisation_fraction` is busy
    over on. `reached_batch_count` is the mean number of requests that decode together while the machine is busy.
    """

    prefill_h: Number
    decode_h: Number
    on_h: Number
    utilisation_fraction: Number
    served_fraction: Number
    reached_batch_count: Number


def on_h_per_month(*, on_h_per_day: Number, working_days_per_year: Number) -> Number:
    """Hours per month in which the machine is on: h/day x days/year / 12."""
    return on_h_per_day * working_days_per_year / MONTHS_PER_YEAR


def requests_per_month(*, requests_per_working_day: Number, working_days_per_year: Number) -> Number:
    """Requests per mean month: requests/day x days/year / 12."""
    return requests_per_working_day * working_days_per_year / MONTHS_PER_YEAR


def reached_batch_count(
    *, requests_per_on_s: Number, prefill_s: Number, decode_1_s: Number, decode_c_s: Number, concurrent_count: int
) -> Number:
    """Mean number of requests in the machine while it works, between 1 and `concurrent_count`.

    Little's law with a residence time that grows linearly from batch 1 to batch c:

        b = rate x T(b),   T(b) = prefill_s + decode_1_s + (decode_c_s - decode_1_s) (b - 1)/(c - 1)

    solved for b (one linear equation), then held within 1..c: below 1 the machine is sometimes idle and serves one at
    a time; where the equation has no positive solution the queue grows and the batch is full.

    decode_1_s, decode_c_s: seconds that one answer takes when alone and when c answers are written together.
    """
    if concurrent_count <= 1:
        return np.ones_like(prefill_s) if isinstance(prefill_s, np.ndarray) else 1.0
    slope_s = (decode_c_s - decode_1_s) / (concurrent_count - 1)
    room = 1.0 - requests_per_on_s * slope_s
    held = requests_per_on_s * (prefill_s + decode_1_s - slope_s)
    if isinstance(held, np.ndarray) or isinstance(room, np.ndarray):
        solved = np.where(room > 0, held / np.where(room > 0, room, 1.0), float(concurrent_count))
        return np.clip(solved, 1.0, float(concurrent_count))
    solved = held / room if room > 0 else float(concurrent_count)
    return min(max(solved, 1.0), float(concurrent_count))


def service(
    *,
    requests_per_month: Number,
    on_h: Number,
    input_tokens: Number,
    cached_fraction: Number,
    answer_tokens: Number,
    prefill_tokens_per_s: Number,
    decode_tokens_per_s: Number,
    batch_decode_tokens_per_s: Number,
    concurrent_count: int,
    machine_count: int = 1,
) -> Service:
    """The working month of `machine_count` equal machines.

    decode_tokens_per_s: one stream alone. batch_decode_tokens_per_s: the sum over `concurrent_count` streams written
    together (aggregate). All token counts are per request; speeds hold at the scenario's context.

        prefill_s = input_tokens (1 - cached) / prefill speed
        work per request at batch b: prefill_s + decode_s(b)/b
        served = min(1, on_h / (requests x work at full batch))

    The decode time of an answer is linear in the batch between 1 and c (measured curves are close to it below
    saturation). Requests are spread over the hours in which the machine is on; waiting within the day is not modelled
    here. A machine with no speed (does not fit) must not be passed in.
    """
    prefill_s = input_tokens * (1.0 - cached_fraction) / prefill_tokens_per_s
    decode_1_s = answer_tokens / decode_tokens_per_s
    decode_c_s = answer_tokens * concurrent_count / batch_decode_tokens_per_s
    share = requests_per_month / machine_count
    batch = reached_batch_count(
        requests_per_on_s=share / (on_h * S_PER_H), prefill_s=prefill_s, decode_1_s=decode_1_s, decode_c_s=decode_c_s,
        concurrent_count=concurrent_count,
    )  # fmt: skip
    step = (batch - 1.0) / (concurrent_count - 1) if concurrent_count > 1 else 0.0
    decode_s = (decode_1_s + (decode_c_s - decode_1_s) * step) / batch
    full_work_s = prefill_s + decode_c_s / concurrent_count
    needed_h = share * full_work_s / S_PER_H
    served = np.minimum(1.0, on_h / np.maximum(needed_h, 1e-300))
    served = served if isinstance(served, np.ndarray) and served.ndim else float(served)
    prefill_h = served * share * prefill_s / S_PER_H * machine_count
    decode_h = np.minimum(served * share * decode_s / S_PER_H, on_h - prefill_h / machine_count) * machine_count
    decode_h = decode_h if isinstance(decode_h, np.ndarray) and decode_h.ndim else float(decode_h)
    return Service(
        prefill_h=prefill_h, decode_h=decode_h, on_h=on_h * machine_count,
        utilisation_fraction=(prefill_h + decode_h) / (on_h * machine_count), served_fraction=served, reached_batch_count=batch,
    )  # fmt: skip
