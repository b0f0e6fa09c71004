"""Speed: a range with what binds it and where it comes from."""

from dataclasses import dataclass
from typing import Literal

from calculator.number import Range

SpeedBasis = Literal["measured here", "imported", "published", "fitted", "claim"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed(Range):
    """A rate in tokens/s (or a time in s): `low` and `high` bound the middle 80 % of what one would measure.

    `bound_by` names the largest term: weights, kv cache, overhead, compute, host link. `basis` is the provenance badge;
    `note` says how far the case lies from what was measured.
    """

    unit: Literal["token/s", "s"] = "token/s"
    bound_by: str
    basis: SpeedBasis
    note: str = ""
    record_ids: tuple[str, ...] = ()
    """The stored records that it stands on, where it was measured."""
