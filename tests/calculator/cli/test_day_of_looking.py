"""Day of looking: read from the clock at the command line's door; what a scenario names wins; a catalogue that ages
stays usable."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from calculator.__main__ import main

DAYS = ("2026-11-26", "2027-11-26", "2029-11-26")


def answer_on(day: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *more: str) -> Any:
    """The answer of `compare --json` with the clock set to a day."""

    class Clock(date):
        @classmethod
        def today(cls) -> "Clock":
            return cls.fromisoformat(day)

    monkeypatch.setattr("calculator.cli.compare.date", Clock)
    assert main(["compare", *more, "--json", "-"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("day", DAYS)
def test_day_stands_in_the_answer_and_no_option_vanishes(
    day: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = answer_on(day, monkeypatch, capsys)
    first = answer_on(DAYS[0], monkeypatch, capsys)
    assert found["prices_as_of"] == day
    for now, then in zip(found["options"], first["options"], strict=True):
        assert (now["id"], now["eligible"]) == (then["id"], then["eligible"])
        assert now["total_cost_usd"] == then["total_cost_usd"]  # age widens ranges and moves no base case


def test_verdict_says_which_old_prices_it_rests_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = answer_on(DAYS[2], monkeypatch, capsys)["verdicts"]["overall"]
    assert found["rests_on_old_prices"]


def test_day_that_a_scenario_names_wins_over_the_clock(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('prices_as_of = "2027-01-02"\n', "utf-8")
    assert answer_on(DAYS[2], monkeypatch, capsys, str(file))["prices_as_of"] == "2027-01-02"
    set_here = answer_on(DAYS[2], monkeypatch, capsys, "--set", "prices_as_of=2026-12-24")
    assert set_here["prices_as_of"] == "2026-12-24"
