"""A rented GPU that scales to zero: busy seconds, seconds kept warm and cold starts, and what stays unknown."""

import io
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from calculator import Scenario, compare, load_catalog
from calculator.cost.serverless import startup_figure, startup_s, without_limit
from calculator.decision.comparison import Comparison, OptionResult
from calculator.report.answer_json import comparison_dict
from calculator.report.ledger_csv import tidy_csv
from calculator.scenario.files import read_scenario
from calculator.service.usage import Usage

CATALOG = load_catalog()
FILE = Path(__file__).parents[2] / "fixtures" / "serverless.toml"
GPU = CATALOG.clouds["cloud-h100"]


def _found(**values: Any) -> Comparison:
    return compare(read_scenario(FILE).changed(**values), CATALOG, draw_count=0)


def _row(**values: Any) -> OptionResult:
    row = _found(**values)["cloud-h100"]
    assert row.tco is not None
    return row


def test_bill_is_busy_seconds_and_starts_by_hand() -> None:
    row = _row()
    assert row.tco is not None
    assert row.service is not None
    scenario = read_scenario(FILE)
    rate = GPU.rate("serverless").rate_usd_per_h.central
    busy_h = row.service.prefill_h + row.service.decode_h
    assert row.tco.lines["rental"] == pytest.approx(-36 * rate * busy_h)
    working_h = scenario.on_h_per_day * scenario.working_days_per_year / 12
    starts = 60 * scenario.working_days_per_year / 12 * (1 - busy_h / working_h)  # off at once: every idle period
    assert row.tco.lines["cold starts"] == pytest.approx(-36 * rate * starts * 15 / 3600)
    assert "warm rental" not in row.tco.lines


def test_kept_warm_longer_starts_less_often_and_pays_for_idling() -> None:
    never, long = _row().tco, _row(keep_warm_s=600).tco
    assert never is not None
    assert long is not None
    assert long.lines["cold starts"] > never.lines["cold starts"]
    assert long.lines["warm rental"] < 0
    assert long.lines["rental"] == never.lines["rental"]
    (seen,) = (entry.inputs for entry in long.entries if entry.name == "warm rental")
    rate = GPU.rate("serverless").rate_usd_per_h.central
    assert seen["warm_h_per_month"] == pytest.approx(-long.lines["warm rental"] / 36 / rate)


def test_paid_hours_never_exceed_the_hours_on() -> None:
    row = _row(keep_warm_s=3600, requests_per_working_day=400)
    assert row.tco is not None
    rate, scenario = GPU.rate("serverless").rate_usd_per_h.central, read_scenario(FILE)
    paid_h = -(row.tco.lines["rental"] + row.tco.lines["warm rental"]) / rate / 36
    assert paid_h <= scenario.on_h_per_day * scenario.working_days_per_year / 12 * (1 + 1e-9)


def test_busy_seconds_grow_with_the_demand_without_another_machine() -> None:
    still, grown = _row().tco, _row(demand_growth_rate=0.5).tco
    assert still is not None
    assert grown is not None
    growth = sum(1.5 ** ((month - 1) / 12) for month in range(1, 37)) / 36
    assert grown.lines["rental"] == pytest.approx(growth * still.lines["rental"])
    assert "further rental" not in grown.lines


def test_warm_seconds_and_starts_follow_the_demand_of_each_month() -> None:
    grown = _row(demand_growth_rate=0.5, keep_warm_s=600).tco
    assert grown is not None
    warm = dict(zip((entry.name for entry in grown.entries), grown.flows, strict=True))
    for month in (1, 13, 36):
        more = 1.5 ** ((month - 1) / 12)
        then = _row(requests_per_working_day=60 * more, keep_warm_s=600).tco
        assert then is not None
        for line in ("warm rental", "cold starts"):
            # busy hours grow with the demand here; a busier machine also writes a little faster together
            assert warm[line][month] == pytest.approx(then.lines[line] / 36, rel=1e-4)


def test_csv_and_json_are_equal_to_the_cent() -> None:
    found = compare(read_scenario(FILE), CATALOG)
    frame = pd.read_csv(io.StringIO(tidy_csv(found)))
    for row in comparison_dict(found)["options"]:
        if row["total_cost_usd"] is not None:
            in_csv = -frame.loc[frame["option"] == row["id"], "amount_usd"].sum()
            assert in_csv == pytest.approx(row["total_cost_usd"], abs=0.005)


def test_start_is_known_only_where_a_person_gives_it() -> None:
    assert startup_figure(GPU) == "cloud-h100.startup_minutes"
    assert startup_s(GPU, read_scenario(FILE)) == 15
    assert startup_s(GPU, Scenario()) is None


def test_no_demand_is_beyond_what_comes_by_the_second() -> None:
    usage = without_limit(Usage(capacity_ratio=0.5, quiet_capacity_ratio=0.7, hour_levels=((1.0, 0.5),)))
    assert (usage.capacity_ratio, usage.quiet_capacity_ratio, usage.hour_levels) == (math.inf, None, ())
