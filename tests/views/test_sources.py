"""Sources: each view opens, each cost line is the ledger's, the method is the documentation's."""

import re

import pytest

from calculator import Scenario
from calculator.analysis.explain import explain
from calculator.decision.compare import compare
from calculator.scenario.presets import preset, preset_names
from tests.views.other_pages import comparison_of, opened, sources_script
from tests.views.pages import CATALOG, texts, widget
from views.sources import _METHODS, _VIEWS, ingredient_words, method_text  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize("view", _VIEWS)
def test_each_view_opens(view: str) -> None:
    app = opened(sources_script)
    widget(app, "sources view").set_value(view).run()
    assert not app.exception


def test_line_taken_apart_is_the_ledgers() -> None:
    app = opened(sources_script)
    widget(app, "sources view").set_value("Each cost line").run()
    widget(app, "explained option").set_value("mac-studio-m5-ultra-96").run()
    widget(app, "explained line").set_value("hardware").run()
    assert not app.exception
    tco = comparison_of(Scenario())["mac-studio-m5-ultra-96"].tco
    assert tco is not None
    assert f"${-tco.lines['hardware']:,.0f}" in texts(app)
    assert app.code[0].value.startswith("hardware = ")


@pytest.mark.parametrize("name", _METHODS.values())
def test_method_is_the_documentations_text_with_its_dollars_whole(name: str) -> None:
    found = method_text(name)
    assert found.startswith("# ")
    assert "$" not in found.replace(r"\$", "")


def test_link_from_decide_opens_the_notes_and_leaves_the_choice_to_the_person() -> None:
    app = opened(sources_script, view="notes", months="48")
    assert app.session_state["sources view"] == "Prices and facts"
    assert "view" not in app.query_params
    assert "".join(app.query_params["months"]) == "48"
    widget(app, "sources view").set_value("Accuracy").run()
    assert app.session_state["sources view"] == "Accuracy"
    assert not app.warning


@pytest.mark.parametrize("name", preset_names())
def test_every_input_of_a_cost_line_is_called_by_words(name: str) -> None:
    found = compare(preset(name), CATALOG, draw_count=0, with_turns=False)
    names = {
        item.name
        for option in found.options
        if option.tco is not None
        for line in option.tco.entries
        for item in explain(found, option.id, line.name, catalog=CATALOG).inputs
    }
    assert names
    for one in names:
        said = ingredient_words(one)
        assert not re.search(r"_|\b(usd|mtok|fraction|w|h|per h|index ratio)$|\busd\b", said), (one, said)
