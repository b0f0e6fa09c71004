"""A usage log brought on the page: counted as the command counts it, and made the scenario's demand by a click."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from calculator.errors import ScenarioError
from tests.views.pages import more_settings, page, scenario_on, texts
from views.usage_log import demand_in, zones

LOGS = Path(__file__).parents[1] / "fixtures" / "usage_logs"


def brought(name: str, content: bytes) -> AppTest:
    app = more_settings(page())
    app.file_uploader(key="usage log").upload(name, content)
    app.run()
    assert not app.exception
    return app


@pytest.mark.parametrize("name", ["claude_code.jsonl", "plain.csv", "otlp_spans.json"])
def test_log_becomes_the_demand_of_the_scenario(name: str) -> None:
    content = (LOGS / name).read_bytes()
    app = brought(name, content)
    next(button for button in app.button if button.label == "Use this demand").click().run()
    assert not app.exception
    assert not app.warning
    found = scenario_on(app)
    for field, value in demand_in(content, zone="UTC", requests_per_day=None).values.items():
        assert getattr(found, field) == pytest.approx(value)


def test_file_without_usage_is_a_sentence_and_changes_nothing() -> None:
    app = brought("x.csv", b"a,b\n1,2\n")
    assert [error.value for error in app.error]
    assert "Use this demand" not in [button.label for button in app.button]
    with pytest.raises(ScenarioError):
        demand_in(b"", zone="UTC", requests_per_day=None)


def test_zone_moves_the_hours() -> None:
    content = (LOGS / "plain.csv").read_bytes()
    here, there = (demand_in(content, zone=zone, requests_per_day=None) for zone in ("UTC", "Asia/Tokyo"))
    assert here.values["hourly_profile"] != there.values["hourly_profile"]
    assert zones()[0] == "UTC"
    assert "only counts" in texts(brought("plain.csv", content)).lower()
