"""The scenario in an address, and the engine's answer to it: what every route and every assistant asks for."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Protocol

from calculator import Scenario, compare, load_catalog
from calculator.catalog import Catalog
from calculator.decision.compare import compare as compare_only
from calculator.decision.comparison import Comparison
from calculator.errors import CalculatorError, ScenarioError
from calculator.physics.measured import MeasuredSpeed
from calculator.report.stamps import catalogue_remarks, measurement_remarks
from calculator.risk.monte_carlo import FULL_COUNT
from calculator.scenario.scenario import SCHEMA_VERSION

_LONGEST_SHOWN = 40
Query = Mapping[str, Sequence[str]]
"""The parameters of an address; one that is repeated has several texts."""


class Address(Protocol):
    """What was read of an address: usable values, and one sentence for each that cannot be used."""

    @property
    def values(self) -> dict[str, Any]:
        """Values of the scenario's fields."""
        ...

    @property
    def problems(self) -> dict[str, str]:
        """A sentence per parameter that cannot be used."""
        ...

    def typed(self) -> tuple[str, ...]:
        """The values that a person set."""
        ...


class Read(Protocol):
    """The page's own reader of addresses."""

    def __call__(self, query: Query, *, catalog: Catalog) -> Address:
        """Every parameter of an address, checked one by one."""
        ...


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers to the scenario in an address, with the page's own parameters and this server's measurements.

    A value that cannot be used is refused: a script reads no notices, the page uses a default and says so.
    """

    read: Read
    speeds: Callable[[], Sequence[MeasuredSpeed]]

    def scenario(self, query: Query) -> tuple[Scenario, Catalog]:
        """The scenario, and the catalogue. Raises CalculatorError with a sentence per problem."""
        catalog = load_catalog()
        link = self.read(query, catalog=catalog)
        problems = [*_version_problems(query), *link.problems.values()]
        if problems:
            raise CalculatorError("\n".join(problems))
        return Scenario.parse({**link.values, "typed": link.typed()}), catalog

    def comparison(self, query: Query) -> tuple[Comparison, Catalog]:
        """The whole answer, with all futures, and the catalogue. Raises CalculatorError.

        Where the address was made with another catalogue or with other measurements, a remark says so.
        """
        scenario, catalog = self.scenario(query)
        found = compare(scenario, catalog, self.speeds(), as_of=today(), draw_count=FULL_COUNT)
        stamps = (
            *catalogue_remarks(query, catalog=catalog),
            *measurement_remarks(query, measurements_hash=found.measurements_hash),
        )
        return replace(found, remarks=(*found.remarks, *stamps)) if stamps else found, catalog

    def while_it_moves(self, query: Query) -> Comparison:
        """The answer while a control moves, without what would turn it. Raises CalculatorError."""
        scenario, catalog = self.scenario(query)
        return compare_only(scenario, catalog, self.speeds(), as_of=today(), draw_count=FULL_COUNT, with_turns=False)


def today() -> str:
    """The day of looking, read once at the door."""
    return date.today().isoformat()


def as_query(values: Mapping[str, Any]) -> dict[str, list[str]]:
    """A table of values as the parameters of an address: a list is repeated, a table is JSON.

    Raises ScenarioError for null and for an empty list of options: an address can hold neither.
    """
    for name, value in values.items():
        if value is None:
            raise ScenarioError(f"{str(name)[:_LONGEST_SHOWN]} is null. Give a value, or leave it out.")
        if name == "options" and value == []:
            raise ScenarioError("options is an empty list. Name at least one option, or leave it out for our defaults.")
    return {str(name): _texts(value) for name, value in values.items()}


def _version_problems(query: Query) -> list[str]:
    """A sentence where the address was written for a version of the scenario that this program does not read."""
    got = next(iter(query.get("schema_version", [])[-1:]), "")
    if got in ("", "1", str(SCHEMA_VERSION)):
        return []
    return [
        f"schema_version is {got[:_LONGEST_SHOWN]!r}; this program reads 1 and {SCHEMA_VERSION}. "
        f"Leave it out for version {SCHEMA_VERSION}, or update the program."
    ]


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):  # pyright: ignore[reportUnknownVariableType]
        return [str(item) for item in value]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return [json.dumps(value)]
