"""Advice on measurements: whoever runs the command and brings what it prints has both speeds measured."""

import pytest

from calculator import Scenario, load_catalog
from calculator.decision.compare import compare
from calculator.physics.measured import MeasuredSpeed, Phase
from calculator.service.capability import scenario_model
from calculator.service.measurement_advice import benchmark_command, mean_context_tokens

CATALOG = load_catalog()
CARDS = "dual-rtx-4090-am5"
SCENARIO = Scenario(options=(CARDS,), machine_count="auto")


def measured(phase: Phase, context_tokens: float, *, read: int, before: int) -> MeasuredSpeed:
    machine = CATALOG.machines[CARDS]
    return MeasuredSpeed(
        phase=phase,
        chip=machine.chip,
        chip_count=machine.chip_count,
        model=scenario_model(SCENARIO, CATALOG).id,
        format=CATALOG.runtime("llama.cpp").formats["4-bit"],
        runtime="llama.cpp",
        context_tokens=context_tokens,
        batch_count=1,
        low_tokens_per_s=19.0,
        central_tokens_per_s=20.0,
        high_tokens_per_s=21.0,
        trust="imported",
        as_of="2026-11-01",
        record_id=f"{phase} {context_tokens}",
        depth_tokens=before,
        prompt_tokens=read,
    )


def test_command_measures_the_very_question() -> None:
    read, written = SCENARIO.input_tokens(), SCENARIO.answer_tokens
    short = [measured("prefill", 256, read=512, before=0), measured("decode", 64, read=0, before=0)]
    [before] = compare(SCENARIO, CATALOG, short, draw_count=0).options
    remark = next(one for one in before.remarks if one.code == "measurement-not-used")
    command = f"llama-bench -p {read} -n 0; llama-bench -p 0 -n {written} -d {read}"
    assert remark.text.endswith(f"To have it measured, run: {command}")
    assert "the stored measurement of reading read 512 tokens" in remark.text
    assert f"your prompts have {read:,} tokens" in remark.text
    # what the two programs of the command store: a prompt from its start, and an answer after so many tokens
    run = [
        measured("prefill", read / 2, read=read, before=0),
        measured("decode", read + written / 2, read=0, before=read),
    ]
    [after] = compare(SCENARIO, CATALOG, [*short, *run], draw_count=0).options
    for speed in (after.decode, after.prefill):
        assert speed is not None
        assert speed.basis == "imported"
    assert not [one for one in after.remarks if one.code == "measurement-not-used"]


def test_old_command_left_reading_unmeasured() -> None:
    """512 tokens after a long context are read at another mean depth than a whole prompt from its start."""
    read = SCENARIO.input_tokens()
    late = measured("prefill", read - 256, read=512, before=read - 512)
    [row] = compare(SCENARIO, CATALOG, [late], draw_count=0).options
    assert row.prefill is not None
    assert row.prefill.basis == "fitted"


@pytest.mark.parametrize("runtime", ["vllm", "sglang"])
def test_runtime_without_a_known_program_gets_no_command(runtime: str) -> None:
    assert benchmark_command(runtime, SCENARIO) == ""


def test_mean_context_is_the_middle_of_the_answer() -> None:
    assert mean_context_tokens(SCENARIO.changed(prompt_tokens=1000, retrieved_tokens=0, answer_tokens=64)) == 1032
