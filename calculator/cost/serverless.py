"""Cost of a rented GPU that scales to zero: rate per second for busy seconds, those kept warm, and cold starts."""

import math
from collections.abc import Callable
from dataclasses import replace

from calculator.catalog.options import CloudOffer
from calculator.cost.bill import spend
from calculator.cost.demand import Load
from calculator.cost.inputs import Inputs
from calculator.finance.courses import Course
from calculator.finance.ledger import Line, Term
from calculator.number import Number, some
from calculator.scenario.scenario import Scenario
from calculator.service.cold_starts import cold_fraction, requests_per_s, warm_s_per_request
from calculator.service.usage import Usage
from calculator.units import MONTHS_PER_YEAR, S_PER_H

SERVERLESS = "serverless"


def startup_figure(offer: CloudOffer) -> str:
    """The figure under which a person gives the minutes of a cold start; nobody publishes them per model."""
    return f"{offer.id}.startup_minutes"


def startup_s(offer: CloudOffer, scenario: Scenario) -> float | None:
    """Seconds of a cold start, as the person gives them; None where they are not known."""
    minutes = scenario.figures.get(startup_figure(offer))
    return None if minutes is None else minutes * _S_PER_MINUTE


def without_limit(usage: Usage) -> Usage:
    """The same work where machines come by the second: no demand is beyond them."""
    return replace(usage, capacity_ratio=math.inf, quiet_capacity_ratio=None, hour_levels=(), quiet=None)


def by_the_second(offer: CloudOffer, *, inputs: Inputs, load: Load, count: int) -> list[Line]:
    """The lines of month 1 and their growth.

    rental = rate * busy hours of all machines, growing with the demand; warm rental and cold starts by
    service/cold_starts.py at the demand of each month. Cold starts have no line where nobody said how long one takes.
    """
    rate = inputs.of(offer.id, "rate_usd_per_h", offer.rate(SERVERLESS).rate_usd_per_h)
    busy_h = (load.prefill_h + load.decode_h) * count * load.works_fraction
    requests = inputs.requests_per_working_day * inputs.working_days_per_year / MONTHS_PER_YEAR
    rate_per_s = requests_per_s(requests_per_day=inputs.requests_per_working_day, on_h_per_day=inputs.on_h_per_day)
    busy, kept = busy_h / load.working_h, inputs.keep_warm_s

    def warm(more: Number) -> Number:
        """Hours kept warm in a month with `more` times the demand of month 1."""
        each = warm_s_per_request(rate_per_s * more, busy_fraction=busy * more, keep_warm_s=kept)
        return requests * more * each / S_PER_H

    def starts(more: Number) -> Number:
        return requests * more * cold_fraction(rate_per_s * more, busy_fraction=busy * more, keep_warm_s=kept)

    warm_h, cold = warm(1.0), cold_fraction(rate_per_s, busy_fraction=busy, keep_warm_s=kept)
    lines = [
        spend(
            "rental",
            rate * busy_h,
            inputs.course(growth="demand_growth_rate", growth_and="cloud_price_trend_rate"),
            says="rate * busy hours of all machines, by the second",
            seen={"rate_usd_per_h": rate, "busy_h_per_month": busy_h},
        )
    ]
    if some(kept):
        seen: dict[str, Number] = {"rate_usd_per_h": rate, "warm_h_per_month": warm_h, "keep_warm_s": kept}
        terms = _each_month(inputs, lambda more: -rate * warm(more))
        lines.append(Line("warm rental", "hard", terms, "rate * hours kept warm after an answer", seen))
    if (seconds := startup_s(offer, inputs.scenario)) is not None:
        seen = {
            "rate_usd_per_h": rate,
            "cold_starts_per_month": starts(1.0),
            "cold_fraction": cold,
            "startup_s": seconds,
        }
        terms = _each_month(inputs, lambda more: -rate * starts(more) * seconds / S_PER_H)
        lines.append(Line("cold starts", "hard", terms, "rate * cold starts * seconds of one / 3600", seen))
    return lines


def _each_month(inputs: Inputs, usd: Callable[[Number], Number]) -> tuple[Term, ...]:
    """Dollars of each month by its demand as a multiple of month 1's, with the trend of rents; one term without growth."""
    growth, trend = inputs.demand_growth_rate, inputs.cloud_price_trend_rate
    if not some(growth):
        return (Term(usd(1.0), inputs.course(growth="cloud_price_trend_rate")),)
    return tuple(
        Term(usd((1 + growth) ** ((month - 1) / MONTHS_PER_YEAR)), Course(trend, 0.0, month, month))
        for month in range(1, inputs.scenario.months + 1)
    )


_S_PER_MINUTE = 60.0
