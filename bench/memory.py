"""Memory of the server: flat over thousands of moves, and given back when people leave.

    python bench/memory.py [--moves 5000] [--people 100]

First four people move without a pause, and the memory is printed ten times on the way. Then so many people come, move
once and leave, and the memory is read before they come, while they are there, and when the server has dropped their
sessions (it keeps one that was cut off for two minutes). Gates nothing.
"""

import argparse
import asyncio
import random
import sys
import time
from pathlib import Path

import httpx2 as httpx

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.load import Person, arrived, query_of
from bench.servers import memory_mb, server

_MOVERS, _LEAVES_S = 4, 150


async def _moves(person: Person, count: int, pick: random.Random) -> int:
    """How many of so many moves were answered with their own value."""
    return sum([await person.moves("wage_usd_per_h", str(pick.randint(20, 300))) for _ in range(count)])


async def _all(url: str, pid: int, options: argparse.Namespace) -> int:
    async with httpx.AsyncClient(base_url=url) as client:
        movers = [await arrived(url, client, query_of(number)) for number in range(_MOVERS)]
        print(f"{memory_mb(pid):.0f} MB with {_MOVERS} people, before they move", flush=True)
        right, share = 0, max(options.moves // 10 // _MOVERS, 1)
        picks = [random.Random(number) for number in range(_MOVERS)]
        for tenth in range(1, 11):
            since = time.monotonic()
            right += sum(
                await asyncio.gather(*(_moves(one, share, pick) for one, pick in zip(movers, picks, strict=True)))
            )
            rate = share * _MOVERS / (time.monotonic() - since)
            print(f"{memory_mb(pid):.0f} MB after {tenth * share * _MOVERS:,} moves ({rate:.1f} a second)", flush=True)
        before = memory_mb(pid)
        people = [await arrived(url, client, query_of(number)) for number in range(options.people)]
        right += sum([await _moves(one, 1, picks[0]) for one in people])
        print(f"{memory_mb(pid):.0f} MB with {options.people} people more", flush=True)
        for one in people:
            await one.socket.close()
        await asyncio.sleep(_LEAVES_S)
        right += sum(await asyncio.gather(*(_moves(one, 1, picks[0]) for one in movers)))
        after = memory_mb(pid)
        print(
            f"{after:.0f} MB {_LEAVES_S} s after they left, {100 * (after / before - 1):+.0f} % against before they came"
        )
    asked = share * _MOVERS * 10 + options.people + _MOVERS
    print(f"{right} of {asked} answers named their own value")
    return int(right < asked)


def main() -> int:
    """Exit code 1 where an answer was wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--moves", type=int, default=5_000)
    parser.add_argument("--people", type=int, default=100)
    options = parser.parse_args()
    with server() as (url, pid):
        return asyncio.run(_all(url, pid, options))


if __name__ == "__main__":
    sys.exit(main())
