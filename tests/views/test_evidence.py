"""Evidence tables: assumptions are marked, changed values are the user's, edits go into the address."""

import json
from datetime import date

import pytest
from streamlit.testing.v1 import AppTest

from calculator import Scenario
from calculator.report.sources import source_rows
from tests.views.other_pages import comparison_of, opened, sources_script
from tests.views.pages import CATALOG, texts, widget
from views.before_you_sign import all_notes
from views.evidence import age_text, option_rows, scenario_rows


def test_assumptions_are_marked_and_changed_values_are_yours() -> None:
    rows = {row["_name"]: row for row in scenario_rows(Scenario(wage_usd_per_h=120), catalog=CATALOG)}
    assert rows["wage_usd_per_h"]["How it is known"] == ["yours"]
    assert rows["wage_usd_per_h"]["Value"] == 120
    assert rows["wage_usd_per_h"]["Note"].startswith("Ours is 95")
    assert rows["mac_administration_h_per_year"]["How it is known"] == ["assumption"]
    assert rows["resale_fraction"]["Range"] == "30 to 65"
    for row in rows.values():
        assert row["Date"]
        assert row["Source"] or row["How it is known"][0] in ("assumption", "yours")


@pytest.mark.parametrize("option", ["mac-studio-m5-ultra-96", "cloud-h100", "api-same-model"])
def test_facts_of_an_option_have_dates_and_own_ones_say_so(option: str) -> None:
    rows = option_rows(option, scenario=Scenario(), catalog=CATALOG)
    assert all(row["Date"] and row["Age"] for row in rows)
    key = next(row["_key"] for row in rows if row["_key"])
    mine = option_rows(option, scenario=Scenario(figures={key: 7.0}), catalog=CATALOG)
    assert any(row["Value"] == 7.0 and row["How it is known"] == ["yours"] for row in mine)


@pytest.mark.parametrize("option", ["dual-rtx-4090-am5", "cloud-h100", "api-same-model"])
def test_page_and_memo_call_a_figure_the_same_and_date_it_alike(option: str) -> None:
    scenario = Scenario(options=(option,))
    found = comparison_of(scenario)
    told = {(row.what.removeprefix(f"{found[option].name}: "), row.as_of) for row in source_rows(found, CATALOG)}
    for row in option_rows(option, scenario=scenario, catalog=CATALOG):
        name = row["Input"] if ": " in row["Input"] else row["Input"][:1].lower() + row["Input"][1:]
        assert (name, row["Date"]) in told


def test_only_the_price_that_counts_is_taken_as_ones_own() -> None:
    key = "dual-rtx-4090-am5.price_usd"
    rows = option_rows("dual-rtx-4090-am5", scenario=Scenario(figures={key: 7000.0}), catalog=CATALOG)
    prices = {row["Input"]: row["Value"] for row in rows if "rice" in row["Input"] and "Share" not in row["Input"]}
    assert prices == {"Price": 7000, "List price": 5178, "Another price (estimate)": 8500}
    assert [row["Input"] for row in rows if row["_key"] == key] == ["Price"]


def test_price_that_does_not_count_is_not_changed_but_told() -> None:
    app = opened(sources_script, options=["dual-rtx-4090-am5"])
    widget(app, "sources view").set_value("Prices and facts").run()
    rows = option_rows("dual-rtx-4090-am5", scenario=Scenario(), catalog=CATALOG)
    place = next(number for number, row in enumerate(rows) if row["Input"] == "List price")
    app = edited(app, "facts", {place: 6000.0})
    assert "figures" not in app.query_params
    assert "uses the price above this one" in " ".join(toast.value for toast in app.toast)


def test_tariffs_of_other_models_are_left_out() -> None:
    rows = option_rows("api-same-model", scenario=Scenario(), catalog=CATALOG)
    hosts = [row for row in CATALOG.apis["api-same-model"].tariffs if row.model == Scenario().model]
    assert 2 * len(hosts) <= len(rows) <= 4 * len(hosts)


@pytest.mark.parametrize(
    ("as_of", "text"), [("2026-11-20", "6 days"), ("2026-05", "6 months"), ("2023", "3 years"), ("", "")]
)
def test_age_is_said_as_a_person_says_it(as_of: str, text: str) -> None:
    assert age_text(as_of, today=date(2026, 11, 26)) == text


def edited(app: AppTest, key: str, rows: dict[int, float]) -> AppTest:
    """The page after values of a table were edited, as the browser sends it."""
    states = app._tree.get_widget_states()  # pyright: ignore[reportPrivateUsage]
    editor = next(one.proto for one in app.dataframe if key in one.proto.id)
    body = {
        "edited_rows": {str(place): {"Value": value} for place, value in rows.items()},
        "added_rows": [],
        "deleted_rows": [],
    }
    states.widgets.add(id=editor.id, string_value=json.dumps(body))
    app._run(states)  # pyright: ignore[reportPrivateUsage]
    assert not app.exception
    return app


def test_edited_value_goes_into_the_address_and_can_be_given_up() -> None:
    app = opened(sources_script)
    names = [row["_name"] for row in scenario_rows(Scenario(), catalog=CATALOG)]
    app = edited(app, "inputs", {names.index("resale_fraction"): 55.0})
    assert app.query_params["resale_fraction"] == "0.55"
    assert "1 value" in "".join(button.label for button in app.button)
    next(button for button in app.button if button.label.startswith("Reset my")).click().run()
    assert "resale_fraction" not in app.query_params


def test_value_out_of_bounds_is_refused_in_words() -> None:
    app = opened(sources_script)
    names = [row["_name"] for row in scenario_rows(Scenario(), catalog=CATALOG)]
    app = edited(app, "inputs", {names.index("resale_fraction"): 300.0})
    assert "resale_fraction" not in app.query_params
    assert "must lie between 0 and 100" in " ".join(toast.value for toast in app.toast)


def test_every_note_of_the_answer_stands_under_prices_and_facts() -> None:
    app = opened(sources_script, options=["mac-studio-m2-ultra-192-used", "dual-rtx-4090-am5"])
    widget(app, "sources view").set_value("Prices and facts").run()
    assert not app.exception
    said = texts(app)
    found = comparison_of(Scenario(options=("mac-studio-m2-ultra-192-used", "dual-rtx-4090-am5")))
    notes = [remark for option in found.options for remark in option.remarks if "days ago" not in remark.text]
    assert notes
    for remark in (*found.remarks, *notes):
        assert remark.text.rpartition(": ")[2] in said
    listed = all_notes(found)
    assert f"All {len(listed)} notes" in [title.value for title in app.subheader]
    folded = " ".join(line.value for box in app.expander for line in box.markdown)
    assert not [note for note in listed if note["text"] in folded.replace("\\", "")]


def test_one_day_is_no_days() -> None:
    assert age_text("2026-11-25", today=date(2026, 11, 26)) == "1 day"
