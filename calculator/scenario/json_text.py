"""JSON that people and programs hand in: read whole, and refused where it says one thing twice or holds half a character."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

_LONGEST_SHOWN = 40


class TwiceError(ValueError):
    """A key appears twice in one table; its sentence names the key."""


def whole_json(text: str | bytes, *, parse_constant: Callable[[str], Any] | None = None) -> Any:
    """What a JSON text holds. Raises ValueError or RecursionError where it is none.

    A key that appears twice in one table is refused by its name, since readers differ in which of the two they take.
    JSON may escape half of a UTF-16 pair (\\ud800), and no file, hash or page can hold that.
    """
    found = json.loads(text, object_pairs_hook=table_of, parse_constant=parse_constant)
    json.dumps(found, ensure_ascii=False).encode("utf-8")
    return found


def table_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The table of these pairs. Raises TwiceError, which names the key, where one appears twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise TwiceError(f"the key {twice[:_LONGEST_SHOWN]!r} appears twice in one table")
    return found
