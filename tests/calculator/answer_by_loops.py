"""The answer once more, in plain loops: own draws, own ledger month by month and machine by machine, own counting.

Of the product it takes the ranges of the inputs, the speeds and the hours that one machine needs for month 1's demand;
what is made of them (futures, machines, lines, present values, odds) is written here again, without its formulas.
"""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

import calculator.catalog
from calculator.catalog.options import ApiOffer, Machine
from calculator.decision.comparison import Comparison
from calculator.risk.candidates import Candidate, spreads_of
from calculator.service.latency import latency
from calculator.service.occupancy import Work
from calculator.service.usage import Usage

Values = NDArray[np.float64]
_RULES = Path(calculator.catalog.__file__).parent / "distributions.toml"
_MOST_MACHINES = 64
_NORMAL = np.linspace(-6, 6, 12_001)
_PERT = stats.beta.ppf(stats.norm.cdf(_NORMAL), 3, 3)


@dataclass(frozen=True)
class Costs:
    """Present values (positive is cost): with people's time, and without it."""

    all_usd: Values
    hard_usd: Values


def fewest_machines(work: Work, *, peak_requests_per_s: float, variation: float, first_token_s: float) -> int | None:
    """One machine, two, three, ... until the first word comes in time; None where 64 do not do."""
    for count in range(1, _MOST_MACHINES + 1):
        felt = latency(work, requests_per_s=peak_requests_per_s / count, answer_variation_ratio=variation)
        if felt.load_fraction < 1 and felt.time_to_first_token_p95_s <= first_token_s:
            return count
    return None


def drawn(spread: Any, z: Values) -> Values:
    """A value for each normal score: the distributions of docs/model/finance.md, by SciPy."""

    def halves(low: float, middle: float, high: float, unit: Values) -> Values:
        return np.where(unit < 0, middle + unit * (middle - low), middle + unit * (high - middle))

    low, middle, high = spread.low, spread.central, spread.high
    unit = np.clip(z, -4, 4) / stats.norm.ppf(0.9)
    if spread.kind == "lognormal" and low > 0:
        found = np.exp(halves(math.log(low), math.log(middle), math.log(high), unit))
    elif spread.kind == "share" and low > 0 and high < 1:
        down, centre, up = (math.log(one / (1 - one)) for one in (low, middle, high))
        found = 1 / (1 + np.exp(-halves(down, centre, up, unit)))
    else:
        found = halves(low, middle, high, (np.interp(z, _NORMAL, _PERT) - 0.5) / (stats.beta.ppf(0.9, 3, 3) - 0.5))
    return np.clip(found, spread.floor, spread.ceiling)


def futures(found: Comparison, *, count: int, seed: int) -> dict[str, Values]:
    """Plain random futures of every input, certain ones too; what goes together does by a Gaussian copula."""
    spreads = spreads_of(found.candidates)
    wide = [name for name, spread in spreads.items() if not spread.certain]
    target = np.eye(len(wide))
    for rule in tomllib.loads(_RULES.read_text("utf-8"))["correlations"]:
        if all(name in wide for name in rule["between"]):
            row, column = (wide.index(name) for name in rule["between"])
            target[row, column] = target[column, row] = 2 * math.sin(math.pi / 6 * rule["rank"])
    mix = np.linalg.cholesky(target)
    source = np.random.default_rng(seed)
    z = mix @ source.standard_normal((len(wide), count))
    values = {name: np.full(count, float(spread.central)) for name, spread in spreads.items()}
    return values | {name: drawn(spreads[name], row) for name, row in zip(wide, z, strict=True)}


def present_values(found: Comparison, values: Mapping[str, Values]) -> dict[str, Costs]:
    """Every costed option in every future."""
    return {one.option.id: _Option(found, one, values).present_values() for one in found.candidates}


@dataclass(frozen=True)
class Odds:
    """Share of the futures in which the named option is the cheapest of all, and cheaper than the other of the pair."""

    cheapest: float
    pair: float
    hard_pair: float
    difference_usd: tuple[float, float, float]
    hard_difference_usd: tuple[float, float, float]


def odds_of(found: Comparison, *, count: int, seed: int, piece: int = 10_000) -> Odds:
    """Both verdicts' odds in futures of its own, a piece at a time; differences are P10, P50, P90 of the pair."""
    overall, pair = found.verdicts.overall, found.verdicts.mac_or_pc
    assert pair is not None
    assert pair.cheapest
    assert pair.next
    assert pair.hard.cheapest
    assert pair.hard.next
    wins: list[Values] = []
    gaps: list[Values] = []
    hard_gaps: list[Values] = []
    for part in range(math.ceil(count / piece)):
        costs = present_values(found, futures(found, count=min(piece, count - part * piece), seed=seed + part))
        least = np.min([one.all_usd for one in costs.values()], axis=0)
        wins.append(costs[str(overall.cheapest)].all_usd <= least)
        gaps.append(costs[pair.next].all_usd - costs[pair.cheapest].all_usd)
        hard_gaps.append(costs[pair.hard.next].hard_usd - costs[pair.hard.cheapest].hard_usd)
    gap, hard_gap = np.concatenate(gaps), np.concatenate(hard_gaps)
    return Odds(
        cheapest=float(np.mean(np.concatenate(wins))),
        pair=float(np.mean(gap > 0)),
        hard_pair=float(np.mean(hard_gap > 0)),
        difference_usd=_tenths(gap),
        hard_difference_usd=_tenths(hard_gap),
    )


def _tenths(values: Values) -> tuple[float, float, float]:
    low, middle, high = np.quantile(values, [0.1, 0.5, 0.9])
    return float(low), float(middle), float(high)


def central(found: Comparison) -> dict[str, Values]:
    """The base case as one future."""
    return {name: np.array([float(spread.central)]) for name, spread in spreads_of(found.candidates).items()}


class _Option:
    """One option: dollars are booked month by month and discounted at once."""

    def __init__(self, found: Comparison, candidate: Candidate, values: Mapping[str, Values]) -> None:
        self.found, self.scenario, self.candidate, self.values = found, found.scenario, candidate, values
        self.count = len(next(iter(values.values())))
        self.hard, self.soft = np.zeros(self.count), np.zeros(self.count)
        self.months = self.scenario.months
        self.by_month = (1 + self.of("discount_rate")) ** (1 / 12)

    def of(self, name: str) -> Values:
        """An input of the scenario in every future."""
        return self.values.get(name, np.full(self.count, float(getattr(self.scenario, name, 0.0))))

    def own(self, figure: str, central_value: float = 1.0) -> Values:
        """A figure of the option in every future."""
        return self.values.get(f"{self.candidate.option.id}.{figure}", np.full(self.count, central_value))

    def pay(self, usd: Values, month: int) -> None:
        self.hard += usd / self.by_month**month

    def work_of_people(self, usd: Values, month: int) -> None:
        self.soft += usd / self.by_month**month

    def present_values(self) -> Costs:
        option = self.candidate.option
        if isinstance(option, Machine):
            self._machines(option)
        elif isinstance(option, ApiOffer):
            self._hosted()
        else:
            self._rented()
        return Costs(self.hard + self.soft, self.hard)

    def _machines(self, machine: Machine) -> None:
        usage = self.candidate.usage
        assert usage is not None
        first = usage.machine_count
        wage, tax = self.of("wage_usd_per_h"), self.of("sales_tax_fraction")
        price = self.own("price_usd", machine.purchase_price().price_usd.central)
        setup_usd = self.own("setup_h", machine.setup_h.central) * wage
        prefill_h, decode_h = self._hours(usage)
        one = self._of_one(usage)
        fills = usage.on_h_per_month / ((prefill_h + decode_h) * first)
        bought = np.full((1, self.count), float(first))
        there = bought[0].copy()
        for month in range(1, self.months + 1):
            asked = (1 + self.of("demand_growth_rate")) ** ((month - 1) / 12)
            needed = np.clip(np.ceil(asked / one - 1e-9), there, max(_MOST_MACHINES, first))
            more = needed - there
            if month == 1:
                self.pay((first + more) * price * (1 + tax), 0)
                self.work_of_people((first + more) * setup_usd, 0)
            else:
                self.pay(more * price * (1 + tax), month - 1)
                self.work_of_people(more * setup_usd, month - 1)
            there = needed
            bought = np.vstack([bought, more])
            served = np.minimum(asked, one * there)
            hours = {"prefill_h": prefill_h * first, "decode_h": decode_h * first}
            self._energy(usage, month, there=there, served=served, fills=fills, **hours)
        for index, of_them in enumerate(bought):
            rows = np.flatnonzero(of_them)
            if rows.size:
                self._live(machine, rows, count=of_them[rows], from_month=max(index, 1), is_first=index == 0)

    def _live(self, machine: Machine, rows: NDArray[np.int64], **how: Any) -> None:
        """The futures in which machines come in a month, and no others."""
        those = _Option(self.found, self.candidate, {name: one[rows] for name, one in self.values.items()})
        those._life(machine, is_pc=machine.kind == "workstation", **how)
        self.hard[rows] += those.hard
        self.soft[rows] += those.soft

    def _hours(self, usage: Usage) -> tuple[Values, Values]:
        more = self.of("requests_per_working_day") / self.scenario.requests_per_working_day
        return (
            usage.prefill_h_per_month * more / self.own("prefill_speed_ratio"),
            usage.decode_h_per_month * more / self.own("decode_speed_ratio"),
        )

    def _of_one(self, usage: Usage) -> Values:
        """Demand that one machine takes at the peak hour, as a multiple of month 1's."""
        assert usage.capacity_ratio is not None
        central_h = usage.prefill_h_per_month + usage.decode_h_per_month
        return np.asarray(usage.capacity_ratio * central_h / np.add(*self._hours(usage)))

    def _energy(
        self,
        usage: Usage,
        month: int,
        *,
        there: Values,
        served: Values,
        prefill_h: Values,
        decode_h: Values,
        fills: Values,
    ) -> None:
        one = self._of_one(usage)
        reading = prefill_h * served
        too_many = np.maximum(served - np.minimum(fills, one) * there, 0)
        writing = decode_h * served - (prefill_h + decode_h) * too_many
        idling = usage.on_h_per_month * there - reading - writing
        kwh = np.zeros(self.count)
        for state, hours in (("prefill", reading), ("decode", writing), ("idle", idling)):
            kwh += hours * getattr(usage, f"{state}_w") * self.own(f"{state}_watt_ratio") / 1000
        price = self.of("electricity_usd_per_kwh") * (1 + self.of("electricity_escalation_rate")) ** _year(month)
        self.pay(kwh * price * (1 + self.of("cooling_season_fraction") / self.of("cooling_cop_ratio")), month)

    def _life(self, machine: Machine, *, is_pc: bool, count: Values, from_month: int, is_first: bool) -> None:
        """Care, repair and sale of machines that came at the start of a month."""
        care_h = self.of("pc_administration_h_per_year" if is_pc else "mac_administration_h_per_year")
        share = self.of("further_care_fraction")
        as_first = 1 + (count - 1) * share if is_first else count * share
        price = self.own("price_usd", machine.purchase_price().price_usd.central)
        failures = self.of("self_built_failure_rate" if is_pc else "built_failure_rate")
        cards = np.zeros(self.count)
        if machine.gpu_price_fraction is not None:
            cards = self.own("gpu_price_fraction", machine.gpu_price_fraction.central)
        used = np.full(self.count, float(machine.bought == "used"))
        used = np.where(used == 0, cards * (machine.cards_bought == "used"), used)
        age = float(machine.age_when_bought_years.central) if machine.age_when_bought_years else 0.0
        for month in range(from_month, self.months + 1):
            held = month - from_month
            wage = self.of("wage_usd_per_h") * (1 + self.of("wage_escalation_rate")) ** _year(month)
            older = (1 + self.of("care_growth_rate")) ** (held / 12)
            self.work_of_people(care_h / 12 * wage * older * as_first, month)
            out = used * (held >= self.scenario.used_warranty_months)
            out = out + (1 - used) * (held >= self.scenario.warranty_months)
            often = failures / 12 * (1 + self.of("failure_growth_rate")) ** (age + held / 12)
            usd = self.of("repair_fraction") * price * (1 + self.of("inflation_rate")) ** _year(month)
            self.pay(often * usd * out * count, month)
        years = (self.months - from_month + 1) / 36
        kept = self.of("resale_fraction") ** years
        if is_pc:
            kept = cards * self.of("gpu_resale_fraction") ** years
            kept = kept + (1 - cards) * self.of("pc_rest_resale_fraction") ** years
        worth = price * kept * self.of("resale_market_index") * (1 - self.of("resale_fee_fraction"))
        self.pay(-worth * count, self.months)

    def _rented(self) -> None:
        scenario, rate = self.scenario, self.own("rate_usd_per_h")
        step = self.own("billing_minutes")
        asked = scenario.on_h_per_day * 60 + self.own("startup_minutes")
        minutes = np.minimum(np.ceil(asked / step - 1e-9) * step, 24 * 60)
        usage = self.candidate.usage
        assert usage is not None
        one = self._of_one(usage)
        there = np.full(self.count, float(usage.machine_count))
        on_h, busiest = scenario.on_h_per_day, scenario.peak_factor_ratio
        quiet_share = (on_h - busiest) / (busiest * (on_h - 1))  # of one quiet hour, against the busiest one
        quiet = np.ones(self.count)
        self.work_of_people(self.own("setup_h") * self.of("wage_usd_per_h"), 0)
        for month in range(1, self.months + 1):
            trend = (1 + self.of("cloud_price_trend_rate")) ** ((month - 1) / 12)
            asked = (1 + self.of("demand_growth_rate")) ** ((month - 1) / 12)
            there = np.clip(np.ceil(asked / one - 1e-9), there, _MOST_MACHINES)
            quiet = np.clip(np.ceil(quiet_share * asked / one - 1e-9), quiet, _MOST_MACHINES)
            switched_on = (there + quiet * (on_h - 1)) / on_h
            self.pay(switched_on * rate * minutes / 60 * scenario.working_days_per_year / 12 * trend, month)
            self.pay(self.own("storage_gb") * self.own("storage_usd_per_gb_month"), month)
            self._care("cloud_administration_h_per_year", month)

    def _hosted(self) -> None:
        scenario = self.scenario
        owner = _owner(self.values)
        requests = self.of("requests_per_working_day") * scenario.working_days_per_year / 12
        read, written = scenario.prompt_tokens + scenario.retrieved_tokens, scenario.answer_tokens
        price = (
            read * self.values[f"{owner}.input_usd_per_mtok"] + written * self.values[f"{owner}.output_usd_per_mtok"]
        )
        self.work_of_people(self.own("setup_h") * self.of("wage_usd_per_h"), 0)
        for month in range(1, self.months + 1):
            grown = (1 + self.of("demand_growth_rate")) * (1 + self.of("api_price_trend_rate"))
            self.pay(requests * price / 1e6 * grown ** ((month - 1) / 12), month)
            self._care("api_administration_h_per_year", month)

    def _care(self, hours: str, month: int) -> None:
        wage = self.of("wage_usd_per_h") * (1 + self.of("wage_escalation_rate")) ** _year(month)
        self.work_of_people(self.of(hours) / 12 * wage, month)


def _year(month: int) -> int:
    return (month - 1) // 12


def _owner(values: Mapping[str, Values]) -> str:
    (name,) = (name for name in values if name.endswith(".input_usd_per_mtok"))
    return name.removesuffix(".input_usd_per_mtok")
