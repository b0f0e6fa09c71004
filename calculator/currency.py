"""How is an amount shown to someone who does not think in dollars? At the rate and the day that the person gives.

List prices differ by country and are never converted to stand for a local price; this is a display of dollar results.
"""

from calculator.scenario import Scenario


def shown(usd: float, *, scenario: Scenario) -> str:
    """An amount as text: `$1,234`, or `EUR 1,135` where the scenario names another currency. Negative: `-$1,234`."""
    sign, mark, factor = "-" if usd < 0 else "", "$", 1.0
    for currency, rate in scenario.currencies.items():
        mark, factor = f"{currency} ", rate.per_usd
    amount = f"{abs(usd) * factor:,.0f}"
    return f"{mark}0" if amount == "0" else f"{sign}{mark}{amount}"


def rate_note(scenario: Scenario) -> str:
    """The sentence that must stand beside converted amounts; empty for dollars."""
    for currency, rate in scenario.currencies.items():
        stated = f"{rate.per_usd:g} {currency} per dollar of {rate.as_of}, your rate"
        return f"Shown in {currency} at {stated}; computed in dollars."
    return ""
