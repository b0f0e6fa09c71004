"""`python -m measurements COMMAND ...`: what this machine, or a model's own configuration, says for itself.

A dispatcher only: each command is a module with `main(arguments) -> exit code`, imported when it is asked for, so that
`plan` does not pay for the database and nothing but the workers imports mlx.
"""

import importlib
import sys

from calculator.errors import CalculatorError

COMMANDS: dict[str, tuple[str, str]] = {
    "plan": ("measurements.plan", "exact bytes of a model from its config.json: weights, cache, peak"),
    "describe": ("measurements.describe", "write a model's catalogue file from its config.json"),
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
        return int(importlib.import_module(COMMANDS[name][0]).main(rest))
    except CalculatorError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
