"""Memory that answers are made in: threads share what is free, and what nobody needs goes back to the system.

glibc keeps freed memory for visitors who may not come for hours, and for each thread apart, while every run of a page is
a thread of its own.
"""

import ctypes
import gc
from collections.abc import Callable

from calculator.finance.kept_draws import forget_all

_M_ARENA_MAX = -8  # of glibc's malloc.h


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
