"""Command `demand`: a usage log becomes a scenario file that `compare` takes."""

import json
from pathlib import Path

import pytest

from calculator.__main__ import main
from calculator.scenario.files import read_scenario

LOGS = Path(__file__).parents[2] / "fixtures" / "usage_logs"


def test_demand_of_a_log_is_a_scenario_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["demand", str(LOGS / "claude_code.jsonl"), "--timezone", "America/New_York"]) == 0
    path = tmp_path / "demand.toml"
    path.write_text(capsys.readouterr().out, "utf-8")
    scenario = read_scenario(path)
    assert scenario.name == "Demand of claude_code.jsonl"
    assert scenario.prompt_tokens == round(2375 / 3)
    assert [hour for hour, count in enumerate(scenario.hourly_profile) if count] == [6, 59]
    assert main(["service", str(path)]) == 0
    assert "Demand of claude_code.jsonl" in capsys.readouterr().out


def test_demand_of_several_logs_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demand", str(LOGS / "otlp_spans.json"), str(LOGS / "console_spans.json"), "--json"]) == 0
    values = json.loads(capsys.readouterr().out)["values"]
    assert values["prompt_tokens"] == round(141 / 3)


TURNS = ("demand", "--turns", "21", "--first-tokens", "1545", "--new-tokens", "1173", "--answer-tokens", "184")


def test_demand_of_described_sessions_is_a_scenario_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    words = [*TURNS, "--sessions-per-day", "9", "--open-sessions", "4"]
    assert main(words) == 0
    path = tmp_path / "agents.toml"
    path.write_text(capsys.readouterr().out, "utf-8")
    scenario = read_scenario(path)
    assert (scenario.requests_per_working_day, scenario.prompt_tokens, scenario.open_session_count) == (189, 15115, 4)
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["values"]["cached_prompt_fraction"] == scenario.cached_prompt_fraction


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["no-such-file.csv"], "cannot be read"),
        ([str(LOGS / "anthropic_console.csv")], "--requests-per-day 500"),
        ([str(LOGS / "plain.csv"), "--timezone", "Mars/Base"], "no time zone"),
        ([str(LOGS / "plain.csv"), "--requests-per-day", "-3"], "must lie above 0"),
        ([__file__], "no usage that can be read"),
        ([], "needs a usage log, or a session"),
        ([*TURNS[1:]], "--sessions-per-day belong to --turns"),
        ([*TURNS[1:], "--sessions-per-day", "9", "x.csv"], "not both"),
        ([*TURNS[1:], "--sessions-per-day", "9", "--kept", "2"], "kept_fraction"),
    ],
)
def test_demand_that_cannot_be_read_is_refused(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demand", *words]) == 2
    assert says in capsys.readouterr().err
