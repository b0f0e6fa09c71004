"""The scenario: one question, complete. Every field with its unit, bounds, help text and section stands in a part.

The page builds its widgets, the command line its `--set`, and the URL its parameters from this one class. Default
values live in catalog/defaults.toml with their evidence; what is a plain choice (which model, how many months) stands
beside its field.
"""

import functools
import hashlib
import json
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, cast

from pydantic import ConfigDict, Field, ValidationError, model_validator
from pydantic.fields import FieldInfo

from calculator.errors import ScenarioError, sentences
from calculator.scenario.books import Books
from calculator.scenario.cloud import Cloud
from calculator.scenario.demand import Demand
from calculator.scenario.energy import Energy
from calculator.scenario.extras import Extras
from calculator.scenario.hourly_profile import busiest_ratio
from calculator.scenario.knob import Knob, bounds_of, knobs_of
from calculator.scenario.money import Money
from calculator.scenario.own_entries import OWN_TABLES, OwnEntries
from calculator.scenario.own_figures import (
    FIGURE_BOUNDS,
    MOST_USD,
    NOT_DRAWN,
    ExchangeRate,
    Finite,
    Lease,
    cases_problem,
    currency_problem,
    long_key_problem,
    range_problem,
)
from calculator.scenario.people import People
from calculator.scenario.period import Period
from calculator.scenario.question import ANOTHER_SIZE, SCHEMA_VERSION, Question
from calculator.scenario.repair import CHEAPEST, Repair
from calculator.scenario.resale import Resale
from calculator.scenario.version_1 import converted
from calculator.units import plain_number

__all__ = ["ANOTHER_SIZE", "NOT_TYPED", "SCHEMA_VERSION", "VIEW_SETTINGS", "Knob", "Scenario", "knobs"]

VIEW_SETTINGS = ("money", "labour")
"""Fields that say in which money the answer is given and shown first; the options are the same."""
_TABLES = (
    *("leases", "currencies", "already_own_usd", "figures", "ranges", "cases", "weight_classes", "machine_counts"),
    *OWN_TABLES,
)
NOT_TYPED = frozenset((*VIEW_SETTINGS, *_TABLES, "schema_version", "name", "options", "typed", "rules", "prices_as_of"))
"""Fields that are no value with a default of the catalogue."""
_NOT_IN_ID = {*VIEW_SETTINGS, "prices_as_of"}
_IN_ID_IF_SET = (
    *("hourly_profile", "open_session_count", "keep_warm_s", "seat_count", "subscription_excess"),
    *OWN_TABLES,
)
"""Fields that came later: a scenario without them keeps its id."""
_OF_THE_PROFILE = ("on_h_per_day", "working_days_per_year")


class Scenario(OwnEntries, Books, Extras, Repair, Period, Cloud, Money, Resale, Energy, People, Demand, Question):
    """One question, complete: what is served, how much of it, at which prices, for how long.

    Frozen and validated once; a wrong value raises ScenarioError, one sentence per problem. The parts stand from last
    to first: pydantic orders fields from the last base to the first, and page, link and bridge keep that order.
    """

    model_config = ConfigDict(defer_build=False)

    typed: tuple[str, ...] = ()
    """Fields that a person set, in place of the catalogue's defaults: a value that was looked up is certain, even where
    it equals the default."""

    rules: Literal[1, 2] = 2
    """Rules of costing. 1 keeps the results of version 0.1: resale from the list price, capacity by the mean hour."""

    leases: Mapping[str, Lease] = Field(default_factory=dict)
    """Machines that are leased rather than bought: their id and the terms."""

    currencies: Mapping[str, ExchangeRate] = Field(default_factory=dict, max_length=1)
    """The currency in which amounts are shown beside dollars, at your own rate of a day: at most one."""

    already_own_usd: Mapping[str, Annotated[float, Field(ge=0, le=MOST_USD)]] = Field(default_factory=dict)
    """Machines that you have already: their id and what they would bring today, after fees. They enter at that value;
    what you once paid is spent."""

    figures: Mapping[str, float] = Field(default_factory=dict)
    """Your own figures of an option in place of the catalogue's: '<option id>.<figure>' = value, a price you were
    offered for example."""

    ranges: Mapping[str, tuple[Finite, Finite, Finite]] = Field(default_factory=dict)
    """Your own P10, P50 and P90 of a value, by its name, or of an option's figure: '<option id>.<figure>'."""

    cases: Mapping[str, tuple[tuple[Finite, Finite], ...]] = Field(default_factory=dict)
    """A value that takes one of several, each with its weight: [[1.0, 0.7], [0.6, 0.3]]."""

    if not TYPE_CHECKING:  # the constructor that a type checker sees is pydantic's, with every field

        def __init__(self, **values: Any) -> None:
            """Validate; raises ScenarioError with one sentence per problem."""
            try:
                super().__init__(**values)
            except ValidationError as error:
                raise ScenarioError(" ".join(sentences(error, type(self)))) from None

    @model_validator(mode="before")
    @classmethod
    def _truth_is_no_number(cls, values: Any) -> Any:
        nested = [
            (f"{table}.{name}", value)
            for table in ("figures", "already_own_usd", "shared_with_other_work")
            for name, value in _items(_items(values).get(table)).items()
        ]
        for name, value in (*_items(values).items(), *nested):
            if isinstance(value, bool):
                raise ValueError(f"{name} is {value}; neither true nor false can stand here. Write a number or text.")
        return values

    @model_validator(mode="before")
    @classmethod
    def _range_sets_its_value(cls, values: Any) -> Any:
        """A value given as three is a range; a value of which only the range is given is its P50."""
        numbers = _numbers(cls)
        threes: dict[str, Any] = {
            name: row for name, row in _items(values).items() if name in numbers and isinstance(row, list | tuple)
        }
        ranges: dict[str, Any] = {**_items(_items(values).get("ranges")), **threes}
        whole = {
            name: cast("Any", row)
            for name, row in ranges.items()
            if name not in NOT_DRAWN and isinstance(row, list | tuple)
        }
        p50 = {name: row[1] for name, row in whole.items() if len(row) == 3}
        if not p50 and not threes:
            return values
        kept: dict[str, Any] = {name: value for name, value in _items(values).items() if name not in threes}
        if figures := {name: value for name, value in p50.items() if "." in name}:
            kept["figures"] = {**figures, **_items(kept.get("figures"))}
        return {**{name: value for name, value in p50.items() if name in numbers}, **kept, "ranges": ranges}

    @model_validator(mode="before")
    @classmethod
    def _version_and_what_was_typed(cls, values: Any) -> Any:
        """Runs before the others (pydantic takes the last one first): version 1 becomes 2, and what is given was
        typed."""
        if problem := long_key_problem(_items(values)):
            raise ValueError(problem)
        given = _items(values)
        if given.get("schema_version") in (1, "1"):
            given = converted(given)
        if not given:
            return values
        if "typed" not in given:
            threes = {name for name in given.keys() & _numbers(cls) if isinstance(given[name], list | tuple)}
            return {**given, "typed": tuple(name for name in _typeable(cls) if name in given and name not in threes)}
        if not isinstance(given["typed"], list | tuple) or not all(
            isinstance(one, str) for one in cast("list[object]", given["typed"])
        ):
            return given
        order = {name: place for place, name in enumerate(_typeable(cls))}  # one order, so that the id is one
        listed = dict.fromkeys(cast("list[str]", given["typed"]))
        return {**given, "typed": tuple(sorted(listed, key=lambda name: order.get(name, -1)))}

    @model_validator(mode="after")
    def _ranges_lie_in_bounds_and_order(self) -> Self:
        for name in (*self.ranges, *self.cases):
            if "." in name and name in self.ranges:
                bounds = FIGURE_BOUNDS.get(
                    name.rpartition(".")[2], (float("-inf"), float("inf"))
                )  # an unknown one is refused with the figures
            elif name in NOT_DRAWN:
                raise ValueError(f"{name} {NOT_DRAWN[name]}, so it has no range of its own. Give one value.")
            elif self.hourly_profile and name in _OF_THE_PROFILE:
                raise ValueError(
                    f"{name} has no range beside hourly_profile, which must agree with it. Give one value."
                )
            elif name not in _numbers(type(self)):
                raise ValueError(
                    f"{name} has no range of its own; ranges can be given for numbers of the scenario and for "
                    "'<option id>.<figure>'."
                )
            else:
                bounds = bounds_of(type(self).model_fields[name])
            if problem := range_problem(name, bounds, self.ranges.get(name)) or cases_problem(
                name, bounds, self.cases.get(name)
            ):
                raise ValueError(problem)
        return self

    @model_validator(mode="after")
    def _typed_are_values(self) -> Self:
        for name in self.typed:
            if name not in _typeable(type(self)):
                raise ValueError(f"typed names {name[:40]!r}, which is no value of the scenario. Remove it.")
        if self.prices_as_of:
            try:
                date.fromisoformat(self.prices_as_of)
            except ValueError:
                raise ValueError(f"prices_as_of is {self.prices_as_of!r}; there is no such day.") from None
        return self

    @model_validator(mode="after")
    def _tables_fit_together(self) -> Self:
        for name in self.leases:
            if name in self.already_own_usd:
                raise ValueError(
                    f"{name} is owned already or leased, not both. Remove it from leases or already_own_usd."
                )
        for name in self.shared_with_other_work:
            if name in self.already_own_usd or name in self.leases:
                raise ValueError(
                    f"{name} is shared with other work, so its price is no cost here. Remove it from leases or "
                    "already_own_usd, or from shared_with_other_work."
                )
        for name, rate in self.currencies.items():
            if problem := currency_problem(name, rate):
                raise ValueError(problem)
        return self

    @model_validator(mode="after")
    def _figures_are_known(self) -> Self:
        for name, value in self.figures.items():
            owner, _, figure = name.rpartition(".")
            if figure not in FIGURE_BOUNDS:
                raise ValueError(f"figures.{name}: {figure!r} is not a figure. Allowed: {', '.join(FIGURE_BOUNDS)}.")
            if not owner:
                raise ValueError(
                    f"figures.{name} names no option. Write figures.<option>.{name}, one of {', '.join(self.options)}."
                )
            if owner not in self.compared_ids() and "/" not in owner:
                raise ValueError(f"figures.{name}: {owner!r} is not among the options {', '.join(self.options)}.")
            low, high = FIGURE_BOUNDS[figure]
            if not low <= value <= high:
                ends = f"{plain_number(low)}..{plain_number(high)}"
                raise ValueError(f"figures.{name} is {plain_number(value)}; it must lie in {ends}.")
        return self

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> "Scenario":
        """The scenario of a table of values; raises ScenarioError with one sentence per problem."""
        return cls(**{str(name): value for name, value in values.items()})

    def changed(self, **values: Any) -> "Scenario":
        """A copy with other values, validated; they count as typed."""
        typed = tuple(dict.fromkeys((*self.typed, *(name for name in values if name not in NOT_TYPED))))
        return Scenario.parse({**self.model_dump(), "typed": typed, **values})

    def id(self, *, measurements_hash: str = "") -> str:
        """Twelve hexadecimal digits that name this scenario: a hash of all values but how and on which day it is
        read, and of the measurements behind its speeds where there are any."""
        unset = {name for name in _IN_ID_IF_SET if getattr(self, name) == _unset(type(self).model_fields[name])}
        text = json.dumps(self.model_dump(mode="json", exclude=_NOT_IN_ID | unset), sort_keys=True) + measurements_hash
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def input_tokens(self) -> int:
        """Tokens that must be read per request: prompt and retrieved text."""
        return self.prompt_tokens + self.retrieved_tokens

    def context_tokens(self) -> int:
        """Tokens of cache held for a request: what question and answer take, or what is reserved where that is more."""
        return max(self.input_tokens() + self.answer_tokens, self.reserved_context_tokens)

    def weight_class_of(self, option_id: str) -> str:
        """Precision of one option's weights, as far as the scenario names it: its own, else the one for all."""
        return self.weight_classes.get(option_id, self.weight_class)

    def machine_count_of(self, option_id: str) -> int | None:
        """Machines of one option where a number was set; None where the fewest that keep the promise are taken."""
        count = self.machine_counts.get(option_id, self.machine_count)
        return count if isinstance(count, int) else None

    def wants_cheapest_count(self, option_id: str) -> bool:
        """Whether the number of machines is to be the cheapest one, with an API for what they cannot take."""
        return option_id not in self.machine_counts and self.machine_count == CHEAPEST

    def compared_ids(self) -> tuple[str, ...]:
        """The options, and the two ends of each route among them."""
        routes = [route for key, route in self.routing.items() if key in self.options]
        return tuple(dict.fromkeys((*self.options, *(end for one in routes for end in (one.base, one.to)))))

    def has_no_price(self, option_id: str) -> bool:
        """Whether a machine is there already, alone for this work or for other work too: its price is no cost."""
        return option_id in self.already_own_usd or option_id in self.shared_with_other_work

    def held_ids(self) -> tuple[str, ...]:
        """Machines that are not bought at a price of today: leased, owned already, or shared."""
        return (*self.already_own_usd, *self.leases, *self.shared_with_other_work)

    def busiest_hour_ratio(self) -> float:
        """Requests of the busiest hour over those of the mean hour on, by the hourly profile where it is known.

        Else the peak factor, cut where one hour would hold more than the day: min(peak factor, hours on), at least 1.
        """
        if self.hourly_profile:
            return busiest_ratio(self.hourly_profile, on_h_per_day=self.on_h_per_day)
        return min(self.peak_factor_ratio, max(self.on_h_per_day, 1.0))


def knobs() -> dict[str, Knob]:
    """Every field that a person may change, in the page's order."""
    return knobs_of(Scenario)


@functools.cache
def _typeable(kind: type[Scenario]) -> tuple[str, ...]:
    """Fields that a person may set, in their order."""
    return tuple(name for name in kind.model_fields if name not in NOT_TYPED)


def _unset(info: FieldInfo) -> Any:
    """The value of a field that nobody gave."""
    return info.get_default(call_default_factory=True)


@functools.cache
def _numbers(kind: type[Scenario]) -> frozenset[str]:
    """Fields that are one number."""
    annotations: dict[str, object] = {name: info.annotation for name, info in kind.model_fields.items()}
    return frozenset(name for name, one in annotations.items() if one is int or one is float)


def _items(table: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", table) if isinstance(table, Mapping) else {}
