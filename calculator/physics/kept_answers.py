"""Answers that are kept by what they were computed from, so that a slider which changes no physics costs none."""

import functools
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Generic, TypeVar, cast

from calculator.catalog.calibration import Calibration
from calculator.catalog.catalog import Catalog

Answer = TypeVar("Answer")


@dataclass(slots=True)
class KeptAnswers(Generic[Answer]):
    """The last `most` answers, by the things they came from.

    Numbers and words are compared by value, entries of the catalogue by identity: they are frozen, and comparing
    forty fields of each costs more than what is saved. The things are held with their answer, so that no other object
    takes their place in memory meanwhile.
    """

    most: int = 512
    _kept: "OrderedDict[tuple[Any, ...], tuple[tuple[Any, ...], Answer]]" = field(
        default_factory=OrderedDict[tuple[Any, ...], tuple[tuple[Any, ...], Answer]]
    )
    _lock: Lock = field(default_factory=Lock)

    def answer(self, things: tuple[Any, ...], compute: Callable[[], Answer]) -> Answer:
        """The kept answer, or a new one; an error is not kept."""
        key = tuple(_key(thing) for thing in things)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key][1]
        found = compute()
        with self._lock:
            self._kept[key] = (things, found)
            while len(self._kept) > self.most:
                self._kept.popitem(last=False)
        return found


def _key(thing: Any) -> Any:
    kind = cast("type[Any]", type(thing))
    if kind in _PLAIN:
        return thing if kind is not int and kind is not bool else (kind, thing)  # 1, 1.0 and True are equal
    if kind is tuple:
        return tuple([_key(part) for part in thing])
    names = _names(kind)
    return (kind, *[_key(getattr(thing, name)) for name in names]) if names else id(thing)


@functools.cache
def _names(kind: type) -> tuple[str, ...]:
    """Fields of a dataclass that is compared by value; none for what is compared by identity."""
    return () if kind in (Catalog, Calibration) else tuple(getattr(kind, "__dataclass_fields__", ()))


_PLAIN = frozenset((str, float, int, bool, type(None)))
