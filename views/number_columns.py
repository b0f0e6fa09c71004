"""Columns of numbers in a table: every cell a number, all in one unit, or a dash. They stand at the right, as do their heads."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

DASHES = ("", "-", "–", "None")
"""What says in a cell that there is nothing."""
_NUMBER = re.compile(
    r"(?P<before>[-+−]?(?:[A-Z]{3}\s|[$€£])?)[-+−]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?"
    r"(?P<unit>\s?[^-\N{HYPHEN}\N{NON-BREAKING HYPHEN}\d\s,;:()][^\d\s,;:()]{0,9})?"
)


def number_columns(rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """Names of the columns of numbers; the first column names its row and is none.

    >>> sorted(number_columns([{"Option": 1, "Needs": "4.0 GB", "Wait": "5 s"}, {"Option": 2, "Needs": "-", "Wait": "2 h"}]))
    ['Needs']
    """
    return {name for name in list(rows[0])[1:] if _one_unit([row[name] for row in rows])} if rows else set()


def _one_unit(cells: Sequence[Any]) -> bool:
    """Whether there are numbers among the cells, and nothing but numbers of one unit and dashes."""
    found = [_NUMBER.fullmatch(str(cell)) for cell in cells if str(cell) not in DASHES]
    return bool(found) and all(found) and len({_unit(one) for one in found if one}) == 1


def _unit(found: re.Match[str]) -> tuple[str, str]:
    return found["before"].strip("-+− "), (found["unit"] or "").strip()
