"""The catalogue with a scenario's own machines and models in it, so that nothing behind the door knows a difference."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from calculator.catalog import Catalog
from calculator.catalog.options import Machine
from calculator.catalog.routed import Routed
from calculator.errors import ScenarioError
from calculator.evidence import Remark
from calculator.scenario.own_machine import own_machine
from calculator.scenario.own_models import own_model
from calculator.scenario.question import ANOTHER_SIZE
from calculator.scenario.routing import Route, refuse_chains
from calculator.scenario.scenario import Scenario

T = TypeVar("T")


def catalog_of(scenario: Scenario, catalog: Catalog) -> Catalog:
    """The catalogue with the scenario's own options and models; the same object where it has none.

    Its hash stays that of the files, because the scenario's id names its own entries. Entries that are there already
    are replaced by equal ones, so it may be called twice. Raises ScenarioError for an id that the catalogue has given
    to something else, and for what `own_machine` refuses.
    """
    if not scenario.own_options and not scenario.own_models and not scenario.routing:
        return catalog
    options: dict[str, object] = {**catalog.machines, **catalog.clouds, **catalog.apis, **catalog.subscriptions}
    stock = replace(catalog, machines=_without(scenario.own_options, catalog.machines))
    machines = {key: own_machine(key, own, catalog=stock) for key, own in scenario.own_options.items()}
    machines = _told_apart(machines, [one.name for one in stock.machines.values()])
    models = {key: own_model(key, own) for key, own in scenario.own_models.items()}
    _refuse_taken("own_options", machines, {**options, **catalog.chips})
    _refuse_taken("own_models", models, {**catalog.models, ANOTHER_SIZE: None})
    found = replace(catalog, machines={**catalog.machines, **machines}, models={**catalog.models, **models})
    refuse_chains(scenario.routing, options={**options, **machines})
    return replace(found, routes={key: _routed(key, route, found) for key, route in scenario.routing.items()})


def _routed(key: str, route: Route, catalog: Catalog) -> Routed:
    """The route as an option. Raises UnknownIdError where an end or its model is none of the catalogue's."""
    base, to = (catalog.option(end) for end in (route.base, route.to))
    if route.model and route.model != ANOTHER_SIZE:
        catalog.model(route.model)
    return Routed(id=key, name=route.name or f"{base.name} + {to.name}", base=route.base, to=route.to)


def not_compared(scenario: Scenario) -> tuple[Remark, ...]:
    """Machines and routes of one's own that are described, but not compared: they change nothing."""
    return tuple(
        Remark(
            code="own-not-compared",
            text=f"{table}.{key} is not compared. Add {key} to options, or remove it.",
            level="warning",
        )
        for table, rows in (("own_options", scenario.own_options), ("routing", scenario.routing))
        for key in rows
        if key not in scenario.compared_ids()
    )


def _told_apart(machines: Mapping[str, Machine], others: Sequence[str]) -> dict[str, Machine]:
    """The machines; one whose name another machine has, whatever the case, says its id behind it."""
    names = Counter(name.casefold() for name in (*others, *(one.name for one in machines.values())))
    return {
        key: one.model_copy(update={"name": f"{one.name} ({key})"}) if names[one.name.casefold()] > 1 else one
        for key, one in machines.items()
    }


def _without(own: Mapping[str, object], table: Mapping[str, T]) -> dict[str, T]:
    """The entries of others: no machine of one's own is the nearest to another."""
    return {key: entry for key, entry in table.items() if key not in own}


def _refuse_taken(table: str, own: Mapping[str, object], known: Mapping[str, object]) -> None:
    for key, entry in own.items():
        if key in known and known[key] != entry:
            other = "" if table == "own_models" else f" To change single figures of it, use figures.{key}."
            raise ScenarioError(f"{table}.{key}: {key!r} is an id of the catalogue. Choose another id.{other}")
