"""KoboldCpp importer: the line after an answer, and the block of --benchmark.

    CtxLimit:16384/16384, Amt:100/100, Init:0.07s, Process:21.22s (1.3ms/T = 767.28T/s), Generate:23.24s (232.4ms/T = 4.30T/s)
    [12:00:00] CtxLimit:1754/8192, Amt:78/387, Init:0.00s, Process:2.51s (667.73T/s), Generate:9.05s (8.62T/s), Total:11.56s

Amt tokens were written; Process seconds times its rate were read; the rest of the context was in the cache. Before
2024-06 the rate of writing was that of the tokens asked for, so it is taken from Amt and the seconds. "Layers" of the
benchmark are --gpulayers. The benchmark's file has the same
names in one line of CSV. Source: LostRuins/koboldcpp gpttype_adapter.cpp and koboldcpp.py, read 2026-11-26.
"""

import re

from measurements.importers.cleaning import LONGEST_CONTEXT_LINE, plain_lines
from measurements.importers.facts import Collector, Facts, Gate, Imported, Known
from measurements.importers.pasted import Pasted, keep, rate
from measurements.importers.surroundings import Surroundings

NAME = "KoboldCpp"
_LINE = re.compile(
    r"CtxLimit: ?(?P<context>\d{1,9})/\d{1,9}, (?:Amt: ?(?P<amount>\d{1,9})/\d{1,9}, )?(?:Init: ?[\d.]{1,12}s, )?"
    r"Process: ?(?P<read_s>\d{1,9}\.\d{1,4})s \((?:[\d.]{1,12}ms/T = )?(?P<read>\d{1,9}(?:\.\d{1,4})?)T/s\), "
    r"Generate: ?(?P<write_s>\d{1,9}\.\d{1,4})s \((?:[\d.]{1,12}ms/T = )?(?P<write>\d{1,9}(?:\.\d{1,4})?)T/s\)"
)
_PROCESSED = re.compile(r"Processing Prompt[^(]{0,40}\((?P<count>\d{1,9}) / (?P<all>\d{1,9}) tokens\)")
_GENERATED = re.compile(r"Generating \((?P<count>\d{1,9}) / \d{1,9} tokens\)")
_BENCHMARK = re.compile(
    r"^\W{0,8}(?P<name>Layers|Model|MaxCtx|GenAmount|ProcessingTime|ProcessingSpeed|GenerationTime|GenerationSpeed|Backend)"
    r": ?(?P<value>\S.{0,200})"
)


def is_text(content: str) -> bool:
    """Whether the text has the line or the block."""
    return "CtxLimit:" in content or "GenerationSpeed" in content


def import_text(content: str, *, facts: Facts, known: Known, gate: Gate | None = None) -> Imported:
    """Import every answer as one record; a benchmark's block is the answer printed above it, and counts once."""
    collector, around = Collector(NAME, gate=gate), Surroundings()
    block: dict[str, str] = {}
    counts: dict[str, int] = {}
    runs: list[tuple[Pasted, Surroundings]] = []
    header: list[str] = []
    for line_number, line in enumerate(plain_lines(content), start=1):
        head = line[:LONGEST_CONTEXT_LINE]
        place = f"line {line_number}"
        if (found := _LINE.search(head)) is not None:
            runs.append((_of_line(place, found, counts=counts, raw=line.strip()), around.snapshot()))
            counts = {}
        elif "GenerationSpeed," in head and "MaxCtx," in head:
            header = [name.strip() for name in head.split(",")]
        elif header and head.count(",") >= header.index("GenerationSpeed"):
            found_run = _of_block(place, dict(zip(header, (cell.strip() for cell in head.split(",")), strict=False)))
            runs += [(found_run, around.snapshot())] if found_run is not None else []
        elif (stated := _BENCHMARK.match(head)) is not None:
            block[stated["name"]] = stated["value"].strip()
            if stated["name"] == "GenerationSpeed":
                found_run = _of_block(place, block)
                if runs and found_run is not None and _is_same(runs[-1][0], found_run):
                    runs.pop()
                runs += [(found_run, around.snapshot())] if found_run is not None else []
                if found_run is None:
                    collector.refuse(place, "The benchmark's block lacks MaxCtx, GenAmount or a time. Copy it whole.")
                block = {}
        else:
            if (processed := _PROCESSED.search(head)) is not None:
                counts["read"] = int(processed["all"])
            if (generated := _GENERATED.search(head)) is not None:
                counts["written"] = int(generated["count"])
            around.see(line)
    for run, seen in runs:
        keep(run, around=seen, facts=facts, known=known, collector=collector)
    return collector.imported()


def _of_line(place: str, found: re.Match[str], *, counts: dict[str, int], raw: str) -> Pasted:
    read_s, write_s = float(found["read_s"]), float(found["write_s"])
    written = int(found["amount"] or counts.get("written", 0))
    read = counts.get("read") or round(read_s * float(found["read"]))
    return Pasted(
        tool=NAME,
        engine="koboldcpp",
        place=place,
        raw=raw,
        decode=rate(written / write_s) if write_s > 0 and written > 0 else None,
        prefill=rate(float(found["read"])) if read > 0 else None,
        prompt_tokens=read,
        answer_tokens=written or None,
        depth_tokens=max(0, int(found["context"]) - written - read),
    )


def _of_block(place: str, block: dict[str, str]) -> Pasted | None:
    wanted = ("Layers", "MaxCtx", "GenAmount", "ProcessingSpeed", "GenerationSpeed")
    numbers = {name: _number(block[name]) for name in wanted if name in block}
    context, written = numbers.get("MaxCtx", 0.0), numbers.get("GenAmount", 0.0)
    if context <= written or written < 1 or not numbers.get("GenerationSpeed"):
        return None
    return Pasted(
        tool=NAME,
        engine="koboldcpp",
        place=place,
        raw="\n".join(f"{name}: {value}" for name, value in block.items()),
        decode=rate(numbers["GenerationSpeed"]),
        prefill=rate(numbers.get("ProcessingSpeed")),
        prompt_tokens=round(context - written),
        answer_tokens=round(written),
        names=(block["Model"],) if block.get("Model") else (),
        layers=round(numbers["Layers"]) if "Layers" in numbers else None,
    )


def _number(value: str) -> float:
    found = re.match(r"-?\d{1,12}(?:\.\d{1,9})?", value)
    return float(found[0]) if found else 0.0


def _is_same(line: Pasted, block: Pasted) -> bool:
    """Whether a benchmark's block states what the line above it does."""
    near = abs((line.prompt_tokens or 0) - (block.prompt_tokens or 0)) <= 0.01 * (block.prompt_tokens or 0)
    return line.answer_tokens == block.answer_tokens and near
