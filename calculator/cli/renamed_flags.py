"""Renamed flags: an old flag answers with one sentence that names the new one."""

import argparse
from collections.abc import Sequence
from typing import Any

from calculator.errors import ScenarioError


class Renamed(argparse.Action):
    """Refuses an old flag; `const` is the flag that took its place. Raises ScenarioError."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        """Say the new name."""
        raise ScenarioError(f"{option_string} is now {self.const}. Write {self.const} {values}.")


def add_renamed(command: argparse.ArgumentParser, old: str, *, new: str) -> None:
    """Let `command` answer the flag `old` with the name `new`."""
    command.add_argument(old, action=Renamed, const=new, help=argparse.SUPPRESS)
