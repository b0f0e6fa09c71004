"""Changes of a scenario from the example that it started from, in words: whose figures an answer rests on."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from calculator.decision import input_words
from calculator.scenario.decisions import decided_differently
from calculator.scenario.presets import preset, preset_names
from calculator.scenario.scenario import Lease, Scenario, knobs
from calculator.units import counted

_FIRST = "our-defaults"
_NO_INPUTS = ("schema_version", "name", "typed", "prices_as_of", "rules", "money", "labour", "currencies")
_BY_OPTION = ("figures", "already_own_usd", "leases")
_MOST_NAMED = 6
_TABLES = {
    "options": "other options compared",
    "weight_classes": "bits of single options",
    "machine_counts": "machines of single options",
    "own_options": "options of your own",
    "own_models": "models of your own",
    "ranges": "ranges of your own",
    "cases": "cases of your own",
    "hourly_profile": "the hours of the week",
    "routing": "routes",
    "shared_with_other_work": "machines shared with other work",
    "depreciation_fractions": "depreciation by year",
}


def changes_sentence(scenario: Scenario, *, names: Mapping[str, str]) -> str:
    """How many decisions differ from the example of the scenario's name, else from our defaults, and which; empty for
    none.

    Figures of options come first. names: those of the options, and of the model, by id. '2 changes from "A firm of eight": hourly rate $120 an hour; ...'
    """
    base = _base(scenario.name)
    found = list(_changes(scenario, base, names=names))
    if not found:
        return ""
    named, more = found[:_MOST_NAMED], len(found) - _MOST_NAMED
    rest = f"; and {more} more" if more > 0 else ""
    title = base.name.removeprefix("Our defaults: ")
    return f"{counted(len(found), 'change')} from “{title[:1].upper()}{title[1:]}”: {'; '.join(named)}{rest}."


def _base(name: str) -> Scenario:
    return _examples().get(name) or preset(_FIRST)


@cache
def _examples() -> dict[str, Scenario]:
    return {found.name: found for found in map(preset, preset_names())}


def _changes(scenario: Scenario, base: Scenario, *, names: Mapping[str, str]) -> Iterator[str]:
    differing = decided_differently(scenario, base)
    for field in (*_BY_OPTION, *(name for name in Scenario.model_fields if name not in _BY_OPTION)):
        now, before = getattr(scenario, field), getattr(base, field)
        if field in _NO_INPUTS or field not in differing:
            continue
        if field in _BY_OPTION:
            for key in sorted({*now, *before}):
                if now.get(key) != before.get(key):
                    yield _of_option(field, key, now.get(key), names=names)
        else:
            yield _of_field(field, now, names=names)


def _of_option(table: str, key: str, value: Any, *, names: Mapping[str, str]) -> str:
    if table == "leases":
        return f"{names.get(key, key)} {_lease_words(value)}"
    if table == "already_own_usd":
        owned = f"{names.get(key, key)} counted as owned"
        return f"{owned}, worth ${value:,.0f}" if value is not None else f"not {owned}"
    words = input_words.label(key, names=names)
    return f"{words}: ours" if value is None else f"your {words}, {input_words.value(key, value)}"


def _lease_words(lease: Lease | None) -> str:
    if lease is None:
        return "not leased"
    end = "" if lease.buyout_usd is None else f" and bought for ${lease.buyout_usd:,.0f} at the end"
    return f"leased for ${lease.usd_per_month:,.0f} a month{', paid in advance' if lease.in_advance else ''}{end}"


def _of_field(name: str, value: Any, *, names: Mapping[str, str]) -> str:
    label = input_words.label(name, names={}) if name in knobs() else _TABLES.get(name, name.replace("_", " "))
    if isinstance(value, str):
        return f"{label}: {names.get(value, value)}"
    if name not in knobs() or not isinstance(value, int | float):
        return label
    if not value and "_target_" in name:
        return f"{label}, none"
    said = input_words.value(name, value)
    return said if said.endswith(f" {label}") else f"{label} {said}"
