"""The options under the scenario whose present value is the money shown: cash is discounted at nothing, invoices alone
count no hour of staff."""

from calculator.decision.comparison import Comparison
from calculator.risk.candidates import Candidates


def shown_candidates(comparison: Comparison) -> Candidates:
    """The candidates, so that every sensitivity is in the money that the page's switch asks for."""
    scenario = comparison.scenario
    changes: dict[str, float] = {}
    if scenario.money == "cash":
        changes["discount_rate"] = 0.0
    if scenario.labour == "without":
        changes |= {"wage_usd_per_h": 0.0, "downtime_usd_per_h": 0.0}
    return comparison.candidates.under(scenario.changed(**changes)) if changes else comparison.candidates
