"""Lock file of a host, which allows one probe at a time. Standard library only.

The file is in the system's temporary folder and may belong to another user of the machine. `flock` needs no write
permission, so it also locks out users who may only read the file. Links are never followed.
"""

import os

_ALWAYS = os.O_CLOEXEC | os.O_NOFOLLOW


def open_lock_file(path: str, *, create: bool) -> int:
    """A descriptor of the lock file, created readable and writable for all users; raises OSError."""
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
    os.fchmod(descriptor, 0o666)
    return descriptor
