"""Mutation test: whether the tests of a file notice that the file is wrong.

    python bench/mutants.py                        800 mutants of physics, finance, cost and decision
    python bench/mutants.py --sample 40 --only calculator/cost/owned.py

The mutants are drawn by chance, with a seed, from all those of bench/mutation.py that compile to other bytecode. Each
meets only the test file of its source file's name (tests/calculator/ROOM/test_x.py for calculator/ROOM/x.py): a mutant
that another test would notice counts as a survivor. A run that takes five times as long as without a mutant is ended
and counted as noticed. The working tree stays as it is: everything is imported once, and in a fork of that process the
changed module, and what imports it, are loaded anew. Needs fork, so Linux or macOS.

hypothesis draws the same examples in each run and neither stores nor shortens a failing one. Ctrl-C ends the run and
prints the table of those judged until then; in their random order they are a sample, too.
"""

import argparse
import ast
import contextlib
import gc
import importlib
import importlib.machinery
import importlib.util
import math
import multiprocessing
import os
import pkgutil
import random
import resource
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, ModuleType
from typing import Literal

sys.path.insert(0, str(Path(__file__).parent.parent))

import pytest
from hypothesis import Phase, settings

import calculator
from bench.mutation import Mutant, mutants

ROOT = Path(__file__).parent.parent
ROOMS = ("physics", "finance", "cost", "decision")
SLOWEST = 5.0
"""A mutant may take this many times as long as the file without it."""
LEAST_LIMIT_S = 5.0
MOST_BYTES = 4 * 2**30
"""A mutant that wants more memory fails."""
Z_95 = 1.959964
"""Two-sided 95 % point of the normal distribution."""
Outcome = Literal["killed", "survived", "timed out"]


def wilson(successes: int, count: int, *, z: float = Z_95) -> tuple[float, float]:
    """Wilson's interval of a share: (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n).

    Source: E. B. Wilson, Journal of the American Statistical Association 22 (1927), pp. 209-212.
    """
    share, spread = successes / count, z * z / count
    half = z * math.sqrt(share * (1 - share) / count + spread / (4 * count))
    return (share + spread / 2 - half) / (1 + spread), (share + spread / 2 + half) / (1 + spread)


def mirrored(path: Path) -> Path:
    """The mirrored test file of a source file."""
    return ROOT / "tests" / path.relative_to(ROOT).parent / f"test_{path.name}"


def drawn(files: Sequence[Path], *, count: int, seed: int) -> Iterator[tuple[Mutant, CodeType]]:
    """That many mutants of all files in a random order; those equal to the file are passed over."""
    every = [mutant for path in files for mutant in mutants(path)]
    random.Random(seed).shuffle(every)
    for mutant in every:
        if count and (code := mutant.code()):
            yield mutant, code
            count -= 1


class _Changed(importlib.machinery.SourceFileLoader):
    """Loads one module from other code; stands first among the finders."""

    def __init__(self, fullname: str, path: str, code: CodeType) -> None:
        super().__init__(fullname, path)
        self._code = code

    def get_code(self, fullname: str) -> CodeType:
        return self._code

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        return (
            importlib.util.spec_from_file_location(fullname, self.path, loader=self) if fullname == self.name else None
        )


class _House:
    """What is imported: every module of the calculator, and which of them rest on which."""

    def __init__(self) -> None:
        importlib.import_module("playwright.sync_api")  # tests/conftest.py asks for it
        for found in pkgutil.walk_packages(calculator.__path__, "calculator."):
            if not found.name.endswith("__main__"):
                importlib.import_module(found.name)
        calculator.load_catalog()
        self._rests_on = {name: set(_named(module)) for name, module in sys.modules.items() if _is_ours(name)}

    def forget(self, name: str) -> None:
        """Remove a module and what rests on it, so that they are imported anew."""
        gone, left = {name, "calculator"}, dict(self._rests_on)
        while more := {other for other, names in left.items() if names & gone and other not in gone}:
            gone |= more
        for other in gone:
            sys.modules.pop(other, None)
            above, _, leaf = other.rpartition(".")
            if above in sys.modules and hasattr(sys.modules[above], leaf):
                delattr(sys.modules[above], leaf)
        house = importlib.import_module("calculator")
        for other, module in list(sys.modules.items()):
            if other.count(".") == 1 and _is_ours(other):
                setattr(house, other.partition(".")[2], module)


def _is_ours(name: str) -> bool:
    return name.partition(".")[0] == "calculator"


def _named(module: ModuleType) -> Iterator[str]:
    """Modules of the calculator that a module's source imports, anywhere in it."""
    for node in ast.walk(ast.parse(Path(module.__file__ or "").read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if _is_ours(alias.name))
        elif isinstance(node, ast.ImportFrom) and _is_ours(node.module or ""):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
            yield str(node.module)


class _SameExamples:
    """A plugin of pytest: hypothesis draws the same examples each time and stops at the first that fails."""

    def pytest_sessionstart(self) -> None:
        phases = (Phase.explicit, Phase.generate)
        settings.register_profile("mutants", settings(), derandomize=True, database=None, phases=phases)
        settings.load_profile("mutants")


def _run_tests(house: _House, mutant: Mutant, code: CodeType) -> None:
    """In the fork: pytest on the mirrored file, with the module changed; its code is the exit code."""
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, MOST_BYTES))
    name = ".".join(mutant.path.relative_to(ROOT).with_suffix("").parts)
    sys.meta_path.insert(0, _Changed(name, str(mutant.path), code))
    house.forget(name)  # a mutant that cannot be imported ends the fork with exit code 1
    plain = ("-x", "-p", "no:cacheprovider", "--tb=no", f"--rootdir={ROOT}")
    os._exit(pytest.main([*plain, str(mirrored(mutant.path))], plugins=[_SameExamples()]))


@dataclass
class Judge:
    """Runs mutants one after the other; knows how long each test file takes without one."""

    house: _House
    clean_s: dict[Path, float]

    def outcome(self, mutant: Mutant, code: CodeType) -> Outcome:
        """Whether the mirrored test file notices the mutant; it must pass where the file is loaded unchanged."""
        if mutant.path not in self.clean_s:
            began = time.monotonic()
            unchanged = compile(mutant.tree, str(mutant.path), "exec")
            exit_code = self._exit_code(mutant, unchanged, limit_s=None)
            if exit_code != 0:
                raise SystemExit(f"{mirrored(mutant.path)} fails without any mutant (exit code {exit_code})")
            self.clean_s[mutant.path] = time.monotonic() - began
        exit_code = self._exit_code(mutant, code, limit_s=max(LEAST_LIMIT_S, SLOWEST * self.clean_s[mutant.path]))
        return "timed out" if exit_code is None else "survived" if exit_code == 0 else "killed"

    def _exit_code(self, mutant: Mutant, code: CodeType, *, limit_s: float | None) -> int | None:
        """Exit code of the run; None where it was ended at its limit."""
        process = multiprocessing.get_context("fork").Process(target=_run_tests, args=(self.house, mutant, code))
        process.start()
        process.join(limit_s)
        is_late = process.is_alive()
        if is_late and process.pid:
            os.killpg(process.pid, signal.SIGKILL)
            process.join()
        return None if is_late else process.exitcode


def _table(outcomes: dict[str, Counter[Outcome]]) -> Iterator[str]:
    yield f"{'room':10}{'mutants':>9}{'killed':>9}{'timed out':>11}{'survived':>10}{'score':>9}   95 % interval"
    for room, counts in outcomes.items():
        count = counts.total()
        noticed = count - counts["survived"]
        low, high = wilson(noticed, count)
        yield (
            f"{room:10}{count:9}{counts['killed']:9}{counts['timed out']:11}{counts['survived']:10}"
            f"{100 * noticed / count:7.1f} %   {100 * low:.1f} to {100 * high:.1f} %"
        )


def main() -> None:
    """Print each survivor when it is found, then the table of rooms."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--sample", type=int, default=800, help="how many mutants are drawn")
    parser.add_argument("--seed", type=int, default=20261127)
    parser.add_argument("--only", nargs="*", default=[f"calculator/{room}" for room in ROOMS], help="files or folders")
    options = parser.parse_args()
    files = sorted(
        path
        for place in options.only
        for path in ([ROOT / place] if place.endswith(".py") else (ROOT / place).rglob("*.py"))
        if path.name != "__init__.py"
    )
    began = time.monotonic()
    judge = Judge(_House(), {})
    gc.freeze()  # a fork shares the catalogue's memory
    outcomes: defaultdict[str, Counter[Outcome]] = defaultdict(Counter)
    with contextlib.suppress(KeyboardInterrupt):  # what was judged until then is a sample as well
        for mutant, code in drawn(files, count=options.sample, seed=options.seed):
            outcome = judge.outcome(mutant, code)
            place = mutant.path.relative_to(ROOT)
            for row in (place.parts[1], "all"):
                outcomes[row][outcome] += 1
            if outcome != "killed":
                print(f"{outcome}: {place}:{mutant.line}: {mutant.change}", flush=True)
    print("\n".join(_table({row: outcomes[row] for row in (*sorted(outcomes.keys() - {"all"}), "all")})))
    print(f"seed {options.seed}, {len(files)} files, {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
