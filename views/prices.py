"""Prices of an option that a person may replace by his own: their names in the scenario, and their labels."""

from calculator import Catalog
from calculator.catalog.api_quotes import tariff_key
from calculator.catalog.options import ApiOffer, CloudOffer
from calculator.catalog.plans import Subscription

PRICE_LABELS = {
    "price_usd": "Price before tax ($)",
    "rate_usd_per_h": "Rate ($ an hour)",
    "seat_usd_per_month": "A seat ($ a month)",
    "input_usd_per_mtok": "Input ($ per million tokens)",
    "output_usd_per_mtok": "Output ($ per million tokens)",
}


def price_figures(option_id: str, *, model: str, catalog: Catalog) -> list[str]:
    """Names of the figures that are an option's price; of a hosted API those of the tariff for this model."""
    option = catalog.option(option_id)
    if isinstance(option, CloudOffer):
        return [f"{option_id}.rate_usd_per_h"]
    if isinstance(option, Subscription):
        return [f"{option_id}.seat_usd_per_month"]
    if not isinstance(option, ApiOffer):
        return [f"{option_id}.price_usd"]
    served = [row for row in option.tariffs if option.kind != "same-model" or row.model == model]
    return [f"{tariff_key(row)}.{figure}" for row in served[:1] for figure in PRICE_LABELS if figure.endswith("_mtok")]
