"""Occupancy of a machine: busy hours, utilisation, batch reached and overflow, where demand meets speed.

A request is first read (prefill, which has the machine to itself) and then written (decode, which up to c requests
share). Requests come at random within the hours in which the machine is on. Formulas take floats or NumPy arrays of
draws and return the same. Derivations and the error measured against a simulation: docs/model/service.md.
"""

from dataclasses import dataclass

from calculator.number import Number, exp, larger, require, root, where
from calculator.units import MONTHS_PER_YEAR, S_PER_H

_TINY = 1e-12  # keeps a division defined where nothing is asked or nothing is left; changes no digit shown
_NEGLIGIBLE_PREFILL_LOAD = 1e-3
"""Below it two requests read in one go are so rare (1 in 1000) that one geometric term describes them; above, two."""


@dataclass(frozen=True, slots=True)
class Service:
    """One option's working month at today's demand (month 1).

    Hours are per month and count the machine, not the request: `prefill_h` + `decode_h` = busy hours of serving the
    share `served_fraction`; the rest of the demand is overflow, bought at the API price. `utilisation_fraction` is busy
    over on. `reached_batch_count` is the mean number of requests that decode together while the machine decodes.
    `load_fraction` is the demand over what the machines can do at full batch: they could take 1/load of today's demand
    (more than on over busy: a busier machine writes in larger batches).
    """

    prefill_h: Number
    decode_h: Number
    on_h: Number
    utilisation_fraction: Number
    served_fraction: Number
    reached_batch_count: Number
    load_fraction: Number


@dataclass(frozen=True, slots=True)
class Work:
    """What one request asks of one machine, in seconds; `request_work` makes it from tokens and speeds.

    decode_1_s: its answer written alone. decode_c_s: the same answer written while `concurrent_count` are written
    together (longer for the one, shorter per request). At most `concurrent_count` requests are in the machine, the
    others wait.
    """

    prefill_s: Number
    decode_1_s: Number
    decode_c_s: Number
    concurrent_count: int
    answer_tokens: Number

    @property
    def full_s(self) -> Number:
        """Machine seconds per request at full batch: prefill_s + decode_c_s / c. Its inverse is the capacity."""
        return self.prefill_s + self.decode_c_s / self.concurrent_count

    @property
    def slower_s(self) -> Number:
        """By how much one more request in the batch lengthens an answer: (decode_c_s - decode_1_s) / (c - 1)."""
        return (self.decode_c_s - self.decode_1_s) / max(self.concurrent_count - 1, 1)


@dataclass(frozen=True, slots=True)
class Occupancy:
    """How a machine spends its time under a steady stream of random requests: shares of the hours on, or of requests.

    `load_fraction` is the offered work at full batch over the time there is: above 1 the queue grows for ever, and
    `served_fraction` = 1/load. `batch_count` is the batch seen by a decode step, `answer_batch_count` (with its
    variance) the batch seen by a token; the second is larger, as large batches write more tokens. Of the requests,
    `slot_wait_fraction` find all c slots taken, and `prefill_wait_fraction` get a slot at once but wait for another
    request's prefill. `burst_count`: requests that queue, beyond what single arrivals explain, when the slots run out
    (they came during long prefills).
    """

    load_fraction: Number
    served_fraction: Number
    busy_fraction: Number
    prefill_fraction: Number
    decode_fraction: Number
    batch_count: Number
    answer_batch_count: Number
    answer_batch_variance: Number
    slot_wait_fraction: Number
    prefill_wait_fraction: Number
    burst_count: Number


def on_h_per_month(*, on_h_per_day: Number, working_days_per_year: Number) -> Number:
    """Hours per month in which the machine is on: h/day x days/year / 12."""
    return on_h_per_day * working_days_per_year / MONTHS_PER_YEAR


def requests_per_month(*, requests_per_working_day: Number, working_days_per_year: Number) -> Number:
    """Requests per mean month: requests/day x days/year / 12."""
    return requests_per_working_day * working_days_per_year / MONTHS_PER_YEAR


def request_work(
    *,
    input_tokens: Number,
    cached_fraction: Number,
    answer_tokens: Number,
    prefill_tokens_per_s: Number,
    decode_tokens_per_s: Number,
    batch_decode_tokens_per_s: Number,
    concurrent_count: int,
) -> Work:
    """Seconds of work in one request.

        prefill_s = input_tokens (1 - cached) / prefill speed
        decode_1_s = answer_tokens / single-stream speed,  decode_c_s = answer_tokens c / aggregate speed of c streams

    decode_tokens_per_s: one stream alone. batch_decode_tokens_per_s: the sum over c streams; with c = 1 it is not used.
    Raises ScenarioError for a speed that is not positive, negative tokens, a cached share outside 0..1, or c < 1.
    """
    require("prefill_tokens_per_s", prefill_tokens_per_s, above=0.0)
    require("decode_tokens_per_s", decode_tokens_per_s, above=0.0)
    require("batch_decode_tokens_per_s", batch_decode_tokens_per_s, above=0.0)
    require("answer_tokens", answer_tokens, above=0.0)
    require("input_tokens", input_tokens, low=0.0)
    require("cached_fraction", cached_fraction, low=0.0, high=1.0)
    require("concurrent_count", concurrent_count, low=1)
    decode_1_s = answer_tokens / decode_tokens_per_s
    together_s = answer_tokens * concurrent_count / batch_decode_tokens_per_s
    return Work(
        prefill_s=input_tokens * (1.0 - cached_fraction) / prefill_tokens_per_s,
        decode_1_s=decode_1_s,
        decode_c_s=together_s if concurrent_count > 1 else decode_1_s,
        concurrent_count=concurrent_count,
        answer_tokens=answer_tokens,
    )


def occupancy(work: Work, *, requests_per_s: Number) -> Occupancy:
    """How one machine spends its time when requests come at random (Poisson) at a steady rate.

    Seen with the prefills cut out of time, each arrival brings a burst of K requests into the decode batch (those read
    in one go: the busy period of an M/D/1 queue of prefills), and a batch of n loses one request every d(n)/n seconds:

        d(n) = decode_1_s + slower_s (n - 1);      rate x sum_{j<=n} x_j P(K > n-j) = x_{n+1} (n+1)/d(n+1)

    x_n is the share of time with n requests in decode. P(K > k) = a1 g1^k + a2 g2^k (exact in mean, variance and
    P(K = 1)) turns the sum into two running terms, so the whole takes c steps. The full batch c stays full while others
    queue; its share follows from throughput = demand. Then busy = 1 - x_0, batch per step = rate / (steps per second).

    Exact for c = 1 (busy = load). Against the simulation (load 0.1..0.95, c 2..32, prefill 0.02..1 of decode_1_s) busy
    hours err by 0.2 % in the mean and 0.6 % at most where answers vary as an exponential, 0.7 and 2.9 % where half as
    much, 1.3 and 6.2 % (always too many) where all are equally long and so end together; the batch by 0.6 and 2.7 %,
    2.1 and 11 %, 4.0 and 22 % (too small). Up to c = 8: busy hours at most 0.6, 2.5 and 5.4 %.
    Steady state: a queue left at closing time is not counted. At load 1 and above the machine is always busy.
    """
    c, slower_s = work.concurrent_count, work.slower_s
    load = requests_per_s * work.full_s
    served = 1.0 / larger(load, 1.0)
    rate = requests_per_s * served
    room = larger(1.0 - load * served, 0.0)
    reading = rate * work.prefill_s
    outside = larger(1.0 - reading, _TINY)
    a1, g1, a2, g2 = _burst_tail(1.0 - outside)
    run1, run2 = a1, a2
    weight_sum, step_sum, flow_sum, flow_square_sum = 1.0, 0.0, 0.0, 0.0
    for n in range(1, c):
        decode_s = work.decode_1_s + slower_s * (n - 1)
        flow = rate * (run1 + run2)
        weight = flow * decode_s / n
        weight_sum = weight_sum + weight
        step_sum = step_sum + flow / n
        flow_sum = flow_sum + flow * n
        flow_square_sum = flow_square_sum + flow * (n * n)
        run1, run2 = a1 * weight + g1 * run1, a2 * weight + g2 * run2
    overshoot = outside * (run1 / (1.0 - g1) + run2 / (1.0 - g2))
    full_flow = rate * overshoot
    scale = outside / (weight_sum * room + full_flow * work.decode_c_s / c)
    flow_per_rate = scale / larger(rate, _TINY)
    mean = flow_per_rate * (flow_sum * room + full_flow * c)
    mean_square = flow_per_rate * (flow_square_sum * room + full_flow * (c * c))
    slot_wait = larger(scale * (overshoot - room * (run1 + run2)), 0.0)
    free = scale * room * weight_sum
    idle = scale * room
    empty = rate <= _TINY
    batch = rate / larger(scale * (step_sum * room + full_flow / c), _TINY)
    return Occupancy(
        load_fraction=load,
        served_fraction=served,
        busy_fraction=1.0 - idle,
        prefill_fraction=reading,
        decode_fraction=larger(outside - idle, 0.0),
        batch_count=where(empty, 1.0, batch),
        answer_batch_count=where(empty, 1.0, mean),
        answer_batch_variance=larger(mean_square - mean * mean, 0.0),
        slot_wait_fraction=slot_wait,
        prefill_wait_fraction=larger(1.0 - free - slot_wait, 0.0),
        burst_count=larger(overshoot / larger(run1 + run2, _TINY) - 1.0, 0.0),
    )


def service(work: Work, *, requests_per_month: Number, on_h: Number, machine_count: int = 1) -> Service:
    """The working month of `machine_count` equal machines, each on for `on_h` and with its share of the requests.

        served = min(1, on_h / (requests x work at full batch)),  hours = on_h x fractions of `occupancy`

    The decode time of an answer is linear in the batch between 1 and c (measured curves are close to it below
    saturation). Requests come at random but evenly over the hours on: with a daily profile the busy hours are fewer
    (week.py). Error: see `occupancy`.
    Raises ScenarioError for negative requests, no hours, or no machine.
    """
    require("requests_per_month", requests_per_month, low=0.0)
    require("on_h", on_h, above=0.0)
    require("machine_count", machine_count, low=1)
    spent = occupancy(work, requests_per_s=requests_per_month / machine_count / (on_h * S_PER_H))
    machines_h = on_h * machine_count
    return Service(
        prefill_h=spent.prefill_fraction * machines_h,
        decode_h=spent.decode_fraction * machines_h,
        on_h=machines_h,
        utilisation_fraction=spent.busy_fraction,
        served_fraction=spent.served_fraction,
        reached_batch_count=spent.batch_count,
        load_fraction=spent.load_fraction,
    )


def _burst_tail(load: Number) -> tuple[Number, Number, Number, Number]:
    """a1, g1, a2, g2 of P(K > k) = a1 g1^k + a2 g2^k for K, the requests read in one go at the prefill load r.

    K is Borel: E K = 1/(1-r), Var K = r/(1-r)^3, P(K = 1) = exp(-r) (prompts of one length). With u = 1/(1-g) the three
    conditions are sum a/u = exp(-r), sum a u = E K, sum a u^2 = (E K^2 + E K)/2: a two-point moment problem in u.
    """
    r = larger(load, _NEGLIGIBLE_PREFILL_LOAD)
    alone = exp(-r)
    mean = 1.0 / (1.0 - r)
    mean_square = r * mean**3 + mean * mean
    first, second, third = 1.0 / alone, mean / alone, (mean_square + mean) / 2.0 / alone
    half = (third - first * second) / (second - first * first) / 2.0
    spread = root(larger(half * half - (2.0 * half * first - second), 0.0))
    u1, u2 = half + spread, half - spread
    share = (first - u2) / (u1 - u2)
    rare = load < _NEGLIGIBLE_PREFILL_LOAD
    return (
        where(rare, 1.0, share * u1 * alone),
        where(rare, load, 1.0 - 1.0 / u1),
        where(rare, 0.0, (1.0 - share) * u2 * alone),
        where(rare, 0.0, 1.0 - 1.0 / u2),
    )
