"""Commands `explain` and `bridge`: the arithmetic of one cost line, and the steps from one scenario to another."""

import argparse
from datetime import date
from pathlib import Path
from typing import Any

from calculator.analysis.bridge import Bridge, bridge
from calculator.analysis.explain import explain, explanation_text
from calculator.catalog import load_catalog
from calculator.decision.compare import compare
from calculator.errors import ScenarioError
from calculator.scenario.files import read_scenario
from calculator.scenario.one_more_option import with_option
from calculator.scenario.own_catalog import catalog_of
from calculator.scenario.presets import preset, preset_names
from calculator.scenario.scenario import Scenario
from calculator.units import plain_number


def register(commands: Any) -> None:
    """Add explain and bridge to the parser's commands."""
    command = commands.add_parser("explain", help="show the arithmetic of one cost line, with its sources")
    command.add_argument("option", metavar="OPTION", help="an id, as `list options` shows it")
    command.add_argument("line", metavar="LINE", help="a cost line: hardware, energy, resale ...")
    command.add_argument("--scenario", type=Path, metavar="SCENARIO.toml")
    command.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="settings")
    command.set_defaults(command=_explain)

    command = commands.add_parser(
        "bridge", help="walk from one scenario's verdict to another's, one assumption at a time"
    )
    command.add_argument("start", metavar="START", help=f"a preset ({', '.join(preset_names())}) or a scenario file")
    command.add_argument("end", metavar="END", nargs="?", default="our-defaults")
    command.add_argument("--pair", metavar="CHEAPER,DEARER", help="two options; by default the two cheapest of START")
    command.set_defaults(command=_bridge)


def bridge_text(found: Bridge) -> str:
    """The bridge for a terminal: a line per step, and what carries the verdict."""
    rows = [(f"start: present value that {found.dearer} costs more", found.start_usd)]
    rows += [(f"  {step.name}: {_said(step.before)} -> {_said(step.after)}", step.change_usd) for step in found.steps]
    rows.append(("end", found.end_usd))
    width = max(len(label) for label, _ in rows)
    return "\n".join([*(f"{label:<{width}} {usd:>12,.0f}" for label, usd in rows), "", found.sentence])


def bridge_note(path: Path | None, scenario: Scenario) -> str:
    """What survives of the article's verdict, for whoever compares its preset; empty for any other scenario."""
    if path is None or path.stem != _ARTICLE:
        return ""
    return bridge_text(bridge(scenario, preset("our-defaults"), catalog=load_catalog(), as_of=_today()))


def _explain(arguments: argparse.Namespace) -> int:
    scenario = read_scenario(arguments.scenario, settings=arguments.settings)
    catalog = catalog_of(scenario, load_catalog())
    catalog.option(arguments.option)
    scenario = with_option(scenario, arguments.option)
    found = explain(compare(scenario, catalog, as_of=_today()), arguments.option, arguments.line, catalog=catalog)
    print(explanation_text(found))
    return 0


def _bridge(arguments: argparse.Namespace) -> int:
    start, end = (_scenario(name) for name in (arguments.start, arguments.end))
    pair: tuple[str, str] | None = None
    if arguments.pair:
        cheaper, comma, dearer = arguments.pair.partition(",")
        if not comma:
            raise ScenarioError(f"--pair {arguments.pair!r} is not of the form CHEAPER,DEARER. Name two options.")
        pair = (cheaper.strip(), dearer.strip())
    catalog = load_catalog()
    print(bridge_text(bridge(start, end, catalog=catalog, pair=pair, as_of=_today())))
    print(f"\n{end.name}: {compare(end, catalog, as_of=_today()).verdict.sentence}")
    return 0


def _today() -> str:
    """The day on which prices are looked at, read once at the command line's door."""
    return date.today().isoformat()


def _scenario(name: str) -> Scenario:
    return preset(name) if name.removesuffix(".toml") in preset_names() else read_scenario(Path(name))


def _said(value: Any) -> str:
    if value is None:
        return "the catalogue's"
    return plain_number(value) if isinstance(value, float | int) else str(value)


_ARTICLE = "article"
