"""Stamps of an address: a remark says where the answer's catalogue or measurements are others."""

import pytest

from calculator import load_catalog
from calculator.report.stamps import catalogue_remarks, measurement_remarks

CATALOG = load_catalog()
OTHER = "0123456789abcdef"


@pytest.mark.parametrize("query", [{}, {"catalogue_hash": [""]}, {"catalogue_hash": [OTHER, CATALOG.hash]}])
def test_same_catalogue_or_none_said_needs_no_remark(query: dict[str, list[str]]) -> None:
    assert catalogue_remarks(query, catalog=CATALOG) == ()


def test_other_catalogue_is_named_with_ours_and_a_long_stamp_is_cut() -> None:
    (remark,) = catalogue_remarks({"catalogue_hash": ["x" * 5000]}, catalog=CATALOG)
    assert (remark.code, remark.level) == ("other-catalogue", "warning")
    assert (
        f"The question was made with catalogue {'x' * 40}; the answer uses {CATALOG.hash} of {CATALOG.compiled}."
        in remark.text
    )


@pytest.mark.parametrize(
    ("theirs", "ours", "says"),
    [
        ("aa", "bb", "with measured speeds (set aa); the answer uses measured speeds (set bb)."),
        ("", "bb", "with predicted speeds only; the answer uses measured speeds (set bb)."),
        ("aa", "", "with measured speeds (set aa); the answer uses predicted speeds only."),
        ("aa", "aa", ""),
        ("", "", ""),
    ],
)
def test_other_measurements_are_named_with_ours(theirs: str, ours: str, says: str) -> None:
    found = measurement_remarks({"measurements_hash": [theirs]}, measurements_hash=ours)
    assert [says in remark.text for remark in found] == ([True] if says else [])
    assert measurement_remarks({}, measurements_hash=ours) == ()


@pytest.mark.parametrize("stamp", ["\x00", "\u202e", "\x1b[31m", "\ud800", "a\nb"])
def test_stamp_that_cannot_be_printed_is_named_by_what_can(stamp: str) -> None:
    query = {"catalogue_hash": [stamp], "measurements_hash": [stamp]}
    found = (*catalogue_remarks(query, catalog=CATALOG), *measurement_remarks(query, measurements_hash=""))
    assert len(found) == 2
    assert all(remark.text.isprintable() and "\N{REPLACEMENT CHARACTER}" in remark.text for remark in found)


@pytest.mark.parametrize("stamp", [" ", "\t", f" {CATALOG.hash}\n"])
def test_stamp_with_blanks_around_it_is_the_same_stamp(stamp: str) -> None:
    assert catalogue_remarks({"catalogue_hash": [stamp]}, catalog=CATALOG) == ()


def test_sentence_names_what_was_made_with_the_stamp() -> None:
    query = {"catalogue_hash": [OTHER], "measurements_hash": [OTHER]}
    (catalogue,) = catalogue_remarks(query, catalog=CATALOG, asked="This link")
    (measured,) = measurement_remarks(query, measurements_hash="", asked="This link")
    assert all(remark.text.startswith("This link was made with ") for remark in (catalogue, measured))
