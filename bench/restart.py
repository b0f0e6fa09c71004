"""`kill -9` of the server under open sessions: how soon each has its own values again, as a browser asks for them.

    python bench/restart.py [--sessions 50]

Every session moves its slider to a value of its own. Then the server is killed and started again at once, as a service
manager does it; every session connects again until it can, with the address that it stood on, and its page must name
its own value. Exit code 1 if one gets another value or none. Gates no time.
"""

import argparse
import asyncio
import os
import signal
import statistics
import sys
import time
from pathlib import Path

import httpx2 as httpx

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.load import Person, arrived, query_of
from bench.servers import server
from tests.real_server import free_port

_LONGEST_WAIT_S, _BETWEEN_TRIES_S = 60.0, 0.1


async def _seated(url: str, client: httpx.AsyncClient, count: int) -> list[Person]:
    people: list[Person] = []
    for number in range(count):
        people.append(await arrived(url, client, query_of(number)))
        if not await people[-1].moves("wage_usd_per_h", str(100 + number)):
            raise SystemExit("A session did not get its own value before the server was killed.")
    return people


async def _back(
    url: str, client: httpx.AsyncClient, person: Person, number: int, killed_at: float
) -> tuple[float, bool]:
    """Seconds until this session's page stood again, and whether it names its own value."""
    while time.monotonic() - killed_at < _LONGEST_WAIT_S:
        try:
            again = await arrived(url, client, person.query)
        except (OSError, TimeoutError, EOFError):
            await asyncio.sleep(_BETWEEN_TRIES_S)
            continue
        await again.socket.close()
        return time.monotonic() - killed_at, f"wage_usd_per_h={100 + number}" in again.query
    return _LONGEST_WAIT_S, False


async def _before(url: str, pid: int, count: int) -> tuple[list[Person], float]:
    async with httpx.AsyncClient(base_url=url) as client:
        people = await _seated(url, client, count)
        os.kill(pid, signal.SIGKILL)
        return people, time.monotonic()


async def _after(url: str, people: list[Person], killed_at: float) -> list[tuple[float, bool]]:
    async with httpx.AsyncClient(base_url=url) as client:
        return await asyncio.gather(
            *(_back(url, client, person, number, killed_at) for number, person in enumerate(people))
        )


def main() -> int:
    """Print the waits."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sessions", type=int, default=50)
    options = parser.parse_args()
    port = free_port()
    with server(port=port) as (url, pid):
        people, killed_at = asyncio.run(_before(url, pid, options.sessions))
    with server(port=port) as (url, _):
        started_s = time.monotonic() - killed_at
        found = asyncio.run(_after(url, people, killed_at))
    waits = sorted(wait for wait, _ in found)
    right = sum(is_right for _, is_right in found)
    print(
        f"{len(found)} sessions: the server answers {started_s:.1f} s after the kill; whole pages again after "
        f"{waits[0]:.1f} s (first), {statistics.median(waits):.1f} s (median), {waits[-1]:.1f} s (last); "
        f"{right} with their own values"
    )
    return int(right < len(found))


if __name__ == "__main__":
    sys.exit(main())
