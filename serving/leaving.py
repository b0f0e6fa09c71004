"""What visitors held is given back after they have gone.

Streamlit keeps a session that was cut off for two minutes, and drops it when another one goes after that: the last ones
of a day would stay until the next evening. So when those who left can no longer come back, their sessions are dropped
and memory goes back to the system. What is left behind by 100 people, bench/memory.py measures.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Any

from streamlit import runtime

from serving.free_memory import give_memory_back

KEPT_S = 120.0
"""How long Streamlit keeps a session that was cut off."""
_LATER_S = 5.0


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
