"""LM Studio importer: the line below an answer, `lms chat --stats`, and the `stats` of its REST API.

    19.08 tok/sec • 10013 tokens • 14.29s to first token • Stop: eosFound

    Prediction Stats:
      Tokens/Second: 51.43
      Time to First Token: 0.112s
      Prompt Tokens: 26
      Predicted Tokens: 33

    "stats": {"tokens_per_second": 51.43, "time_to_first_token": 0.111, ...}, "usage": {"prompt_tokens": 24, ...}

The line states no prompt; its length is asked for. LM Studio runs llama.cpp or MLX and does not say which, so the
record keeps it as an engine of its own. Source: lmstudio-ai/lms src/subcommands/chat/util.ts and its REST
documentation, read 2026-11-26.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

from measurements.importers.cleaning import LONGEST_CONTEXT_LINE, plain_lines
from measurements.importers.facts import Collector, Facts, Gate, Imported, Known, number, text, whole
from measurements.importers.pasted import Pasted, keep, keep_objects, rate
from measurements.importers.surroundings import Surroundings

NAME = "LM Studio"
_LINE = re.compile(
    r"(?P<rate>\d{1,7}(?:\.\d{1,6})?) tok/s(?:ec)?[ \t]{0,4}[•·|,][ \t]{0,4}(?P<count>\d[\d,]{0,11}) tokens"
    r"(?:[ \t•·|,]{0,8}(?P<wait>\d{1,7}(?:\.\d{1,6})?) ?s to first token)?"
)
_ALONE = re.compile(r"^[ \t]{0,20}\d{1,7}(?:\.\d{1,6})? tok/s(?:ec)?$", re.M)
_STATS = re.compile(
    r"(?P<name>Tokens/Second|Time to First Token|Prompt Tokens|Predicted Tokens|Total Tokens):\s{0,20}"
    r"(?P<value>\d{1,9}(?:\.\d{1,6})?)"
)


def is_object(fields: Any) -> bool:
    """Whether this decoded JSON object is an answer of LM Studio's REST API with its statistics."""
    if not isinstance(fields, dict):
        return False
    found = cast("dict[str, Any]", fields)
    return isinstance(found.get("stats"), dict) and "tokens_per_second" in found["stats"]


def is_text(content: str) -> bool:
    """Whether the text has the line or the block."""
    return "Tokens/Second:" in content or ("tok/s" in content and bool(_LINE.search(content) or _ALONE.search(content)))


def import_objects(
    objects: Iterable[tuple[str, Any]], *, facts: Facts, known: Known, gate: Gate | None = None
) -> Imported:
    """Import decoded JSON objects with their places; an object without statistics is refused."""
    return keep_objects(
        objects,
        read=lambda place, fields: _of_object(place, fields) if is_object(fields) else None,
        otherwise="This is no answer of LM Studio's API: stats.tokens_per_second is missing.",
        facts=facts,
        known=known,
        collector=Collector(NAME, gate=gate),
    )


def import_text(content: str, *, facts: Facts, known: Known, gate: Gate | None = None) -> Imported:
    """Import every answer as one record."""
    collector, around = Collector(NAME, gate=gate), Surroundings()
    block: dict[str, str] = {}
    place, seen = "", around

    def finish() -> None:
        nonlocal block
        if "Tokens/Second" in block:
            keep(_of_block(place, block), around=seen, facts=facts, known=known, collector=collector)
        block = {}

    lines = plain_lines(content)
    for line_number, line in enumerate(lines, start=1):
        head = line[:LONGEST_CONTEXT_LINE]
        if _ALONE.fullmatch(head):  # copied from the window: each figure on a line of its own
            head = " • ".join(part.strip()[:200] for part in lines[line_number - 1 : line_number + 2])
        stated = _STATS.search(head) if ":" in head else None
        if stated is not None:
            if stated["name"] in block:
                finish()
            if not block:
                place, seen = f"line {line_number}", around.snapshot()
            block[stated["name"]] = stated["value"]
            continue
        if "Prediction Stats" in head:
            finish()
        found = _LINE.search(head) if "tok/s" in head else None
        if found is None:
            around.see(line)
            continue
        finish()
        run = Pasted(
            tool=NAME,
            engine="lm-studio",
            place=f"line {line_number}",
            raw=line.strip(),
            decode=rate(float(found["rate"])),
            answer_tokens=whole(found["count"].replace(",", "")) or None,
            first_token_s=float(found["wait"]) if found["wait"] else None,
        )
        keep(run, around=around, facts=facts, known=known, collector=collector)
    finish()
    return collector.imported()


def _of_block(place: str, block: Mapping[str, str]) -> Pasted:
    return Pasted(
        tool=NAME,
        engine="lm-studio",
        place=place,
        raw="\n".join(f"{name}: {value}" for name, value in block.items()),
        decode=rate(number(block.get("Tokens/Second"))),
        prompt_tokens=whole(block.get("Prompt Tokens")) or None,
        answer_tokens=whole(block.get("Predicted Tokens")) or None,
        first_token_s=number(block.get("Time to First Token")) or None,
    )


def _of_object(place: str, fields: Mapping[str, Any]) -> Pasted:
    stats, usage = fields["stats"], fields.get("usage")
    counts = cast("dict[str, Any]", usage) if isinstance(usage, dict) else {}
    info = fields.get("model_info")
    details = cast("dict[str, Any]", info) if isinstance(info, dict) else {}
    wait = number(stats.get("time_to_first_token"))
    prompt = whole(counts.get("prompt_tokens"))
    answer = whole(counts.get("completion_tokens"))
    names = [name for name in (text(fields.get("model")), text(details.get("quant"))) if name]
    shown = {"model": fields.get("model"), "stats": stats, "usage": counts, "model_info": details}
    return Pasted(
        tool=NAME,
        engine="lm-studio",
        place=place,
        raw=json.dumps(shown, default=str),
        decode=rate(number(stats.get("tokens_per_second"))),
        prompt_tokens=prompt if prompt is not None and prompt > 0 else None,
        answer_tokens=answer if answer is not None and answer > 0 else None,
        first_token_s=wait if wait is not None and wait > 0 else None,
        names=tuple(names),
    )
