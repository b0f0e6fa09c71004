"""Predictions of published rows by laws that had not seen their publisher: the file that `bench/accuracy.py --write` writes.

What a person sees as "predicted against measured" is this, never the rows a law was fitted on.
"""

import csv
import functools
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path

FILE = Path(__file__).parent / "left_out.csv"
_DIGITS = 5


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One published figure in tokens/s and its prediction, whose 80 % range is low to high."""

    kind: str
    """decode, one stream; decode, several streams; or prefill."""
    device: str
    device_count: int
    runtime: str
    model: str
    measured: float
    predicted: float
    low: float
    high: float
    publisher: str

    @property
    def is_inside(self) -> bool:
        """Whether the range held the figure."""
        return self.low <= self.measured <= self.high


def write_left_out(rows: Iterable[LeftOut], path: Path = FILE) -> None:
    """Write the rows, speeds to five digits."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(field.name for field in fields(LeftOut))
        for row in rows:
            table.writerow(f"{cell:.{_DIGITS}g}" if isinstance(cell, float) else cell for cell in astuple(row))


@functools.cache
def read_left_out(path: Path = FILE) -> tuple[LeftOut, ...]:
    """The shipped rows."""
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(
            LeftOut(
                kind=row["kind"],
                device=row["device"],
                device_count=int(row["device_count"]),
                runtime=row["runtime"],
                model=row["model"],
                measured=float(row["measured"]),
                predicted=float(row["predicted"]),
                low=float(row["low"]),
                high=float(row["high"]),
                publisher=row["publisher"],
            )
            for row in csv.DictReader(file)
        )
