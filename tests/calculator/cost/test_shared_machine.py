"""A machine that was bought anyway: only energy above idling, and the share of care and wear that this work bears."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calculator import Scenario, compare, load_catalog
from calculator.cost.demand import Load
from calculator.cost.inputs import Inputs
from calculator.cost.shared_machine import above_idle_kwh
from calculator.cost.tco import Tco
from calculator.errors import CalculatorError, ScenarioError
from calculator.report.answer_json import comparison_dict
from calculator.report.ledger_csv import tidy_csv
from calculator.scenario.files import read_scenario
from tests.calculator.offers import MAC_USAGE, SCENARIO

CATALOG = load_catalog()
FILE = Path(__file__).parents[2] / "fixtures" / "shared_laptop.toml"
MAC = "mac-studio-m5-ultra-96"


def _tco(**values: Any) -> Tco:
    (row,) = compare(Scenario.parse({"options": (MAC,), **values}), CATALOG, draw_count=0).options
    assert row.tco is not None
    return row.tco


def test_only_what_the_work_adds_is_paid() -> None:
    whole, shared = _tco(), _tco(shared_with_other_work={MAC: 0.25})
    assert set(shared.lines) == {"energy prefill", "energy decode", "cooling", "administration", "repair"}
    assert shared.lines["administration"] == pytest.approx(0.25 * whole.lines["administration"])
    power = CATALOG.machines[MAC].power
    for state, watts in (("prefill", power.prefill_w), ("decode", power.decode_w)):
        above = 1 - power.idle_w.central / watts.central
        assert shared.lines[f"energy {state}"] == pytest.approx(above * whole.lines[f"energy {state}"])
    assert shared.energy_kwh < whole.energy_kwh
    assert shared.total_cost_usd == pytest.approx(-sum(shared.lines.values()))


def test_repair_is_the_share_of_that_of_the_same_machine_out_of_warranty() -> None:
    owned = _tco(already_own_usd={MAC: 5499})  # its warranty is over, and repairs follow this value
    shared = _tco(shared_with_other_work={MAC: 0.5})
    assert shared.lines["repair"] == pytest.approx(0.5 * owned.lines["repair"])


def test_share_of_nothing_leaves_the_energy_alone() -> None:
    lines = _tco(shared_with_other_work={MAC: 0}).lines
    assert lines["administration"] == lines["repair"] == 0
    assert lines["energy decode"] < 0


@settings(max_examples=15, deadline=None)
@given(st.floats(0, 1), st.floats(0, 1))
def test_cost_rises_with_the_share_and_never_reaches_that_of_a_machine_of_its_own(one: float, other: float) -> None:
    low, high = (_tco(shared_with_other_work={MAC: share}).total_cost_usd for share in sorted((one, other)))
    assert low <= high < _tco().total_cost_usd


def test_futures_and_base_case_leave_the_price_out() -> None:
    few = {"requests_per_working_day": 20}  # so that no future needs a further machine
    scenario = Scenario.parse({"options": (MAC, "dgx-spark"), "shared_with_other_work": {MAC: 0.3}, **few})
    found = compare(scenario, CATALOG, draw_count=256)
    row = found[MAC]
    assert row.total_usd is not None
    assert row.total_usd.low <= row.total_usd.central <= row.total_usd.high
    price = CATALOG.machines[MAC].purchase_price().price_usd.central
    assert row.total_usd.high < price
    assert found.verdict.cheapest == MAC
    (said,) = [remark.text for remark in found.remarks if remark.code == "shared-machine"]
    assert "energy above idling and 30% of its care and repairs" in said
    assert not [remark for remark in row.remarks if remark.code == "stale-price"]


def test_csv_and_json_of_a_shared_machine_are_equal_to_the_cent() -> None:
    found = compare(read_scenario(FILE), CATALOG, draw_count=0)
    assert all(option.eligible for option in found.options)
    assert found.verdict.cheapest == "macbook-pro-16-m5-max-128"
    frame = pd.read_csv(io.StringIO(tidy_csv(found)))
    for row in comparison_dict(found)["options"]:
        in_csv = -frame.loc[frame["option"] == row["id"], "amount_usd"].sum()
        assert in_csv == pytest.approx(row["total_cost_usd"], abs=0.005)


def test_further_machine_that_growth_needs_is_bought_whole() -> None:
    lines = _tco(shared_with_other_work={MAC: 0.3}, requests_per_working_day=1500, demand_growth_rate=0.5).lines
    assert lines["further machines"] < -CATALOG.machines[MAC].purchase_price().price_usd.central / 2
    assert "hardware" not in lines


def test_energy_is_explained_above_idling() -> None:
    tco = _tco(shared_with_other_work={MAC: 0.3})
    place = [row.name for row in tco.entries].index("energy decode")
    entry, month_1_usd = tco.entries[place], tco.flows[place][1]
    assert entry.formula.startswith("(decode watts - idle watts) / 1000 * decode hours * electricity price")
    watts, idle = (float(np.asarray(entry.inputs[name])) for name in ("decode_w", "idle_w"))
    hours, price = (float(np.asarray(entry.inputs[name])) for name in ("decode_h_per_month", "electricity_usd_per_kwh"))
    assert -month_1_usd == pytest.approx((watts - idle) / 1000 * hours * price)


@pytest.mark.parametrize(
    ("values", "error", "says"),
    [
        ({"already_own_usd": {MAC: 1}}, ScenarioError, f"{MAC} is shared with other work, so its price is no cost"),
        ({"leases": {MAC: {"usd_per_month": 1}}}, ScenarioError, f"{MAC} is shared with other work, so its price"),
        ({"shared_with_other_work": {MAC: 1.5}}, ScenarioError, f"shared_with_other_work.{MAC} is 1.5; it must"),
        ({"shared_with_other_work": {"cloud-h100": 0.5}}, CalculatorError, "is not a machine, so it cannot be shared"),
    ],
)
def test_contradiction_is_refused(values: dict[str, Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error) as refused:
        compare(Scenario.parse({"options": (MAC,), "shared_with_other_work": {MAC: 0.5}, **values}), CATALOG)
    assert says in str(refused.value)


def test_machine_that_idles_hungrier_than_it_works_costs_no_energy_and_saves_none() -> None:
    inputs = Inputs(SCENARIO)
    load = Load.of("mac", inputs, MAC_USAGE)
    watts = {"idle": 275.0, "prefill": 300.0, "decode": 250.0}
    kwh = above_idle_kwh(load, watts, 2)
    assert [term.amount_usd for term in kwh["prefill"]] == pytest.approx([0.025 * 20 * 2])
    assert [term.amount_usd for term in kwh["decode"]] == [0.0]


def test_borne_lines_show_the_share_in_their_arithmetic() -> None:
    lines = {line.name: line for line in _tco(shared_with_other_work={MAC: 0.25}).entries}
    for name in ("administration", "repair"):
        assert lines[name].formula.endswith(") * share that this work bears")
        assert lines[name].inputs["borne_fraction"] == 0.25
    assert "(decode watts - idle watts)" in lines["energy decode"].formula
    assert lines["energy decode"].inputs["idle_w"] == CATALOG.machines[MAC].power.idle_w.central
