"""Simulation of one machine under random requests, event by event: the oracle of service and queueing.

It shares with the formulas only the rules of the machine: at most c requests inside, first come first served; a prefill
has the machine to itself and goes before decoding; the streams in decode progress together, each needing
decode_1_s + (decode_c_s - decode_1_s)(b - 1)/(c - 1) seconds for its mean answer while b of them are written.
"""

import functools
import math
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import simpy

from calculator.service.occupancy import Work


@dataclass(frozen=True)
class Case:
    """A machine that writes an answer in 1 s alone and `gain` answers per second at full batch, and what it is asked.
    A machine that writes an answer in 1 s alone and `gain` answers per second at full batch, and what it is asked."""

    prefill_s: float
    gain: float
    concurrent_count: int
    load: float
    variation: float

    @property
    def work(self) -> Work:
        return Work(self.prefill_s, 1.0, self.concurrent_count / self.gain, self.concurrent_count, 400.0)

    def seen(self) -> "Seen":
        """30,000 requests; shared by the tests of both files."""
        rate = self.load / float(self.work.full_s)
        return simulated(self.work, requests_per_s=rate, answer_variation_ratio=self.variation, request_count=30_000)


@dataclass(frozen=True)
class Seen:
    """What was seen after the warm-up. Times in seconds per request, fractions of the simulated time."""

    first_token_s: np.ndarray
    answer_s: np.ndarray
    slot_wait_fraction: float
    busy_fraction: float
    prefill_fraction: float
    batch_count: float
    throughput_per_s: float

    def quantiles(self, times: np.ndarray) -> tuple[float, float]:
        return float(np.quantile(times, 0.5)), float(np.quantile(times, 0.95))


@functools.cache
def simulated(
    work: Work,
    *,
    requests_per_s: float = 0.0,
    answer_variation_ratio: float = 1.0,
    request_count: int = 8_000,
    seed: int = 1,
    user_count: int = 0,
    think_s: float = 0.0,
    rates_per_s: tuple[float, ...] = (),
) -> Seen:
    """Poisson requests at one rate, or at `rates_per_s` that change every hour and begin again after the last; or
    `user_count` users who each think for an exponential time between answer and next question.
    """
    return _Machine(work, answer_variation_ratio, np.random.default_rng(seed)).run(
        rates_per_s or (requests_per_s,), request_count, user_count, think_s
    )


class _Machine:
    def __init__(self, work: Work, variation: float, rng: np.random.Generator) -> None:
        self.work, self.variation, self.rng = work, variation, rng
        self.prefill_s, self.full_s = float(work.prefill_s), float(work.full_s)
        self.decode_1_s, self.slower_s = float(work.decode_1_s), float(work.slower_s)
        self.env = simpy.Environment()
        self.queue: deque[_Request] = deque()
        self.to_read: deque[_Request] = deque()
        self.writing: list[_Request] = []
        self.inside = 0
        self.bell = self.env.event()
        self.done: list[_Request] = []
        self.reading_s = self.writing_s = self.steps = 0.0

    def run(self, rates_per_s: tuple[float, ...], request_count: int, user_count: int, think_s: float) -> Seen:
        warm_count = request_count // 20
        if user_count:
            for _ in range(user_count):
                self.env.process(self._user(think_s))
        else:
            self.env.process(self._arrivals(rates_per_s))
        server = self.env.process(self._serve(warm_count))
        self.env.process(self._stop_after(warm_count))
        self.env.run(until=self.env.process(self._stop_after(request_count + warm_count)))
        assert server.is_alive
        rows = self.done[warm_count:]
        time_s = self.env.now - rows[0].left_s
        return Seen(
            first_token_s=np.array([row.read_s - row.came_s for row in rows]),
            answer_s=np.array([row.left_s - row.came_s for row in rows]),
            slot_wait_fraction=float(np.mean([row.in_s - row.came_s > 1e-9 for row in rows])),
            busy_fraction=(self.reading_s + self.writing_s) / time_s,
            prefill_fraction=self.reading_s / time_s,
            batch_count=float(sum(row.length for row in rows)) / self.steps if self.steps else 1.0,
            throughput_per_s=len(rows) / time_s,
        )

    def _stop_after(self, count: int):
        while len(self.done) < count:
            yield self.env.timeout(self.full_s * 5)

    def _arrivals(self, rates_per_s: tuple[float, ...]):
        highest = max(rates_per_s)
        while True:
            yield self.env.timeout(self.rng.exponential(1.0 / highest))
            now = rates_per_s[int(self.env.now // 3_600) % len(rates_per_s)]
            if now == highest or self.rng.random() < now / highest:
                self._enter(_Request(self.env.now, self._length()))

    def _user(self, think_s: float) -> Generator[Any, Any, None]:
        while True:
            yield self.env.timeout(self.rng.exponential(think_s))
            request = _Request(self.env.now, self._length(), self.env.event())
            self._enter(request)
            yield request.answered

    def _length(self) -> float:
        """Answer length over its mean: lognormal with the given coefficient of variation."""
        if self.variation == 0:
            return 1.0
        variance = math.log1p(self.variation**2)
        return float(self.rng.lognormal(-variance / 2, math.sqrt(variance)))

    def _enter(self, request: "_Request") -> None:
        self.queue.append(request)
        self._admit()
        if not self.bell.triggered:
            self.bell.succeed()

    def _admit(self) -> None:
        while self.queue and self.inside < self.work.concurrent_count:
            request = self.queue.popleft()
            request.in_s = self.env.now
            self.inside += 1
            self.to_read.append(request)

    def _serve(self, warm_count: int) -> Generator[Any, Any, None]:
        while True:
            if self.to_read:
                request = self.to_read.popleft()
                began_s = self.env.now
                yield self.env.timeout(self.prefill_s)
                request.read_s = self.env.now
                self.writing.append(request)
                if len(self.done) > warm_count:
                    self.reading_s += self.env.now - began_s
            elif self.writing:
                pace_s = self.decode_1_s + self.slower_s * (len(self.writing) - 1)
                next_done = min(self.writing, key=lambda row: row.left)
                began_s, self.bell = self.env.now, self.env.event()
                finish = self.env.timeout(max(next_done.left, 0.0) * pace_s)
                yield finish | self.bell
                progress = (self.env.now - began_s) / pace_s
                for row in self.writing:
                    row.left -= progress
                if len(self.done) > warm_count:
                    self.writing_s += self.env.now - began_s
                    self.steps += progress
                if finish.processed:
                    self._leave(next_done)
            else:
                self.bell = self.env.event()
                yield self.bell

    def _leave(self, request: "_Request") -> None:
        request.left_s = self.env.now
        self.writing.remove(request)
        self.inside -= 1
        self.done.append(request)
        self._admit()
        if request.answered is not None:
            request.answered.succeed()


class _Request:
    def __init__(self, came_s: float, length: float, answered: simpy.Event | None = None) -> None:
        self.came_s, self.length, self.left, self.answered = came_s, length, length, answered
        self.in_s = self.read_s = self.left_s = 0.0
