"""Money as the page shows it first: present value or cash, with people's time or without, as the scenario says.

Both say which figures of the answer are shown first; the verdicts are in the same money.
"""

from calculator.cost.tco import cost_shown_usd
from calculator.decision.comparison import Comparison, OptionResult, Verdict
from calculator.scenario.scenario import Scenario


def shown_usd_of(option: OptionResult, scenario: Scenario) -> float:
    """The cost of an option that has one, in the money shown."""
    assert option.tco is not None
    return cost_shown_usd(option.tco, scenario)


def money_words(scenario: Scenario) -> str:
    """The money shown, in words: "in today's money", "in cash, invoices only"."""
    money = "in cash" if scenario.money == "cash" else "in today's money"
    return money if scenario.labour == "with" else f"{money}, invoices only"


def by_cost(comparison: Comparison) -> list[OptionResult]:
    """Those that can do the job from the cheapest on, in the money shown; then the others in their own order."""
    able = [option for option in comparison.options if is_ranked(option)]
    ranked = sorted(able, key=lambda option: shown_usd_of(option, comparison.scenario))
    return ranked + [option for option in comparison.options if not is_ranked(option)]


def is_ranked(option: OptionResult) -> bool:
    """Whether the option can do the job and has a cost."""
    return option.eligible and option.tco is not None


def cheapest_of(verdict: Verdict, scenario: Scenario) -> tuple[str | None, bool]:
    """The option that the shown verdict calls the cheapest, and whether that is too close to call."""
    if scenario.labour == "with":
        return verdict.cheapest, verdict.too_close
    return verdict.hard.cheapest, verdict.hard.difference_usd.low <= 0 < verdict.hard.difference_usd.high
