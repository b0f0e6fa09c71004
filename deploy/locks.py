"""The pinned packages of requirements*.txt, and whether pyproject.toml and the files agree. Needs no network."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
HOLDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "requirements.txt": (("mlx", "pdf"), ("build",)),
    "requirements-core.txt": (("pdf",), ("build",)),
    "requirements-server.txt": (("pdf", "agent"), ("build",)),
    "requirements-test.txt": ((), ("test",)),
    "requirements-check.txt": ((), ("check",)),
    "requirements-docs.txt": ((), ("docs",)),
    "requirements-install.txt": ((), ("install",)),
    "requirements-audit.txt": ((), ("audit",)),
}
"""Each file: the extras and the dependency groups of pyproject.toml that `make lock` compiles into it."""
WITH_THE_PROJECT = ("requirements.txt", "requirements-core.txt", "requirements-server.txt")
_PIN = re.compile(r"^(?P<name>[\w.-]+)(\[[\w,-]+\])?==(?P<version>[^\s;\\]+)( ; (?P<marker>[^\\]+?))? ?\\?$")
_ASKED = re.compile(r"local-llm-tco \(pyproject\.toml")


@dataclass(frozen=True, slots=True)
class Pin:
    """One line of a lock file: a package at one version, where its marker holds."""

    name: str
    version: str
    marker: str
    hash_count: int
    asked_for: bool
    """Whether pyproject.toml names it itself."""


def pins(file: Path) -> list[Pin]:
    """Every pin of a lock file; raises ValueError for a line that is none."""
    found: list[Pin] = []
    for block in _blocks(file.read_text("utf-8")):
        match = _PIN.match(block[0])
        if match is None:
            raise ValueError(f"{file.name}: {block[0][:80]!r} is no pinned package. Run `make lock`.")
        found.append(
            Pin(
                name=canonicalize_name(match["name"]),
                version=match["version"],
                marker=(match["marker"] or "").strip(),
                hash_count=sum("--hash=sha256:" in line for line in block),
                asked_for=any(_ASKED.search(line) for line in block),
            )
        )
    return found


def _blocks(text: str) -> Iterator[list[str]]:
    block: list[str] = []
    for line in text.splitlines():
        if line and not line[0].isspace() and not line.startswith("#"):
            if block:
                yield block
            block = []
        if block or (line and not line.startswith("#")):
            block.append(line)
    if block:
        yield block


def asked_for(file: str, pyproject: Path = ROOT / "pyproject.toml") -> list[Requirement]:
    """What pyproject.toml asks for in that lock file."""
    text = tomllib.loads(pyproject.read_text("utf-8"))
    extras, groups = HOLDS[file]
    lines = list(text["project"]["dependencies"]) if file in WITH_THE_PROJECT else []
    lines += [line for extra in extras for line in text["project"]["optional-dependencies"][extra]]
    lines += [line for group in groups for line in text["dependency-groups"][group]]
    return [Requirement(line) for line in lines]


def disagreements(root: Path = ROOT) -> list[str]:
    """Sentences on whatever in the lock files is not what pyproject.toml says; empty if they agree."""
    found: list[str] = []
    versions: dict[tuple[str, str], dict[str, str]] = {}
    for file in HOLDS:
        locked = pins(root / file)
        for pin in locked:
            versions.setdefault((pin.name, pin.marker), {})[file] = pin.version
            if not pin.hash_count:
                found.append(f"{file}: {pin.name} has no hash.")
        wanted = asked_for(file, root / "pyproject.toml")
        names = {canonicalize_name(one.name) for one in wanted}
        for one in wanted:
            here = [pin for pin in locked if pin.name == canonicalize_name(one.name)]
            if not here:
                found.append(f"{file} lacks {one.name}, which pyproject.toml asks for.")
            found += [
                f"{file} has {one.name} {pin.version}; pyproject.toml asks for {one.specifier}."
                for pin in here
                if not one.specifier.contains(pin.version, prereleases=True)
            ]
        found += [
            f"{file} says that pyproject.toml asks for {pin.name}, which it does not."
            for pin in locked
            if pin.asked_for and pin.name not in names
        ]
    for (name, _), places in versions.items():
        if len(set(places.values())) > 1:
            found.append(f"{name} has several versions: {', '.join(f'{v} in {f}' for f, v in places.items())}.")
    return found
