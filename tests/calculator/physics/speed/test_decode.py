"""Decoding speed: arithmetic by hand with neutral constants, bounds that hold for every case, and published figures."""

import dataclasses

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from calculator.catalog import load_catalog
from calculator.catalog.calibration import Calibration, Law
from calculator.catalog.deployment import Deployment, Workload
from calculator.catalog.hardware import Hardware, hardware_of
from calculator.catalog.models import Split, WeightClass
from calculator.physics.memory.weights import weights_read_bytes
from calculator.physics.speed.classes import Conditions
from calculator.physics.speed.decode import decode_speed, decode_terms
from calculator.physics.speed.speed import Speed

CATALOG = load_catalog()


NEUTRAL = Calibration("2026-11-22", 2026.7, {}, Law({}, {}, 0.1, {}), Law({}, {}, 0.1, {}))
"""Every effect zero: the terms are then what physics alone gives."""


def box(chip: str, count: int = 1) -> Hardware:
    return hardware_of(CATALOG.chips[chip], chips=CATALOG.chips, chip_count=count)


def speed(
    chip: str,
    model: str,
    format: str,
    runtime: str,
    *,
    count: int = 1,
    context: int = 512,
    batch: int = 1,
    split: Split = "layer",
    calibration: Calibration = CATALOG.calibration,
) -> Speed:
    deployment = Deployment(
        CATALOG.model(model), CATALOG.format(format), CATALOG.runtime(runtime), box(chip, count), split=split
    )
    return decode_speed(deployment, Workload(context_tokens=context, batch_count=batch), calibration=calibration)


def test_decode_speed_hand_worked_case() -> None:
    # Llama-3 70B Q4_K_M on a 4090 with neutral constants, 512 tokens of context:
    # weights read 41.946e9 B (file less embedding) / 1008e9 B/s = 41.61 ms; loss a quarter of it, 10.40 ms; overhead
    # 80 x 40 us = 3.2 ms
    # cache 80 layers x 8 heads x (128 + 128) x 2 B x 512 = 167.8e6 B / 1008e9 = 0.1664 ms and a quarter of it, 0.0416
    # ms
    weights = float(weights_read_bytes(CATALOG.model("llama-3-70b"), format=CATALOG.format("q4_k_m")))
    cache = 80 * 8 * 256 * 2 * 512
    # attention 2 x 64 heads x 256 x 80 layers x 512 operations at 330.4 TFLOPS = 0.0041 ms
    attention_ms = 2 * 64 * 256 * 80 * 512 / 330.4e9
    expected_ms = 1.25 * (weights + cache) / 1008e6 + 80 * 0.040 + attention_ms
    found = speed("nvidia-rtx-4090", "llama-3-70b", "q4_k_m", "llama.cpp", calibration=NEUTRAL)
    assert weights == pytest.approx(41.95e9, rel=0.01)
    assert found.central == pytest.approx(1000 / expected_ms, rel=1e-6)
    assert found.bound_by == "weights"


def test_decode_terms_of_a_mixture_count_the_experts_touched() -> None:
    # Qwen3-30B-A3B: 8 of 128 experts per token. One stream touches 1/16 of the expert bytes, a batch of 8 (counting
    # as 8^0.75 = 4.757
    # independent tokens) 1 - (15/16)^4.757 = 26.4 %
    def weights_ms(batch: int) -> float:
        deployment = Deployment.of("apple-m4-max-40", "qwen3-30b-a3b", "mlx-4bit", catalog=CATALOG)
        terms, _ = decode_terms(deployment, Workload(context_tokens=512, batch_count=batch))
        return next(term.base_ms for term in terms if term.name == "weights")

    model, format = CATALOG.model("qwen3-30b-a3b"), CATALOG.format("mlx-4bit")
    dense = float(weights_read_bytes(model, format=format, batch_count=0)) / 546e6
    every = float(weights_read_bytes(model, format=format, batch_count=100_000)) / 546e6 - dense
    assert weights_ms(1) == pytest.approx(dense + every / 16, rel=1e-6)
    assert weights_ms(8) == pytest.approx(dense + every * (1 - (15 / 16) ** (8**0.75)), rel=1e-6)


def test_decode_speed_range_holds_the_published_70b_figures() -> None:
    mac = speed("apple-m2-ultra-76", "llama-3-70b", "q4_k_m", "llama.cpp", context=1024)
    cards = speed("nvidia-rtx-4090", "llama-3-70b", "q4_k_m", "llama.cpp", count=2, context=1024)
    assert mac.low <= 12.1 <= mac.high
    assert cards.low <= 19.1 <= cards.high


@settings(max_examples=60, deadline=None)
@given(
    chip=st.sampled_from(sorted(CATALOG.chips)),
    model=st.sampled_from(sorted(CATALOG.models)),
    context=st.integers(1, 200_000),
    format=st.sampled_from(["q4_k_m", "q8_0", "f16"]),
    count=st.sampled_from([1, 2, 4]),
    split=st.sampled_from(["layer", "tensor"]),
)
def test_decode_speed_never_beats_the_bandwidth(  # noqa: PLR0917  (hypothesis passes them by name)
    chip: str, model: str, context: int, format: str, count: int, split: Split
) -> None:
    found = speed(chip, model, format, "llama.cpp", count=count, context=context, split=split)
    read = float(weights_read_bytes(CATALOG.model(model), format=CATALOG.format(format)))
    bandwidth = CATALOG.chips[chip].bandwidth_gb_per_s.central * 1e9 * (count if split == "tensor" else 1)
    assert 0 < found.low < found.central <= found.high
    assert found.high * read <= bandwidth * (1 + 1e-9)


@settings(max_examples=40, deadline=None)
@given(
    chip=st.sampled_from(sorted(CATALOG.chips)),
    model=st.sampled_from(sorted(CATALOG.models)),
    short=st.integers(1, 60_000),
    more=st.integers(1, 60_000),
)
def test_decode_speed_never_rises_with_the_context(chip: str, model: str, short: int, more: int) -> None:
    assert (
        speed(chip, model, "q4_k_m", "llama.cpp", context=short + more).central
        <= speed(chip, model, "q4_k_m", "llama.cpp", context=short).central
    )


def test_decode_speed_layer_split_adds_no_speed_and_tensor_split_does() -> None:
    one = speed("nvidia-rtx-a6000", "llama-3-70b", "q4_k_m", "llama.cpp").central
    layer = speed("nvidia-rtx-a6000", "llama-3-70b", "q4_k_m", "llama.cpp", count=2).central
    tensor = speed("nvidia-rtx-a6000", "llama-3-70b", "q4_k_m", "llama.cpp", count=2, split="tensor").central
    assert layer <= one < tensor < 2 * one


def test_decode_speed_batch_raises_the_sum_and_lowers_each_stream() -> None:
    counts = [1, 2, 4, 8, 16, 32]
    sums = [speed("nvidia-gb10", "qwen2.5-7b", "q8_0", "llama.cpp", batch=count).central for count in counts]
    assert sums == sorted(sums)
    each = [total / count for total, count in zip(sums, counts, strict=True)]
    assert each == sorted(each, reverse=True)


@settings(max_examples=200, deadline=None)
@given(
    chip=st.sampled_from(sorted(CATALOG.chips)),
    model=st.sampled_from(sorted(CATALOG.models)),
    runtime=st.sampled_from(sorted(CATALOG.runtimes)),
    weight_class=st.sampled_from(["4-bit", "8-bit", "16-bit"]),
    count=st.sampled_from([1, 2, 4, 8]),
    split=st.sampled_from(["layer", "tensor"]),
    context=st.integers(1, 131_072),
    batch=st.integers(2, 256),
)
def test_decode_speed_of_a_batch_is_never_below_one_stream(  # noqa: PLR0917  (hypothesis passes them by name)
    chip: str, model: str, runtime: str, weight_class: WeightClass, count: int, split: Split, context: int, batch: int
) -> None:
    # a server can always answer one request after the other
    format = CATALOG.runtime(runtime).formats.get(weight_class, "")
    assume(format)

    def rate(streams: int) -> float:
        return speed(chip, model, format, runtime, count=count, context=context, batch=streams, split=split).central

    assert rate(batch) >= rate(1) * (1 - 1e-12)
    assert rate(2) >= rate(1) * (1 - 1e-12)


def test_experts_that_two_tokens_chose_are_read_twice_where_a_kernel_takes_each_by_itself() -> None:
    # Qwen3-30B-A3B: 16 tokens x 8 of 128 experts read all of them once over, where 1 - (15/16)^8 = 40.3 % are distinct;
    # llama.cpp sorts them from 32 tokens on, and on other makers' chips always
    def again_ms(chip: str, format: str, batch: int) -> float:
        deployment = Deployment.of(chip, "qwen3-30b-a3b", format, catalog=CATALOG)
        terms, _ = decode_terms(deployment, Workload(context_tokens=512, batch_count=batch))
        return next(term.base_ms for term in terms if term.name == "experts again")

    every = float(weights_read_bytes(CATALOG.model("qwen3-30b-a3b"), format=CATALOG.format("q8_0"), batch_count=1e6))
    dense = float(weights_read_bytes(CATALOG.model("qwen3-30b-a3b"), format=CATALOG.format("q8_0"), batch_count=0))
    expected = (every - dense) * (1 - (1 - (15 / 16) ** 8)) / 800e6
    assert again_ms("apple-m2-ultra-76", "q8_0", 16) == pytest.approx(expected)
    assert again_ms("apple-m2-ultra-76", "q8_0", 32) == again_ms("apple-m2-ultra-76", "q8_0", 1) == 0
    assert again_ms("nvidia-gb10", "q8_0", 16) == 0
    assert again_ms("apple-m2-ultra-76", "mlx-8bit", 7) > 0
    assert again_ms("apple-m2-ultra-76", "mlx-8bit", 8) == 0  # 64 choices are sorted


def test_requests_in_flight_cost_a_server_time_and_a_benchmark_loop_none() -> None:
    deployment = Deployment.of("nvidia-gb10", "qwen2.5-7b", "q8_0", catalog=CATALOG)
    served, looped = (
        {term.name: term.base_ms for term in decode_terms(deployment, Workload(batch_count=9), conditions=one)[0]}
        for one in (Conditions(served=True), Conditions(served=False))
    )
    assert served["streams"] == pytest.approx(8 * 0.020)
    assert "streams" not in looped


def test_power_limit_costs_narrow_weights_more() -> None:
    # 4.88 and 16 bits a weight: the arithmetic of a byte, which the limit slows, differs by their quotient
    def weight_of_the_limit(format: str) -> float:
        deployment = Deployment.of("nvidia-rtx-3090", "llama-3-8b", format, runtime="llama.cpp", catalog=CATALOG)
        _, common = decode_terms(deployment, Workload(), conditions=Conditions(power_limit_w=220.0))
        return dict(common)["power-limit/all/one card"]

    read = {
        format: float(weights_read_bytes(CATALOG.model("llama-3-8b"), format=CATALOG.format(format)))
        for format in ("q4_k_m", "f16")
    }
    assert weight_of_the_limit("q4_k_m") / weight_of_the_limit("f16") == pytest.approx(read["f16"] / read["q4_k_m"])
    assert weight_of_the_limit("f16") == pytest.approx((1 - 220 / 350) ** 2 / 4, rel=0.01)


def test_decode_speed_range_is_wider_for_a_chip_without_rows() -> None:
    def width(chip: str) -> float:
        found = speed(chip, "llama-3-8b", "q4_k_m", "llama.cpp", context=256)
        return found.central / found.low

    assert width("nvidia-rtx-4080") > width("nvidia-rtx-4090")  # Ada, one of them never measured
    assert "no measurement of this chip" in speed("nvidia-rtx-4080", "llama-3-8b", "q4_k_m", "llama.cpp").note
    assert "of this chip" in speed("nvidia-rtx-4090", "llama-3-8b", "q4_k_m", "llama.cpp").note


def test_decode_speed_of_every_chip_runtime_and_usual_format_is_given() -> None:
    for chip in CATALOG.chips.values():
        for runtime in CATALOG.runtimes.values():
            if chip.vendor in runtime.vendors:
                for format in runtime.formats.values():
                    found = speed(chip.id, "llama-3-8b", format, runtime.id, context=2048)
                    assert found.basis == "fitted"
                    assert found.central > 0.5


def test_decode_speed_joined_boxes_pay_for_the_cable() -> None:
    # published for M3 Ultras on Thunderbolt: Qwen 32B Q4 31.5 tok/s on one, 21.6 on two; 405B Q4 3.0 -> 4.3 -> 6.4 on
    # 1, 2, 4
    def joined(model: str, nodes: int) -> float:
        hardware = dataclasses.replace(box("apple-m3-ultra-80"), node_count=nodes)
        split: Split = "tensor" if nodes > 1 else "layer"
        format, runtime = CATALOG.format("mlx-4bit"), CATALOG.runtime("mlx-lm")
        deployment = Deployment(CATALOG.model(model), format, runtime, hardware, split=split)
        return decode_speed(deployment, Workload(context_tokens=512), calibration=CATALOG.calibration).central

    assert joined("qwen2.5-32b", 2) < joined("qwen2.5-32b", 1)
    assert joined("llama-3.1-405b", 1) < joined("llama-3.1-405b", 2) < joined("llama-3.1-405b", 4)
    assert joined("llama-3.1-405b", 4) == pytest.approx(6.4, rel=0.3)


def _terms(
    deployment: Deployment, *, batch: int = 1, context: int = 512, conditions: Conditions | None = None
) -> dict[str, float]:
    workload = Workload(context_tokens=context, batch_count=batch)
    terms, _ = decode_terms(deployment, workload, conditions=conditions or Conditions())
    return {term.name: term.base_ms for term in terms}


def _of(chip: str, model: str, format: str, *, count: int = 1, split: Split = "layer", runtime: str = "") -> Deployment:
    found = Deployment.of(chip, model, format, runtime=runtime or None, chip_count=count, catalog=CATALOG)
    return dataclasses.replace(found, split=split)


def test_batch_terms_by_hand() -> None:
    # Llama 3 8B on a 4090: 8,030,261,248 weights less the embedding's and the norms' are multiplied, 4 x 2 operations
    # each, at 330.4 TFLOPS. One step of another kernel, then each further stream, the first 16 and those beyond apart
    multiplied = 8_030_261_248 - 128_256 * 4_096 - 65 * 4_096
    step_ms = 4 * 2 * multiplied / 330.4e9
    one, ten, forty = (_terms(_of("nvidia-rtx-4090", "llama-3-8b", "q4_k_m"), batch=count) for count in (1, 10, 40))
    assert not {"batch step", "batch", "large batch", "streams"} & one.keys()
    assert ten["batch step"] == forty["batch step"] == pytest.approx(step_ms)
    assert ten["batch"] == pytest.approx(9 * step_ms)
    assert ten["large batch"] == 0
    assert forty["batch"] == pytest.approx(15 * step_ms)
    assert forty["large batch"] == pytest.approx(24 * step_ms)
    assert forty["streams"] == pytest.approx(39 * 0.020)


def test_arithmetic_of_a_batch_is_shared_by_the_cards_of_a_tensor_split_alone() -> None:
    cases: tuple[tuple[int, Split], ...] = ((1, "tensor"), (4, "tensor"), (4, "layer"))
    one, tensor, layer = (
        _terms(_of("nvidia-rtx-4090", "llama-3-8b", "q4_k_m", count=count, split=split), batch=10, context=4_096)
        for count, split in cases
    )
    for name in ("batch", "weights", "loss", "kv cache", "kv cache loss", "attention"):
        assert tensor[name] == pytest.approx(one[name] / 4)
        assert layer[name] == one[name]


def test_attention_and_cache_grow_with_the_batch_and_the_context() -> None:
    # one stream: 32 layers x 32 heads x (128 + 128) x 2 operations x 4,096 tokens at 330.4 TFLOPS; cache 32 layers x 8
    # heads x 256 numbers x 2 bytes x 4,096 tokens at 1,008 GB/s, and a quarter of it for what reading loses
    one, ten = (_terms(_of("nvidia-rtx-4090", "llama-3-8b", "f16"), batch=n, context=4_096) for n in (1, 10))
    assert one["attention"] == pytest.approx(32 * 32 * 256 * 2 * 4_096 / 330.4e9, rel=1e-3)
    assert one["kv cache"] == pytest.approx(32 * 8 * 256 * 2 * 4_096 / 1_008e6)
    assert one["kv cache loss"] == pytest.approx(one["kv cache"] / 4)
    assert one["loss"] == pytest.approx(one["weights"] / 4)
    for name in ("attention", "kv cache", "kv cache loss"):
        assert ten[name] == pytest.approx(10 * one[name])


def test_experts_lose_a_quarter_of_their_own_time_besides() -> None:
    found = _terms(_of("nvidia-rtx-4090", "qwen3-30b-a3b", "q4_k_m"))
    model, format = CATALOG.model("qwen3-30b-a3b"), CATALOG.format("q4_k_m")
    read, dense = (float(weights_read_bytes(model, format=format, batch_count=count)) for count in (1, 0))
    assert found["experts"] == pytest.approx((read - dense) / 1_008e6 / 4)
    assert found["loss"] == pytest.approx(read / 1_008e6 / 4)
    assert _terms(_of("nvidia-rtx-4090", "llama-3-8b", "q4_k_m"))["experts"] == 0


@pytest.mark.parametrize(
    ("chip", "us_per_layer"), [("nvidia-rtx-4090", 50.0), ("nvidia-h200", 15.0), ("apple-m3-ultra-80", 500.0)]
)
def test_exchange_of_a_tensor_split_by_hand(chip: str, us_per_layer: float) -> None:
    model = "llama-3-8b"
    boxes = dataclasses.replace(_of(chip, model, "f16"), split="tensor")
    if chip.startswith("apple"):
        boxes = dataclasses.replace(boxes, hardware=dataclasses.replace(boxes.hardware, node_count=2))
    else:
        boxes = _of(chip, model, "f16", count=2, split="tensor")
    one, two, nine = (_terms(boxes, batch=count) for count in (1, 2, 9))
    assert one["exchange"] == nine["exchange"] == pytest.approx(us_per_layer * 32 / 1_000)
    assert "exchange of a batch" not in one
    link = {"nvidia-rtx-4090": 31.5 / 8, "nvidia-h200": 900 / 4, "apple-m3-ultra-80": 4.0}[chip]
    # 4,096 numbers x 32 layers x 2 exchanges x 2 bytes for each further stream: one, or eight
    assert two["exchange of a batch"] == pytest.approx(4_096 * 32 * 2 * 2 / (link * 1e6))
    assert nine["exchange of a batch"] == pytest.approx(8 * 4_096 * 32 * 2 * 2 / (link * 1e6))
    assert "hop" not in one


def test_cards_that_take_turns_pay_for_each_hop_and_exchange_nothing() -> None:
    two, four = (_terms(_of("nvidia-rtx-4090", "llama-3-8b", "f16", count=count)) for count in (2, 4))
    assert (two["hop"], four["hop"]) == (pytest.approx(0.2), pytest.approx(0.6))
    assert "exchange" not in two
    assert "hop" not in _terms(_of("nvidia-rtx-4090", "llama-3-8b", "f16"))


def test_launches_without_cuda_graphs_cost_200_us_a_layer() -> None:
    deployment = _of("nvidia-rtx-4090", "llama-3-8b", "bf16", runtime="vllm")
    assert _terms(deployment, conditions=Conditions(eager=True))["launches"] == pytest.approx(32 * 0.2)
    assert "launches" not in _terms(deployment)


def test_streams_cost_every_program_but_llama_cpps_own_benchmark_time() -> None:
    looped = Conditions(served=False)
    vllm = _of("nvidia-rtx-4090", "llama-3-8b", "bf16", runtime="vllm")
    assert _terms(vllm, batch=5, conditions=looped)["streams"] == pytest.approx(4 * 0.020)
    llama_cpp = _of("nvidia-rtx-4090", "llama-3-8b", "f16")
    assert "streams" not in _terms(llama_cpp, batch=5, conditions=looped)


def _effects(deployment: Deployment, name: str, conditions: Conditions, *, batch: int = 2) -> tuple[str, ...]:
    terms, _ = decode_terms(deployment, Workload(batch_count=batch), conditions=conditions)
    return next(term.effects for term in terms if term.name == name)


def test_effects_tell_a_server_an_old_build_and_a_packed_cache() -> None:
    one = _of("nvidia-rtx-4090", "llama-3-8b", "q4_k_m")
    packed = dataclasses.replace(one, kv_bits=8)
    assert "batch/served/nvidia llama.cpp" in _effects(one, "batch", Conditions(served=True))
    assert "batch/served/nvidia llama.cpp" not in _effects(one, "batch", Conditions(served=False))
    assert "cache/packed/nvidia llama.cpp" in _effects(packed, "kv cache loss", Conditions())
    assert "cache/packed/nvidia llama.cpp" not in _effects(one, "kv cache loss", Conditions())
    old, new = Conditions(age_years=1.7), Conditions(age_years=1.6)
    assert "cache/before-flash/nvidia" in _effects(one, "kv cache loss", old)
    assert "cache/before-flash/nvidia" not in _effects(one, "kv cache loss", new)
    vllm = _of("nvidia-rtx-4090", "llama-3-8b", "bf16", runtime="vllm")
    assert "cache/before-flash/nvidia" not in _effects(vllm, "kv cache loss", old)
    assert "batch/served/nvidia vllm" not in _effects(vllm, "batch", Conditions(served=True))
    assert "runtime-sort/vllm dense" not in _effects(vllm, "loss", Conditions())
    ollama = _of("nvidia-rtx-4090", "qwen3-30b-a3b", "q4_k_m", runtime="ollama")
    assert "runtime-sort/ollama experts" in _effects(ollama, "loss", Conditions())


def test_power_limit_names_one_card_or_cards_together() -> None:
    limited = Conditions(power_limit_w=220.0)
    cases: tuple[tuple[int, Split, str], ...] = ((1, "layer", "one card"), (2, "tensor", "cards together"))
    for count, split, words in cases:
        deployment = _of("nvidia-rtx-3090", "llama-3-8b", "q4_k_m", count=count, split=split)
        _, common = decode_terms(deployment, Workload(), conditions=limited)
        weight = dict(common)[f"power-limit/all/{words}"]
        assert dict(common)[f"power-limit/family/nvidia-ampere {words}"] == weight > 0
    _, common = decode_terms(_of("nvidia-rtx-3090", "llama-3-8b", "q4_k_m", count=2), Workload(), conditions=limited)
    assert not [name for name, _ in common if name.startswith("power-limit")]  # cards that take turns stay cool


def test_mean_streams_in_flight_take_the_place_of_the_batch() -> None:
    deployment = _of("nvidia-gb10", "qwen2.5-7b", "q8_0")
    mean = _terms(deployment, conditions=Conditions(stream_count=2.5))
    assert mean["streams"] == pytest.approx(1.5 * 0.020)
    assert mean["batch"] == pytest.approx(1.5 * mean["batch step"])


def test_batch_that_would_be_slower_than_one_answer_after_the_other_takes_as_long_as_that() -> None:
    one = _of("apple-m2-ultra-76", "llama-3-8b", "q4_k_m")
    rate = one.hardware.chip.bandwidth_gb_per_s.model_copy(update={"low": 1.0, "central": 1.0, "high": 1.0})
    slow = one.hardware.chip.model_copy(update={"matrix_tflops": rate})  # 1 TFLOPS: a batch's arithmetic takes longest
    slow_box = dataclasses.replace(one, hardware=dataclasses.replace(one.hardware, chip=slow))
    alone, together = (
        decode_speed(slow_box, Workload(context_tokens=512, batch_count=count), calibration=NEUTRAL).central
        for count in (1, 2)
    )
    assert together == pytest.approx(alone)
