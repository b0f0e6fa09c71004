"""Beyond the GPU's memory: layers on the processor against published runs, a Mac beyond its limit."""

import math
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.catalog import load_catalog
from calculator.catalog.deployment import Deployment, HostSettings, Workload
from calculator.catalog.hardware import Hardware
from calculator.evidence import Quantity
from calculator.physics.beyond_memory import (
    BeyondMemory,
    Offload,
    beyond_memory,
    offload,
    offload_decode_speed,
    offload_prefill_speed,
)
from calculator.physics.memory.memory_fit import memory_fit
from calculator.physics.memory.weights import bytes_by_role, weights_bytes
from calculator.physics.speed.decode import decode_speed
from calculator.physics.speed.prefill import prefill_speed

CATALOG = load_catalog()


LLAMA_CPP = CATALOG.runtime("llama.cpp")


def _ram(rate: float) -> Quantity:
    return Quantity(
        low=rate, central=rate, high=rate, unit="GB/s", basis="measured", source="llmfit-2080", as_of="2026"
    )


RTX_2080 = Hardware(
    chip=CATALOG.chips["nvidia-rtx-3090"].model_copy(
        update={"id": "nvidia-rtx-2080", "family": "nvidia-turing", "bandwidth_gb_per_s": _ram(448)}
    ),
    chip_count=1,
    memory_gib=8,
    system_ram_gib=62,
    system_ram_gb_per_s=_ram(102.4),
)
"""The published box: an i9-10900X with four channels of DDR4.

The card's share is small, so its family hardly matters.
"""


def _deployment(machine: str, model: str, format_id: str, *, runtime: str = "llama.cpp") -> Deployment:
    found = Deployment.of(machine, model, format_id, runtime=runtime, catalog=CATALOG)
    return replace(found, split="layer")


def _on_2080(model: str, format_id: str) -> Deployment:
    return Deployment(CATALOG.model(model), CATALOG.format(format_id), LLAMA_CPP, RTX_2080)


def _beyond(
    machine: str, model: str, format_id: str, *, context: int = 1024, limit_gb: float = 0
) -> BeyondMemory | None:
    loads_it = "mlx-lm" if format_id.startswith("mlx") else "llama.cpp"
    deployment = _deployment(machine, model, format_id, runtime=loads_it)
    runtime = CATALOG.runtime("mlx-lm" if deployment.hardware.chip.vendor == "apple" else "llama.cpp")
    deployment = replace(deployment, runtime=runtime, host=HostSettings(wired_limit_gb=limit_gb))
    workload = Workload(prompt_tokens=context)
    fit = memory_fit(deployment, workload, catalog=CATALOG)
    return beyond_memory(deployment, workload, fit=fit, catalog=CATALOG)


def _hardware(chip: str, memory_gib: float, count: int = 1, ram_gb: float | None = None) -> Hardware:
    return Hardware(chip=CATALOG.chips[chip], chip_count=count, memory_gib=memory_gib, system_ram_gib=ram_gb)


@pytest.mark.parametrize(
    ("model", "layers_on_card", "measured"),
    [("mistral-small-3.1-24b", 16, 5.2), ("qwen2.5-14b", 42, 20.8), ("gemma-2-9b", 36, 23.7)],
)
def test_offload_decode_speed_meets_published_runs(model: str, layers_on_card: int, measured: float) -> None:
    """llmfit pull requests 775 and 778: --n-gpu-layers counts the output head as one."""
    shapes = CATALOG.model(model)
    found = offload_decode_speed(
        _on_2080(model, "q4_k_m"),
        Workload(context_tokens=512),
        host_layer_count=shapes.layer_count + 1 - layers_on_card,
        catalog=CATALOG,
    )
    assert found is not None
    assert found.low <= measured <= found.high
    assert found.central == pytest.approx(measured, rel=0.25)


@pytest.mark.parametrize(
    ("model", "format_id", "layers", "measured"),
    [("qwen3-30b-a3b", "q4_k_m", 36, 36.7), ("gpt-oss-20b", "mxfp4", 12, 36.4)],
)
def test_offload_of_experts_holds_published_runs(model: str, format_id: str, layers: int, measured: float) -> None:
    """llmfit pull requests 755 and 775: --n-cpu-moe; the two that the cost of a hop was read from."""
    workload = Workload(context_tokens=512)
    found = offload_decode_speed(
        _on_2080(model, format_id), workload, host_layer_count=layers, moved="experts", catalog=CATALOG
    )
    assert found is not None
    assert found.low <= measured <= found.high
    assert found.central == pytest.approx(measured, rel=0.35)


def test_experts_are_moved_first_and_that_is_faster() -> None:
    found = _beyond("rtx-5090-pc", "gpt-oss-120b", "mxfp4")
    assert found is not None
    assert found.offload is not None
    assert found.offload.moved == "experts"
    assert "GB of experts in system RAM" in found.remark.text
    layers = offload_decode_speed(
        _deployment("rtx-5090-pc", "gpt-oss-120b", "mxfp4"),
        Workload(context_tokens=1024),
        host_layer_count=found.offload.host_layer_count,
        catalog=CATALOG,
    )
    assert layers is not None
    assert found.offload.host_bytes < 64 * 2**30
    dense = _beyond("dual-rtx-4090-am5", "llama-3-70b", "q8_0")
    assert dense is not None
    assert dense.offload is not None
    assert dense.offload.moved == "layers"


def test_offload_of_70b_on_one_4090_holds_the_metered_run() -> None:
    """Geerling, Ryzen 9 7900X with one RTX 4090: 3.10 tokens/s."""
    one = Hardware(chip=CATALOG.chips["nvidia-rtx-4090"], chip_count=1, memory_gib=24, system_ram_gib=64)
    deployment = Deployment(CATALOG.model("llama-3-70b"), CATALOG.format("q4_k_m"), LLAMA_CPP, one)
    workload = Workload(prompt_tokens=512, context_tokens=2048)
    fit = memory_fit(deployment, workload, catalog=CATALOG)
    found = beyond_memory(deployment, workload, fit=fit, catalog=CATALOG)
    assert found is not None
    assert found.decode.low <= 3.10 <= found.decode.high
    assert found.decode.bound_by == "system RAM"


def test_offload_decode_speed_by_hand() -> None:
    # 70B Q8_0 on two 4090s: of 80 equal layers h are read at 89.6 x 0.5 = 44.8 GB/s
    found = _beyond("dual-rtx-4090-am5", "llama-3-70b", "q8_0")
    assert found is not None
    assert found.offload is not None
    hidden = found.offload.host_layer_count
    per_layer_gb = (74.96 - 2 * 1.117) / 80  # without embedding and head, 8.5 bits each
    slow_s = hidden * per_layer_gb / 44.8
    deployment = _deployment("dual-rtx-4090-am5", "llama-3-70b", "q8_0")
    on_cards = decode_speed(deployment, Workload(context_tokens=1024), calibration=CATALOG.calibration)
    by_hand = 1 / (slow_s + (80 - hidden) / 80 / on_cards.central)
    assert found.decode.central == pytest.approx(by_hand, rel=0.02)
    assert "of 80 layers on the cards" in found.remark.text


def test_offload_is_none_where_nothing_is_to_be_gained() -> None:
    assert _beyond("dual-rtx-4090-am5", "llama-3-8b", "q4_k_m") is None  # fits
    assert (
        _beyond("dual-rtx-4090-am5", "llama-3.1-405b", "q8_0") is None
    )  # 431 GB: no PC memory of 128 GB holds the rest
    assert _beyond("nvidia-rtx-4090", "llama-3-70b", "q4_k_m") is None  # a bare card: the memory around it is unknown
    assert _beyond("framework-desktop-strix-halo-128", "llama-3.1-405b", "q4_k_m") is None  # unified: no other memory


def test_offload_of_vllm_passes_pcie_and_exllama_cannot() -> None:
    vllm, exllama = (
        _deployment("dual-rtx-4090-am5", "llama-3-70b", "fp8", runtime=name) for name in ("vllm", "exllamav2")
    )
    workload = Workload(prompt_tokens=2048.0, context_tokens=1024)
    copied = offload_decode_speed(vllm, workload, host_layer_count=40, catalog=CATALOG)
    assert copied is not None
    assert copied.bound_by == "host link"
    # 34.2 GB over 31.5 x 0.75 = 23.6 GB/s alone are 1.45 s
    assert copied.central < 1 / 1.4
    assert offload_decode_speed(exllama, workload, host_layer_count=40, catalog=CATALOG) is None
    assert offload_prefill_speed(exllama, workload, host_layer_count=40, catalog=CATALOG) is None


@given(st.integers(0, 80), st.integers(0, 80))
def test_offload_speed_falls_with_every_layer_taken_off(first: int, second: int) -> None:
    few, many = sorted((first, second))
    deployment = _deployment("dual-rtx-4090-am5", "llama-3-70b", "q8_0")
    workload = Workload(prompt_tokens=4096.0, context_tokens=1024)
    fast, slow = (offload_decode_speed(deployment, workload, host_layer_count=n, catalog=CATALOG) for n in (few, many))
    assert fast is not None
    assert slow is not None
    assert slow.central <= fast.central * (1 + 1e-9)
    assert slow.low <= slow.central <= slow.high
    reads = [offload_prefill_speed(deployment, workload, host_layer_count=n, catalog=CATALOG) for n in (few, many)]
    assert reads[0] is not None
    assert reads[1] is not None
    assert reads[1].central <= reads[0].central * (1 + 1e-9)


def test_speed_beyond_the_wired_limit_is_20_to_150_times_lower() -> None:
    """mlx-examples 1069: 70B in 16 bit fell from 4.7 to 0.23 tokens/s on an M2 Ultra; three published falls lie in
    the range.
    """
    found = _beyond("mac-studio-m2-ultra-192-used", "llama-3-70b", "bf16", limit_gb=120)
    assert found is not None
    assert found.how == "beyond the wired limit"
    assert found.decode.low <= 0.23 <= found.decode.high
    assert found.offload is None
    assert "times slower" in found.remark.text
    within = _beyond("mac-studio-m2-ultra-192-used", "llama-3-70b", "bf16")
    assert within is None  # 142 GB in 172.9


def test_nothing_runs_beyond_a_macs_whole_memory() -> None:
    assert _beyond("mac-studio-m5-ultra-96", "llama-3.1-405b", "mlx-4bit") is None


def test_offload_leaves_the_head_on_the_card() -> None:
    deployment = _deployment("dual-rtx-4090-am5", "llama-3-70b", "q8_0")
    found = offload(deployment, Workload(context_tokens=1024), catalog=CATALOG)
    assert found is not None
    assert found.card_layer_count + found.host_layer_count == 80
    assert found.fits


def test_offload_takes_off_whole_layers_until_the_rest_fits() -> None:
    one = _hardware("nvidia-rtx-4090", 24, ram_gb=64)
    workload = Workload(context_tokens=4_096)
    q4_k_m, llama_cpp = CATALOG.format("q4_k_m"), CATALOG.runtime("llama.cpp")
    found = offload(Deployment(CATALOG.model("llama-3-70b"), q4_k_m, llama_cpp, one), workload, catalog=CATALOG)
    assert found is not None
    assert found.card_layer_count + found.host_layer_count == 80
    assert 30 <= found.card_layer_count <= 45  # 42.5 GB on 25 GB: about half
    assert found.card_bytes <= 23.5 * 2**30
    assert found.fits
    small = offload(Deployment(CATALOG.model("llama-3-8b"), q4_k_m, llama_cpp, one), workload, catalog=CATALOG)
    assert small is not None
    assert small.host_layer_count == 0
    mac = _hardware("apple-m2-ultra-76", 192)
    on_mac = Deployment(CATALOG.model("llama-3-8b"), CATALOG.format("mlx-4bit"), CATALOG.runtime("mlx-lm"), mac)
    assert offload(on_mac, workload, catalog=CATALOG) is None


Q8_ON_TWO_CARDS = _deployment("dual-rtx-4090-am5", "llama-3-70b", "q8_0")


def test_offload_by_hand() -> None:
    # 80 layers of weights without embedding (in the PC's memory anyway) and head, and of cache; the fewest whole ones
    work = Workload(context_tokens=8_192)
    fit = memory_fit(Q8_ON_TWO_CARDS, work, catalog=CATALOG)
    found = offload(Q8_ON_TWO_CARDS, work, catalog=CATALOG)
    assert found is not None
    table = 128_256 * 8_192 * 34 // 32
    layer = (fit.weights_bytes - table + fit.kv_cache_bytes) / 80
    assert fit.headroom_bytes < 0
    assert found.host_layer_count == math.ceil(-fit.headroom_bytes / int(layer))
    assert found.host_bytes == round(found.host_layer_count * layer) + table
    assert found.card_bytes == round(fit.peak_bytes - found.host_layer_count * layer)


def test_offload_leaves_a_head_that_is_the_embedding_on_the_card() -> None:
    # 62 layers of all other weights and of the cache; Gemma 3 reads its answers off the table of 262,208 words
    deployment = _deployment("rtx-4090-pc", "gemma-3-27b", "q8_0")
    work = Workload(context_tokens=8_192)
    fit = memory_fit(deployment, work, catalog=CATALOG)
    found = offload(deployment, work, catalog=CATALOG)
    assert found is not None
    head = bytes_by_role(deployment.model, deployment.format)["embedding"]
    assert head == 262_208 * 5_376 * 34 // 32
    layer = (fit.language_weights_bytes() - head + fit.kv_cache_bytes) / 62
    assert found.host_layer_count == math.ceil(-fit.headroom_bytes / int(layer))
    assert found.host_bytes == round(found.host_layer_count * layer)


def test_model_that_fits_to_the_byte_is_not_beyond_the_memory() -> None:
    work = Workload(context_tokens=8_192)
    fit = memory_fit(Q8_ON_TWO_CARDS, work, catalog=CATALOG)
    for headroom, is_beyond in ((0, False), (-1, True)):
        found = beyond_memory(Q8_ON_TWO_CARDS, work, fit=replace(fit, headroom_bytes=headroom), catalog=CATALOG)
        assert (found is not None) == is_beyond


def test_offload_fits_to_the_byte_beside_other_software_in_the_pcs_memory() -> None:
    work = Workload(context_tokens=8_192)

    def found(ram_gib: float, tenant_gb: float = 0.0) -> Offload:
        hardware = replace(Q8_ON_TWO_CARDS.hardware, system_ram_gib=ram_gib)
        deployment = replace(Q8_ON_TWO_CARDS, hardware=hardware, host=HostSettings(second_tenant_gb=tenant_gb))
        one = offload(deployment, work, catalog=CATALOG)
        assert one is not None
        return one

    need_gib = found(128).host_bytes / 2**30 + CATALOG.constants["host_reserved_gib"].central
    assert found(need_gib).fits
    assert not found(need_gib - 1e-6).fits
    assert found(need_gib + 10).fits
    assert found(need_gib + 10, tenant_gb=10).fits  # 10 GB are less than 10 GiB
    assert not found(need_gib + 10, tenant_gb=11).fits


def test_nothing_is_moved_where_the_model_fits_whatever_the_pcs_memory() -> None:
    small = replace(Q8_ON_TWO_CARDS, model=CATALOG.model("llama-3-8b"))
    found = offload(small, Workload(), catalog=CATALOG)
    assert found is not None
    assert (found.host_layer_count, found.moved, found.fits) == (0, "layers", True)
    experts = replace(Q8_ON_TWO_CARDS, model=CATALOG.model("gpt-oss-20b"), format=CATALOG.format("mxfp4"))
    found = offload(experts, Workload(), catalog=CATALOG)
    assert found is not None
    assert (found.host_layer_count, found.moved, found.fits) == (0, "layers", True)


@pytest.mark.parametrize(("prompt", "chunks"), [(512, 1), (513, 2), (4_096, 8)])
def test_offload_prefill_copies_the_weights_once_per_chunk(prompt: int, chunks: int) -> None:
    # 40 of 80 layers over the cards' link at three quarters of it, once for each 512 tokens, beside the cards' own time
    work = Workload(prompt_tokens=prompt)
    found = offload_prefill_speed(Q8_ON_TWO_CARDS, work, host_layer_count=40, catalog=CATALOG)
    assert found is not None
    on_cards = prefill_speed(Q8_ON_TWO_CARDS, work, calibration=CATALOG.calibration)
    link = Q8_ON_TWO_CARDS.hardware.chip.host_link_gb_per_s
    assert link is not None
    table = 128_256 * 8_192 * 34 // 32
    half = (weights_bytes(Q8_ON_TWO_CARDS.model, format=Q8_ON_TWO_CARDS.format) - table) / 2
    seconds = prompt / on_cards.central + chunks * half / (link.central * 0.75 * 1e9)
    assert found.central == pytest.approx(prompt / seconds)
    assert found.bound_by == "host link"
    assert found.note.startswith(f"{chunks * half / 1e9:,.1f} GB per prompt are copied over PCIe")


def test_swapped_mac_writes_at_the_speed_within_over_the_published_ratios() -> None:
    found = _beyond("mac-studio-m2-ultra-192-used", "llama-3-70b", "bf16", limit_gb=120)
    assert found is not None
    deployment = _deployment("mac-studio-m2-ultra-192-used", "llama-3-70b", "bf16", runtime="mlx-lm")
    within = decode_speed(deployment, Workload(prompt_tokens=1024), calibration=CATALOG.calibration)
    assert found.decode.low == pytest.approx(within.low / 150)
    assert found.decode.central == pytest.approx(within.central / 43)
    assert found.decode.high == pytest.approx(within.high / 20)
    assert found.decode.bound_by == "swapping"
    assert found.prefill is None


def test_desktop_on_the_card_leaves_fewer_layers_there() -> None:
    card = Deployment.of("rtx-3090-pc", "llama-3-8b", "q4_k_m", catalog=CATALOG)
    counts = []
    for gib in (0.0, 20.0, 21.0, 512.0):
        found = offload(replace(card, host=HostSettings(desktop_gib=gib)), Workload(), catalog=CATALOG)
        assert found is not None
        counts.append(found.card_layer_count)
    assert counts[0] == card.model.layer_count
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == 0


@pytest.mark.parametrize(
    ("machine", "model", "format_id", "limit_gb"),
    [("dual-rtx-4090-am5", "llama-3-70b", "q8_0", 0), ("mac-studio-m2-ultra-192-used", "llama-3-70b", "bf16", 120)],
)
def test_speeds_beyond_the_memory_are_said_to_two_digits(
    machine: str, model: str, format_id: str, limit_gb: float
) -> None:
    found = _beyond(machine, model, format_id, limit_gb=limit_gb)
    assert found is not None
    numbers = r"about ([\d.]+) tokens per second \(([\d.]+) to ([\d.]+)\)(?: instead of ([\d.]+);)?"
    said = [float(text) for text in re.findall(numbers, found.remark.text)[0] if text]
    speeds = [found.decode.central, found.decode.low, found.decode.high]
    if limit_gb:
        mac = _deployment(machine, model, format_id, runtime="mlx-lm")
        workload = Workload(prompt_tokens=1024)
        speeds.append(decode_speed(mac, workload, calibration=CATALOG.calibration).central)
    assert said == [float(f"{speed:.1e}") for speed in speeds]
