"""Whether neighbours notice: how long people on the Decide page wait while six clients ask for dear addresses again and
again, and while one client asks for 100 addresses a second.

    python bench/neighbours.py [--people 20] [--seconds 20] [--searched 300]

The server runs in team mode with the limits that it ships with. Everybody has their own address (127.0.x.x, which Linux
answers on by itself). The six are the dearest of so many random scenarios (bench/dearest_address.py). Every request
names another price of electricity, so that neither its answer nor its dollars are kept already. Gates nothing.
"""

import argparse
import asyncio
import itertools
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2 as httpx

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.dearest_address import SEED, address_of, dearest_of
from bench.load import Person, Seen, arrived, lives, query_of
from bench.servers import server

DEAR, PER_S, _WAIT_S = 6, 100, 60.0
_MOVED, _LOW, _HIGH = "electricity_usd_per_kwh", 0.05, 0.6
Statuses = Counter[str]
Disturbance = Callable[[str, float], Awaitable[Statuses]]
"""Asks the server at this URL until so many seconds have passed; how its requests were answered."""


@dataclass(frozen=True, slots=True)
class _Client:
    """A client with an address of its own."""

    url: str
    source: str

    def open(self) -> httpx.AsyncClient:
        """Its connections."""
        transport = httpx.AsyncHTTPTransport(local_address=self.source)
        return httpx.AsyncClient(base_url=self.url, transport=transport, timeout=_WAIT_S)


async def _quiet(_: str, seconds: float) -> Statuses:
    await asyncio.sleep(seconds)
    return Statuses()


def _six(dear: list[Mapping[str, Any]]) -> Disturbance:
    """Each of them asked by a client of its own, anew as soon as it is answered."""

    async def asks(url: str, seconds: float) -> Statuses:
        until = time.monotonic() + seconds

        async def one(number: int, values: Mapping[str, Any]) -> Statuses:
            answered, pick = Statuses(), random.Random(number)
            async with _Client(url, f"127.0.2.{number + 1}").open() as client:
                while time.monotonic() < until:
                    moved = {**values, _MOVED: round(pick.uniform(_LOW, _HIGH), 6)}
                    answered[await _status(client, address_of(moved))] += 1
            return answered

        answered = Statuses()
        for found in await asyncio.gather(*(one(*each) for each in enumerate(dear))):
            answered.update(found)
        return answered

    return asks


async def _hundred(url: str, seconds: float) -> Statuses:
    """100 addresses a second from one client, whether or not they are answered."""
    wages: Iterator[float] = (20 + step / 100 for step in itertools.count())
    async with _Client(url, "127.0.3.1").open() as client:
        begun: list[asyncio.Task[str]] = []
        since = time.monotonic()
        while time.monotonic() < since + seconds:
            begun.append(asyncio.create_task(_status(client, f"wage_usd_per_h={next(wages):.2f}")))
            await asyncio.sleep(max(0.0, since + len(begun) / PER_S - time.monotonic()))
        return Statuses(await asyncio.gather(*begun))


async def _status(client: httpx.AsyncClient, query: str) -> str:
    with suppress(httpx.HTTPError):
        return str((await client.get(f"/api/compare.json?{query}")).status_code)
    return "no answer"


async def _people(url: str, count: int) -> list[Person]:
    async with httpx.AsyncClient(base_url=url) as unused:
        return [await arrived(url, unused, query_of(number), source=f"127.0.1.{number + 1}") for number in range(count)]


async def _seen(url: str, people: list[Person], seconds: float, disturbance: Disturbance) -> tuple[Seen, Statuses]:
    """What the people see while they are disturbed."""
    seen, until_s = Seen(), time.monotonic() + seconds
    options = argparse.Namespace(think=5.0, frames=0, control=("wage_usd_per_h",))
    everybody = [lives(one, seen, options, until_s, random.Random(number)) for number, one in enumerate(people)]
    crowd = asyncio.gather(*everybody)
    answered = await disturbance(url, seconds)
    await crowd
    return seen, answered


async def _all(url: str, options: argparse.Namespace, disturbances: Mapping[str, Disturbance]) -> bool:
    people = await _people(url, options.people)
    is_right = True
    for name, disturbance in disturbances.items():
        seen, answered = await _seen(url, people, options.seconds, disturbance)
        if len(seen.waits_s) < 2:
            print(f"{name}: too few moves; failed {seen.failed}")
            return False
        cuts = statistics.quantiles(seen.waits_s, n=100, method="inclusive")
        told = ", ".join(f"{count} times {status}" for status, count in sorted(answered.items()))
        print(
            f"{name}: {len(people)} people wait p50 {1000 * cuts[49]:.0f}, p95 {1000 * cuts[94]:.0f}, most "
            f"{1000 * max(seen.waits_s):.0f} ms in {len(seen.waits_s)} moves, wrong {seen.wrong}, failed {seen.failed}"
            f"{f'; they were answered {told}' if told else ''}",
            flush=True,
        )
        is_right &= not seen.wrong and not seen.failed
    for one in people:
        await one.socket.close()
    return is_right


def main() -> int:
    """Exit code 1 where an answer of the people was wrong or did not come."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--people", type=int, default=20, help="people on the page, each with five seconds to think")
    parser.add_argument("--seconds", type=float, default=20.0, help="length of each part")
    parser.add_argument("--searched", type=int, default=300, help="random scenarios that are searched for the dearest")
    options = parser.parse_args()
    if sys.platform != "linux":
        print("Not measured: only Linux has the addresses 127.0.x.x without being asked.")
        return 0
    found = dearest_of(options.searched, SEED)
    dear = [(seconds, values) for seconds, values in found if not {"ranges", "cases"} & {*values}][:DEAR]
    print("The six take", ", ".join(f"{seconds:.2f}" for seconds, _ in dear), "CPU-s each, alone.")
    disturbances: dict[str, Disturbance] = {
        "quiet": _quiet,
        "six dear addresses at once": _six([values for _, values in dear]),
        "100 addresses a second": _hundred,
        "quiet again": _quiet,
    }
    with server(limits={"TCO_MODE": "team"}) as (url, _):
        return int(not asyncio.run(_all(url, options, disturbances)))


if __name__ == "__main__":
    sys.exit(main())
