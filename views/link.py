"""Scenario in a web address: reading an address strictly, and writing one that keeps its meaning.

A parameter has the name of a scenario field and its value the model's own unit, as in a scenario file and in `--set`:
`?resale_fraction=0.48&wage_usd_per_h=120`. A list is repeated or has commas (`options`), a table (figures, ranges ...)
is JSON (link_tables.py); `typed` lists the values that a person set, and without it they are those in the address. A link of version 0.1
(`schema_version=1`) is converted, so that its dollars stay. No streamlit here, because the page and the /api route read
addresses with the same code (docs/decisions/0006-page.md).
"""

import difflib
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode

from calculator import Catalog, Scenario
from calculator.catalog.models import LanguageModel
from calculator.errors import CalculatorError, ScenarioError
from calculator.report.stamps import CATALOGUE, MEASUREMENTS, catalogue_remarks, measurement_remarks
from calculator.scenario.check_ids import refuse_unknown
from calculator.scenario.files import typed
from calculator.scenario.own_catalog import catalog_of
from calculator.scenario.presets import preset, preset_names
from calculator.scenario.scenario import ANOTHER_SIZE, NOT_TYPED, SCHEMA_VERSION, knobs
from calculator.scenario.version_1 import converted
from calculator.service.tariff import with_tariff_figures
from views.link_tables import each_id, is_table, read_table, table_text

STAMPS = ("schema_version", CATALOGUE, MEASUREMENTS)
PRESET = "preset"
"""The parameter that names the preset from which the other values start."""
OWN_ENTRIES = ("own_options", "own_models", "routing")
_PROFILE, _AGREE = "hourly_profile", ("on_h_per_day", "working_days_per_year")
VIEW = "view"  # which view a page opens with; it says nothing of the scenario
_PLATFORM = ("embed", "embed_options", VIEW)
_SHOWN_CHARACTERS = 40
_LINK = "This link"
_LONGEST_ID = 36  # an own id has 40 at most, "my-" before it included


@dataclass(frozen=True, slots=True)
class Link:
    """The content of an address: usable values, and one sentence for each unusable one.

    `problems` maps a parameter to its sentence; `stamp_remarks` are about the age of the link. `is_of_version_1`: the
    values are what a link of version 0.1 meant, with what it did not say. `measurements_hash` names the measurements behind
    the sender's speeds: empty where all were predicted, None where the link does not say. `preset` is the one that the
    values start from, `own` what the address says beside it.
    """

    values: dict[str, Any]
    problems: dict[str, str]
    stamp_remarks: tuple[str, ...] = ()
    is_of_version_1: bool = False
    measurements_hash: str | None = None
    preset: str = ""
    own: tuple[str, ...] = ()

    def typed(self) -> tuple[str, ...]:
        """The values that a person set: those that the address lists, else all that it holds."""
        listed = self.values.get("typed")
        return tuple(name for name in self.values if name not in NOT_TYPED) if listed is None else listed

    def without_widget(self) -> dict[str, Any]:
        """The values of fields without a widget, such as tables of the user's own figures."""
        return {name: value for name, value in self.values.items() if name not in ("name", "options", *knobs())}


@functools.cache
def parameters() -> tuple[str, ...]:
    """The scenario fields allowed in an address: those with a widget in the page's order, then the others."""
    with_widget = ("name", "options", *knobs())
    return (*with_widget, *(name for name in Scenario.model_fields if name not in (*with_widget, *STAMPS)))


def read_link(query: Mapping[str, Sequence[str]], *, catalog: Catalog) -> Link:
    """Every parameter of an address, checked one by one; none is dropped silently."""
    start, problems = _start(query)
    values, unusable_entries = _own_entries(query, catalog=catalog)
    problems |= unusable_entries
    catalog = _with_entries({**start, **values}, catalog)
    known = parameters()
    options, unusable = _options(query.get("options", ()), catalog=catalog)
    if options:
        values["options"] = options
    if unusable:
        problems["options"] = unusable
    for name, texts in sorted(query.items(), key=lambda item: item[0] == _PROFILE):  # it must agree with others
        if name in (*STAMPS, *_PLATFORM, *OWN_ENTRIES, PRESET):
            continue
        if name not in known:
            names = (*known, *STAMPS)
            near = [one for one in names if one.startswith(name)]
            near = near or difflib.get_close_matches(name, names, n=1, cutoff=0.6)
            hint = f" Did you mean {near[0]}?" if near else ""
            problems[name] = f"{_short(name)} is no value of a scenario.{hint}"
        elif name != "options":
            try:
                named = options or start.get("options", ())
                routing = values.get("routing", start.get("routing", {}))
                compared: dict[str, Any] = {"options": named, "routing": routing} if named else {}
                if name == _PROFILE:
                    compared = {field: found for field, found in (start | values).items() if field in _AGREE}
                values[name] = _value(name, texts, compared=compared, catalog=catalog)
            except CalculatorError as error:
                problems[name] = str(error)
    is_of_version_1 = query.get("schema_version", [""])[-1] == "1"
    own = tuple(name for name in values if name != "typed")
    if start:
        set_here = values.get("typed", tuple(name for name in own if name not in NOT_TYPED))
        values["typed"] = tuple(dict.fromkeys((*start["typed"], *set_here)))
    return Link(
        values=_as_version_2(values) if is_of_version_1 else {**start, **values},
        problems=problems,
        stamp_remarks=_stamp_remarks(query, catalog=catalog),
        is_of_version_1=is_of_version_1,
        measurements_hash=query[MEASUREMENTS][-1] if query.get(MEASUREMENTS) else None,
        preset=query[PRESET][-1] if start else "",
        own=own,
    )


def _start(query: Mapping[str, Sequence[str]]) -> tuple[dict[str, Any], dict[str, str]]:
    """The values of the preset that the address names, and a sentence where there is no such preset."""
    name = query.get(PRESET, [""])[-1]
    if not name:
        return {}, {}
    if name not in preset_names():
        return {}, {PRESET: f"There is no example called {_short(name)!r}. Use {', '.join(preset_names())}."}
    scenario = preset(name)
    differing = (field for field in parameters() if field != "typed" and getattr(scenario, field) != _default(field))
    names = ("name", "options", "typed", *scenario.typed, *differing)
    return {field: getattr(scenario, field) for field in dict.fromkeys(names)}, {}


def catalog_with_own(link: Link, catalog: Catalog) -> Catalog:
    """The catalogue with the machines and models that the address describes."""
    return _with_entries(link.values, catalog)


def _with_entries(values: Mapping[str, Any], catalog: Catalog) -> Catalog:
    own = {name: values[name] for name in OWN_ENTRIES if name in values}
    return catalog_of(Scenario.parse(own), catalog) if own else catalog


def _own_entries(query: Mapping[str, Sequence[str]], *, catalog: Catalog) -> tuple[dict[str, Any], dict[str, str]]:
    """The machines and models that the address describes, and one sentence for each table that cannot be used."""
    values, problems = dict[str, Any](), dict[str, str]()
    for name in (one for one in OWN_ENTRIES if one in query):
        try:
            found = _value(name, query[name], compared={}, catalog=catalog)
            _with_entries({**values, name: found}, catalog)
            values[name] = found
        except CalculatorError as error:
            problems[name] = str(error)
    return values, problems


def _as_version_2(values: Mapping[str, Any]) -> dict[str, Any]:
    """What the values of a link of version 0.1 meant."""
    meant = converted(values)
    return {
        name: tuple(cast("list[object]", row)) if isinstance(row, list) else row
        for name, row in meant.items()
        if name not in STAMPS
    }


def write_link(
    scenario: Scenario, *, catalogue_hash: str, prices_as_of: str = "", measurements_hash: str | None = None
) -> str:
    """The query string with every value of a scenario, the schema version and the hashes of what its figures rest on.

    It includes default values, so the link keeps its meaning after a default has changed. `prices_as_of` is the day on
    which prices were looked at, where the scenario names none; `measurements_hash` that of a comparison.
    """
    pairs: list[tuple[str, str]] = [
        ("schema_version", str(scenario.schema_version)),
        (CATALOGUE, catalogue_hash),
    ]
    if measurements_hash is not None:
        pairs.append((MEASUREMENTS, measurements_hash))
    for name in parameters():
        value = getattr(scenario, name)
        if name == "options":
            pairs += [(name, option) for option in value]
        elif name == "typed":
            pairs.append((name, ",".join(value)))
        elif name == "prices_as_of":
            pairs.append((name, value or prices_as_of))
        elif not is_table(name):
            pairs.append((name, text_of(value)))
        elif value:
            table = scenario.model_dump(mode="json", include={name}, exclude_defaults=name in OWN_ENTRIES)[name]
            pairs.append((name, table_text(table)))
    return urlencode(pairs)


def model_table(model: LanguageModel, *, catalog: Catalog) -> tuple[str, dict[str, Any]]:
    """A model of one's own as `own_models` holds it: an id that nobody else has, and its row, whole."""
    plain = "".join(one if one.isascii() and (one.isalnum() or one in "._-") else "-" for one in model.id)
    key = plain.strip("-._")[:_LONGEST_ID] or "my-model"
    key = f"my-{key}" if key in catalog.models else key
    return key, model.model_dump(mode="json", exclude_defaults=True, exclude={"id"})


def used_instead(link: Link, scenario: Scenario) -> dict[str, str]:
    """One sentence per parameter that cannot be used, with the value that replaces it.

    Also compares the values read with those that the page uses, so that no widget can round or drop one unnoticed.
    """
    sentences = dict[str, str]()
    for name, problem in link.problems.items():
        if name == "options":
            used = "It was left out." if "options" in link.values else "The page uses the default options."
        elif name in Scenario.model_fields:
            used = f"The page uses {text_of(getattr(scenario, name)) or 'none'}."
        else:
            used = "It was ignored."
        sentences[name] = f"{problem} {used}"
    for name, value in link.values.items():
        used = getattr(scenario, name)
        if name == "figures":  # a range of a figure sets the figure, too
            used = {key: row for key, row in used.items() if key in value or key not in scenario.ranges}
        if used != value and name not in link.problems:
            sentences[name] = f"{name} is {text_of(value)} in the address; the page uses {text_of(used)}."
    return sentences


def _value(name: str, texts: Sequence[str], *, compared: Mapping[str, Any], catalog: Catalog) -> Any:
    if is_table(name):
        value = read_table(name, texts)
    else:
        text = texts[-1] if name == "name" else _short(texts[-1])
        value = typed(name, text) if text.isascii() else text  # digits of other scripts are not numbers here
    if name == "model" and value != ANOTHER_SIZE:
        catalog.model(value)
    beside = compared if is_table(name) else dict[str, Any]()  # a table may only name compared options
    scenario = Scenario.parse({**beside, name: value})
    try:
        refuse_unknown(with_tariff_figures(scenario, catalog), catalog)
    except CalculatorError as error:
        raise ScenarioError(str(error) if str(error).startswith(name) else f"{name}: {error}") from None
    return getattr(scenario, name)


def _default(name: str) -> Any:
    return Scenario.model_fields[name].get_default(call_default_factory=True)


def _options(texts: Sequence[str], *, catalog: Catalog) -> tuple[tuple[str, ...], str]:
    """The options that exist, and one sentence about those that do not."""
    usable, unusable = list[str](), list[str]()
    for option_id in dict.fromkeys(each_id(texts)):
        try:
            catalog.option(option_id)
            usable.append(option_id)
        except CalculatorError as error:
            unusable.append(str(error).partition(" `python")[0])
    try:
        if usable:
            Scenario.parse({"options": usable})
    except CalculatorError as error:
        unusable.append(str(error))
        usable = []
    return tuple(usable), " ".join(unusable)


def measurements_remark(link: Link, *, measurements_hash: str) -> str:
    """One sentence where the sender's speeds rest on other measurements than this page's; empty where they do not."""
    query = {} if link.measurements_hash is None else {MEASUREMENTS: [link.measurements_hash]}
    said = measurement_remarks(query, measurements_hash=measurements_hash, asked=_LINK)
    if said and link.measurements_hash and not measurements_hash:
        return f"{said[0].text} Bring the sender's measurements to the Measurements page to see the same."
    return "".join(one.text for one in said)


def _stamp_remarks(query: Mapping[str, Sequence[str]], *, catalog: Catalog) -> tuple[str, ...]:
    remarks: list[str] = []
    schema = query.get("schema_version", [""])[-1]
    if schema and schema not in ("1", str(SCHEMA_VERSION)):
        remarks.append(
            f"This link was written for version {_short(schema)} of the scenario; this page reads version"
            f" {SCHEMA_VERSION}. Please check the values below."
        )
    return (*remarks, *(one.text for one in catalogue_remarks(query, catalog=catalog, asked=_LINK)))


def text_of(value: Any) -> str:
    """A value as an address has it; a table by the number of its entries."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, Mapping):
        value = cast("Mapping[str, Any]", value)
        return f"{len(value)} {'entry' if len(value) == 1 else 'entries'}" if value else "none"
    return ", ".join(map(str, cast("tuple[Any, ...]", value))) if isinstance(value, tuple) else str(value)


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "..."
