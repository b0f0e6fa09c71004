"""mlx_lm.benchmark importer: the text that `python -m mlx_lm.benchmark` prints, of every version seen.

    Timing with prompt_tokens=1024, generation_tokens=64, batch_size=1.
    Trial 1:  prompt_tps=351.905, generation_tps=38.757, peak_memory=3.502[, total_time=2.93]
    Averages: prompt_tps=358.377, generation_tps=38.813, peak_memory=3.503

Where the first line was not pasted, -p, -g and -b of the command above say the same.

The tool divides N generated tokens by the time of N-1 intervals (its clock restarts at the first token), so its
decode rate is too high by N/(N-1), 2.1 % at 48 tokens; the import multiplies it by (N-1)/N. Memory is in GB of 1e9
bytes. The text names neither chip nor version, and the model only in a pasted command line. Read in mlx-lm 0.32.2 on
2026-11-22.
"""

import re
import statistics
from dataclasses import dataclass, field

from calculator.evidence import Remark
from calculator.units import BYTES_PER_GB
from measurements.importers.cleaning import LONGEST_CONTEXT_LINE, plain_lines
from measurements.importers.devices import devices_of
from measurements.importers.facts import Collector, Facts, Gate, Imported, Known, MissingFact, moment
from measurements.importers.judgement import network_remark, spread_of, spread_remarks, status_of
from measurements.importers.surroundings import Surroundings
from measurements.records.identify import chip_of_name, format_of_name
from measurements.records.record import Series

NAME = "mlx_lm.benchmark"
_TIMING = re.compile(
    r"Timing with prompt_tokens=(?P<prompt>\d{1,9})(?:,| and) generation_tokens=(?P<generated>\d{1,9})"
    r"(?:, batch_size=(?P<batch>\d{1,6}))?\.?"
)
_TRIAL = re.compile(r"(?:Trial +(?P<number>\d{1,6}): +|(?P<averages>Averages): +)(?P<pairs>[a-z_]+=.*)")
_PAIR = re.compile(r"([a-z_]+)=(\d{1,12}(?:\.\d{1,12})?)")
_AVERAGE_TOLERANCE_FRACTION = (
    0.01  # rates are printed with three digits; a larger gap is not the average of these trials
)


@dataclass
class _Block:
    """One run with its trials."""

    line: int
    prompt: int
    generated: int
    batch: int
    names: tuple[str, ...]
    step: int
    chip_name: str
    chip_count: int
    remote: bool
    trials: list[dict[str, float]] = field(default_factory=list[dict[str, float]])
    averages: dict[str, float] = field(default_factory=dict[str, float])
    text: list[str] = field(default_factory=list[str])


def is_text(content: str) -> bool:
    """Whether the text contains a line that only mlx_lm.benchmark prints."""
    return "prompt_tps=" in content and "generation_tps=" in content


def import_text(content: str, *, facts: Facts, known: Known, gate: Gate | None = None) -> Imported:
    """Import every run in the text as one record with decode, prefill and peak memory."""
    collector = Collector(NAME, gate=gate)
    for block in _blocks(content, facts=facts, collector=collector):
        _one(block, facts=facts, known=known, collector=collector)
    return collector.imported()


def _blocks(content: str, *, facts: Facts, collector: Collector) -> list[_Block]:
    blocks: list[_Block] = []
    around = Surroundings()
    stated: tuple[int, int, int] | None = None
    for line_number, line in enumerate(plain_lines(content), start=1):
        head = line[:LONGEST_CONTEXT_LINE]
        if timing := _TIMING.search(head):
            counts = (int(timing["prompt"]), int(timing["generated"]), int(timing["batch"] or 1))
            blocks.append(_block(line_number, counts, line, around=around, facts=facts))
            stated = None
        elif trial := _TRIAL.search(head):
            pairs = {name: float(value) for name, value in _PAIR.findall(trial["pairs"])}
            if stated is not None:
                blocks.append(_block(line_number, stated, "", around=around, facts=facts))
                stated = None
            if not blocks:
                collector.refuse(
                    f"line {line_number}",
                    "No 'Timing with prompt_tokens=...' line precedes this trial, so its workload is unknown. Add that"
                    " line, or the command with -p and -g.",
                )
            elif not {"prompt_tps", "generation_tps"} <= pairs.keys():
                collector.refuse(f"line {line_number}", "prompt_tps or generation_tps is missing.")
            else:
                blocks[-1].text.append(line.strip())
                if trial["averages"]:
                    blocks[-1].averages = pairs
                else:
                    blocks[-1].trials.append(pairs)
        else:
            before = around.command
            around.see(line)
            stated = _stated(around) if around.command is not before else stated
    return blocks


def _stated(around: Surroundings) -> tuple[int, int, int] | None:
    """Prompt, answer and batch of the command; None unless it states the first two."""
    command = around.command
    if not command.tool.endswith("benchmark"):
        return None
    prompt, generated, batch = (command.whole(fact) for fact in ("prompt", "answer", "batch"))
    return None if prompt is None or generated is None else (prompt, generated, 1 if batch is None else batch)


def _block(line: int, counts: tuple[int, int, int], first: str, *, around: Surroundings, facts: Facts) -> _Block:
    devices = devices_of({}, around=around, facts=facts)
    return _Block(
        line,
        *counts,
        names=tuple(around.names()),
        step=max(0, around.command.whole("step") or 0),
        chip_name=next(iter(devices.names), ""),
        chip_count=devices.count,
        remote=devices.remote,
        text=[first.strip()] if first else [],
    )


def _one(block: _Block, *, facts: Facts, known: Known, collector: Collector) -> None:
    place = f"line {block.line}"
    rows = block.trials or ([block.averages] if block.averages else [])
    if not rows:
        collector.refuse(place, "The run has no trial; the text ends before the first one.")
        return
    if block.generated < 2 or block.prompt < 1 or block.batch < 1:
        collector.refuse(place, "A decode rate needs at least two generated tokens and one prompt token.")
        return
    if any(row[name] <= 0 for row in rows for name in ("prompt_tps", "generation_tps")):
        collector.refuse(place, "A rate is 0; rates must be above 0.")
        return
    if block.trials and block.averages and not _agree(block):
        collector.refuse(place, "The averages do not match the trials above them; lines are missing or were edited.")
        return
    name = next(iter(block.names), "")
    found = (known.model_of(words) for words in block.names)
    model = facts.model(*block.names, read=next((one for one in found if one), None))
    form = facts.format or next((one for words in block.names if (one := format_of_name(words))), None)
    chip = facts.chip or chip_of_name(block.chip_name, chips=known.chips)
    needed: dict[MissingFact, str | int | None] = {"chip": chip, "chip_count": block.chip_count, "model": model}
    needed["format"] = form
    if collector.lacks(place, needed, name=name):
        return
    decode = Series.of([row["generation_tps"] for row in rows])
    remarks = [*spread_remarks(spread_of(decode)), *([network_remark(block.chip_count)] if block.remote else [])]
    if block.batch == 1:
        decode = decode.scaled((block.generated - 1) / block.generated)
        note = f"Decode rate multiplied by {block.generated - 1}/{block.generated}: the tool counts one token too many."
        remarks.append(Remark(code="normalised", text=note))
    peaks = [row["peak_memory"] for row in rows if "peak_memory" in row]
    collector.add(
        place,
        {
            "kind": "imported",
            "status": status_of(remarks),
            "measured_at": moment("", facts),
            "host": {"chip": chip, "chip_name": block.chip_name, "chip_count": block.chip_count},
            "engine": {"name": "mlx-lm", "version": facts.runtime_version, "mlx_lm_version": facts.runtime_version},
            "model": {
                "model": model,
                "model_name": name,
                "format": form,
                "weights": "real",
                "source": name,
            },
            "workload": {
                "prompt_tokens": block.prompt,
                "generated_tokens": block.generated,
                "batch_count": block.batch,
                "prefill_step_tokens": block.step,
                "kv_fill": "prompt",
            },
            "result": {
                "decode_tokens_per_s": decode,
                "prefill_tokens_per_s": Series.of([row["prompt_tps"] for row in rows]),
                "peak_bytes": round(max(peaks) * BYTES_PER_GB) if peaks else None,
            },
            "provenance": facts.provenance(NAME, place=place, raw="\n".join(block.text)),
            "remarks": remarks,
        },
    )


def _agree(block: _Block) -> bool:
    return all(
        abs(statistics.fmean(row[name] for row in block.trials) - mean) <= _AVERAGE_TOLERANCE_FRACTION * mean
        for name, mean in block.averages.items()
        if name in ("prompt_tps", "generation_tps")
    )
