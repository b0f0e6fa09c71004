"""vLLM importer: the JSON of `vllm bench serve --save-result`, one object or several appended to one file.

With max_concurrency 1 the decode rate of the single stream is 1000 / median time per output token in ms. Otherwise
output_throughput is the sum over all streams, prefill waits included, and is kept as the speed of a batch of that size,
never of a single stream. The file names neither the chip nor the weight format.
Fields: vllm/benchmarks/serve.py, read 2026-11-22.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from calculator.evidence import Remark
from calculator.units import MS_PER_S
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
from measurements.records.identify import format_of_name, model_of_name
from measurements.records.record import Series

NAME = "vllm bench serve"
_PACKINGS = (
    ("awq", "awq-int4"),
    ("gptq-int8", "int8"),
    ("gptq", "gptq-int4"),
    ("nvfp4", "nvfp4"),
    ("fp8", "fp8"),
)
MOST_READINGS = 1_000_000  # what record.Count allows


def is_object(fields: Any) -> bool:
    """Whether this decoded JSON object is a result of vllm bench serve."""
    return isinstance(fields, dict) and {"output_throughput", "completed", "median_tpot_ms"} <= fields.keys()


def import_objects(
    objects: Iterable[tuple[str, Any]], *, facts: Facts, known: Known, gate: Gate | None = None
) -> Imported:
    """Import decoded JSON objects with their places; an object that is not a result is refused."""
    collector = Collector(NAME, gate=gate)
    for place, fields in objects:
        if is_object(fields):
            _one(place, fields, facts=facts, known=known, collector=collector)
        else:
            collector.refuse(
                place,
                "This is not a result of vllm bench serve: output_throughput, completed or median_tpot_ms is missing.",
            )
    return collector.imported()


def _one(place: str, fields: Mapping[str, Any], *, facts: Facts, known: Known, collector: Collector) -> None:
    done, read, written = (
        whole(fields.get(name)) for name in ("completed", "total_input_tokens", "total_output_tokens")
    )
    total, each_ms = number(fields["output_throughput"]), number(fields["median_tpot_ms"])
    if not done or done < 0 or read is None or written is None or read < done or written < 2 * done:
        collector.refuse(place, "A rate needs at least one prompt token and two answer tokens per completed request.")
        return
    if total is None or total <= 0 or each_ms is None or each_ms <= 0:
        collector.refuse(place, "output_throughput and median_tpot_ms must be numbers above 0.")
        return
    words = text(fields.get("model_id"))
    streams = facts.batch_count or whole(fields.get("max_concurrency")) or 0
    model = facts.model(words) or model_of_name(words, models=known.models)
    form = facts.format or _format_of_name(words)
    needed: dict[MissingFact, Any] = {"chip": facts.chip, "model": model, "format": form, "batch": streams > 0}
    if collector.lacks(place, needed):
        return
    prompt = round(read / done)
    alone = streams == 1
    first_ms = number(fields.get("median_ttft_ms"))
    wait = first_ms / MS_PER_S if alone and first_ms and first_ms > 0 else None
    readings = min(done, MOST_READINGS)
    shown = {key: value for key, value in fields.items() if not isinstance(value, list)}
    collector.add(
        place,
        {
            "kind": "imported",
            "measured_at": moment(_moment(fields.get("date")), facts),
            "host": {"chip": facts.chip, "chip_count": facts.chip_count or 1},
            "engine": {"name": "vllm", "version": facts.runtime_version},
            "model": {"model": model, "model_name": words, "format": form, "weights": "real", "source": words},
            "workload": {
                "prompt_tokens": prompt,
                "generated_tokens": round(written / done),
                "batch_count": streams,
                "kv_fill": "prompt",
                "speculative": any(key.startswith("spec_decode") for key in fields),
            },
            "result": {
                "decode_tokens_per_s": _single_stream(fields, each_ms=each_ms, readings=readings)
                if alone
                else Series.of_mean(total),
                "prefill_tokens_per_s": Series.of_mean(prompt / wait, reading_count=readings) if wait else None,
                "time_to_first_token_s": Series.of_mean(wait, reading_count=readings) if wait else None,
            },
            "provenance": facts.provenance(NAME, place=place, raw=json.dumps(shown, default=str)),
            "remarks": _remarks(fields, alone=alone, streams=streams),
        },
    )


def _single_stream(fields: Mapping[str, Any], *, each_ms: float, readings: int) -> Series:
    """1000 / TPOT in ms; low and high are its p10 and p90 by a normal law with the stated deviation."""
    spread = number(fields.get("std_tpot_ms")) or 0.0
    times = Series.of_mean(each_ms, standard_deviation=spread if 0 < spread < each_ms else 0.0)
    low, high = MS_PER_S / times.high, MS_PER_S / max(times.low, each_ms / 2)
    return Series(low=low, central=MS_PER_S / each_ms, high=high, reading_count=readings)


def _remarks(fields: Mapping[str, Any], *, alone: bool, streams: int) -> list[Remark]:
    remarks: list[Remark] = []
    if not alone:
        note = f"Sum over {streams} streams, prefill waits included; one stream gets about 1/{streams} of it."
        remarks.append(Remark(code="whole-request", text=note))
    failed = whole(fields.get("failed")) or 0
    if failed > 0:
        remarks.append(
            Remark(code="failed-requests", text=f"{failed} requests failed and are not counted.", level="warning")
        )
    return remarks


def _format_of_name(words: str) -> str | None:
    """The weight format that a repository id names: AWQ, GPTQ, FP8 or NVFP4, else a GGUF or MLX format."""
    plain = words.lower()
    for word, form in _PACKINGS:
        if re.search(rf"(?<![a-z0-9]){word}(?![a-z0-9])", plain):
            return form
    return format_of_name(words)


def _moment(value: Any) -> str:
    """The day of 20250814-131635 as 2025-08-14; the file does not state its time zone."""
    found = re.fullmatch(r"(\d{4})(\d{2})(\d{2})-\d{6}", text(value))
    return "-".join(found.groups()) if found else ""
