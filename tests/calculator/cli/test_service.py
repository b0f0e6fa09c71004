"""`service`: a row per option that fits, every field in JSON, never infinity."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from calculator import Scenario, load_catalog
from calculator.__main__ import main
from calculator.catalog.options import CloudOffer, Machine
from calculator.cli.service import service_answer, service_dict
from calculator.service.capability import Capability, capability_of, scenario_model
from calculator.service.peak_hour import PeakHour, peak_hour, week_of

CATALOG = load_catalog()


def capability(scenario: Scenario, option: str = "mac-studio-m2-ultra-192-used") -> Capability:
    found = CATALOG.option(option)
    assert isinstance(found, Machine | CloudOffer)
    return capability_of(found, scenario=scenario, model=scenario_model(scenario, CATALOG), catalog=CATALOG)


def asked(**values: Any) -> Scenario:
    return Scenario().changed(**values)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(("service", *arguments))
    out = capsys.readouterr()
    return code, out.out, out.err


def strict(text: str) -> Any:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


def test_service_command_prints_a_row_per_option_that_fits(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys)
    assert (code, err) == (0, "")
    rows = [line.split()[0] for line in out.splitlines() if line.startswith(Scenario().options)]
    assert rows == list(Scenario().options[:-1])  # the hosted API is named below the table
    assert "Hosted API" in out


def test_service_command_json_holds_every_field_of_the_peak_hour(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--json", "--hours", "--set", "requests_per_working_day=300")
    answer = strict(out)
    assert code == 0
    assert [row["id"] for row in answer["left_out"]] == ["api-same-model"]
    scenario = asked(requests_per_working_day=300)
    for row in answer["options"]:
        peak = peak_hour(capability(scenario, row["id"]), scenario=scenario)
        assert row["peak_hour"] == {name: getattr(peak, name) for name in PeakHour.__slots__ if name != "remarks"}
        hours = row["week"]["hours"]
        assert len(hours) == 168
        assert sum(hour["busy_h"] for hour in hours) == pytest.approx(row["week"]["busy_h"])


def test_service_json_of_hours_asked_while_the_machine_is_off_is_null() -> None:
    scenario = asked(options=("mac-studio-m2-ultra-192-used",))
    answer = service_answer(scenario, CATALOG)
    always = week_of(answer.rows[0].found, scenario=scenario, profile=np.ones(168))
    shown = service_dict(replace(answer, rows=(replace(answer.rows[0], week=always),)), hours=True)
    hours = strict(json.dumps(shown, allow_nan=False))["options"][0]["week"]["hours"]
    assert (hours[0]["load_fraction"], hours[0]["on_h"]) == (None, 0.0)
    assert hours[0]["overflow_requests"] == pytest.approx(1_000 / 168)  # nothing of it is served at night
    assert hours[12]["load_fraction"] > 0


@pytest.mark.parametrize(
    "settings_",
    [
        ("requests_per_working_day=1000000", "peak_factor_ratio=24"),
        ("requests_per_working_day=0",),
        ("on_h_per_day=0.5",),
        ("answer_p95_target_s=0.001",),
        ("weight_class=16-bit",),
    ],
    ids=lambda row: row[0],
)
def test_service_command_never_prints_infinity(capsys: pytest.CaptureFixture[str], settings_: tuple[str, ...]) -> None:
    arguments = [part for setting in settings_ for part in ("--set", setting)]
    code, out, _ = run(capsys, "--json", *arguments)
    answer = strict(out)
    assert code == 0
    assert len(answer["options"]) + len(answer["left_out"]) == len(Scenario().options)
    code, text, _ = run(capsys, *arguments)
    assert code == 0
    assert "inf" not in text.split()
    assert "nan" not in text.split()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--set", "peak_factor_ratio=0.5"), "peak_factor_ratio is 0.5; it must lie in 1..24."),
        (("--set", "answer_variation_ratio=2"), "answer_variation_ratio is 2.0; it must lie in 0..1.5."),
        (("--set", "answer_p95_target_s=-1"), "answer_p95_target_s is -1.0; it must lie in 0..36,000."),
        (("--set", "first_token_p95_target_s=nan"), "first_token_p95_target_s is nan"),
        (("--set", "peak_factor=2"), "peak_factor is not a known key. Did you mean peak_factor_ratio?"),
        (("--set", "options=mac-studio-m4-ultra-192"), "never"),
        (("nowhere.toml",), "there is no such scenario file"),
    ],
)
def test_service_command_refuses_with_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], says: str
) -> None:
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert says in err
    assert "Traceback" not in err
    assert len(err.strip().splitlines()) == 1
