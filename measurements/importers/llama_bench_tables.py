"""Tables of llama-bench in a pasted text: Markdown (also copied from a rendered page, or in a box) and CSV.

A row becomes the fields of llama-bench's JSON. What the table has no column for is read from the flags of the command
above it. Column names: `get_field_display_name` in ggml-org/llama.cpp tools/llama-bench/llama-bench.cpp and in
llamafile's and ik_llama.cpp's copies, read 2026-11-26.
"""

import bisect
import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from calculator.units import BYTES_PER_GIB, BYTES_PER_MIB
from measurements.importers.cleaning import plain_lines
from measurements.importers.facts import Collector
from measurements.importers.surroundings import Surroundings, build_near, builds_of

_TEST = re.compile(
    r"(?P<kind>pp|tg) ?(?P<count>\d{1,9})(?:\+(?P<mixed>tg) ?\d{1,9})?(?: ?@ ?(?:d|pp) ?(?P<depth>\d{1,9}))?"
)
_RATE = re.compile(r"(?P<mean>\d{1,15}(?:\.\d{1,15})?)(?: *(?:±|\+/-|\+-|\?) *(?P<spread>\d{1,15}(?:\.\d{1,15})?))?")
_MOST_DIGITS = 15
_SIZE = re.compile(r"(?P<count>\d+(?:\.\d+)?) *(?P<unit>GiB|MiB)")
_PARAMETERS = re.compile(r"(?P<count>\d{1,6}(?:\.\d{1,6})?) *(?P<unit>[BMTK])")
_SCALES = {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}
_COLUMNS = {
    "n_gpu_layers": ("ngl", "n_gpu_layers"),
    "n_ubatch": ("n_ubatch", "ub"),
    "type_k": ("type_k", "ctk"),
    "type_v": ("type_v", "ctv"),
    "split_mode": ("sm", "split_mode"),
    "n_cpu_moe": ("n_cpu_moe", "ncmoe"),
    "gpu_info": ("gpu_info",),
    "n_batch": ("n_batch",),
    "devices": ("dev", "devices"),
    "tensor_split": ("ts", "tensor_split"),
    "main_gpu": ("main_gpu", "mg"),
    "no_kv_offload": ("nkvo", "no_kv_offload"),
    "tensor_buft_overrides": ("ot", "tensor_buft_overrides"),
    "embeddings": ("embd", "embeddings"),
    "model_filename": ("model_filename",),
    "cpu_info": ("cpu_info",),
}
_FLAGS = {
    "n_gpu_layers": "layers",
    "n_ubatch": "step",
    "type_k": "cache_k",
    "type_v": "cache_v",
    "split_mode": "split",
    "n_cpu_moe": "cpu_experts",
    "no_kv_offload": "cpu_cache",
    "tensor_buft_overrides": "overrides",
}
_PARTS = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row: its place, the fields of llama-bench's JSON, the row as it stood there, and what stands around it."""

    place: str
    fields: Mapping[str, Any]
    raw: str
    around: Surroundings


def is_csv(content: str) -> bool:
    """Whether a line of the text is the header of llama-bench's CSV."""
    return "avg_ts" in content and any(_is_csv_header(line) for line in content.splitlines())


def is_markdown(content: str) -> bool:
    """Whether the text contains a table with llama-bench's columns."""
    return "t/s" in content and any(_is_header(_cells(line)) for line in plain_lines(content) if "t/s" in line)


def markdown_rows(content: str, collector: Collector) -> Iterator[TableRow]:
    """Rows of every table with the columns `test` and `t/s`; what looks like a row and is none is refused."""
    lines = plain_lines(content)
    builds, around = builds_of(lines), Surroundings()
    ends = [number for number, line in enumerate(lines, start=1) if "t/s" in line and _is_header(_cells(line))]
    header: list[str] = []
    before: list[str] = []
    build = None
    for number, line in enumerate(lines, start=1):
        cells = _cells(line)
        if _is_header(cells):
            header = cells
            following = bisect.bisect_right(ends, number)
            end = ends[following] if following < len(ends) else len(lines) + 1
            build = build_near(builds, begin=number, end=end)
        elif not cells:
            around.see(line)
        elif set("".join(cells)) <= set("-:+ "):
            another = len(cells) == len(before) == len(header) and before != header and not _has_test(before)
            header = [] if another else header  # the rule below another table's header
            continue
        elif header:
            fields, reason = _row(header, cells)
            if reason:
                collector.refuse(f"line {number}", reason)
            elif fields:
                raw = fields | ({"build_commit": build.commit, "build_number": build.number} if build else {})
                stated = {"stated_parameters": parameters} if (parameters := _parameters(header, cells)) else {}
                yield TableRow(f"line {number}", _with_flags(raw | stated, around), json.dumps(raw), around)
        else:
            around.see(line)  # nvidia-smi draws bars, too
        before = cells or before


def csv_rows(content: str, collector: Collector) -> Iterator[TableRow]:
    """Rows below every header of llama-bench's CSV; lines with far fewer cells are not part of it."""
    around = Surroundings()
    header: list[str] = []
    for number, line in enumerate(plain_lines(content), start=1):
        cells = _csv_cells(line) if "," in line else []
        if "avg_ts" in cells and "n_gen" in cells:
            header = cells
        elif not header or len(cells) * 2 < len(header):
            around.see(line)
        elif len(cells) != len(header):
            collector.refuse(f"line {number}", f"The row has {len(cells)} cells; the header has {len(header)}.")
        else:
            fields = dict(zip(header, cells, strict=True))
            yield TableRow(f"line {number}", fields, json.dumps(fields), around)


def _row(header: list[str], cells: list[str]) -> tuple[dict[str, Any], str]:
    """The fields of a row, or why it has none; neither for a line of another table."""
    if len(cells) != len(header):
        looks_like_one = _has_test(cells) or len(cells) * 2 > len(header)
        reason = f"The row has {len(cells)} cells; the header has {len(header)}."
        return {}, reason if looks_like_one and any(_RATE.fullmatch(cell) for cell in cells) else ""
    return _fields_of_cells(dict(zip(header, cells, strict=True)))


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
    fields: dict[str, Any] = {
        "model_type": cells.get("model", ""),
        "backends": cells.get("backend", cells.get("be", "")),
        "model_size": round(float(size["count"]) * scale) if size else None,
        "n_prompt": count if test["kind"] == "pp" else 0,
        "n_gen": count if test["kind"] == "tg" or test["mixed"] else 0,
        "n_depth": int(test["depth"] or 0),
        "avg_ts": rate["mean"],
        "stddev_ts": rate["spread"],
    }
    for field, names in _COLUMNS.items():
        stated = next((cells[name] for name in names if name in cells), None)
        if stated is not None:
            fields[field] = stated
    return fields, ""


def _parameters(header: list[str], cells: list[str]) -> int:
    """The parameters of the column `params`: 3.21 B is 3,210,000,000; 0 without one."""
    found = _PARAMETERS.fullmatch(dict(zip(header, cells, strict=True)).get("params", ""))
    return round(float(found["count"]) * _SCALES[found["unit"]]) if found else 0


def _with_flags(fields: Mapping[str, Any], around: Surroundings) -> dict[str, Any]:
    """The fields with those that no column has but the command of llama-bench states."""
    found = dict(fields)
    if "bench" in around.command.tool:
        for field, fact in _FLAGS.items():
            value = around.command.value(fact)
            if field not in found and value:
                found[field] = value
    return found


def _has_test(cells: list[str]) -> bool:
    return any(_TEST.fullmatch(cell) for cell in cells)


def _is_header(cells: list[str]) -> bool:
    return "test" in cells and "t/s" in cells


def _is_csv_header(line: str) -> bool:
    return "avg_ts" in line and "n_gen" in line and "," in line and "{" not in line


def _cells(line: str) -> list[str]:
    """The cells of a line of a Markdown table, or of one copied from a page with tabs; a bar after a backslash is part
    of a name. Empty for any other line."""
    begin = line.find("|")
    if begin >= 0:
        inner = line[begin + 1 :].rstrip()
        inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
        return [cell.replace("\\|", "|").strip(" \t*`") for cell in _PARTS.split(inner)]
    return [cell.strip(" *`") for cell in line.strip("\n").split("\t")] if line.count("\t") > 2 else []


def _csv_cells(line: str) -> list[str]:
    """The cells of one line of CSV; llama-bench writes no cell over two lines."""
    try:
        return [cell for cells in csv.reader([line.strip()]) for cell in cells]
    except csv.Error:
        return []
