"""How do thousands of scenarios come out? Every combination of a grid, in an order that never depends on who computes it.

A grid file names a base scenario and lists of values:

    [scenario]
    months = 36
    [grid]
    model = ["llama-3-70b", "gpt-oss-120b"]
    electricity_usd_per_kwh = [0.10, 0.20, 0.30]

The combinations are numbered; the last name runs fastest. They are computed in chunks of a fixed size: a chunk is one
unit of work and of resumption, so one machine, many cores or a cluster give the same rows bit for bit. A combination that
the calculator refuses gives one row with the sentence instead of costs.
"""

import hashlib
import itertools
import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from calculator.catalog import Catalog, load_catalog
from calculator.compare import compare
from calculator.errors import CalculatorError, ScenarioError
from calculator.scenario import Scenario

CHUNK_SIZE = 100
_MOST = 10_000_000


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
        picked = itertools.islice(itertools.product(*self.values), first, first + CHUNK_SIZE)
        return [(first + index, dict(zip(self.names, row, strict=True))) for index, row in enumerate(picked)]

    def id(self, catalogue_hash: str) -> str:
        """Names the work: grid and catalogue. A resumed sweep of another grid or another catalogue is refused by it."""
        text = json.dumps([self.base, self.names, self.values, CHUNK_SIZE, catalogue_hash], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_grid(path: Path) -> Grid:
    """Read and check a grid file. Raises ScenarioError: a missing file, no [grid], an unknown name, too much work."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read ({error.strerror}). Name a grid file.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path}: is not a valid grid file: {error}. Correct that line.") from None
    table = cast("dict[str, Any]", data.get("grid", {}))
    if not table:
        raise ScenarioError(f"{path}: has no [grid] table. Add one: name = [value, value, ...].")
    for name, values in table.items():
        if name not in Scenario.model_fields:
            raise ScenarioError(f"{path}: grid.{name} is not a scenario value. `compare --json -` shows them all.")
        if not isinstance(values, list) or not values:
            raise ScenarioError(f"{path}: grid.{name} must be a list with at least one value.")
    rows = tuple(tuple(_hashable(value) for value in cast("list[Any]", values)) for values in table.values())
    grid = Grid(base=dict(data.get("scenario", {})), names=tuple(table), values=rows)
    if grid.count() > _MOST:
        raise ScenarioError(f"{path}: {grid.count():,} combinations; at most {_MOST:,} are swept. Shorten a list.")
    return grid


def chunk_rows(grid: Grid, chunk: int, *, catalog: Catalog | None = None) -> list[dict[str, Any]]:
    """One row per combination and option of a chunk; the same whoever computes it."""
    catalog = catalog or load_catalog()
    rows: list[dict[str, Any]] = []
    for number, changes in grid.combinations(chunk):
        known = {"combination": number, **{name: _text_or_number(value) for name, value in changes.items()}}
        try:
            comparison = compare(Scenario.parse({**grid.base, **changes}), catalog)
        except CalculatorError as error:
            rows.append({**known, "refused": str(error)})
            continue
        odds_known = {row.id: row for row in comparison.options}
        for name, option in odds_known.items():
            tco, decode = option.tco, option.decode
            rows.append(
                {
                    **known, "refused": None, "scenario_id": comparison.scenario_id, "option": name, "fits": option.fits,
                    "cheapest": comparison.verdict.cheapest == name, "too_close": comparison.verdict.too_close,
                    "decode_tokens_per_s": decode.central if decode else None,
                    "total_cost_usd": tco.total_cost_usd if tco else None,
                    "total_low_usd": option.total_low_usd, "total_high_usd": option.total_high_usd,
                    "present_value_cost_usd": tco.present_value_cost_usd if tco else None,
                    "hard_cost_usd": tco.hard_cost_usd if tco else None,
                    "usd_per_mtok": tco.usd_per_mtok if tco else None, "energy_kwh": tco.energy_kwh if tco else None,
                }
            )  # fmt: skip
    return rows


def missing_chunks(grid: Grid, done: Sequence[int]) -> list[int]:
    """What is left to do, in order."""
    have = set(done)
    return [chunk for chunk in range(grid.chunk_count()) if chunk not in have]


def _hashable(value: Any) -> Any:
    return tuple(cast("list[Any]", value)) if isinstance(value, list) else value


def _text_or_number(value: Any) -> Any:
    return value if isinstance(value, int | float | str | bool) else json.dumps(value)
