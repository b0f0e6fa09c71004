"""Who predicts published speeds best? Our laws and three rules of other calculators, on the same rows.

    python bench/accuracy.py [TABLE.csv]

Ours is shown with every row of the same source, publisher or device left out of the fit. The others' constants were tuned
by their authors on other data. The formulas are written from descriptions of what each tool computes, read on 2026-11-22:

llmfit 1.1.17     bandwidth / (billions of parameters x bytes per parameter) x 0.55, bytes 0.5 at 4 bits, 1.0 at 8, 2.0 at
                  16; several cards as one. Its rule for experts is not fully described: active parameters are taken.
canirun.ai        bandwidth x 0.70 (cards) or 0.65 (Apple) / (parameters x bytes x 1.017 + 0.5 GB): the size is worked back
                  from the memory it prints for four cases.
roofline          bandwidth / exact bytes of weights read per token; several cards as one.

Prints a table; gates nothing.
"""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from calculator.accuracy import Compared, LeaveOut, accuracy, summary, table_of
from calculator.catalog import load_catalog
from calculator.fitting import TABLE
from calculator.observed import Case, case_of
from calculator.physics.weights import weights_read_bytes
from calculator.published import PublishedRow, read_table

BYTES_PER_PARAMETER = {"4-bit": 0.5, "5-bit": 0.625, "6-bit": 0.75, "8-bit": 1.0, "16-bit": 2.0}


def llmfit(case: Case) -> float:
    """Decode tok/s by llmfit's rule."""
    billions = case.model.active_parameter_count() / 1e9
    return _bandwidth(case) / (billions * BYTES_PER_PARAMETER[case.format.weight_class]) * 0.55


def canirun(case: Case) -> float:
    """Decode tok/s by canirun.ai's rule."""
    size = case.model.active_parameter_count() / 1e9 * BYTES_PER_PARAMETER[case.format.weight_class] * 1.017 + 0.5
    return _bandwidth(case) * (0.65 if case.hardware.chip.vendor == "apple" else 0.70) / size


def roofline(case: Case) -> float:
    """Decode tok/s if the published bandwidth were reached."""
    return _bandwidth(case) * 1e9 / float(weights_read_bytes(case.model, format=case.format))


def _bandwidth(case: Case) -> float:
    return case.hardware.chip.bandwidth_gb_per_s.central


def errors(compared: Sequence[Compared], said: Callable[[Compared], float]) -> str:
    """Median, 90th percentile and signed median of predicted / measured - 1, as one line."""
    found = np.array([said(one) / one.measured - 1 for one in compared])
    size = np.abs(found)
    return f"{len(found):6}{100 * np.median(size):9.1f}%{100 * np.quantile(size, 0.9):9.1f}%{100 * np.median(found):+9.1f}%"


def groups(compared: Sequence[Compared]) -> list[tuple[str, list[Compared]]]:
    """All rows at batch 1, then the kinds that the decision is about, then each runtime."""
    rows: list[tuple[str, Callable[[PublishedRow], bool]]] = [
        ("all, batch 1", lambda row: True),
        ("Apple", lambda row: row.device_id.startswith("apple")),
        ("one RTX 4090", lambda row: row.device_id == "nvidia-rtx-4090" and row.device_count == 1),
        ("two RTX 4090", lambda row: row.device_id == "nvidia-rtx-4090" and row.device_count == 2),
    ]
    for runtime in sorted({one.row.runtime_id for one in compared}):
        rows.append((runtime, lambda row, runtime=runtime: row.runtime_id == runtime))
    found = [(name, [one for one in compared if one.row.batch_count == 1 and wanted(one.row)]) for name, wanted in rows]
    return [(name, part) for name, part in found if part]


def main(arguments: Sequence[str]) -> int:
    """Print the comparison."""
    catalog = load_catalog()
    rows = read_table(Path(arguments[0]) if arguments else TABLE)
    cases = {row.id: case for row in rows if isinstance(case := case_of(row, catalog), Case)}
    print(f"{'decode, tok/s':26}{'rows':>6}{'median':>10}{'p90':>10}{'signed':>10}")
    left: tuple[LeaveOut, ...] = ("source", "publisher", "device")
    for leave_out in left:
        started = time.perf_counter()
        judged = accuracy(rows, catalog=catalog, leave_out=leave_out)
        for name, part in groups(judged["decode"].compared):
            print(f"{name:26}{errors(part, lambda one: one.predicted)}   ours, {leave_out} left out")
            if leave_out == left[-1]:
                for peer in (llmfit, canirun, roofline):
                    print(f"{'':26}{errors(part, lambda one, peer=peer: peer(cases[one.row.id]))}   {peer.__name__}")
        several = [one for one in judged["decode"].compared if one.row.batch_count > 1]
        if several:
            print(f"{'all, batch above 1':26}{errors(several, lambda one: one.predicted)}   ours, {leave_out} left out")
        print(
            f"{'prefill':26}{errors(judged['prefill'].compared, lambda one: one.predicted)}   ours, {leave_out} left out"
        )
        print(f"    ({time.perf_counter() - started:.0f} s)\n")
        if leave_out == "publisher":
            print(table_of({"leave_out": leave_out, **{name: summary(part) for name, part in judged.items()}}), "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
