"""The page of formulas says what the catalogue holds."""

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "model" / "finance.md").read_text("utf-8")
DEFAULTS = tomllib.loads((ROOT / "calculator" / "catalog" / "defaults.toml").read_text("utf-8"))["defaults"]


@pytest.mark.parametrize("name", DEFAULTS)
def test_default_is_documented_with_range_basis_and_date(name: str) -> None:
    row = next((line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |")), None)
    assert row is not None, f"docs/model/finance.md: add a row for {name} to the table of defaults"
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    entry = DEFAULTS[name]
    assert [float(cell) for cell in cells[1:4]] == [entry["low"], entry["central"], entry["high"]]
    assert (cells[4], cells[6], cells[8]) == (entry["unit"], entry["basis"], entry["as_of"])


def test_every_module_of_finance_is_named() -> None:
    topics = {
        "discounting": "## Present value",
        "ledger": "## A line is",
        "resale": "## Resale",
        "tax": "## Tax",
        "books": "Books:",
        "returns": "## Internal rate",
        "time_value": "## Lease",
        "depreciation": "MACRS",
    }
    modules = {path.stem for path in (ROOT / "calculator" / "finance").glob("*.py")} - {"__init__"}
    assert modules == set(topics)
    for text in topics.values():
        assert text in PAGE
