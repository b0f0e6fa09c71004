"""Load of the Decide page: people who each move a slider every few seconds, over the real protocol, each answer checked.

Each asks about a firm of his own, so nobody's answer was computed for another.

    python bench/load.py [people, people, ...] [--think 5] [--seconds 30] [--defaults] [--frames 0] [--in-sight 0]
                         [--control wage_usd_per_h ...] [--replicas]

Starts a server of its own, or with `--replicas` two of them behind nginx, with PostgreSQL (`make cluster`). One move
sends what the browser sends when a slider comes to rest; `--frames` asks so many live frames before it. `--control`
names the slider, or several of which each move takes one: the hourly rate is the cheapest, because it changes nothing
that leaves the bank. `--in-sight` is
the share of people who have the first chart before them: after each answer they ask for its shade, too. The answer must
name this session's own value, so a stale or a foreign one is counted as wrong.
Printed per number of people: waiting for the answer, processor time per move, memory, and with `--defaults` the same of
Streamlit's own settings, as a ratio. Gates nothing; a busy machine shows in every figure.
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import httpx2 as httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from uvicorn.loops.auto import auto_loop_factory
from websockets.asyncio.client import ClientConnection, connect

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.servers import memory_mb, processor_s, replicas, server
from deploy.cluster import missing

PEOPLE = (1, 10, 20)
DEFAULTS = ("--runner.postScriptGC", "true", "--runner.magicEnabled", "true", "--server.fileWatcherType", "auto")
_LONGEST_WAIT_S = 60.0
_ENDS = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
CONTROLS: dict[str, tuple[float, float, int]] = {
    "wage_usd_per_h": (20, 300, 0),
    "electricity_usd_per_kwh": (0.05, 0.6, 3),
    "resale_fraction": (0.2, 0.8, 2),
    "gpu_resale_fraction": (0.2, 0.8, 2),
    "requests_per_working_day": (40, 300, 0),
}
"""Sliders of the page: their least and greatest value here, and digits after the point."""


@dataclass
class Seen:
    """What all people of one run saw."""

    waits_s: list[float] = field(default_factory=list[float])
    frames_s: list[float] = field(default_factory=list[float])
    shades_s: list[float] = field(default_factory=list[float])
    wrong: int = 0
    failed: int = 0


@dataclass
class Person:
    """One browser on the Decide page."""

    socket: ClientConnection
    client: httpx.AsyncClient
    query: str = ""
    component: str = ""
    fragment: str = ""

    async def opens(self) -> None:
        """The first run of the page, from which the live component is known."""
        asked = BackMsg()
        asked.rerun_script.query_string = self.query
        await self.socket.send(asked.SerializeToString())
        await self._answer()

    async def moves(self, name: str, value: str) -> bool:
        """A slider comes to rest on this value; whether the answer is about it."""
        asked = BackMsg()
        run = asked.rerun_script
        run.query_string, run.fragment_id = self.query, self.fragment
        change = {"now": {"sequence": f"{time.time()}", "put": {name: value}}}
        run.widget_states.widgets.add(id=self.component, json_value=json.dumps(change))
        await self.socket.send(asked.SerializeToString())
        said = await self._answer()
        return f"{name}={value}".encode() in said

    async def looks(self, name: str, value: str) -> int:
        """A live frame while the slider moves; its status."""
        query = dict(parse_qsl(self.query)) | {name: value}
        return (await self.client.get(f"/api/decide.json?{urlencode(query)}")).status_code

    async def sees(self) -> int:
        """The shade of the answer that the page shows; its status."""
        return (await self.client.get(f"/api/shade.json?{self.query}")).status_code

    async def _answer(self) -> bytes:
        said = b""
        while True:
            raw = await asyncio.wait_for(self.socket.recv(decode=False), _LONGEST_WAIT_S)
            message = ForwardMsg()
            message.ParseFromString(raw)
            said += raw
            kind = message.WhichOneof("type")
            if kind == "page_info_changed":
                self.query = message.page_info_changed.query_string
            elif kind == "delta":
                element = message.delta.new_element
                if element.WhichOneof("type") == "bidi_component" and message.delta.fragment_id:
                    self.component, self.fragment = element.bidi_component.id, message.delta.fragment_id
            elif kind == "script_finished" and message.script_finished in _ENDS:
                return said


async def lives(
    person: Person,
    seen: Seen,
    options: argparse.Namespace,
    until_s: float,
    pick: random.Random,
    *,
    is_in_sight: bool = False,
) -> None:
    """One person until the time is over: think, perhaps move, wait for the answer, and where the first chart is in
    sight for its shade."""
    await asyncio.sleep(pick.uniform(0, options.think))
    while time.monotonic() < until_s:
        name = pick.choice(options.control)
        low, high, digits = CONTROLS[name]
        value = f"{pick.uniform(low, high):.{digits}f}"
        try:
            for _ in range(options.frames):
                since = time.monotonic()
                seen.failed += await person.looks(name, value) != 200
                seen.frames_s.append(time.monotonic() - since)
            since = time.monotonic()
            seen.wrong += not await person.moves(name, value)
            seen.waits_s.append(time.monotonic() - since)
            if is_in_sight:
                since = time.monotonic()
                seen.failed += await person.sees() != 200
                seen.shades_s.append(time.monotonic() - since)
        except (OSError, TimeoutError, httpx.HTTPError, EOFError):
            seen.failed += 1
        await asyncio.sleep(pick.uniform(0.5, 1.5) * options.think)


def query_of(number: int) -> str:
    """The address of one person's own firm."""
    return urlencode({"requests_per_working_day": 40 + number, "pc_administration_h_per_year": 5 + number % 50})


async def arrived(url: str, client: httpx.AsyncClient, query: str, *, source: str = "") -> Person:
    """A person whose Decide page stands. `source`: the address of this machine that he comes from."""
    socket = await connect(
        f"{url.replace('http', 'ws', 1)}/_stcore/stream",
        origin=url,  # pyright: ignore[reportArgumentType] - a NewType of str
        subprotocols=["streamlit", "PLACEHOLDER_AUTH_TOKEN"],  # pyright: ignore[reportArgumentType]
        max_size=None,
        compression=None,
        local_addr=(source, 0) if source else None,
    )
    person = Person(socket, client, query)
    await person.opens()
    return person


async def _of(url: str, people: int, options: argparse.Namespace, pids: Sequence[int]) -> tuple[Seen, float]:
    """What so many people saw, and the processor seconds of the servers meanwhile."""
    seen, open_ones = Seen(), list[Person]()
    async with httpx.AsyncClient(base_url=url, timeout=_LONGEST_WAIT_S) as client:
        for number in range(people):
            open_ones.append(await arrived(url, client, query_of(number)))
        before, until_s = sum(map(processor_s, pids)), time.monotonic() + options.seconds
        looking = round(people * options.in_sight)
        await asyncio.gather(
            *(
                lives(one, seen, options, until_s, random.Random(number), is_in_sight=number < looking)
                for number, one in enumerate(open_ones)
            )
        )
        spent_s = sum(map(processor_s, pids)) - before
        for one in open_ones:
            await one.socket.close()
    return seen, spent_s


def _measured(options: argparse.Namespace, *words: str) -> tuple[dict[int, tuple[float, float]], bool]:
    """p95 in milliseconds and processor milliseconds per move, by number of people, and whether all answers were right;
    prints a line for each."""
    found: dict[int, tuple[float, float]] = {}
    is_right = True
    with ExitStack() as open_now:
        if options.replicas:
            url, pids = open_now.enter_context(replicas())
        else:
            url, pid = open_now.enter_context(server(*words))
            pids = [pid]
        for people in options.people:
            with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
                seen, spent_s = runner.run(_of(url, people, options, pids))
            is_right &= not seen.wrong and not seen.failed and len(seen.waits_s) > 1
            if len(seen.waits_s) < 2:
                print(f"{people:5} people: too few moves; failed {seen.failed}")
                continue
            cuts = statistics.quantiles(seen.waits_s, n=100, method="inclusive")
            per_move_ms = 1000 * spent_s / len(seen.waits_s)
            found[people] = (1000 * cuts[94], per_move_ms)
            frames = f", frame p95 {1000 * max(seen.frames_s):.0f} ms at most" if seen.frames_s else ""
            print(
                f"{people:5} people: p50 {1000 * cuts[49]:.0f}, p95 {1000 * cuts[94]:.0f}, p99 {1000 * cuts[98]:.0f} ms of "
                f"{len(seen.waits_s)} moves, {per_move_ms:.1f} processor-ms a move, {sum(map(memory_mb, pids)):.0f} MB, "
                f"wrong {seen.wrong}, failed {seen.failed}{frames}{_shades(seen.shades_s)}",
                flush=True,
            )
    return found, is_right


def _shades(waits_s: Sequence[float]) -> str:
    if len(waits_s) < 2:
        return ""
    cuts = statistics.quantiles(waits_s, n=100, method="inclusive")
    return f", shade p50 {1000 * cuts[49]:.0f}, p95 {1000 * cuts[94]:.0f} ms of {len(waits_s)}"


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is no share; it must lie in 0..1")
    return value


def main() -> int:
    """Exit code 1 where an answer of ours was wrong or did not come."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("people", nargs="*", type=int, default=PEOPLE, help="how many at once, one run after another")
    parser.add_argument("--think", type=float, default=5.0, help="seconds between two moves of one person, in the mean")
    parser.add_argument("--seconds", type=float, default=30.0, help="length of each run")
    parser.add_argument("--frames", type=int, default=0, help="live frames before each move")
    parser.add_argument(
        "--in-sight", type=_share, default=0.0, help="share of people who ask for the shade of each answer, 0 to 1"
    )
    parser.add_argument(
        "--control", nargs="+", choices=tuple(CONTROLS), default=("wage_usd_per_h",), help="sliders that are moved"
    )
    servers = parser.add_mutually_exclusive_group()
    servers.add_argument("--defaults", action="store_true", help="the same with Streamlit's own settings")
    servers.add_argument("--replicas", action="store_true", help="two servers behind nginx, with PostgreSQL")
    options = parser.parse_args()
    if options.replicas and (said := missing()):
        print(f"Not measured: {said}")
        return 0
    print(f"Load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    ours, is_right = _measured(options)
    if options.defaults:
        print("Streamlit's own settings:")
        theirs, _ = _measured(options, *DEFAULTS)
        for people in ours.keys() & theirs.keys():
            ratios = [other / own for own, other in zip(ours[people], theirs[people], strict=True)]
            print(f"{people:5} people: p95 {ratios[0]:.1f} times, processor time {ratios[1]:.1f} times ours")
    return int(not is_right)


if __name__ == "__main__":
    sys.exit(main())
