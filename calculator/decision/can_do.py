"""Whether an option can do the job, in the words that the page and every file say."""

from dataclasses import dataclass
from typing import Literal

from calculator.decision.comparison import OptionResult
from calculator.physics.memory.spare_words import spare_words
from calculator.units import BYTES_PER_GB

_TIGHT = 0.05  # of the memory that may be used
_SURE = 0.9
_WORDS = {"yes": "yes", "tight": "yes, but tight", "unsure": "perhaps", "no": "no"}


@dataclass(frozen=True, slots=True)
class CanDo:
    """Whether an option can do the job: `state` for a program, `words` for people, and a note that says why."""

    state: Literal["yes", "tight", "unsure", "no"]
    note: str = ""

    @property
    def words(self) -> str:
        """The same to a person."""
        return _WORDS[self.state]


def can_do(option: OptionResult) -> CanDo:
    """Yes, tight (less than 5 % of the memory to spare), unsure (it keeps its promise at less than 90 % of its likely
    speeds) or no: of an option that misses something, or has no cost."""
    if not option.eligible or option.tco is None:
        return CanDo("no")
    memory, chance = option.memory, option.eligibility.keeps_promise_chance
    spare = "" if memory is None else f"{_gb(memory.headroom_bytes)} GB spare{spare_words(memory)}"
    if chance is not None and chance < _SURE:
        return CanDo("unsure", f"fast enough in {100 * chance:.0f} of 100 cases")
    if memory is not None and memory.headroom_bytes < _TIGHT * memory.usable_bytes:
        return CanDo("tight", spare)
    return CanDo("yes", spare)


def can_do_text(option: OptionResult) -> str:
    """The same for a table's cell, a "no" with its reasons in few words: 'yes, but tight', 'no: 19.2 GB short'."""
    able = can_do(option)
    if able.state != "no":
        return able.words
    reasons = "; ".join(reason.short or reason.text for reason in option.eligibility.reasons)
    return f"no: {reasons or 'it has no cost here'}"


def can_do_sentence(option: OptionResult) -> str:
    """Why the cell says so, to be read beside the table; empty where it says yes."""
    able = can_do(option)
    if able.state == "yes":
        return ""
    if able.state != "no":
        return f"{able.words.capitalize()}: {able.note}."
    texts = [reason.text.removeprefix(f"{option.name}: ") for reason in option.eligibility.reasons]
    return " ".join(texts) or "It has no cost here."


def _gb(count: int) -> str:
    gigabytes = count / BYTES_PER_GB
    return f"{gigabytes:,.0f}" if gigabytes >= 10 else f"{gigabytes:,.1f}"
