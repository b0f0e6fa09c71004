"""Local LLM TCO: which hardware should serve a local large language model for the next three years.

from calculator import Scenario, compare, load_catalog

answer = compare(Scenario(wage_usd_per_h=95), load_catalog())
print(answer)
answer["dual-rtx-4090-am5"].tco
answer.to_csv()
"""

from calculator.catalog import Catalog, load_catalog
from calculator.catalog.deployment import Deployment, Workload
from calculator.decision.comparison import Comparison, OptionResult
from calculator.errors import CalculatorError, CatalogError, PhantomError, ScenarioError, UnknownIdError
from calculator.number import Range
from calculator.physics.prediction import Prediction, predict
from calculator.report.answer import Answer, compare
from calculator.scenario.scenario import Scenario
from calculator.version import VERSION

__version__ = VERSION
__all__ = [
    "Answer",
    "CalculatorError",
    "Catalog",
    "CatalogError",
    "Comparison",
    "Deployment",
    "OptionResult",
    "PhantomError",
    "Prediction",
    "Range",
    "Scenario",
    "ScenarioError",
    "UnknownIdError",
    "Workload",
    "compare",
    "load_catalog",
    "predict",
]
