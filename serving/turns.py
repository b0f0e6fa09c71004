"""Turns: so many expensive answers at once, and no client's next one before another client's first."""

import asyncio
from collections import Counter, deque
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
    called: asyncio.Future[None]


@dataclass(eq=False, slots=True)
class Turns:
    """At most `most_at_once` turns at a time, in order of arrival, on one event loop.

    One client holds all turns but one at most, so that somebody else's answer never waits for all of his. Where
    `most_waiting` wait, a quarter of them for one client, or one has waited `longest_wait_s`, BusyError says when to
    come back.
    """

    most_at_once: int = 2
    most_waiting: int = 32
    longest_wait_s: float = 20.0
    _held: Counter[str] = field(default_factory=Counter[str])
    _waiting: deque[_Waiting] = field(default_factory=deque[_Waiting])

    async def take(self, client: str) -> Turn:
        """Wait for a turn of this client. Raises BusyError where none comes in time."""
        of_client = sum(one.client == client for one in self._waiting)
        if len(self._waiting) >= self.most_waiting or of_client >= max(1, self.most_waiting // 4):
            raise BusyError(self._wait_s())
        one = _Waiting(client, asyncio.get_running_loop().create_future())
        self._waiting.append(one)
        self._call_next()
        try:
            async with asyncio.timeout(self.longest_wait_s):
                await one.called
        except TimeoutError:
            self._leave(one)
            raise BusyError(self._wait_s()) from None
        except asyncio.CancelledError:
            self._leave(one)
            raise
        return Turn(client, self)

    def give_back(self, client: str) -> None:
        """End a turn of this client, and call whoever is next."""
        self._held[client] -= 1
        self._held += Counter[str]()  # forgets who holds none
        self._call_next()

    def _leave(self, one: _Waiting) -> None:
        if one in self._waiting:
            self._waiting.remove(one)
        else:  # called at the same moment
            self.give_back(one.client)

    def _wait_s(self) -> int:
        """A guess of when a turn is free: a second for each who waits, shared by the turns."""
        return 1 + len(self._waiting) // self.most_at_once

    def _call_next(self) -> None:
        most_of_one = max(1, self.most_at_once - 1)
        while self._held.total() < self.most_at_once:
            one = next((one for one in self._waiting if self._held[one.client] < most_of_one), None)
            if one is None:
                return
            self._waiting.remove(one)
            self._held[one.client] += 1
            one.called.set_result(None)
