"""Tariffs of hosted models: the cheapest host, with the range over all of them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.catalog import Catalog
from calculator.catalog.api_quotes import mixed_usd_per_mtok, newest_quotes, tariff_key, with_tariffs
from calculator.catalog.options import ApiQuote
from calculator.errors import CatalogError


def test_tariff_is_the_cheapest_host_and_keeps_the_range_over_hosts(catalog: Catalog) -> None:
    [tariff] = [tariff for tariff in catalog.apis["api-same-model"].tariffs if tariff.model == "llama-3-70b"]
    # 0.9 x 0.10 + 0.1 x 0.32 = 0.122 at DeepInfra, 0.9 x 0.135 + 0.1 x 0.40 = 0.1615 at the next, Novita
    assert (tariff.provider, tariff.input_usd_per_mtok.central, tariff.output_usd_per_mtok.central) == (
        "DeepInfra",
        0.1,
        0.32,
    )
    assert tariff.input_usd_per_mtok.low == 0.1
    assert tariff.input_usd_per_mtok.high == 0.74
    newest = newest_quotes(catalog.api_quotes)
    offer = catalog.apis["api-same-model"]
    for hosted, tariff in zip(offer.hosted, offer.tariffs, strict=True):
        mixed = [mixed_usd_per_mtok(newest[key], input_fraction=0.9) for key in hosted.hosts]
        chosen = 0.9 * tariff.input_usd_per_mtok.central + 0.1 * tariff.output_usd_per_mtok.central
        assert chosen == pytest.approx(min(mixed)), hosted.model


def test_every_default_model_of_the_page_has_a_hosted_price(catalog: Catalog) -> None:
    hosted = {tariff.model for tariff in catalog.apis["api-same-model"].tariffs}
    assert {"llama-3-8b", "llama-3-70b", "llama-3.1-405b", "mixtral-8x7b", "qwen3-30b-a3b", "qwen3-32b"} <= hosted
    assert {"gpt-oss-20b", "gpt-oss-120b", "deepseek-v3-671b", "gemma-3-27b"} <= hosted


def quote(**values: Any) -> ApiQuote:
    plain = {"host": "a", "host_name": "A", "host_model": "m", "source": "x", "as_of": "2026-11-01"}
    return ApiQuote.model_validate({**plain, "input_usd_per_mtok": 1, "output_usd_per_mtok": 3, **values})


def test_newest_quote_of_a_host_wins_and_the_later_row_of_a_day() -> None:
    rows = [quote(as_of="2026-11-02", input_usd_per_mtok=2), quote(), quote(as_of="2026-11-02", input_usd_per_mtok=4)]
    assert newest_quotes(rows)["a/m"].input_usd_per_mtok == 4


@given(share=st.floats(0, 1))
def test_mixed_price_lies_between_those_of_input_and_output(share: float) -> None:
    assert mixed_usd_per_mtok(quote(), input_fraction=0.9) == pytest.approx(0.9 * 1 + 0.1 * 3)
    assert 1 <= mixed_usd_per_mtok(quote(), input_fraction=share) <= 3 + 1e-12


def test_host_without_a_quote_is_refused_with_file_and_repair(catalog: Catalog) -> None:
    offer = catalog.apis["api-same-model"]
    with pytest.raises(CatalogError, match=r"^api/api-same-model\.toml: hosted model .* Add a dated row there"):
        with_tariffs(offer, quotes={}, input_fraction=0.9)


def test_tariff_is_named_by_provider_and_its_model(catalog: Catalog) -> None:
    (tariff,) = [row for row in catalog.apis["api-same-model"].tariffs if row.model == "llama-3-70b"]
    assert tariff_key(tariff) == f"DeepInfra/{tariff.provider_model}"
