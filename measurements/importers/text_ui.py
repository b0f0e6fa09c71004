"""Importer of the statistics that text-generation-webui and tabbyAPI log after an answer.

    Output generated in 10.28 seconds (48.56 tokens/s, 499 tokens, context 3550, seed 1197861167)
    Metrics (ID: 1a2b): 512 tokens generated in 8.9 seconds (Queue: 0.0 s, Process: 1024 cached tokens and 512 new tokens
        at 2310.5 T/s, Generate: 61.2 T/s, Context: 1536 tokens)
    Metrics: 512 tokens generated in 8.9 seconds (Queue: 0.0 s, Process: 2310.5 T/s, Generate: 61.2 T/s, Context: 1536 tokens)

text-generation-webui's rate includes reading the prompt: it is a rate over the whole request, no decode speed, and is
refused; where llama.cpp's own timings stand above it, those are read. tabbyAPI's engine is ExLlama; its version (2 or
3) is not printed. Source: oobabooga/textgen modules/text_generation.py and theroyallab/tabbyAPI common/gen_logging.py,
read 2026-11-26.
"""

import re

from measurements.importers.cleaning import LONGEST_CONTEXT_LINE, plain_lines
from measurements.importers.facts import Collector, Facts, Gate, Imported, Known
from measurements.importers.pasted import Pasted, keep, rate
from measurements.importers.surroundings import Surroundings

NAME = "web UI log"
_WEB_UI = re.compile(
    r"Output generated in (?P<s>\d{1,7}\.\d{1,3}) seconds \((?P<rate>\d{1,7}\.\d{1,3}) (?P<unit>tokens/s|it/s),"
    r"\s{1,60}(?P<count>\d{1,9})"
)
_TABBY = re.compile(
    r"(?P<count>\d{1,9}) tokens generated in (?P<s>\d{1,9}(?:\.\d{1,4})?) seconds \(Queue: (?P<queue>[\d.]{1,12}) s, "
    r"Process: (?:(?P<cached>\d{1,9}) cached tokens and (?P<new>\d{1,9}) new tokens at )?"
    r"(?P<read>[\d.]{1,12}|Indeterminate) T/s, Generate: (?P<write>[\d.]{1,12}|Indeterminate) T/s"
    r"(?:, Context: (?P<context>\d{1,9}) tokens)?"
)


def is_text(content: str) -> bool:
    """Whether the text has one of the two lines."""
    return "Output generated in " in content or "tokens generated in " in content


def import_text(content: str, *, facts: Facts, known: Known, gate: Gate | None = None) -> Imported:
    """Import tabbyAPI's lines as records, and refuse rates over whole requests."""
    collector, around = Collector(NAME, gate=gate), Surroundings()
    timings_above = False
    for line_number, line in enumerate(plain_lines(content), start=1):
        head = line[:LONGEST_CONTEXT_LINE]
        place = f"line {line_number}"
        if (found := _TABBY.search(head)) is not None:
            run = _of_tabby(place, found, raw=line.strip())
            keep(run, around=around, facts=facts, known=known, collector=collector)
        elif _WEB_UI.search(head) is not None:
            if not timings_above:
                collector.refuse(
                    place,
                    "text-generation-webui's rate includes reading the prompt, so it is no decode speed. Paste the"
                    " loader's own timings above it, too, or measure with llama-bench.",
                )
            timings_above = False
        else:
            timings_above = timings_above or "eval time =" in head
            around.see(line)
    return collector.imported()


def _of_tabby(place: str, found: re.Match[str], *, raw: str) -> Pasted:
    context, cached = int(found["context"] or 0), int(found["cached"] or 0)
    read = int(found["new"]) if found["new"] else context
    return Pasted(
        tool=NAME,
        engine="exllama",
        place=place,
        raw=raw,
        decode=rate(_number(found["write"])) if int(found["count"]) > 0 else None,
        prefill=rate(_number(found["read"])) if found["new"] and read > 0 else None,
        prompt_tokens=read or None,
        answer_tokens=int(found["count"]) or None,
        depth_tokens=cached,
    )


def _number(words: str) -> float | None:
    return float(words) if re.fullmatch(r"\d{1,9}(?:\.\d{1,6})?", words) else None
