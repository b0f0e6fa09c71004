"""Command `compare`: all options of one scenario, as text, JSON, or one of the files to take home.

    compare [SCENARIO.toml] [--set name=value ...] [--json [FILE]] [--csv [FILE]] [--wide-csv [FILE]]
            [--summary-csv [FILE]] [--currency EUR --rate 0.92 --rate-date 2026-11-01]

A flag without a file writes to standard output. A table that goes into a file is accompanied by FILE.meta.json: the
question, the day, the versions and the hashes behind it. A .toml file, or a preset's name, is a scenario to read
wherever it stands: it is never written to.
"""

import argparse
import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

from calculator.catalog import load_catalog
from calculator.cli.explain import bridge_note
from calculator.decision.compare import compare
from calculator.errors import ScenarioError
from calculator.report.home_files import HOME_FILES
from calculator.risk.monte_carlo import FULL_COUNT
from calculator.scenario.files import read_scenario
from calculator.scenario.presets import preset_names
from calculator.scenario.scenario import Scenario

_TARGETS = (*(file.key for file in HOME_FILES), "json")
_STANDARD_OUTPUT = "-"


def register(commands: Any) -> None:
    """Add compare to the parser's commands."""
    command = commands.add_parser("compare", help="compare all options at the same demand: fit, speed, cost, verdict")
    command.add_argument("scenario", nargs="?", type=Path, metavar="SCENARIO.toml")
    command.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        dest="settings",
        help="change one value, or give its P10/P50/P90 as 60/95/200; repeat for more. A dot reaches into a table: "
        "leases.<machine>.usd_per_month=300",
    )
    for file in HOME_FILES:
        _add_target(command, file.key, file.says, is_text=file.is_text)
    _add_target(command, "json", "every result but the ledger's months")
    command.add_argument("--currency", metavar="EUR", help="also show amounts in this currency")
    command.add_argument("--rate", metavar="0.92", help="units of that currency per dollar")
    command.add_argument("--rate-date", metavar="YYYY-MM-DD", help="date of that exchange rate")
    command.set_defaults(command=_compare)


def _compare(arguments: argparse.Namespace) -> int:
    from calculator.analysis.deep import analyse, analysis_dict
    from calculator.report.answer_json import comparison_dict
    from calculator.report.facts import facts_json
    from calculator.report.terminal import comparison_text

    _scenario_is_never_a_target(arguments)
    for file in HOME_FILES:
        if not file.is_text and getattr(arguments, file.key) == _STANDARD_OUTPUT:
            raise ScenarioError(
                f"{_flag(file.key)} needs a file to write to. Write {_flag(file.key)} answer{file.suffix}."
            )
    targets = [getattr(arguments, name) for name in _TARGETS]
    if targets.count(_STANDARD_OUTPUT) > 1:
        sharing = [_flag(name) for name in _TARGETS if getattr(arguments, name) == _STANDARD_OUTPUT]
        raise ScenarioError(
            f"{', '.join(sharing[:-1])} and {sharing[-1]} cannot share standard output. Give all but one of them a file."
        )
    catalog = load_catalog()
    scenario = _in_currency(read_scenario(arguments.scenario, settings=arguments.settings), arguments)
    # as many draws as the analysis, so that the verdict and the odds of one answer are the same numbers
    comparison = compare(scenario, catalog, as_of=date.today().isoformat(), draw_count=FULL_COUNT)
    for file in HOME_FILES:
        if target := getattr(arguments, file.key):
            _write(target, file.content(comparison, catalog))
            if file.is_table and target != _STANDARD_OUTPUT:
                _write(str(Path(target).with_suffix(".meta.json")), facts_json(comparison).encode())
    if arguments.json:
        answer = comparison_dict(comparison)
        if comparison.candidates:
            answer["analysis"] = analysis_dict(analyse(comparison, catalog, count=comparison.draw_count))
        _write(arguments.json, f"{json.dumps(answer, indent=2, allow_nan=False)}\n".encode())
    if _STANDARD_OUTPUT not in targets:
        print(comparison_text(comparison))
        if note := bridge_note(arguments.scenario, scenario):
            print(f"\n{note}")
    return 0


def _scenario_is_never_a_target(arguments: argparse.Namespace) -> None:
    """`compare --json presets/article.toml` reads the scenario and writes to standard output."""
    for name in _TARGETS:
        target = getattr(arguments, name)
        if target is None or not (target.endswith(".toml") or target in preset_names()):
            continue
        if arguments.scenario is not None:
            raise ScenarioError(
                f"{_flag(name)} {target}: that is a scenario, which is read and never written to, and "
                f"{arguments.scenario} is named as well. Name another file to write to, or leave it out."
            )
        arguments.scenario = Path(target)
        setattr(arguments, name, _STANDARD_OUTPUT)


def _in_currency(scenario: Scenario, arguments: argparse.Namespace) -> Scenario:
    """The scenario with the currency, the rate and its day that were given together, or as it is."""
    given = {
        "--currency": arguments.currency,
        "--rate": arguments.rate,
        "--rate-date": arguments.rate_date,
    }
    missing = [name for name, value in given.items() if value is None]
    if len(missing) == len(given):
        return scenario
    if missing:
        raise ScenarioError(
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing: a currency needs its rate and "
            "the day of the rate. Write, for example, --currency EUR --rate 0.92 --rate-date 2026-11-01."
        )
    try:
        per_usd = float(arguments.rate)
    except ValueError:
        raise ScenarioError(
            f"--rate is {arguments.rate[:40]!r}; it must be a number: what one dollar costs. Write, for example, 0.92."
        ) from None
    return scenario.changed(currencies={arguments.currency: {"per_usd": per_usd, "as_of": arguments.rate_date}})


def _add_target(command: argparse.ArgumentParser, name: str, says: str, *, is_text: bool = True) -> None:
    where = "; without FILE, to standard output" if is_text else ""
    command.add_argument(_flag(name), nargs="?", const=_STANDARD_OUTPUT, metavar="FILE", help=f"write {says}{where}")


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _write(target: str, content: bytes) -> None:
    if target == _STANDARD_OUTPUT:
        sys.stdout.write(content.decode("utf-8-sig"))
        return
    try:
        Path(target).write_bytes(content)
    except OSError as error:
        raise ScenarioError(
            f"{target} cannot be written ({error.strerror}). Name a file in a folder that exists."
        ) from None
