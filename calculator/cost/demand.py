"""Demand of each month, its growth, and how much of it the machines can take.

`Inputs` gives every formula its values: the scenario's own, or draws and trial values in their place. `Load` splits the
demand of each month into what the machines serve and what is missed, as courses that can be summed in closed form.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from calculator.cost.growing_fleet import (
    LEAST,
    ROUNDING,
    BusyStretch,
    GrowingFleet,
    Purchases,
    always_busy,
    always_busy_by_purchase,
    full_months,
    purchases_of,
)
from calculator.cost.inputs import Growth, Inputs, Step
from calculator.finance.courses import Course, Excess, Repeated
from calculator.finance.ledger import Term
from calculator.number import Number, some
from calculator.service.sizing import MOST_MACHINES
from calculator.service.usage import Usage
from calculator.units import MONTHS_PER_YEAR, TOKENS_PER_MTOK


@dataclass(frozen=True, slots=True)
class Demand:
    """Million tokens of month 1, by what is billed for them."""

    input_mtok: Number
    cached_mtok: Number
    output_mtok: Number
    mtok: Number
    kept_mtok: Number = 0.0

    @classmethod
    def of(cls, inputs: Inputs) -> "Demand":
        requests = inputs.requests_per_working_day * inputs.working_days_per_year / MONTHS_PER_YEAR
        read = requests * (inputs.prompt_tokens + inputs.retrieved_tokens) / TOKENS_PER_MTOK
        cached, written = inputs.cached_prompt_fraction, requests * inputs.answer_tokens / TOKENS_PER_MTOK
        fresh = read * (1 - cached)
        kept = fresh * inputs.api_cache_write_fraction
        return cls(fresh - kept, read * cached, written, read + written, kept)

    def terms(self, inputs: Inputs) -> tuple[Term, ...]:
        """Million tokens, input and output, as they grow."""
        return (Term(self.mtok, inputs.course(growth="demand_growth_rate")),)

    def priced(self, prices: Mapping[str, Number]) -> list[tuple[str, Number, Number]]:
        rows = [
            ("input", self.input_mtok, prices["input"]),
            ("kept", self.kept_mtok, prices["kept"]),
            ("cached", self.cached_mtok, prices["cached"]),
            ("output", self.output_mtok, prices["output"]),
        ]
        return [row for row in rows if row[0] not in ("cached", "kept") or some(row[1])]

    def usd_per_month(self, prices: Mapping[str, Number]) -> Number:
        return sum((mtok * price for _, mtok, price in self.priced(prices)), start=0.0)


@dataclass(frozen=True, slots=True)
class Load:
    """Demand D(m) = (1+g)^((m-1)/12) against the capacity R: served(m) = min(D(m), R) * availability.

    prefill_h, decode_h: hours of the whole demand of month 1, per machine that is there at the start. on_h, working_h:
    hours on a month, and those of days with demand. room: R, the capacity of all machines, the further ones included,
    as a multiple of month 1's demand. levels: shares of the day's demand with the capacity that meets each: the busiest
    hour and the quiet ones, where what is
        beyond is bought hour by hour; else the whole day with R.
    works_fraction: share of the demand within R that is served.
    buys_rest, buys_lost: whether what is beyond R, and the work of hours out of service, is bought from the API.
    available_fraction: share of its hours in which a machine is there.
    enough: whether demand never passes R.
    always_busy: demands at which prefill and decode fill the hours on of the machines that are there; beyond them
        larger batches take up to their capacity, and decode gets only the hours that prefill leaves.
    busy_from: the same where each part of the day takes what it can: the demand from which on no hour is left.
    full_months: the month from which each further machine is needed; a later one than any horizon: never.
    purchases: the same of draws, and `full_months` is then empty.
    quiet_months, quiet_purchases: the same of machines rented by the hour in the quiet hours.
    """

    inputs: Inputs
    prefill_h: Number
    decode_h: Number
    on_h: Number
    working_h: Number
    room: Number
    works_fraction: Number
    available_fraction: Number
    enough: bool
    levels: tuple[tuple[float, Number], ...]
    buys_rest: bool
    buys_lost: bool
    always_busy: tuple[BusyStretch, ...]
    busy_from: Number
    full_months: tuple[Number, ...]
    purchases: Purchases | None
    quiet_months: tuple[Number, ...]
    quiet_purchases: Purchases | None
    _served: dict[str, tuple[Term, ...]] = field(default_factory=dict[str, tuple[Term, ...]], repr=False)

    @classmethod
    def of(
        cls, owner: str, inputs: Inputs, usage: Usage, *, may_grow: bool = False, kept_fraction: Number = 1.0
    ) -> "Load":
        """The load of one option where requests, hours or speeds may differ from those of its usage.

        `may_grow`: further machines may be bought, if the scenario says so. `kept_fraction`: share of its hours in
        which the host does not take it away (spot).
        """
        scenario = inputs.scenario
        share = usage.served_fraction or 1.0  # nothing is served: the hours are 0 whatever they are divided by
        more, longer, read, written, highest = inputs.once("of every option", lambda: _of_every_option(inputs))
        prefill_h = usage.prefill_h_per_month / share * read / inputs.of(owner, "prefill_speed_ratio", 1.0)
        decode_h = usage.decode_h_per_month / share * written / inputs.of(owner, "decode_speed_ratio", 1.0)
        known_h = (usage.prefill_h_per_month + usage.decode_h_per_month) / share
        slower = (prefill_h + decode_h) / known_h if known_h else more
        scale = longer / np.maximum(slower, LEAST)
        count = usage.machine_count
        one = _capacity_ratio(usage, known_h) * scale
        growth = inputs.demand_growth_rate
        when_full = usage.when_full or ("buy-from-api" if scenario.when_full == "buy-from-api" else "buy-another")
        further = 0
        if may_grow and when_full == "buy-another" and not usage.is_count_final:
            wanted = np.ceil(np.max(highest / np.maximum(one, LEAST)) - ROUNDING) - count  # below 0: demand shrinks
            further = int(np.clip(wanted, 0, (_MOST_FURTHER_1 if scenario.rules == 1 else MOST_MACHINES - count)))
        room = one * (count + further)
        levels: tuple[tuple[float, Number], ...] = ((1.0, room),)
        if usage.quiet_capacity_ratio is not None:
            quiet = usage.quiet_capacity_ratio * scale * count
            levels = ((usage.peak_fraction, room), (1 - usage.peak_fraction, quiet))
        if usage.hour_levels:
            levels = tuple((part, ratio * scale * count) for part, ratio in usage.hour_levels)
        enough = all(bool((np.asarray(limit) * (1 + ROUNDING) >= highest).all()) for part, limit in levels if part > 0)
        available = inputs.availability_fraction * kept_fraction
        fleet = GrowingFleet(one=one, count=count, further=further, growth=growth, highest=highest)
        drawn = further > 0 and inputs.drawn
        purchases = purchases_of(inputs, fleet=fleet) if drawn else None
        full = () if drawn else full_months(fleet)
        quietly = _in_quiet_hours(fleet, usage)
        on_h = usage.on_h_per_month * longer
        working_h = on_h if usage.working_h_per_month is None else usage.working_h_per_month * longer
        fills = working_h / np.maximum(prefill_h + decode_h, LEAST) / count
        return cls(
            inputs,
            prefill_h,
            decode_h,
            on_h,
            working_h,
            room,
            # version 0.1 counted lost requests as served where lost hours had a price
            works_fraction=1.0 if scenario.rules == 1 and scenario.downtime_usd_per_h else available,
            available_fraction=available,
            enough=enough,
            levels=levels,
            buys_rest=scenario.rules == 1 or when_full == "buy-from-api",
            buys_lost=scenario.rules == 1 or scenario.when_down == "buy-from-api",
            always_busy=_always_busy(fills, fleet, full=full, purchases=purchases, by_the_hour=len(levels) > 1),
            busy_from=_busy_from(fills * count, levels) if len(levels) > 1 else np.inf,
            full_months=full,
            purchases=purchases,
            quiet_months=full_months(quietly) if quietly and not drawn else (),
            quiet_purchases=purchases_of(inputs, fleet=quietly) if quietly and drawn else None,
        )

    def served(self, step: Step = "") -> tuple[Term, ...]:
        """Demand of month 1 that is served, as terms; `step` names the rate by which its price moves each year."""
        if step not in self._served:
            self._served[step] = self._serve(step)
        return self._served[step]

    def _serve(self, step: Step) -> tuple[Term, ...]:
        all_of_it = Term(self.works_fraction, self.inputs.course(growth="demand_growth_rate", step=step))
        if self.enough:
            return (all_of_it,)
        price = self.inputs.course(step=step)
        return all_of_it, *self._beyond(-self.works_fraction, price)

    def _beyond(self, factor: Number, price: Course) -> tuple[Term, ...]:
        """Demand beyond the capacity of each part of the day, times a factor and the course of a price."""
        growth = self.inputs.demand_growth_rate
        return tuple(Term(factor * part, Excess(growth, limit, price)) for part, limit in self.levels if part > 0)

    def busy_hours(self, step: Step = "") -> dict[str, tuple[Term, ...]]:
        """Hours of month 1 by state, as terms: demand times its hours, never more than the machine is on."""
        served = self.served(step)
        prefill, decode = (
            tuple(Term(term.amount_usd * hours, term.course) for term in served)
            for hours in (self.prefill_h, self.decode_h)
        )
        if self.always_busy:
            saved_h = (self.prefill_h + self.decode_h) * self.works_fraction
            decode += tuple(self._saved(stretch, -saved_h, step) for stretch in self.always_busy)
            if not self.enough:
                decode += self._beyond(saved_h, self.inputs.course(step=step))
        if bool(np.isfinite(self.busy_from).any()):
            decode += self._filled((self.prefill_h + self.decode_h) * self.works_fraction, step)
        return {"prefill": prefill, "decode": decode}

    def _filled(self, hours: Number, step: Step) -> tuple[Term, ...]:
        """What the parts of the day take beyond the demand that fills all hours: larger batches, no further hours."""
        growth, price, full = self.inputs.demand_growth_rate, self.inputs.course(step=step), self.busy_from
        return (
            Term(-hours, Excess(growth, full, price)),
            *(
                Term(hours * part, Excess(growth, np.maximum(limit, full), price))
                for part, limit in self.levels
                if part
            ),
        )

    def _saved(self, stretch: BusyStretch, hours: Number, step: Step) -> Term:
        """Hours times what is above a limit, priced by the course of each draw."""
        picked, price, growth = stretch.picked, self.inputs.course(step=step), self.inputs.demand_growth_rate
        if picked is None:
            return Term(hours, replace(stretch.excess, price=price))

        def above() -> Excess:
            later = Course(picked.of(price.growth_rate), picked.of(price.step_rate))
            return replace(stretch.excess, price=later, whole=(growth, price, picked))

        made_of = ("above", stretch.excess.room, growth, price.growth_rate, price.step_rate)
        return Term(hours, Repeated(above, picked, made_of))

    def bought(self, trend: Growth = "api_price_trend_rate") -> tuple[Term, ...]:
        """Demand that is bought from the API, times the trend of its price: what is beyond R, and hours out of
        service."""
        found: list[Term] = []
        if self.buys_lost and some(self.works_fraction - 1):
            course = self.inputs.course(growth="demand_growth_rate", growth_and=trend)
            found.append(Term(1 - self.works_fraction, course))
        if self.buys_rest and not self.enough:
            found.extend(self._beyond(self.works_fraction, self.inputs.course(growth=trend)))
        return tuple(found)

    @property
    def loses(self) -> bool:
        """Whether some demand is neither served here nor bought."""
        return (not self.buys_lost and some(self.works_fraction - 1)) or (not self.buys_rest and not self.enough)


def _always_busy(
    fills: Number, fleet: GrowingFleet, *, full: tuple[Number, ...], purchases: Purchases | None, by_the_hour: bool
) -> tuple[BusyStretch, ...]:
    """Where demand fills all hours on; by `_busy_from` if each part of the day takes what it can."""
    if by_the_hour:
        return ()
    return always_busy_by_purchase(fills, fleet, purchases) if purchases else always_busy(fills, fleet, full=full)


def _busy_from(full: Number, levels: tuple[tuple[float, Number], ...]) -> Number:
    """Demand D at which what the parts of the day take, sum of part * min(D, limit), is `full`; infinite where it never is.

    The sum is the least of its lines C_k + S_k D, C_k of the parts that are full and S_k of the others, least limit first.
    """
    found, taken, left = np.asarray(full, dtype=np.float64), np.zeros(()), 1.0
    for part, limit in sorted(levels, key=lambda level: float(np.mean(level[1]))):
        taken, left = taken + part * np.asarray(limit), left - part
        found = np.maximum(found, (full - taken) / left) if left > ROUNDING else np.where(full < taken, found, np.inf)
    return found


def _in_quiet_hours(fleet: GrowingFleet, usage: Usage) -> GrowingFleet | None:
    """The fleet that the quiet hours need: each machine takes more of a day's demand, as less of it comes at once.

    It follows demand where the busiest hour's does: a draw that needs no further machine there adds none here.
    """
    if usage.quiet is None or not fleet.further:
        return None
    there = fleet.count + fleet.further
    grows = np.ceil(fleet.highest / np.maximum(fleet.one, LEAST) - ROUNDING) > fleet.count
    one, count = np.where(grows, fleet.one / usage.quiet.demand_ratio, np.inf), usage.quiet.machine_count
    wanted = np.ceil(np.max(fleet.highest / np.maximum(one, LEAST)) - ROUNDING) - count
    return replace(fleet, one=one, count=count, further=int(np.clip(wanted, 0, there - count)))


def _of_every_option(inputs: Inputs) -> tuple[Number, Number, Number, Number, Number]:
    """As multiples of the scenario's: requests a month, hours on a month, tokens to read and to write a month; and the
    highest demand as a multiple of month 1's. Speeds stay those of the scenario's own lengths."""
    scenario = inputs.scenario
    requests = scenario.requests_per_working_day
    days = inputs.working_days_per_year / scenario.working_days_per_year
    more = (inputs.requests_per_working_day / requests if requests else 1.0) * days
    central = scenario.input_tokens() * (1 - scenario.cached_prompt_fraction)
    read = (inputs.prompt_tokens + inputs.retrieved_tokens) * (1 - inputs.cached_prompt_fraction)
    return (
        more,
        inputs.on_h_per_day / scenario.on_h_per_day * days,
        more * (read / central if central else 1.0),
        more * (inputs.answer_tokens / scenario.answer_tokens),
        np.maximum(1.0, (1 + inputs.demand_growth_rate) ** ((scenario.months - 1) / MONTHS_PER_YEAR)),
    )


def _capacity_ratio(usage: Usage, known_h: float) -> float:
    if usage.capacity_ratio is not None:
        return usage.capacity_ratio
    if usage.served_fraction < 1:
        return usage.served_fraction
    return usage.on_h_per_month / known_h if known_h else math.inf


_MOST_FURTHER_1 = 15  # version 0.1 stopped here
