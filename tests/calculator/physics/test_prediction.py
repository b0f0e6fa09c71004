"""Prediction: the whole answer of a deployment, and what it refuses."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calculator.catalog import load_catalog
from calculator.catalog.deployment import Deployment, Workload
from calculator.errors import ScenarioError
from calculator.physics.memory.memory_fit import memory_fit
from calculator.physics.prediction import memory_and_speeds, predict
from calculator.physics.speed.classes import has_matrix_rate
from calculator.physics.speed.decode import decode_speed
from calculator.physics.speed.prefill import prefill_speed
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
