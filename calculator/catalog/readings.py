"""Readings as they were read: dated prices, rents, watts and shares, one row each, before anything is made of them."""

from typing import Literal, Self

from pydantic import Field, model_validator

from calculator.evidence import IsoDate, Record
from calculator.units import Finite, digits, plain_number

ReadingKind = Literal["price", "rent", "watts", "resale", "tariff", "subscription", "limit", "embodied"]


class Reading(Record):
    """One figure as a source states it, in its own unit and currency: a row of readings.toml.

    `low` and `high` are absent where the figure was looked for and not found; `high` alone is missing for a price
    "from", `low` alone for one "under". `grade` is that of the row: a good source may quote a poor one.
    """

    id: str
    item: str
    what: ReadingKind
    kind: str = ""
    low: Finite | None = None
    high: Finite | None = None
    unit: str = Field(min_length=1)
    region: str = ""
    as_of: IsoDate
    source: str
    grade: Literal["A", "A-", "B", "C", "D"]
    note: str = ""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.low is not None and self.high is not None and not 0 <= self.low <= self.high:
            raise ValueError(
                f"low {plain_number(self.low)} and high {plain_number(self.high)} are not in order; write 0 <= low <= "
                "high."
            )
        return self

    @property
    def is_known(self) -> bool:
        """Whether a figure was found at all."""
        return self.low is not None or self.high is not None

    def said(self) -> str:
        """The figure for people, as read.

        >>> Reading(id="p1", item="m", what="price", low=4999, unit="USD", as_of="2026-10", source="s", grade="B").said()
        'from 4,999 USD'
        """
        low, high = (None if value is None else digits(value, 10) for value in (self.low, self.high))
        if low is None and high is None:
            return "not found"
        if low is None or high is None:
            return f"from {low} {self.unit}" if high is None else f"up to {high} {self.unit}"
        return f"{low} {self.unit}" if low == high else f"{low} to {high} {self.unit}"
