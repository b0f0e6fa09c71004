"""Turns of the pages: so many whole answers and files are made at once as the server has processors, two at least.

One answer takes up to 100 MB and a processor while it is made, so a hundred pages that move at once wait for each other.
"""

import os
from collections.abc import Generator
from contextlib import contextmanager
from threading import BoundedSemaphore

from calculator.errors import CalculatorError

_LONGEST_WAIT_S = 30.0
_LEAST_AT_ONCE = 2
TURNS = BoundedSemaphore(max(_LEAST_AT_ONCE, os.cpu_count() or 1))


@contextmanager
def turn(turns: BoundedSemaphore = TURNS, *, longest_wait_s: float = _LONGEST_WAIT_S) -> Generator[None]:
    """Wait for a turn and hold it. Raises CalculatorError, a sentence for the page, where none comes in time."""
    if not turns.acquire(timeout=longest_wait_s):
        raise CalculatorError("Many people ask this server at once. Your values are kept: reload the page in a minute.")
    try:
        yield
    finally:
        turns.release()
