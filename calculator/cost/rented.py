"""Cost of a rented GPU: its rate and paid hours, storage, care; on demand, reserved, spot or by the second."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calculator.catalog.options import ApiTariff, CloudOffer
from calculator.cost.bill import Charges, care_of_rented, monthly_extra, setup, spend, with_overflow
from calculator.cost.demand import Load
from calculator.cost.growing_fleet import Purchases
from calculator.cost.inputs import Inputs
from calculator.cost.kept_loads import load_of
from calculator.cost.serverless import SERVERLESS, by_the_second, without_limit
from calculator.evidence import Remark
from calculator.finance.courses import Course, Once
from calculator.finance.discounting import annuity_factor, geometric_sum, log_growth, monthly_rate
from calculator.finance.ledger import Line, Term
from calculator.number import Number, some
from calculator.scenario.scenario import Scenario
from calculator.service.usage import Usage
from calculator.units import H_PER_DAY, H_PER_MONTH, MINUTES_PER_H, MONTHS_PER_YEAR

_ROUNDING = 1e-9


def rent_charges(offer: CloudOffer, *, inputs: Inputs, usage: Usage, reference_api: ApiTariff | None) -> Charges:
    """The bill of a rented GPU: rate * paid hours, storage, care.

    Paid hours per working day: hours on and the start-up, rounded up to whole billing steps, at most 24; or 730 hours a
    month, always where it is reserved; or busy seconds alone (serverless.py). A spot machine is away for a share of its hours.
    """
    owner, count, scenario = offer.id, usage.machine_count, inputs.scenario
    spot = scenario.cloud_rate == "spot" and has_rate(offer, scenario=scenario)
    kept = 1 - inputs.spot_interruption_fraction if spot else 1.0
    is_by_the_second = scenario.cloud_rate == SERVERLESS
    worked = without_limit(usage) if is_by_the_second else usage
    load = load_of(owner, inputs, worked, may_grow=not is_by_the_second, kept_fraction=kept)
    stored_gb = inputs.of(owner, "storage_gb", offer.storage_gb)
    per_gb = inputs.of(owner, "storage_usd_per_gb_month", offer.storage_usd_per_gb_month)
    reserved = scenario.cloud_rate == "reserved"
    lines = [
        setup(inputs, setup_h=inputs.of(owner, "setup_h", offer.setup_h)),
        *(
            _reserved(offer, inputs=inputs, load=load, count=count)
            if reserved
            else by_the_second(offer, inputs=inputs, load=load, count=count)
            if is_by_the_second
            else [_rental(offer, inputs, load, usage)]
        ),
        *_further_rental(offer, inputs, load, usage),
        spend(
            "storage",
            stored_gb * per_gb,
            inputs.course(),
            says="GB * price per GB and month",
            seen={"storage_gb": stored_gb, "storage_usd_per_gb_month": per_gb},
        ),
        care_of_rented(inputs, count=count),
        *monthly_extra(inputs, "software"),
    ]
    return with_overflow(lines, inputs=inputs, load=load, reference_api=reference_api)


def has_rate(offer: CloudOffer, *, scenario: Scenario) -> bool:
    """Whether the rate that the scenario asks for is known: the person's own, or the catalogue's of that kind."""
    own = f"{offer.id}.rate_usd_per_h" in scenario.figures
    return own or any(row.kind == scenario.cloud_rate for row in offer.rates)


def rate_remark(offer: CloudOffer, *, scenario: Scenario) -> Remark | None:
    """What is taken where the rate that was asked for is not known; None where it is."""
    if has_rate(offer, scenario=scenario) or scenario.cloud_rate == SERVERLESS:  # there it is a reason
        return None
    own = f"Enter yours: figures.{offer.id}.rate_usd_per_h."
    if scenario.cloud_rate == "reserved":
        taken = f"its on-demand rate less {scenario.reserved_discount_fraction:.0%} is taken"
        return Remark(
            code="no-reserved-rate", text=f"{offer.name}: no reserved rate is known, so {taken}. {own}", level="info"
        )
    text = f"{offer.name}: no {scenario.cloud_rate} rate is known, so its on-demand rate is taken. {own}"
    return Remark(code="no-such-rate", text=text, level="warning")


def _rental(offer: CloudOffer, inputs: Inputs, load: Load, usage: Usage) -> Line:
    rate = inputs.of(offer.id, "rate_usd_per_h", offer.rate(inputs.scenario.cloud_rate).rate_usd_per_h)
    hours, says = _paid_h_per_month(offer, inputs=inputs, load=load)
    seen: dict[str, Number] = {"rate_usd_per_h": rate, "paid_h_per_month": hours, "machine_count": usage.machine_count}
    paid, words = rate * hours * usage.machine_count, f"rate * {says} * machines"
    if usage.rented_h_ratio != 1 and inputs.scenario.rental != "always-on":
        paid, words = paid * usage.rented_h_ratio, f"{words} * share of them that the quiet hours need"
        seen["rented_h_ratio"] = usage.rented_h_ratio
    return spend("rental", paid, inputs.course(growth="cloud_price_trend_rate"), says=words, seen=seen)


def _further_rental(offer: CloudOffer, inputs: Inputs, load: Load, usage: Usage) -> list[Line]:
    """Further machines, each rented from the month in which growth needs it, at that month's rate: in the busiest hour,
    and in the quiet ones from the month in which those need it too."""
    if not load.full_months and load.purchases is None:
        return []
    rate = inputs.of(offer.id, "rate_usd_per_h", offer.rate(inputs.scenario.cloud_rate).rate_usd_per_h)
    always = inputs.scenario.rental == "always-on" or inputs.scenario.cloud_rate == "reserved"
    hours: Number = H_PER_MONTH if always else _paid_h_per_month(offer, inputs=inputs, load=load)[0]
    seen: dict[str, Number] = {"rate_usd_per_h": rate, "paid_h_per_month": hours}
    for number, month in enumerate(load.full_months, start=1):
        seen[f"first_month_of_{number}"] = month
    if usage.quiet is None or always:
        terms = _from_month_on(-rate * hours, load.full_months, load.purchases, inputs=inputs)
        says = "rate * paid hours, for each further machine from its month"
        return [Line("further rental", "hard", terms, says, seen)]
    quiet = usage.quiet.h_fraction
    seen["quiet_h_fraction"] = quiet
    for number, month in enumerate(load.quiet_months, start=1):
        seen[f"first_quiet_month_of_{number}"] = month
    terms = (
        *_from_month_on(-rate * hours * (1 - quiet), load.full_months, load.purchases, inputs=inputs),
        *_from_month_on(-rate * hours * quiet, load.quiet_months, load.quiet_purchases, inputs=inputs),
    )
    says = (
        "rate * paid hours, for each further machine: of the busiest hour, and of the quiet ones, from its month there"
    )
    return [Line("further rental", "hard", terms, says, seen)]


def _from_month_on(
    usd: Number, months: Sequence[Number], purchases: Purchases | None, *, inputs: Inputs
) -> tuple[Term, ...]:
    """Dollars a month from each of the months on, or from each purchase of the draws, with the trend of rents."""
    if purchases is None:
        trend = inputs.cloud_price_trend_rate
        return tuple(Term(usd, Course(trend, first_month=month)) for month in months)
    return (Term(usd, purchases.course(inputs.course(growth="cloud_price_trend_rate"))),)


def _reserved(offer: CloudOffer, *, inputs: Inputs, load: Load, count: int) -> list[Line]:
    """One commitment after the other, each at the price of its first day.

    A commitment of k months that starts after month s costs rate * 730 * k * (1 + trend)^(s/12): the upfront share at
    once, the rest month by month. Where the horizon ends before a commitment would, the months that are left are paid
    on demand for their hours, or by one more commitment, whichever has the lower present value. What is then left of
    it at the horizon falls due there, at its value on that day (by the rules of version 0.1: always, and in full).
    """
    scenario, months = inputs.scenario, inputs.scenario.months
    rate = inputs.of(offer.id, "rate_usd_per_h", offer.rate("reserved").rate_usd_per_h)
    known = has_rate(offer, scenario=scenario)
    discount: Number = 0.0 if known else inputs.reserved_discount_fraction
    length, upfront, trend = scenario.reserved_months, inputs.reserved_upfront_fraction, inputs.cloud_price_trend_rate
    paid: list[Term] = []
    at_once: list[Term] = []
    seen: dict[str, Number] = {}
    for start in range(0, months, length):
        usd = rate * (1 - discount) * H_PER_MONTH * count * (1 + trend) ** (start / MONTHS_PER_YEAR)
        end = min(start + length, months)
        if left := start + length - end:
            rest, seen = _last_months(offer, inputs, load, count, start=start, commitment_usd_per_month=usd)
            usd = usd * (1 - rest.on_demand)
            paid.append(Term(-rest.usd_per_month * rest.on_demand, rest.course))
            paid.append(Term(-usd * (1 - upfront) * _worth_at_once(inputs, left), Once(months)))
        at_once.append(Term(-usd * length * upfront, Once(start)))
        paid.append(Term(-usd * (1 - upfront), Course(first_month=start + 1, last_month=end)))
    seen = {
        "rate_usd_per_h": rate,
        **({} if known else {"reserved_discount_fraction": discount}),
        "paid_h_per_month": H_PER_MONTH,
        "reserved_months": length,
        "reserved_upfront_fraction": upfront,
        "machine_count": count,
        **seen,
    }
    hour = "rate" if known else "on-demand rate * (1 - discount of a reservation)"
    says = f"{hour} * 730 h a month * machines, at the price of each commitment's first day"
    ends = "; months that no whole commitment fills are paid on demand where that is cheaper" if months % length else ""
    lines = [Line("rental", "hard", tuple(paid), f"{says}, less what is paid upfront{ends}", seen)]
    if some(upfront):
        lines.append(Line("reservation", "hard", tuple(at_once), f"{says} * months of it * upfront share", seen))
    return lines


@dataclass(frozen=True, slots=True)
class _Rest:
    """The months after the last whole commitment: their price on demand, and where (1 or 0) that is what is taken."""

    usd_per_month: Number
    course: Course
    on_demand: Number


def _last_months(
    offer: CloudOffer, inputs: Inputs, load: Load, count: int, *, start: int, commitment_usd_per_month: Number
) -> tuple[_Rest, dict[str, Number]]:
    """What the months after `start` cost on demand, against a commitment that outlasts them."""
    scenario, length = inputs.scenario, inputs.scenario.reserved_months
    hour = _on_demand_usd_per_h(offer, inputs=inputs)
    hours, _ = _paid_h_per_month(offer, inputs=inputs, load=load)
    course = inputs.course(growth="cloud_price_trend_rate", first_month=start + 1)
    usd, seen = hour * hours * count, {"on_demand_usd_per_h": hour, "on_demand_h_per_month": hours}
    if scenario.rules == 1:
        return _Rest(usd, course, 0.0), {}
    growth, discounting = log_growth(inputs.cloud_price_trend_rate), log_growth(inputs.discount_rate)
    monthly = (growth - discounting) / MONTHS_PER_YEAR
    first_usd = usd * np.exp((growth * start - discounting) / MONTHS_PER_YEAR)
    upfront = inputs.reserved_upfront_fraction
    committed = commitment_usd_per_month * (length * upfront + (1 - upfront) * _worth_at_once(inputs, length))
    asked = first_usd * geometric_sum(monthly, scenario.months - start)
    return _Rest(usd, course, np.where(asked < committed, 1.0, 0.0)), seen


def _on_demand_usd_per_h(offer: CloudOffer, *, inputs: Inputs) -> Number:
    """The on-demand rate; where the reserved one is drawn or tried, moved in proportion."""
    listed = offer.rate("on-demand").rate_usd_per_h.central
    tried = inputs.given.get(f"{offer.id}.rate_usd_per_h")
    return listed if tried is None else listed * tried / offer.rate("reserved").rate_usd_per_h.central


def _worth_at_once(inputs: Inputs, months: int) -> Number:
    """Value today of one dollar at the end of each of the next months; as many dollars by the rules of version 0.1."""
    if inputs.scenario.rules == 1:
        return float(months)
    return annuity_factor(monthly_rate(inputs.discount_rate), periods=months)


def _paid_h_per_month(offer: CloudOffer, *, inputs: Inputs, load: Load) -> tuple[Number, str]:
    """Hours that one machine is paid for: never more than there are in its days, nor in the month."""
    if inputs.scenario.rental == "always-on":
        return H_PER_MONTH, "730 h a month"
    days = inputs.working_days_per_year / MONTHS_PER_YEAR
    step_h = inputs.of(offer.id, "billing_minutes", offer.billing_minutes) / MINUTES_PER_H
    day_h = load.working_h / days + inputs.of(offer.id, "startup_minutes", offer.startup_minutes) / MINUTES_PER_H
    paid_h = np.minimum(np.ceil(day_h / step_h - _ROUNDING) * step_h, H_PER_DAY) * days
    return np.minimum(paid_h, H_PER_MONTH), "(hours on + start-up, in whole billing steps) * working days a month"
