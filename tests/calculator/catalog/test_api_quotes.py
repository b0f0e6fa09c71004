"""Tariffs of hosted models: the cheapest host, with the range over all of them."""

import pytest

from calculator.catalog import Catalog
from calculator.catalog.api_quotes import mixed_usd_per_mtok, newest_quotes


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
