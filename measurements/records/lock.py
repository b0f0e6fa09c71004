"""Lock file of a host, which allows one probe at a time: opened here, locked by filelock on every system.

The file is in the system's temporary folder and may belong to another user of the machine. The lock needs no write
permission on macOS and Linux, so it also keeps out users who may only read the file. Links are never followed. Windows
locks the file's first byte, so what its holder writes begins at the second.
"""

import contextlib
import os
from pathlib import Path

from filelock import lock_descriptor

_ALWAYS = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NOINHERIT", 0)
_NOTE_BYTES = 100


def open_lock_file(path: str, *, create: bool) -> int:
    """A descriptor of the lock file, created readable and writable for all users; raises OSError."""
    if not hasattr(os, "O_NOFOLLOW") and Path(path).is_symlink():
        raise OSError(f"The lock file {Path(path).name} is a link; remove it.")
    try:
        return os.open(path, os.O_RDWR | _ALWAYS)
    except PermissionError:
        return os.open(path, os.O_RDONLY | _ALWAYS)
    except FileNotFoundError:
        if not create:
            raise
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _ALWAYS, 0o666)
    except FileExistsError:
        return open_lock_file(path, create=False)  # another process was quicker
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, 0o666)
    return descriptor


def locked(descriptor: int) -> bool:
    """Take the lock if it is free; it is held until the descriptor is closed or the process ends. Raises OSError."""
    return lock_descriptor(descriptor, blocking=False)


def holder(descriptor: int) -> str:
    """What the holder of the lock wrote about itself; "" if it wrote nothing."""
    try:
        os.lseek(descriptor, 1, os.SEEK_SET)
        return os.read(descriptor, _NOTE_BYTES).decode("ascii", "replace").strip()
    except OSError:
        return ""


def write_holder(descriptor: int, text: str) -> None:
    """Write who holds the lock; in another user's file, which is locked but not writable, nothing is written."""
    with contextlib.suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, f" {text}\n".encode("ascii"))
