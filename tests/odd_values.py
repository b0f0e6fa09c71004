"""JSON documents with a value of another kind at each place in turn."""

import copy
import json
import re
from collections.abc import Iterator
from typing import Any, cast

ODD: tuple[Any, ...] = (["chat"], {"a": 1}, [[]], {}, 7, -1.5, True, None, "", "\0", 10**400)


def objects_of(text: str) -> list[Any]:
    """The JSON values that stand one behind another in a text; a line that is broken is left out."""
    decoder, found, place = json.JSONDecoder(), list[Any](), 0
    while (begin := re.compile(r"\S").search(text, place)) is not None:
        try:
            value, place = decoder.raw_decode(text, begin.start())
        except json.JSONDecodeError:
            place = (text.find("\n", begin.start()) + 1) or len(text)
            continue
        found.append(value)
    return found


def text_of(objects: list[Any]) -> str:
    """One object per line."""
    return "\n".join(json.dumps(one) for one in objects)


def places(value: Any) -> Iterator[tuple[str | int, ...]]:
    """Every place of a document below its top, outer ones first."""
    rows: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        rows = list(cast("dict[str | int, Any]", value).items())
    elif isinstance(value, list):
        rows = list(enumerate(cast("list[Any]", value)))
    for key, inner in rows:
        yield (key,)
        yield from ((key, *rest) for rest in places(inner))


def with_value(document: Any, place: tuple[str | int, ...], value: Any) -> Any:
    """A copy of the document with `value` at that place."""
    found = copy.deepcopy(document)
    inner = found
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return found
