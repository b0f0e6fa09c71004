"""JSON objects in a text: between log lines, fenced, broken, wrapped; bounded work."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurements.importers.facts import Refusal
from measurements.importers.json_objects import json_objects, known_within
from tests.measurements.importers.examples import json_values, many

OBJECTS = [{"a": 1, "b": [1, 2]}, {"a": 2, "c": {"d": "}{"}}]


@pytest.mark.parametrize(
    "content",
    [
        "\n".join(json.dumps(one) for one in OBJECTS),
        json.dumps(OBJECTS, indent=2),
        f"log: {{not json}}\n```json\n{json.dumps(OBJECTS)}\n```\nend",
        "".join(f"[12:00:01] INFO result={json.dumps(one)} done\n" for one in OBJECTS),
        f"{{ broken {json.dumps(OBJECTS[0])} {{ {json.dumps(OBJECTS[1])}",
    ],
)
def test_objects_are_found_wherever_they_stand(content: str) -> None:
    assert [value for _, value in json_objects(content)[0]] == OBJECTS


def test_broken_object_costs_itself_only() -> None:
    first, second = (json.dumps(one) for one in OBJECTS)
    found, broken = json_objects(f'{first}\n{{"a": 1, oops\n{second}')
    assert [value for _, value in found] == OBJECTS
    assert [refusal.place for refusal in broken] == ["after object 1"]


def test_object_that_says_a_thing_twice_is_refused_whole_and_costs_itself_only() -> None:
    first, second = (json.dumps(one) for one in OBJECTS)
    found, broken = json_objects(f'{first}\n{{"a": 1, "in": {first}, "a": 2}}\n{second}')
    assert [value for _, value in found] == OBJECTS
    assert "the key 'a' appears twice in one table" in broken[0].reason
    assert json_objects('{"a": 1, "a": 2}') == (
        [],
        [Refusal("file", "broken JSON (the key 'a' appears twice in one table)")],
    )


def test_known_objects_in_a_wrapper_are_found() -> None:
    wrapped = {"results": [{"x": 1, "n": 1}, {"y": 2}], "more": {"x": 2}}
    assert list(known_within(wrapped, is_known=lambda one: isinstance(one, dict) and "x" in one)) == [
        {"x": 1, "n": 1},
        {"x": 2},
    ]


@many
@given(st.lists(st.dictionaries(st.text(min_size=1, max_size=8), json_values, min_size=1, max_size=4), max_size=3))
def test_written_objects_are_read_back(rows: list[dict[str, object]]) -> None:
    content = "\n---\n".join(json.dumps(row) for row in rows)
    assert [value for _, value in json_objects(content)[0]] == json.loads(json.dumps(rows))


@pytest.mark.parametrize(
    "letters", ["{", '{"', '{"a":', '{"a":{"b":', "[", '[{"a":', '{"a":1', '{"a":' + "9" * 5_000, '{"a": "\\', "{ "]
)
def test_hostile_text_ends_soon(letters: str) -> None:
    began = time.process_time()
    json_objects(letters * (2_000_000 // len(letters)))
    assert time.process_time() - began < 5
