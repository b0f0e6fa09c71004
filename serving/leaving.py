"""What visitors held is given back after they have gone.

Streamlit keeps a session that was cut off for two minutes, and drops it when another one goes after that: the last ones
of a day would stay until the next evening. glibc keeps freed memory for visitors who may not come for hours, and for each
thread apart, while every run of a page is a thread of its own. So all threads share what is free, and when those who
left can no longer come back, their sessions are dropped, what refers to itself is collected, and free pages go back to
the system. What is left behind by 100 people, bench/memory.py measures.
"""

import asyncio
import ctypes
import gc
import logging
import threading
from collections.abc import Callable
from typing import Any

from streamlit import runtime

from calculator.finance.kept_draws import forget_all

KEPT_S = 120.0
"""How long Streamlit keeps a session that was cut off."""
_LATER_S = 5.0
_M_ARENA_MAX = -8  # of glibc's malloc.h


class Leaving:
    """Gives memory back some time after visitors left. Its methods are called on the event loop."""

    def __init__(self, *, after_s: float = KEPT_S + _LATER_S, give_back: Callable[[], None] | None = None) -> None:
        """give_back: what is done; the real thing where it is left out."""
        self._after_s, self._give_back = after_s, give_back or give_memory_back
        self._due_on: asyncio.AbstractEventLoop | None = None
        self._more_left = False

    def left(self) -> None:
        """A visitor has gone. Memory is given back once for the first, and once for all who go before that."""
        loop = asyncio.get_running_loop()
        if self._due_on is loop:
            self._more_left = True
            return
        self._due_on = loop
        loop.call_later(self._after_s, self._due)

    def _due(self) -> None:
        again, self._due_on, self._more_left = self._more_left, None, False
        if again:
            self.left()
        drop_expired_sessions()
        threading.Thread(target=self._give_back, name="give memory back", daemon=True).start()


def drop_expired_sessions() -> None:
    """Drop the sessions that may no longer come back. On the event loop, where Streamlit uses its own storage."""
    if not runtime.exists():
        return
    manager: Any = runtime.get_instance()._session_mgr  # pyright: ignore[reportPrivateUsage] - no public way to it
    try:
        manager._session_storage._cache.expire()
    except AttributeError:  # another release of Streamlit: they stay a little longer
        logging.getLogger(__name__).warning("Streamlit keeps its sessions elsewhere than this server looks for them.")


def set_loaded_apart() -> None:
    """What is loaded by now stays as long as the server: a collection need not look through it.

    A collection stops every thread: 385 ms with all that is loaded, 72 ms without (2026-11-27, a busy machine).
    """
    gc.freeze()


def share_free_memory() -> bool:
    """Let threads that begin from now on take from what is free already, where glibc is; whether it is.

    30 people on the page hold 390 to 450 MB with an arena for each thread, and 335 MB with one for all, in the same
    processor time (`MALLOC_ARENA_MAX=1 python bench/load.py 30 --seconds 15`, three times each, 2026-11-27). The three
    small ones that Streamlit's own start has made by then stay.
    """
    set_option = _of_libc("mallopt")
    return set_option is not None and set_option(_M_ARENA_MAX, 1) == 1


def give_memory_back() -> None:
    """Let go of what answers are made from (whoever is still there has it made again, in some 50 ms), collect what
    refers to itself, and return what is free."""
    forget_all()
    gc.collect()
    return_free_pages()


def return_free_pages() -> None:
    """Let glibc return to the system what is free; elsewhere the system does so by itself."""
    if (trim := _of_libc("malloc_trim")) is not None:
        trim(0)


def _of_libc(name: str) -> Callable[..., int] | None:
    """A function of the C library by its name; None where the system's has no such function."""
    try:
        return getattr(ctypes.CDLL(None), name, None)
    except (OSError, TypeError):  # Windows has no library of the process itself
        return None
