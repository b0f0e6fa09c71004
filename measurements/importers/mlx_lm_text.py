"""mlx_lm.benchmark importer: the text that `python -m mlx_lm.benchmark` prints, of every version seen.

    Timing with prompt_tokens=1024, generation_tokens=64, batch_size=1.
    Trial 1:  prompt_tps=351.905, generation_tps=38.757, peak_memory=3.502[, total_time=2.93]
    Averages: prompt_tps=358.377, generation_tps=38.813, peak_memory=3.503

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
from measurements.importers.facts import Collector, Facts, Gate, Imported, Known, MissingFact, moment
from measurements.records.identify import format_of_name, model_of_name
from measurements.records.record import Series

NAME = "mlx_lm.benchmark"
_TIMING = re.compile(
    r"Timing with prompt_tokens=(?P<prompt>\d{1,9})(?:,| and) generation_tokens=(?P<generated>\d{1,9})"
    r"(?:, batch_size=(?P<batch>\d{1,6}))?\.?"
)
_TRIAL = re.compile(r"(?:Trial +(?P<number>\d{1,6}): +|(?P<averages>Averages): +)(?P<pairs>[a-z_]+=.*)")
_PAIR = re.compile(r"([a-z_]+)=(\d{1,12}(?:\.\d{1,12})?)")
_MODEL = re.compile(r"mlx_lm[._]benchmark\b.*--model[ =](?P<model>\S{1,300})")
_STEP = re.compile(r"--prefill-step-size[ =](?P<step>\d{1,9})")
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
    model: str
    step: int
    trials: list[dict[str, float]] = field(default_factory=list[dict[str, float]])
    averages: dict[str, float] = field(default_factory=dict[str, float])
    text: list[str] = field(default_factory=list[str])


def is_text(content: str) -> bool:
    """Whether the text contains a line that only mlx_lm.benchmark prints."""
    return "prompt_tps=" in content and "generation_tps=" in content


def import_text(content: str, *, facts: Facts, known: Known, gate: Gate | None = None) -> Imported:
    """Import every run in the text as one record with decode, prefill and peak memory."""
    collector = Collector(NAME, gate=gate)
    for block in _blocks(content, collector):
        _one(block, facts=facts, known=known, collector=collector)
    return collector.imported()


def _blocks(content: str, collector: Collector) -> list[_Block]:
    blocks: list[_Block] = []
    model, step = "", 0
    for number, line in enumerate(content.splitlines(), start=1):
        if command := _MODEL.search(line):
            model, step = command["model"].strip("'\""), 0
        if chosen := _STEP.search(line):
            step = int(chosen["step"])
        if timing := _TIMING.search(line):
            counts = (int(timing["prompt"]), int(timing["generated"]), int(timing["batch"] or 1))
            blocks.append(_Block(number, *counts, model=model, step=step, text=[line.strip()]))
        elif trial := _TRIAL.search(line):
            pairs = {name: float(value) for name, value in _PAIR.findall(trial["pairs"])}
            if not blocks:
                collector.refuse(
                    f"line {number}",
                    "No 'Timing with prompt_tokens=...' line precedes this trial, so its workload is unknown.",
                )
            elif not {"prompt_tps", "generation_tps"} <= pairs.keys():
                collector.refuse(f"line {number}", "prompt_tps or generation_tps is missing.")
            else:
                blocks[-1].text.append(line.strip())
                if trial["averages"]:
                    blocks[-1].averages = pairs
                else:
                    blocks[-1].trials.append(pairs)
    return blocks


def _one(block: _Block, *, facts: Facts, known: Known, collector: Collector) -> None:
    place = f"line {block.line}"
    rows = block.trials or ([block.averages] if block.averages else [])
    if not rows:
        collector.refuse(place, "The run has no trial; the text ends before the first one.")
        return
    if block.generated < 2 or not block.prompt or not block.batch:
        collector.refuse(place, "A decode rate needs at least two generated tokens and one prompt token.")
        return
    if any(row[name] <= 0 for row in rows for name in ("prompt_tps", "generation_tps")):
        collector.refuse(place, "A rate is 0; rates must be above 0.")
        return
    if block.trials and block.averages and not _agree(block):
        collector.refuse(place, "The averages do not match the trials above them; lines are missing or were edited.")
        return
    model = facts.model(block.model) or model_of_name(block.model, models=known.models)
    form = facts.format or format_of_name(block.model)
    needed: dict[MissingFact, str | None] = {"chip": facts.chip, "model": model, "format": form}
    if collector.lacks(place, needed):
        return
    decode = Series.of([row["generation_tps"] for row in rows])
    remarks: list[Remark] = []
    if block.batch == 1:
        decode = decode.scaled((block.generated - 1) / block.generated)
        note = f"Decode rate multiplied by {block.generated - 1}/{block.generated}: the tool counts one token too many."
        remarks.append(Remark(code="normalised", text=note))
    peaks = [row["peak_memory"] for row in rows if "peak_memory" in row]
    collector.add(
        place,
        {
            "kind": "imported",
            "measured_at": moment("", facts),
            "host": {"chip": facts.chip, "chip_count": facts.chip_count or 1},
            "engine": {"name": "mlx-lm", "version": facts.runtime_version, "mlx_lm_version": facts.runtime_version},
            "model": {
                "model": model,
                "model_name": block.model,
                "format": form,
                "weights": "real",
                "source": block.model,
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
