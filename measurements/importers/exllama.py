"""ExLlama importer: exllamav3's eval/perf.py, and exllamav2's test_inference.py and examples.

    Length    4096:    3432.10 tokens/s          v3, reading a prompt of that length
    Context   4096:      45.20 tokens/s          v3, 100 tokens written after that many
     ** Length  1920 tokens:  12345.6789 t/s     v2, -ps
     ** Position  1920 + 127 tokens:  123.45 t/s v2, -s
     -- Response generated in 8.56 seconds, 1024 tokens, 119.64 tokens/second (includes prompt eval.)

The bit rate ("-- Bitrate: 4.00 bpw") gives the format. A response that includes the prompt's time is a rate over the
whole request, no decode speed, and is refused. Source: turboderp-org/exllamav3 eval/perf.py and exllamav2
test_inference.py, read 2026-11-26.
"""

import re

from measurements.importers.cleaning import LONGEST_CONTEXT_LINE, plain_lines
from measurements.importers.facts import Collector, Facts, Gate, Imported, Known
from measurements.importers.pasted import Pasted, keep, rate
from measurements.importers.surroundings import Surroundings

NAME = "ExLlama"
_V3 = re.compile(r"(?P<what>Length|Context) {1,12}(?P<count>\d{1,9}): {1,20}(?P<rate>\d{1,9}(?:\.\d{1,6})?) tokens/s")
_V2 = re.compile(
    r"(?P<what>Length|Position) {1,12}(?P<count>\d{1,9})(?: ?\+ ?(?P<more>\d{1,6}))? tokens: {1,20}"
    r"(?P<rate>\d{1,9}(?:\.\d{1,6})?) t/s"
)
_RESPONSE = re.compile(
    r"(?:Response|Generat\w{1,6}) (?:generated )?in (?P<s>\d{1,7}(?:\.\d{1,6})?) seconds, (?P<count>\d{1,9}) tokens,"
    r" (?P<rate>\d{1,9}(?:\.\d{1,6})?) tokens/second"
)
_BITS = re.compile(r"(?:Bitrate:|bpw[ :=]|-)? {0,4}(?P<bits>[2-8]\.\d{1,2}) ?bpw")
_ANSWER_TOKENS = 100  # perf.py writes 100 tokens at each context
_FORMATS = ("2.0", "2.5", "3.0", "4.0", "4.5", "5.0", "6.0", "8.0")


def is_text(content: str) -> bool:
    """Whether the text has a line of one of these tools."""
    return bool(
        ("tokens/s" in content and (_V3.search(content) or _RESPONSE.search(content)))
        or ("t/s" in content and _V2.search(content))
    )


def import_text(content: str, *, facts: Facts, known: Known, gate: Gate | None = None) -> Imported:
    """Import every line as a record with one speed."""
    collector, around = Collector(NAME, gate=gate), Surroundings()
    bits = ""
    for line_number, line in enumerate(plain_lines(content), start=1):
        head = line[:LONGEST_CONTEXT_LINE]
        place = f"line {line_number}"
        if (stated := _BITS.search(head)) is not None:
            bits = stated["bits"]
        found, engine = _V3.search(head), "exllamav3"
        if found is None:
            found, engine = _V2.search(head), "exllamav2"
        if found is not None:
            more = found.groupdict().get("more")
            answer = int(more) if more else _ANSWER_TOKENS
            is_prefill = found["what"] == "Length"
            tokens_per_s, count = rate(float(found["rate"])), int(found["count"])
            run = Pasted(
                tool=NAME,
                engine=engine,
                place=place,
                raw=line.strip(),
                decode=None if is_prefill else tokens_per_s,
                prefill=tokens_per_s if is_prefill else None,
                prompt_tokens=count if is_prefill else 0,
                depth_tokens=0 if is_prefill else count,
                answer_tokens=0 if is_prefill else answer,
                format=_format(bits, engine),
            )
            keep(run, around=around, facts=facts, known=known, collector=collector)
        elif (response := _RESPONSE.search(head)) is not None:
            if "includes prompt eval" in head:
                collector.refuse(place, "The rate includes the time to read the prompt, so it is no decode speed.")
                continue
            run = Pasted(
                tool=NAME,
                engine="exllamav2",
                place=place,
                raw=line.strip(),
                decode=rate(float(response["rate"])),
                answer_tokens=int(response["count"]) or None,
                format=_format(bits, "exllamav2"),
            )
            keep(run, around=around, facts=facts, known=known, collector=collector)
        else:
            around.see(line)
    return collector.imported()


def _format(bits: str, engine: str) -> str:
    """The catalogue's format of a bit rate: 4.00 is exl3-4.0bpw; "" for one between."""
    short = f"{float(bits):.1f}" if bits else ""
    return f"{'exl3' if engine == 'exllamav3' else 'exl2'}-{short}bpw" if short in _FORMATS else ""
