"""Command line of the calculator: comparison, prediction, memory, service, sweep, audit, calibration.

    python -m calculator compare [SCENARIO.toml] [--set name=value ...] [--csv [FILE]] [--json [FILE]]
    python -m calculator predict --machine ID --model ID --format ID [--json]
    python -m calculator finetune --machine ID --model ID --format ID [--qlora] [--json]
    python -m calculator retrieval --documents N --dimensions D [--json]
    python -m calculator service [SCENARIO.toml] [--set name=value ...] [--hours] [--json]
    python -m calculator choose [SCENARIO.toml] --budget USD --model ID [--largest-context MACHINE MODEL] [--json]
    python -m calculator check SCENARIO.toml --machine ID
    python -m calculator demand FILE [FILE ...] [--timezone NAME] [--json]
    python -m calculator explain OPTION LINE [--scenario SCENARIO.toml]
    python -m calculator bridge START [END]
    python -m calculator sweep GRID.toml --out results.parquet
    python -m calculator audit [--machine ID --model ID --format ID --tok-s X]
    python -m calculator catalog check | figures [WORD] | import FILE.csv | prices [WORD] | diff
    python -m calculator accuracy | calibrate
    python -m calculator list machines|models|formats|runtimes|chips|options

A refusal is one sentence on standard error and exit code 2; never a traceback.
"""

import argparse
import importlib
import sys
from collections.abc import Callable, Sequence
from typing import Any

from calculator.catalog import load_catalog
from calculator.cli.audit import register as register_audit
from calculator.cli.catalog import register as register_catalog
from calculator.cli.choose import register as register_choose
from calculator.cli.compare import register as register_compare
from calculator.cli.demand import register as register_demand
from calculator.cli.explain import register as register_explain
from calculator.cli.flags import Parser
from calculator.cli.memory import register as register_memory
from calculator.cli.predict import register as register_predict
from calculator.cli.service import register as register_service
from calculator.cli.sweep import register as register_sweep
from calculator.errors import CalculatorError

REFUSED = 2
_WITH_THEIR_OWN_ARGUMENTS = {
    "accuracy": ("calculator.cli.accuracy", "how wrong the predictions are on a table of measurements"),
    "calibrate": (
        "calculator.cli.calibrate",
        "fit the speed constants to the shipped measurements (a minute or two)",
    ),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it answered, 2 when it refused."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        if words and words[0] in _WITH_THEIR_OWN_ARGUMENTS:
            module, _ = _WITH_THEIR_OWN_ARGUMENTS[words[0]]
            return int(importlib.import_module(module).run(words[1:], catalog=load_catalog()))
        arguments = _parser().parse_args(words)
        command: Callable[[argparse.Namespace], int] = arguments.command
        return command(arguments)
    except CalculatorError as error:
        print(error, file=sys.stderr)
        return REFUSED
    except BrokenPipeError:
        sys.stderr.close()
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m calculator", description=(__doc__ or "").split("\n", maxsplit=1)[0])
    commands: Any = parser.add_subparsers(required=True, metavar="COMMAND")

    register_compare(commands)
    register_predict(commands)
    register_memory(commands)
    register_service(commands)
    register_explain(commands)
    register_demand(commands)
    register_choose(commands)
    register_sweep(commands)
    register_audit(commands)
    register_catalog(commands)

    for name, (_, says) in _WITH_THEIR_OWN_ARGUMENTS.items():
        commands.add_parser(name, help=says, add_help=False)

    command = commands.add_parser("list", help="list what the catalogue holds, with ids")
    command.add_argument("what", choices=["machines", "models", "formats", "runtimes", "chips", "options"])
    command.set_defaults(command=_list)
    return parser


def _list(arguments: argparse.Namespace) -> int:
    catalog = load_catalog()
    tables = {
        "machines": [catalog.machines, catalog.clouds],
        "models": [catalog.models],
        "formats": [catalog.formats],
        "runtimes": [catalog.runtimes],
        "chips": [catalog.chips],
        "options": [catalog.machines, catalog.clouds, catalog.apis, catalog.subscriptions],
    }[arguments.what]
    rows = [(key, entry.name) for table in tables for key, entry in table.items()]
    width = max((len(key) for key, _ in rows), default=0)
    for key, name in rows:
        print(f"{key:<{width}}  {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
