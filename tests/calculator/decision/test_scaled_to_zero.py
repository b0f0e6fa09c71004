"""A GPU that scales to zero against the promise: the first word waits for the start where the machine was off."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from calculator import compare, load_catalog
from calculator.decision import scaled_to_zero
from calculator.decision.comparison import Comparison
from calculator.decision.scaled_to_zero import cold_reasons, cold_remark, cold_share, first_token_p95_s
from calculator.scenario.files import read_scenario
from calculator.scenario.scenario import Scenario
from calculator.service.capability import capability_of, scenario_model
from calculator.service.serving import Serving, serving_of

CATALOG = load_catalog()
FILE = Path(__file__).parents[2] / "fixtures" / "serverless.toml"
GPU = CATALOG.clouds["cloud-h100"]


def _found(**values: Any) -> Comparison:
    return compare(read_scenario(FILE).changed(**values), CATALOG, draw_count=0)


def _serving(scenario: Scenario) -> Serving:
    model = scenario_model(scenario, CATALOG)
    found = capability_of(GPU, scenario=scenario, model=model, catalog=CATALOG)
    return serving_of(found, scenario=scenario, when_full="buy-another")


def test_first_word_takes_the_start_longer_where_the_machine_was_off() -> None:
    scenario = read_scenario(FILE)
    serving = _serving(scenario)
    first = first_token_p95_s(GPU, serving, scenario)
    assert first is not None
    assert first.central == pytest.approx(serving.first_token_p95_s.central + 15)
    by_the_hour = scenario.changed(cloud_rate="on-demand")
    assert first_token_p95_s(GPU, serving, by_the_hour) == serving.first_token_p95_s
    row = _found()["cloud-h100"]
    assert row.eligible
    assert row.eligibility.first_token_p95_s == first


def test_start_longer_than_the_promise_rules_it_out_and_keeping_it_warm_mends_that() -> None:
    slow = {"figures": {"cloud-h100.startup_minutes": 1}}
    (reason,) = _found(**slow)["cloud-h100"].eligibility.reasons
    assert reason.code == "first-token-too-slow"
    assert re.fullmatch(
        r"One person in twenty waits ([\d.]+ (?:s|minutes)) for the first word, because \d+% of the requests find it off; "
        r"you asked for 30 s\.",
        reason.text,
    )
    assert reason.short == f"first word {reason.text.split()[5]} {reason.text.split()[6]}, not 30 s"
    assert reason.mend == 'A longer time under "Serverless: kept warm", or rent it by the hour.'
    warm = {**slow, "keep_warm_s": 3600, "requests_per_working_day": 400}
    assert _found(**warm)["cloud-h100"].eligible


def test_start_that_nobody_knows_leaves_cost_and_waits_unknown() -> None:
    row = _found(figures={})["cloud-h100"]
    (reason,) = row.eligibility.reasons
    assert (reason.code, row.eligibility.first_token_p95_s) == ("no-speed", None)
    assert "neither cost nor waits are known" in reason.text
    assert reason.mend == "Enter the start-up time of Rented H100 80 GB by the hour."
    (said,) = [remark.text for remark in row.remarks if remark.code == "cold-starts"]
    assert said.endswith(" is not counted. Enter the start-up time of Rented H100 80 GB by the hour.")
    assert not _found(figures={}, first_token_p95_target_s=0)["cloud-h100"].eligible  # its cost is not known either


def test_offer_that_nobody_rents_by_the_second_is_no_option() -> None:
    found = _found(options=("cloud-rtx-pro-6000", "mac-studio-m5-ultra-96"), figures={})
    assert "cloud-rtx-pro-6000" in CATALOG.clouds
    assert not [row for row in CATALOG.clouds["cloud-rtx-pro-6000"].rates if row.kind == "serverless"]
    (reason,) = found["cloud-rtx-pro-6000"].eligibility.reasons
    assert reason.code == "no-price"
    name = CATALOG.clouds["cloud-rtx-pro-6000"].name
    assert reason.mend == f"Enter your own hourly rate of {name}."
    assert found.verdict.cheapest == "mac-studio-m5-ultra-96"


def test_share_that_finds_it_off_falls_with_the_seconds_kept_warm_and_is_said() -> None:
    scenario = read_scenario(FILE)
    shares = [
        cold_share(_serving(one), one) for one in (scenario.changed(keep_warm_s=seconds) for seconds in (0, 60, 600))
    ]
    assert 1 > shares[0] > shares[1] > shares[2] > 0
    (said,) = cold_remark(GPU, _serving(scenario), scenario)
    assert said.text == f"{GPU.name}: {shares[0]:.0%} of the requests find it off and start it."
    assert not cold_remark(GPU, _serving(scenario), scenario.changed(cloud_rate="on-demand"))


def test_first_word_of_a_cold_machine_is_later_at_both_ends_too() -> None:
    scenario = read_scenario(FILE)
    serving = _serving(scenario)
    warm, first = serving.first_token_p95_s, first_token_p95_s(GPU, serving, scenario)
    assert first is not None
    assert (first.low, first.high) == (pytest.approx(warm.low + 15), pytest.approx(warm.high + 15))


def test_share_that_finds_it_off_is_by_the_hours_with_demand() -> None:
    scenario = read_scenario(FILE)
    serving = _serving(scenario)
    usage = serving.usage
    half = (usage.working_h_per_month or usage.on_h_per_month) / 2
    shares = [
        cold_share(replace(serving, usage=replace(usage, on_h_per_month=on_h, working_h_per_month=working_h)), scenario)
        for on_h, working_h in ((half, None), (2 * half, half), (half, 2 * half), (2 * half, None), (0.0, None))
    ]
    # fewer hours for the same work: busier, so that fewer find it off; the hours with demand count where they are known
    assert shares[0] == shares[1] < shares[2] == shares[3] < shares[4]
    two = replace(usage, machine_count=2)
    assert cold_share(replace(serving, usage=two), scenario) < cold_share(serving, scenario)


@pytest.mark.parametrize(("share", "is_late"), [(0.049, False), (0.05, False), (0.051, True)])
def test_first_word_is_late_only_where_more_than_one_in_twenty_find_it_off_in_its_wait_and_in_its_reason(
    share: float, is_late: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """p95 <= T where at most one in twenty takes longer than T (docs/model/service.md)."""
    monkeypatch.setattr(scaled_to_zero, "cold_share", lambda _serving, _scenario: share)
    scenario = read_scenario(FILE).changed(figures={"cloud-h100.startup_minutes": 1})
    serving = _serving(scenario)
    first = first_token_p95_s(GPU, serving, scenario)
    assert first is not None
    assert (first.central > serving.first_token_p95_s.central) is is_late
    assert bool(cold_reasons(GPU, serving, scenario)) is is_late
    unknown = scenario.changed(figures={})
    assert (first_token_p95_s(GPU, serving, unknown) is None) is is_late
    assert [reason.code for reason in cold_reasons(GPU, serving, unknown)] == ["no-speed"] * is_late
