"""One option more in a comparison, which takes twelve at most; none is dropped for it."""

from calculator.errors import ScenarioError
from calculator.scenario.question import MOST_OPTIONS
from calculator.scenario.scenario import Scenario


def with_option(scenario: Scenario, option: str) -> Scenario:
    """The scenario with this option compared as well; as it is where it is among them.

    Raises ScenarioError where the scenario compares `MOST_OPTIONS` others already.
    """
    if option in scenario.options:
        return scenario
    if len(scenario.options) >= MOST_OPTIONS:
        raise ScenarioError(
            f"{option} is not among the options, and {MOST_OPTIONS} are compared already, which is the most. "
            "Take one of them out, or ask about one of them."
        )
    return scenario.changed(options=(*scenario.options, option))
