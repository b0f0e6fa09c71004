"""Memory claims against the exact plan, by hand."""

import re

import pytest

from calculator.catalog import Catalog, load_catalog
from calculator.claims import Finding, audit
from calculator.claims.audit import CHECKS


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="module")
def findings(catalog: Catalog) -> dict[str, Finding]:
    return {finding.id: finding for finding in audit(catalog)}


def test_peak_memory_at_32k_is_weights_and_cache_and_not_140_gb(findings: dict[str, Finding]) -> None:
    """75.0 GB weights + 80 layers x 8 heads x 128 x 2 x 2 bytes x 32,768 = 10.74 GB of cache = 85.7, and 1 to 2 GB of
    work space.
    """
    cache = 80 * 8 * 128 * 2 * 2 * 32_768 / 1e9
    figures = findings["memory-at-32k"].figures
    assert figures["held_gb"] == pytest.approx(74.9645 + cache, abs=0.001)
    assert 86 < figures["peak_gb"] < 88.5


def test_headroom_is_what_macos_lets_the_gpu_have_less_what_is_used(findings: dict[str, Finding]) -> None:
    """192 GiB x 3/4 = 144 GiB = 154.62 GB; - 140 = 14.6 GB. The larger limit, 161 GiB = 172.87 GB, leaves 32.9 GB."""
    figures = findings["headroom"].figures
    assert figures["left_low_gb"] == pytest.approx(144 * 2**30 / 1e9 - 140)
    assert figures["left_high_gb"] == pytest.approx(161 * 2**30 / 1e9 - 140)
    assert figures["left_high_gb"] < 50 < figures["left_after_exact_low_gb"]


def test_load_time_cold_is_bytes_over_the_disks_speed_and_warm_is_possible(findings: dict[str, Finding]) -> None:
    """74.96 GB / 7.4 GB/s = 10.1 s; 74.96 / 4 = 18.7 GB/s; from the page cache 74.96 / 800 = 0.09 s."""
    finding = findings["load-time"]
    assert finding.figures["cold_s"] == pytest.approx(74.9645 / 7.4, rel=1e-4)
    assert finding.figures["implied_gb_per_s"] == pytest.approx(18.74, abs=0.01)
    assert finding.figures["warm_s"] < 4 < finding.figures["cold_s"]
    assert "page cache" in finding.sentence
    assert "page cache" in finding.unless


def test_offload_of_120_gb_leaves_68_gb_beyond_two_cards(findings: dict[str, Finding]) -> None:
    """120 - 48 x 2^30 / 1e9 = 68.46 GB; over PCIe 4.0 x16: 31.5 / 68.46 = 0.46 tokens/s."""
    figures = findings["swapping-120gb"].figures
    assert figures["beyond_gb"] == pytest.approx(120 - 48 * 2**30 / 1e9)
    assert figures["streamed_tok_s"] == pytest.approx(0.460, abs=0.001)


def _judged(catalog: Catalog, claim: str, value: float) -> Finding:
    """A claim of the article with another figure in its place."""
    known = catalog.claims[claim]
    assert known.claimed is not None
    claimed = known.claimed.model_copy(update={"low": value, "central": value, "high": value})
    return CHECKS[known.check](known.model_copy(update={"claimed": claimed}), catalog)


def test_peak_memory_below_weights_and_cache_cannot_be_and_near_the_plan_it_holds(catalog: Catalog) -> None:
    figures = _judged(catalog, "memory-at-32k", 140.0).figures
    held, peak = figures["held_gb"], figures["peak_gb"]
    tolerance = catalog.constants["claim_tolerance_fraction"].central
    for value, verdict in (
        (held * (1 - tolerance) * 0.999, "impossible"),
        (peak, "holds"),
        (peak * (1 + tolerance) * 1.001, "contradicted"),
    ):
        found = _judged(catalog, "memory-at-32k", value)
        assert found.verdict == verdict
        assert found.sentence.startswith("It needs ")
        assert (", not " in found.sentence) == (verdict != "holds")


def test_load_time_that_the_disk_allows_is_plausible(catalog: Catalog) -> None:
    cold = _judged(catalog, "load-time", 4.0).figures["cold_s"]
    slower, faster = (_judged(catalog, "load-time", cold * factor) for factor in (1.01, 0.99))
    assert (slower.verdict, faster.verdict) == ("plausible", "impossible")
    assert "its disk delivers" in slower.sentence
    assert "A second start, from the page cache, can be that fast." in faster.sentence


def test_what_fits_on_the_cards_is_not_swapped(catalog: Catalog) -> None:
    found = _judged(catalog, "swapping-120gb", 40.0)
    assert found.verdict == "contradicted"
    assert "fit on the cards (51.5 GB): nothing is swapped." in found.sentence
    assert found.figures == {"beyond_gb": 0}


def test_each_sum_of_memory_that_is_written_adds_up_as_written(findings: dict[str, Finding]) -> None:
    steps = [step for one in findings.values() for step in one.arithmetic if " work space = " in step]
    assert len(steps) > 10
    for step in steps:
        *parts, total = (float(size) for size in re.findall(r"([\d.]+) GB", step)[:4])
        assert round(sum(parts), 2) == total, step


def test_room_on_the_cards_is_the_fullest_cards_and_its_difference_adds_up(findings: dict[str, Finding]) -> None:
    step = next(step for one in findings.values() for step in one.arithmetic if step.startswith("on the fullest card"))
    has, needs, left, all_left = (float(size) for size in re.findall(r"(\d+\.\d+)", step))
    assert round(has - needs, 2) == left
    assert all_left == round(2 * left, 1)
    assert "2 such cards have" in step


def test_one_model_in_one_format_needs_the_same_on_every_card(findings: dict[str, Finding]) -> None:
    steps = [step for name in ("dual-4090-4bit", "dual-4090-8bit") for step in findings[name].arithmetic]
    eight = {step for step in steps if step.startswith("8 bits (Q8_0) in llama.cpp: ")}
    assert len(eight) == 1
    assert [step for step in steps if step.startswith("GPTQ 4-bit, groups of 128 in ExLlamaV2: ")]
