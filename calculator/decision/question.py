"""Question that every option of a comparison is asked."""

from dataclasses import dataclass

from calculator.catalog import Catalog
from calculator.catalog.models import LanguageModel
from calculator.catalog.options import ApiTariff
from calculator.physics.measured import MeasuredSpeed
from calculator.scenario.scenario import Scenario


@dataclass(frozen=True, slots=True)
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
