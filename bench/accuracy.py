"""Accuracy benchmark: our speed laws and three rules of other calculators on the same published rows.

    python bench/accuracy.py [TABLE.csv]

Ours is shown as fitted, and with every row of the same source, publisher or device left out of the fit. The others'
constants were tuned by their authors on other data. Their formulas follow descriptions of each tool, read on
2026-11-22:

llmfit 1.1.17     bandwidth / (billions of parameters x bytes per parameter) x 0.55, bytes 0.5 at 4 bits, 1.0 at 8,
                  2.0 at 16; several cards as one. Its rule for experts is not fully described; we use active
                  parameters.
canirun.ai        bandwidth x 0.70 (cards) or 0.65 (Apple) / (parameters x bytes x 1.017 + 0.5 GB); the
                  size is inferred from the memory that it prints for four cases.
roofline          bandwidth / exact bytes of weights read per token; several cards as one.

Prints a table; gates nothing.
"""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from calculator.calibration.accuracy import Compared, Judged, LeaveOut, accuracy, summary
from calculator.calibration.cases import Case, case_of
from calculator.calibration.fitting import TABLE, fit_laws
from calculator.calibration.rows import PublishedRow, read_table
from calculator.catalog import load_catalog
from calculator.physics.memory.weights import weights_read_bytes

BYTES_PER_PARAMETER = {"4-bit": 0.5, "5-bit": 0.625, "6-bit": 0.75, "8-bit": 1.0, "16-bit": 2.0}


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


def _bandwidth(case: Case) -> float:
    return case.deployment.hardware.chip.bandwidth_gb_per_s.central


def errors(compared: Sequence[Compared], prediction: Callable[[Compared], float], *, ranged: bool = True) -> str:
    """Count, median, p90 and signed median of predicted / measured - 1, and the share inside the 80 % range."""
    found = np.array([prediction(one) / one.measured - 1 for one in compared])
    size = np.abs(found)
    inside = [one.low <= one.measured <= one.high for one in compared if one.low is not None and one.high is not None]
    covered = f"{100 * np.mean(inside):9.1f}%" if ranged and inside else f"{'':10}"
    middle, p90, signed = 100 * np.median(size), 100 * np.quantile(size, 0.9), 100 * np.median(found)
    return f"{len(found):6}{middle:9.1f}%{p90:9.1f}%{signed:+9.1f}%{covered}"


RowFilter = Callable[[PublishedRow], bool]


def groups(compared: Sequence[Compared]) -> list[tuple[str, RowFilter]]:
    """Row filters with names: all, the kinds of machine to decide between, each runtime; only those with rows."""
    kinds: list[tuple[str, RowFilter]] = [
        ("all", lambda row: True),
        ("Apple", lambda row: row.device_id.startswith("apple")),
        ("one RTX 4090", lambda row: row.device_id == "nvidia-rtx-4090" and row.device_count == 1),
        ("two RTX 4090", lambda row: row.device_id == "nvidia-rtx-4090" and row.device_count == 2),
    ]
    for runtime in sorted({one.row.runtime_id for one in compared}):
        kinds.append((runtime, lambda row, runtime=runtime: row.runtime_id == runtime))
    return [(name, matches) for name, matches in kinds if any(matches(one.row) for one in compared)]


def main(arguments: Sequence[str]) -> int:
    """Print the comparison and return 0."""
    catalog = load_catalog()
    rows = read_table(Path(arguments[0]) if arguments else TABLE)
    cases = {row.id: case for row in rows if isinstance(case := case_of(row, catalog, assume=True), Case)}
    laws = fit_laws(read_table(TABLE), catalog)
    results: dict[LeaveOut, dict[str, Judged]] = {}
    for leave_out, words in LEFT_OUT.items():
        started = time.perf_counter()
        results[leave_out] = accuracy(rows, catalog=catalog, leave_out=leave_out, laws=laws)
        print(f"ours, {words}: {time.perf_counter() - started:.0f} s", flush=True)
    parts: list[tuple[str, str, RowFilter]] = [
        ("decode, one stream", "decode", lambda row: row.batch_count == 1),
        ("decode, several streams", "decode", lambda row: row.batch_count > 1),
        ("prefill", "prefill", lambda row: True),
    ]
    for title, quantity, part in parts:
        print(f"\n{title:52}{'rows':>6}{'median':>10}{'p90':>10}{'signed':>10}{'in range':>10}")
        for name, matches in groups([one for one in results["none"][quantity].compared if part(one.row)]):
            for leave_out, words in LEFT_OUT.items():
                chosen = [one for one in results[leave_out][quantity].compared if part(one.row) and matches(one.row)]
                label = f"{name if leave_out == 'none' else '':20}{'ours, ' + words:32}"
                print(label + errors(chosen, lambda one: one.predicted))
            if title == parts[0][0]:
                chosen = [one for one in results["none"][quantity].compared if part(one.row) and matches(one.row)]
                for peer in (llmfit, canirun, roofline):
                    columns = errors(chosen, lambda one, peer=peer: peer(cases[one.row.id]), ranged=False)
                    print(f"{'':20}{peer.__name__:32}{columns}")
    for quantity, found in results["none"].items():
        why = summary(found)["not_covered"]
        print(f"\n{quantity}: {len(found.compared)} rows predicted, {sum(why.values())} not covered")
        for reason, count in why.items():
            print(f"{count:6}  {reason}")
    return 0


LEFT_OUT: dict[LeaveOut, str] = {
    "none": "in the fit",
    "source": "source left out",
    "publisher": "publisher left out",
    "device": "device left out",
}


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
