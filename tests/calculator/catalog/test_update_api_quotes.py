"""Rows of the installed genai-prices package that differ from those kept."""

from calculator.catalog import Catalog
from calculator.catalog.update_api_quotes import changed_quotes


def test_api_quotes_are_those_of_the_installed_genai_prices(catalog: Catalog) -> None:
    """Fails when the package is upgraded: append what `python -m calculator.catalog.update_api_quotes DATE` prints."""
    kept = [quote for quote in catalog.api_quotes if quote.source == "genai-prices"]
    assert len(kept) > 100
    assert changed_quotes(kept, keys=[quote.key for quote in kept], on=catalog.compiled) == []
