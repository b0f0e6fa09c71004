"""Open files: as many as the pages need, where the system's first limit is lower (often 1,024, on a Mac 256).

At the limit no more connections are taken, which a visitor sees as a page that does not answer.
"""

import sys
from contextlib import suppress

OF_PAGE = 10
"""Open files of one page: its stream, three of the event loop that Streamlit makes for it, and six connections."""
OF_SESSION_LEFT, SESSIONS_LEFT = 3, 128
"""Open files of a session whose browser is gone, and how many such sessions Streamlit keeps."""
OF_SERVER = 500
"""Catalogue, store, processes, and clients of /api."""
OF_A_MAC = 10_240
"""What macOS lets a process open, whatever its hard limit says."""


def files_needed(session_count: int) -> int:
    """Open files of a server with so many open pages."""
    return session_count * OF_PAGE + SESSIONS_LEFT * OF_SESSION_LEFT + OF_SERVER


def raise_file_limit(session_count: int) -> None:
    """Raise this process's own limit to what so many pages need, as far as the system allows; never lower it."""
    if sys.platform == "win32":  # which has no such limit
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = files_needed(session_count)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    for wanted in (needed, min(needed, OF_A_MAC)):
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with suppress(OSError, ValueError):  # a Mac says infinity and means less
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(limit, soft), hard))
            soft = max(limit, soft)
            break
    if soft < needed:
        print(
            f"This server may open {soft:,} files, and {session_count:,} pages need {needed:,}. Raise the hard limit "
            "(ulimit -Hn), or lower TCO_SESSIONS.",
            file=sys.stderr,
        )
