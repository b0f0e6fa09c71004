"""Further machines of draws, reckoned only where they come: the same dollars as the ledger of each future by itself."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calculator.catalog import load_catalog
from calculator.cost.inputs import Inputs
from calculator.cost.tco import cost_draws, cost_of
from calculator.finance.ledger import Horizon
from calculator.scenario.scenario import Lease
from calculator.service.usage import QuietHours
from tests.calculator.offers import CLOUD, MAC, MAC_USAGE, PC, PC_USAGE, SCENARIO, TARIFF

CATALOG = load_catalog()
RENTED_USAGE = dataclasses.replace(MAC_USAGE, quiet=QuietHours(1, 0.4, 0.9))
HELD: list[tuple[Any, Any, dict[str, Any]]] = [
    (MAC, MAC_USAGE, {}),
    (PC, PC_USAGE, {}),
    (PC, PC_USAGE, {"already_own_usd": {"pc": 5_000.0}}),
    (MAC, MAC_USAGE, {"leases": {"mac": Lease(usd_per_month=300, in_advance=True, buyout_usd=1_000)}}),
    (CLOUD, RENTED_USAGE, {}),
    (CLOUD, RENTED_USAGE, {"cloud_rate": "reserved", "reserved_upfront_fraction": 0.4}),
    (CLOUD, RENTED_USAGE, {"cloud_rate": "spot"}),
    (CLOUD, RENTED_USAGE, {"rental": "always-on"}),
]
EXTRAS = {
    "electrical_work_usd": 800,
    "warranty_usd": 500,
    "disposal_usd": 100,
    "insurance_rate": 0.02,
    "space_usd_per_month": 40,
    "demand_charge_usd_per_kw_month": 10,
    "peak_hours_fraction": 0.5,
    "peak_price_ratio": 3,
    "downtime_usd_per_h": 25,
    "cloud_price_trend_rate": -0.1,
}
RATES = {
    "demand_growth_rate": (-0.5, 4.0),
    "requests_per_working_day": (0.0, 9_000.0),
    "wage_usd_per_h": (20.0, 200.0),
    "wage_escalation_rate": (-0.02, 0.08),
    "electricity_escalation_rate": (-0.02, 0.1),
    "inflation_rate": (0.0, 0.06),
    "care_growth_rate": (0.0, 0.1),
    "failure_growth_rate": (0.0, 0.2),
    "discount_rate": (0.0, 0.2),
    "availability_fraction": (0.9, 1.0),
    "tax_rate": (0.0, 0.4),
    "insurance_rate": (0.0, 0.05),
    "mac.decode_speed_ratio": (0.5, 2.0),
    "mac.price_usd": (5_000.0, 15_000.0),
    "pc.prefill_speed_ratio": (0.5, 2.0),
    "cloud.rate_usd_per_h": (1.0, 5.0),
}


@given(
    held=st.sampled_from(HELD),
    seed=st.integers(0, 2**32 - 1),
    months=st.integers(12, 84),
    room=st.sampled_from([0.04, 0.5, 3.5, 6.0, 40.0]),
    count=st.integers(1, 3),
    tax=st.sampled_from(["none", "expense", "straight-line", "macrs-half-year"]),
    timing=st.sampled_from(["month-end", "mid-month", "annual-end"]),
    off_hours=st.sampled_from(["off", "idle"]),
    drawn=st.sets(st.sampled_from(sorted(RATES)), min_size=1),
)
@settings(max_examples=60, deadline=None)
def test_draws_cost_what_the_ledger_of_each_does(  # noqa: PLR0917 - hypothesis gives each by name
    held: tuple[Any, Any, dict[str, Any]],
    seed: int,
    months: int,
    room: float,
    count: int,
    tax: str,
    timing: Any,
    off_hours: str,
    drawn: set[str],
) -> None:
    option, usage, terms = held
    usage = dataclasses.replace(usage, capacity_ratio=room, machine_count=count)
    scenario = SCENARIO.changed(
        when_full="buy-another", months=months, tax_mode=tax, timing=timing, off_hours=off_hours, **EXTRAS, **terms
    )
    random = np.random.default_rng(seed)
    values = {name: random.uniform(*RATES[name], size=5) for name in sorted(drawn)}
    if "demand_growth_rate" in values:
        values["demand_growth_rate"][0] = 0.0
    inputs = Inputs(scenario, values, CATALOG.tax)
    horizon = Horizon(months, inputs.discount_rate, timing)
    found = cost_draws(option, inputs=inputs, horizon=horizon, usage=usage, reference_api=TARIFF)
    for index in range(5):
        one = cost_of(
            option,
            scenario=scenario,
            usage=usage,
            reference_api=TARIFF,
            values={name: float(each[index]) for name, each in values.items()},
            tax_tables=CATALOG.tax,
        )
        dollars = (one.total_cost_usd, one.present_value_cost_usd, one.hard_present_value_cost_usd)
        draws = (found.total_cost_usd, found.present_value_cost_usd, found.hard_present_value_cost_usd)
        for drawn_usd, usd in zip(draws, dollars, strict=True):
            assert np.broadcast_to(drawn_usd, (5,))[index] == pytest.approx(usd, rel=1e-9, abs=1e-6)
