"""What is missing, in the cell and in the sentence under it: the same gigabytes, on one chip and on several cards."""

import re
from dataclasses import replace
from typing import cast

import pytest

from calculator import load_catalog
from calculator.catalog.deployment import Deployment, Workload
from calculator.catalog.hardware import CardGroup
from calculator.catalog.models import WeightClass
from calculator.decision.memory_words import memory_mend, memory_short, misfit, not_loaded
from calculator.physics.memory.memory_fit import CardFit, MemoryFit, memory_fit
from calculator.physics.mixed_cards import mixed_memory_fit

CATALOG = load_catalog()
GB = 10**9
MAC, CARDS, GPU = "mac-studio-m5-ultra-96", "dual-rtx-4090-am5", "cloud-h100"


def _deployment(option: str, *, bits: WeightClass, model: str = "llama-3-70b") -> Deployment:
    runtime = CATALOG.runtime(CATALOG.option(option).runtime)  # pyright: ignore[reportAttributeAccessIssue]
    of = CATALOG.models[model]
    return Deployment.of(option, of, runtime.formats[bits], runtime=runtime.id, catalog=CATALOG)


def _fit(option: str, bits: WeightClass, model: str = "llama-3-70b", tokens: int = 8_192) -> MemoryFit:
    return memory_fit(_deployment(option, bits=bits, model=model), Workload(context_tokens=tokens), catalog=CATALOG)


def _cards(*peaks_gb: float, usable_gb: float = 25.0, headroom_gb: float, total_gb: float | None = None) -> MemoryFit:
    """Equal cards with so much on each."""
    peak, usable = round(sum(peaks_gb) * GB), round(usable_gb * len(peaks_gb) * GB)
    cards = tuple(CardFit(1, round(one * GB), round(usable_gb * GB)) for one in peaks_gb)
    return MemoryFit(
        weights_bytes=peak,
        kv_cache_bytes=0,
        transient_bytes=0,
        overhead_bytes=0,
        second_tenant_bytes=0,
        peak_bytes=round((total_gb or sum(peaks_gb)) * GB),
        usable_bytes=usable,
        tightest_peak_bytes=round(max(peaks_gb) * GB),
        tightest_usable_bytes=round(usable_gb * GB),
        headroom_bytes=round(headroom_gb * GB),
        fits=False,
        cards=cards,
    )


@pytest.mark.parametrize("model", ["llama-3-70b", "gpt-oss-120b", "llama-3.1-405b"])
@pytest.mark.parametrize("option", [MAC, CARDS, "dual-rtx-3090", "dgx-spark-pair"])
@pytest.mark.parametrize("bits", ["4-bit", "5-bit", "8-bit", "16-bit"])
def test_cell_and_sentence_name_the_same_gigabytes(model: str, option: str, bits: WeightClass) -> None:
    """Either the sentence's two figures are apart by what the cell lacks, or it names the cell's figure."""
    runtime = CATALOG.runtime(CATALOG.option(option).runtime)  # pyright: ignore[reportAttributeAccessIssue]
    if bits not in runtime.formats:
        return
    fit = _fit(option, bits, model)
    if fit.fits:
        return
    lacks = memory_short(fit).removesuffix(" short")
    said = misfit(fit)
    needed, there = (float(one.replace(",", "")) for one in re.findall(r"([\d.,]+) GB", said)[:2])
    missing = float(lacks.removesuffix(" GB").replace(",", ""))
    if f"The {lacks} missing" not in said:
        assert needed - there == pytest.approx(missing, abs=0.11)
        assert fit.headroom_bytes == fit.usable_bytes - fit.peak_bytes
    else:
        assert -fit.headroom_bytes != fit.peak_bytes - fit.usable_bytes
    assert memory_mend(fit) == f"{lacks} more memory."


def test_two_cards_say_that_the_fullest_ones_shortfall_counts_twice() -> None:
    fit = _fit(CARDS, "8-bit")
    lacks = f"{-fit.headroom_bytes / GB:,.1f}"
    assert f"{(fit.peak_bytes - fit.usable_bytes) / GB:,.1f}" != lacks
    assert misfit(fit) == (
        f"needs {fit.peak_bytes / GB:,.1f} GB, and a model may use {fit.usable_bytes / GB:,.1f} GB here. The {lacks} GB "
        "missing are those of the fullest card, times 2 cards: a layer lies whole on one card"
    )


def test_sum_that_would_fit_names_the_fullest_card() -> None:
    assert misfit(_cards(26.0, 20.0, headroom_gb=-2.0)) == (
        "needs 26.0 GB on the fullest card, and a model may use 25.0 GB of it. The 2.0 GB missing are those of the "
        "fullest card, times 2 cards: a layer lies whole on one card"
    )
    once = misfit(_cards(26.0, 20.0, headroom_gb=-1.0))
    assert once.endswith("The 1.0 GB missing are those of the fullest card: a layer lies whole on one card")


def test_cards_of_several_kinds_say_that_whole_layers_find_no_place() -> None:
    deployment = _deployment(CARDS, bits="8-bit")
    other = CardGroup(CATALOG.chips["nvidia-rtx-3090"], 1, 24)
    box = replace(deployment.hardware, chip_count=1, others=(other,))
    fit = mixed_memory_fit(replace(deployment, hardware=box), Workload(context_tokens=8_192), catalog=CATALOG)
    assert not fit.fits
    lacks = memory_short(fit).removesuffix(" short")
    assert misfit(fit).endswith(
        f"The {lacks} missing are layers for which no card has room: a layer lies whole on one card"
    )


def test_one_chip_says_what_it_needs_and_has_and_no_more() -> None:
    fit = _fit(MAC, "16-bit")
    assert misfit(fit) == (
        f"needs {fit.peak_bytes / GB:,.1f} GB, and a model may use {fit.usable_bytes / GB:,.1f} GB here"
    )


def test_system_ram_beside_the_cards_is_named_with_what_it_must_hold() -> None:
    fit = replace(_cards(20.0, headroom_gb=5.0), host_needed_bytes=250 * GB, host_usable_bytes=60 * GB)
    assert memory_short(fit) == "190.0 GB of system RAM short"
    assert memory_mend(fit) == "190.0 GB more system RAM."
    assert misfit(fit) == (
        "needs 250.0 GB of system RAM beside the cards, for other software and the rest of the model, and there are 60.0 GB"
    )


def test_other_software_in_the_same_memory_is_named() -> None:
    beside = replace(_cards(40.0, headroom_gb=-15.0), second_tenant_bytes=9 * GB)
    assert misfit(beside) == "needs 40.0 GB with 9.0 GB of other software, and a model may use 25.0 GB here"
    apart = replace(beside, second_tenant_beside_bytes=9 * GB)
    assert misfit(apart) == "needs 40.0 GB, and a model may use 25.0 GB here"


def test_bits_that_the_software_lacks_are_named() -> None:
    assert not_loaded("5-bit") == "does not load 5-bit"
    assert "5-bit" not in cast("dict[str, str]", CATALOG.runtime(CATALOG.clouds[GPU].runtime).formats)
