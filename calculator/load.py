"""What does each month ask of an option? Demand, its growth, and how much of it the machines can take.

`Inputs` gives every formula its values: the scenario's own, or draws and trial values in their place. `Load` splits the
demand of each month into what the machines serve and what is missed, as courses that can be summed in closed form.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from calculator.catalog.types import ApiTariff
from calculator.evidence import Quantity
from calculator.finance.ledger import Course, Term
from calculator.scenario import Scenario
from calculator.units import MONTHS_PER_YEAR, TOKENS_PER_MTOK

Number = Any
"""float, or an ndarray of draws."""


@dataclass(frozen=True, slots=True)
class Usage:
    """How hard one option works in month 1 (from service.py and physics/power.py); all figures are per machine.

    Hours serve the share `served_fraction` of the demand of month 1. `capacity_ratio` is the demand that the machines
    could serve at most, as a multiple of month 1's; None derives it from the hours. Watts are at the wall.
    """

    prefill_h_per_month: Number = 0.0
    decode_h_per_month: Number = 0.0
    on_h_per_month: Number = 0.0
    served_fraction: Number = 1.0
    capacity_ratio: Number | None = None
    prefill_w: Number = 0.0
    decode_w: Number = 0.0
    idle_w: Number = 0.0
    sleep_w: Number = 0.0
    machine_count: int = 1


@dataclass(frozen=True)
class Inputs:
    """The scenario's values, some of them replaced by draws or trial values.

    `given` maps a scenario field, or "<option id>.<name>" for what belongs to one option, to a number or an array of
    draws. Courses are kept by name, so that all options share them and each is summed once.
    """

    scenario: Scenario
    given: Mapping[str, Number] = field(default_factory=dict[str, Number])
    _courses: dict[str, Course] = field(default_factory=dict[str, Course], repr=False)

    def __getitem__(self, name: str) -> Number:
        return self.given[name] if name in self.given else getattr(self.scenario, name)

    def of(self, owner: str, name: str, otherwise: Quantity | Number) -> Number:
        """What belongs to one option: its given value, or the catalogue's central one."""
        key = f"{owner}.{name}"
        if key in self.given:
            return self.given[key]
        return otherwise.central if isinstance(otherwise, Quantity) else otherwise

    def course(self, *, growth: str = "", step: str = "", growth_and: str = "", first_month: int = 1) -> Course:
        """The course that grows with the named rates; the same object for the same names."""
        key = f"{growth}|{growth_and}|{step}|{first_month}"
        if key not in self._courses:
            rate: Number = self[growth] if growth else 0.0
            rate = (1 + rate) * (1 + self[growth_and]) - 1 if growth_and else rate
            self._courses[key] = Course(rate, self[step] if step else 0.0, first_month)
        return self._courses[key]


@dataclass(frozen=True, slots=True)
class Demand:
    """Million tokens of month 1, by what is billed for them."""

    input_mtok: Number
    cached_mtok: Number
    output_mtok: Number
    mtok: Number

    @classmethod
    def of(cls, inputs: Inputs) -> "Demand":
        requests = inputs["requests_per_working_day"] * inputs["working_days_per_year"] / MONTHS_PER_YEAR
        read = requests * (inputs["prompt_tokens"] + inputs["retrieved_tokens"]) / TOKENS_PER_MTOK
        cached, written = inputs["cached_prompt_fraction"], requests * inputs["answer_tokens"] / TOKENS_PER_MTOK
        return cls(read * (1 - cached), read * cached, written, read + written)

    def terms(self, inputs: "Inputs") -> tuple[Term, ...]:
        """Million tokens, input and output, as they grow."""
        return (Term(self.mtok, inputs.course(growth="demand_growth_rate")),)

    def priced(self, prices: Mapping[str, Number]) -> list[tuple[str, Number, Number]]:
        rows = [
            ("input", self.input_mtok, prices["input"]),
            ("cached", self.cached_mtok, prices["cached"]),
            ("output", self.output_mtok, prices["output"]),
        ]
        return [row for row in rows if row[0] != "cached" or np.any(row[1])]

    def usd_per_month(self, prices: Mapping[str, Number]) -> Number:
        return sum((mtok * price for _, mtok, price in self.priced(prices)), start=0.0)


def tariff_key(tariff: ApiTariff) -> str:
    """The owner under which a tariff's prices are given: the same for the option and for the overflow of others."""
    return f"{tariff.provider}/{tariff.provider_model}"


def api_prices(tariff: ApiTariff, inputs: Inputs) -> dict[str, Number]:
    """Effective $/Mtok after batch discount and retries; a host without a cached price bills cached tokens as input."""
    owner = tariff_key(tariff)
    factor = (1 - inputs["api_batch_fraction"] * inputs["api_batch_discount_fraction"]) * (
        1 + inputs["api_retry_fraction"]
    )
    listed = inputs.of(owner, "input_usd_per_mtok", tariff.input_usd_per_mtok)
    cached = (
        listed
        if tariff.cached_input_usd_per_mtok is None
        else inputs.of(owner, "cached_input_usd_per_mtok", tariff.cached_input_usd_per_mtok)
    )
    written = inputs.of(owner, "output_usd_per_mtok", tariff.output_usd_per_mtok)
    return {"input": listed * factor, "cached": cached * factor, "output": written * factor}


@dataclass(frozen=True, slots=True)
class Load:
    """Demand D(m) = (1+g)^((m-1)/12) against the capacity R: served(m) = min(D(m), R) * availability.

    Where R is reached within the horizon the months split once: growing demand is served in full first, falling demand
    last. Hours are those of the whole demand of month 1, per machine.
    """

    inputs: Inputs
    prefill_h: Number
    decode_h: Number
    on_h: Number
    room: Number
    works_fraction: Number
    always: bool
    full: tuple[Number, Number]
    short: tuple[Number, Number]

    @classmethod
    def of(cls, owner: str, inputs: Inputs, usage: Usage) -> "Load":
        scenario = inputs.scenario
        served = np.asarray(usage.served_fraction, dtype=float)
        safe = np.where(served > 0, served, 1.0)
        more = (
            inputs["requests_per_working_day"] / scenario.requests_per_working_day
            if scenario.requests_per_working_day
            else 1.0
        )
        on_h = usage.on_h_per_month * inputs["on_h_per_day"] / scenario.on_h_per_day
        known = (usage.prefill_h_per_month + usage.decode_h_per_month) / safe
        prefill_h = usage.prefill_h_per_month / safe * more / inputs.of(owner, "prefill_speed_ratio", 1.0)
        decode_h = usage.decode_h_per_month / safe * more / inputs.of(owner, "decode_speed_ratio", 1.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            room = (
                usage.capacity_ratio
                if usage.capacity_ratio is not None
                else np.where(served < 1, served, usage.on_h_per_month / known)
            )
            slower = np.where(known > 0, (prefill_h + decode_h) / known, more)
            room = np.where(
                slower > 0, room * (on_h / usage.on_h_per_month if usage.on_h_per_month else 1.0) / slower, np.inf
            )
        log_growth = np.log1p(inputs["demand_growth_rate"]) / MONTHS_PER_YEAR
        months = scenario.months
        demand_most = np.exp(np.maximum(log_growth * (months - 1), 0.0))
        always = bool(np.all(room >= demand_most))
        full, short = ((1, months), (1, 0)) if always else _split_months(room, log_growth=log_growth, months=months)
        works = inputs["availability_fraction"] if scenario.downtime_usd_per_h == 0 else 1.0
        return cls(inputs, prefill_h, decode_h, on_h, room, works, always, full, short)

    def served(self, step: str = "") -> tuple[Term, ...]:
        """Demand of month 1 that is served, as terms; `step` names the rate by which its price moves each year."""
        if self.always:
            return (Term(self.works_fraction, self.inputs.course(growth="demand_growth_rate", step=step)),)
        price = self.inputs[step] if step else 0.0
        growth = self.inputs["demand_growth_rate"]
        return (
            Term(self.works_fraction, Course(growth, price, *self.full)),
            Term(
                self.works_fraction * np.where(np.isfinite(self.room), self.room, 0.0), Course(0.0, price, *self.short)
            ),
        )

    def missed(self) -> tuple[Term, ...]:
        """Demand that is not served, times the trend of API prices."""
        trend, growth = self.inputs["api_price_trend_rate"], self.inputs["demand_growth_rate"]
        both = (1 + growth) * (1 + trend) - 1
        idle = 1 - self.works_fraction
        if self.always:
            return (
                (Term(idle, self.inputs.course(growth="demand_growth_rate", growth_and="api_price_trend_rate")),)
                if np.any(idle)
                else ()
            )
        room = np.where(np.isfinite(self.room), self.room, 0.0)
        return (
            Term(idle, Course(both, 0.0, *self.full)),
            Term(1.0, Course(both, 0.0, *self.short)),
            Term(-self.works_fraction * room, Course(trend, 0.0, *self.short)),
        )


def _split_months(
    room: Number, *, log_growth: Number, months: int
) -> tuple[tuple[Number, Number], tuple[Number, Number]]:
    """First and last month in which demand is served in full, and in which it is not."""
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = np.where(log_growth == 0, 0.0, np.log(np.maximum(room, _TINY_ROOM)) / log_growth)
    crossing = np.clip(np.nan_to_num(crossing, posinf=months, neginf=-1.0), -1.0, months)
    growing_until = np.where(room >= 1, np.floor(crossing + _ROUNDING) + 1, 0)
    falling_until = np.where(room >= 1, 0, np.ceil(crossing - _ROUNDING))
    flat_until = np.where(room >= 1, months, 0)
    last_full = np.minimum(np.where(log_growth > 0, growing_until, flat_until), months)
    last_short = np.minimum(falling_until, months)
    falls = log_growth < 0
    full = (np.where(falls, last_short + 1, 1), np.where(falls, months, last_full))
    short = (np.where(falls, 1, last_full + 1), np.where(falls, last_short, months))
    return full, short


_ROUNDING = 1e-9
_TINY_ROOM = 1e-300
