"""Routed option as an entry: found by its id beside the others, without a price of its own."""

from calculator import Scenario, load_catalog
from calculator.catalog.freshness import price_read
from calculator.catalog.routed import Routed
from calculator.scenario.own_catalog import catalog_of

CATALOG = load_catalog()


def test_route_is_an_option_named_after_its_parts_and_has_no_price_to_age() -> None:
    routing = {"mix": {"base": "dgx-spark", "to": "api-frontier", "share": 0.1}}
    option = catalog_of(Scenario.parse({"routing": routing}), CATALOG).option("mix")
    assert isinstance(option, Routed)
    assert option.name == f"{CATALOG.machines['dgx-spark'].name} + {CATALOG.apis['api-frontier'].name}"
    assert price_read(option) is None
    assert not CATALOG.routes
