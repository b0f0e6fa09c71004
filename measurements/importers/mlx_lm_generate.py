"""mlx_lm.generate importer: the statistics that mlx_lm and mlx_vlm print after an answer.

    Prompt: 33898 tokens, 869.279 tokens-per-sec
    Generation: 100 tokens, 45.120 tokens-per-sec
    Peak memory: 9.111 GB

The generation rate counts N tokens over the time from the first token on, as mlx_lm.benchmark does, so it is multiplied
by (N-1)/N. Memory is in GB of 1e9 bytes. A text with the prompt's line alone gives the prefill alone. Source:
ml-explore/mlx-lm mlx_lm/generate.py, read 2026-11-26.
"""

import re

from calculator.evidence import Remark
from measurements.importers.cleaning import LONGEST_CONTEXT_LINE, plain_lines
from measurements.importers.facts import Collector, Facts, Gate, Imported, Known
from measurements.importers.pasted import Pasted, keep, rate
from measurements.importers.surroundings import Surroundings

NAME = "mlx_lm.generate"
_RATE = re.compile(
    r"(?P<what>Prompt|Generation): {0,10}(?P<count>\d{1,9}) tokens?, {0,10}(?P<rate>\d{1,9}(?:\.\d{1,9})?) tokens-per-sec"
)
_PEAK = re.compile(r"Peak memory: {0,10}(?P<peak>\d{1,6}(?:\.\d{1,9})?) GB")


def is_text(content: str) -> bool:
    """Whether the text has a line with the unit that only these tools print."""
    return "tokens-per-sec" in content


def import_text(content: str, *, facts: Facts, known: Known, gate: Gate | None = None) -> Imported:
    """Import every answer as one record; the next prompt's line begins the next answer."""
    collector, around = Collector(NAME, gate=gate), Surroundings()
    found: dict[str, tuple[int, float]] = {}
    raw: list[str] = []
    place, peak_gb = "", 0.0

    def finish() -> None:
        nonlocal found, raw, peak_gb
        if found:
            run = _run(place, found, peak_gb=peak_gb, raw="\n".join(raw), around=around)
            keep(run, around=around, facts=facts, known=known, collector=collector)
        found, raw, peak_gb = {}, [], 0.0

    for line_number, line in enumerate(plain_lines(content), start=1):
        head = line[:LONGEST_CONTEXT_LINE]
        stated = _RATE.search(head) if "tokens-per-sec" in head else None
        peak = _PEAK.search(head) if "Peak memory" in head else None
        if stated is None and peak is None:
            around.see(line)
            continue
        if stated is not None:
            if stated["what"] in found or stated["what"] == "Prompt":
                finish()
            place = place if found else f"line {line_number}"
            found[stated["what"]] = int(stated["count"]), float(stated["rate"])
        elif peak is not None and found:
            peak_gb = float(peak["peak"])
        raw.append(line.strip())
        if peak is not None:
            finish()
    finish()
    return collector.imported()


def _run(place: str, found: dict[str, tuple[int, float]], *, peak_gb: float, raw: str, around: Surroundings) -> Pasted:
    read, written = found.get("Prompt"), found.get("Generation")
    decode = rate(written[1]) if written and written[0] > 1 else None
    remarks: list[Remark] = []
    if decode is not None and written is not None:
        decode = decode.scaled((written[0] - 1) / written[0])
        note = f"Decode rate multiplied by {written[0] - 1}/{written[0]}: the tool counts one token too many."
        remarks.append(Remark(code="normalised", text=note))
    bits = around.command.value("cache") or ""
    return Pasted(
        tool=NAME,
        engine="mlx-lm",
        place=place,
        raw=raw,
        decode=decode,
        prefill=rate(read[1]) if read and read[0] > 0 else None,
        prompt_tokens=read[0] if read else None,
        answer_tokens=written[0] if written else 0,
        peak_gb=peak_gb,
        kv_bits=int(bits) if bits.isdecimal() and len(bits) < 3 else 0,
        step_tokens=max(0, around.command.whole("step") or 0),
        remarks=tuple(remarks),
    )
