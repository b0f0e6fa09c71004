"""Turns of the pages: answers and files wait for each other, and for the server's routes.

One answer takes up to 100 MB and a processor while it is made, so a hundred pages that move at once wait for each other.
The server hands its own turns over with `share`; without it, the pages have as many as there are processors.
"""

import os
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

from calculator.errors import CalculatorError

_LONGEST_WAIT_S = 30.0
_LEAST_AT_ONCE = 2
Take = Callable[[float, bool], Callable[[], object] | None]
"""Waits so many seconds for a turn, of an answer or of other work: what ends it, or None where none came."""


class NoTurnError(CalculatorError):
    """Too many ask at once: no turn came in time."""


class _Holder(threading.local):
    """Whether this thread holds a turn: what is made within an answer needs no second one."""

    is_holding = False


@dataclass(slots=True)
class _Shared:
    take: Take


def turns_of(count: int) -> Take:
    """So many turns for the pages alone."""
    turns = threading.BoundedSemaphore(count)

    def take(wait_s: float, _: bool = False) -> Callable[[], object] | None:
        return turns.release if turns.acquire(timeout=wait_s) else None

    return take


def share(take: Take) -> None:
    """From now on all pages take these turns."""
    _SHARED.take = take


@contextmanager
def turn(
    take: Take | None = None, *, longest_wait_s: float = _LONGEST_WAIT_S, is_answer: bool = False
) -> Generator[None]:
    """Wait for a turn and hold it; within a turn of the same thread nothing is waited for.

    `is_answer`: it is for an answer, as every move asks for one; the server computes these one after the other.
    Raises NoTurnError, with a sentence for the page, where none comes in time.
    """
    if _HOLDER.is_holding:
        yield
        return
    end = (take or _SHARED.take)(longest_wait_s, is_answer)
    if end is None:
        raise NoTurnError("Many people ask this server at once. Your values are kept: reload the page in a minute.")
    _HOLDER.is_holding = True
    try:
        yield
    finally:
        _HOLDER.is_holding = False
        end()


_HOLDER = _Holder()
_SHARED = _Shared(turns_of(max(_LEAST_AT_ONCE, os.cpu_count() or 1)))
