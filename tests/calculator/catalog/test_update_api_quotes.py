"""Rows of the installed genai-prices package that differ from those kept."""

import tomllib

from calculator.catalog import Catalog
from calculator.catalog.options import ApiQuote
from calculator.catalog.update_api_quotes import changed_quotes, toml_row


def test_api_quotes_are_those_of_the_installed_genai_prices(catalog: Catalog) -> None:
    """Fails when the package is upgraded: append what `python -m calculator.catalog.update_api_quotes DATE` prints."""
    kept = [quote for quote in catalog.api_quotes if quote.source == "genai-prices"]
    assert len(kept) > 100
    assert changed_quotes(kept, keys=[quote.key for quote in kept], on=catalog.compiled) == []


def test_row_is_read_back_as_it_was(catalog: Catalog) -> None:
    tiered = [quote for quote in catalog.api_quotes if quote.tiers]
    assert tiered
    for quote in (tiered[0], catalog.api_quotes[0]):
        (row,) = tomllib.loads(toml_row(quote))["quotes"]
        assert ApiQuote.model_validate(row) == quote


def test_changed_price_is_printed_and_an_unknown_host_is_passed_over(catalog: Catalog) -> None:
    kept = [quote for quote in catalog.api_quotes if quote.source == "genai-prices"][:3]
    dearer = [quote.model_copy(update={"input_usd_per_mtok": 99.0}) for quote in kept]
    keys = [quote.key for quote in kept]
    found = changed_quotes(dearer, keys=[*keys, "no-such-host/model"], on=catalog.compiled)
    assert {quote.key for quote in found} == set(keys)
