"""Records of a probe: the worker's events turned into one record per depth and phase, each with all its samples.

A run that did not complete becomes one record with its status and its sentence.
"""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from calculator.evidence import Remark
from calculator.units import BYTES_PER_GB, FLOPS_PER_TFLOP, US_PER_S
from measurements.probe.model_under_test import model_under_test
from measurements.probe.run import Json, Outcome
from measurements.records.record import (
    Engine,
    Host,
    Measurement,
    Provenance,
    Result,
    Series,
    Workload,
    now,
)
from measurements.records.series import SPREAD_LIMIT_FRACTION, trial_remarks
from measurements.records.spec import ProbeSpec

FEWEST_TRIALS_TO_JUDGE = 3
ENGINE_OF_BACKEND = {"metal": "mlx-lm", "cuda": "mlx-cuda", "cpu": "mlx-cpu"}
_BACKEND_REMARKS = {
    "cpu": "Measured on MLX's CPU backend, which exists for tests: this is not a local-LLM speed.",
    "cuda": (
        "Measured with MLX's CUDA backend, which understates this GPU: it lacks fast kernels for quantised experts, "
        "recurrent layers and long attention. Prefer results imported from llama-bench or vLLM."
    ),
}


def records_of(
    outcome: Outcome,
    spec: ProbeSpec,
    host: Host,
    *,
    power: Json | None = None,
    ceilings: Mapping[int, float] | None = None,
) -> tuple[Measurement, ...]:
    """All records of this outcome; one record with the reason if nothing was measured.

    `ceilings` are the decode speeds by depth that the chip's stated bandwidth would allow; each is stored with its
    result.
    """
    run, moment = uuid.uuid4().hex, now()
    hello = outcome.event("hello")
    common = _Common(outcome, spec, _host(host, hello), run=run, moment=moment, power=power or {})
    common.ceilings = ceilings or {}
    made = {"fast": _speeds, "real": _speeds, "host": _host_speeds, "rag": _rag_times}[spec.tier](common)
    if outcome.status != "ok" or not made:
        made.append(
            common.record(
                Workload(),
                Result(),
                status=outcome.status if outcome.status != "ok" else "failed",
                notes=outcome.sentence,
            )
        )
    return tuple(made)


class _Common:
    """The fields that all records of one run share."""

    def __init__(self, outcome: Outcome, spec: ProbeSpec, host: Host, *, run: str, moment: str, power: Json) -> None:
        self.outcome, self.spec, self.host, self.run, self.moment, self.power = outcome, spec, host, run, moment, power
        self.ceilings: Mapping[int, float] = {}
        self.hello, self.plan, self.built = (outcome.event(name) for name in ("hello", "plan", "built"))

    def record(
        self,
        workload: Workload,
        result: Result,
        *,
        series: Series | None = None,
        name: str = "",
        status: Any = "ok",
        notes: str = "",
    ) -> Measurement:
        remarks = [*self._remarks(), *(trial_remarks(series, name=name) if series is not None else ())]
        if (
            series is not None
            and series.reading_count >= FEWEST_TRIALS_TO_JUDGE
            and series.spread_fraction() > SPREAD_LIMIT_FRACTION
        ):
            status = "rejected"
        return Measurement(
            kind=self.spec.tier,
            status=status,
            run=self.run,
            measured_at=self.moment,
            host=self.host,
            engine=self._engine(),
            model=model_under_test(self.outcome, self.spec),
            workload=workload,
            result=result,
            remarks=tuple(remarks),
            notes=notes,
            provenance=Provenance(tool="local-llm-tco probe"),
        )

    def _engine(self) -> Engine:
        versions: Json = self.hello.get("versions") or {}
        backend = str(self.hello.get("backend") or "")
        return Engine(
            name=ENGINE_OF_BACKEND.get(backend, "mlx-lm"),
            version=versions.get("mlx", ""),
            mlx_lm_version=versions.get("mlx-lm", ""),
            backend=backend,
            wheel_tag=str(self.hello.get("wheel_tag") or ""),
        )

    def _remarks(self) -> list[Remark]:
        found: list[Remark] = []
        if self.power:
            note = (
                f"{self.power['mean_power_w']:.0f} W is the mean over the whole run, pauses included; "
                "joules per token are computed from it."
            )
            found.append(Remark(code="mean-power", text=note))
        backend = str(self.hello.get("backend") or "")
        if backend in _BACKEND_REMARKS:
            found.append(Remark(code=f"{backend}-backend", text=_BACKEND_REMARKS[backend], level="warning"))
        if self.spec.tier == "fast":
            note = (
                "Random weights in the model's own architecture; the cache holds random keys and values, "
                "and experts are chosen evenly."
            )
            found.append(Remark(code="random-weights", text=note))
        if self.plan.get("cache_resident"):
            note = (
                "The distinct weights are smaller than four last-level caches, so the speed is up to 13 % too high. "
                "Use more distinct layers."
            )
            found.append(Remark(code="cache-resident", text=note, level="warning"))
        if self.plan.get("in_float32"):
            found.append(
                Remark(
                    code="float32",
                    text="Run in 32 bits, the only type in which MLX's CPU backend can gather experts.",
                    level="warning",
                )
            )
        shortened = self.outcome.event("shortened")
        if shortened:
            note = (
                f"Only {shortened['trials']} of {shortened['wanted']} trials fit into the time limit "
                f"of {self.spec.time_limit_s:.0f} s."
            )
            found.append(Remark(code="shortened", text=note, level="warning"))
        return found


def _speeds(common: _Common) -> list[Measurement]:
    spec, made = common.spec, list[Measurement]()
    shared: Json = {
        "weights_bytes": common.built.get("weights_bytes") or common.plan.get("weights_bytes"),
        "distinct_weights_bytes": common.plan.get("distinct_bytes"),
        "read_bytes_per_token": common.plan.get("read_bytes_per_token"),
        "load_s": common.built.get("load_s"),
    }
    for phase in ("decode", "prefill"):
        samples = common.outcome.samples(phase)
        for depth, prompt in sorted({(int(sample["depth"]), int(sample.get("prompt") or 0)) for sample in samples}):
            rows = [row for row in samples if (row["depth"], row.get("prompt") or 0) == (depth, prompt)]
            series = Series.of([row["tokens"] / row["wall_s"] for row in rows])
            is_decode = phase == "decode"
            in_cache = depth if is_decode or spec.tier == "real" else depth + spec.generated_tokens
            workload = Workload(
                prompt_tokens=prompt if spec.tier == "real" else 0 if is_decode else spec.chunk_tokens,
                depth_tokens=in_cache,
                generated_tokens=spec.generated_tokens if is_decode else 0,
                batch_count=spec.batch_count,
                prefill_step_tokens=spec.chunk_tokens,
                kv_fill="prompt" if spec.tier == "real" else "synthetic",
            )
            result = Result.model_validate(
                {
                    **shared,
                    "decode_tokens_per_s" if is_decode else "prefill_tokens_per_s": series,
                    "kv_cache_bytes": _most(rows, "kv_bytes"),
                    "transient_bytes": _most(rows, "transient_bytes"),
                    "peak_bytes": _most(rows, "peak_bytes"),
                    "time_to_first_token_s": (
                        Series.of([row["wall_s"] for row in rows]) if spec.tier == "real" and not is_decode else None
                    ),
                    "ceiling_decode_tokens_per_s": common.ceilings.get(max(depth, prompt)) if is_decode else None,
                    **_power(common.power, series, is_decode=is_decode),
                }
            )
            made.append(common.record(workload, result, series=series, name=f"{phase} at {max(depth, prompt)} tokens"))
    return made


def _host_speeds(common: _Common) -> list[Measurement]:
    """Bandwidth and overhead from two matrix sizes: t = overhead + bytes / bandwidth per layer, trial by trial."""
    layers, matrices = common.outcome.samples("layers"), common.outcome.samples("matrix")
    by_trial: dict[int, list[Json]] = {}
    for row in layers:
        by_trial.setdefault(int(row["trial"]), []).append(row)
    bandwidths: list[float] = []
    overheads: list[float] = []
    for rows in by_trial.values():
        small, large = sorted(rows, key=lambda row: row["size"])[:: len(rows) - 1]
        small_s, large_s = (row["wall_s"] / row["layer_count"] for row in (small, large))
        if large_s > small_s:
            rate = (large["bytes_per_layer"] - small["bytes_per_layer"]) / (large_s - small_s)
            bandwidths.append(rate / BYTES_PER_GB)
            overheads.append(max(0.0, small_s - small["bytes_per_layer"] / rate) * US_PER_S)
    if not bandwidths or not matrices:
        return []
    series = Series.of(bandwidths)
    result = Result(
        bandwidth_gb_per_s=series,
        layer_overhead_us=Series.of(overheads),
        matrix_tflops=Series.of([row["flops"] / row["wall_s"] / FLOPS_PER_TFLOP for row in matrices]),
    )
    return [common.record(Workload(), result, series=series, name="bandwidth")]


def _rag_times(common: _Common) -> list[Measurement]:
    spec = common.spec

    def times(phase: str, engine: str = "") -> Series | None:
        rows = [row for row in common.outcome.samples(phase) if not engine or row.get("engine") == engine]
        return Series.of([row["wall_s"] for row in rows]) if rows else None

    result = Result(
        embed_s=times("embed"), search_s=times("search", "numpy"), retrieved_prefill_s=times("retrieved-prefill")
    )
    if result.embed_s is None and result.search_s is None:
        return []
    workload = Workload(
        vector_count=spec.vector_count,
        retrieved_tokens=spec.retrieved_tokens if result.retrieved_prefill_s else 0,
        prefill_step_tokens=spec.chunk_tokens,
        kv_fill="prompt",
    )
    others = sorted({str(row["engine"]) for row in common.outcome.samples("search")} - {"numpy"})
    found = {engine: times("search", engine) for engine in others}
    notes = "; ".join(
        f"search with {engine}: {series.central * 1000:.2f} ms" for engine, series in found.items() if series
    )
    return [common.record(workload, result, notes=notes)]


def _host(host: Host, hello: Json) -> Host:
    device: Json = hello.get("device") or {}
    return host.model_copy(
        update={
            "working_set_bytes": int(device.get("max_recommended_working_set_size") or 0),
            "device_arch": str(device.get("architecture") or ""),
            "last_level_cache_bytes": int(hello.get("last_level_cache_bytes", host.last_level_cache_bytes)),
            "memory_bytes": host.memory_bytes or int(device.get("memory_size") or 0),
        }
    )


def _power(power: Json, series: Series, *, is_decode: bool) -> Json:
    watts = power.get("mean_power_w")
    if watts is None:
        return {}
    energy = {"energy_j_per_token": watts / series.central} if is_decode else {}
    return {"mean_power_w": watts, "power_scope": power["power_scope"], **energy}


def _most(rows: Sequence[Json], name: str) -> int | None:
    found = [int(row[name]) for row in rows if row.get(name) is not None]
    return max(found) if found else None
