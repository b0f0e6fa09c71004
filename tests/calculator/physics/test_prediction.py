"""Prediction: the whole answer of a deployment, and what it refuses."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calculator.catalog import load_catalog
from calculator.catalog.deployment import Deployment, Workload
from calculator.catalog.hardware import CardGroup
from calculator.errors import ScenarioError
from calculator.physics.memory.memory_fit import memory_fit
from calculator.physics.prediction import draft_time_fraction, memory_and_speeds, predict
from calculator.physics.speed.classes import has_matrix_rate
from calculator.physics.speed.decode import decode_speed
from calculator.physics.speed.links import linked_decode_speed, linked_prefill_speed
from calculator.physics.speed.power import capped_decode_speed
from calculator.physics.speed.prefill import prefill_speed, time_to_first_token
from calculator.physics.speed.speculative import Drafts

CATALOG = load_catalog()
MAC = Deployment.of("mac-studio-m2-ultra-192-used", "llama-3-70b", "mlx-8bit", catalog=CATALOG)
CARDS = Deployment.of("dual-rtx-4090-am5", "llama-3-70b", "q4_k_m", catalog=CATALOG)


def test_predict_joins_memory_speeds_load_time_and_watts() -> None:
    work = Workload(prompt_tokens=4000, context_tokens=8192)
    found = predict(MAC, work, CATALOG)
    assert found.memory == memory_fit(MAC, work, catalog=CATALOG)
    assert found.decode == decode_speed(MAC, work, calibration=CATALOG.calibration)
    assert found.prefill == prefill_speed(MAC, work, calibration=CATALOG.calibration)
    assert found.prefill is not None
    assert found.time_to_first_token is not None
    assert found.time_to_first_token.central == pytest.approx(4000 / found.prefill.central)
    assert (found.machine, found.model, found.context_tokens) == (MAC.hardware.id, "llama-3-70b", 8192)
    assert found.load_cold is not None
    assert found.load_warm is not None
    assert found.load_warm.central < found.load_cold.central
    assert found.power is not None
    assert found.power.decode_w.unit == "W"


def test_predict_of_what_does_not_fit_has_no_speeds_but_the_one_beyond() -> None:
    found = predict(replace(CARDS, format=CATALOG.format("q8_0")), Workload(), CATALOG)
    assert (found.decode, found.prefill, found.time_to_first_token) == (None, None, None)
    assert found.beyond is not None
    assert "offload" in {remark.code for remark in found.remarks}


def test_predict_reads_only_the_uncached_share_of_the_prompt() -> None:
    cold, warm = (predict(MAC, Workload(prompt_tokens=4000, cached_fraction=share), CATALOG) for share in (0.0, 0.75))
    assert cold.time_to_first_token is not None
    assert warm.time_to_first_token is not None
    assert warm.time_to_first_token.central < 0.3 * cold.time_to_first_token.central


def test_predict_holds_more_sequences_than_it_writes_at_once() -> None:
    one, eight = (predict(MAC, Workload(context_tokens=4096, held_count=count), CATALOG) for count in (1, 8))
    assert eight.memory.kv_cache_bytes == 8 * one.memory.kv_cache_bytes
    assert eight.decode == one.decode


def test_memory_and_speeds_is_predict_without_the_rest() -> None:
    found, whole = memory_and_speeds(MAC, Workload(), catalog=CATALOG), predict(MAC, Workload(), CATALOG)
    assert (found.memory, found.decode, found.prefill) == (whole.memory, whole.decode, whole.prefill)
    assert (found.power, found.load_cold, found.beyond) == (None, None, None)


def test_predict_refuses_drafts_over_a_link() -> None:
    linked = replace(CARDS, split="tensor", link="p2p")
    with pytest.raises(ScenarioError, match="draft_tokens cannot be combined with link"):
        predict(linked, Workload(), CATALOG, drafts=Drafts(2, 0.8))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"prompt_tokens": 0}, "prompt_tokens is 0; it must lie in 1..10,000,000"),
        ({"context_tokens": -5}, "context_tokens is -5"),
        ({"batch_count": 0}, "batch is 0; it must lie in 1..4,096"),
        ({"cached_fraction": 1.5}, "cached_fraction is 1.5; it must lie in 0..1"),
        ({"prompt_tokens": float("nan")}, "prompt_tokens is nan"),
        ({"prefill_step_tokens": 0}, "prefill_step is 0"),
        ({"held_count": 0}, "held_count is 0"),
    ],
)
def test_predict_refuses_a_workload_out_of_bounds(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(ScenarioError, match=says):
        predict(MAC, Workload(**wrong), CATALOG)


@pytest.mark.parametrize("wrong", [{"second_tenant_gb": -1}, {"desktop_gib": -1}, {"wired_limit_gb": -1}])
def test_predict_refuses_host_settings_out_of_bounds(wrong: dict[str, Any]) -> None:
    with pytest.raises(ScenarioError, match=f"{next(iter(wrong))} is -1; it must lie in 0"):
        predict(replace(MAC, host=replace(MAC.host, **wrong)), Workload(), CATALOG)


@settings(max_examples=40, deadline=None)
@given(
    machine=st.sampled_from(sorted(CATALOG.machines)),
    model=st.sampled_from(sorted(CATALOG.models)),
    context=st.integers(1, 200_000),
    batch=st.integers(1, 32),
)
def test_predict_has_speeds_exactly_where_it_fits(machine: str, model: str, context: int, batch: int) -> None:
    runtime = CATALOG.runtime(CATALOG.machines[machine].runtime)
    deployment = Deployment.of(machine, model, runtime.formats["4-bit"], catalog=CATALOG)
    found = predict(deployment, Workload(context_tokens=context, batch_count=batch), CATALOG)
    assert found.memory.fits == (found.decode is not None)
    chip = CATALOG.chips[CATALOG.machines[machine].chip]
    assert (found.prefill is not None) == (found.memory.fits and has_matrix_rate(chip))
    if found.decode is not None:
        assert 0 < found.decode.low <= found.decode.central <= found.decode.high


@pytest.mark.parametrize("machine", ["r9700-pc", "arc-pro-b70-pc"])
def test_chip_without_a_matrix_rate_writes_at_a_known_speed_and_reads_at_none(machine: str) -> None:
    found = predict(Deployment.of(machine, "qwen3-8b", "q4_k_m", catalog=CATALOG), Workload(), CATALOG)
    assert found.memory.fits
    assert found.decode is not None
    assert (found.prefill, found.time_to_first_token) == (None, None)
    assert "no-matrix-rate" in {remark.code for remark in found.remarks}


def test_chip_of_an_unknown_maker_is_not_said_to_have_that_makers_efficiency() -> None:
    found = predict(Deployment.of("arc-pro-b70-pc", "qwen3-8b", "q4_k_m", catalog=CATALOG), Workload(), CATALOG)
    assert found.decode is not None
    assert "other makers' chips" in found.decode.note


def test_predict_under_a_power_limit_is_the_capped_speed_and_says_so() -> None:
    one = Deployment.of("nvidia-rtx-4090", "llama-3-8b", "q4_k_m", catalog=CATALOG)
    limited = replace(one, host=replace(one.host, power_limit_w=300.0))
    plain, found = (predict(each, Workload(), CATALOG) for each in (one, limited))
    assert plain.decode is not None
    capped = capped_decode_speed(plain.decode, chip=one.hardware.chip, power_limit_w=300.0, constants=CATALOG.constants)
    assert found.decode == capped
    assert (found.prefill, found.time_to_first_token) == (plain.prefill, plain.time_to_first_token)
    assert "power-limit" in {remark.code for remark in found.remarks}
    assert "power-limit" not in {remark.code for remark in plain.remarks}


def test_power_limit_costs_cards_that_take_turns_nothing() -> None:
    for split, is_free in (("layer", True), ("tensor", False)):
        two = replace(CARDS, split=split)
        limited = replace(two, host=replace(two.host, power_limit_w=300.0))
        plain, found = (predict(each, Workload(), CATALOG).decode for each in (two, limited))
        assert (found == plain) == is_free
        assert "power-limit" in {remark.code for remark in predict(limited, Workload(), CATALOG).remarks}
    large = replace(CARDS, format=CATALOG.format("q8_0"))
    limited = predict(replace(large, host=replace(large.host, power_limit_w=300.0)), Workload(), CATALOG)
    assert limited.decode is None
    assert "power-limit" not in {remark.code for remark in limited.remarks}  # nothing is written


def test_predict_over_a_link_is_the_linked_speed_of_writing_and_of_reading() -> None:
    plain = replace(CARDS, split="tensor")
    linked = replace(plain, link="p2p")
    work = Workload(prompt_tokens=4_000, batch_count=2, cached_fraction=0.5)
    without, found = predict(plain, work, CATALOG), predict(linked, work, CATALOG)
    assert without.decode is not None
    assert without.prefill is not None
    assert found.link == "p2p"
    assert found.decode == linked_decode_speed(without.decode, linked, batch_count=2, catalog=CATALOG) != without.decode
    assert found.prefill == linked_prefill_speed(without.prefill, linked, catalog=CATALOG)
    assert found.prefill is not None
    assert found.time_to_first_token == time_to_first_token(found.prefill, prompt_tokens=4_000, cached_fraction=0.5)


def test_predict_with_a_draft_counts_its_memory_and_has_no_speed_where_both_do_not_fit() -> None:
    small = Deployment.of("dual-rtx-4090-am5", "llama-3.2-1b", "q4_k_m", catalog=CATALOG)
    alone, both = (predict(CARDS, Workload(), CATALOG, draft=draft) for draft in (None, small))
    assert both.memory.draft_bytes > 0
    assert both.decode == alone.decode
    large = replace(small, model=CATALOG.model("llama-3-8b"), format=CATALOG.format("q8_0"))
    none = predict(CARDS, Workload(), CATALOG, draft=large)
    assert not none.memory.fits
    assert (none.decode, none.prefill, none.time_to_first_token) == (None, None, None)
    assert "draft-model" in {remark.code for remark in none.remarks}


def test_predict_with_drafts_writes_faster_and_says_with_what() -> None:
    plain, found = (predict(MAC, Workload(), CATALOG, drafts=drafts) for drafts in (None, Drafts(2, 0.8)))
    assert plain.decode is not None
    assert found.decode is not None
    assert found.decode.central > plain.decode.central
    (said,) = [remark.text for remark in found.remarks if remark.code == "drafts"]
    assert found.decode.note in said


def test_draft_time_is_the_quotient_of_the_speeds_and_at_most_one() -> None:
    draft = replace(MAC, model=CATALOG.model("llama-3.2-1b"))
    mine, its = (decode_speed(each, Workload(), calibration=CATALOG.calibration).central for each in (MAC, draft))
    found = draft_time_fraction(MAC, draft, Workload(batch_count=4), catalog=CATALOG)
    assert found == pytest.approx(mine / its)
    assert draft_time_fraction(draft, MAC, Workload(), catalog=CATALOG) == 1.0


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"prefill_step_tokens": 1_000_001}, "prefill_step is 1000001; it must lie in 1..1,000,000"),
        ({"prompt_tokens": 10_000_001}, "prompt_tokens is 10000001"),
        ({"depth_tokens": -1}, "depth_tokens is -1; it must lie in 0..10,000,000"),
        ({"decode_context_tokens": -1}, "decode_context_tokens is -1; it must lie in 0"),
        ({"longest_prompt_tokens": 0}, "longest_prompt_tokens is 0; it must lie in 1"),
        ({"cached_fraction": -0.1}, "cached_fraction is -0.1; it must lie in 0..1"),
        ({"held_count": 4_097}, "held_count is 4097; it must lie in 1..4,096"),
    ],
)
def test_predict_takes_a_figure_at_its_bound_and_none_beyond(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ScenarioError, match=says):
        predict(MAC, Workload(**given), CATALOG)


def test_predict_takes_figures_at_their_bounds() -> None:
    least = {"prompt_tokens": 1, "context_tokens": 1, "batch_count": 1, "held_count": 1, "prefill_step_tokens": 1}
    work = Workload(**least, depth_tokens=0, cached_fraction=0.0)
    assert predict(MAC, work, CATALOG).decode is not None
    host = replace(MAC.host, second_tenant_gb=100_000, wired_limit_gb=1_000_000, desktop_gib=100_000)
    assert not predict(replace(MAC, host=host), Workload(), CATALOG).memory.fits
    for name, most in (("second_tenant_gb", 100_001), ("wired_limit_gb", 1_000_001), ("desktop_gib", 100_001)):
        with pytest.raises(ScenarioError, match=f"{name} is {most}"):
            predict(replace(MAC, host=replace(MAC.host, **{name: most})), Workload(), CATALOG)


def test_packed_cache_says_what_its_speed_rests_on() -> None:
    packed = replace(CARDS, kv_bits=8)
    assert "kv-bits-speed" in {remark.code for remark in predict(packed, Workload(), CATALOG).remarks}
    assert "kv-bits-speed" not in {remark.code for remark in predict(CARDS, Workload(), CATALOG).remarks}


def test_chip_whose_rate_is_unknown_is_the_one_that_is_named() -> None:
    found = predict(Deployment.of("r9700-pc", "qwen3-8b", "q4_k_m", catalog=CATALOG), Workload(), CATALOG)
    (said,) = [remark.text for remark in found.remarks if remark.code == "no-matrix-rate"]
    assert f"rate of the {CATALOG.chips[CATALOG.machines['r9700-pc'].chip].name}," in said
    mixed = Deployment.of("nvidia-rtx-5090", "qwen3-8b", "q4_k_m", runtime="llama.cpp", catalog=CATALOG)
    unknown = CATALOG.chips["nvidia-rtx-4090"].model_copy(update={"matrix_tflops": None, "fp32_tflops": None})
    others = (CardGroup(unknown, 1, 24),)
    mixed = replace(mixed, split="layer", hardware=replace(mixed.hardware, others=others))
    (said,) = [remark.text for remark in predict(mixed, Workload(), CATALOG).remarks if remark.code == "no-matrix-rate"]
    assert f"rate of the {unknown.name}," in said


def test_model_that_does_not_fit_has_no_speed_over_a_link_either() -> None:
    large = replace(CARDS, format=CATALOG.format("q8_0"), split="tensor", link="p2p")
    found = predict(large, Workload(), CATALOG)
    assert not found.memory.fits
    assert (found.decode, found.prefill, found.time_to_first_token) == (None, None, None)
