"""Question that every option of a comparison is asked."""

import functools
from dataclasses import dataclass

from calculator.catalog import Catalog
from calculator.catalog.models import LanguageModel
from calculator.catalog.options import ApiTariff
from calculator.cost.inputs import Inputs
from calculator.physics.measured import MeasuredSpeed
from calculator.scenario.scenario import Scenario


@dataclass(frozen=True)
class Question:
    """What every option is asked.

    reference: the price at which what machines cannot take is bought. day: the day of looking at prices.
    """

    scenario: Scenario
    catalog: Catalog
    model: LanguageModel
    reference: ApiTariff | None
    measurements: tuple[MeasuredSpeed, ...]
    day: str

    @functools.cached_property
    def inputs(self) -> Inputs:
        """The scenario's numbers for every cost, the same for all options, with what explains the lines."""
        return Inputs(self.scenario, {}, self.catalog.tax)

    @functools.cached_property
    def brief_inputs(self) -> Inputs:
        """The same without what explains them."""
        return Inputs(self.scenario, {}, self.catalog.tax, brief=True)
