"""llama.cpp importer: the timings that its programs print after an answer, and the `timings` of its server's JSON.

    llama_perf_context_print: prompt eval time =   992.40 ms /    11 tokens (   90.22 ms per token,    11.08 tokens per second)
    llama_perf_context_print:        eval time =  8627.28 ms /    25 runs   (  345.09 ms per token,     2.90 tokens per second)
    [ Prompt: 225.6 t/s | Generation: 76.3 t/s ]
    "timings": {"prompt_n": 11, "prompt_per_second": 11.08, "predicted_n": 25, "predicted_per_second": 2.9, "cache_n": 0}

Forms since 2023: `llama_print_timings`, `llama_perf_context_print`, `common_perf_print`, and the server's `slot
print_timing`. The line in brackets states no lengths. llamafile, LM Studio's log, llama-swap and text-generation-webui
print the same lines. Source: ggml-org/llama.cpp common/sampling.cpp, tools/cli and tools/server, read 2026-11-26.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

from calculator.units import MS_PER_S
from measurements.importers.cleaning import LONGEST_CONTEXT_LINE, plain_lines
from measurements.importers.command_line import Command
from measurements.importers.facts import Collector, Facts, Gate, Imported, Known, number, text, whole
from measurements.importers.llama_bench import CACHE_BITS
from measurements.importers.pasted import Pasted, keep, keep_objects, rate
from measurements.importers.surroundings import Surroundings

NAME = "llama.cpp timings"
_TIME = re.compile(
    r"(?P<what>prompt eval|eval) time\s{0,20}=\s{0,20}(?P<ms>\d{1,12}(?:\.\d{1,6})?) ms\s{0,10}/\s{0,20}(?P<count>\d{1,9})"
)
_SHORT = re.compile(
    r"\[ ?Prompt: {0,10}(?P<prompt>\d{1,9}(?:[.,]\d{1,6})?) t/s \| Generation: {0,10}(?P<answer>\d{1,9}(?:[.,]\d{1,6})?) t/s ?\]"
)
_DRAFT = re.compile(r"draft acceptance(?: rate)?\s{0,10}=")


_KEYS = {"predicted_n", "predicted_ms"}


def is_object(fields: Any) -> bool:
    """Whether this decoded JSON object is an answer of llama-server with its `timings`, or these alone."""
    if not isinstance(fields, dict):
        return False
    found = cast("dict[str, Any]", fields)
    return found.keys() >= _KEYS or _timings(found).keys() >= _KEYS


def is_text(content: str) -> bool:
    """Whether the text has a line of timings."""
    return "eval time" in content or "| Generation:" in content


def import_objects(
    objects: Iterable[tuple[str, Any]], *, facts: Facts, known: Known, gate: Gate | None = None
) -> Imported:
    """Import decoded `timings` with their places; another object is refused."""
    return keep_objects(
        objects,
        read=lambda place, fields: _of_object(place, fields) if is_object(fields) else None,
        otherwise="These are no timings of llama-server: predicted_n or predicted_ms is missing.",
        facts=facts,
        known=known,
        collector=Collector(NAME, gate=gate),
    )


def import_text(content: str, *, facts: Facts, known: Known, gate: Gate | None = None) -> Imported:
    """Import every answer's timings as one record with both speeds."""
    collector, around = Collector(NAME, gate=gate), Surroundings()
    prompt: tuple[float, int] | None = None
    drafted = False
    raw: list[str] = []
    for line_number, line in enumerate(plain_lines(content), start=1):
        head = line[:LONGEST_CONTEXT_LINE]
        place = f"line {line_number}"
        if "Generation:" in head and (found := _SHORT.search(head)) is not None:
            run = Pasted(
                **_common(place, line.strip(), around.command),
                decode=rate(float(found["answer"].replace(",", "."))),
                prefill=rate(float(found["prompt"].replace(",", "."))),
            )
            keep(run, around=around, facts=facts, known=known, collector=collector)
            continue
        found = _TIME.search(head) if "eval time" in head else None
        if found is None:
            drafted = drafted or bool(_DRAFT.search(head))
            around.see(line)
            continue
        reading = (float(found["ms"]), int(found["count"]))
        raw.append(line.strip())
        if found["what"] == "prompt eval":
            prompt, raw = reading, raw[-1:]
            continue
        run = Pasted(
            **_common(place, "\n".join(raw), around.command),
            decode=_rate(reading) if reading[1] > 1 else None,
            prefill=_rate(prompt) if prompt else None,
            prompt_tokens=prompt[1] if prompt else None,
            answer_tokens=reading[1],
            speculative=drafted,
        )
        if reading[1] > 1 or prompt is not None:
            keep(run, around=around, facts=facts, known=known, collector=collector)
        prompt, raw, drafted = None, [], False
    return collector.imported()


def _common(place: str, raw: str, command: Command) -> dict[str, Any]:
    """What every run of llama.cpp takes from its command."""
    return {
        "tool": NAME,
        "engine": "llama.cpp",
        "place": place,
        "raw": raw,
        "layers": command.whole("layers"),
        "kv_bits": CACHE_BITS.get(command.value("cache_k") or "", 0),
        "step_tokens": max(0, command.whole("step") or 0),
        "split": (command.value("split") or "")[:20],
    }


def _timings(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = fields.get("timings")
    return cast("Mapping[str, Any]", inner) if isinstance(inner, dict) else {}


def _of_object(place: str, answer: Mapping[str, Any]) -> Pasted:
    fields = _timings(answer) or answer
    read, written = whole(fields.get("prompt_n")), whole(fields.get("predicted_n"))
    read_ms, written_ms = number(fields.get("prompt_ms")), number(fields.get("predicted_ms"))
    name = text(answer.get("model"))
    return Pasted(
        tool=NAME,
        engine="llama.cpp",
        place=place,
        raw=json.dumps(dict(fields), default=str),
        decode=_rate((written_ms, written)) if written_ms and written and written > 1 else None,
        prefill=_rate((read_ms, read)) if read_ms and read and read > 0 else None,
        prompt_tokens=max(0, read) if read is not None else None,
        answer_tokens=written if written is not None and written > 0 else None,
        depth_tokens=max(0, whole(fields.get("cache_n")) or 0),
        speculative=bool(whole(fields.get("draft_n"))),
        names=(name,) if name else (),
    )


def _rate(reading: tuple[float, int]) -> Any:
    """Tokens per second of milliseconds and a count."""
    ms, count = reading
    return rate(count * MS_PER_S / ms) if ms > 0 else None
