"""Lease or buy on the page: an offer goes into the scenario, is judged as the engine judges it, and can be taken out."""

import json

from tests.views.other_pages import opened, what_if_script
from tests.views.pages import texts, widget


def test_offer_is_judged_and_can_be_taken_out() -> None:
    app = opened(what_if_script)
    widget(app, "lease machine").set_value("mac-studio-m5-ultra-96")
    widget(app, "lease monthly").set_value(300.0)
    next(button for button in app.button if button.label == "Compare with buying").click().run()
    assert not app.exception
    lease = json.loads(app.query_params["leases"])["mac-studio-m5-ultra-96"]
    assert lease["usd_per_month"] == 300.0
    assert "buying is better by $" in texts(app)
    assert "at a cost of debt of 8.0 % a year; the lessor earns" in texts(app)
    assert "% a year" not in texts(app).replace(" % a year", "")
    widget(app, "no lease mac-studio-m5-ultra-96").click().run()
    assert not app.exception
    assert "leases" not in app.query_params
    assert "a month: " not in texts(app)


def test_offer_without_a_rate_changes_nothing() -> None:
    app = opened(what_if_script)
    next(button for button in app.button if button.label == "Compare with buying").click().run()
    assert not app.exception
    assert "leases" not in app.query_params
    assert [toast.value for toast in app.toast] == ["Enter the monthly rate to compare the lease with buying."]
