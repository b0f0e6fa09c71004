"""Accuracy benchmark: our speed laws and three rules of other calculators on the same published rows.

    python bench/accuracy.py [TABLE.csv] [--also source device] [--write]

Ours is shown as fitted, and with every row of the same publisher left out of the fit (with `--also`, of the same source
or device as well). Below stand the floor, which is how far two publishers of one same case lie apart, and every cell in
which the 80 % ranges are checked. `--write` puts the tables into docs/model/speed.md.

The others' constants were tuned by their authors on other data. Their formulas follow descriptions of each tool, read
on 2026-11-22:

llmfit 1.1.17     bandwidth / (billions of parameters x bytes per parameter) x 0.55, bytes 0.5 at 4 bits, 1.0 at 8,
                  2.0 at 16; several cards as one. Its rule for experts is not fully described; we use active
                  parameters.
canirun.ai        bandwidth x 0.70 (cards) or 0.65 (Apple) / (parameters x bytes x 1.017 + 0.5 GB); the
                  size is inferred from the memory that it prints for four cases.
roofline          bandwidth / exact bytes of weights read per token; several cards as one.

Gates nothing.
"""

import argparse
import math
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from calculator.calibration.accuracy import Compared, Judged, LeaveOut, accuracy, summary
from calculator.calibration.cases import Case, case_of
from calculator.calibration.fitting import TABLE, fit_laws
from calculator.calibration.left_out import FILE, LeftOut, write_left_out
from calculator.calibration.rows import PublishedRow, read_table
from calculator.catalog import load_catalog
from calculator.physics.memory.weights import weights_read_bytes

BYTES_PER_PARAMETER = {"4-bit": 0.5, "5-bit": 0.625, "6-bit": 0.75, "8-bit": 1.0, "16-bit": 2.0}
PAGE = Path(__file__).parent.parent / "docs" / "model" / "speed.md"
START, END = "<!-- bench/accuracy.py --write: from here -->", "<!-- to here -->"
LARGE_CELL, LARGE_BAND, WHOLE_BAND = 60, (0.70, 0.88), (0.75, 0.88)
SAME_WITHIN = 1.5
"""Depths and prompts of one same case differ by this factor at the most."""
BOUNDS = {"decode, one stream": (10.5, 32.0), "decode, several streams": (15.0, 50.0), "prefill": (13.0, 45.0)}
"""Median and 90th percentile that are aimed at with the publisher left out, in %."""


def llmfit(case: Case) -> float:
    """Decode tok/s by llmfit's rule."""
    billions = case.deployment.model.active_parameter_count() / 1e9
    return _bandwidth(case) / (billions * BYTES_PER_PARAMETER[case.deployment.format.weight_class]) * 0.55


def canirun(case: Case) -> float:
    """Decode tok/s by canirun.ai's rule."""
    size = (
        case.deployment.model.active_parameter_count()
        / 1e9
        * BYTES_PER_PARAMETER[case.deployment.format.weight_class]
        * 1.017
        + 0.5
    )
    return _bandwidth(case) * (0.65 if case.deployment.hardware.chip.vendor == "apple" else 0.70) / size


def roofline(case: Case) -> float:
    """Decode tok/s if the published bandwidth were reached."""
    return _bandwidth(case) * 1e9 / float(weights_read_bytes(case.deployment.model, format=case.deployment.format))


PEERS = (llmfit, canirun, roofline)


def _bandwidth(case: Case) -> float:
    return case.deployment.hardware.chip.bandwidth_gb_per_s.central


def figures(predictions: Iterable[tuple[float, float]]) -> str:
    """Median / 90th percentile of |predicted / measured - 1|, in %."""
    sizes = np.abs([predicted / measured - 1 for predicted, measured in predictions])
    return f"{100 * np.median(sizes):.1f} / {100 * np.quantile(sizes, 0.9):.0f} %"


def covered(compared: Sequence[Compared]) -> float:
    """Share of the measurements inside their 80 % range."""
    return float(np.mean([(one.low or 0) <= one.measured <= (one.high or math.inf) for one in compared]))


def binomial_band(count: int, *, share: float = 0.8, confidence: float = 0.99) -> tuple[float, float]:
    """The shares of `count` draws between which a true share of 80 % lies with that confidence (exact binomial)."""
    tails = (1 - confidence) / 2
    chances = [math.comb(count, hits) * share**hits * (1 - share) ** (count - hits) for hits in range(count + 1)]
    below = np.cumsum(chances)
    low = int(np.searchsorted(below, tails))
    high = int(np.searchsorted(below, 1 - tails))
    return low / count, high / count


def is_within(compared: Sequence[Compared]) -> bool:
    """Whether a cell's coverage is as it should be: 70 to 88 % in large cells, 80 % plausible in small ones."""
    low, high = LARGE_BAND if len(compared) >= LARGE_CELL else binomial_band(len(compared))
    return low - 1e-9 <= covered(compared) <= high + 1e-9


def floor(compared: Sequence[Compared]) -> list[float]:
    """How far apart two publishers of one same case lie: |a / b - 1| with the larger on top, one per pair and case.

    The same case: chip, count, split, model, format, runtime, streams, and prompt and depth within a factor of 1.5. Each
    publisher counts with the median of its readings.
    """
    cases: dict[tuple[object, ...], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for one in compared:
        cases[_same(one.row)][one.row.publisher].append(one.measured)
    found: list[float] = []
    for publishers in cases.values():
        middles = [float(np.median(readings)) for readings in publishers.values()]
        found += [max(pair) / min(pair) - 1 for pair in combinations(middles, 2)]
    return found


def _same(row: PublishedRow) -> tuple[object, ...]:
    def step(tokens: float) -> int:
        return round(math.log(max(tokens, 256.0)) / math.log(SAME_WITHIN))

    setting = (row.device_id, row.device_count, row.split, row.model_id, row.format_id, row.runtime_id)
    return (*setting, round(row.stream_count), step(row.context_tokens), step(row.prompt_tokens or 0), row.rate_kind)


RowFilter = Callable[[PublishedRow], bool]
PARTS: tuple[tuple[str, str, RowFilter], ...] = (
    ("decode, one stream", "decode", lambda row: row.batch_count == 1),
    ("decode, several streams", "decode", lambda row: row.batch_count > 1),
    ("prefill", "prefill", lambda row: True),
)
GROUPS: tuple[tuple[str, RowFilter], ...] = (
    ("all", lambda row: True),
    ("Apple", lambda row: row.device_id.startswith("apple")),
    ("one RTX 4090", lambda row: row.device_id == "nvidia-rtx-4090" and row.device_count == 1),
    ("two RTX 4090", lambda row: row.device_id == "nvidia-rtx-4090" and row.device_count == 2),
)


def error_table(results: dict[LeaveOut, dict[str, Judged]], cases: dict[str, Case]) -> list[str]:
    """Markdown: errors by kind, machine and runtime, with the publisher left out, in the fit, and of the peers."""
    more = [name for name in results if name not in ("none", "publisher")]
    head = ["", "rows", "publisher left out", "in range", "in the fit", *(f"{name} left out" for name in more)]
    head += [peer.__name__ for peer in PEERS]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for title, quantity, part in PARTS:
        rows = {name: [one for one in found[quantity].compared if part(one.row)] for name, found in results.items()}
        runtimes = sorted({one.row.runtime_id for one in rows["publisher"]})
        groups = [*GROUPS, *((_runtime_name(runtime), _of_runtime(runtime)) for runtime in runtimes)]
        for name, matches in groups:
            chosen = {key: [one for one in found if matches(one.row)] for key, found in rows.items()}
            left_out = chosen["publisher"]
            if not left_out:
                continue
            cells = [f"**{title}**" if name == "all" else name, str(len(left_out))]
            cells += [figures((one.predicted, one.measured) for one in left_out), f"{100 * covered(left_out):.0f} %"]
            for key in ("none", *more):
                cells.append(figures((one.predicted, one.measured) for one in chosen[key]))
            for peer in PEERS:
                said = [(peer(cases[one.row.id]), one.measured) for one in left_out]
                cells.append(figures(said) if title == PARTS[0][0] else "")
            lines.append("| " + " | ".join(cells) + " |")
    return lines


def _of_runtime(runtime: str) -> RowFilter:
    return lambda row: row.runtime_id == runtime


def _runtime_name(runtime: str) -> str:
    """What people call it."""
    return load_catalog().runtime(runtime).name


def bounds_table(left_out: dict[str, Judged]) -> list[str]:
    """Markdown: what is reached with the publisher left out, what was aimed at, and the floor."""
    lines = [
        "| publisher left out | rows | median / p90 | aimed at | 80 % range | two publishers of one case |",
        "|---|---|---|---|---|---|",
    ]
    for title, quantity, part in PARTS:
        rows = [one for one in left_out[quantity].compared if part(one.row)]
        pairs = floor(rows)
        apart = (
            f"{100 * np.median(pairs):.1f} / {100 * np.quantile(pairs, 0.9):.0f} %, {len(pairs)} pairs" if pairs else ""
        )
        median, p90 = BOUNDS[title]
        lines.append(
            f"| {title} | {len(rows)} | {figures((one.predicted, one.measured) for one in rows)} | {median:g} / {p90:g} % "
            f"| {100 * covered(rows):.0f} % | {apart} |"
        )
    return lines


def cell_table(left_out: dict[str, Judged]) -> list[str]:
    """Markdown: coverage of the 80 % ranges in each cell; `!` marks a share that lies outside of its band."""
    lines = [
        "| cell | decode: rows | error | in range | prefill: rows | error | in range |",
        "|---|---|---|---|---|---|---|",
    ]
    members: dict[str, dict[str, list[Compared]]] = defaultdict(lambda: {"decode": [], "prefill": []})
    for quantity in ("decode", "prefill"):
        for one in left_out[quantity].compared:
            for cell in one.cells:
                members[cell][quantity].append(one)
    for cell in sorted(members):
        kind, _, name = cell.partition("/")
        columns = [f"{kind}: {_runtime_name(name) if kind == 'runtime' else name}"]
        for quantity in ("decode", "prefill"):
            rows = members[cell][quantity]
            share = f"{100 * covered(rows):.0f} %{'' if is_within(rows) else ' !'}" if rows else ""
            columns += [
                str(len(rows)) if rows else "",
                figures((one.predicted, one.measured) for one in rows) if rows else "",
                share,
            ]
        lines.append("| " + " | ".join(columns) + " |")
    return lines


def left_out_rows(left_out: dict[str, Judged]) -> Iterator[LeftOut]:
    """Every predicted row with its publisher left out, as the Sources page shows it."""
    for title, quantity, part in PARTS:
        for one in (one for one in left_out[quantity].compared if part(one.row)):
            row = one.row
            yield LeftOut(
                kind=title,
                device=row.device_id,
                device_count=row.device_count,
                runtime=row.runtime_id,
                model=row.model_id,
                measured=one.measured,
                predicted=one.predicted,
                low=one.low or 0.0,
                high=one.high or math.inf,
                publisher=row.publisher,
            )


def main(arguments: Sequence[str]) -> int:
    """Print the tables, write them into the page where asked to, and return 0."""
    parser = argparse.ArgumentParser(description="Speed laws and other calculators on published rows.")
    parser.add_argument("table", nargs="?", type=Path, default=TABLE)
    parser.add_argument("--also", nargs="*", default=[], choices=["source", "device"])
    parser.add_argument(
        "--write",
        action="store_true",
        help="put the tables into docs/model/speed.md and calculator/calibration/left_out.csv",
    )
    options = parser.parse_args(arguments)
    catalog = load_catalog()
    rows = read_table(options.table)
    cases = {row.id: case for row in rows if isinstance(case := case_of(row, catalog, assume=True), Case)}
    laws = fit_laws(read_table(TABLE), catalog)
    results: dict[LeaveOut, dict[str, Judged]] = {}
    wanted: list[LeaveOut] = ["none", "publisher", *options.also]
    for leave_out in wanted:
        started = time.perf_counter()
        results[leave_out] = accuracy(rows, catalog=catalog, leave_out=leave_out, laws=laws)
        print(f"left out: {leave_out}: {time.perf_counter() - started:.0f} s", flush=True)
    left_out = results["publisher"]
    whole = [one for quantity in ("decode", "prefill") for one in left_out[quantity].compared]
    tables = [*bounds_table(left_out), "", *error_table(results, cases), "", *cell_table(left_out)]
    print("\n".join(["", *tables]))
    print(f"\n80 % ranges, all: {100 * covered(whole):.1f} % (aimed at {WHOLE_BAND[0]:.0%} to {WHOLE_BAND[1]:.0%})")
    for quantity, found in results["none"].items():
        why = summary(found)["not_covered"]
        print(f"\n{quantity}: {len(found.compared)} rows predicted, {sum(why.values())} not covered")
        for reason, count in why.items():
            print(f"{count:6}  {reason}")
    if options.write:
        before, _, rest = PAGE.read_text("utf-8").partition(START)
        _, _, after = rest.partition(END)
        PAGE.write_text("\n".join([f"{before}{START}", *tables, f"{END}{after}"]), encoding="utf-8")
        write_left_out(left_out_rows(left_out))
        print(f"\nwrote {PAGE} and {FILE}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
