"""Usable memory: macOS's limits, cards and other unified memory."""

from dataclasses import replace
from typing import Any

import pytest

from calculator.catalog import load_catalog
from calculator.catalog.deployment import Deployment, HostSettings, Workload
from calculator.catalog.hardware import Hardware
from calculator.errors import ScenarioError
from calculator.physics.memory.memory_fit import MemoryFit, memory_fit
from calculator.physics.memory.usable import macos_limit_gib, usable
from calculator.physics.speed.links import boxes_remarks

CATALOG = load_catalog()


def _hardware(chip: str, memory_gib: float, count: int = 1, ram_gb: float | None = None) -> Hardware:
    return Hardware(chip=CATALOG.chips[chip], chip_count=count, memory_gib=memory_gib, system_ram_gib=ram_gb)


MAC_192 = _hardware("apple-m2-ultra-76", 192)


TWO_4090 = _hardware("nvidia-rtx-4090", 24, count=2, ram_gb=128)


def _fit(model: str, hardware: Hardware, format_id: str, runtime: str, tokens: int, **options: Any) -> MemoryFit:
    """The fit with fields of Workload, Deployment or HostSettings changed."""
    deployment = Deployment(CATALOG.model(model), CATALOG.format(format_id), CATALOG.runtime(runtime), hardware)
    workload = Workload(context_tokens=tokens)
    for name, value in options.items():
        if hasattr(workload, name):
            workload = replace(workload, **{name: value})
        elif hasattr(deployment, name):
            deployment = replace(deployment, **{name: value})
        else:
            deployment = replace(deployment, host=replace(deployment.host, **{name: value}))
    return memory_fit(deployment, workload, catalog=CATALOG)


def test_usable_bytes_of_macs_are_the_measured_ones() -> None:
    limit, basis, _ = macos_limit_gib(128, limits=CATALOG.macos_limits)
    assert (limit, basis) == (107.5, "measured")  # 84 % of 128 GiB under macOS 26
    between, basis, note = macos_limit_gib(112, limits=CATALOG.macos_limits)
    assert 96 * 0.7 < between < 107.5
    assert basis == "assumption"
    assert "between its neighbours" in note
    larger, _, _ = macos_limit_gib(1024, limits=CATALOG.macos_limits)
    assert 0.75 < larger / 1024 < 0.9


def test_usable_bytes_of_macs_follow_the_macos_version() -> None:
    old, basis, note = macos_limit_gib(192, limits=CATALOG.macos_limits, macos="15.4")
    assert (old, basis) == (144, "measured")  # three quarters, read under macOS 14; no row is newer until 26
    assert "as Metal reported it" in note
    assert macos_limit_gib(192, limits=CATALOG.macos_limits, macos="26.2") == macos_limit_gib(
        192, limits=CATALOG.macos_limits
    )
    for wrong, said in (("13", "is that of macOS 14"), ("Tahoe", "must be a version"), ("", "must be a version")):
        with pytest.raises(ScenarioError, match=said):
            macos_limit_gib(192, limits=CATALOG.macos_limits, macos=wrong)
    newest, older = (_fit("llama-3-70b", MAC_192, "bf16", "mlx-lm", 42_000, macos=macos) for macos in ("26", "14"))
    assert newest.fits  # 157 of 172.9 GB
    assert not older.fits  # of 154.6 GB


def test_usable_bytes_of_cards_and_other_unified_memory() -> None:
    llama = CATALOG.runtime("llama.cpp")
    two = usable(TWO_4090, runtime=llama, catalog=CATALOG)
    assert two.limit_bytes == pytest.approx(2 * 23.5 * 2**30, rel=0.001)
    spark = usable(_hardware("nvidia-gb10", 128), runtime=llama, catalog=CATALOG)
    assert 110 * 2**30 < spark.limit_bytes < 122 * 2**30
    assert spark.is_unified


def test_boxes_of_unified_memory_add_up_however_they_are_counted() -> None:
    chip = CATALOG.chips["apple-m3-ultra-80"]
    one, chips, nodes = (
        Hardware(chip=chip, chip_count=a, memory_gib=512, node_count=b) for a, b in ((1, 1), (4, 1), (1, 4))
    )
    assert usable(chips, catalog=CATALOG) == usable(nodes, catalog=CATALOG)
    assert usable(chips, catalog=CATALOG).limit_bytes == 4 * usable(one, catalog=CATALOG).limit_bytes
    assert boxes_remarks(one, split="layer") == ()
    assert "adds memory, not speed" in boxes_remarks(chips, split="layer")[0].text
    five = Hardware(chip=chip, chip_count=5, memory_gib=512)
    assert "Nobody has published" in boxes_remarks(five, split="tensor")[1].text
    assert (
        boxes_remarks(Hardware(chip=CATALOG.chips["nvidia-rtx-4090"], chip_count=8, memory_gib=24), split="layer") == ()
    )


def test_gpu_that_cannot_address_all_memory_is_held_to_what_it_can() -> None:
    found = usable(_hardware("amd-strix-halo-495-192", 192), catalog=CATALOG)
    assert found.limit_bytes == 160 * 2**30
    small = usable(_hardware("amd-strix-halo-128", 128), catalog=CATALOG)
    assert small.limit_bytes < 128 * 2**30


def test_usable_bytes_of_vllm_are_its_share_of_what_the_card_shows_with_room_for_graphs() -> None:
    vllm, shown = CATALOG.runtime("vllm"), CATALOG.constants["card_shown_ratio"].central * 24 * 2**30
    for share, expected in ((None, 0.9 * shown), (0.5, 0.5 * shown), (1.0, shown - 0.3 * 2**30)):
        host = HostSettings(gpu_memory_utilization=share)
        found = usable(TWO_4090, runtime=vllm, host=host, catalog=CATALOG)
        assert found.tightest_bytes == pytest.approx(expected, rel=1e-6)
    with_screen = HostSettings(gpu_memory_utilization=0.98, desktop_gib=1.0)
    found = usable(TWO_4090, runtime=vllm, host=with_screen, catalog=CATALOG)
    assert found.other_bytes - found.tightest_bytes > 0.7 * 2**30


@pytest.mark.parametrize(
    ("runtime", "share", "said"),
    [("llama.cpp", 0.9, "llama.cpp has none"), ("vllm", 0.0, "above 0"), ("vllm", 1.5, "at most 1")],
)
def test_utilisation_that_cannot_be_is_one_sentence(runtime: str, share: float, said: str) -> None:
    host = HostSettings(gpu_memory_utilization=share)
    with pytest.raises(ScenarioError, match=said):
        usable(TWO_4090, runtime=CATALOG.runtime(runtime), host=host, catalog=CATALOG)


def test_usable_bytes_of_other_unified_memory_follow_the_utilisation_too() -> None:
    spark = _hardware("nvidia-gb10", 128)
    whole = usable(spark, runtime=CATALOG.runtime("llama.cpp"), catalog=CATALOG).limit_bytes
    for share, part in ((None, 0.9), (0.7, 0.7)):
        host = HostSettings(gpu_memory_utilization=share)
        found = usable(spark, runtime=CATALOG.runtime("vllm"), host=host, catalog=CATALOG)
        assert found.limit_bytes == pytest.approx(part * whole, rel=1e-6)
