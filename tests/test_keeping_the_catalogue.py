"""docs/keeping_the_catalogue.md: the fortnight's steps, followed to the letter in a copy of the tree."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from calculator.catalog.loader import load_catalog

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/keeping_the_catalogue.md").read_text("utf-8")
STEPS = PAGE.split("## Every fortnight: prices\n", 1)[1].split("\n## ", 1)[0]
BLOCKS = re.findall(r"^ *```(\w*)\n(.*?)^ *```$", STEPS, re.M | re.S)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    for folder in ("calculator", "tests/calculator/catalog", "tests/fixtures", "docs"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return root


def _run(command: str, tree: Path) -> subprocess.CompletedProcess[str]:
    first, *words = shlex.split(command)
    assert first == "python"
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    return subprocess.run(
        [sys.executable, *words], cwd=tree, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def said(tree: Path) -> list[tuple[str, str]]:
    """Each command of the page with what it printed; the tests of the catalogue are run by the suite itself."""
    found: list[tuple[str, str]] = []
    for language, text in BLOCKS:
        if language == "csv":
            lines = [line.strip() for line in text.splitlines()]
            (tree / "readings.csv").write_text("\n".join(lines) + "\n", "utf-8")
            continue
        for command in filter(None, map(str.strip, text.splitlines())):
            if command.startswith("python -m pytest"):
                assert all((ROOT / word).exists() for word in shlex.split(command) if word.startswith("tests/"))
                continue
            done = _run(command, tree)
            assert done.returncode == 0, f"{command}: {done.stderr}"
            found.append((command, done.stdout))
    return found


def test_steps_are_these_and_each_answers(said: list[tuple[str, str]]) -> None:
    assert [command.removeprefix("python -m calculator ") for command, _ in said] == [
        "catalog check",
        "catalog import readings.csv --dry-run",
        "catalog import readings.csv",
        "catalog check",
        "compare",
    ]
    assert "nothing was written" in said[1][1]
    assert "Added to 2 files" in said[2][1]


def test_row_leaves_the_top_of_the_list_as_the_page_says(said: list[tuple[str, str]]) -> None:
    before, after = (text.splitlines() for command, text in said if command.endswith("catalog check"))
    machine = "mac-studio-m5-ultra-96 "
    places = [next(at for at, line in enumerate(lines) if line.startswith(machine)) for lines in (before, after)]
    assert places[0] == 1
    assert places[1] > 1


def test_reading_is_a_further_row_and_the_old_one_stays(tree: Path, said: list[tuple[str, str]]) -> None:
    assert said
    old = load_catalog().machines["mac-studio-m5-ultra-96"].prices
    new = load_catalog.__wrapped__(tree / "calculator/catalog").machines["mac-studio-m5-ultra-96"].prices
    assert new[: len(old)] == old
    (added,) = new[len(old) :]
    assert (added.price_usd.central, added.price_usd.as_of) == (4999, "2026-11-27")


def test_same_file_is_refused_the_second_time(tree: Path, said: list[tuple[str, str]]) -> None:
    assert said
    again = _run("python -m calculator catalog import readings.csv", tree)
    assert again.returncode == 2
    assert "the catalogue has this reading" in again.stderr


@pytest.mark.parametrize(
    "row",
    [
        "nowhere,list,1,,,2026-11-27,h26-apple-matrix",
        "mac-studio-m5-ultra-96,odd,1,,,2026-11-27,h26-apple-matrix",
        "mac-studio-m5-ultra-96,list,5000,,,2096-11-27,h26-apple-matrix",
        "mac-studio-m5-ultra-96,list,0,,,2026-11-27,h26-apple-matrix",
        "mac-studio-m5-ultra-96,list,-1,,,2026-11-27,h26-apple-matrix",
        "mac-studio-m5-ultra-96,list,5000,6000,7000,2026-11-27,h26-apple-matrix",
        "mac-studio-m5-ultra-96,list,5000,,,2026-11-27,unknown",
    ],
)
def test_everything_that_the_page_says_is_refused_is_refused(tree: Path, row: str) -> None:
    (tree / "wrong.csv").write_text(f"id,kind,central,low,high,as_of,source\n{row}\n", "utf-8")
    before = (tree / "calculator/catalog/machines/mac-studio-m5-ultra-96.toml").read_bytes()
    done = _run("python -m calculator catalog import wrong.csv", tree)
    assert done.returncode == 2, done.stdout
    assert "Traceback" not in done.stderr
    assert (tree / "calculator/catalog/machines/mac-studio-m5-ultra-96.toml").read_bytes() == before


def test_files_that_the_page_names_exist() -> None:
    named = set(re.findall(r"`(test_\w+\.py)`", PAGE))
    assert len(named) >= 5
    assert not [name for name in named if not (ROOT / "tests/calculator/catalog" / name).exists()]
