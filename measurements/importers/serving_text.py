"""Importer of `vllm bench serve` and SGLang's bench_serving as printed: the block "Serving Benchmark Result".

The lines become the keys of the JSON that the same tools save, and are kept by the same rules (vllm_bench.py): a single
stream from the time per output token, several from the output throughput. How many streams ran at once stands in
"Maximum request concurrency" or in --max-concurrency; with neither it is asked for. (SGLang's "Concurrency" counts
requests that wait, too.)
Blocks of both tools since 2023, vllm/benchmarks/serve.py and sglang/bench_serving.py, read 2026-11-26.
"""

import re
from collections.abc import Iterator
from typing import Any

from measurements.importers.cleaning import LONGEST_CONTEXT_LINE, plain_lines
from measurements.importers.facts import Collector, Facts, Gate, Imported, Known, number
from measurements.importers.surroundings import Surroundings
from measurements.importers.vllm_bench import keep_result

NAME = "serving benchmark"
_HEAD = "Serving Benchmark Result"
_LINE = re.compile(r"(?P<name>[A-Z][\w .()/\[\]-]{2,60}): {0,40}(?P<value>[\w.+-]{1,60})")
_KEYS = {
    "backend": "backend",
    "successful requests": "completed",
    "failed requests": "failed",
    "maximum request concurrency": "max_concurrency",
    "max request concurrency": "max_concurrency",
    "total input tokens": "total_input_tokens",
    "total generated tokens": "total_output_tokens",
    "output token throughput (tok/s)": "output_throughput",
    "mean ttft (ms)": "mean_ttft_ms",
    "median ttft (ms)": "median_ttft_ms",
    "mean tpot (ms)": "mean_tpot_ms",
    "median tpot (ms)": "median_tpot_ms",
    "mean itl (ms)": "mean_itl_ms",
    "median itl (ms)": "median_itl_ms",
}


def is_text(content: str) -> bool:
    """Whether the text has the head of such a block, or the lines that every one of them has."""
    return _HEAD in content or ("Successful requests:" in content and "Output token throughput" in content)


def import_text(content: str, *, facts: Facts, known: Known, gate: Gate | None = None) -> Imported:
    """Import every block as one record."""
    collector = Collector(NAME, gate=gate)
    for place, fields, around in _blocks(content):
        for wanted in ("tpot", "ttft"):  # whichever percentile was printed; SGLang prints times between tokens
            stated = (fields.get(f"{name}_{key}_ms") for key in _other_names(wanted) for name in ("median", "mean"))
            value = next((one for one in stated if number(one)), None)
            if value is not None:
                fields[f"median_{wanted}_ms"] = value
        missing = [key for key in ("completed", "output_throughput", "median_tpot_ms") if key not in fields]
        if missing:
            collector.refuse(
                place,
                f"The block lacks {' and '.join(missing)}; copy it from its head to the line of equals signs.",
            )
            continue
        keep_result(place, fields, around=around, facts=facts, known=known, collector=collector)
    return collector.imported()


def _other_names(wanted: str) -> tuple[str, ...]:
    return ("tpot", "itl") if wanted == "tpot" else (wanted,)


def _blocks(content: str) -> Iterator[tuple[str, dict[str, Any], Surroundings]]:
    """Each block's place, its keys, and what stood above it; a second "Successful requests" begins another."""
    around = Surroundings()
    fields: dict[str, Any] = {}
    place = ""
    for line_number, line in enumerate(plain_lines(content), start=1):
        head = line[:LONGEST_CONTEXT_LINE]
        found = _LINE.search(head) if ":" in head else None
        key = _KEYS.get(found["name"].strip().lower()) if found else None
        begins = _HEAD in head or (key == "completed" and "completed" in fields)
        if begins and _is_block(fields):
            yield place, fields, around
        if begins:
            fields, place = ({"max_concurrency": fields["max_concurrency"]} if _is_announced(fields) else {}), ""
        if found is not None and key is not None:
            place = place or f"line {line_number}"
            fields[key] = found["value"]
        elif set(head.strip()) == {"="} and _is_whole(fields):
            yield place, fields, around
            fields, place = {}, ""
        else:
            around.see(line)
    if _is_block(fields):
        yield place, fields, around


def _is_block(fields: dict[str, Any]) -> bool:
    return "completed" in fields or "output_throughput" in fields


def _is_whole(fields: dict[str, Any]) -> bool:
    return {"completed", "output_throughput"} <= fields.keys() and any("tpot" in key or "itl" in key for key in fields)


def _is_announced(fields: dict[str, Any]) -> bool:
    """Whether "Maximum request concurrency: 8" stood above the block, as vLLM prints it before the run."""
    return "max_concurrency" in fields and not _is_block(fields)
