"""Tariff of the scenario's model at one host: what a hosted API costs, and what a machine cannot serve is bought at."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field

from calculator.catalog import Catalog
from calculator.catalog.api_hosts import HostChoice, TokenMix, hosted_tariff, tariff_at
from calculator.catalog.api_quotes import tariff_key
from calculator.catalog.catalog import Option
from calculator.catalog.options import ApiOffer, ApiTariff
from calculator.catalog.package_prices import PREFIX
from calculator.catalog.plans import Subscription
from calculator.errors import ScenarioError
from calculator.scenario.check_ids import TARIFF_FIGURES
from calculator.scenario.scenario import Scenario


def tariff_for(scenario: Scenario, catalog: Catalog) -> ApiTariff | None:
    """The same open weights at the host whose price the person typed, else at the one that `api_host` chooses.

    That is the host with the median cost at the scenario's own mix of tokens, or version 1's cheapest
    (`hosted_tariff`). None where nobody hosts the model.
    """
    mix = TokenMix.of(
        input_tokens=scenario.input_tokens(),
        cached_fraction=scenario.cached_prompt_fraction,
        output_tokens=scenario.answer_tokens,
    )
    owners = (name.rpartition(".")[0] for name in scenario.figures)
    typed = tuple(dict.fromkeys(owner for owner in owners if "/" in owner))
    offers = _Offers(id(catalog.apis), catalog.apis)
    return _tariff(offers, scenario.model, mix=mix, choice=scenario.api_host, typed=typed)


def paid_tariff(offer: ApiOffer, scenario: Scenario, catalog: Catalog) -> ApiTariff | None:
    """The prices that a hosted API's bill is made with: its own, or of the same open weights those of `tariff_for`."""
    return tariff_for(scenario, catalog) if offer.kind == "same-model" else next(iter(offer.tariffs), None)


def with_tariff_figures(scenario: Scenario, catalog: Catalog) -> Scenario:
    """The scenario with token prices that are given under a hosted API's own id moved to the key of its host.

    `figures.api-same-model.output_usd_per_mtok` is the price at the host whose price the option pays; `ranges` and
    `cases` likewise. Raises ScenarioError where one price is given under both names, or no host has the model.
    """
    tables = {"figures": scenario.figures, "ranges": scenario.ranges, "cases": scenario.cases}
    moved = {name: key for table in tables.values() for name in table if (key := _host_key(name, scenario, catalog))}
    if not moved:
        return scenario
    for name, key in moved.items():
        if key in scenario.figures and name in scenario.figures:
            raise ScenarioError(f"figures.{name} and figures.{key} are the same price. Remove one of them.")
    changes = {
        field: {moved.get(name, name): value for name, value in table.items()} for field, table in tables.items()
    }
    return scenario.changed(**changes)


def _host_key(name: str, scenario: Scenario, catalog: Catalog) -> str:
    """The host's key of a token price that is given under an option's id; empty for every other figure."""
    owner, _, figure = name.rpartition(".")
    if figure not in TARIFF_FIGURES or not (owner in catalog.apis or owner.startswith(PREFIX)):
        return ""
    offer = catalog.option(owner)
    if not isinstance(offer, ApiOffer):
        return ""
    tariff = paid_tariff(offer, scenario, catalog)
    if tariff is None:
        raise ScenarioError(f"figures.{name}: no host offers {scenario.model}, so it has no price to replace.")
    return f"{tariff_key(tariff)}.{figure}"


def excess_tariff(option: Option, catalog: Catalog) -> ApiTariff | None:
    """The same provider's price per token for what exceeds a subscription's limits; None where it sells none."""
    if not isinstance(option, Subscription) or not option.excess_api:
        return None
    return catalog.tariff_named(option.excess_api)


@dataclass(frozen=True, slots=True)
class _Offers:
    """The catalogue's hosted APIs as a key of a cache, which keeps them alive and so their identity their own."""

    identity: int
    by_id: Mapping[str, ApiOffer] = field(compare=False)


@functools.lru_cache(maxsize=512)
def _tariff(
    offers: _Offers, model: str, *, mix: TokenMix, choice: HostChoice, typed: tuple[str, ...]
) -> ApiTariff | None:
    for offer in offers.by_id.values():
        if offer.kind != "same-model":
            continue
        chosen = hosted_tariff(offer, model, mix=mix, choice=choice)
        if chosen is not None:
            return chosen if tariff_key(chosen) in typed else _typed_tariff(offer, model, typed=typed) or chosen
    return None


def _typed_tariff(offer: ApiOffer, model: str, *, typed: tuple[str, ...]) -> ApiTariff | None:
    """The host whose price the person entered; None where it is no host of this model."""
    quotes = offer.quotes.get(model, ())
    for quote in quotes:
        if f"{quote.host_name}/{quote.host_model}" in typed:
            return tariff_at(quote, quotes, model=model, note=f"{quote.host_name}, the host whose price you entered")
    return None
