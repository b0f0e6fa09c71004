"""Single predictions beside the public figures that people quote, and whether the 80 % range holds them.

    python bench/single_predictions.py

The figures were named in a review of November 2026, before their rows were learnt. The shipped law predicts each row for
its own date and build; beside it stands the same with the row's publisher left out of the fit, as it stands in
calculator/calibration/left_out.csv. Gates nothing.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent.parent))

from calculator.calibration.accuracy import Compared, accuracy
from calculator.calibration.fitting import TABLE
from calculator.calibration.left_out import LeftOut, read_left_out
from calculator.calibration.rows import read_table
from calculator.catalog import load_catalog

SAME_WITHIN = 0.008
"""A row is the one that is meant where its figure differs by this share at most."""


class Quoted(NamedTuple):
    """A public figure: words of its chip, of its runtime and of its model, and tokens per second."""

    quantity: str
    chip: str
    runtime: str
    model: str
    tokens_per_s: float


QUOTED = (
    Quoted("decode", "m3-ultra", "llama.cpp", "llama-3", 14.4),
    Quoted("decode", "m4-max", "mlx-lm", "llama-3", 6.76),
    Quoted("decode", "m3-max", "mlx-lm", "llama-3", 6.8),
    Quoted("decode", "rtx-4090", "llama.cpp", "llama-3", 18.5),
    Quoted("prefill", "rtx-4090", "llama.cpp", "llama-3-70b", 846.0),
    Quoted("decode", "m2-ultra", "llama.cpp", "llama-3", 10.75),
    Quoted("prefill", "m2-ultra", "llama.cpp", "llama-3-70b", 110.0),
    Quoted("decode", "m4-max", "mlx-lm", "qwen3-30b", 113.0),
    Quoted("prefill", "m4-max", "mlx-lm", "qwen3-30b", 1_754.0),
    Quoted("decode", "gb10", "llama.cpp", "gpt-oss-120b", 55.2),
    Quoted("prefill", "gb10", "llama.cpp", "gpt-oss-120b", 2_413.0),
    Quoted("decode", "gb10", "llama.cpp", "gpt-oss-120b", 42.8),
    Quoted("decode", "m2-ultra", "llama.cpp", "gpt-oss-120b", 65.5),
    Quoted("decode", "m5-max", "mlx-lm", "gpt-oss-120b", 87.9),
    Quoted("prefill", "m5-max", "mlx-lm", "gpt-oss-120b", 1_325.0),
    Quoted("decode", "m5-max", "mlx-lm", "qwen3.5-122b", 54.9),
    Quoted("prefill", "m5-max", "mlx-lm", "qwen3.5-122b", 1_068.0),
    Quoted("decode", "strix-halo", "llama.cpp", "glm-4.5-air", 22.8),
    Quoted("prefill", "strix-halo", "llama.cpp", "glm-4.5-air", 264.0),
    Quoted("decode", "m3-ultra", "llama.cpp", "deepseek-v3", 20.2),
    Quoted("prefill", "m3-ultra", "llama.cpp", "deepseek-v3", 160.0),
    Quoted("prefill", "m3-ultra", "mlx-lm", "deepseek-v3", 213.0),
    Quoted("prefill", "m3-ultra", "mlx-lm", "deepseek-v3", 188.0),
    Quoted("prefill", "m3-ultra", "mlx-lm", "deepseek-v3", 148.0),
    Quoted("decode", "m3-ultra", "mlx-lm", "deepseek-v3", 20.6),
    Quoted("decode", "m3-ultra", "mlx-lm", "deepseek-v3", 18.9),
    Quoted("decode", "m3-ultra", "mlx-lm", "deepseek-v3", 16.8),
    Quoted("decode", "m3-ultra", "mlx-lm", "minimax", 5.95),
    Quoted("decode", "m3-ultra", "llama.cpp", "minimax", 12.1),
    Quoted("prefill", "h200", "vllm", "deepseek-v3", 15_466.0),
)


def main() -> int:
    """Print one line for each figure, and how many the ranges hold."""
    catalog, left_out = load_catalog(), read_left_out()
    judged = accuracy(read_table(TABLE), catalog=catalog)
    inside, outside = [0, 0], [0, 0]
    print("public figure, said (80 % range), with its publisher left out")
    for one in QUOTED:
        found = [row for row in judged[one.quantity].compared if _is_meant(one, row)]
        others = [row for row in left_out if _is_left_out(one, row)]
        what = f"{one.quantity:7} {one.chip:10} {one.runtime:9} {one.model:12} {one.tokens_per_s:8,.5g}"
        if not found:
            print(f"{what}: no row of that figure in the table")
            continue
        print(f"{what}: {_said(found[0])}; {_said(others[0]) if others else 'not judged'}")
        for place, rows in enumerate((found, others)):
            if rows:
                (inside if _holds(rows[0]) else outside)[place] += 1
    for place, words in enumerate(("as shipped", "publisher left out")):
        count = inside[place] + outside[place]
        print(f"{words}: {inside[place]} of {count} inside ({inside[place] / count:.0%}), aim 80 %")
    return 0


def _is_meant(one: Quoted, found: Compared) -> bool:
    row = found.row
    words = one.chip in row.device_id and one.runtime in row.runtime_id and one.model in (row.model_id or "")
    return words and _is_near(one, found.measured)


def _is_left_out(one: Quoted, row: LeftOut) -> bool:
    words = one.chip in row.device and one.runtime in row.runtime and one.model in row.model
    return words and row.kind.startswith(one.quantity) and _is_near(one, row.measured)


def _is_near(one: Quoted, measured: float) -> bool:
    return abs(measured - one.tokens_per_s) <= SAME_WITHIN * one.tokens_per_s


def _holds(found: Compared | LeftOut) -> bool:
    return found.low is not None and found.high is not None and found.low <= found.measured <= found.high


def _said(found: Compared | LeftOut) -> str:
    ends: Sequence[float] = (found.low or 0.0, found.high or 0.0)
    return f"{found.predicted:,.4g} ({ends[0]:,.4g} to {ends[1]:,.4g}) {'inside' if _holds(found) else 'OUTSIDE'}"


if __name__ == "__main__":
    raise SystemExit(main())
