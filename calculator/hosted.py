"""What does it cost to own nothing? GPUs rented by the hour, and hosted APIs paid by the token."""

from typing import Any

import numpy as np

from calculator.catalog.types import ApiOffer, ApiTariff, CloudOffer, HourlyRate
from calculator.charges import Charges, administration, monthly_extras, setup, spend, with_overflow
from calculator.load import Demand, Inputs, Load, Usage, api_prices
from calculator.units import H_PER_MONTH, MINUTES_PER_H, MONTHS_PER_YEAR

Number = Any
"""float, or an ndarray of draws."""
_ROUNDING = 1e-9


def rent_charges(offer: CloudOffer, *, inputs: Inputs, usage: Usage, reference_api: ApiTariff | None) -> Charges:
    """The bill of a rented GPU: rate * paid hours, storage, care.

    Paid hours per working day: hours on and the start-up, rounded up to whole billing steps; or 730 hours a month.
    """
    owner, count = offer.id, usage.machine_count
    load = Load.of(owner, inputs, usage)
    rate = inputs.of(owner, "rate_usd_per_h", rate_of(offer, kind=inputs.scenario.cloud_rate).rate_usd_per_h)
    hours, says = _paid_h_per_month(offer, inputs=inputs, on_h_per_month=load.on_h)
    stored_gb = inputs.of(owner, "storage_gb", offer.storage_gb)
    per_gb = inputs.of(owner, "storage_usd_per_gb_month", offer.storage_usd_per_gb_month)
    lines = [
        setup(inputs, setup_h=inputs.of(owner, "setup_h", offer.setup_h)),
        spend(
            "rental", rate * hours * count, inputs.course(growth="cloud_price_trend_rate"),
            says=f"rate * {says} * machines", rate_usd_per_h=rate, paid_h_per_month=hours, machine_count=count,
        ),
        spend(
            "storage", stored_gb * per_gb, inputs.course(),
            says="GB * price per GB and month", storage_gb=stored_gb, storage_usd_per_gb_month=per_gb,
        ),
        administration(inputs, "cloud_administration_h_per_year"),
        *monthly_extras(inputs, ("software",)),
    ]  # fmt: skip
    return with_overflow(lines, inputs=inputs, load=load, reference_api=reference_api)


def api_charges(offer: ApiOffer, *, tariff: ApiTariff, inputs: Inputs) -> Charges:
    """The bill of a hosted API: tokens times price, with the price trend; nothing to buy and nothing left over."""
    demand, prices = Demand.of(inputs), api_prices(tariff, inputs)
    course = inputs.course(growth="demand_growth_rate", growth_and="api_price_trend_rate")
    tokens = [
        spend(
            f"{kind} tokens", mtok * price, course, says=f"million {kind} tokens a month * price",
            **{f"{kind}_mtok_per_month": mtok, f"{kind}_usd_per_mtok": price},
        )
        for kind, mtok, price in demand.priced(prices)
    ]  # fmt: skip
    lines = [
        setup(inputs, setup_h=inputs.of(offer.id, "setup_h", offer.setup_h)),
        *tokens,
        administration(inputs, "api_administration_h_per_year"),
    ]
    return Charges(
        lines=tuple(lines),
        marginal=tuple(term for line in tokens for term in line.terms),
        served=demand.terms(inputs),
    )


def rate_of(offer: CloudOffer, *, kind: str) -> HourlyRate:
    """The newest rate of the kind asked for; the on-demand rate where the offer has none of it."""
    rows = [row for row in offer.rates if row.kind == kind]
    return max(rows, key=lambda row: row.rate_usd_per_h.as_of) if rows else offer.rate()


def _paid_h_per_month(offer: CloudOffer, *, inputs: Inputs, on_h_per_month: Number) -> tuple[Number, str]:
    if inputs.scenario.rental == "always-on":
        return H_PER_MONTH, "730 h a month"
    days = inputs["working_days_per_year"] / MONTHS_PER_YEAR
    step_h = inputs.of(offer.id, "billing_minutes", offer.billing_minutes) / MINUTES_PER_H
    day_h = on_h_per_month / days + inputs.of(offer.id, "startup_minutes", offer.startup_minutes) / MINUTES_PER_H
    paid_h = np.ceil(day_h / step_h - _ROUNDING) * step_h * days
    return np.minimum(paid_h, H_PER_MONTH), "(hours on + start-up, in whole billing steps) * working days a month"
