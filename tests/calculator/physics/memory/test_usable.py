"""Usable memory: macOS's limits, cards and other unified memory."""

from dataclasses import replace
from typing import Any

import pytest

from calculator.catalog import load_catalog
from calculator.catalog.deployment import Deployment, HostSettings, Workload
from calculator.catalog.hardware import Hardware
from calculator.errors import ScenarioError
from calculator.physics.memory.memory_fit import MemoryFit, memory_fit
from calculator.physics.memory.usable import graphs_gib, host_usable_bytes, large_card, macos_limit_gib, usable
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


def test_usable_bytes_of_a_mac_by_hand() -> None:
    # 192 GiB: the limit read, and what the system leaves to model and second tenant together
    found = usable(MAC_192, catalog=CATALOG)
    limit_gib, _, _ = macos_limit_gib(192, limits=CATALOG.macos_limits)
    reserved_gib = CATALOG.constants["macos_reserved_gib"].central
    assert found.limit_bytes == found.tightest_bytes == found.other_bytes == round(limit_gib * 2**30)
    assert found.shared_bytes == round((192 - reserved_gib) * 2**30)
    assert found.is_unified
    assert not found.is_raised
    assert found.bytes_beside(10**9) == found.limit_bytes + 10**9
    assert found.bytes_beside(10**12) == found.shared_bytes
    assert found.card_bytes(0, second_tenant_bytes=10**9) == found.tightest_beside(10**9) == found.limit_bytes + 10**9
    assert found.tightest_beside(10**12) == found.shared_bytes
    tiny = usable(_hardware("apple-m2-ultra-76", 4), catalog=CATALOG)
    assert tiny.shared_bytes == 0  # never below nothing
    raised = usable(MAC_192, host=HostSettings(wired_limit_gb=150), catalog=CATALOG)
    assert (raised.limit_bytes, raised.is_raised, raised.basis) == (150 * 10**9, True, "yours")
    most = usable(MAC_192, host=HostSettings(wired_limit_gb=1_000), catalog=CATALOG)
    assert most.limit_bytes == 192 * 2**30


def test_desktop_takes_its_gib_of_the_first_card_alone() -> None:
    plain, screen = (usable(TWO_4090, host=HostSettings(desktop_gib=gib), catalog=CATALOG) for gib in (None, 1.5))
    reserved = CATALOG.constants["card_reserved_gib"].central
    assert plain.tightest_bytes == plain.other_bytes == round((24 - reserved) * 2**30)
    assert screen.tightest_bytes == plain.tightest_bytes - 1.5 * 2**30
    assert screen.other_bytes == plain.other_bytes
    assert screen.limit_bytes == screen.tightest_bytes + screen.other_bytes
    assert screen.card_bytes(0, second_tenant_bytes=10**9) == screen.tightest_bytes  # a tenant is in the PC's memory
    assert screen.card_bytes(1, second_tenant_bytes=10**9) == screen.other_bytes
    assert screen.bytes_beside(10**9) == screen.limit_bytes
    vllm = CATALOG.runtime("vllm")
    full = HostSettings(gpu_memory_utilization=1.0, desktop_gib=1.5)
    found = usable(TWO_4090, runtime=vllm, host=full, catalog=CATALOG)
    assert found.other_bytes - found.tightest_bytes == pytest.approx(1.5 * 2**30)


def test_memory_of_a_pc_is_what_its_system_leaves() -> None:
    assert host_usable_bytes(64, reserved_gib=6) == 58 * 2**30
    assert host_usable_bytes(4, reserved_gib=6) == 0


def test_graphs_lie_beside_the_share_and_are_nothing_where_none_is_known() -> None:
    assert graphs_gib(CATALOG.runtime("llama.cpp"), TWO_4090) == 0.0
    vllm = CATALOG.runtime("vllm")
    assert vllm.graphs_gib is not None
    assert graphs_gib(vllm, TWO_4090) == vllm.graphs_gib.central
    large = _hardware("nvidia-h100-sxm-80", 80)
    assert vllm.large_card is not None
    assert large_card(vllm, large) == vllm.large_card
    assert graphs_gib(vllm, large) == (vllm.large_card.graphs_gib.central if vllm.large_card.graphs_gib else 0.0)
    assert large_card(vllm, replace(large, memory_gib=vllm.large_card.memory_gib)) == vllm.large_card
    assert large_card(vllm, TWO_4090) is None
    assert large_card(vllm, _hardware("nvidia-a100-sxm-80", 80)) is None


def test_limit_below_every_size_read_keeps_the_nearest_share() -> None:
    sizes = sorted({row.memory_gib for row in CATALOG.macos_limits if row.macos == "26"})
    nearest, _, _ = macos_limit_gib(sizes[0], limits=CATALOG.macos_limits)
    found, basis, note = macos_limit_gib(sizes[0] / 2, limits=CATALOG.macos_limits)
    assert found == pytest.approx(nearest / 2)
    assert basis == "assumption"
    assert note.startswith(f"no reading for {sizes[0] / 2:g} GB; ")
    halfway, _, _ = macos_limit_gib((sizes[0] + sizes[1]) / 2, limits=CATALOG.macos_limits)
    shares = [macos_limit_gib(size, limits=CATALOG.macos_limits)[0] / size for size in sizes[:2]]
    assert halfway == pytest.approx((sizes[0] + sizes[1]) / 2 * sum(shares) / 2)


def test_linked_boxes_of_unified_memory_have_twice_of_everything_but_the_first() -> None:
    for chip, memory_gib in (("apple-m2-ultra-76", 192.0), ("nvidia-gb10", 128.0)):
        one = usable(_hardware(chip, memory_gib), catalog=CATALOG)
        two = usable(replace(_hardware(chip, memory_gib), node_count=2), catalog=CATALOG)
        assert (two.limit_bytes, two.shared_bytes) == (2 * one.limit_bytes, 2 * one.shared_bytes)
        assert (two.tightest_bytes, two.other_bytes) == (one.tightest_bytes, one.other_bytes)
        assert (one.box_count, two.box_count) == (1, 2)
        assert not two.is_raised
        assert two.tightest_beside(10**12) == one.shared_bytes
    share = CATALOG.constants["unified_pc_usable_fraction"].central
    spark = usable(_hardware("nvidia-gb10", 128), catalog=CATALOG)
    assert spark.limit_bytes == round(share * 128 * 2**30)
    assert (spark.is_unified, spark.basis) == (True, "assumption")
    cards = usable(TWO_4090, catalog=CATALOG)
    assert (cards.is_unified, cards.is_raised, cards.box_count) == (False, False, 2)
    assert cards.shared_bytes == cards.limit_bytes


@pytest.mark.parametrize(("share", "is_refused"), [(0.0001, False), (1.0, False), (1.0001, True), (0.0, True)])
def test_utilisation_is_above_nothing_and_at_most_all(share: float, is_refused: bool) -> None:
    host = HostSettings(gpu_memory_utilization=share)
    if is_refused:
        with pytest.raises(ScenarioError, match="above 0 and at most 1"):
            usable(TWO_4090, runtime=CATALOG.runtime("vllm"), host=host, catalog=CATALOG)
    else:
        found = usable(TWO_4090, runtime=CATALOG.runtime("vllm"), host=host, catalog=CATALOG)
        assert found.tightest_bytes <= share * 24 * 2**30


@pytest.mark.parametrize("runtime", ["llama.cpp", "vllm"])
@pytest.mark.parametrize("count", [1, 2])
def test_desktop_larger_than_its_card_leaves_nothing_of_it_and_all_of_the_others(runtime: str, count: int) -> None:
    cards = replace(TWO_4090, chip_count=count)
    found = usable(cards, runtime=CATALOG.runtime(runtime), host=HostSettings(desktop_gib=512), catalog=CATALOG)
    assert found.tightest_bytes == 0
    assert found.limit_bytes == (count - 1) * found.other_bytes
    assert found.other_bytes > 20 * 2**30


def test_limit_of_a_mac_between_and_beyond_the_sizes_read_follows_the_nearest_two() -> None:
    one = CATALOG.macos_limits[0]
    limits = [
        one.model_copy(
            update={"memory_gib": size, "usable_gib": one.usable_gib.model_copy(update={"central": size * share})}
        )
        for size, share in ((64.0, 0.70), (96.0, 0.75), (128.0, 0.85))
    ]
    # halfway between 64 and 96 and between 96 and 128; below and above all of them the nearest share
    for size, share in ((80.0, 0.725), (112.0, 0.80), (32.0, 0.70), (256.0, 0.85)):
        assert macos_limit_gib(size, limits=limits)[0] == pytest.approx(size * share)


def test_gpu_that_addresses_a_part_of_its_memory_says_where_that_was_read() -> None:
    hardware = _hardware("amd-strix-halo-495-192", 192)
    addressable = hardware.chip.gpu_addressable_gib
    assert addressable is not None
    assert usable(hardware, catalog=CATALOG).note == addressable.note
    silent = hardware.chip.model_copy(update={"gpu_addressable_gib": addressable.model_copy(update={"note": ""})})
    of_all = usable(replace(hardware, chip=silent), catalog=CATALOG).note
    assert of_all == CATALOG.constants["unified_pc_usable_fraction"].note != addressable.note
