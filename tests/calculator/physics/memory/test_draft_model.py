"""A draft model's memory: its own weights and cache, on every card, and no speed where both do not fit."""

from dataclasses import replace

import pytest

from calculator.catalog import Catalog, load_catalog
from calculator.catalog.deployment import Deployment, Workload
from calculator.physics.memory.draft_model import draft_bytes, with_draft
from calculator.physics.memory.memory_fit import memory_fit
from calculator.physics.prediction import draft_time_fraction, predict

WORK = Workload(prompt_tokens=8192, context_tokens=8192)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def _pair(machine: str, format: str, catalog: Catalog) -> tuple[Deployment, Deployment]:
    deployment = Deployment.of(machine, "qwen3-32b", format, catalog=catalog)
    return deployment, replace(deployment, model=catalog.model("qwen3-0.6b"))


def test_draft_bytes_by_hand(catalog: Catalog) -> None:
    """Qwen3 0.6B: 28 layers, 8 heads of 128 for keys and values, 2 bytes each, 8,192 tokens."""
    _, draft = _pair("rtx-5090-pc", "q4_k_m", catalog)
    weights, cache = draft_bytes(draft, WORK, catalog=catalog)
    assert cache == 2 * 28 * 8 * 128 * 2 * 8192
    assert 0.3e9 < weights < 0.6e9


@pytest.mark.parametrize("machine", ["rtx-5090-pc", "dual-rtx-4090-am5"])
def test_draft_counts_once_in_all_and_evenly_on_the_cards(machine: str, catalog: Catalog) -> None:
    deployment, draft = _pair(machine, "q4_k_m", catalog)
    alone = memory_fit(deployment, WORK, catalog=catalog)
    both = with_draft(alone, draft, WORK, catalog=catalog)
    more = sum(draft_bytes(draft, WORK, catalog=catalog))
    assert both.draft_bytes == both.peak_bytes - alone.peak_bytes == more
    grown = [mine.peak_bytes - its.peak_bytes for mine, its in zip(both.cards, alone.cards, strict=True)]
    assert len(set(grown)) == 1
    assert abs(sum(grown) - more) < len(grown)
    assert both.fits
    assert 0 <= alone.headroom_bytes - both.headroom_bytes - more < len(grown)


def test_draft_that_does_not_fit_leaves_no_speed(catalog: Catalog) -> None:
    deployment, _ = _pair("rtx-5090-pc", "q4_k_m", catalog)
    large = replace(deployment, model=catalog.model("qwen3-32b"))
    found = predict(deployment, WORK, catalog, draft=large)
    assert not found.memory.fits
    assert found.decode is found.prefill is found.time_to_first_token is None
    (remark,) = [one for one in found.remarks if one.code == "draft-model"]
    assert remark.level == "problem"
    assert "GB are missing" in remark.text


def test_draft_time_is_the_quotient_of_the_speeds(catalog: Catalog) -> None:
    deployment, draft = _pair("rtx-5090-pc", "q4_k_m", catalog)
    mine, its = (predict(one, WORK, catalog).decode for one in (deployment, draft))
    assert mine is not None
    assert its is not None
    share = draft_time_fraction(deployment, draft, WORK, catalog=catalog)
    assert share == pytest.approx(mine.central / its.central)
    assert 0 < share < 1
    assert draft_time_fraction(deployment, deployment, WORK, catalog=catalog) == 1.0


def test_tightest_card_beside_a_draft_is_named(catalog: Catalog) -> None:
    deployment, draft = _pair("dual-rtx-4090-am5", "q4_k_m", catalog)
    screen = replace(deployment, host=replace(deployment.host, desktop_gib=4.0))
    both = with_draft(memory_fit(screen, WORK, catalog=catalog), draft, WORK, catalog=catalog)
    left = [card.usable_bytes - card.peak_bytes for card in both.cards]
    assert both.tightest_card == left.index(min(left)) + 1
    assert both.tightest_usable_bytes - both.tightest_peak_bytes == min(left)
    assert both.headroom_bytes == 2 * min(left)


def test_draft_beside_a_model_on_one_card_leaves_its_headroom_less_the_draft(catalog: Catalog) -> None:
    deployment, draft = _pair("mac-studio-m5-ultra-96", "mlx-4bit", catalog)
    tenant = replace(deployment, host=replace(deployment.host, second_tenant_gb=20.0))
    alone = memory_fit(tenant, WORK, catalog=catalog)
    both = with_draft(alone, draft, WORK, catalog=catalog)
    assert both.headroom_bytes == alone.headroom_bytes - both.draft_bytes
    just = replace(alone, headroom_bytes=both.draft_bytes)
    assert with_draft(just, draft, WORK, catalog=catalog).fits
    short = with_draft(replace(alone, headroom_bytes=both.draft_bytes - 10**9), draft, WORK, catalog=catalog)
    assert not short.fits
    assert "With it 1.0 GB are missing" in short.remarks[-1].text
    assert short.remarks[-1].level == "problem"
    assert both.remarks[-1].level == "info"


def test_draft_says_the_gigabytes_of_its_weights_and_of_its_cache(catalog: Catalog) -> None:
    deployment, draft = _pair("rtx-5090-pc", "q4_k_m", catalog)
    weights, _ = draft_bytes(draft, WORK, catalog=catalog)
    said = with_draft(memory_fit(deployment, WORK, catalog=catalog), draft, WORK, catalog=catalog).remarks[-1].text
    # the cache of 8,192 tokens: 2 x 28 layers x 8 heads x 128 x 2 bytes each, 0.94 GB
    assert f"takes {weights / 10**9:.1f} GB of weights and 0.9 GB of cache beside the model" in said
