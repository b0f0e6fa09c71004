"""Ids and figures that a scenario mentions, checked against the catalogue: they exist and are of the right kind.

A scenario is validated without the catalogue; what it says of a machine, a tariff or a grid is checked here, so that a
misspelt id is refused instead of changing nothing.
"""

from calculator.catalog import Catalog
from calculator.catalog.api_quotes import tariff_key
from calculator.catalog.options import ApiOffer, CloudOffer, Machine
from calculator.catalog.package_prices import PREFIX
from calculator.catalog.plans import Subscription
from calculator.catalog.routed import Routed
from calculator.errors import CalculatorError, ScenarioError
from calculator.evidence import Quantity
from calculator.scenario.scenario import Scenario

_SPEEDS = frozenset({"prefill_speed_ratio", "decode_speed_ratio"})
TARIFF_FIGURES = frozenset({"input_usd_per_mtok", "output_usd_per_mtok", "cached_input_usd_per_mtok", "price_ratio"})
FIGURES_OF_KIND: dict[type, frozenset[str]] = {
    Machine: _SPEEDS
    | {
        "price_usd",
        "list_price_usd",
        "age_when_bought_years",
        "gpu_price_fraction",
        "embodied_kg",
        "setup_h",
        "prefill_w",
        "decode_w",
        "idle_w",
        "sleep_w",
    },
    CloudOffer: _SPEEDS
    | {
        "rate_usd_per_h",
        "billing_minutes",
        "startup_minutes",
        "storage_gb",
        "storage_usd_per_gb_month",
        "setup_h",
    },
    ApiOffer: frozenset({"setup_h"}),
    Subscription: frozenset({"seat_usd_per_month", "requests_per_window", "setup_h"}),
}
"""Which of `figures` a kind of option has; a tariff's belong to '<provider>/<its model>'."""


def refuse_unknown(scenario: Scenario, catalog: Catalog) -> None:
    """Raise UnknownIdError, PhantomError or ScenarioError for the first name that would otherwise change nothing."""
    carbon_of(scenario.grid, catalog)
    for table, done in (("leases", "leased"), ("already_own_usd", "owned"), ("shared_with_other_work", "shared")):
        for owner in getattr(scenario, table):
            option = catalog.option(owner)
            if not isinstance(option, Machine):
                raise ScenarioError(
                    f"{table}.{owner}: {option.name} is not a machine, so it cannot be {done}. Remove it."
                )
    for table in ("machine_counts", "weight_classes"):
        for owner in getattr(scenario, table):
            option = catalog.option(owner)
            if isinstance(option, Routed):
                raise ScenarioError(
                    f"{table}.{owner}: {owner} is made of two options. Name {option.base} or {option.to}."
                )
            if isinstance(option, ApiOffer | Subscription):
                what = "machines" if table == "machine_counts" else "weights of yours"
                raise ScenarioError(f"{table}.{owner}: {option.name} is hosted and has no {what}. Remove it.")
    _refuse_unknown_figures(scenario, catalog)


def _refuse_unknown_figures(scenario: Scenario, catalog: Catalog) -> None:
    for name in scenario.figures:
        owner, _, figure = name.rpartition(".")
        if "/" in owner and not owner.startswith(PREFIX):
            known = TARIFF_FIGURES
            if owner not in _hosts(scenario, catalog):
                raise ScenarioError(
                    f"figures.{name}: {owner!r} is not a tariff of the catalogue. Write '<provider>/<its model>', as "
                    "`explain` shows it."
                )
        else:
            option = catalog.option(owner)
            if isinstance(option, Routed):
                raise ScenarioError(
                    f"figures.{name}: {owner} is made of two options. Name {option.base} or {option.to}."
                )
            known = FIGURES_OF_KIND[type(option)]
        if figure == "list_price_usd" and scenario.rules != 1:
            raise ScenarioError(
                f"figures.{name} changes nothing: resale is a share of what the same thing costs today, not of its list "
                f"price. Give figures.{owner}.price_usd or the resale value instead."
            )
        if figure not in known:
            raise ScenarioError(f"figures.{name}: {owner} has no {figure}. It has: {', '.join(sorted(known))}.")


def _hosts(scenario: Scenario, catalog: Catalog) -> set[str]:
    """'<provider>/<its model>' of every tariff, and of every host that quotes a price for one of our models."""
    found: set[str] = set()
    named = (catalog.option(option) for option in scenario.compared_ids() if option.startswith(PREFIX))
    for api in (*catalog.apis.values(), *(option for option in named if isinstance(option, ApiOffer))):
        found |= {tariff_key(row) for row in api.tariffs}
        found |= {f"{row.host_name}/{row.host_model}" for rows in api.quotes.values() for row in rows}
    plans = (catalog.option(option) for option in scenario.compared_ids())
    found |= {
        tariff_key(catalog.tariff_named(p.excess_api)) for p in plans if isinstance(p, Subscription) and p.excess_api
    }
    return found


def carbon_of(grid: str, catalog: Catalog) -> Quantity:
    """Carbon intensity of the scenario's grid; raises CalculatorError where the catalogue has no such grid."""
    if grid not in catalog.grid_carbon:
        near = ", ".join(sorted(catalog.grid_carbon)[:8])
        raise CalculatorError(f"grid {grid!r} is not in the catalogue. Known grids: {near} ...")
    return catalog.grid_carbon[grid].carbon_g_per_kwh
