"""TensorRT-LLM importer: the report of `trtllm-bench throughput` and `latency`.

    Model:                  meta-llama/Llama-3.1-8B-Instruct
    TP Size:                2
    Number of concurrent requests:  8.0000
    Average Input Length (tokens):  1024.0000
    Average Output Length (tokens): 128.0000
    Total Output Throughput (tokens/sec):             957.3300
    Per User Output Speed (tps/user):                 84.7500     with --streaming: after the first token
    Average time-to-first-token [TTFT] (ms):          42.1000     with --streaming

The output throughput is the sum over all requests, prefill included. Source: NVIDIA/TensorRT-LLM
tensorrt_llm/bench/dataclasses/reporting.py, read 2026-11-26.
"""

import re
from collections.abc import Mapping

from calculator.evidence import Remark
from calculator.units import MS_PER_S
from measurements.importers.cleaning import LONGEST_CONTEXT_LINE, plain_lines
from measurements.importers.facts import Collector, Facts, Gate, Imported, Known, number, whole
from measurements.importers.pasted import Pasted, keep, rate
from measurements.importers.surroundings import Surroundings

NAME = "trtllm-bench"
_LINE = re.compile(r"(?P<name>[A-Z][\w .()/\[\]-]{2,60}):\s{1,60}(?P<value>\S{1,200})")
_KEYS = {
    "model": "model",
    "tensorrt llm version": "version",
    "dtype": "dtype",
    "quantization": "quantization",
    "tp size": "tp",
    "pp size": "pp",
    "number of concurrent requests": "concurrency",
    "average input length (tokens)": "read",
    "average output length (tokens)": "written",
    "total output throughput (tokens/sec)": "output",
    "per user output speed (tps/user)": "one_user",
    "average time-to-first-token [ttft] (ms)": "wait_ms",
}
_MACHINE = re.compile(r"(?P<name>NVIDIA [\w .-]{2,60}), memory ")
_FORMATS = {"fp8": "fp8", "nvfp4": "nvfp4", "w4a16_awq": "awq-int4", "w4a16_gptq": "gptq-int4", "w8a16": "int8"}
_NO_QUANTIZATION = ("none", "quantalgo.no_quant", "no_quant")


def is_text(content: str) -> bool:
    """Whether the text has the report's lines."""
    return "Total Output Throughput (tokens/sec)" in content


def import_text(content: str, *, facts: Facts, known: Known, gate: Gate | None = None) -> Imported:
    """Import every report as one record."""
    collector, around = Collector(NAME, gate=gate), Surroundings()
    values: dict[str, str] = {}
    place, raw = "", list[str]()

    def finish() -> None:
        nonlocal values, raw
        if "output" in values:
            run = _run(place, values, raw="\n".join(raw))
            keep(run, around=around, facts=facts, known=known, collector=collector)
        values, raw = {}, []

    for line_number, line in enumerate(plain_lines(content), start=1):
        found = _LINE.search(line[:LONGEST_CONTEXT_LINE])
        key = _KEYS.get(found["name"].strip().lower()) if found else None
        if (machine := _MACHINE.search(line[:LONGEST_CONTEXT_LINE])) is not None:
            values["machine"] = machine["name"].strip()
        if found is None or key is None:
            around.see(line)
            continue
        if key in values:
            finish()
        place = place if values else f"line {line_number}"
        values[key] = found["value"]
        raw.append(line.strip())
    finish()
    return collector.imported()


def _run(place: str, values: Mapping[str, str], *, raw: str) -> Pasted:
    read, written = round(number(values.get("read")) or 0), round(number(values.get("written")) or 0)
    streams = round(number(values.get("concurrency")) or 0)
    wait_s = (number(values.get("wait_ms")) or 0.0) / MS_PER_S
    alone = streams == 1
    tokens_per_s = number(values.get("one_user")) if alone and "one_user" in values else number(values.get("output"))
    remarks: list[Remark] = []
    if not (alone and "one_user" in values):
        note = f"Sum over {streams or 'all'} streams, prefill waits included."
        remarks.append(Remark(code="whole-request", text=note))
    quantization = values.get("quantization", "none").lower()
    plain = "bf16" if quantization in _NO_QUANTIZATION and "bfloat16" in values.get("dtype", "") else ""
    return Pasted(
        tool=NAME,
        engine="tensorrt-llm",
        place=place,
        raw=raw,
        decode=rate(tokens_per_s) if written > 1 else None,
        prefill=rate(read / wait_s) if alone and wait_s > 0 and read > 0 else None,
        first_token_s=wait_s if alone and wait_s > 0 else None,
        prompt_tokens=read or None,
        answer_tokens=written or None,
        batch_count=streams,
        names=(values["model"],) if values.get("model") else (),
        format=_FORMATS.get(quantization.removeprefix("quantalgo."), plain),
        version=values.get("version", ""),
        chip_name=values.get("machine", ""),
        chip_count=max(1, whole(values.get("tp")) or 1) * max(1, whole(values.get("pp")) or 1),
        remarks=tuple(remarks),
    )
