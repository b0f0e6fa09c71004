"""Importer of SGLang's bench_one_batch (bench_latency before 2024-11): one batch, without a server.

    Prefill. latency: 0.46342 s, throughput:   9316.59 token/s
    Decode 0. Batch size: 4, latency: 0.29446 s, throughput:     13.58 token/s
    Decode.  median latency: 0.01178 s, median throughput:    339.57 token/s
    Total. latency:  1.112 s, throughput:   3981.76 token/s

Both rates are sums over the batch. Lengths and batch stand in the command (--batch-size, --input-len, --output-len);
without it the prompt is throughput x latency / batch. The block before "Benchmark ..." is the warm-up and is left out.
Source: sgl-project/sglang python/sglang/bench_one_batch.py, read 2026-11-26.
"""

import re

from measurements.importers.cleaning import LONGEST_CONTEXT_LINE, plain_lines
from measurements.importers.facts import Collector, Facts, Gate, Imported, Known
from measurements.importers.pasted import Pasted, keep, rate
from measurements.importers.surroundings import Surroundings

NAME = "SGLang bench_one_batch"
_RATE = re.compile(
    r"(?P<what>Prefill|Decode)\.\s{1,4}(?P<median>median )?latency: {0,10}(?P<s>\d{1,6}(?:\.\d{1,9})?) s,"
    r" (?:median )?throughput: {0,12}(?P<rate>\d{1,9}(?:\.\d{1,9})?) token/s"
)
_BATCH = re.compile(r"Batch size: {0,4}(?P<batch>\d{1,6}),")


def is_text(content: str) -> bool:
    """Whether the text has the line of the median decode rate."""
    return "median throughput:" in content and "token/s" in content


def import_text(content: str, *, facts: Facts, known: Known, gate: Gate | None = None) -> Imported:
    """Import every batch as one record with both speeds."""
    collector, around = Collector(NAME, gate=gate), Surroundings()
    runs: list[Pasted] = []
    kept: list[Surroundings] = []
    current: dict[str, tuple[float, float]] = {}
    batch = 0
    raw: list[str] = []
    for line_number, line in enumerate(plain_lines(content), start=1):
        head = line[:LONGEST_CONTEXT_LINE]
        if (found := _BATCH.search(head)) is not None:
            batch = int(found["batch"])
        stated = _RATE.search(head) if "throughput:" in head else None
        if stated is None:
            if head.strip().startswith("Benchmark") and runs:
                runs.pop()  # what was above is the warm-up
                kept.pop()
            around.see(line)
        elif stated["what"] == "Prefill":
            current, raw = {"Prefill": (float(stated["s"]), float(stated["rate"]))}, [line.strip()]
        elif stated["median"]:
            current["Decode"] = float(stated["s"]), float(stated["rate"])
            text = "\n".join([*raw, line.strip()])
            runs.append(_run(f"line {line_number}", current, batch=batch, raw=text, around=around))
            kept.append(around.snapshot())
            current, raw, batch = {}, [], 0
    for run, seen in zip(runs, kept, strict=True):
        keep(run, around=seen, facts=facts, known=known, collector=collector)
    return collector.imported()


def _run(place: str, rates: dict[str, tuple[float, float]], *, batch: int, raw: str, around: Surroundings) -> Pasted:
    command = around.command
    streams = command.whole("batch") or batch
    read = command.whole("prompt")
    if read is None and "Prefill" in rates and streams > 0:
        seconds, tokens_per_s = rates["Prefill"]
        read = round(seconds * tokens_per_s / streams)
    return Pasted(
        tool=NAME,
        engine="sglang",
        place=place,
        raw=raw,
        decode=rate(rates["Decode"][1]),
        prefill=rate(rates["Prefill"][1]) if "Prefill" in rates else None,
        prompt_tokens=read if read is not None and read > 0 else None,
        answer_tokens=answer if (answer := command.whole("answer")) is not None and answer > 1 else None,
        batch_count=max(0, streams),
    )
