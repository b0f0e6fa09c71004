"""Every hosted model of the installed genai-prices: as an option by name, as a list, and as a dated diff.

`api:<provider>/<model>` is any model at any host of the package, closed ones too, with its prices of input, output,
cache reads and cache writes and its tiers; what the package lacks comes from listed_prices.csv, rows of litellm's list
(base tier), many of them small resellers' (grade C). package_prices.csv keeps what the package asked on the day it was last read,
dated rows that are never overwritten, so that an upgrade shows what changed.
"""

import csv
import difflib
import functools
import io
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from calculator.catalog.api_hosts import tariff_at
from calculator.catalog.api_quotes import GENAI_PRICES
from calculator.catalog.options import ApiOffer, ApiQuote
from calculator.errors import CatalogError, ScenarioError
from calculator.evidence import Quantity

PREFIX = "api:"
KEPT = Path(__file__).parent / "package_prices.csv"
LISTED = Path(__file__).parent / "listed_prices.csv"
LISTED_SOURCE = "h26-litellm"
COLUMNS = ("key", "as_of", "package_version", "input", "output", "cache_read", "cache_write")
BATCH = ":batch"
_PRICES = COLUMNS[3:]


@functools.lru_cache(maxsize=4)
def package_prices(on: str) -> dict[str, ApiQuote]:
    """Every model with a price per token of the installed package, in force on that day, by `provider/model`."""
    from calculator.catalog.update_api_quotes import package_quotes

    return {quote.key: quote for quote in package_quotes(None, on=on, deprecated=True)}


@functools.cache
def listed_prices() -> dict[str, ApiQuote]:
    """What litellm's list has for models that were new in it, by `provider/model`; the note has grade and withdrawal."""
    quotes: dict[str, ApiQuote] = {}
    for row in csv.DictReader(io.StringIO(LISTED.read_text("utf-8"))):
        provider, _, model = row["key"].partition("/")
        cached, kept = (float(row[name]) if row[name] else None for name in ("cache_read", "cache_write"))
        withdrawn = f"; withdrawn on {row['withdrawn']}" if row["withdrawn"] else ""
        quotes[row["key"]] = ApiQuote(
            host=provider,
            host_name=provider,
            host_model=model,
            input_usd_per_mtok=float(row["input"]),
            output_usd_per_mtok=float(row["output"]),
            cached_input_usd_per_mtok=cached,
            cache_write_usd_per_mtok=kept,
            source=LISTED_SOURCE,
            as_of=row["as_of"],
            note=f"base tier, second hand from {row['upstream'] or 'the host'}, grade {row['grade']}{withdrawn}",
        )
    return quotes


@functools.cache
def _withdrawn() -> dict[str, str]:
    """The day from which a listed model is no longer served, where the list names one."""
    return {row["key"]: row["withdrawn"] for row in csv.DictReader(io.StringIO(LISTED.read_text("utf-8")))}


def hosted_prices(on: str) -> dict[str, ApiQuote]:
    """Every hosted model that one may name: the package's, else the list's."""
    return {**listed_prices(), **package_prices(on)}


def named_offer(option_id: str, *, on: str, setup_h: Quantity) -> ApiOffer:
    """The option `api:<provider>/<model>` at the prices in force on that day.

    Raises ScenarioError where the package has no such model, or no price per token of it.
    """
    key = option_id.removeprefix(PREFIX)
    prices = hosted_prices(on)
    if key not in prices:
        near = difflib.get_close_matches(key, prices, n=3, cutoff=0.4)
        hint = f"Did you mean {' or '.join(PREFIX + one for one in near)}?" if near else "Write api:<provider>/<model>."
        raise ScenarioError(
            f"{option_id!r} has no price per token in {installed()} or the list beside it. {hint} `python -m calculator catalog prices WORD` "
            "lists those that contain a word."
        )
    quote = prices[key]
    withdrawn = _withdrawn().get(key, "")
    gone = f" (withdrawn on {withdrawn})" if key not in package_prices(on) and "" < withdrawn <= on else ""
    batch = f"As a batch: {PREFIX}{key}{BATCH}." if f"{key}{BATCH}" in prices else ""
    return ApiOffer(
        id=option_id,
        name=f"{quote.host_model} at {quote.host_name}{gone}",
        kind="named",
        tariffs=(tariff_at(quote, [quote], model=key),),
        setup_h=setup_h,
        note=" ".join(filter(None, (f"Prices of {quote.source}, {quote.as_of}.", batch))),
    )


def installed() -> str:
    """Name and version of the installed package."""
    return f"{GENAI_PRICES} {version(GENAI_PRICES)}"


@dataclass(frozen=True, slots=True)
class PriceChange:
    """One model whose prices the installed package states otherwise than the row kept; None where it has none."""

    key: str
    before: tuple[str, ...] | None
    before_as_of: str
    after: tuple[str, ...] | None
    after_as_of: str

    def said(self) -> str:
        """One line: input and output dollars per million tokens, before and after, with their dates."""
        if self.before is None:
            return f"new      {self.key}: {_said(self.after)} ({self.after_as_of})"
        if self.after is None:
            return f"gone     {self.key}: {_said(self.before)} ({self.before_as_of})"
        was, now = f"{_said(self.before)} ({self.before_as_of})", f"{_said(self.after)} ({self.after_as_of})"
        return f"changed  {self.key}: {was} -> {now}"


def price_changes(on: str, *, kept: str | None = None) -> list[PriceChange]:
    """What the installed package asks otherwise than the newest rows kept, by key. `kept` is the text of the file."""
    rows = _newest(KEPT.read_text("utf-8") if kept is None else kept)
    now = {key: _cells(quote) for key, quote in package_prices(on).items()}
    dates = {key: quote.as_of for key, quote in package_prices(on).items()}
    changes: list[PriceChange] = []
    for key in sorted({*rows, *now}):
        as_of, before = rows.get(key, ("", None))
        after = now.get(key)
        if before != after:
            changes.append(PriceChange(key, before, as_of, after, dates.get(key, on)))
    return changes


def rows_to_append(changes: Iterable[PriceChange]) -> str:
    """The changes as dated rows of package_prices.csv; a model that is gone has a row without prices."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for change in changes:
        prices = change.after or ("",) * len(_PRICES)
        writer.writerow((change.key, change.after_as_of, version(GENAI_PRICES), *prices))
    return text.getvalue()


def _newest(text: str) -> dict[str, tuple[str, tuple[str, ...] | None]]:
    """Date and prices of the last row of each key; None where it is gone."""
    reader = csv.DictReader(io.StringIO(text))
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise CatalogError(f"{KEPT.name}: the first line must be {','.join(COLUMNS)}. Restore it.")
    newest: dict[str, tuple[str, tuple[str, ...] | None]] = {}
    for row in reader:
        prices = tuple(row[name] for name in _PRICES)
        newest[row["key"]] = (row["as_of"], prices if any(prices) else None)
    return {key: row for key, row in newest.items() if row[1] is not None}


def _cells(quote: ApiQuote) -> tuple[str, ...]:
    cells = (
        quote.input_usd_per_mtok,
        quote.output_usd_per_mtok,
        quote.cached_input_usd_per_mtok,
        quote.cache_write_usd_per_mtok,
    )
    return tuple("" if usd is None else f"{usd:.10g}" for usd in cells)


def _said(prices: tuple[str, ...] | None) -> str:
    words = ("in", "out", "cache read", "cache write")
    return ", ".join(f"{word} ${usd}" for word, usd in zip(words, prices or (), strict=False) if usd)
