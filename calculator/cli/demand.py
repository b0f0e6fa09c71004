"""Command `demand`: the demand of a scenario from one's own usage logs.

    python -m calculator demand FILE [FILE ...] [--timezone America/New_York] [--requests-per-day N] [--json]
    python -m calculator demand --turns 21 --first-tokens 1545 --new-tokens 1173 --answer-tokens 184
                                --sessions-per-day 9 [--kept 0.9] [--open-sessions 4] [--json]

The second form is for agents and chats that are not there yet, described by their turns. Prints a scenario file that `compare` takes. Nothing but counts is kept, and nothing leaves the machine.
"""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from calculator.errors import ScenarioError
from calculator.scenario.sessions import Session
from calculator.scenario.usage_logs.demand_of import LogDemand, demand_of, scenario_toml
from calculator.scenario.usage_logs.reading import read_usage
from calculator.scenario.usage_logs.tally import Tally
from calculator.units import plain_number

if TYPE_CHECKING:
    from argparse import (
        _SubParsersAction,  # pyright: ignore[reportPrivateUsage]  (argparse has no public name)
    )

_MOST_REQUESTS = 1_000_000
_LONGEST_NAME = 120  # of a scenario


def register(commands: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the `demand` command to the calculator's parser."""
    command = commands.add_parser("demand", help="requests, tokens and hours from your own usage logs, as a scenario")
    command.add_argument(
        "files",
        nargs="*",
        type=Path,
        metavar="FILE",
        help="usage CSV of OpenAI or Anthropic, LiteLLM spend logs, sessions of Claude Code or Codex, OpenTelemetry "
        "spans, or a CSV of time, input, cached, output",
    )
    command.add_argument(
        "--timezone", default="UTC", metavar="NAME", help="time zone of the users, such as America/New_York"
    )
    command.add_argument(
        "--requests-per-day", type=float, metavar="N", help="for an export that counts tokens but no requests"
    )
    turns = command.add_argument_group("instead of files, sessions of many turns")
    turns.add_argument("--turns", type=int, metavar="N", help="requests in a session; each repeats the earlier ones")
    turns.add_argument(
        "--first-tokens", type=int, metavar="N", help="tokens read at the first turn: instructions, tools, task"
    )
    turns.add_argument(
        "--new-tokens", type=int, default=0, metavar="N", help="new tokens at each later turn: tool output"
    )
    turns.add_argument("--answer-tokens", type=int, metavar="N", help="tokens written at each turn")
    turns.add_argument("--sessions-per-day", type=float, metavar="N")
    turns.add_argument(
        "--kept",
        type=float,
        default=1.0,
        metavar="SHARE",
        help="share of the reusable tokens that stay cached; default: 1",
    )
    turns.add_argument(
        "--open-sessions", type=int, default=0, metavar="N", help="sessions kept in memory between turns"
    )
    command.add_argument("--json", action="store_true", help="the values and remarks as JSON")
    command.set_defaults(command=_demand)


def _demand(arguments: argparse.Namespace) -> int:
    asked: float | None = arguments.requests_per_day
    if asked is not None and not 0 < asked <= _MOST_REQUESTS:
        raise ScenarioError(
            f"--requests-per-day is {plain_number(asked)}; it must lie above 0 and at most {_MOST_REQUESTS:,}."
        )
    if arguments.turns is not None:
        return _sessions(arguments)
    if not arguments.files:
        raise ScenarioError("demand needs a usage log, or a session: --turns, --first-tokens and --answer-tokens.")
    tally = Tally(_zone(arguments.timezone))
    for path in arguments.files:
        _read(path, tally)
    demand = demand_of(tally, requests_per_day=asked)
    demand.scenario()  # refuses what no scenario holds, before a file of it is printed
    if arguments.json:
        print(json.dumps({"values": demand.values, "remarks": demand.remarks}, indent=2, allow_nan=False))
    else:
        name = f"Demand of {arguments.files[0].name}" + (" and others" if len(arguments.files) > 1 else "")
        print(scenario_toml(demand, tally, name=name[:_LONGEST_NAME]), end="")
    return 0


def _sessions(arguments: argparse.Namespace) -> int:
    """The scenario file of sessions that are described by their turns."""
    given = {
        name: getattr(arguments, name.lstrip("-").replace("-", "_"))
        for name in ("--first-tokens", "--answer-tokens", "--sessions-per-day")
    }
    if missing := [name for name, value in given.items() if value is None]:
        raise ScenarioError(f"{' and '.join(missing)} belong to --turns. Add what is missing.")
    if arguments.files:
        raise ScenarioError("demand reads files or a session, not both. Leave the files or --turns out.")
    session = Session(
        arguments.turns, arguments.first_tokens, arguments.new_tokens, arguments.answer_tokens, arguments.kept
    )
    values: dict[str, Any] = {
        "requests_per_working_day": arguments.sessions_per_day * arguments.turns,
        **session.values(),
        "open_session_count": arguments.open_sessions,
    }
    demand = LogDemand(values, ())
    demand.scenario()
    if arguments.json:
        print(json.dumps({"values": values, "remarks": []}, indent=2, allow_nan=False))
        return 0
    print(
        f"# {plain_number(arguments.sessions_per_day)} sessions a day of {arguments.turns} turns: "
        f"{arguments.first_tokens:,} tokens at"
    )
    print(f"# first, {arguments.new_tokens:,} new and {arguments.answer_tokens:,} written at each turn.")
    print("schema_version = 2")
    print("\n".join(f"{name} = {value}" for name, value in values.items()))
    return 0


def _read(path: Path, tally: Tally) -> None:
    try:
        with path.open("rb") as stream:
            read_usage(stream, zone=tally.zone, tally=tally)
    except OSError as error:
        raise ScenarioError(f"{path} cannot be read ({error.strerror}). Name a usage log.") from None
    except ScenarioError as error:
        raise ScenarioError(f"{path}: {error}") from None


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ScenarioError(
            f"--timezone is {name[:40]!r}, which is no time zone. Write a name such as America/New_York or UTC."
        ) from None
