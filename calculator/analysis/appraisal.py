"""Appraisal for a finance department: payback, returns, exit month, lease, books, the price of keeping data in house.

Everything is read from the ledgers that `cost_of` gives; nothing here adds a cost of its own. Payback and rates of
return count a rent paid in advance when it is paid, at the end of the month before; "cheaper than renting from month N"
beside the chart follows the calendar, as the books do, and counts it in the month that it pays for.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from calculator.analysis.budget import is_cash, start_of
from calculator.analysis.lease_or_buy import Credit, LeaseOrBuy, lease_or_buy, on_credit
from calculator.catalog.options import ApiOffer, Machine
from calculator.cost.tco import Tco
from calculator.evidence import Quantity
from calculator.finance.books import MonthlyFlows, Period, periods
from calculator.finance.discounting import deflated_usd, monthly_rate, real_rate
from calculator.finance.ledger import Horizon, Line, calendar_usd
from calculator.finance.returns import (
    Payback,
    Rate,
    adjusted_internal_rate,
    internal_rate,
    modified_internal_rate,
    payback,
    savings_to_investment_ratio,
    value_profile,
)
from calculator.finance.time_value import effective_rate
from calculator.risk.candidates import Candidate, Candidates
from calculator.scenario.scenario import Scenario
from calculator.units import G_PER_KG, MONTHS_PER_YEAR

EXIT_MONTHS = tuple(range(12, 85, 6))
PROFILE_RATES = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)


@dataclass(frozen=True, slots=True)
class Against:
    """One option against another: what its extra outlay earns. Rates are per year; None carries its reason.

    `saving_usd` is the present value of the other's cost less this one's: positive where this one is cheaper.
    `hard_...` leaves people's time out.
    """

    option: str
    other: str
    saving_usd: float
    simple_payback: Payback
    discounted_payback: Payback
    internal_rate: Rate
    modified_internal_rate: Rate
    savings_to_investment: Rate
    adjusted_internal_rate: Rate
    value_by_rate: tuple[tuple[float, float], ...]
    hard_saving_usd: float
    hard_payback: Payback


@dataclass(frozen=True, slots=True)
class Exit:
    """The cost if one stops in `month`: nominal, present value, and per year (to compare unlike lives)."""

    month: int
    total_cost_usd: float
    present_value_cost_usd: float
    equivalent_annual_cost_usd: float
    hard_equivalent_annual_cost_usd: float


@dataclass(frozen=True, slots=True)
class Carbon:
    """What the electricity of one's own machine emits over its life, with where the grid's figure comes from.

    kg = kWh * grams per kWh / 1000, as a range; `as_of` is the vintage of the grid's figure.
    """

    low_kg: float
    central_kg: float
    high_kg: float
    energy_kwh: float
    carbon_g_per_kwh: float
    source: str
    as_of: str
    note: str


@dataclass(frozen=True, slots=True)
class InHouse:
    """What keeping the data on one's own machine costs more than the cheapest hosted API, level over the life."""

    option: str
    api: str
    usd_per_month: float
    usd_per_mtok: float
    hard_usd_per_month: float
    hard_usd_per_mtok: float


@dataclass(frozen=True, slots=True)
class Appraisal:
    """All of it, by option id. `regret_usd` is the present value above the cheapest option.

    `real_total_cost_usd` is the nominal total in money of the purchase month, `real_discount_rate` the rate that goes
    with it (Fisher): a view, never used for the verdict.
    """

    regret_usd: dict[str, float]
    against: tuple[Against, ...]
    exits: dict[str, tuple[Exit, ...]]
    leases: dict[str, LeaseOrBuy]
    credits: dict[str, Credit]
    books_by_year: dict[str, tuple[Period, ...]]
    books_by_quarter: dict[str, tuple[Period, ...]]
    in_house: tuple[InHouse, ...]
    carbon: dict[str, Carbon]
    real_total_cost_usd: dict[str, float]
    real_discount_rate: float


def appraise(candidates: Candidates, *, carbon_g_per_kwh: Quantity | None = None) -> Appraisal:
    """Appraise every option that can do the work; about 15 ms for five options, most of it the exit curves."""
    scenario = candidates.scenario
    found = {one.option.id: candidates.cost(one) for one in candidates}
    least = min((tco.present_value_cost_usd for tco in found.values()), default=0.0)
    own = [one for one in candidates if isinstance(one.option, Machine)]
    apis = [one.option.id for one in candidates if isinstance(one.option, ApiOffer)]
    paid = {one.option.id: found[one.option.id] for one in candidates if not isinstance(one.option, Machine)}
    credits = {one.option.id: on_credit(found[one.option.id], paid, scenario=scenario) for one in own}
    return Appraisal(
        regret_usd={name: tco.present_value_cost_usd - least for name, tco in found.items()},
        against=tuple(
            against(first, found[first], second, found[second], scenario=scenario)
            for first in found
            for second in found
            if first != second
        ),
        exits={one.option.id: exit_curve(candidates, one) for one in candidates},
        leases={one.option.id: lease_or_buy(candidates, one) for one in own if one.option.id in scenario.leases},
        credits={name: credit for name, credit in credits.items() if credit is not None},
        books_by_year={name: books(tco, scenario=scenario) for name, tco in found.items()},
        books_by_quarter={name: books(tco, scenario=scenario, by_quarter=True) for name, tco in found.items()},
        in_house=tuple(_in_house(one.option.id, found, apis) for one in own if apis),
        carbon=_carbon({one.option.id: found[one.option.id] for one in own}, carbon_g_per_kwh),
        real_total_cost_usd={
            name: -sum(deflated_usd(tco.monthly_usd, inflation_rate=scenario.inflation_rate))
            for name, tco in found.items()
        },
        real_discount_rate=float(real_rate(scenario.discount_rate, inflation_rate=scenario.inflation_rate)),
    )


def against(option: str, mine: Tco, other: str, theirs: Tco, *, scenario: Scenario) -> Against:
    """What the extra outlay for one option earns against another, from the difference of their monthly flows."""
    difference = [a - b for a, b in zip(mine.monthly_usd, theirs.monthly_usd, strict=True)]
    simple = [a - b for a, b in zip(mine.cumulative_usd, theirs.cumulative_usd, strict=True)]
    discounted = [a - b for a, b in zip(mine.discounted_usd, theirs.discounted_usd, strict=True)]
    investment = _capital(theirs, scenario) - _capital(mine, scenario)
    saving = discounted[-1]
    hard = np.cumsum(_hard(mine)) - np.cumsum(_hard(theirs))
    ratio = savings_to_investment_ratio(saving + investment, investment_value=investment)
    years = mine.months / MONTHS_PER_YEAR
    monthly = float(monthly_rate(scenario.discount_rate))
    return Against(
        option=option,
        other=other,
        saving_usd=saving,
        simple_payback=payback(simple, what="the difference"),
        discounted_payback=payback(discounted, what="the discounted difference"),
        internal_rate=_per_year(internal_rate(difference)),
        modified_internal_rate=_per_year(
            modified_internal_rate(difference, finance_rate=monthly, reinvest_rate=monthly)
        ),
        savings_to_investment=ratio,
        adjusted_internal_rate=adjusted_internal_rate(ratio, discount_rate=scenario.discount_rate, years=years),
        value_by_rate=tuple(
            zip(
                PROFILE_RATES,
                value_profile(difference, rates=[float(monthly_rate(rate)) for rate in PROFILE_RATES]),
                strict=True,
            )
        ),
        hard_saving_usd=theirs.hard_present_value_cost_usd - mine.hard_present_value_cost_usd,
        hard_payback=payback(hard.tolist(), what="the difference without staff hours"),
    )


def exit_curve(
    candidates: Candidates, candidate: Candidate, *, months: Sequence[int] = EXIT_MONTHS
) -> tuple[Exit, ...]:
    """Cost of one of the candidates by the month in which one stops and sells."""
    found: list[Exit] = []
    for month in months:
        tco = candidates.under(candidates.scenario.changed(months=month)).cost(candidate)
        found.append(
            Exit(
                month,
                tco.total_cost_usd,
                tco.present_value_cost_usd,
                tco.equivalent_annual_cost_usd,
                tco.hard_equivalent_annual_cost_usd,
            )
        )
    return tuple(found)


def books(tco: Tco, *, scenario: Scenario, by_quarter: bool = False) -> tuple[Period, ...]:
    """Capital and operating expense by fiscal year or quarter.

    A machine that one has already is no cash and no capital here: what keeping it forgoes is a cost of the decision
    only.
    """
    flows = MonthlyFlows(
        capital_usd=_calendar(tco, lambda line: line.kind in ("capital", "later capital") and is_cash(line), sign=-1),
        operating_usd=_calendar(tco, lambda line: line.kind == "running" and line.hardness == "hard", sign=-1),
        staff_usd=_calendar(tco, lambda line: line.kind == "running" and line.hardness == "soft", sign=-1),
        sale_usd=_calendar(tco, lambda line: line.kind in ("sale", "later sale"), sign=1),
        tax_usd=_calendar(tco, lambda line: line.kind == "tax" and is_cash(line), sign=-1),
    )
    return periods(
        flows,
        start=start_of(scenario),
        last_month_of_year=scenario.fiscal_year_end_month,
        method=scenario.book_method,
        by_quarter=by_quarter,
    )


def _hard(tco: Tco) -> list[float]:
    return _flow(tco, lambda line: line.hardness == "hard", sign=1)


def _flow(tco: Tco, wanted: Callable[[Line], bool], *, sign: int) -> list[float]:
    rows = [flow for entry, flow in zip(tco.entries, tco.flows, strict=True) if wanted(entry)]
    return [sign * sum(column) for column in zip(*rows, strict=True)] if rows else [0.0] * (tco.months + 1)


def _calendar(tco: Tco, wanted: Callable[[Line], bool], *, sign: int) -> list[float]:
    """The same by the calendar month in which it is paid: a payment in advance belongs to the month that it pays for."""
    paid = zip(tco.entries, tco.flows, strict=True)
    rows = [calendar_usd(entry, flow) for entry, flow in paid if wanted(entry)]
    return [sign * sum(column) for column in zip(*rows, strict=True)] if rows else [0.0] * (tco.months + 1)


def _capital(tco: Tco, scenario: Scenario) -> float:
    """Signed present value of what is bought less what it brings: the investment, as NIST counts it."""
    factors = Horizon(tco.months, scenario.discount_rate).factors()  # purchase and sale fall in their own month
    flow = _flow(tco, lambda line: line.kind.endswith(("capital", "sale")), sign=1)
    return float(np.dot(flow, factors))


def _per_year(monthly: Rate) -> Rate:
    return (
        monthly
        if monthly.rate is None
        else Rate(effective_rate(MONTHS_PER_YEAR * monthly.rate, compounded=MONTHS_PER_YEAR), monthly.reason)
    )


def _in_house(own: str, found: Mapping[str, Tco], apis: Sequence[str]) -> InHouse:
    api = min(apis, key=lambda name: found[name].present_value_cost_usd)
    mine, theirs = found[own], found[api]
    more = mine.equivalent_annual_cost_usd - theirs.equivalent_annual_cost_usd
    hard = mine.hard_equivalent_annual_cost_usd - theirs.hard_equivalent_annual_cost_usd
    return InHouse(
        option=own,
        api=api,
        usd_per_month=more / MONTHS_PER_YEAR,
        usd_per_mtok=mine.usd_per_mtok - theirs.usd_per_mtok,
        hard_usd_per_month=hard / MONTHS_PER_YEAR,
        hard_usd_per_mtok=mine.hard_usd_per_mtok - theirs.hard_usd_per_mtok,
    )


def _carbon(found: Mapping[str, Tco], grid: Quantity | None) -> dict[str, Carbon]:
    """Of running one's own machines; what a host's machines emit is not known here."""
    if grid is None:
        return {}
    low, central, high = (grams / G_PER_KG for grams in (grid.low, grid.central, grid.high))
    return {
        name: Carbon(
            low_kg=tco.energy_kwh * low,
            central_kg=tco.energy_kwh * central,
            high_kg=tco.energy_kwh * high,
            energy_kwh=tco.energy_kwh,
            carbon_g_per_kwh=grid.central,
            source=grid.source,
            as_of=grid.as_of,
            note=grid.note,
        )
        for name, tco in found.items()
    }
