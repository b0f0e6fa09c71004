"""Turns: so many expensive answers at once, and no client's next one before another's first."""

import asyncio
import itertools
import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field


class BusyError(Exception):
    """No turn now; `wait_s` is when to come back."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(f"busy; come back in {wait_s} s")
        self.wait_s = wait_s


@dataclass(eq=False, slots=True)
class Turn:
    """One turn of a client, held until it is ended; ending it again does nothing."""

    client: str
    turns: "Turns"
    is_over: bool = False

    def end(self) -> None:
        """Let the next one have it."""
        if not self.is_over:
            self.is_over = True
            self.turns.give_back(self.client)


@dataclass(eq=False, slots=True)
class _Waiting:
    client: str
    call: Callable[[], object]
    is_page: bool = False


@dataclass(eq=False, slots=True)
class Turns:
    """At most `most_at_once` turns at a time, in order of arrival, for routes on an event loop and pages in threads.

    Answers of pages have one more turn for themselves: no slider queues behind a dear address. It is one, because two
    answers at once share one interpreter and take longer than both in turn.
    One client holds all turns but one at most, so that somebody else's answer never waits for all of his. Where
    `most_waiting` requests wait, a quarter of them for one client, or one has waited `longest_wait_s`, BusyError says
    when to come back. Pages are bounded by the number of sessions and by how long each is ready to wait.
    """

    most_at_once: int = 2
    most_waiting: int = 32
    longest_wait_s: float = 20.0
    _held: Counter[str] = field(default_factory=Counter[str])
    _waiting: deque[_Waiting] = field(default_factory=deque[_Waiting])
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _pages: "itertools.count[int]" = field(default_factory=itertools.count)

    async def take(self, client: str) -> Turn:
        """Wait for a turn of this client. Raises BusyError where none comes in time."""
        loop, called = asyncio.get_running_loop(), asyncio.Event()
        one = _Waiting(client, lambda: loop.call_soon_threadsafe(called.set))
        with self._lock:
            requests = [other.client for other in self._waiting if not other.is_page]
            if len(requests) >= self.most_waiting or requests.count(client) >= max(1, self.most_waiting // 4):
                raise BusyError(self._wait_s())
            self._waiting.append(one)
            self._call_next()
        try:
            async with asyncio.timeout(self.longest_wait_s):
                await called.wait()
        except TimeoutError:
            raise BusyError(self._leave(one)) from None
        except asyncio.CancelledError:
            self._leave(one)
            raise
        return Turn(client, self)

    def take_for_page(self, longest_wait_s: float, is_answer: bool) -> Callable[[], None] | None:
        """Wait in a page's own thread; what ends the turn, or None where none comes in time."""
        called = threading.Event()
        one = _Waiting(_ANSWERS if is_answer else f"page {next(self._pages)}", called.set, is_page=True)
        with self._lock:
            self._waiting.append(one)
            self._call_next()
        if called.wait(longest_wait_s):
            return Turn(one.client, self).end
        self._leave(one)
        return None

    def give_back(self, client: str) -> None:
        """End a turn of this client, and call whoever is next."""
        with self._lock:
            self._end(client)

    def held_count(self) -> int:
        """How many turns are held now."""
        with self._lock:
            return self._held.total()

    def _end(self, client: str) -> None:
        self._held[client] -= 1
        self._held += Counter[str]()  # forgets who holds none
        self._call_next()

    def _leave(self, one: _Waiting) -> int:
        """Wait no longer; the seconds after which to come back."""
        with self._lock:
            if one in self._waiting:
                self._waiting.remove(one)
            else:  # called at the same moment
                self._end(one.client)
            return self._wait_s()

    def _wait_s(self) -> int:
        """A guess of when a turn is free: a second for each who waits, shared by the turns; the caller has the lock.

        Waiting answers of pages do not count: they leave the other turns free.
        """
        return 1 + sum(one.client != _ANSWERS for one in self._waiting) // self.most_at_once

    def _call_next(self) -> None:
        """Call all who may begin now; the caller has the lock."""
        while (one := next(filter(self._may_begin, self._waiting), None)) is not None:
            self._waiting.remove(one)
            self._held[one.client] += 1
            one.call()

    def _may_begin(self, one: _Waiting) -> bool:
        of_pages = self._held[_ANSWERS]
        if one.client == _ANSWERS:
            return not of_pages
        is_free = self._held.total() - of_pages < self.most_at_once
        return is_free and self._held[one.client] < max(1, self.most_at_once - 1)


_ANSWERS = "answers of pages"
"""All of them are one client."""
