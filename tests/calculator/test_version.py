"""Version of the product: one number in the package, its exports and pyproject.toml."""

import re
import tomllib
from pathlib import Path

import calculator
from calculator import Scenario, compare, load_catalog
from calculator.version import VERSION

ROOT = Path(__file__).parents[2]


def test_version_is_that_of_the_project() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"] == VERSION
    assert calculator.__version__ == VERSION
    assert re.fullmatch(r"\d+\.\d+\.\d+", VERSION)


def test_every_comparison_says_which_version_computed_it() -> None:
    assert compare(Scenario(), load_catalog()).version == VERSION
