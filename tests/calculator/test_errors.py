"""Errors: one sentence each, with what was given and what is allowed."""

import json
import tomllib
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from calculator.errors import (
    CalculatorError,
    CatalogError,
    PhantomError,
    ScenarioError,
    UnknownIdError,
    sentences,
    why_unreadable,
)
from calculator.units import plain_number


class Order(BaseModel):
    """A record for these tests."""

    model_config = ConfigDict(extra="forbid")

    count: int = Field(default=1, ge=1, le=20_000)
    share_fraction: float = Field(default=0, ge=0, le=1)
    above: float = Field(default=1, gt=0)
    between: float = Field(default=1, gt=0, le=50)
    below: float = Field(default=1, ge=0.5, lt=50_000)
    words: tuple[str, ...] = Field(default=(), max_length=2)
    name: str = Field(default="", max_length=3)
    is_new: bool = True
    table: dict[str, float] = Field(default_factory=dict)


def said(**values: object) -> str:
    with pytest.raises(ValidationError) as caught:
        Order.model_validate(values)
    return " ".join(sentences(caught.value, Order))


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"count": 0}, "count is 0; it must lie in 1..20,000."),
        ({"count": 1.5}, "count is 1.5; it must be a whole number in 1..20,000."),
        ({"count": "many"}, "count is 'many'; it must be a whole number in 1..20,000."),
        ({"share_fraction": 40}, "share_fraction is 40; it must lie in 0..1. Enter 0.4 for 40 %."),
        ({"share_fraction": 400}, "share_fraction is 400; it must lie in 0..1."),
        ({"share_fraction": float("nan")}, "share_fraction is nan; it must be a finite number in 0..1."),
        ({"above": 0}, "above is 0; it must be above 0."),
        ({"between": 0}, "between is 0; it must be more than 0 and at most 50."),
        ({"between": "x"}, "between is 'x'; it must be a number, more than 0 and at most 50."),
        ({"between": float("nan")}, "between is nan; it must be a finite number, more than 0 and at most 50."),
        ({"below": 50_000}, "below is 50000; it must be at least 0.5 and less than 50,000."),
        ({"words": "one"}, "words is 'one'; it must be a list in square brackets."),
        ({"words": ["a", "b", "c"]}, "words holds 3; it must hold at most 2."),
        ({"name": "long"}, "name is 4 characters long; it must have at most 3."),
        ({"is_new": "maybe"}, "is_new is 'maybe'; it must be true or false."),
        ({"table": 3}, "table is 3; it must be a table of names and values."),
        ({"cuont": 3}, "cuont is not a known key. Did you mean count?"),
        ({"zzz": 3}, "zzz is not a known key. Remove it or correct its spelling."),
    ],
)
def test_problem_is_one_sentence_with_value_and_allowed(values: dict[str, object], sentence: str) -> None:
    assert said(**values) == sentence


def test_long_wrong_value_is_cut() -> None:
    assert len(said(count="x" * 5000)) < 200


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.35, "0.35"), (1000, "1000"), (10_000, "10,000"), (1_000_000, "1,000,000"), (1e12, "1,000,000,000,000")],
)
def test_bound_is_written_as_a_person_writes_it(value: float, text: str) -> None:
    assert plain_number(value) == text


@given(st.integers(-999_999_999, 999_999_999))
def test_whole_bound_is_read_back_as_it_was(value: int) -> None:
    assert float(plain_number(value).replace(",", "")) == pytest.approx(value, rel=1e-5)


def test_unknown_id_names_the_nearest_and_the_command_that_lists_all() -> None:
    text = str(UnknownIdError("machine", "dgx-sparc", ["dgx-spark", "mac-studio"]))
    assert text.startswith("machine 'dgx-sparc' is not in the catalogue. Did you mean dgx-spark?")
    assert text.endswith("`python -m calculator list machines` shows all.")
    assert "Known: a, b" in str(UnknownIdError("machine", "zzz", ["b", "a"]))


@pytest.mark.parametrize("kind", [CatalogError, ScenarioError, UnknownIdError, PhantomError])
def test_every_refusal_is_a_calculator_error(kind: type[Exception]) -> None:
    assert issubclass(kind, CalculatorError)
    assert issubclass(kind, ValueError)


class Counts(BaseModel):
    """A table of a person's own keys."""

    counts: Mapping[str, int]


def test_keys_of_any_length_and_number_are_told_shortly() -> None:
    with pytest.raises(ValidationError) as wrong:
        Counts(counts={"x" * 5_000 + str(number): "a" for number in range(3_000)})  # pyright: ignore[reportArgumentType]
    found = sentences(wrong.value, Counts)
    assert len(found) == 21
    assert found[-1] == "2,980 more values are wrong."
    assert max(map(len, found)) < 300


@pytest.mark.parametrize(
    "value",
    [10**4_000, -(10**4_000), 10**5_000, "9" * 4_000, [10**5_000]],
    ids=["long", "negative", "longer", "text", "list"],
)
def test_number_of_any_length_is_told_shortly(value: Any) -> None:
    with pytest.raises(ValidationError) as wrong:
        Bounded(share=value)
    assert len(sentences(wrong.value, Bounded)[0]) < 250


class Bounded(BaseModel):
    """A share."""

    share: float = Field(ge=0, le=1)


@pytest.mark.parametrize(
    ("read", "text", "says"),
    [
        (json.loads, '{"a": ' + "9" * 5_000 + "}", "it holds a number of thousands of digits"),
        (tomllib.loads, "a = " + "9" * 5_000, "it holds a number of thousands of digits"),
        (json.loads, "[" * 100_000, "its tables are nested too deeply"),
        (tomllib.loads, "a = " + "[" * 5_000, "its tables are nested too deeply"),
        (json.loads, '{"a": }', "line 1, column 7: Expecting value"),
        (lambda text: text.encode("utf-8", "surrogateescape").decode(), "\udcff", "it is not UTF-8 text"),
    ],
)
def test_why_a_text_is_unreadable_is_said_in_words(read: Callable[[str], Any], text: str, says: str) -> None:
    with pytest.raises((ValueError, RecursionError)) as error:
        read(text)
    assert why_unreadable(error.value) == says
