"""Today's price of an option whose price may be out of date: entered in one step, it replaces the catalogue's."""

import streamlit as st

from calculator import Catalog, Scenario
from calculator.catalog.api_quotes import tariff_key
from calculator.catalog.freshness import STALE
from calculator.catalog.options import ApiOffer, CloudOffer
from calculator.catalog.plans import Subscription
from calculator.catalog.routed import Routed
from calculator.decision.comparison import OptionResult
from calculator.scenario.own_figures import FIGURE_BOUNDS
from views.address import note_figure

_LABELS = {
    "price_usd": "Today's price ($)",
    "rate_usd_per_h": "Today's rate ($/h)",
    "seat_usd_per_month": "Today's price of a seat ($ a month)",
    "input_usd_per_mtok": "Today's price of input ($ per million tokens)",
    "output_usd_per_mtok": "Today's price of output ($ per million tokens)",
}


def ask_todays_price(option: OptionResult, *, scenario: Scenario, catalog: Catalog) -> None:
    """Draw an input for each price of the option, where it may be out of date or was entered before."""
    keys = price_figures(option.id, model=scenario.model, catalog=catalog)
    is_old = any(remark.code == STALE for remark in option.remarks)
    if not is_old and not any(key in scenario.figures for key in keys):
        return
    for key in keys:
        figure = key.rpartition(".")[2]
        widget = f"today {key}"
        low, high = FIGURE_BOUNDS[figure]
        st.session_state.setdefault(widget, scenario.figures.get(key))  # a default of the widget could not be emptied
        st.number_input(
            _LABELS[figure],
            min_value=float(low),
            max_value=float(high),
            value=None,
            format="%g",
            placeholder="enter what it costs today",
            key=widget,
            on_change=note_figure,
            args=(key, widget),
            help="Replaces the catalogue's price in this scenario. Empty it to go back.",
        )


def price_figures(option_id: str, *, model: str, catalog: Catalog) -> list[str]:
    """Names of the figures that are an option's price; of a hosted API those of the tariff for this model."""
    option = catalog.option(option_id)
    if isinstance(option, CloudOffer):
        return [f"{option_id}.rate_usd_per_h"]
    if isinstance(option, Routed):
        return []
    if isinstance(option, Subscription):
        return [f"{option_id}.seat_usd_per_month"]
    if not isinstance(option, ApiOffer):
        return [f"{option_id}.price_usd"]
    served = [row for row in option.tariffs if option.kind != "same-model" or row.model == model]
    return [f"{tariff_key(row)}.{figure}" for row in served[:1] for figure in _LABELS if figure.endswith("_mtok")]
