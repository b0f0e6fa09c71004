"""Columns of numbers: one unit, dashes allowed, and nothing that only looks like a number."""

import pytest

from views.number_columns import number_columns


def in_column(*cells: object) -> bool:
    return bool(number_columns([{"Name": "a", "Cells": cell} for cell in cells]))


@pytest.mark.parametrize(
    "cells",
    [
        ("1", "2.5", "1,234"),
        (1, 2.5, None),
        ("44.0 GB", "-", "230.9 GB"),
        ("44.0\N{NO-BREAK SPACE}GB", "5.0 GB"),
        ("$903", "-$6,472", "–"),
        ("EUR 903", "EUR -2"),
        ("12 %", "7 %"),
        ("42 million", "7 million"),
        ("1.2e-05", "3"),
    ],
)
def test_numbers_of_one_unit_and_dashes_are_a_column_of_numbers(cells: tuple[object, ...]) -> None:
    assert in_column(*cells)


@pytest.mark.parametrize(
    "cells",
    [
        (),
        ("-", "", None),
        ("yes", "no"),
        ("5 s", "2 hours"),
        ("$5", "EUR 5"),
        ("24 (21 to 27)", "19 (17 to 22)"),
        ("0.12 to 0.215",),
        ("2026-11-27", "2026-11-26"),
        ("3.3 GB by the fullest card", "4.0 GB"),
        ("4-bit", "8-bit, packed"),
        ("4-bit", "8-bit"),
        ("4-bit",),
        ("4\N{NON-BREAKING HYPHEN}bit", "-"),
        ("7 x Mac Studio M2 Ultra",),
    ],
)
def test_what_is_no_number_or_has_two_units_is_no_column_of_numbers(cells: tuple[object, ...]) -> None:
    assert not in_column(*cells)


def test_first_column_names_the_row_and_no_rows_have_no_columns() -> None:
    assert number_columns([{"Year": "2026", "Cost": "$5"}]) == {"Cost"}
    assert number_columns([]) == set()
