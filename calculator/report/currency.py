"""Amounts in another currency, at the rate and the day that the person gives.

List prices differ by country and are never converted to stand for a local price; this is a display of dollar results.
"""

from typing import Any

from calculator.decision.comparison import Comparison
from calculator.scenario.own_figures import ExchangeRate
from calculator.scenario.scenario import Scenario
from calculator.units import plain_number


def currency_of(scenario: Scenario) -> tuple[str, ExchangeRate] | None:
    """The other currency and its rate, where the scenario names one."""
    return next(iter(scenario.currencies.items()), None)


def shown(usd: float, *, scenario: Scenario) -> str:
    """An amount as text: `$1,234`, or `EUR 1,135` where the scenario names another currency. Negative: `-$1,234`."""
    found = currency_of(scenario)
    mark, factor = ("$", 1.0) if found is None else (f"{found[0]} ", found[1].per_usd)
    amount = f"{abs(usd) * factor:,.0f}"
    return f"{mark}0" if amount == "0" else f"{'-' if usd < 0 else ''}{mark}{amount}"


def rate_note(scenario: Scenario) -> str:
    """The sentence that must stand beside converted amounts; empty for dollars."""
    found = currency_of(scenario)
    if found is None:
        return ""
    currency, rate = found
    stated = f"your rate of {plain_number(rate.per_usd)} {currency} per dollar ({rate.as_of})"
    return f"Shown in {currency} at {stated}; computed in dollars."


def converted_sentence(comparison: Comparison) -> str:
    """The present values in the person's currency, with the sentence that must stand beside them; empty for dollars."""
    note = rate_note(comparison.scenario)
    if not note:
        return ""
    rows = [(row.name, row.tco.present_value_cost_usd) for row in comparison.options if row.tco is not None]
    amounts = ", ".join(f"{name} {shown(usd, scenario=comparison.scenario)}" for name, usd in rows)
    return f"{note} In present value: {amounts}."


def currency_dict(comparison: Comparison) -> dict[str, Any] | None:
    """Headline amounts in the person's currency beside the dollars, for JSON; None for dollars.

    Every amount is the dollar amount of the same name times `per_usd`.
    """
    found = currency_of(comparison.scenario)
    if found is None:
        return None
    currency, rate = found
    verdict = comparison.verdict
    return {
        "currency": currency,
        "per_usd": rate.per_usd,
        "as_of": rate.as_of,
        "note": rate_note(comparison.scenario),
        "difference": verdict.difference_usd.central * rate.per_usd,
        "difference_low": verdict.difference_usd.low * rate.per_usd,
        "difference_high": verdict.difference_usd.high * rate.per_usd,
        "options": {
            row.id: {
                "total_cost": row.tco.total_cost_usd * rate.per_usd,
                "total_low": row.total_usd and row.total_usd.low * rate.per_usd,
                "total_high": row.total_usd and row.total_usd.high * rate.per_usd,
                "hard_cost": row.tco.hard_cost_usd * rate.per_usd,
                "present_value_cost": row.tco.present_value_cost_usd * rate.per_usd,
                "hard_present_value_cost": row.tco.hard_present_value_cost_usd * rate.per_usd,
                "equivalent_annual_cost": row.tco.equivalent_annual_cost_usd * rate.per_usd,
                "lines": {name: usd * rate.per_usd for name, usd in row.tco.lines.items()},
            }
            for row in comparison.options
            if row.tco is not None
        },
    }
