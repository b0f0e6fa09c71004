"""vLLM importer: the JSON of `vllm bench serve --save-result`, one object or several appended to one file, and of
SGLang's bench_serving, which has the same keys.

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
from measurements.importers.devices import devices_of
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
from measurements.importers.judgement import network_remark, offload_remark
from measurements.importers.pasted import packing_of_name
from measurements.importers.surroundings import Surroundings
from measurements.records.identify import chip_of_name
from measurements.records.record import Series

NAME = "vllm bench serve"
_ENGINES = {
    "sglang": "sglang",
    "sglang-native": "sglang",
    "sglang-oai": "sglang",
    "sglang-oai-chat": "sglang",
    "lmdeploy": "lmdeploy",
    "trt": "tensorrt-llm",
    "tensorrt-llm": "tensorrt-llm",
    "tgi": "tgi",
}
_LEAST, _MOST = 1e-9, 1e12  # beyond these a figure is no time and no rate
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
            keep_result(place, fields, around=Surroundings(), facts=facts, known=known, collector=collector)
        else:
            collector.refuse(
                place,
                "This is not a result of vllm bench serve: output_throughput, completed or median_tpot_ms is missing.",
            )
    return collector.imported()


def keep_result(
    place: str,
    fields: Mapping[str, Any],
    *,
    around: Surroundings,
    facts: Facts,
    known: Known,
    collector: Collector,
) -> None:
    """Keep one result with the keys of the JSON; `around` is the text in which it was printed."""
    done, read, written = (
        whole(fields.get(name)) for name in ("completed", "total_input_tokens", "total_output_tokens")
    )
    total, each_ms = number(fields["output_throughput"]), number(fields["median_tpot_ms"])
    if not done or done < 0 or read is None or written is None or read < done or written < 2 * done:
        collector.refuse(place, "A rate needs at least one prompt token and two answer tokens per completed request.")
        return
    if total is None or each_ms is None or not (0 < total < _MOST and _LEAST < each_ms < _MOST):
        collector.refuse(place, "output_throughput and median_tpot_ms must be numbers above 0.")
        return
    devices = devices_of({}, around=around, facts=facts)
    if devices.problem:
        collector.refuse(place, devices.problem)
        return
    words = text(fields.get("model_id"))
    names = [name for name in (words, *around.names()) if name]
    streams = facts.batch_count or whole(fields.get("max_concurrency")) or around.command.whole("batch") or 0
    read_model = next((model for name in names if (model := known.model_of(name))), None)
    model = facts.model(*names, read=read_model)
    form = facts.format or next((found for name in names if (found := packing_of_name(name))), None)
    form = form or packing_of_name(around.command.value("quantization") or "")
    chip = facts.chip or chip_of_name(next(iter(devices.names), ""), chips=known.chips)
    count = facts.chip_count or whole(fields.get("tensor_parallel_size")) or devices.count
    needed: dict[MissingFact, Any] = {
        "chip": chip,
        "chip_count": count > 0,
        "model": model,
        "format": form,
        "batch": streams > 0,
    }
    if collector.lacks(place, needed, name=next(iter(names), "")):
        return
    prompt = round(read / done)
    alone = streams == 1
    first_ms = number(fields.get("median_ttft_ms"))
    wait = first_ms / MS_PER_S if alone and first_ms and _LEAST < first_ms < _MOST else None
    readings = min(done, MOST_READINGS)
    shown = {key: value for key, value in fields.items() if not isinstance(value, list)}
    collector.add(
        place,
        {
            "kind": "imported",
            "measured_at": moment(_moment(fields.get("date")), facts),
            "host": {"chip": chip, "chip_count": count},
            "engine": {"name": _engine(fields), "version": facts.runtime_version},
            "model": {
                "model": model,
                "model_name": next(iter(names), "")[:300],
                "format": form,
                "weights": "real",
                "source": next(iter(names), "")[:300],
            },
            "workload": {
                "prompt_tokens": prompt,
                "generated_tokens": round(written / done),
                "batch_count": streams,
                "kv_fill": "prompt",
                "speculative": around.command.states("draft") or any(key.startswith("spec_decode") for key in fields),
            },
            "result": {
                "decode_tokens_per_s": _single_stream(fields, each_ms=each_ms, readings=readings)
                if alone
                else Series.of_mean(total),
                "prefill_tokens_per_s": Series.of_mean(prompt / wait, reading_count=readings) if wait else None,
                "time_to_first_token_s": Series.of_mean(wait, reading_count=readings) if wait else None,
            },
            "provenance": facts.provenance(NAME, place=place, raw=json.dumps(shown, default=str)),
            "remarks": [
                *_remarks(fields, alone=alone, streams=streams),
                *([offload_remark(why)] if (why := around.cpu_share()) else []),
                *([network_remark(count)] if devices.remote else []),
            ],
        },
    )


def _engine(fields: Mapping[str, Any]) -> str:
    """The server that was measured: SGLang's tool names it, vLLM's says vllm or a protocol."""
    return _ENGINES.get(text(fields.get("backend")).lower(), "vllm")


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


def _moment(value: Any) -> str:
    """The day of 20250814-131635 as 2025-08-14; the file does not state its time zone."""
    found = re.fullmatch(r"(\d{4})(\d{2})(\d{2})-\d{6}", text(value))
    return "-".join(found.groups()) if found else ""
