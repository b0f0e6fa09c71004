"""`python -m measurements COMMAND ...`: what this machine, or a model's own configuration, says for itself.

A dispatcher only: each command is a function `(arguments) -> exit code` of a module, imported when it is asked for, so that
`plan` does not pay for the database and nothing but the workers imports mlx.
"""

import importlib
import sys

from calculator.errors import CalculatorError

COMMANDS: dict[str, tuple[str, str]] = {
    "plan": ("measurements.models.plan", "exact bytes of a model from its config.json: weights, cache, peak"),
    "describe": ("measurements.models.describe", "write a model's catalogue file from its config.json"),
    "probe": ("measurements.cli.probe:probe", "measure this machine, with a model that need not be downloaded"),
    "import": (
        "measurements.cli.store:import_files",
        "take over what llama-bench, mlx_lm.benchmark, vLLM or this tool measured",
    ),
    "export": ("measurements.cli.store:export", "write the stored measurements as JSON lines"),
    "list": ("measurements.cli.store:list_records", "show the stored measurements"),
    "delete": ("measurements.cli.store:delete", "mark a measurement as deleted"),
    "agent": ("measurements.cli.agent:main", "take probe requests from a team's queue"),
}


def main(arguments: list[str]) -> int:
    """Run one command; 2 where the request is wrong, with one sentence on stderr."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print("usage: python -m measurements COMMAND ...")
        for name, (_, purpose) in COMMANDS.items():
            print(f"  {name:10} {purpose}")
        return 0 if arguments else 2
    name, *rest = arguments
    if name not in COMMANDS:
        print(f"{name!r} is not a command. Known: {', '.join(COMMANDS)}.", file=sys.stderr)
        return 2
    try:
        module, _, function = COMMANDS[name][0].partition(":")
        return int(getattr(importlib.import_module(module), function or "main")(rest))
    except CalculatorError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
