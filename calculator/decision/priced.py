"""Priced: the bill of one way to serve, summed as far as it is asked.

A search needs the present value and where the demand goes; the whole ledger is laid out only for what is shown.
"""

import functools
from dataclasses import dataclass, field

from calculator.catalog.options import CloudOffer, Machine
from calculator.cost.bill import Charges
from calculator.cost.kept_bills import Bill
from calculator.cost.tco import Tco, charges_of, folded, fraction_of, laid_out, present_value_cost_usd
from calculator.decision.question import Question
from calculator.finance.ledger import Horizon
from calculator.service.usage import Usage


@dataclass(frozen=True)
class Priced:
    """What one way to serve costs over the horizon. Numbers only, no draws."""

    option: Machine | CloudOffer
    usage: Usage
    question: Question = field(repr=False)

    @functools.cached_property
    def present_value_cost_usd(self) -> float:
        """The ledger's present value, without its rows."""
        return present_value_cost_usd(self._brief, self._horizon)

    @functools.cached_property
    def served_here_fraction(self) -> float:
        """Share of the tokens wanted that the option serves itself."""
        return fraction_of(self._brief.here, self._brief.demand, months=self.question.scenario.months)

    @functools.cached_property
    def bought_fraction(self) -> float:
        """Share of the tokens wanted that is bought elsewhere."""
        return fraction_of(self._brief.bought, self._brief.demand, months=self.question.scenario.months)

    @functools.cached_property
    def tco(self) -> Tco:
        """The whole ledger."""
        return folded(self._bill.charges, self._horizon, self._bill.flows)

    @property
    def _horizon(self) -> Horizon:
        scenario = self.question.scenario
        return Horizon(scenario.months, scenario.discount_rate, scenario.timing)

    @functools.cached_property
    def _bill(self) -> Bill:
        """With what explains the lines, and their flows."""
        return laid_out(
            self.option,
            inputs=self.question.inputs,
            horizon=self._horizon,
            usage=self.usage,
            reference_api=self.question.reference,
        )

    @functools.cached_property
    def _brief(self) -> Charges:
        """Without what only explains the lines; the whole bill where that was made already."""
        if "_bill" in vars(self):
            return self._bill.charges
        asked = self.question
        return charges_of(self.option, inputs=asked.brief_inputs, usage=self.usage, reference_api=asked.reference)
