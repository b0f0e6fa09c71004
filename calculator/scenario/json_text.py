"""JSON that people and programs hand in: read whole, and refused where it says one thing twice or holds half a character."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

_LONGEST_SHOWN, _MOST_SHOWN = 40, 3


class TwiceError(ValueError):
    """Keys appear twice in one table; its sentence names the first three of them, `keys` holds all."""

    def __init__(self, keys: Iterable[str]) -> None:
        self.keys = tuple(keys)
        verb = "appears" if len(self.keys) == 1 else "appear"
        super().__init__(f"the {keys_in_words(self.keys)} {verb} twice in one table")


def whole_json(text: str | bytes, *, parse_constant: Callable[[str], Any] | None = None) -> Any:
    """What a JSON text holds. Raises ValueError or RecursionError where it is none.

    A key that appears twice in one table is refused by its name, since readers differ in which of the two they take.
    JSON may escape half of a UTF-16 pair (\\ud800), and no file, hash or page can hold that.
    """
    found = json.loads(text, object_pairs_hook=table_of, parse_constant=parse_constant)
    json.dumps(found, ensure_ascii=False).encode("utf-8")
    return found


def table_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The table of these pairs. Raises TwiceError, which names the keys, where some appear twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise TwiceError(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
    return found


def keys_in_words(keys: Sequence[str]) -> str:
    """Keys by name, the first three of more.

    >>> keys_in_words(["a"]), keys_in_words(["a", "b"]), keys_in_words(["a", "b", "c", "d", "e"])
    ("key 'a'", "keys 'a' and 'b'", "keys 'a', 'b', 'c' and 2 more")
    """
    shown = [repr(key[:_LONGEST_SHOWN]) for key in keys[:_MOST_SHOWN]]
    if len(keys) > _MOST_SHOWN:
        shown.append(f"{len(keys) - _MOST_SHOWN:,} more")
    first = ", ".join(shown[:-1])
    return f"keys {first} and {shown[-1]}" if first else f"key {shown[-1]}"
