"""The last few answers of one kind: made once, in a turn, for all pages that ask the same."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

from views.turns import turn

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")
MOST_KEPT = 16


@dataclass(eq=False, slots=True)
class Kept(Generic[Key, Value]):
    """At most `most` values, the one asked for longest ago forgotten first. May be asked from any thread."""

    most: int = MOST_KEPT
    _values: "OrderedDict[Key, Value]" = field(default_factory=OrderedDict[Key, Value])
    _lock: Lock = field(default_factory=Lock)

    def get(self, key: Key, make: Callable[[], Value], *, of_page: bool = True) -> Value:
        """The value of this key, made in a turn where nobody has asked for it.

        of_page: in the pages' own turn. Raises what `make` and `turn` raise.
        """
        found = self._found(key)
        if found is None:
            with turn(is_answer=of_page):
                found = self._found(key)  # another page has asked the same meanwhile
                if found is None:
                    found = (make(),)
            self._keep(key, found[0])
        return found[0]

    def __contains__(self, key: Key) -> bool:
        """Whether the value of this key is there, so that nobody has to wait for it."""
        return self._found(key) is not None

    def _found(self, key: Key) -> tuple[Value] | None:
        with self._lock:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return (self._values[key],)

    def _keep(self, key: Key, value: Value) -> None:
        with self._lock:
            self._values[key] = value
            while len(self._values) > self.most:
                self._values.popitem(last=False)
