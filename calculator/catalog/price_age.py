"""Old prices: how much wider a price's range becomes with its age, by kind of price.

The logarithm of a price is taken as a random walk. With the volatility v (per square root of a year) and the age t
(years), each side of the range widens on its own and the central value moves with the drift d:

    central(t) = central e^(d t)
    high(t) / central(t) = exp( sqrt( ln(high / central)^2 + (z v)^2 t ) ),   z = 1.2816 (P90 of a normal distribution)

and low likewise. At age 0 the range is the price's own. Volatility and drift are estimated from dated prices of the
same thing in the same channel (price_history.toml), each pair of neighbours giving the log return r over the years dt:

    v^2 = sum r^2 / sum dt          d = sum r / sum dt, with the standard error v / sqrt(sum dt)

Differences between shops on one day are in r as well, so v is an upper estimate over short times. Our own form.
"""

import calendar
import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import Literal, Self

from pydantic import Field, model_validator

from calculator.catalog.options import ApiOffer, CloudOffer, Machine
from calculator.catalog.plans import Subscription
from calculator.errors import ScenarioError
from calculator.evidence import Entry, IsoDate, Quantity, Record
from calculator.number import Range
from calculator.units import DAYS_PER_YEAR, Positive, plain_number

PriceKind = Literal["gpu_card", "memory", "pc", "mac", "used", "rental", "api"]
"""What moves together: new graphics cards and PCs built around them; memory; mini PCs; Macs, new or used; used cards
and PCs; rented GPUs; tokens of a hosted API."""

Z_P90 = 1.2816
SHELF_LIFE_FRACTION = 0.1
"""A price is fresh while age alone keeps its P10 to P90 within 10 % of it."""


class PricePoint(Record):
    """One dated reading: a price, or the range of what was asked that day."""

    as_of: IsoDate
    low: Positive
    high: Positive


class PriceSeries(Entry):
    """Prices of one thing in one channel over time: a row of price_history.toml.

    `count` is how many things have exactly this course (hosted prices that nobody changed).
    """

    item: str
    kind: PriceKind
    unit: str
    source: str
    count: int = Field(default=1, ge=1)
    points: tuple[PricePoint, ...] = Field(min_length=2)
    note: str = ""

    @model_validator(mode="after")
    def _dates_rise(self) -> Self:
        days = [middle_day(point.as_of) for point in self.points]
        if any(first >= second for first, second in pairwise(days)):
            raise ValueError(f"points of {self.item!r} are not in rising order of date; sort them, each date once.")
        return self

    def moves(self) -> Iterator[tuple[float, float]]:
        """Each step between neighbours: log return of the geometric means, and years."""
        for first, second in pairwise(self.points):
            years = (middle_day(second.as_of) - middle_day(first.as_of)).days / DAYS_PER_YEAR
            yield 0.5 * math.log(second.low * second.high / (first.low * first.high)), years


def middle_day(iso: str) -> date:
    """The middle of what a date names: of the year, of the month, or the day itself."""
    parts = [int(part) for part in iso.split("-")]
    first = date(parts[0], parts[1] if len(parts) > 1 else 1, parts[2] if len(parts) > 2 else 1)
    days = 366 if calendar.isleap(first.year) else 365
    length = (days, calendar.monthrange(first.year, first.month)[1], 1)[len(parts) - 1]
    return first + timedelta(days=length // 2)


def volatility_per_root_year(series: Iterable[PriceSeries]) -> float:
    """v = sqrt(sum r^2 / sum dt), the spread of log prices after one year."""
    squares = years = 0.0
    for one in series:
        for log_return, step in one.moves():
            squares += one.count * log_return**2
            years += one.count * step
    return math.sqrt(squares / years)


def drift_rate(series: Iterable[PriceSeries]) -> tuple[float, float]:
    """d = sum r / sum dt per year, and its standard error v / sqrt(sum dt) if the series moved independently."""
    series = tuple(series)
    returns = sum(one.count * log_return for one in series for log_return, _ in one.moves())
    years = sum(one.count * step for one in series for _, step in one.moves())
    return returns / years, volatility_per_root_year(series) / math.sqrt(years)


def shelf_life_days(volatility: float, *, within: float = SHELF_LIFE_FRACTION) -> float:
    """Days after which age alone spreads a certain price's P10 to P90 by `within`: 365 (ln(1 + within) / (z v))^2."""
    return DAYS_PER_YEAR * (math.log1p(within) / (Z_P90 * volatility)) ** 2


def price_kind(option: Machine | CloudOffer | ApiOffer | Subscription) -> PriceKind:
    """The kind by which an option's price ages.

    A PC built around graphics cards ages as its cards do: they and its memory are four fifths of its price, and memory
    moved even more. A used Mac ages as new Macs do, against which it is sold: no series of used Macs was found.
    A seat of a subscription ages as tokens do, which the same vendors sell: no series of seats was found.
    """
    if isinstance(option, ApiOffer | Subscription):
        return "api"
    if isinstance(option, CloudOffer):
        return "rental"
    if option.kind == "mac":
        return "mac"
    if option.kind == "mini-pc":
        return "pc"
    return "used" if option.bought == "used" else "gpu_card"


def widened(quantity: Quantity, *, kind: PriceKind, age_days: float, constants: Mapping[str, Quantity]) -> Range:
    """The range of a price `age_days` after it was read, as P10, P50 and P90.

    Raises ScenarioError where the age is negative or the price is not above 0.
    """
    if not age_days >= 0:
        raise ScenarioError(f"age_days is {plain_number(age_days)}; it must be at least 0.")
    if not quantity.low > 0:
        raise ScenarioError(f"the price is {plain_number(quantity.low)}; it must be above 0.")
    years = age_days / DAYS_PER_YEAR
    by_age = Z_P90 * constants[f"{kind}_price_volatility"].central * math.sqrt(years)
    central = quantity.central * math.exp(constants[f"{kind}_price_drift_rate"].central * years)
    below = math.hypot(math.log(quantity.central / quantity.low), by_age)
    above = math.hypot(math.log(quantity.high / quantity.central), by_age)
    return Range(central * math.exp(-below), central, central * math.exp(above), quantity.unit)
