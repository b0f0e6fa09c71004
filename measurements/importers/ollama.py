"""Ollama importer: what `ollama run --verbose` prints after an answer, and the JSON of its API.

    prompt eval count:    11 token(s)          "prompt_eval_count": 11
    prompt eval duration: 204.563ms            "prompt_eval_duration": 204563000   (ns)
    prompt eval rate:     53.77 tokens/s
    eval count:           120 token(s)         "eval_count": 120
    eval duration:        4.876787s            "eval_duration": 4876787000
    eval rate:            24.61 tokens/s

A rate is count over duration. The tag names the model and often its format; the chip is named nowhere. `ollama ps`
above or below it says how much was on the processor. Fields: ollama/ollama api/types.go and docs/api.md, read 2026-11-26.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from measurements.importers.cleaning import LONGEST_CONTEXT_LINE, plain_lines
from measurements.importers.facts import Collector, Facts, Gate, Imported, Known, number, text, whole
from measurements.importers.pasted import Pasted, keep, keep_objects, rate
from measurements.importers.surroundings import Surroundings

NAME = "ollama"
_NS_PER_S = 1e9
_LINE = re.compile(
    r"(?P<what>total duration|load duration|prompt eval count|prompt eval duration|prompt eval rate|eval count"
    r"|eval duration|eval rate):\s{0,40}(?P<value>[\d.]{1,20})(?P<unit>[^\s\d]{0,10})(?P<rest>[\d.smhµu]{0,20})"
)
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "µs": 1e-6, "us": 1e-6, "ns": 1e-9}
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,12})?)(h|ms|m|s|µs|us|ns)")
_FIRST = ("total duration", "load duration", "prompt eval count", "prompt eval duration", "prompt eval rate")


def is_object(fields: Any) -> bool:
    """Whether this decoded JSON object is Ollama's last answer, with its counts."""
    return isinstance(fields, dict) and {"eval_count", "eval_duration"} <= fields.keys()


def is_text(content: str) -> bool:
    """Whether the text has the lines of --verbose."""
    return "eval rate:" in content and "eval count:" in content


def import_objects(
    objects: Iterable[tuple[str, Any]], *, facts: Facts, known: Known, gate: Gate | None = None
) -> Imported:
    """Import decoded JSON objects with their places; an object that is no answer is refused."""
    return keep_objects(
        objects,
        read=lambda place, fields: _of_object(place, fields) if is_object(fields) else None,
        otherwise="This is not an answer of Ollama's API: eval_count or eval_duration is missing.",
        facts=facts,
        known=known,
        collector=Collector(NAME, gate=gate),
    )


def import_text(content: str, *, facts: Facts, known: Known, gate: Gate | None = None) -> Imported:
    """Import every answer with its statistics as one record."""
    collector, around = Collector(NAME, gate=gate), Surroundings()
    values: dict[str, float] = {}
    raw: list[str] = []
    lines = list(plain_lines(content))
    for line in lines:
        around.see_ps(line)
    for line_number, line in enumerate(lines, start=1):
        found = _LINE.search(line[:LONGEST_CONTEXT_LINE]) if "eval" in line or "duration" in line else None
        if found is None:
            around.see(line)
            continue
        if found["what"] in _FIRST and found["what"] in values:
            values, raw = {}, []
        values[found["what"]] = _value(found)
        raw.append(line.strip())
        if found["what"] == "eval rate":
            run = _of_values(f"line {line_number}", values, raw="\n".join(raw))
            keep(run, around=around, facts=facts, known=known, collector=collector)
            values, raw = {}, []
    return collector.imported()


def _of_values(place: str, values: Mapping[str, float], *, raw: str) -> Pasted:
    read_s, written_s = values.get("prompt eval duration", 0.0), values.get("eval duration", 0.0)
    read, written = values.get("prompt eval count", 0.0), values.get("eval count", 0.0)
    return Pasted(
        tool=NAME,
        engine="ollama",
        place=place,
        raw=raw,
        decode=rate(written / written_s if written_s else values.get("eval rate")),
        prefill=rate(read / read_s if read_s else values.get("prompt eval rate")),
        prompt_tokens=int(read) or None,
        answer_tokens=int(written) or None,
    )


def _of_object(place: str, fields: Mapping[str, Any]) -> Pasted:
    counts = {name: whole(fields.get(name)) or 0 for name in ("prompt_eval_count", "eval_count")}
    times = {name: number(fields.get(name)) or 0.0 for name in ("prompt_eval_duration", "eval_duration")}
    read, written = counts["prompt_eval_count"], counts["eval_count"]
    shown = {key: value for key, value in fields.items() if key not in ("context", "message", "response", "thinking")}
    return Pasted(
        tool=NAME,
        engine="ollama",
        place=place,
        raw=json.dumps(shown, default=str),
        decode=rate(written * _NS_PER_S / times["eval_duration"] if times["eval_duration"] > 0 else None),
        prefill=rate(read * _NS_PER_S / times["prompt_eval_duration"] if times["prompt_eval_duration"] > 0 else None),
        prompt_tokens=read if read > 0 else None,
        answer_tokens=written if written > 0 else None,
        names=(text(fields.get("model")),) if text(fields.get("model")) else (),
        measured_at=_day(text(fields.get("created_at"))),
    )


def _value(found: re.Match[str]) -> float:
    """A count, a rate, or a duration of Go ("1m4.876787s") in seconds."""
    if "duration" in found["what"]:
        parts = _DURATION.findall(f"{found['value']}{found['unit']}{found['rest']}")
        return sum(float(count) * _SECONDS[unit] for count, unit in parts)
    return number(found["value"]) or 0.0


def _day(value: str) -> str:
    return value[:10] if re.fullmatch(r"\d{4}-\d{2}-\d{2}T.{0,60}", value) else ""
