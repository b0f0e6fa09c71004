"""Lines of one purchase: the same for the first and for every further machine, shifted to its month."""

from calculator.cost.tco import Tco, cost_of
from calculator.scenario.scenario import Scenario
from tests.calculator.offers import MAC, MAC_USAGE, SCENARIO, TARIFF


def _cost(option, usage, scenario: Scenario = SCENARIO, reference=TARIFF, **values) -> Tco:
    return cost_of(option, scenario=scenario, usage=usage, reference_api=reference, values=values)


def test_resale_is_of_the_list_price_and_not_of_the_tax() -> None:
    # pitfall 8
    assert (
        _cost(MAC, MAC_USAGE, sales_tax_fraction=0.2).lines["resale"]
        == _cost(MAC, MAC_USAGE, sales_tax_fraction=0.0).lines["resale"]
    )
