"""llama-batched-bench and llama-sweep-bench importer: their tables, and the JSON lines of the former.

    |    PP |     TG |    B |   N_KV |   T_PP s | S_PP t/s |   T_TG s | S_TG t/s |      T s |    S t/s |   batched-bench
    |    PP |     TG |   N_KV |   T_PP s | S_PP t/s |   T_TG s | S_TG t/s |                                sweep-bench

batched-bench reads B prompts of PP tokens and writes TG tokens to each, at once: both rates are sums over the B
sequences. sweep-bench reads and writes with N_KV tokens in the cache. A shared prompt (is_pp_shared = 1) is read once
for all. Source: ggml-org/llama.cpp tools/batched-bench and ikawrakow/ik_llama.cpp examples/sweep-bench, read 2026-11-26.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from measurements.importers.cleaning import plain_lines
from measurements.importers.facts import Collector, Facts, Gate, Imported, Known, number, whole
from measurements.importers.llama_bench import CACHE_BITS
from measurements.importers.pasted import Pasted, keep, rate
from measurements.importers.surroundings import Surroundings, build_near, builds_of

NAME = "llama-batched-bench"
_COLUMNS = {"PP", "TG", "N_KV", "S_PP t/s", "S_TG t/s"}
_SETTINGS = re.compile(r"\b(?P<name>n_gpu_layers|is_pp_shared|n_ubatch) = (?P<value>-?\d{1,6})")
_JSON_NAMES = {"pp": "PP", "tg": "TG", "pl": "B", "n_kv": "N_KV", "speed_pp": "S_PP t/s", "speed_tg": "S_TG t/s"}


def is_object(fields: Any) -> bool:
    """Whether this decoded JSON object is one line of llama-batched-bench."""
    return isinstance(fields, dict) and {"pp", "tg", "pl", "speed_pp", "speed_tg"} <= fields.keys()


def is_text(content: str) -> bool:
    """Whether the text has the columns of one of the two tables."""
    return "S_PP t/s" in content and "S_TG t/s" in content


def import_objects(
    objects: Iterable[tuple[str, Any]], *, facts: Facts, known: Known, gate: Gate | None = None
) -> Imported:
    """Import decoded JSON lines with their places; another object is refused."""
    collector = Collector(NAME, gate=gate)
    for place, fields in objects:
        if not is_object(fields):
            collector.refuse(place, "This is no line of llama-batched-bench: pp, tg, pl or a speed is missing.")
            continue
        cells = {name: str(fields.get(key, "")) for key, name in _JSON_NAMES.items()}
        settings = {key: whole(fields.get(key)) or 0 for key in ("is_pp_shared", "n_ubatch")}
        settings["n_gpu_layers"] = layers if (layers := whole(fields.get("n_gpu_layers"))) is not None else -1
        row = (cells, json.dumps(dict(fields), default=str), settings)
        _one(place, *row, version="", around=Surroundings(), facts=facts, known=known, collector=collector)
    return collector.imported()


def import_text(content: str, *, facts: Facts, known: Known, gate: Gate | None = None) -> Imported:
    """Import every row of every such table as one record with both speeds."""
    collector, around, lines = Collector(NAME, gate=gate), Surroundings(), plain_lines(content)
    builds = builds_of(lines)
    header: list[str] = []
    settings: dict[str, int] = {}
    for line_number, line in enumerate(lines, start=1):
        begin = line.find("|")
        cells = [cell.strip(" *`") for cell in line[begin + 1 :].strip("| ").split("|")] if begin >= 0 else []
        if set(cells) >= _COLUMNS:
            header = cells
        elif header and len(cells) == len(header) and number(cells[0]) is not None:
            build = build_near(builds, begin=line_number, end=len(lines))
            row = (dict(zip(header, cells, strict=True)), line[begin:].strip(), settings)
            version = f"b{build.number}" if build else ""
            place = f"line {line_number}"
            _one(place, *row, version=version, around=around, facts=facts, known=known, collector=collector)
        elif begin < 0:
            settings |= {found["name"]: int(found["value"]) for found in _SETTINGS.finditer(line[:2_000])}
            around.see(line)
    return collector.imported()


def _one(
    place: str,
    cells: Mapping[str, str],
    raw: str,
    settings: Mapping[str, int],
    *,
    version: str,
    around: Surroundings,
    facts: Facts,
    known: Known,
    collector: Collector,
) -> None:
    read, written, batch = (whole(cells.get(name)) for name in ("PP", "TG", "B"))
    sweep = "B" not in cells
    batch = 1 if sweep else batch
    if read is None or written is None or not batch or read < 0 or written < 0 or batch < 0:
        collector.refuse(place, "PP, TG and B must be whole numbers, and B must be above 0.")
        return
    command = around.command
    shared = settings.get("is_pp_shared", 0) == 1 and batch > 1
    depth = (whole(cells.get("N_KV")) or 0) if sweep else 0
    layers = settings.get("n_gpu_layers", command.whole("layers") if command.tool else None)
    run = Pasted(
        tool=NAME,
        engine="llama.cpp",
        place=place,
        raw=raw,
        version=version,
        decode=rate(number(cells.get("S_TG t/s"))) if written > 1 else None,
        prefill=rate(number(cells.get("S_PP t/s"))) if read > 0 and not shared else None,
        prompt_tokens=read,
        answer_tokens=written,
        depth_tokens=max(0, depth),
        batch_count=batch,
        step_tokens=max(0, settings.get("n_ubatch", command.whole("step") or 0)),
        kv_bits=CACHE_BITS.get(command.value("cache_k") or "", 0),
        layers=layers,
    )
    keep(run, around=around, facts=facts, known=known, collector=collector)
