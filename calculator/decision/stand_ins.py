"""Stand-ins: who else speaks for the side of Mac or PC that the verdict names."""

from calculator.catalog.options import Machine
from calculator.risk.candidates import Candidates


def stand_ins(candidates: Candidates, option_id: str) -> tuple[str, ...]:
    """The other machines of this one's kind that can do the job.

    Where one input makes this machine dearer than the other side's best, another of its kind may still be cheaper;
    "Mac or PC" then has the same answer. Empty for what is no machine to buy.
    """
    kind_of = {one.option.id: one.option.kind for one in candidates if isinstance(one.option, Machine)}
    return tuple(name for name, kind in kind_of.items() if name != option_id and kind == kind_of.get(option_id))
