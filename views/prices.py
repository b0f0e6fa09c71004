"""Prices of an option that a person may replace by his own: their names in the scenario, and their labels."""

from collections.abc import Collection
from typing import Any

from calculator import Catalog, Scenario
from calculator.catalog.api_quotes import tariff_key
from calculator.catalog.options import ApiOffer, CloudOffer
from calculator.catalog.plans import Subscription
from calculator.catalog.routed import Routed
from calculator.service.tariff import paid_tariff

_OF_OPTIONS = ("already_own_usd", "shared_with_other_work", "machine_counts", "weight_classes", "leases", "ranges")
"""Tables whose rows are named after an option, or after one of its figures; `figures` besides."""
PRICE_LABELS = {
    "price_usd": "Price before tax ($)",
    "rate_usd_per_h": "Rate ($ an hour)",
    "seat_usd_per_month": "A seat ($ a month)",
    "input_usd_per_mtok": "Input ($ per million tokens)",
    "output_usd_per_mtok": "Output ($ per million tokens)",
}


def price_figures(option_id: str, *, scenario: Scenario, catalog: Catalog) -> list[str]:
    """Names of the figures that are an option's price; of a hosted API those of the host that its bill is made with."""
    option = catalog.option(option_id)
    if isinstance(option, CloudOffer):
        return [f"{option_id}.rate_usd_per_h"]
    if isinstance(option, Routed):
        return []
    if isinstance(option, Subscription):
        return [f"{option_id}.seat_usd_per_month"]
    if not isinstance(option, ApiOffer):
        return [f"{option_id}.price_usd"]
    tariff = paid_tariff(option, scenario, catalog)
    if tariff is None:
        return []
    return [f"{tariff_key(tariff)}.{figure}" for figure in PRICE_LABELS if figure.endswith("_mtok")]


def figures_of(options: Collection[str], scenario: Scenario) -> dict[str, float]:
    """A person's own figures of these options and of the hosts; a scenario may hold no others.

    >>> mine = {"dgx-spark.price_usd": 4000, "cloud-h100.rate_usd_per_h": 2.5}
    >>> figures_of(["cloud-h100"], Scenario(options=("dgx-spark", "cloud-h100"), figures=mine))
    {'cloud-h100.rate_usd_per_h': 2.5}
    """
    owners = {name: name.rpartition(".")[0] for name in scenario.figures}
    return {name: scenario.figures[name] for name, owner in owners.items() if "/" in owner or owner in options}


def tables_of(options: Collection[str], scenario: Scenario) -> dict[str, dict[str, Any]]:
    """The tables that change where these options are compared: no own figures of others, nothing on one's own others."""
    said = scenario.model_dump(mode="json", include={*_OF_OPTIONS}, exclude_defaults=True)
    gone = {key for key in scenario.own_options if key not in options}
    found = {"figures": figures_of(options, scenario)}
    for table, rows in said.items():
        found[table] = {key: row for key, row in rows.items() if not {key, key.rpartition(".")[0]} & gone}
    return {table: rows for table, rows in found.items() if len(rows) < len(getattr(scenario, table))}
