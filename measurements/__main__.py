"""The command line of the measurements: `python -m measurements COMMAND ...`.

Each command is a function `(arguments) -> exit code`. Its module is imported only when the command runs, so `plan` does
not load the database and only the worker processes import mlx.
"""

import importlib
import sys

from calculator.errors import CalculatorError

COMMANDS: dict[str, tuple[str, str]] = {
    "plan": ("measurements.models.plan", "compute a model's exact memory from its config.json: weights, cache, peak"),
    "describe": ("measurements.models.describe", "write a model's catalogue file from its config.json"),
    "probe": ("measurements.cli.probe:probe", "measure this machine; no model needs to be downloaded"),
    "import": (
        "measurements.cli.store:import_files",
        "import results of llama-bench, mlx_lm.benchmark, vLLM or this tool",
    ),
    "export": ("measurements.cli.store:export", "export the stored measurements as JSON lines"),
    "list": ("measurements.cli.store:list_records", "list the stored measurements"),
    "delete": ("measurements.cli.store:delete", "retire a measurement; it is kept but no longer used"),
    "backup": ("measurements.cli.backup:backup", "write the whole store to one file"),
    "restore": ("measurements.cli.backup:restore", "put a backup into an empty store"),
    "doctor": ("measurements.cli.doctor:main", "say what works on this machine, and write a file to send back"),
    "agent": ("measurements.cli.agent:main", "run probe requests from a team's queue"),
}


def main(arguments: list[str]) -> int:
    """Run one command and return its exit code; 2, with one sentence on stderr, for a wrong request."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print("usage: python -m measurements COMMAND ...")
        for name, (_, purpose) in COMMANDS.items():
            print(f"  {name:10} {purpose}")
        print("Run `python -m measurements COMMAND --help` for a command's options.")
        return 0 if arguments else 2
    name, *rest = arguments
    if name not in COMMANDS:
        print(f"{name!r} is not a command. Use one of: {', '.join(COMMANDS)}.", file=sys.stderr)
        return 2
    try:
        module, _, function = COMMANDS[name][0].partition(":")
        return int(getattr(importlib.import_module(module), function or "main")(rest))
    except CalculatorError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
