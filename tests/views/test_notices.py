"""Notices: each unusable value of the address is named until it is set or the notice is closed."""

import pytest

from calculator import Scenario
from tests.views.pages import change, page, scenario_on, warnings_on


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
        ("already_own_usd", '{"atlantis": 3}'),
    ],
)
def test_unusable_value_in_the_address_is_named_and_the_default_used(name: str, text: str) -> None:
    app = page(**{name: text})
    assert scenario_on(app) == Scenario()
    said = warnings_on(app)
    assert len(said) == 1
    assert said[0].startswith(name)
    assert "The page uses" in said[0]


def test_notice_stays_until_its_value_is_set() -> None:
    app = page(wage_usd_per_h="NaN")
    app.run()
    assert len(app.warning) == 1
    change(app, put={"months": 48})
    assert len(app.warning) == 1
    change(app, put={"wage_usd_per_h": 120})
    assert not app.warning
    assert scenario_on(app).wage_usd_per_h == 120.0


def test_closed_notice_stays_closed_and_another_one_opens() -> None:
    app = page(wage_usd_per_h="NaN", months="36.5")
    assert len(app.warning) == 2
    app.button(key="close notices").click().run()
    assert not app.warning
    change(app, put={"answer_tokens": 300})
    assert not app.warning
    app.query_params["resale_fraction"] = "70"
    app.run()
    (said,) = warnings_on(app)
    assert said.startswith("resale_fraction")


def test_slider_moved_after_opening_a_link_is_not_reported_as_a_mismatch() -> None:
    app = change(page(wage_usd_per_h="120"), put={"wage_usd_per_h": 150})
    assert not app.warning


def test_hosted_price_that_is_known_under_its_hosts_name_is_no_mismatch() -> None:
    app = page(figures='{"api-same-model.output_usd_per_mtok": 3.0}')
    assert not app.warning
    assert [name.rpartition(".")[2] for name in scenario_on(app).figures] == ["output_usd_per_mtok"]


def test_table_about_an_option_that_the_address_does_not_compare_is_left_out_with_a_sentence() -> None:
    app = page(options=["api-same-model"], figures='{"cloud-h100.rate_usd_per_h": 1.5}')
    assert warnings_on(app)[0].startswith("figures")
    assert scenario_on(app).figures == {}
    assert scenario_on(app).options == ("api-same-model",)


def test_values_that_contradict_each_other_are_named_whenever_the_page_is_drawn() -> None:
    both = {"already_own_usd": '{"dgx-spark": 900}', "shared_with_other_work": '{"dgx-spark": 0.5}'}
    app = page(options=["dgx-spark", "cloud-h100"], **both)
    for _ in range(2):
        (said,) = warnings_on(app)
        assert "dgx-spark" in said
        assert said.endswith("It was left out.")
        change(app, put={"months": 48})
    assert scenario_on(app).months == 48
    assert dict(scenario_on(app).already_own_usd) == {"dgx-spark": 900}
