"""From when machines are there: one month, or for draws the month of each purchase.

A later machine costs what the first one costs, from its own month on. Of draws the dollars are those of the whole
draw; what differs from purchase to purchase stands in the course, whose sum is that of all purchases of a draw. So a
move that changes dollars alone finds these sums again.
"""

from collections.abc import Callable
from dataclasses import dataclass

from calculator.cost.growing_fleet import NEVER, Purchases
from calculator.cost.inputs import Growth, Inputs, Step
from calculator.finance.courses import AnyCourse, Once, Repeated
from calculator.finance.discounting import log_growth
from calculator.finance.kept_draws import read_only
from calculator.number import Number, exp, larger, smaller, where
from calculator.units import MONTHS_PER_YEAR

AT_ONCE = Once(0)


@dataclass(frozen=True, slots=True)
class When:
    """Machines come at the start of month `month` + 1; of draws at the start of the month of each purchase."""

    month: Number = 0
    purchases: Purchases | None = None

    @property
    def is_start(self) -> bool:
        """Whether these are the first machines."""
        return self.purchases is None and isinstance(self.month, int) and self.month == 0

    def paid_at_once(self, inputs: Inputs) -> AnyCourse:
        """What is paid when they come; never, beyond the horizon."""
        if self.purchases is not None:
            months, picked = self.purchases.months, self.purchases.picked
            return Repeated(lambda: Once(months - 1), picked, ("once", months))
        return AT_ONCE if self.is_start else Once(where(self.month < inputs.scenario.months, self.month, NEVER))

    def course(
        self, inputs: Inputs, *, growth: Growth = "", step: Step = "", months_free: int = 0, weight: Number = 1.0
    ) -> AnyCourse:
        """What is paid in every month that they are there, from the month after `months_free`."""
        if self.purchases is None:
            return inputs.course(growth=growth, step=step, first_month=self.month + months_free + 1)
        return self.purchases.course(inputs.course(growth=growth, step=step), months_free=months_free, weight=weight)

    def grown_back(self, growth_rate: Number, *, inputs: Inputs, age_years: Number = 0.0) -> tuple[Number, Number]:
        """What undoes the growth of a course before the purchase, so that a later machine begins where the first did.

        A factor of the dollars, and a weight of each purchase. `age_years`: how old the machine is when it is bought.
        """
        if self.purchases is None:
            return back_to(growth_rate, years=self._years_after_start(inputs) - age_years), 1.0
        months, of = self.purchases.months, self.purchases.picked.of
        weight = self.purchases.picked.kept(
            ("grown back", growth_rate, months),
            lambda: read_only(back_to(of(growth_rate), years=(months - 1) / MONTHS_PER_YEAR)),
        )
        return back_to(growth_rate, years=-age_years), weight

    def held_months(self, inputs: Inputs) -> Number:
        """Months from the purchase to the horizon; of draws one for each purchase."""
        horizon = inputs.scenario.months
        return larger(horizon - self.month, 0) if self.purchases is None else horizon + 1 - self.purchases.months

    def held_in_all(self, name: str, value: Callable[..., Number], *of_draw: Number, inputs: Inputs) -> Number:
        """value(months held until the horizon, *of_draw); of draws the sum over all purchases of each.

        `name` tells one value from another where sums are kept.
        """
        if self.purchases is None:
            return value(self.held_months(inputs), *of_draw)
        picked = self.purchases.picked
        (found,) = picked.sums(
            (name, *of_draw, self.purchases.months, inputs.scenario.months),
            lambda: [value(self.held_months(inputs), *map(picked.of, of_draw))],
        )
        return found

    def _years_after_start(self, inputs: Inputs) -> Number:
        """Years from the start of the plan to the purchase."""
        return smaller(self.month, inputs.scenario.months) / MONTHS_PER_YEAR


AT_THE_START = When()
"""The first machines."""


def back_to(growth_rate: Number, *, years: Number) -> Number:
    """(1 + growth)^-years."""
    if isinstance(years, float) and years == 0.0:
        return 1.0
    return exp(-log_growth(growth_rate) * years)
