"""Money as the page shows it first: present value or cash, with people's time or without, as the scenario says.

Both say which figures of the answer are shown first; the verdicts are in the same money.
"""

from dataclasses import dataclass

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


def money_words(scenario: Scenario) -> str:
    """The money shown, in words: "in today's money", "in cash, invoices only"."""
    money = "in cash" if scenario.money == "cash" else "in today's money"
    return money if scenario.labour == "with" else f"{money}, invoices only"


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
