"""A verdict in the way that a scenario counts, with staff hours or invoices alone, and its odds in one sentence."""

from dataclasses import dataclass

from calculator.catalog.options import Machine
from calculator.decision.comparison import Comparison, HardVerdict, Verdict
from calculator.decision.ranking import hard_usd, named, ranked
from calculator.decision.words import of_100, signed
from calculator.number import Range
from calculator.scenario.scenario import Scenario

MAC_OR_PC = "Mac or PC with GPUs?"
OVERALL = "Own, rent or API?"
"""The two questions, as page and memo ask them."""


@dataclass(frozen=True, slots=True)
class ShownVerdict:
    """The verdict with staff hours, or of invoices alone."""

    cheapest: str | None
    next: str | None
    gap: Range
    chance: float | None
    is_close: bool
    formats_sentence: str = ""


def shown_verdict(verdict: Verdict, scenario: Scenario) -> ShownVerdict:
    """The verdict that is shown under the scenario's switch."""
    hard: HardVerdict = verdict.hard
    if scenario.labour == "with" or hard.cheapest is None:
        return ShownVerdict(
            verdict.cheapest,
            verdict.next,
            verdict.difference_usd,
            verdict.chance,
            verdict.too_close,
            verdict.formats_sentence,
        )
    is_close = hard.difference_usd.low <= 0
    formats = hard.formats_sentence if hard.next else verdict.formats_sentence
    return ShownVerdict(hard.cheapest, hard.next, hard.difference_usd, hard.chance, is_close, formats)


def pair_sentence(comparison: Comparison) -> str:
    """How the Mac and the PC of the verdict were chosen, where invoices alone are shown, and who is cheaper then.

    Empty where staff hours count, and where there is no pair. The pair is the best of each kind with staff hours: both
    sentences of the verdict and what turns it are about the same two machines (docs/decisions/0010-the-answer.md).
    """
    verdict = comparison.verdicts.mac_or_pc
    if comparison.scenario.labour == "with" or verdict is None or verdict.cheapest is None or verdict.next is None:
        return ""
    kinds = {one.option.id: one.option.kind for one in comparison.candidates if isinstance(one.option, Machine)}
    able = ranked(comparison.options)
    said = ["These two are the best Mac and the best PC with staff hours counted."]
    for chosen in (verdict.cheapest, verdict.next):
        alike = [row for row in able if row.id in kinds and kinds[row.id] == kinds[chosen]]
        least = min(alike, key=lambda row: (hard_usd(row), row.id != chosen, row.id))
        if hard_usd(least) < hard_usd(comparison[chosen]):
            noun = "Mac" if kinds[chosen] == "mac" else "PC"
            said.append(f"On invoices alone, the cheapest {noun} is {named(least)}, {signed(hard_usd(least))}.")
    return " ".join(said)


def odds_sentence(shown: ShownVerdict, name: str, *, is_pair: bool) -> str:
    """In how many futures the cheapest, called `name`, is it, and the range of the gap; empty where none were drawn."""
    if shown.chance is None or shown.next is None:
        return ""
    word = "the cheaper one" if is_pair else "the cheapest"
    opening = f"{name} is {word}" if shown.is_close else f"Stays {word}"
    low, high = signed(shown.gap.low), signed(shown.gap.high)
    return f"{opening} in {of_100(shown.chance)}; in 8 of 10 the gap is {low} to {high}."
