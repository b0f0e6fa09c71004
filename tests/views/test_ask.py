"""Widgets of the rarer fields: every field has one, every one reaches the scenario, and each changes the answer."""

import math
from typing import Any

import pytest

from calculator import Scenario
from calculator.decision.compare import compare
from calculator.scenario.scenario import ANOTHER_SIZE, knobs
from tests.views.pages import CATALOG, component, more_settings, other_value, page, scenario_on, widget
from views.choices import choices_of
from views.decide_form import FIELDS_BESIDE
from views.decide_frame import decide_frame

BY_THE_SWITCH = ("money", "labour")
REST = [name for name in knobs() if name not in (*FIELDS_BESIDE, *BY_THE_SWITCH, "another_size_b")]

# A field that changes nothing in the default scenario is tried in one in which it does.
_SERVER_ROOM: dict[str, Any] = {"site": "server-room"}
_OUTAGES: dict[str, Any] = {"availability_fraction": 0.9}
_RESERVED: dict[str, Any] = {"cloud_rate": "reserved"}
_SEATS: dict[str, Any] = {"options": ("chatgpt-plus", "claude-team-standard", "mac-studio-m5-ultra-96")}
NEEDS: dict[str, dict[str, Any]] = {
    "pue_ratio": _SERVER_ROOM,
    "unserved_fraction_max": _OUTAGES,
    "when_down": _OUTAGES,
    "downtime_usd_per_h": {**_OUTAGES, "unserved_fraction_max": 1},
    "keep_warm_s": {"cloud_rate": "serverless", "figures": {"cloud-h100.startup_minutes": 1.0}},
    "reserved_discount_fraction": {**_RESERVED, "options": ("cloud-2x-rtx-4090", "mac-studio-m5-ultra-96")},
    "reserved_months": _RESERVED,
    "reserved_upfront_fraction": _RESERVED,
    "spot_interruption_fraction": {"cloud_rate": "spot"},
    "api_cache_write_fraction": {"options": ("api:anthropic/claude-opus-5-5", "mac-studio-m5-ultra-96")},
    "seat_count": _SEATS,
    "subscription_excess": {**_SEATS, "requests_per_working_day": 2_000},
    "peak_hours_fraction": {"peak_price_ratio": 3},
    "peak_price_ratio": {"peak_hours_fraction": 0.5},
    "api_batch_discount_fraction": {"api_batch_fraction": 0.5},
    "tax_rate": {"tax_mode": "macrs-half-year"},
    "start_month": {"tax_mode": "macrs-half-year", "fiscal_year_end_month": 6},
    "fiscal_year_end_month": {"tax_mode": "macrs-half-year"},
    "depreciation_years": {"tax_mode": "straight-line"},
}
VALUES: dict[str, list[Any]] = {"answer_p95_target_s": [5.0]}
"""Values to try where a quarter of what is allowed is too far out to matter."""
ON_ANOTHER_PAGE = {
    "book_method": "the profit and loss statement",
    "debt_rate": "lease against purchase",
}
"""Fields that no figure of this page rests on, and what does."""


def shown(frame: dict[str, Any]) -> dict[str, Any]:
    """What a person sees of a frame: neither its id nor its number of futures."""
    return {key: value for key, value in frame.items() if key not in ("id", "draws")}


def frame_of(scenario: Scenario) -> dict[str, Any]:
    return shown(decide_frame(compare(scenario, CATALOG, as_of="2026-11-26", draw_count=100, with_turns=False)))


def test_every_field_has_one_widget_and_every_widget_reaches_the_scenario() -> None:
    app = more_settings(page())
    expected = {name: other_value(name, getattr(Scenario(), name)) for name in REST}
    for name, value in expected.items():
        field = widget(app, f"more {name}")
        factor = knobs()[name].shown if field.type == "number_input" else 1
        field.set_value(type(value)(round(value * factor, 10)) if factor != 1 else value)
    widget(app, "more name").set_value("Board meeting")
    app.run()
    assert not app.exception
    scenario = scenario_on(app)
    for name, value in expected.items():
        found = getattr(scenario, name)
        assert found == value if isinstance(value, str) else math.isclose(found, value, rel_tol=1e-9), name
    assert set(scenario.typed) == set(REST)
    assert scenario.name == "Board meeting"
    assert not app.warning


def test_widgets_show_what_the_address_means_in_the_unit_on_the_label() -> None:
    app = more_settings(page(discount_rate="0.05", months="48", site="office"))
    assert widget(app, "more discount_rate").value == 5
    assert "%" in widget(app, "more discount_rate").label
    assert widget(app, "more months").value == 48
    assert widget(app, "more site").value == scenario_on(app).site


def test_widget_follows_an_example_and_a_reset() -> None:
    app = more_settings(page(preset="team-24-7"))
    assert widget(app, "more working_days_per_year").value == scenario_on(app).working_days_per_year
    app.query_params["working_days_per_year"] = "100"
    app.run()
    assert widget(app, "more working_days_per_year").value == 100
    del app.query_params["working_days_per_year"]
    app.run()
    assert widget(app, "more working_days_per_year").value == scenario_on(app).working_days_per_year != 100


def test_field_of_the_answer_stands_beside_it_only() -> None:
    app = more_settings(page())
    for name in (*FIELDS_BESIDE, *BY_THE_SWITCH):
        with pytest.raises(KeyError):
            widget(app, f"more {name}")


def test_another_size_asks_for_its_parameters() -> None:
    app = more_settings(page(model=ANOTHER_SIZE))
    widget(app, "more another_size_b").set_value(3000.0).run()
    assert not app.exception
    assert scenario_on(app).another_size_b == 3000.0
    assert scenario_on(app).model == ANOTHER_SIZE
    with pytest.raises(KeyError):
        widget(more_settings(page()), "more another_size_b")


def test_bounds_of_a_number_are_those_of_the_scenario() -> None:
    app = more_settings(page())
    for name in REST:
        if not choices_of(Scenario.model_fields[name].annotation) and Scenario.model_fields[name].annotation is not str:
            field, knob = widget(app, f"more {name}"), knobs()[name]
            assert (field.min, field.max) == (
                pytest.approx(knob.low * knob.shown),
                pytest.approx(knob.high * knob.shown),
            ), name


@pytest.mark.parametrize("name", [name for name in knobs() if name not in ("another_size_b", *ON_ANOTHER_PAGE)])
def test_every_field_changes_what_a_person_sees(name: str) -> None:
    base = Scenario.parse(NEEDS.get(name, {}))
    before = frame_of(base)
    annotation: Any = Scenario.model_fields[name].annotation
    tried = VALUES.get(name) or choices_of(annotation) or [other_value(name, getattr(base, name))]
    assert any(frame_of(base.changed(**{name: value})) != before for value in tried if value != getattr(base, name))


def test_folded_settings_cost_nothing_and_change_nothing() -> None:
    app = page(months="48")
    before = component(app)["frame"]
    assert component(more_settings(app))["frame"] == before
    assert scenario_on(app) == Scenario(months=48)
