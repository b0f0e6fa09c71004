"""Every figure of the catalogue in one list, each as read with its source: to search, and to check some at random."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel

from calculator.catalog.catalog import Catalog
from calculator.catalog.check_references import evidence_of
from calculator.units import digits


@dataclass(frozen=True, slots=True)
class ListedFigure:
    """One figure: where it stands, what it says, on what it rests, and the titles of its sources."""

    where: str
    said: str
    basis: str
    as_of: str
    sources: tuple[str, ...]
    note: str


def listed_figures(catalog: Catalog) -> list[ListedFigure]:
    """All figures with evidence: of chips, machines, rentals, tariffs, grids, resale, hosts' quotes, defaults and
    constants, and every reading; in the order of their places."""
    return sorted((*_quantities(catalog), *_quotes(catalog), *_readings(catalog)), key=lambda row: row.where)


def drawn_at_random(figures: Sequence[ListedFigure], *, count: int, seed: int) -> list[ListedFigure]:
    """`count` of the figures, each at most once; the same for the same seed and list."""
    size = min(count, len(figures))
    picked = np.random.default_rng(seed).choice(len(figures), size=size, replace=False)
    return [figures[int(index)] for index in picked]


def _quantities(catalog: Catalog) -> Iterator[ListedFigure]:
    tables: dict[str, Mapping[str, BaseModel]] = {
        "chips": catalog.chips,
        "machines": catalog.machines,
        "cloud": catalog.clouds,
        "subscriptions": catalog.subscriptions,
        "electricity": catalog.electricity,
        "grid_carbon": catalog.grid_carbon,
        "resale": catalog.resale,
    }
    rows = [
        (f"{place}/{key}: {path}", quantity)
        for place, table in tables.items()
        for key, entry in table.items()
        for path, quantity in evidence_of(entry).items()
    ]
    rows += [(f"defaults: {key}", quantity) for key, quantity in catalog.defaults.items()]
    rows += [(f"constants: {key}", quantity) for key, quantity in catalog.constants.items()]
    for where, one in rows:
        ends = (one.low, one.central, one.high)
        values = [digits(ends[1], 10)] if len(set(ends)) == 1 else [digits(value, 10) for value in ends]
        unit = "" if one.unit == "1" else f" {one.unit}"
        yield ListedFigure(
            where, f"{' / '.join(values)}{unit}", one.basis, one.as_of, _titles(one.source, catalog), one.note
        )


def _quotes(catalog: Catalog) -> Iterator[ListedFigure]:
    for quote in catalog.api_quotes:
        said = f"{digits(quote.input_usd_per_mtok, 10)} in, {digits(quote.output_usd_per_mtok, 10)} out USD/Mtok"
        yield ListedFigure(
            f"api_quotes: {quote.key}", said, "published", quote.as_of, _titles(quote.source, catalog), quote.note
        )


def _readings(catalog: Catalog) -> Iterator[ListedFigure]:
    for row in catalog.readings.values():
        what = " ".join(filter(None, (row.item, row.kind, row.region)))
        yield ListedFigure(
            f"readings/{row.id}: {what}",
            row.said(),
            f"grade {row.grade}",
            row.as_of,
            _titles(row.source, catalog),
            row.note,
        )


def _titles(source: str, catalog: Catalog) -> tuple[str, ...]:
    return tuple(f"{catalog.sources[part].title} ({catalog.sources[part].url})" for part in source.split("+") if part)
