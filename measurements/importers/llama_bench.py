"""llama-bench importer: JSON, JSONL, CSV and Markdown of every version seen (2024 to 2026).

One object or row is one test: pp (prompt processing, n_gen 0), tg (text generation, n_prompt 0), at n_depth tokens
already in the cache. A pg row mixes both in one rate and is refused. Unknown keys are ignored, because new versions
add some. Markdown states GiB and no chip. The times exclude sampling and tokenisation. Fields: ggml-org/llama.cpp
tools/llama-bench/README.md, read 2026-11-22.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeGuard

from calculator.evidence import Remark
from measurements.importers.devices import Devices, devices_of
from measurements.importers.facts import (
    Collector,
    Facts,
    Gate,
    Imported,
    Known,
    MissingFact,
    moment,
    number,
    text,
    whole,
)
from measurements.importers.judgement import (
    FASTEST_TOKENS_PER_S,
    fits_parameters,
    layers_left_out,
    network_remark,
    offload_remark,
    parameters_contradict,
    processor_remark,
    spread_of,
    spread_remarks,
    status_of,
)
from measurements.importers.llama_bench_tables import TableRow, csv_rows, is_csv, is_markdown, markdown_rows
from measurements.importers.surroundings import NO_GPU, Surroundings
from measurements.records.identify import chip_of_name, format_of_name
from measurements.records.record import Series

__all__ = ["NAME", "import_csv", "import_markdown", "import_objects", "is_csv", "is_json_row", "is_markdown"]

NAME = "llama-bench"
CACHE_BITS = {"f32": 32, "f16": 16, "bf16": 16, "q8_0": 8, "q5_1": 5, "q5_0": 5, "q4_1": 4, "q4_0": 4, "iq4_nl": 4}


_MOST_SAMPLES = 100_000  # what record.Series allows


def is_json_row(fields: Any) -> bool:
    """Whether this decoded JSON object is one llama-bench test."""
    return isinstance(fields, dict) and {"n_prompt", "n_gen", "avg_ts"} <= fields.keys()


def import_objects(
    objects: Iterable[tuple[str, Any]], *, facts: Facts, known: Known, gate: Gate | None = None
) -> Imported:
    """Import decoded JSON objects with their places; an object that is not a test is refused."""
    collector = Collector(NAME, gate=gate)
    for place, fields in objects:
        if is_json_row(fields):
            row = TableRow(place, fields, json.dumps(dict(fields), default=str), Surroundings())
            _one(row, facts=facts, known=known, collector=collector)
        else:
            collector.refuse(place, "This is not a llama-bench test: n_prompt, n_gen or avg_ts is missing.")
    return collector.imported()


def import_csv(content: str, *, facts: Facts, known: Known, gate: Gate | None = None) -> Imported:
    """Import the output of llama-bench -o csv, wherever it stands in the text; several may be concatenated."""
    collector = Collector(NAME, gate=gate)
    for row in csv_rows(content, collector):
        _one(row, facts=facts, known=known, collector=collector)
    return collector.imported()


def import_markdown(content: str, *, facts: Facts, known: Known, gate: Gate | None = None) -> Imported:
    """Import every table that llama-bench prints by default, with the command, log and headings around it."""
    collector = Collector(NAME, gate=gate)
    for row in markdown_rows(content, collector):
        _one(row, facts=facts, known=known, collector=collector)
    return collector.imported()


def _one(row: TableRow, *, facts: Facts, known: Known, collector: Collector) -> None:
    place, fields = row.place, row.fields
    prompt, generated, mean = whole(fields.get("n_prompt")), whole(fields.get("n_gen")), number(fields.get("avg_ts"))
    if prompt is None or generated is None or min(prompt, generated) < 0 or not _is_rate(mean):
        collector.refuse(place, "n_prompt, n_gen and avg_ts must be numbers, and avg_ts must be above 0.")
        return
    devices = devices_of(fields, around=row.around, facts=facts)
    reason = _why_not(fields, prompt=prompt, generated=generated) or devices.problem
    if reason:
        collector.refuse(place, reason)
        return
    words = text(fields.get("model_filename")) or text(fields.get("model_type"))
    model, shown = _model(row, facts=facts, known=known)
    why = row.around.cpu_share()
    on_processor = devices.processor or why in NO_GPU or ("cpu_info" in fields and not _names_a_gpu(fields))
    chip_name = devices.names[0] if devices.names and not on_processor else ""
    chip = "" if on_processor else facts.chip or chip_of_name(chip_name, chips=known.chips)
    form = facts.format or format_of_name(words) or format_of_name(text(fields.get("model_type")))
    needed: dict[MissingFact, Any] = {"chip": on_processor or chip, "model": model, "format": form}
    needed |= {} if on_processor else {"chip_count": devices.count}
    if collector.lacks(place, needed, name=shown):
        return
    if reason := parameters_contradict(model, _parameters(fields), known=known):
        collector.refuse(place, reason)
        return
    depth = whole(fields.get("n_depth")) or 0
    series = _series(fields, mean=mean)
    build = whole(fields.get("build_number"))
    backend = text(fields.get("backends")).lower()
    remarks = _remarks(row, series=series, generated=generated, depth=depth)
    why = layers_left_out(whole(fields.get("n_gpu_layers")), model=model, known=known) or why
    remarks = [*remarks, *_device_remarks(fields, devices, why=why, on_processor=on_processor)]
    collector.add(
        place,
        {
            "kind": "imported",
            "status": status_of(remarks),
            "measured_at": moment(_moment(fields.get("test_time")), facts),
            "host": {
                "chip": chip,
                "chip_name": text(fields.get("cpu_info")) if on_processor else chip_name,
                "chip_count": max(1, devices.count),
            },
            "engine": {
                "name": "llama.cpp",
                "version": facts.runtime_version or (f"b{build}" if build else ""),
                "backend": "cpu" if on_processor else backend,
            },
            "model": {
                "model": model,
                "model_name": words,
                "weights": "real",
                "format": form,
                "format_name": text(fields.get("model_type")),
                "file_bytes": whole(fields.get("model_size")) or 0,
                "parameter_count": whole(fields.get("model_n_params")) or 0,
            },
            "workload": {
                "prompt_tokens": prompt,
                "generated_tokens": generated,
                "depth_tokens": depth,
                "kv_bits": _cache_bits(fields),
                "split": text(fields.get("split_mode")),
                "prefill_step_tokens": whole(fields.get("n_ubatch")) or 0,
                "kv_fill": "prompt" if depth or prompt else "empty",
            },
            "result": {
                "decode_tokens_per_s" if generated else "prefill_tokens_per_s": series,
                "weights_bytes": whole(fields.get("model_size")),
            },
            "provenance": facts.provenance(
                NAME, place=place, raw=row.raw, tool_version=text(fields.get("build_commit"))
            ),
            "remarks": remarks,
        },
    )


def _names_a_gpu(fields: Mapping[str, Any]) -> bool:
    return any(fields.get(name) for name in ("gpu_info", "backends"))


def _model(row: TableRow, *, facts: Facts, known: Known) -> tuple[str, str]:
    """The catalogue id of the row's model, and the file's own words for it.

    The row's file name, then the heading or command around it, then the column `model`; an id whose parameters are not
    the row's is not the row's.
    """
    filename, kind = text(row.fields.get("model_filename")), text(row.fields.get("model_type"))
    names = [name for name in (filename, *([] if filename else row.around.names()), kind) if name]
    count = _parameters(row.fields)
    found = (known.model_of(name) for name in names)
    read = next((model for model in found if model and fits_parameters(model, count, known=known)), None)
    return facts.model(*names, read=read), names[0] if names else ""


def _parameters(fields: Mapping[str, Any]) -> float:
    return number(fields.get("model_n_params")) or number(fields.get("stated_parameters")) or 0.0


def _cache_bits(fields: Mapping[str, Any]) -> int:
    """Bits of the cache: those of the narrower of keys and values; 0 where none is stated."""
    stated = [CACHE_BITS[kind] for name in ("type_k", "type_v") if (kind := text(fields.get(name))) in CACHE_BITS]
    return min(stated, default=0)


def _why_not(fields: Mapping[str, Any], *, prompt: int, generated: int) -> str:
    if prompt and generated:
        return "A pg test mixes prefill and decode in one rate. Import its pp and tg tests instead."
    if not prompt and not generated:
        return "n_prompt and n_gen are both 0, so nothing was measured."
    if text(fields.get("embeddings")).lower() in ("1", "true"):
        return "The test measured embeddings, not text generation."
    return ""


def _remarks(row: TableRow, *, series: Series, generated: int, depth: int) -> list[Remark]:
    remarks = spread_remarks(spread_of(series, standard_deviation=number(row.fields.get("stddev_ts")) or 0.0))
    if generated and depth == 0:
        note = "Decode started with an empty cache. mlx-lm decodes after its prompt, so their contexts differ."
        remarks.append(Remark(code="depth-0", text=note))
    return remarks


def _device_remarks(fields: Mapping[str, Any], devices: Devices, *, why: str, on_processor: bool) -> list[Remark]:
    """Whether the processor or another host did a part of it; `why` is what layers, flags and log say."""
    if on_processor:
        return [processor_remark()]
    left_out, overrides = why, text(fields.get("tensor_buft_overrides"))
    if (whole(fields.get("n_cpu_moe")) or 0) > 0:
        left_out = "n_cpu_moe was set: some experts ran on the CPU"
    elif text(fields.get("no_kv_offload")).lower() in ("1", "true"):
        left_out = "no_kv_offload was set: the cache was in system memory"
    elif "CPU" in overrides.upper():
        left_out = "tensors were kept in system memory"
    remarks = [offload_remark(left_out)] if left_out else []
    return [*remarks, network_remark(devices.count)] if devices.remote else remarks


def _is_rate(value: float | None) -> TypeGuard[float]:
    return value is not None and 0 < value < FASTEST_TOKENS_PER_S


def _series(fields: Mapping[str, Any], *, mean: float) -> Series:
    listed = fields.get("samples_ts")
    samples = [number(value) for value in listed] if isinstance(listed, list) else []  # pyright: ignore[reportUnknownVariableType]
    if 0 < len(samples) <= _MOST_SAMPLES and all(_is_rate(value) for value in samples):
        return Series.of([value for value in samples if value is not None])
    spread = number(fields.get("stddev_ts")) or 0.0
    return Series.of_mean(mean, standard_deviation=spread if 0 < spread < mean else 0.0)


def _moment(value: Any) -> str:
    found = re.fullmatch(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", text(value))
    return found[0] if found else ""
