"""The form of a machine of one's own: three answers bring it into the comparison, the address and the link."""

import json

import pytest

from calculator.scenario.own_options import OwnOption
from tests.views.pages import CATALOG, component, more_settings, page, scenario_on, widget
from views.own_machine import id_of

TWO = ["mac-studio-m5-ultra-96", "api-same-model"]


def test_three_answers_add_a_machine_and_a_button_removes_it() -> None:
    app = more_settings(page(options=TWO))
    widget(app, "own name").set_value("Four 3090s")
    widget(app, "own chip").set_value("nvidia-rtx-3090")
    widget(app, "own count").set_value(4)
    widget(app, "own price").set_value(9000.0)
    widget(app, "add own machine").click()
    app.run()
    assert not app.exception
    scenario = scenario_on(app)
    assert scenario.options == (*TWO, "four-3090s")
    assert scenario.own_options == {
        "four-3090s": OwnOption(chip="nvidia-rtx-3090", chip_count=4, price_usd=9000, name="Four 3090s")
    }
    assert {row["id"] for row in component(app)["frame"]["rows"]} == {*TWO, "four-3090s"}
    widget(app, "remove four-3090s").click()
    app.run()
    assert not app.exception
    assert (scenario_on(app).options, scenario_on(app).own_options) == (tuple(TWO), {})


def test_machine_that_is_removed_takes_its_figures_along_and_leaves_the_others() -> None:
    own = {"quad": {"chip": "nvidia-rtx-3090", "chip_count": 4, "price_usd": 9000}}
    mine = {"quad.idle_w": 80, "mac-studio-m5-ultra-96.price_usd": 5000}
    app = page(
        options=[*TWO, "quad"], own_options=json.dumps(own), figures=json.dumps(mine), already_own_usd='{"quad": 900}'
    )
    app = more_settings(app)
    widget(app, "remove quad").click()
    app.run()
    assert not app.exception
    assert dict(scenario_on(app).figures) == {"mac-studio-m5-ultra-96.price_usd": 5000}
    assert dict(scenario_on(app).already_own_usd) == {}
    assert not app.warning


def test_form_without_a_price_adds_nothing_and_says_what_is_missing() -> None:
    app = more_settings(page(options=TWO))
    widget(app, "own chip").set_value("nvidia-rtx-3090")
    widget(app, "add own machine").click()
    app.run()
    assert not app.exception
    assert scenario_on(app).own_options == {}
    assert [toast.value for toast in app.toast] == ["Choose a chip and enter a price; then it can be added."]


def test_thirteenth_machine_drops_none_and_the_form_keeps_what_was_entered() -> None:
    twelve = list(CATALOG.machines)[:12]
    app = more_settings(page(options=twelve))
    widget(app, "own chip").set_value("nvidia-rtx-3090")
    widget(app, "own price").set_value(9000.0)
    widget(app, "add own machine").click()
    app.run()
    assert not app.exception
    assert list(scenario_on(app).options) == twelve
    assert [toast.value for toast in app.toast] == [
        "12 options are compared already, which is the most. Take one out above, then add this one."
    ]
    assert widget(app, "own price").value == 9000.0


def test_own_machine_of_an_address_is_compared_on_the_page() -> None:
    own = {"quad": {"chip": "nvidia-rtx-3090", "chip_count": 4, "price_usd": 9000}}
    app = more_settings(page(options=[*TWO, "quad"], own_options=json.dumps(own)))
    scenario = scenario_on(app)
    assert scenario.options == (*TWO, "quad")
    assert scenario.own_options["quad"].price_usd == 9000
    assert widget(app, "remove quad").label == "Remove quad"


@pytest.mark.parametrize(
    ("name", "taken", "key"),
    [
        ("Four 3090s", [], "four-3090s"),
        ("  ", [], ""),
        ("???", [], ""),
        ("DGX Spark", ["dgx-spark"], "dgx-spark-2"),
        ("dgx spark", ["dgx-spark", "dgx-spark-2"], "dgx-spark-3"),
        ("x" * 60, [], "x" * 37),
    ],
)
def test_id_is_made_of_the_name_and_nobody_elses(name: str, taken: list[str], key: str) -> None:
    assert id_of(name, taken=taken) == key
