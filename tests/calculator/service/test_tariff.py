"""Tariff of one host: the median at two mixes of tokens, resellers once, the cheapest as in version 0.1, the typed
one."""

import pytest

from calculator.catalog.api_hosts import TokenMix, host_of, mean_usd_per_mtok, one_quote_per_host
from calculator.catalog.api_quotes import tariff_key
from calculator.catalog.options import ApiQuote
from calculator.errors import ScenarioError
from calculator.scenario.scenario import Scenario
from calculator.service.tariff import tariff_for, with_tariff_figures
from tests.calculator.offers import CATALOG

OFFER = CATALOG.apis["api-same-model"]
MODEL = max(OFFER.quotes, key=lambda name: len(OFFER.quotes[name]))
QUOTES = OFFER.quotes[MODEL]
READS, WRITES = (50_000, 100), (0, 5000)
"""Tokens of retrieved text and of the answer."""


def test_median_host_is_the_middle_one_at_each_mix_of_tokens() -> None:
    assert len(QUOTES) >= 9
    for retrieved, written in (READS, WRITES):
        scenario = Scenario(model=MODEL, prompt_tokens=300, retrieved_tokens=retrieved, answer_tokens=written)
        read = 300 + retrieved

        def usd(quote: ApiQuote, read: int = read, written: int = written) -> float:
            return read * quote.input_usd_per_mtok + written * quote.output_usd_per_mtok

        own: dict[str, ApiQuote] = {}
        for quote in sorted(QUOTES, key=lambda row: ("(" in row.host_name, usd(row))):
            own.setdefault(host_of(quote), quote)  # a reseller stands only where the host itself does not
        costs = sorted(usd(quote) for quote in own.values())
        found = tariff_for(scenario, CATALOG)
        assert found is not None
        asked = read * found.input_usd_per_mtok.central + written * found.output_usd_per_mtok.central
        assert asked == costs[(len(costs) - 1) // 2]
        assert found.input_usd_per_mtok.low == min(row.input_usd_per_mtok for row in QUOTES)
        assert found.input_usd_per_mtok.high == max(row.input_usd_per_mtok for row in QUOTES)


def test_resellers_are_counted_once() -> None:
    mix = TokenMix.of(input_tokens=3800, cached_fraction=0, output_tokens=400)
    for quotes in OFFER.quotes.values():
        kept = one_quote_per_host(quotes, mix=mix)
        assert len({host_of(quote) for quote in kept}) == len(kept)
        assert [mean_usd_per_mtok(row, mix=mix) for row in kept] == sorted(mean_usd_per_mtok(r, mix=mix) for r in kept)


def test_cheapest_host_is_that_of_version_1() -> None:
    for tariff in OFFER.tariffs:
        assert tariff_for(Scenario(model=tariff.model, api_host="cheapest"), CATALOG) is tariff


def test_host_whose_price_was_typed_is_the_one_that_counts() -> None:
    for quote in QUOTES:
        key = f"{quote.host_name}/{quote.host_model}"
        found = tariff_for(Scenario(model=MODEL, figures={f"{key}.input_usd_per_mtok": 0.4}), CATALOG)
        assert found is not None
        assert tariff_key(found) == key


def test_model_that_nobody_hosts_has_no_tariff() -> None:
    assert tariff_for(Scenario(model="another-size"), CATALOG) is None
    assert tariff_for(Scenario(), CATALOG) is tariff_for(Scenario(wage_usd_per_h=50), CATALOG)  # kept


def test_price_under_the_options_id_is_that_of_the_host_it_pays() -> None:
    scenario = Scenario(figures={"api-same-model.output_usd_per_mtok": 30.0})
    tariff = tariff_for(scenario, CATALOG)
    assert tariff is not None
    moved = with_tariff_figures(scenario, CATALOG)
    assert moved.figures == {f"{tariff_key(tariff)}.output_usd_per_mtok": 30.0}
    other = Scenario(wage_usd_per_h=90)
    assert with_tariff_figures(other, CATALOG) is other
    assert with_tariff_figures(moved, CATALOG) is moved


def test_price_of_a_named_model_is_that_of_its_host() -> None:
    option = "api:openai/gpt-6.1-sol"
    scenario = Scenario(options=(option,), figures={f"{option}.input_usd_per_mtok": 1.0})
    assert with_tariff_figures(scenario, CATALOG).figures == {"OpenAI/gpt-6.1-sol.input_usd_per_mtok": 1.0}


def test_one_price_under_two_names_is_refused() -> None:
    tariff = tariff_for(Scenario(), CATALOG)
    assert tariff is not None
    both = {"api-same-model.input_usd_per_mtok": 1.0, f"{tariff_key(tariff)}.input_usd_per_mtok": 2.0}
    with pytest.raises(ScenarioError, match="are the same price"):
        with_tariff_figures(Scenario(figures=both), CATALOG)


def test_range_under_the_options_id_moves_with_it() -> None:
    scenario = Scenario(ranges={"api-same-model.input_usd_per_mtok": (0.1, 0.2, 0.3)})
    (name,) = with_tariff_figures(scenario, CATALOG).ranges
    assert name.endswith("/databricks-meta-llama-3-3-70b-instruct.input_usd_per_mtok")


def test_price_of_the_same_model_where_no_host_offers_it_is_refused_in_a_sentence() -> None:
    asked = Scenario.parse({"model": "another-size", "figures": {"api-same-model.input_usd_per_mtok": 1.0}})
    with pytest.raises(ScenarioError, match="no host offers another-size, so it has no price to replace"):
        with_tariff_figures(asked, CATALOG)
