"""Money of one option: the base case in four ways to count it, each with P10 and P90 of its futures."""

from dataclasses import dataclass

from calculator.cost.tco import Tco
from calculator.number import Range
from calculator.risk.drawn_costs import MONEY, DrawnCosts, Money
from calculator.scenario.scenario import Scenario


@dataclass(frozen=True, slots=True, eq=False)
class OptionMoney:
    """Ranges of money: central is the base case, the ledger's own sum; low and high are P10 and P90 of the futures.

    Without futures (`drawn` is None) low and high are the base case, too. Each range is found when it is asked for.
    """

    option_id: str
    tco: Tco
    drawn: DrawnCosts | None

    def range(self, money: Money) -> Range:
        """In one way to count money."""
        usd = self._base_usd(money)
        if self.drawn is None:
            return Range(usd, usd, usd, "USD")
        found = self.drawn.range(self.option_id, money)
        return Range(found.low, usd, found.high, "USD")

    @property
    def median_present_value_usd(self) -> float | None:
        """The middle of the futures; None where none were drawn."""
        return None if self.drawn is None else self.drawn.range(self.option_id, "present_value_usd").central

    def __eq__(self, other: object) -> bool:
        """Whether all figures are the same."""
        return isinstance(other, OptionMoney) and self._figures() == other._figures()

    __hash__ = None  # type: ignore[assignment]

    def _figures(self) -> tuple[object, ...]:
        return (self.option_id, self.median_present_value_usd, *(self.range(money) for money in MONEY))

    def _base_usd(self, money: Money) -> float:
        if money == "total_usd":
            return self.tco.total_cost_usd
        if money == "present_value_usd":
            return self.tco.present_value_cost_usd
        return self.tco.hard_cost_usd if money == "hard_total_usd" else self.tco.hard_present_value_cost_usd


def shown_money(scenario: Scenario) -> Money:
    """The way in which pages count money under the scenario's two switches."""
    with_staff = scenario.labour == "with"
    if scenario.money == "cash":
        return "total_usd" if with_staff else "hard_total_usd"
    return "present_value_usd" if with_staff else "hard_present_value_usd"
