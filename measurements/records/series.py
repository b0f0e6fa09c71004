"""Repeated readings: median, p10, p90, every sample, and how much the trials disagree."""

import statistics
from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import Field, model_validator

from calculator.errors import CalculatorError
from calculator.evidence import Record, Remark
from calculator.units import Finite, plain_number

SPREAD_LIMIT_FRACTION = 0.10  # quiet Macs spread 0.1 to 0.6 %, a disturbed one 10 % and more
DRIFT_LIMIT_FRACTION = 0.03  # heat takes a third of a fanless Mac's prefill within a series


Count = Annotated[int, Field(ge=1, le=1_000_000)]


class MeasurementError(CalculatorError):
    """A measurement cannot be made, read or stored; the text says what is wrong and what to do."""


class Series(Record):
    """Repeated readings of one quantity: median, p10, p90, and every sample in the order taken.

    `samples` is empty if a source states only a mean and its spread; `reading_count` is the number of readings.
    """

    central: Finite
    low: Finite
    high: Finite
    reading_count: Count = 1
    samples: tuple[Finite, ...] = Field(default=(), max_length=100_000)

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        if not self.low <= self.central <= self.high:
            raise ValueError(
                f"low is {plain_number(self.low)}, central {plain_number(self.central)}, high "
                f"{plain_number(self.high)}; they must be in order. Write low <= central <= high."
            )
        if self.samples and self.reading_count != len(self.samples):
            raise ValueError(
                f"reading_count is {self.reading_count}, but there are {len(self.samples)} samples. Make them equal."
            )
        return self

    @classmethod
    def of(cls, samples: Sequence[float]) -> "Series":
        """Median with p10 and p90 (linear between order statistics) of one or more samples."""
        values = [float(value) for value in samples]
        if not values:
            raise MeasurementError(
                "A series has no samples; it needs at least one. Run the probe with at least one trial."
            )
        deciles = statistics.quantiles(values, n=10, method="inclusive") if len(values) > 1 else [values[0]] * 9
        central = statistics.median(values)
        return cls(
            central=central,
            low=min(deciles[0], central),
            high=max(deciles[8], central),
            reading_count=len(values),
            samples=tuple(values),
        )

    @classmethod
    def of_mean(cls, mean: float, *, standard_deviation: float = 0.0, reading_count: int = 1) -> "Series":
        """A series of a source that states mean and standard deviation: p10 and p90 of the normal law, at least 0."""
        if standard_deviation <= 0:
            return cls(central=mean, low=mean, high=mean, reading_count=reading_count)
        law = statistics.NormalDist(mean, standard_deviation)
        return cls(
            central=mean, low=min(mean, max(0.0, law.inv_cdf(0.1))), high=law.inv_cdf(0.9), reading_count=reading_count
        )

    def scaled(self, factor: float) -> "Series":
        """The series with every figure multiplied by a positive factor."""
        return Series(
            central=self.central * factor,
            low=self.low * factor,
            high=self.high * factor,
            reading_count=self.reading_count,
            samples=tuple(value * factor for value in self.samples),
        )

    def spread_fraction(self) -> float:
        """(p90 - p10) / median, the disagreement of the trials; 0 for one sample."""
        return (self.high - self.low) / abs(self.central) if self.central else 0.0

    def drift_fraction(self) -> float:
        """(mean of the last third - mean of the first third) / median, which shows heat."""
        third = len(self.samples) // 3
        if third == 0 or not self.central:
            return 0.0
        first, last = statistics.fmean(self.samples[:third]), statistics.fmean(self.samples[-third:])
        return (last - first) / abs(self.central)


def trial_remarks(series: Series, *, name: str) -> tuple[Remark, ...]:
    """Remarks about trials that disagree or drift by more than the limits."""
    remarks: list[Remark] = []
    spread, drift = series.spread_fraction(), series.drift_fraction()
    if spread > SPREAD_LIMIT_FRACTION:
        text = (
            f"{name}: the trials spread by {spread:.0%} of their median; the limit is {SPREAD_LIMIT_FRACTION:.0%}. "
            "Close other programs and measure again."
        )
        remarks.append(Remark(code="spread", text=text, level="problem"))
    if abs(drift) > DRIFT_LIMIT_FRACTION:
        text = (
            f"{name}: the last trials differ from the first by {drift:+.0%}; the limit is {DRIFT_LIMIT_FRACTION:.0%}. "
            "Let the machine cool down and measure again."
        )
        remarks.append(Remark(code="drift", text=text, level="warning"))
    return tuple(remarks)
