"""Decisions: what a person sets at once, though several fields of a scenario hold it.

A model is chosen with its size or its description, options are chosen with one's own machines and routes among them.
Lists of changes count decisions, not fields.
"""

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from calculator.scenario.question import ANOTHER_SIZE
from calculator.scenario.routing import Route
from calculator.scenario.scenario import Scenario

T = TypeVar("T")

_DECIDED_BY = {
    "another_size_b": ("model", "options", "another_size_b"),
    "own_models": ("model", "options", "own_models"),
    "own_options": ("options", "own_options"),
    "routing": ("options", "routing"),
}


def decisions_on(field: str) -> tuple[str, ...]:
    """The decisions that may have set a field, each by the name of its first field.

    >>> decisions_on("another_size_b"), decisions_on("months")
    (('model', 'options', 'another_size_b'), ('months',))
    """
    return _DECIDED_BY.get(field, (field,))


def decided_differently(now: Scenario, before: Scenario) -> tuple[str, ...]:
    """The decisions in which two scenarios differ, each by the name of its first field, in the order of the fields."""
    mine, theirs = _decided(now), _decided(before)
    is_sized = ANOTHER_SIZE in (*_models(now), *_models(before))  # then its size counts with that model or route
    skipped = ("typed", "another_size_b") if is_sized else ("typed",)
    return tuple(name for name in Scenario.model_fields if name not in skipped and mine[name] != theirs[name])


def set_by(decision: str, scenario: Scenario) -> tuple[str, ...]:
    """The fields, and the rows of tables as `table:key`, that go with a decision when it is taken back."""
    if decision == "model":
        needed = [route.model for route in _compared_routes(scenario).values()]
        own = [f"own_models:{scenario.model}"] if scenario.model in scenario.own_models else []
        size = ["another_size_b"] if scenario.model == ANOTHER_SIZE else []
        return ("model", *([] if scenario.model in needed else [*size, *own]))
    if decision == "options":
        routes = _compared_routes(scenario)
        machines = [f"own_options:{key}" for key in scenario.compared_ids() if key in scenario.own_options]
        models = dict.fromkeys(route.model for route in routes.values() if route.model != scenario.model)
        own = [f"own_models:{key}" for key in models if key in scenario.own_models]
        size = ["another_size_b"] if ANOTHER_SIZE in models else []
        return ("options", *machines, *(f"routing:{key}" for key in routes), *own, *size)
    return (decision,)


def _decided(scenario: Scenario) -> dict[str, Any]:
    """What was decided on each field: of several fields that one decision sets, the first one holds all."""
    routes, compared = _compared_routes(scenario), scenario.compared_ids()
    return {
        **{name: getattr(scenario, name) for name in Scenario.model_fields},
        "model": (scenario.model, _model_row(scenario.model, scenario)),
        "options": (
            scenario.options,
            _rows(scenario.own_options, compared),
            {key: (route, _model_row(route.model, scenario)) for key, route in routes.items()},
        ),
        "own_models": _others(scenario.own_models, _models(scenario)),
        "own_options": _others(scenario.own_options, compared),
        "routing": _others(scenario.routing, routes),
    }


def _model_row(model: str, scenario: Scenario) -> Any:
    """What the scenario itself says of a model; None of one of the catalogue."""
    return scenario.another_size_b if model == ANOTHER_SIZE else scenario.own_models.get(model)


def _models(scenario: Scenario) -> set[str]:
    """The models that are served, by all options or by a route."""
    return {scenario.model, *(route.model for route in _compared_routes(scenario).values())}


def _compared_routes(scenario: Scenario) -> dict[str, Route]:
    return _rows(scenario.routing, scenario.options)


def _rows(table: Mapping[str, T], keys: Collection[str]) -> dict[str, T]:
    return {key: table[key] for key in keys if key in table}


def _others(table: Mapping[str, T], keys: Collection[str]) -> dict[str, T]:
    return {key: row for key, row in table.items() if key not in keys}
