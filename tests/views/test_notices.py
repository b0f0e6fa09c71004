"""Notices: each unusable value of the address is named until something is changed."""

import pytest

from calculator import Scenario
from tests.views.pages import page, scenario_on, warnings_on, widget


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("wage_usd_per_h", "NaN"),
        ("wage_usd_per_h", "5000"),
        ("model", "gpt-9"),
        ("months", "36.5"),
        ("start_month", "2026-13"),
        ("resale_fraction", "70"),
        ("site", "moon"),
    ],
)
def test_unusable_value_in_the_address_is_named_and_the_default_used(name: str, text: str) -> None:
    app = page(**{name: text})
    assert scenario_on(app) == Scenario()
    said = warnings_on(app)
    assert len(said) == 1
    assert said[0].startswith(name)
    assert "The page uses" in said[0]


def test_notice_stays_until_something_is_changed() -> None:
    app = page(wage_usd_per_h="NaN")
    app.run()
    assert len(app.warning) == 1
    app.slider(key="wage_usd_per_h").set_value(120.0).run()
    assert not app.warning
    assert scenario_on(app).wage_usd_per_h == 120.0


def test_slider_moved_after_opening_a_link_is_not_reported_as_a_mismatch() -> None:
    app = page(wage_usd_per_h="120")
    app.slider(key="wage_usd_per_h").set_value(150.0).run()
    assert not app.warning


def test_table_about_an_option_no_longer_compared_is_left_out_with_a_sentence() -> None:
    app = page(figures='{"cloud-h100.rate_usd_per_h": 1.5}')
    assert scenario_on(app).figures == {"cloud-h100.rate_usd_per_h": 1.5}
    widget(app, "options").set_value(["api-same-model"]).run()
    assert not app.exception
    assert warnings_on(app)[0].startswith("figures")
    assert scenario_on(app).figures == {}
    assert scenario_on(app).options == ("api-same-model",)
