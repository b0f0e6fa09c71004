"""Money as the page shows it first: present value or cash, with people's time or without, as the scenario says.

Both say which figures of the answer are shown first; the verdicts are in the same money.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from calculator.cost.tco import Tco
from calculator.decision.comparison import Comparison, OptionResult, Verdict
from calculator.number import Range
from calculator.scenario.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Amount:
    """A cost in words and dollars; `spread` from P10 to P90 where futures were drawn for it."""

    label: str
    usd: float
    spread: Range | None = None


def amounts(option: OptionResult, scenario: Scenario) -> tuple[Amount, ...]:
    """An option's cost by all four conventions, the chosen one first; empty where it has none."""
    tco = option.tco
    if tco is None:
        return ()
    found = {
        ("present-value", "with"): Amount("in today's money", tco.present_value_cost_usd, option.present_value_usd),
        ("present-value", "without"): Amount(
            "in today's money, invoices only", tco.hard_present_value_cost_usd, option.hard_present_value_usd
        ),
        ("cash", "with"): Amount("in cash", tco.total_cost_usd, option.total_usd),
        ("cash", "without"): Amount("in cash, invoices only", tco.hard_cost_usd, option.hard_total_usd),
    }
    chosen = (scenario.money, scenario.labour)
    return (found[chosen], *(amount for convention, amount in found.items() if convention != chosen))


def by_cost(comparison: Comparison) -> list[OptionResult]:
    """Those that can do the job from the cheapest on, in the money shown; then the others in their own order."""
    able = [option for option in comparison.options if is_ranked(option)]
    ranked = sorted(able, key=lambda option: amounts(option, comparison.scenario)[0].usd)
    return ranked + [option for option in comparison.options if not is_ranked(option)]


def is_ranked(option: OptionResult) -> bool:
    """Whether the option can do the job and has a cost."""
    return option.eligible and option.tco is not None


def cheapest_of(verdict: Verdict, scenario: Scenario) -> tuple[str | None, bool]:
    """The option that the shown verdict calls the cheapest, and whether that is too close to call."""
    if scenario.labour == "with":
        return verdict.cheapest, verdict.too_close
    return verdict.hard.cheapest, verdict.hard.difference_usd.low <= 0 < verdict.hard.difference_usd.high


def sentences_of(verdict: Verdict, scenario: Scenario) -> tuple[str, list[str]]:
    """The sentence that is shown first, and those below it."""
    turns = [verdict.flips_sentence, *(price.sentence for price in verdict.rests_on_old_prices)]
    if scenario.labour == "with" or not verdict.hard.sentence:
        return verdict.sentence, [text for text in (verdict.detail, verdict.hard.sentence, *turns) if text]
    counted = f"Counting staff hours: {verdict.sentence}"
    return verdict.hard.sentence, [text for text in (counted, verdict.detail, *turns) if text]


def lines_shown(tco: Tco, scenario: Scenario) -> dict[str, float]:
    """Nominal total of each line, signed as in the ledger; people's time is left out where it is not counted."""
    soft = _soft_lines(tco) if scenario.labour == "without" else set[str]()
    return {line: usd for line, usd in tco.lines.items() if line not in soft}


def cumulative_shown_usd(tco: Tco, scenario: Scenario) -> Sequence[float]:
    """What was spent by the end of each month, positive; people's time is left out where it is not counted."""
    if scenario.labour == "with":
        return [-usd for usd in tco.cumulative_usd]
    hard = [flow for entry, flow in zip(tco.entries, tco.flows, strict=True) if entry.hardness == "hard"]
    spent, total = list[float](), 0.0
    for month in range(tco.months + 1):
        total -= sum(flow[month] for flow in hard)
        spent.append(total)
    return spent


def _soft_lines(tco: Tco) -> set[str]:
    return {entry.name for entry in tco.entries if entry.hardness == "soft"}
