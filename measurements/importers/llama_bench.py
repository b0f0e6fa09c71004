"""llama-bench importer: JSON, JSONL, CSV and Markdown of every version seen (2024 to 2026).

One object or row is one test: pp (prompt processing, n_gen 0), tg (text generation, n_prompt 0), at n_depth tokens
already in the cache. A pg row mixes both in one rate and is refused. Unknown keys are ignored, because new versions
add some. Markdown states GiB and no chip. The times exclude sampling and tokenisation. Fields: ggml-org/llama.cpp
tools/llama-bench/README.md, read 2026-11-22.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from calculator.evidence import Remark
from calculator.units import BYTES_PER_GIB, BYTES_PER_MIB
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
from measurements.records.identify import chip_of_name, format_of_name, model_of_name
from measurements.records.record import Series

NAME = "llama-bench"
_CACHE_BITS = {"f32": 32, "f16": 16, "bf16": 16, "q8_0": 8, "q5_1": 5, "q5_0": 5, "q4_1": 4, "q4_0": 4, "iq4_nl": 4}
_TEST = re.compile(r"(?P<kind>pp|tg) ?(?P<count>\d{1,9})(?:\+(?P<mixed>tg) ?\d+)?(?: ?@ ?d ?(?P<depth>\d{1,9}))?")
_RATE = re.compile(r"(?P<mean>\d+(?:\.\d+)?) *(?:±|\+/-) *(?P<spread>\d+(?:\.\d+)?)")
_BUILD = re.compile(r"build: *(?P<commit>[0-9a-f]{6,40}) *\((?P<number>\d{1,9})\)")
_MOST_DIGITS = 15
_SIZE = re.compile(r"(?P<count>\d+(?:\.\d+)?) *(?P<unit>GiB|MiB)")
_ALL_LAYERS = 99  # llama.cpp's idiom for "every layer"; -1 says the same since 2025


def is_json_row(fields: Any) -> bool:
    """Whether this decoded JSON object is one llama-bench test."""
    return isinstance(fields, dict) and {"n_prompt", "n_gen", "avg_ts"} <= fields.keys()


def is_csv(content: str) -> bool:
    """Whether the first line is llama-bench's CSV header."""
    first = content.lstrip("\ufeff \r\n").split("\n", 1)[0]
    return "avg_ts" in first and "n_gen" in first and "," in first and not first.startswith(("{", "["))


def is_markdown(content: str) -> bool:
    """Whether the text contains a table with llama-bench's columns."""
    return any(line.startswith("|") and " test " in line and " t/s " in line for line in _lines(content))


def import_objects(
    objects: Iterable[tuple[str, Any]], *, facts: Facts, known: Known, gate: Gate | None = None
) -> Imported:
    """Import decoded JSON objects with their places; an object that is not a test is refused."""
    collector = Collector(NAME, gate=gate)
    for place, fields in objects:
        if is_json_row(fields):
            _one(place, fields, facts=facts, known=known, collector=collector)
        else:
            collector.refuse(place, "This is not a llama-bench test: n_prompt, n_gen or avg_ts is missing.")
    return collector.imported()


def import_csv(content: str, *, facts: Facts, known: Known, gate: Gate | None = None) -> Imported:
    """Import the output of llama-bench -o csv: quoted cells, one header row; several outputs may be concatenated."""
    collector = Collector(NAME, gate=gate)
    header: list[str] = []
    rows = csv.reader(io.StringIO(content.lstrip("\ufeff"), newline=""))
    for line, cells in _csv_rows(rows, collector):
        if "avg_ts" in cells and "n_gen" in cells:
            header = cells
        elif not any(cells):
            continue  # an empty line
        elif len(cells) != len(header):
            collector.refuse(f"line {line}", f"The row has {len(cells)} cells; the header has {len(header)}.")
        else:
            _one(f"line {line}", dict(zip(header, cells, strict=True)), facts=facts, known=known, collector=collector)
    return collector.imported()


def import_markdown(content: str, *, facts: Facts, known: Known, gate: Gate | None = None) -> Imported:
    """Import the table that llama-bench prints by default, with the build line below it."""
    collector = Collector(NAME, gate=gate)
    build = _BUILD.search(content)
    header: list[str] = []
    for line, row in enumerate(_lines(content), start=1):
        cells = _cells(row) if row.startswith("|") else []
        if "test" in cells and "t/s" in cells:
            header = cells
        elif header and cells and not set(row) <= set("|-: "):
            place = f"line {line}"
            if len(cells) != len(header):
                collector.refuse(place, f"The row has {len(cells)} cells; the header has {len(header)}.")
                continue
            fields, reason = _fields_of_cells(dict(zip(header, cells, strict=True)))
            if reason:
                collector.refuse(place, reason)
                continue
            if build:
                fields |= {"build_commit": build["commit"], "build_number": build["number"]}
            _one(place, fields, facts=facts, known=known, collector=collector)
    return collector.imported()


def _fields_of_cells(cells: Mapping[str, str]) -> tuple[dict[str, Any], str]:
    """The JSON fields of a Markdown row, or the reason why it has none."""
    test, rate = _TEST.fullmatch(cells["test"]), _RATE.fullmatch(cells["t/s"])
    if test is None:
        return {}, f"The test is {cells['test'][:40]!r}; it must look like pp512 or tg128."
    if rate is None:
        return {}, f"The rate is {cells['t/s'][:40]!r}; it must look like 118.88 ± 1.04."
    size = _SIZE.fullmatch(cells.get("size", ""))
    if size and len(size["count"]) > _MOST_DIGITS:
        return {}, f"The size is {size['count'][:20]}...; it has more than {_MOST_DIGITS} digits. Copy the row again."
    scale = BYTES_PER_GIB if size and size["unit"] == "GiB" else BYTES_PER_MIB
    count = int(test["count"])
    prompt = count if test["kind"] == "pp" else 0
    generated = count if test["kind"] == "tg" or test["mixed"] else 0
    optional = {
        "n_gpu_layers": "ngl",
        "n_ubatch": "n_ubatch",
        "type_k": "type_k",
        "type_v": "type_v",
        "split_mode": "sm",
        "n_cpu_moe": "n_cpu_moe",
        "gpu_info": "gpu_info",
        "n_batch": "n_batch",
    }
    return {
        "model_type": cells.get("model", ""),
        "backends": cells.get("backend", ""),
        "model_size": round(float(size["count"]) * scale) if size else None,
        "n_prompt": prompt,
        "n_gen": generated,
        "n_depth": int(test["depth"] or 0),
        "avg_ts": rate["mean"],
        "stddev_ts": rate["spread"],
        **{field: cells[column] for field, column in optional.items() if column in cells},
    }, ""


def _one(place: str, fields: Mapping[str, Any], *, facts: Facts, known: Known, collector: Collector) -> None:
    prompt, generated, mean = whole(fields.get("n_prompt")), whole(fields.get("n_gen")), number(fields.get("avg_ts"))
    if prompt is None or generated is None or prompt < 0 or generated < 0 or mean is None or mean <= 0:
        collector.refuse(place, "n_prompt, n_gen and avg_ts must be numbers, and avg_ts must be above 0.")
        return
    reason = _why_not(fields, prompt=prompt, generated=generated)
    if reason:
        collector.refuse(place, reason)
        return
    gpus = [name.strip() for name in text(fields.get("gpu_info")).split(",") if name.strip()]
    if len(set(gpus)) > 1:
        collector.refuse(
            place,
            f"The test ran on several kinds of chip ({', '.join(sorted(set(gpus)))}); only equal chips can be"
            " imported.",
        )
        return
    words = text(fields.get("model_filename")) or text(fields.get("model_type"))
    chip = facts.chip or (chip_of_name(gpus[0], chips=known.chips) if gpus else None)
    model = facts.model(words) or model_of_name(words, models=known.models)
    form = facts.format or format_of_name(words) or format_of_name(text(fields.get("model_type")))
    needed: dict[MissingFact, Any] = {"chip": chip, "model": model, "format": form}
    if collector.lacks(place, needed):
        return
    depth = whole(fields.get("n_depth")) or 0
    series = _series(fields, mean=mean)
    build = whole(fields.get("build_number"))
    one_chip = text(fields.get("split_mode")) == "none"
    collector.add(
        place,
        {
            "kind": "imported",
            "measured_at": moment(_moment(fields.get("test_time")), facts),
            "host": {
                "chip": chip,
                "chip_name": gpus[0] if gpus else "",
                "chip_count": facts.chip_count or (1 if one_chip else max(1, len(gpus))),
            },
            "engine": {
                "name": "llama.cpp",
                "version": facts.runtime_version or (f"b{build}" if build else ""),
                "backend": text(fields.get("backends")).lower(),
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
                "kv_bits": _CACHE_BITS.get(text(fields.get("type_k")), 0),
                "split": text(fields.get("split_mode")),
                "prefill_step_tokens": whole(fields.get("n_ubatch")) or 0,
                "kv_fill": "prompt" if depth or prompt else "empty",
            },
            "result": {
                "decode_tokens_per_s" if generated else "prefill_tokens_per_s": series,
                "weights_bytes": whole(fields.get("model_size")),
            },
            "provenance": facts.provenance(
                NAME,
                place=place,
                raw=json.dumps(dict(fields), default=str),
                tool_version=text(fields.get("build_commit")),
            ),
            "remarks": _remarks(fields, generated=generated, depth=depth),
        },
    )


def _why_not(fields: Mapping[str, Any], *, prompt: int, generated: int) -> str:
    if prompt and generated:
        return "A pg test mixes prefill and decode in one rate. Import its pp and tg tests instead."
    if not prompt and not generated:
        return "n_prompt and n_gen are both 0, so nothing was measured."
    if text(fields.get("embeddings")).lower() in ("1", "true"):
        return "The test measured embeddings, not text generation."
    if (whole(fields.get("n_cpu_moe")) or 0) > 0:
        return "n_cpu_moe was set: some experts ran on the CPU, so this is not the speed of the chip."
    if text(fields.get("no_kv_offload")).lower() in ("1", "true"):
        return "no_kv_offload was set: the cache was in system memory, so this is not the speed of the chip."
    return ""


def _remarks(fields: Mapping[str, Any], *, generated: int, depth: int) -> list[Remark]:
    remarks: list[Remark] = []
    layers = whole(fields.get("n_gpu_layers"))
    if layers is not None and 0 <= layers < _ALL_LAYERS:
        note = f"n_gpu_layers was {layers}; if the model has more layers, the others ran on the CPU."
        remarks.append(Remark(code="partial-offload", text=note, level="warning"))
    if generated and depth == 0:
        note = "Decode started with an empty cache. mlx-lm decodes after its prompt, so their contexts differ."
        remarks.append(Remark(code="depth-0", text=note))
    return remarks


def _series(fields: Mapping[str, Any], *, mean: float) -> Series:
    listed = fields.get("samples_ts")
    samples = [number(value) for value in listed] if isinstance(listed, list) else []  # pyright: ignore[reportUnknownVariableType]
    if samples and all(value is not None and value > 0 for value in samples):
        return Series.of([value for value in samples if value is not None])
    spread = number(fields.get("stddev_ts")) or 0.0
    return Series.of_mean(mean, standard_deviation=spread if 0 < spread < mean else 0.0)


def _moment(value: Any) -> str:
    found = re.fullmatch(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", text(value))
    return found[0] if found else ""


def _cells(row: str) -> list[str]:
    """The cells of a Markdown row; a bar after a backslash is part of a name."""
    inner = row.strip().removeprefix("|").removesuffix("|")
    return [cell.replace("\\|", "|").strip() for cell in re.split(r"(?<!\\)\|", inner)]


def _lines(content: str) -> list[str]:
    return [line.strip() for line in content.splitlines()]


def _csv_rows(rows: Any, collector: Collector) -> Iterable[tuple[int, list[str]]]:
    """Rows of a csv.reader with their line numbers; a broken line ends the import with a refusal."""
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            collector.refuse(f"line {rows.line_num}", f"The CSV is broken here ({error}); later rows were not read.")
            return
        yield rows.line_num, cells
