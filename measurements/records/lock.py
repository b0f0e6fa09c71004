"""One probe at a time on a host: how is the lock's file opened, by whomever? Standard library only.

The file lies in the system's temporary folder and may belong to another user of the machine. `flock` asks for no right
to write, so that one who may only read it is kept out just the same. A link is never followed.
"""

import os

_ALWAYS = os.O_CLOEXEC | os.O_NOFOLLOW


def opened(path: str, *, create: bool) -> int:
    """A descriptor to lock; raises OSError. Made readable and writable for all, whatever the umask."""
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
        return opened(path, create=False)  # another was quicker
    os.fchmod(descriptor, 0o666)
    return descriptor
