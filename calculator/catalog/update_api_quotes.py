"""Rows for api_quotes.toml from the installed genai-prices package, where they differ from the newest ones kept.

`python -m calculator.catalog.update_api_quotes 2026-11-22` prints them; append them to api_quotes.toml.
"""

import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from calculator.catalog.api_quotes import GENAI_PRICES, newest_quotes
from calculator.catalog.options import ApiQuote, PriceTier

if TYPE_CHECKING:
    from genai_prices.types import ModelPrice, Provider


def package_quotes(keys: Iterable[str] | None, *, on: str, deprecated: bool = False) -> Iterator[ApiQuote]:
    """What the installed genai-prices has in force on `on` (noon UTC) for `host/host_model`, or for all; none free.

    Without `deprecated`, models that the package marks so are left out.

    Dated by the package's newest dated price not after `on`, since the package carries no date of its own. Imports the
    package here only: its data is large, and nothing on the page needs it.
    """
    from genai_prices.data import providers

    hosts = {provider.id: provider for provider in providers}
    moment = datetime.fromisoformat(on).replace(hour=12, tzinfo=UTC)
    as_of = max(date for date in _start_dates(providers) if date <= on)
    pairs = [(p.id, m.id) for p in providers for m in p.models] if keys is None else [_pair(key) for key in keys]
    models = {(p.id, m.id): m for p in providers for m in p.models}
    for host, host_model in pairs:
        provider, model = hosts.get(host), models.get((host, host_model))
        if provider is not None and model is not None and (deprecated or not model.deprecated):
            price = model.get_prices(moment)
            if (quote := _quote(price, provider.id, provider.name, model.id, as_of)) is not None:
                yield quote


def _pair(key: str) -> tuple[str, str]:
    host, _, host_model = key.partition("/")
    return host, host_model


def changed_quotes(kept: Iterable[ApiQuote], *, keys: Iterable[str], on: str) -> list[ApiQuote]:
    """The package's quotes that are new or whose price differs from the newest row kept."""
    newest = newest_quotes(kept)
    return [
        quote
        for quote in package_quotes(keys, on=on)
        if (known := newest.get(quote.key)) is None or known.prices() != quote.prices()
    ]


def toml_row(quote: ApiQuote) -> str:
    """One `[[quotes]]` block, as api_quotes.toml holds it."""
    cached, kept = quote.cached_input_usd_per_mtok, quote.cache_write_usd_per_mtok
    lines = [
        "[[quotes]]",
        f'host = "{quote.host}"',
        f'host_name = "{quote.host_name}"',
        f'host_model = "{quote.host_model}"',
        f"input_usd_per_mtok = {quote.input_usd_per_mtok:g}",
        f"output_usd_per_mtok = {quote.output_usd_per_mtok:g}",
        *([] if cached is None else [f"cached_input_usd_per_mtok = {cached:g}"]),
        *([] if kept is None else [f"cache_write_usd_per_mtok = {kept:g}"]),
        f'source = "{quote.source}"',
        f'as_of = "{quote.as_of}"',
        *([f'note = "{quote.note}"'] if quote.note else []),
    ]
    for tier in quote.tiers:
        lines += ["[[quotes.tiers]]", f"above_input_tokens = {tier.above_input_tokens}"]
        rows = tier.model_dump(exclude={"above_input_tokens"}, exclude_none=True)
        lines += [f"{name} = {value:g}" for name, value in rows.items()]
    return "\n".join(lines) + "\n"


def _quote(price: "ModelPrice", host: str, host_name: str, host_model: str, as_of: str) -> ApiQuote | None:
    asked, written, cached = (_base(value) for value in (price.input_mtok, price.output_mtok, price.cache_read_mtok))
    if not asked or not written:
        return None
    fields = ("input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok")
    starts = sorted({tier.start for name in fields for tier in getattr(getattr(price, name), "tiers", ())})
    tiers = tuple(
        PriceTier(
            above_input_tokens=start,
            input_usd_per_mtok=_above(price.input_mtok, start),
            output_usd_per_mtok=_above(price.output_mtok, start),
            cached_input_usd_per_mtok=_above(price.cache_read_mtok, start) or None,
            cache_write_usd_per_mtok=_above(price.cache_write_mtok, start) or None,
        )
        for start in starts
    )
    return ApiQuote(
        host=host,
        host_name=host_name,
        host_model=host_model,
        input_usd_per_mtok=asked,
        output_usd_per_mtok=written,
        cached_input_usd_per_mtok=cached or None,
        cache_write_usd_per_mtok=_base(price.cache_write_mtok) or None,
        tiers=tiers,
        source=GENAI_PRICES,
        as_of=as_of,
    )


def _start_dates(providers: Iterable["Provider"]) -> Iterator[str]:
    for provider in providers:
        for model in provider.models:
            for price in model.prices if isinstance(model.prices, list) else ():
                start = getattr(price.constraint, "start_date", None)
                if start is not None:
                    yield start.isoformat()


def _base(value: Any) -> float:
    """A price, or the base of a tiered one, in USD per million tokens; 0 where the package has none."""
    number = getattr(value, "base", value)
    return float(number) if isinstance(number, Decimal | int | float) else 0.0


def _above(value: Any, start: int) -> float:
    """The price of a request with more input tokens than `start`: its last tier up to there, else the base."""
    prices = [tier.price for tier in getattr(value, "tiers", ()) if tier.start <= start]
    return float(prices[-1]) if prices else _base(value)


def _print_changes(on: str) -> None:
    from calculator.catalog.loader import load_catalog

    catalog = load_catalog()
    keys = [key for offer in catalog.apis.values() for hosted in offer.hosted for key in hosted.hosts]
    for quote in changed_quotes(catalog.api_quotes, keys=keys, on=on):
        print(toml_row(quote))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(
            "usage: python -m calculator.catalog.update_api_quotes YYYY-MM-DD (the day on which the prices hold)"
        )
    _print_changes(sys.argv[1])
