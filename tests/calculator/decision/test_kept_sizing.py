"""Kept sizing: what is left out of the key is never read, money alone finds it again, and nothing else does."""

from dataclasses import replace
from typing import Any

import pytest

from calculator import Scenario, load_catalog
from calculator.catalog.options import CloudOffer, Machine
from calculator.decision import kept_sizing
from calculator.decision.kept_sizing import NOT_READ, sizing_of
from calculator.decision.question import Question
from calculator.physics.measured import MeasuredSpeed
from calculator.service.capability import Capability, capability_of, scenario_model
from calculator.service.serving import serving_of

CATALOG = load_catalog()
MAC, PC, RENTED = "mac-studio-m5-ultra-96", "dual-rtx-4090-am5", "cloud-h100"
MEASURED = MeasuredSpeed(
    phase="decode",
    chip="m5-ultra",
    chip_count=1,
    model="llama-3.3-70b",
    format="mlx-4bit",
    runtime="mlx",
    context_tokens=1_000.0,
    batch_count=1,
    low_tokens_per_s=6.0,
    central_tokens_per_s=7.0,
    high_tokens_per_s=8.0,
    trust="measured here",
    as_of="2026-11-20",
)
SCENARIOS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "by the hour": {"hourly_profile": [0.0, *[1.0] * 166, 3.0], "on_h_per_day": 24, "working_days_per_year": 252},
    "no promise": {"first_token_p95_target_s": 0, "answer_p95_target_s": 0, "stream_target_tokens_per_s": 0},
    "there already": {"options": (MAC, PC), "already_own_usd": {MAC: 3_000}, "shared_with_other_work": {PC: 0.5}},
    "sessions": {"open_session_count": 400, "cached_prompt_fraction": 0.9},
    "small memory": {"prompt_tokens": 30_000, "concurrent_request_count": 64, "weight_class": "best-that-fits"},
    "version 0.1": {"rules": 1, "downtime_usd_per_h": 5.0},
    "own speed": {"options": (MAC,), "figures": {f"{MAC}.decode_speed_ratio": 0.7}},
}


class _Reader:
    """Stands for a scenario, and notes which fields are read of it."""

    def __init__(self, scenario: Scenario, read: set[str]) -> None:
        self._scenario, self._read = scenario, read

    def __getattr__(self, name: str) -> Any:
        if callable(method := getattr(Scenario, name, None)):
            return lambda *args, **named: method(self, *args, **named)
        if name in Scenario.model_fields:
            self._read.add(name)
        return getattr(self._scenario, name)


def _asked(*measurements: MeasuredSpeed, **values: Any) -> Question:
    scenario = Scenario.parse(values)
    return Question(scenario, CATALOG, scenario_model(scenario, CATALOG), None, measurements, "2026-11-26")


def _option(option: str) -> Machine | CloudOffer:
    found = CATALOG.option(option)
    assert isinstance(found, Machine | CloudOffer)
    return found


@pytest.mark.parametrize("option", [MAC, PC, RENTED])
@pytest.mark.parametrize("case", SCENARIOS)
def test_sizing_reads_nothing_that_is_left_out_of_its_key(case: str, option: str) -> None:
    read: set[str] = set()
    scenario = Scenario.parse(SCENARIOS[case])
    reader: Any = _Reader(scenario, read)
    model = scenario_model(scenario, CATALOG)
    found = capability_of(_option(option), scenario=reader, model=model, measurements=(MEASURED,), catalog=CATALOG)
    for rule in ("buy-another", "buy-from-api"):
        if found.runs:
            serving_of(found, scenario=reader, when_full=rule)
    assert not read & NOT_READ
    assert "prompt_tokens" in read
    assert "requests_per_working_day" in read or not found.runs


def test_fields_that_sizing_does_not_read_are_fields() -> None:
    assert set(Scenario.model_fields) >= NOT_READ


def test_sizing_is_found_again_where_money_alone_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def counted(option: Machine | CloudOffer, **named: Any) -> Capability:
        made.append(option.id)
        return capability_of(option, **named)

    monkeypatch.setattr(kept_sizing, "capability_of", counted)
    first = sizing_of(_option(MAC), _asked(requests_per_working_day=217, wage_usd_per_h=60, tax_rate=0.1))
    dearer = sizing_of(_option(MAC), _asked(requests_per_working_day=217, wage_usd_per_h=71, tax_rate=0.2))
    assert dearer.found is first.found
    assert made == [MAC]
    for other in (
        _asked(requests_per_working_day=218),
        _asked(MEASURED, requests_per_working_day=217),
        replace(_asked(requests_per_working_day=217), catalog=replace(CATALOG)),
    ):
        assert sizing_of(_option(MAC), other).found is not first.found
    assert sizing_of(_option(PC), _asked(requests_per_working_day=217)).found.option.id == PC
    assert made == [MAC] * 4 + [PC]


def test_serving_of_each_rule_and_number_is_that_of_the_scenario() -> None:
    question = _asked(requests_per_working_day=40_000, first_token_p95_target_s=0)
    sizing = sizing_of(_option(MAC), question)
    for rule in ("buy-another", "buy-from-api"):
        fewest = sizing.serving(question, when_full=rule)
        assert fewest == serving_of(sizing.found, scenario=question.scenario, when_full=rule)
        assert sizing.serving(question, when_full=rule) is fewest
    three = question.scenario.model_copy(update={"machine_counts": {MAC: 3}})
    assert sizing.serving(question, when_full="buy-another", count=3) == serving_of(
        sizing.found, scenario=three, when_full="buy-another"
    )
