"""Command `demand`: the demand of a scenario from one's own usage logs.

    python -m calculator demand FILE [FILE ...] [--timezone America/New_York] [--requests-per-day N] [--json]

Prints a scenario file that `compare` takes. Nothing but counts is kept, and nothing leaves the machine.
"""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from calculator.errors import ScenarioError
from calculator.scenario.usage_logs.demand_of import demand_of, scenario_toml
from calculator.scenario.usage_logs.reading import read_usage
from calculator.scenario.usage_logs.tally import Tally

if TYPE_CHECKING:
    from argparse import (
        _SubParsersAction,  # pyright: ignore[reportPrivateUsage]  (argparse has no public name)
    )

_MOST_REQUESTS = 1_000_000


def register(commands: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the `demand` command to the calculator's parser."""
    command = commands.add_parser("demand", help="requests, tokens and hours from your own usage logs, as a scenario")
    command.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="usage CSV of OpenAI or Anthropic, LiteLLM spend logs, sessions of Claude Code or Codex, OpenTelemetry "
        "spans, or a CSV of time, input, cached, output",
    )
    command.add_argument("--timezone", default="UTC", metavar="NAME", help="where the people are: America/New_York")
    command.add_argument(
        "--requests-per-day", type=float, metavar="N", help="where the export counts tokens and no requests"
    )
    command.add_argument("--json", action="store_true", help="the values and remarks as JSON")
    command.set_defaults(command=_demand)


def _demand(arguments: argparse.Namespace) -> int:
    asked: float | None = arguments.requests_per_day
    if asked is not None and not 0 < asked <= _MOST_REQUESTS:
        raise ScenarioError(f"--requests-per-day is {asked:g}; it must lie above 0 and at most {_MOST_REQUESTS:,}.")
    tally = Tally(_zone(arguments.timezone))
    for path in arguments.files:
        _read(path, tally)
    demand = demand_of(tally, requests_per_day=asked)
    demand.scenario()  # refuses what no scenario holds, before a file of it is printed
    if arguments.json:
        print(json.dumps({"values": demand.values, "remarks": demand.remarks}, indent=2, allow_nan=False))
    else:
        name = f"Demand of {arguments.files[0].name}" + (" and others" if len(arguments.files) > 1 else "")
        print(scenario_toml(demand, tally, name=name), end="")
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
