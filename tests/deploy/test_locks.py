"""Lock files: they hold what pyproject.toml asks for, with hashes; each kind of disagreement is seen."""

import shutil
from pathlib import Path

import pytest

from deploy.locks import HOLDS, ROOT, WITH_THE_PROJECT, asked_for, disagreements, pins

MEND = "run `make lock` and commit what it writes"


def test_locks_are_what_pyproject_asks_for() -> None:
    assert not disagreements(), MEND


def test_nothing_for_tests_is_in_the_environment_of_the_page() -> None:
    tools = {one.name for one in (*asked_for("requirements-test.txt"), *asked_for("requirements-check.txt"))}
    needed_anyway = {"pyyaml"}  # by transformers
    assert tools & {pin.name for pin in pins(ROOT / "requirements.txt")} <= needed_anyway


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for file in (*HOLDS, "pyproject.toml"):
        shutil.copy(ROOT / file, tmp_path / file)
    return tmp_path


def _replace(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


def test_dependency_that_was_not_locked_is_named(copy: Path) -> None:
    _replace(copy / "pyproject.toml", '"numpy>=2.3",', '"numpy>=2.3",\n  "left-pad>=1",')
    assert disagreements(copy) == [
        f"{file} lacks left-pad, which pyproject.toml asks for." for file in WITH_THE_PROJECT
    ]


def test_version_outside_what_is_asked_for_is_named(copy: Path) -> None:
    _replace(copy / "pyproject.toml", '"plotly~=7.1.0"', '"plotly>=99"')
    assert [text for text in disagreements(copy) if "asks for >=99" in text]


def test_dependency_that_was_dropped_is_named(copy: Path) -> None:
    _replace(copy / "pyproject.toml", '  "xlsxwriter>=3.2.9",\n', "")
    assert [text for text in disagreements(copy) if "asks for xlsxwriter, which it does not" in text]


def test_pin_without_a_hash_and_one_of_two_versions_are_named(copy: Path) -> None:
    (copy / "requirements-docs.txt").open("a", encoding="utf-8").write("pluggy==0.1\n")
    found = disagreements(copy)
    assert "requirements-docs.txt: pluggy has no hash." in found
    assert [text for text in found if text.startswith("pluggy has several versions")]


def test_unpinned_line_is_refused(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("numpy>=2\n", "utf-8")
    with pytest.raises(ValueError, match="is no pinned package"):
        pins(tmp_path / "requirements.txt")
