"""Bytes that something kept holds."""

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from calculator.cost.inputs import Inputs


def held_bytes(thing: Any, *, but: Iterable[object] = ()) -> int:
    """Bytes of all arrays that are reached from this, each once, without those that it shares with others (`but`)."""
    found: dict[int, int] = {}
    _held(thing, found)
    shared = {id(one) for one in but}
    return sum(count for key, count in found.items() if key not in shared)


def _held(thing: Any, found: dict[int, int]) -> None:
    if isinstance(thing, np.ndarray):
        while isinstance(thing.base, np.ndarray):
            thing = thing.base
        found[id(thing)] = thing.nbytes
    elif isinstance(thing, (tuple, list)):
        for one in thing:
            _held(one, found)
    elif isinstance(thing, dict):
        for one in thing.values():
            _held(one, found)
    elif is_dataclass(thing) and not isinstance(thing, type | Inputs):
        for one in fields(thing):
            _held(getattr(thing, one.name), found)
