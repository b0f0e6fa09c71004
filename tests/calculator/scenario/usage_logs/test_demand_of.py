"""Demand from counts: the scenario asks what the log asked."""

import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from calculator.errors import ScenarioError
from calculator.scenario.files import read_scenario
from calculator.scenario.usage_logs.demand_of import demand_of, scenario_toml
from calculator.scenario.usage_logs.event import DAY_S, UsageEvent
from calculator.scenario.usage_logs.tally import Tally
from calculator.units import MONTHS_PER_YEAR, S_PER_H

MONDAY_S = datetime(2026, 6, 1, tzinfo=UTC).timestamp()
WEEKS = 8


def _office() -> Tally:
    """Eight weeks, Monday to Friday, 9 to 17: three requests at 11, one in each other hour."""
    tally = Tally()
    for day in range(7 * WEEKS):
        if day % 7 < 5:
            for hour in range(9, 17):
                for number in range(3 if hour == 11 else 1):
                    at_s = MONDAY_S + day * DAY_S + hour * S_PER_H + number
                    tally.add(UsageEvent(at_s, 0.0, 1, 2000, 500, 100 + 200 * (number % 2)))
    return tally


def test_demand_of_office_hours() -> None:
    found = demand_of(_office())
    values = found.values
    assert values["requests_per_working_day"] == 10
    assert (values["prompt_tokens"], values["retrieved_tokens"], values["cached_prompt_fraction"]) == (2000, 0, 0.25)
    assert values["answer_tokens"] == 120
    assert values["answer_variation_ratio"] == pytest.approx(60 / 120, rel=1e-3)
    assert values["on_h_per_day"] == 8
    assert 261 <= values["working_days_per_year"] <= 270  # 40 of 54 days: the log ends on a Friday
    assert found.remarks == ()


def test_month_of_the_scenario_holds_the_tokens_of_the_log() -> None:
    tally = _office()
    scenario = demand_of(tally).scenario()
    a_day = scenario.requests_per_working_day * scenario.input_tokens()
    assert a_day * len(tally.requests_by_day) == pytest.approx(tally.input_tokens)
    assert scenario.busiest_hour_ratio() == pytest.approx(3 / (10 / 8))
    assert a_day * scenario.working_days_per_year / MONTHS_PER_YEAR > 0


def test_file_of_the_demand_comes_back_as_the_same_scenario(tmp_path: Path) -> None:
    tally = _office()
    demand = demand_of(tally)
    text = scenario_toml(demand, tally, name='A "log"')
    path = tmp_path / "demand.toml"
    path.write_text(text, "utf-8")
    again = read_scenario(path)
    assert again.name == 'A "log"'
    assert again.changed(name=demand.scenario().name) == demand.scenario()
    assert len(tomllib.loads(text)["hourly_profile"]) == 168
    assert "# Requests: 400; days with requests: 40" in text


def test_export_without_a_number_of_requests_asks_for_it() -> None:
    tally = Tally()
    for day in range(3):
        tally.add(UsageEvent(MONDAY_S + day * DAY_S, DAY_S, None, 1000, 0, 100))
    with pytest.raises(ScenarioError, match="--requests-per-day"):
        demand_of(tally)
    values = demand_of(tally, requests_per_day=10).values
    assert (values["requests_per_working_day"], values["prompt_tokens"], values["answer_tokens"]) == (10, 100, 10)
    assert "answer_variation_ratio" not in values


def test_short_log_leaves_days_and_hours_at_their_defaults() -> None:
    tally = Tally()
    tally.add(UsageEvent(MONDAY_S, 0.0, 1, 10, 0, 10))
    found = demand_of(tally)
    assert not {"working_days_per_year", "hourly_profile", "on_h_per_day"} & found.values.keys()
    assert "spans 1 day;" in found.remarks[0]


def test_log_of_days_leaves_the_hours_at_their_defaults() -> None:
    tally = Tally()
    for day in range(20):
        tally.add(UsageEvent(MONDAY_S + day * DAY_S, DAY_S, 7, 1000, 0, 100))
    found = demand_of(tally)
    assert found.values["working_days_per_year"] == 365
    assert "hourly_profile" not in found.values


def test_wild_answers_are_cut_to_what_was_checked_and_said() -> None:
    tally = Tally()
    for number in range(50):
        tally.add(UsageEvent(MONDAY_S + number, 0.0, 1, 10, 0, 1 if number else 5000))
    found = demand_of(tally)
    assert found.values["answer_variation_ratio"] == 1.5
    assert any("Answers vary by" in remark for remark in found.remarks)


def test_log_of_no_requests_is_refused() -> None:
    with pytest.raises(ScenarioError, match="counts no request"):
        demand_of(Tally())
