"""Sweep over thousands of scenarios: every combination of a grid, in an order that never depends on who computes it.

A grid file names a base scenario and lists of values:

    [scenario]
    months = 36
    [grid]
    model = ["llama-3-70b", "gpt-oss-120b"]
    electricity_usd_per_kwh = [0.10, 0.20, 0.30]

The combinations are numbered; the last name runs fastest. They are computed in chunks of a fixed size: a chunk is one
unit of work and of resumption, so one machine, many cores or a cluster give the same rows bit for bit. A combination
that the calculator refuses gives one row with the sentence instead of costs.
"""

import hashlib
import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from calculator.catalog import Catalog, load_catalog
from calculator.decision.compare import compare
from calculator.errors import CalculatorError, ScenarioError, why_unreadable
from calculator.scenario.scenario import Scenario
from calculator.version import VERSION

Rows = list[dict[str, Any]]
CHUNK_SIZE = 100
_MOST = 10_000_000
_LARGEST_INTEGER = 2**53


@dataclass(frozen=True, slots=True)
class Grid:
    """A base scenario and the values of each name that runs."""

    base: dict[str, Any]
    names: tuple[str, ...]
    values: tuple[tuple[Any, ...], ...]

    def count(self) -> int:
        """How many combinations there are."""
        total = 1
        for row in self.values:
            total *= len(row)
        return total

    def chunk_count(self) -> int:
        """How many chunks they make."""
        return -(-self.count() // CHUNK_SIZE)

    def combinations(self, chunk: int) -> list[tuple[int, dict[str, Any]]]:
        """The numbered combinations of one chunk."""
        first = chunk * CHUNK_SIZE
        return [(number, self._combination(number)) for number in range(first, min(first + CHUNK_SIZE, self.count()))]

    def _combination(self, number: int) -> dict[str, Any]:
        picked: list[Any] = []
        for row in reversed(self.values):
            number, index = divmod(number, len(row))
            picked.append(row[index])
        return dict(zip(self.names, reversed(picked), strict=True))

    def id(self, catalogue_hash: str) -> str:
        """Names the work: grid, catalogue, version; a resumed sweep of another one is refused by it."""
        text = json.dumps(
            [self.base, self.names, self.values, CHUNK_SIZE, catalogue_hash, VERSION], sort_keys=True, default=str
        )
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_grid(path: Path) -> Grid:
    """Read and check a grid file. Raises ScenarioError: a missing file, no [grid], an unknown name, too much work."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read ({error.strerror}). Name a grid file.") from None
    except (
        ValueError,
        RecursionError,
    ) as error:  # not TOML, not UTF-8, numbers of thousands of digits, nested without end
        raise ScenarioError(f"{path}: is not a valid grid file: {why_unreadable(error)}. Correct that line.") from None
    base, table = (_table(path, data, name) for name in ("scenario", "grid"))
    if unknown := sorted(data.keys() - {"scenario", "grid"}):
        raise ScenarioError(f"{path}: [{unknown[0]}] is not a table of a grid file. Allowed: [scenario] and [grid].")
    if not table:
        raise ScenarioError(f"{path}: has no [grid] table. Add one: name = [value, value, ...].")
    for where, name in [("scenario", name) for name in base] + [("grid", name) for name in table]:
        if name not in Scenario.model_fields:
            raise ScenarioError(f"{path}: {where}.{name} is not a scenario value. `compare --json -` shows them all.")
    for name, values in table.items():
        _check_values(path, name, values)
    rows = tuple(tuple(_hashable(value) for value in cast("list[Any]", values)) for values in table.values())
    grid = Grid(base=base, names=tuple(table), values=rows)
    if grid.count() > _MOST:
        raise ScenarioError(f"{path}: {grid.count():,} combinations; at most {_MOST:,} are swept. Shorten a list.")
    return grid


def chunk_rows(grid: Grid, chunk: int, *, catalog: Catalog | None = None, as_of: str | None = None) -> Rows:
    """One row per combination and option of a chunk; the same whoever computes it. `as_of`: the day of looking."""
    catalog = catalog or load_catalog()
    rows: Rows = []
    for number, changes in grid.combinations(chunk):
        known = {"combination": number, **{name: _text_or_number(value) for name, value in changes.items()}}
        try:
            comparison = compare(Scenario.parse({**grid.base, **changes}), catalog, as_of=as_of, with_turns=False)
        except CalculatorError as error:
            rows.append({**known, "refused": str(error)})
            continue
        for option in comparison.options:
            tco, decode = option.tco, option.decode
            rows.append(
                {
                    **known,
                    "refused": None,
                    "scenario_id": comparison.scenario_id,
                    "prices_as_of": comparison.prices_as_of,
                    "option": option.id,
                    "fits": option.fits,
                    "eligible": option.eligible,
                    "cheapest": comparison.verdict.cheapest == option.id,
                    "too_close": comparison.verdict.too_close,
                    "decode_tokens_per_s": decode.central if decode else None,
                    "total_cost_usd": tco.total_cost_usd if tco else None,
                    "total_low_usd": option.total_usd.low if option.total_usd else None,
                    "total_high_usd": option.total_usd.high if option.total_usd else None,
                    "present_value_cost_usd": tco.present_value_cost_usd if tco else None,
                    "hard_cost_usd": tco.hard_cost_usd if tco else None,
                    "usd_per_mtok": tco.usd_per_mtok if tco else None,
                    "energy_kwh": tco.energy_kwh if tco else None,
                }
            )
    return rows


def compute_chunk(grid: Grid, chunk: int, work_id: str, as_of: str | None = None) -> Rows:
    """The same on another process or machine. Raises ScenarioError where its catalogue or version is another one."""
    catalog = load_catalog()
    if grid.id(catalog.hash) != work_id:
        raise ScenarioError(
            "A worker has another catalogue or calculator version. Install the same one on all workers, and start again."
        )
    return chunk_rows(grid, chunk, catalog=catalog, as_of=as_of)


def missing_chunks(grid: Grid, done: Sequence[int]) -> list[int]:
    """What is left to do, in order."""
    have = set(done)
    return [chunk for chunk in range(grid.chunk_count()) if chunk not in have]


def _table(path: Path, data: dict[str, Any], name: str) -> dict[str, Any]:
    table = data.get(name, {})
    if not isinstance(table, dict):
        raise ScenarioError(f"{path}: {name} is {table!r}; it must be a table. Write [{name}] and values below it.")
    return dict(cast("dict[str, Any]", table))


def _check_values(path: Path, name: str, values: Any) -> None:
    """A list of values of one kind, so that they make one column."""
    if not isinstance(values, list) or not values:
        raise ScenarioError(f"{path}: grid.{name} must be a list with at least one value.")
    kinds = {_kind(value) for value in cast("list[Any]", values)}
    if None in kinds:
        raise ScenarioError(f"{path}: grid.{name} holds a date or a time. Write it as text in quotes.")
    if len(kinds) > 1:
        raise ScenarioError(
            f"{path}: grid.{name} mixes {' and '.join(sorted(filter(None, kinds)))}. Give values of one kind."
        )
    huge = [value for value in cast("list[Any]", values) if type(value) is int and abs(value) > _LARGEST_INTEGER]
    if huge:
        raise ScenarioError(
            f"{path}: grid.{name} holds a whole number beyond {_LARGEST_INTEGER:,}. Write a smaller one."
        )


def _kind(value: Any) -> str | None:
    kinds: dict[type, str] = {
        bool: "true or false",
        int: "numbers",
        float: "numbers",
        str: "text",
        list: "lists",
        dict: "tables",
    }
    return next((word for kind, word in kinds.items() if isinstance(value, kind)), None)


def _hashable(value: Any) -> Any:
    return tuple(cast("list[Any]", value)) if isinstance(value, list) else value


def _text_or_number(value: Any) -> Any:
    return value if isinstance(value, int | float | str | bool) else json.dumps(value)
