"""Fixtures of the catalogue: the shipped one, and a copy of its files in which text can be replaced."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from calculator.catalog import Catalog, load_catalog
from calculator.catalog.loader import FOLDER


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="module")
def whole_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("catalog") / "catalog"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return folder


@pytest.fixture
def edit(whole_copy: Path) -> Callable[[str, str, str], Path]:
    """Replace text in one file of a copy of the catalogue; the file is restored before the next edit."""
    for path in FOLDER.rglob("*.toml"):
        copy = whole_copy / path.relative_to(FOLDER)
        if copy.read_bytes() != path.read_bytes():
            copy.write_bytes(path.read_bytes())

    def edited(file: str, old: str, new: str) -> Path:
        path = whole_copy / file
        text = path.read_text("utf-8")
        assert old in text, f"the test's own text is stale: {old!r} is not in {file}"
        path.write_text(text.replace(old, new, 1), "utf-8")
        return whole_copy

    return edited
