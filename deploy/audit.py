"""`make audit`: known weaknesses of the pinned packages.

pip-audit asks its database about all that people run: the page with and without mlx, and the container's server.
Everywhere, the lock files are compared with deploy/floors.toml, a
dated list of lowest versions with their reasons, and with pyproject.toml. Exit code 0: nothing found. 1: something is.
"""

import datetime
import json
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.version import Version

from deploy.locks import HOLDS, ROOT, WITH_THE_PROJECT, disagreements, pins

FLOORS = ROOT / "deploy/floors.toml"
OLD_AFTER_DAYS = 90
TIMEOUT_S = 300


@dataclass(frozen=True, slots=True)
class Floor:
    """The lowest version of a package that may be installed, and why."""

    name: str
    version: Version
    because: str
    source: str
    read: datetime.date


def floors(file: Path = FLOORS) -> list[Floor]:
    """Every floor of the list."""
    rows = tomllib.loads(file.read_text("utf-8"))["floors"]
    return [
        Floor(name, Version(row["version"]), row["because"], row["source"], row["read"]) for name, row in rows.items()
    ]


def below_their_floor(root: Path = ROOT) -> list[str]:
    """Sentences on every pin below its floor, and on every floor whose package no lock file holds."""
    locked = [(file, pin) for file in HOLDS for pin in pins(root / file)]
    found: list[str] = []
    for floor in floors():
        here = [(file, pin) for file, pin in locked if pin.name == floor.name]
        if not here:
            found.append(f"No lock file holds {floor.name}; drop its floor.")
        found += [
            f"{file} holds {floor.name} {pin.version}, below {floor.version}: {floor.because} ({floor.source})."
            for file, pin in here
            if Version(pin.version) < floor.version
        ]
    return found


def ask_pip_audit(program: str, files: Sequence[Path]) -> tuple[list[str], str]:
    """Sentences on what pip-audit knows of the lock files' packages, and one on what it could not find out ("" if all)."""
    command = [program, "--disable-pip", "--require-hashes", "--progress-spinner", "off", "--format", "json"]
    try:
        done = subprocess.run(
            [*command, *(word for file in files for word in ("--requirement", str(file)))],
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        packages: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (OSError, subprocess.TimeoutExpired, ValueError, KeyError) as error:
        return [], f"pip-audit gave no answer ({type(error).__name__}); only the floors were compared."
    found = [
        f"{one['name']} {one['version']}: {weakness['id']}, fixed in {', '.join(weakness['fix_versions']) or 'nothing yet'}."
        for one in packages
        for weakness in one.get("vulns", ())
    ]
    unknown = [str(one["name"]) for one in packages if "skip_reason" in one]
    if len(unknown) == len(packages):
        return found, "pip-audit reached no database here; only the floors were compared."
    named = f"pip-audit could not look up {', '.join(unknown)}." if unknown else ""
    return found, named


def main(arguments: Sequence[str] = ()) -> int:
    """Print what was found; the exit code says whether anything was. The argument is pip-audit's program."""
    today = datetime.datetime.now(datetime.UTC).date()
    known, silence = (
        ask_pip_audit(arguments[0], [ROOT / file for file in WITH_THE_PROJECT])
        if arguments
        else ([], "pip-audit not asked.")
    )
    found = [*disagreements(), *below_their_floor(), *known]
    newest = max(floor.read for floor in floors())
    lines = [*found, f"{len(floors())} floors, the newest read on {newest}. {silence}".strip()]
    if (today - newest).days > OLD_AFTER_DAYS:
        lines.append(f"No advisory was read for {(today - newest).days} days. Read them again: deploy/floors.toml.")
    lines.append("Nothing was found." if not found else f"{len(found)} findings.")
    print("\n".join(lines))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
