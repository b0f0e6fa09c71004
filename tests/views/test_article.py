"""The article's claims on the page, and a claim of one's own."""

from calculator import Scenario
from calculator.claims.audit import audit
from tests.views.other_pages import opened, sources_script
from tests.views.pages import CATALOG, texts, widget


def test_every_claim_stands_there_with_its_verdict_worst_first() -> None:
    app = opened(sources_script)
    widget(app, "sources view").set_value("The article").run()
    assert not app.exception
    said = texts(app)
    findings = audit(CATALOG)
    for finding in findings:
        assert finding.quote in said
        assert finding.sentence in said
        assert f"Checked: {finding.subject}" in said
    assert f"makes {len(findings)} claims" in said
    assert said.index("no such thing]") < said.index("badge[holds]")


def test_own_claim_is_judged_by_the_bandwidth() -> None:
    app = opened(sources_script)
    widget(app, "sources view").set_value("The article").run()
    app.session_state["claim"] = True
    app.run()
    widget(app, "claimed machine").set_value("mac-studio-m2-ultra-192-used")
    widget(app, "claimed model").set_value("llama-3-70b")
    widget(app, "claimed bits").set_value("8-bit")
    widget(app, "claimed rate").set_value(22.0).run()
    assert not app.exception
    assert ":red-badge[impossible]" in texts(app)


def test_own_claim_starts_on_the_scenarios_model_and_first_machine() -> None:
    app = opened(sources_script)
    widget(app, "sources view").set_value("The article").run()
    app.session_state["claim"] = True
    app.run()
    scenario = Scenario()
    assert widget(app, "claimed machine").value == scenario.options[0]
    assert widget(app, "claimed model").value == scenario.model
    assert widget(app, "claimed bits").value == scenario.weight_class
