"""Dated price rows from a table (CSV), as further rows of the catalogue's files: nothing that stands is changed.

Columns: id, kind, central, as_of, source; where they apply low, high, basis, note, ingredients_as_of, host,
committed_months, input, output, cache_read, cache_write, source_title, source_url, source_grade. docs/catalogue.md says
what each holds. The rows pass the catalogue's own checks, since whoever calls loads the files that come back.
"""

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence

from calculator.catalog.catalog import Catalog
from calculator.errors import CatalogError
from calculator.evidence import Quantity

REQUIRED = ("id", "kind", "as_of", "source")
OPTIONAL = (
    *("central", "low", "high", "basis", "note", "ingredients_as_of", "host", "committed_months"),
    *("input", "output", "cache_read", "cache_write", "source_title", "source_url", "source_grade"),
)
API = "api"
QUOTE_FIELDS = {
    "input": "input_usd_per_mtok",
    "output": "output_usd_per_mtok",
    "cache_read": "cached_input_usd_per_mtok",
    "cache_write": "cache_write_usd_per_mtok",
}
_SOURCE_COLUMNS = ("source_title", "source_url", "source_grade")


def additions(text: str, catalog: Catalog, *, today: str) -> dict[str, str]:
    """What the table adds, by the catalogue's file: TOML to append, each row once.

    today: the day such as 2026-11-27; nothing can have been read later. Raises CatalogError, naming line and repair, for
    a column or an id that is not known, a cell that is missing, a day to come, or a row that the catalogue has already.
    """
    added: dict[str, list[str]] = {}
    sources: set[str] = set()
    for line, row in _rows(text):
        if row["as_of"][:4].isdigit() and row["as_of"] > today[: len(row["as_of"])]:
            raise CatalogError(
                f"line {line}: as_of is {row['as_of'][:20]}; today is {today}. Write the day of reading."
            )
        for file, block in _blocks(row, catalog, line=line):
            if block in added.get(file, []):
                raise CatalogError(f"line {line}: the same row stands above. Remove one of them.")
            added.setdefault(file, []).append(block)
        for part in filter(None, row["source"].split("+")):
            if part not in catalog.sources and part not in sources and all(row[name] for name in _SOURCE_COLUMNS):
                sources.add(part)
                added.setdefault("sources.toml", []).append(_source(part, row))
    if not added:
        raise CatalogError("the table has no rows. Write one row per price below the line of column names.")
    return {file: "\n".join(blocks) for file, blocks in added.items()}


def _rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    columns = [name.strip() for name in reader.fieldnames or ()]
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise CatalogError(f"the column {missing[0]!r} is missing. The first line must name {', '.join(REQUIRED)}.")
    unknown = [name for name in columns if name not in (*REQUIRED, *OPTIONAL)]
    if unknown:
        raise CatalogError(f"the column {unknown[0]!r} is not known. Allowed: {', '.join((*REQUIRED, *OPTIONAL))}.")
    reader.fieldnames = columns
    for row in reader:
        if None in row:
            raise CatalogError(f"line {reader.line_num}: more cells than columns. Put a cell with a comma in quotes.")
        cells = {name: (row.get(name) or "").strip() for name in (*REQUIRED, *OPTIONAL)}
        if not any(cells.values()):
            continue
        for name in REQUIRED:
            if not cells[name]:
                raise CatalogError(f"line {reader.line_num}: {name} is empty. Fill it in.")
        yield reader.line_num, cells


def _blocks(row: Mapping[str, str], catalog: Catalog, *, line: int) -> Iterator[tuple[str, str]]:
    """The file and the block that one row adds."""
    key, kind = row["id"], row["kind"]
    if kind == API:
        yield "api_quotes.toml", _quote(row, catalog, line=line)
    elif key in catalog.machines:
        known = [(one.kind, "", one.price_usd) for one in catalog.machines[key].prices]
        price = _quantity(row, unit="USD", known=known, line=line)
        yield f"machines/{key}.toml", _block("prices", row, ("kind", "ingredients_as_of"), f"price_usd = {price}")
    elif key in catalog.clouds:
        known = [(one.kind, one.host, one.rate_usd_per_h) for one in catalog.clouds[key].rates]
        rate = _quantity(row, unit="USD/h", known=known, line=line)
        fields = ("kind", "host", "committed_months")
        yield f"cloud/{key}.toml", _block("rates", row, fields, f"rate_usd_per_h = {rate}")
    else:
        catalog.option(key)  # refuses what is not known, and says what is near
        raise CatalogError(f"line {line}: {key!r} is a hosted API. Write kind api and '<host>/<its model>' as id.")


def _quantity(row: Mapping[str, str], *, unit: str, known: Sequence[tuple[str, str, Quantity]], line: int) -> str:
    """The figure with its evidence, as TOML; refused where the catalogue has that reading."""
    central = _number(row, "central", line=line)
    if central is None:
        raise CatalogError(f"line {line}: central is empty. Write the price in {unit}.")
    low, high = (_number(row, name, line=line) for name in ("low", "high"))
    for kind, host, one in known:
        same = (kind, host, one.as_of, one.central) == (row["kind"], row["host"], row["as_of"], central)
        if same and one.source == row["source"]:
            raise CatalogError(f"line {line}: the catalogue has this reading of {row['id']}. Remove the row.")
    values = {"low": central if low is None else low, "central": central, "high": central if high is None else high}
    words = [f"{name} = {value:.10g}" for name, value in values.items()]
    words += [f"unit = {_text(unit)}", f"basis = {_text(row['basis'] or 'published')}"]
    words += [f"{name} = {_text(row[name])}" for name in ("source", "as_of", "note") if row[name]]
    return "{ " + ", ".join(words) + " }"


def _block(heading: str, row: Mapping[str, str], fields: Sequence[str], figure: str) -> str:
    given = [
        f"{name} = {row[name] if name == 'committed_months' else _text(row[name])}" for name in fields if row[name]
    ]
    return "\n".join((f"\n[[{heading}]]", *given, figure, ""))


def _quote(row: Mapping[str, str], catalog: Catalog, *, line: int) -> str:
    """A further row of a host's prices; its name is the one known, else its id."""
    host, slash, model = row["id"].partition("/")
    prices = {field: _number(row, name, line=line) for name, field in QUOTE_FIELDS.items()}
    if not slash or not prices["input_usd_per_mtok"] or not prices["output_usd_per_mtok"]:
        raise CatalogError(f"line {line}: an API row needs '<host>/<its model>' as id, and input and output in USD.")
    names = {quote.host: quote.host_name for quote in catalog.api_quotes}
    words = {"host": host, "host_name": names.get(host, host), "host_model": model}
    lines = [f"{name} = {_text(value)}" for name, value in words.items()]
    lines += [f"{name} = {value:.10g}" for name, value in prices.items() if value is not None]
    lines += [f"{name} = {_text(row[name])}" for name in ("source", "as_of", "note") if row[name]]
    return "\n".join(("\n[[quotes]]", *lines, ""))


def _source(key: str, row: Mapping[str, str]) -> str:
    lines = [f"{name} = {_text(row[f'source_{name}'])}" for name in ("title", "url", "grade")]
    return "\n".join((f"\n[sources.{key}]", *lines, f"accessed = {_text(row['as_of'])}", ""))


def _number(row: Mapping[str, str], name: str, *, line: int) -> float | None:
    cell = row[name]
    if not cell:
        return None
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise CatalogError(f"line {line}: {name} is {cell[:40]!r}; it must be a number such as 1299.5.")
    return value


def _text(value: str) -> str:
    """A TOML string: JSON's escapes are TOML's as well."""
    return json.dumps(value, ensure_ascii=False)
