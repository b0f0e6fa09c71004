"""How is a speed stated? Always as a range, with what binds it and where it comes from."""

from dataclasses import dataclass
from typing import Literal

SpeedBasis = Literal["measured here", "imported", "published", "fitted", "claim"]


@dataclass(frozen=True, slots=True)
class Speed:
    """A rate in tokens/s (or a time in s): `low` and `high` bound the middle 80 % of what one would measure.

    `bound_by` names the largest term: weights, kv cache, overhead, compute, host link. `basis` is the provenance badge;
    `note` says how far the case lies from what was measured.
    """

    low: float
    central: float
    high: float
    unit: Literal["token/s", "s"]
    bound_by: str
    basis: SpeedBasis
    note: str = ""
