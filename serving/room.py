"""How much memory the server may keep answers' parts in: a small share of what it may use at all."""

import os
from collections.abc import Sequence
from pathlib import Path

from calculator.cost.kept_loads import MOST_BYTES

_SHARE = 16
"""One byte of so many that the server may use."""
_LEAST, _MOST = 32_000_000, 256_000_000
"""The dollars of some 120 people fill the most, where each asks about a firm like the default. Without room for them a
move of people's time takes 20 ms more of the processor. A container of 1 GiB keeps 67 MB."""
_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
"""Where Linux says what a container may use, in both versions of its control groups."""


def room_for_loads(limits: Sequence[Path] = _LIMITS) -> int:
    """Bytes for kept loads: a sixteenth of the machine's memory, or of its container's where that is less.

    Kept dollars take up to as much beside them, and bills up to an eighth of it.
    """
    known = [count for count in (_of_machine(), *map(_of_container, limits)) if count]
    return max(_LEAST, min(_MOST, min(known) // _SHARE)) if known else MOST_BYTES


def _of_machine() -> int:
    """Bytes of the machine; 0 where its system does not say (Windows)."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return 0


def _of_container(limit: Path) -> int:
    """Bytes that the file allows; 0 where there is no such file or no limit."""
    try:
        return int(limit.read_text(encoding="ascii"))
    except (OSError, ValueError):  # "max" is no number
        return 0
