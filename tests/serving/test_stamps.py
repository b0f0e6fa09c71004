"""Stamps of an address: a remark says where the answer's catalogue or measurements are others."""

from collections.abc import Mapping

import pytest

from calculator import load_catalog
from calculator.errors import CalculatorError
from serving.answers import Answers, as_query
from serving.questions import questions
from serving.stamps import catalogue_remarks, measurement_remarks
from views.link import read_link

CATALOG = load_catalog()
OTHER = "0123456789abcdef"
ASKED = {one.name: one for one in questions(Answers(read_link, lambda: ()))}
SMALL = {"options": ["mac-studio-m5-ultra-96", "api-same-model"]}
PREDICTION = {"machine": "rtx-5090-pc", "model": "qwen3-32b", "format": "q4_k_m"}


@pytest.mark.parametrize("query", [{}, {"catalogue_hash": [""]}, {"catalogue_hash": [OTHER, CATALOG.hash]}])
def test_same_catalogue_or_none_said_needs_no_remark(query: dict[str, list[str]]) -> None:
    assert catalogue_remarks(query, catalog=CATALOG) == ()


def test_other_catalogue_is_named_with_ours_and_a_long_stamp_is_cut() -> None:
    (remark,) = catalogue_remarks({"catalogue_hash": ["x" * 5000]}, catalog=CATALOG)
    assert (remark.code, remark.level) == ("other-catalogue", "warning")
    assert f"catalogue {'x' * 40}; it is answered with {CATALOG.hash} of {CATALOG.compiled}." in remark.text


@pytest.mark.parametrize(
    ("theirs", "ours", "says"),
    [
        ("aa", "bb", "with measured speeds aa; it is answered with measured speeds bb."),
        ("", "bb", "with predicted speeds only; it is answered with measured speeds bb."),
        ("aa", "", "with measured speeds aa; it is answered with predicted speeds only."),
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


def test_choice_rests_on_predicted_speeds_and_says_so_where_the_question_had_measured_ones() -> None:
    asked = {"scenario": {**SMALL, "measurements_hash": OTHER}, "budget_usd": 8000}
    (said,) = (one["text"] for one in ASKED["choose"].answer(asked)["remarks"] if one["code"] == "other-measurements")
    assert f"measured speeds {OTHER}; it is answered with predicted speeds only." in said
    assert "other-measurements" not in _remarks("choose", {**asked, "scenario": {**SMALL, "measurements_hash": ""}})


def _remarks(name: str, values: Mapping[str, object]) -> list[str]:
    return [one["code"] for one in ASKED[name].answer(values)["remarks"]]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("compare", {"scenario": SMALL}),
        ("choose", {"scenario": SMALL, "budget_usd": 8000}),
        ("explain", {"scenario": SMALL, "option": "mac-studio-m5-ultra-96", "line": "hardware"}),
    ],
)
def test_answer_in_a_scenario_says_that_the_question_was_made_with_another_catalogue(
    name: str, values: Mapping[str, object]
) -> None:
    stamped = {**values, "scenario": {**SMALL, "catalogue_hash": OTHER}}
    ours = {**values, "scenario": {**SMALL, "catalogue_hash": CATALOG.hash}}
    assert _remarks(name, stamped).count("other-catalogue") == 1
    assert _remarks(name, ours) == _remarks(name, values)
    assert "other-catalogue" not in _remarks(name, values)
    without, found = ASKED[name].answer(values), ASKED[name].answer(stamped)
    assert {key: value for key, value in found.items() if key != "remarks"} == {
        key: value for key, value in without.items() if key != "remarks"
    }


def test_prediction_says_the_same_and_still_refuses_what_it_does_not_know() -> None:
    assert "other-catalogue" in _remarks("predict", {**PREDICTION, "catalogue_hash": OTHER})
    assert "other-catalogue" not in _remarks("predict", {**PREDICTION, "catalogue_hash": CATALOG.hash})
    assert "other-catalogue" not in _remarks("predict", PREDICTION)
    with pytest.raises(CalculatorError, match="catalogue is not a known key"):
        ASKED["predict"].answer({**PREDICTION, "catalogue": OTHER})


def test_files_of_an_address_carry_the_remark() -> None:
    found, _ = Answers(read_link, lambda: ()).comparison(as_query({**SMALL, "catalogue_hash": OTHER}))
    assert [one.code for one in found.remarks if one.code.startswith("other-")] == ["other-catalogue"]
