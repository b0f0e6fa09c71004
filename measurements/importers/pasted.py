"""One result in a pasted text, and the record that becomes of it: shared by the importers of single runs.

An importer says what its text states; the chip, the devices and the model come from the text around it or from the
user. Nothing is guessed: what nobody states is asked for.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from calculator.evidence import Remark
from calculator.units import BYTES_PER_GB
from measurements.importers.devices import devices_of
from measurements.importers.facts import Collector, Facts, Imported, Known, MissingFact, moment
from measurements.importers.judgement import (
    FASTEST_TOKENS_PER_S,
    layers_left_out,
    network_remark,
    offload_remark,
    processor_remark,
    spread_of,
    spread_remarks,
    status_of,
)
from measurements.importers.surroundings import NO_GPU, Surroundings
from measurements.records.identify import chip_of_name, format_of_name
from measurements.records.record import Series

_PACKINGS = (
    ("awq", "awq-int4"),
    ("gptq-int8", "int8"),
    ("gptq", "gptq-int4"),
    ("w4a16", "gptq-int4"),
    ("w8a8", "int8"),
    ("nvfp4", "nvfp4"),
    ("fp8", "fp8"),
)
_MOST_GB = 1e7
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, slots=True)
class Pasted:
    """What a text states of one run. Rates in tokens/s, totals over the batch; None and 0 are unknown.

    `prompt_tokens` were read and `answer_tokens` written in this run; `depth_tokens` were in the cache before it.
    `names` are the tool's own words for the model, the best first. `asks_answer`: without the answer's length the
    decode rate has no context.
    """

    tool: str
    engine: str
    place: str
    raw: str
    decode: Series | None = None
    prefill: Series | None = None
    first_token_s: float | None = None
    prompt_tokens: int | None = None
    answer_tokens: int | None = None
    depth_tokens: int = 0
    batch_count: int = 1
    peak_gb: float = 0.0
    names: tuple[str, ...] = ()
    format: str = ""
    version: str = ""
    backend: str = ""
    split: str = ""
    measured_at: str = ""
    kv_bits: int = 0
    step_tokens: int = 0
    layers: int | None = None
    chip_name: str = ""
    chip_count: int = 0
    speculative: bool = False
    remarks: tuple[Remark, ...] = ()
    fields: dict[str, str] = field(default_factory=dict[str, str])


def keep_objects(
    objects: Iterable[tuple[str, Any]],
    *,
    read: Callable[[str, Any], Pasted | None],
    otherwise: str,
    facts: Facts,
    known: Known,
    collector: Collector,
) -> Imported:
    """Turn decoded JSON objects with their places into records; `otherwise` refuses one that `read` does not know."""
    for place, fields in objects:
        run = read(place, fields)
        if run is None:
            collector.refuse(place, otherwise)
        else:
            keep(run, around=Surroundings(), facts=facts, known=known, collector=collector)
    return collector.imported()


def keep(run: Pasted, *, around: Surroundings, facts: Facts, known: Known, collector: Collector) -> None:
    """Turn a run into a record, or say which fact it lacks, or why it is refused."""
    if not _is_above_zero(run.decode) or not _is_above_zero(run.prefill) or not (run.decode or run.prefill):
        collector.refuse(run.place, "The run states no rate above 0 token/s.")
        return
    stated = {"gpu_info": run.chip_name, "backends": run.backend, "devices": "", **run.fields}
    devices = devices_of(stated, around=around, facts=facts)
    if devices.problem:
        collector.refuse(run.place, devices.problem)
        return
    why = around.cpu_share()
    on_processor = devices.processor or why in NO_GPU
    names = [*run.names, *(name for name in around.names() if name not in run.names)]
    read = next((model for name in names if (model := known.model_of(name))), None)
    model = facts.model(*names, read=read)
    form = facts.format or run.format or next((found for name in names if (found := packing_of_name(name))), "")
    form = form or format_of_name(around.file_type) or ""
    chip_name = devices.names[0] if devices.names and not on_processor else ""
    chip = "" if on_processor else facts.chip or chip_of_name(chip_name, chips=known.chips) or ""
    prompt = run.prompt_tokens if run.prompt_tokens is not None else facts.prompt_tokens
    answer = run.answer_tokens if run.answer_tokens is not None else facts.answer_tokens
    needed: dict[MissingFact, Any] = {
        "chip": on_processor or chip,
        "chip_count": on_processor or run.chip_count or devices.count,
        "model": model,
        "format": form,
        "batch": run.batch_count,
        "prompt": prompt or run.depth_tokens or run.prompt_tokens is not None,
        "answer": answer or run.decode is None,
    }
    if collector.lacks(run.place, needed, name=names[0] if names else ""):
        return
    if not why and run.layers is not None and not on_processor:
        why = layers_left_out(run.layers, model=model, known=known)
    spread = max(spread_of(series) for series in (run.decode, run.prefill) if series)
    remarks = [*run.remarks, *spread_remarks(spread)]
    remarks += [processor_remark()] if on_processor else [offload_remark(why)] if why else []
    remarks += [network_remark(devices.count)] if devices.remote and not on_processor else []
    collector.add_phases(
        run.place,
        {
            "kind": "imported",
            "status": status_of(remarks),
            "measured_at": moment(run.measured_at, facts),
            "host": {
                "chip": chip,
                "chip_name": chip_name,
                "chip_count": max(1, facts.chip_count or run.chip_count or devices.count),
            },
            "engine": {
                "name": run.engine,
                "version": facts.runtime_version or run.version,
                "backend": "cpu" if on_processor else run.backend,
            },
            "model": {
                "model": model,
                "model_name": names[0][:300] if names else "",
                "format": form,
                "format_name": around.file_type,
                "weights": "real",
            },
            "workload": {
                "prompt_tokens": prompt or 0,
                "depth_tokens": run.depth_tokens,
                "generated_tokens": answer if run.decode else 0,
                "batch_count": run.batch_count,
                "prefill_step_tokens": run.step_tokens,
                "kv_bits": run.kv_bits,
                "kv_fill": "prompt" if prompt or run.depth_tokens else "empty",
                "split": run.split,
                "speculative": run.speculative or around.command.states("draft"),
            },
            "result": {
                "decode_tokens_per_s": run.decode,
                "prefill_tokens_per_s": run.prefill,
                "time_to_first_token_s": rate(run.first_token_s),
                "peak_bytes": round(run.peak_gb * BYTES_PER_GB) if 0 < run.peak_gb < _MOST_GB else None,
            },
            "provenance": facts.provenance(run.tool, place=run.place, raw=run.raw),
            "remarks": remarks,
        },
    )


def rate(value: float | None) -> Series | None:
    """A single reading above 0 as a series; None without one, and for a rate that no machine reaches."""
    return Series.of([value]) if value and 0 < value < FASTEST_TOKENS_PER_S else None


def packing_of_name(words: str) -> str | None:
    """The weight format that a repository id or a file's name states: AWQ, GPTQ, FP8, NVFP4, GGUF or MLX."""
    plain = words.lower()
    for word, form in _PACKINGS:
        place = plain.find(word)
        if place >= 0 and (place == 0 or plain[place - 1] not in _LETTERS):
            end = place + len(word)
            if end == len(plain) or plain[end] not in _LETTERS:
                return form
    return format_of_name(words)


def _is_above_zero(series: Series | None) -> bool:
    return series is None or series.low > 0
