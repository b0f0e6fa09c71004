"""The calculator's front door: which hardware should serve a local large language model for the next three years?

from calculator import Scenario, compare, load_catalog
comparison = compare(Scenario(), load_catalog())
print(comparison.verdict.sentence)
"""

from calculator.catalog import Catalog, load_catalog
from calculator.catalog.deployment import Deployment, Workload
from calculator.decision.compare import Comparison, compare
from calculator.errors import CalculatorError
from calculator.physics.prediction import Prediction, predict
from calculator.scenario.scenario import Scenario
from calculator.version import VERSION

__version__ = VERSION
__all__ = [
    "CalculatorError",
    "Catalog",
    "Comparison",
    "Deployment",
    "Prediction",
    "Scenario",
    "Workload",
    "compare",
    "load_catalog",
    "predict",
]
