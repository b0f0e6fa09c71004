"""A verdict in the way that a scenario counts, with staff hours or invoices alone, and its odds in one sentence."""

from dataclasses import dataclass

from calculator.decision.comparison import HardVerdict, Verdict
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


def odds_sentence(shown: ShownVerdict, name: str, *, is_pair: bool) -> str:
    """In how many futures the cheapest, called `name`, is it, and the range of the gap; empty where none were drawn."""
    if shown.chance is None or shown.next is None:
        return ""
    word = "the cheaper one" if is_pair else "the cheapest"
    opening = f"{name} is {word}" if shown.is_close else f"Stays {word}"
    low, high = signed(shown.gap.low), signed(shown.gap.high)
    return f"{opening} in {of_100(shown.chance)}; in 8 of 10 the gap is {low} to {high}."
