"""Stand-ins: who else speaks for the side of Mac or PC that the verdict names."""

from collections.abc import Sequence

from calculator.catalog.options import Machine
from calculator.risk.candidates import Candidates
from calculator.risk.flips import beats_stand_ins
from calculator.risk.sensitivity import SwitchPoint

_BESIDE = 0.01  # of the way to a switching value: there the pair has turned


def stand_ins(candidates: Candidates, option_id: str) -> tuple[str, ...]:
    """The other machines of this one's kind that can do the job.

    Where one input makes this machine dearer than the other side's best, another of its kind may still be cheaper;
    "Mac or PC" then has the same answer. Empty for what is no machine to buy.
    """
    kind_of = {one.option.id: one.option.kind for one in candidates if isinstance(one.option, Machine)}
    return tuple(name for name, kind in kind_of.items() if name != option_id and kind == kind_of.get(option_id))


def without_exchanges(
    points: Sequence[SwitchPoint], candidates: Candidates, *, pair: tuple[str, str]
) -> list[SwitchPoint]:
    """The switching values of a pair (the cheaper one, the other) that turn "Mac or PC".

    Left out are those beyond which another machine of the cheaper one's kind still costs less than the other.
    `candidates` are all that can do the job. Values that are None stay.
    """
    beside = [
        {} if one.value is None else {one.name: one.value + (one.value - one.central_value) * _BESIDE} for one in points
    ]
    kept = beats_stand_ins(candidates, beside, second=pair[1], stand_ins=stand_ins(candidates, pair[0]))
    return [one for one, is_kept in zip(points, kept, strict=True) if is_kept or one.value is None]
