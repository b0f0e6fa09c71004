"""Stored measurements that a question cannot use: why, and the benchmark whose result it would use."""

from collections.abc import Sequence

from calculator.catalog import Catalog
from calculator.catalog.deployment import Deployment
from calculator.evidence import Remark
from calculator.physics.measured import MeasuredSpeed, Phase, unused_measurement
from calculator.physics.prediction import Prediction
from calculator.physics.speed.speed import Speed
from calculator.scenario.scenario import Scenario

_BENCHMARKS = {
    "mlx-lm": "mlx_lm.benchmark -p {read} -g {written}",
    "llama.cpp": "llama-bench -p {read} -n 0; llama-bench -p 0 -n {written} -d {read}",
}
"""Per runtime, what reads a prompt of the question's length from its start and writes an answer after it."""


def mean_context_tokens(scenario: Scenario) -> int:
    """Tokens in the cache while the middle of the answer is written."""
    return scenario.input_tokens() + scenario.answer_tokens // 2


def benchmark_command(runtime_id: str, scenario: Scenario) -> str:
    """What to run so that both speeds of the question are measured; empty where no program of the runtime is known."""
    command = _BENCHMARKS.get(runtime_id, "")
    return command.format(read=scenario.input_tokens(), written=scenario.answer_tokens)


def unused_measurements(
    prediction: Prediction,
    deployment: Deployment,
    scenario: Scenario,
    measurements: Sequence[MeasuredSpeed],
    catalog: Catalog,
    *,
    name: str,
) -> Remark | None:
    """Why a stored measurement of this model on this machine is not used, and what to run; None where none is
    stored."""
    prompt = scenario.input_tokens()
    contexts: dict[Phase, float] = {"decode": mean_context_tokens(scenario), "prefill": prompt / 2}
    speeds: dict[Phase, Speed | None] = {"decode": prediction.decode, "prefill": prediction.prefill}
    why = [
        sentence
        for phase, context_tokens in contexts.items()
        if (speed := speeds[phase]) is not None and not speed.record_ids
        for sentence in [
            unused_measurement(
                measurements,
                deployment,
                phase=phase,
                context_tokens=context_tokens,
                prompt_tokens=prompt,
                catalog=catalog,
            )
        ]
        if sentence
    ]
    if not why:
        return None
    command = benchmark_command(deployment.runtime.id, scenario)
    run = f" To have it measured, run: {command}" if command else ""
    text = f"{name}: {'; '.join(why)}. The prediction is used.{run}"
    return Remark(code="measurement-not-used", text=text, level="info")
