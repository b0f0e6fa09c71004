"""JSON that people hand in: no key twice, no half characters, everything else as Python reads it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.scenario.json_text import TwiceError, table_of, whole_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("text", ['{"name": "\\ud800"}', '{"figures": {"\\ud800": 1}}', '"\\udfff"'])
def test_half_of_a_character_is_no_json(text: str) -> None:
    with pytest.raises(ValueError, match="surrogates"):
        whole_json(text)


def test_whole_characters_beyond_the_first_plane_are_read() -> None:
    assert whole_json('{"name": "\\ud83d\\ude00"}') == {"name": "\U0001f600"}


@pytest.mark.parametrize(
    "text", ['{"a": 1, "b": 2, "a": 1}', '[{"c": {"a": null, "a": {}}}]', '{"\\u0061": 1, "a": 2}']
)
def test_key_that_stands_twice_is_refused_by_its_name_at_any_depth(text: str) -> None:
    with pytest.raises(TwiceError, match=r"^the key 'a' appears twice in one table$"):
        whole_json(text)


def test_same_key_in_two_tables_is_no_repetition() -> None:
    assert whole_json('[{"a": 1}, {"a": {"a": 2}}]') == [{"a": 1}, {"a": {"a": 2}}]


def test_long_key_is_told_back_shortly() -> None:
    with pytest.raises(TwiceError) as refused:
        table_of([("k" * 5000, 1), ("k" * 5000, 2)])
    assert len(str(refused.value)) < 100


def test_first_three_of_many_keys_that_stand_twice_are_named_with_the_number_of_the_others() -> None:
    with pytest.raises(TwiceError, match=r"^the keys 'a', 'b', 'c' and 2 more appear twice in one table$") as refused:
        whole_json(
            '{"a": 1, "b": 1, "once": 1, "c": 1, "d": 1, "e": 1, "e": 2, "d": 2, "c": 2, "b": 2, "a": 2, "a": 3}'
        )
    assert refused.value.keys == ("a", "b", "c", "d", "e")


@given(VALUES)
def test_what_says_each_thing_once_is_read_as_python_reads_it(value: Any) -> None:
    text = json.dumps(value)
    assert whole_json(text) == whole_json(text.encode()) == json.loads(text)
