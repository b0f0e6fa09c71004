"""Kept answers: what is asked again finds what was made of the same numbers, draws and other values."""

import hashlib
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from calculator.number import Number

Answer = TypeVar("Answer")


@dataclass(slots=True, weakref_slot=True, eq=False)
class KeptDraws(Generic[Answer]):
    """The last answers, by the numbers, draws and other values that they came from. Arrays in them are read-only.

    `most` is how many are kept; with `weigh`, what they may weigh together, such as the bytes that they hold. What
    weighs nothing is not worth keeping.
    """

    most: int
    weigh: Callable[[Answer], int] | None = None
    _kept: OrderedDict[tuple[Hashable, ...], tuple[Answer, int]] = field(
        default_factory=OrderedDict[tuple[Hashable, ...], tuple[Answer, int]]
    )
    _weight: int = 0
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        _EVERY.add(self)

    def answer(self, *values: Number | NDArray[np.int64] | Hashable, compute: Callable[[], Answer]) -> Answer:
        """The kept answer to these values, or a new one; an error is not kept."""
        key = tuple([word_of(one) if isinstance(one, np.ndarray) else one for one in values])
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key][0]
        found = compute()
        weight = 1 if self.weigh is None else self.weigh(found)
        if not weight:
            return found
        with self._lock:
            if key not in self._kept:  # another thread may have asked the same meanwhile
                self._kept[key] = (found, weight)
                self._weight += weight
            while self._weight > self.most:
                _, (_, gone) = self._kept.popitem(last=False)
                self._weight -= gone
        return found

    def clear(self) -> None:
        """Keep nothing of what there was."""
        with self._lock:
            self._kept.clear()
            self._weight = 0

    def __len__(self) -> int:
        return len(self._kept)


def forget_all() -> None:
    """Let go of every kept answer and of the draws behind them; what is asked again is made again."""
    for one in list(_EVERY):
        one.clear()
    with _LOCK:
        _DIGESTS.clear()


def read_only(values: Number) -> Number:
    """The same; where it is an array, nobody changes it from now on."""
    if isinstance(values, np.ndarray):
        values.flags.writeable = False
    return values


def word_of(draws: NDArray[Any]) -> bytes:
    """Draws as a part of a key. Those that nobody can change any more are digested once: they come again."""
    if draws.flags.writeable or draws.base is not None:
        return _digest(draws)
    with _LOCK:
        if id(draws) in _DIGESTS:
            _DIGESTS.move_to_end(id(draws))
            return _DIGESTS[id(draws)][1]
    found = _digest(draws)
    with _LOCK:
        _DIGESTS[id(draws)] = (draws, found)  # held, so that no other array takes its place in memory meanwhile
        while len(_DIGESTS) > MOST_DIGESTS:
            _DIGESTS.popitem(last=False)
    return found


def _digest(draws: NDArray[Any]) -> bytes:
    found = hashlib.sha256(np.ascontiguousarray(draws).data).digest()  # in hardware: half the time of blake2b
    return found + f"{draws.dtype.str}{draws.shape}".encode()  # the same bytes may mean other numbers, or other rows


MOST_DIGESTS = 128
"""Draws of which the digest is kept: 80 kB each of 10,000."""
_DIGESTS: OrderedDict[int, tuple[NDArray[Any], bytes]] = OrderedDict()
_LOCK = Lock()
_EVERY: "weakref.WeakSet[KeptDraws[Any]]" = weakref.WeakSet()
