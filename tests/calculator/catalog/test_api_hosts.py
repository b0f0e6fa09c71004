"""Which host's price stands for a hosted model: nine hosts by hand, resellers once, two mixes of tokens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.catalog.api_hosts import (
    TokenMix,
    host_of,
    hosted_tariff,
    mean_usd_per_mtok,
    one_quote_per_host,
    tariff_at,
)
from calculator.catalog.options import ApiQuote
from tests.calculator.offers import API, TARIFF

MODEL = "llama-3-70b"


def quote(name: str, read_usd: float, written_usd: float, cached_usd: float | None = None) -> ApiQuote:
    return ApiQuote(
        host=name.lower().replace(" ", "-"),
        host_name=name,
        host_model="llama",
        input_usd_per_mtok=read_usd,
        output_usd_per_mtok=written_usd,
        cached_input_usd_per_mtok=cached_usd,
        source="s",
        as_of="2026-11-26",
    )


# Nine hosts: input rises from 0.1 to 0.9 USD per million, output falls from 9 to 1.
NINE = tuple(quote(f"Host {letter}", step / 10, 10.0 - step) for step, letter in enumerate("ABCDEFGHI", start=1))
READS = TokenMix.of(input_tokens=10_000, cached_fraction=0, output_tokens=0)
WRITES = TokenMix.of(input_tokens=0, cached_fraction=0, output_tokens=500)
OFFER = API.model_copy(update={"quotes": {MODEL: NINE}})


def provider(mix: TokenMix, *quotes: ApiQuote) -> str:
    found = hosted_tariff(API.model_copy(update={"quotes": {MODEL: quotes}}), MODEL, mix=mix, choice="median")
    assert found is not None
    return found.provider


def test_mix_of_a_request_by_hand() -> None:
    mix = TokenMix.of(input_tokens=3_000, cached_fraction=0.5, output_tokens=1_000)
    assert (mix.input_fraction, mix.cached_fraction, mix.output_fraction) == (0.375, 0.375, 0.25)
    price = quote("A", 0.8, 2.0, 0.08)
    assert mean_usd_per_mtok(price, mix=mix) == pytest.approx(0.375 * 0.8 + 0.375 * 0.08 + 0.25 * 2.0)  # 0.83
    full = quote("A", 0.8, 2.0)  # no price of its own for cached tokens
    assert mean_usd_per_mtok(full, mix=mix) == pytest.approx(0.75 * 0.8 + 0.25 * 2.0)


def test_median_of_nine_hosts_is_the_fifth_at_either_mix() -> None:
    assert provider(READS, *NINE) == "Host E"
    assert provider(WRITES, *NINE) == "Host E"


def test_median_host_follows_the_mix() -> None:
    """Three hosts: read 0.1, 0.2, 0.9; written 5, 1, 2. The middle reads at 0.2, and writes at 2."""
    hosts = quote("A", 0.1, 5.0), quote("B", 0.2, 1.0), quote("C", 0.9, 2.0)
    assert provider(READS, *hosts) == "B"
    assert provider(WRITES, *hosts) == "C"


def test_median_of_an_even_number_is_the_cheaper_of_the_two() -> None:
    assert provider(READS, *NINE[:4]) == "Host B"
    assert provider(READS, NINE[0]) == "Host A"


def test_reseller_is_not_counted_again_beside_its_host() -> None:
    """A, B, C with two resellers of A that are cheaper: the middle stays B; counted apart it would be A."""
    hosts = quote("Alpha AI", 0.3, 1.0), quote("Beta", 0.4, 1.0), quote("Gamma", 0.5, 1.0)
    resellers = quote("HuggingFace (alpha)", 0.1, 1.0), quote("Router (Alpha-AI)", 0.2, 1.0)
    assert {host_of(row) for row in (hosts[0], *resellers)} == {"alpha"}
    assert provider(READS, *hosts, *resellers) == "Beta"
    kept = one_quote_per_host((*resellers, *hosts), mix=READS)
    assert [row.host_name for row in kept] == ["Alpha AI", "Beta", "Gamma"]


def test_reseller_stands_for_a_host_that_lists_nothing_itself() -> None:
    kept = one_quote_per_host((quote("HuggingFace (novita)", 0.2, 1.0), quote("Router (novita)", 0.1, 1.0)), mix=READS)
    assert [row.host_name for row in kept] == ["Router (novita)"]


def test_range_runs_over_all_quotes_resellers_too() -> None:
    found = hosted_tariff(OFFER, MODEL, mix=READS, choice="median")
    assert found is not None
    assert (found.input_usd_per_mtok.low, found.input_usd_per_mtok.central, found.input_usd_per_mtok.high) == (
        *(0.1, 0.5, 0.9),
    )
    assert (found.output_usd_per_mtok.low, found.output_usd_per_mtok.central, found.output_usd_per_mtok.high) == (
        *(1.0, 5.0, 9.0),
    )
    assert "Host E, in the middle of 9 hosts at this mix of tokens" in found.input_usd_per_mtok.note


def test_cheapest_is_the_offers_own_tariff_and_an_unknown_model_has_none() -> None:
    assert hosted_tariff(OFFER, MODEL, mix=READS, choice="cheapest") is TARIFF
    assert hosted_tariff(API, MODEL, mix=READS, choice="median") is TARIFF  # no quotes are kept
    assert hosted_tariff(OFFER, "qwen3-32b", mix=READS, choice="median") is None


def test_only_quote_is_called_that_and_keeps_its_cached_price() -> None:
    found = tariff_at(quote("A", 0.8, 2.0, 0.08), (quote("A", 0.8, 2.0, 0.08),), model=MODEL)
    assert found.input_usd_per_mtok.note == "the only quote: A"
    assert found.cached_input_usd_per_mtok is not None
    assert found.cached_input_usd_per_mtok.central == 0.08


@given(
    prices=st.lists(st.tuples(st.floats(0.01, 10), st.floats(0.01, 30)), min_size=1, max_size=12),
    written=st.floats(0, 10_000),
)
def test_half_of_the_hosts_are_no_dearer_than_the_median_and_half_no_cheaper(
    prices: list[tuple[float, float]], written: float
) -> None:
    quotes = [quote(f"Host {number}", read, out) for number, (read, out) in enumerate(prices)]
    mix = TokenMix.of(input_tokens=1_000, cached_fraction=0, output_tokens=written)
    chosen = provider(mix, *quotes)
    usd = {row.host_name: mean_usd_per_mtok(row, mix=mix) for row in quotes}
    assert sum(value <= usd[chosen] for value in usd.values()) >= len(quotes) / 2
    assert sum(value >= usd[chosen] for value in usd.values()) >= len(quotes) / 2
