"""Controls of the Decide page: their fields, examples, lists, quotes, and what was changed from where one started."""

import json
import math
from typing import Any
from urllib.parse import parse_qs

import pytest

from calculator import Scenario
from calculator.catalog.freshness import price_read
from calculator.decision.compare import compare
from calculator.scenario.own_catalog import catalog_of
from calculator.scenario.presets import preset, preset_names, preset_purposes
from calculator.scenario.scenario import ANOTHER_SIZE, knobs
from tests.views.pages import CATALOG, change, component, other_value, page, scenario_on, texts
from views.choices import words_of_choice
from views.decide_form import FIELDS_BESIDE, MOST_OPTIONS, changes, fields, label_of, lists, presets, quotes, values
from views.link import read_link, write_link

TWO = ("mac-studio-m5-ultra-96", "cloud-h100")
OWN_SHAPE = {"parameters_b": 13.0, "layer_count": 40, "kv_head_count": 8, "head_dim": 128}
OWN_BOX = {"chip": "nvidia-rtx-4090", "chip_count": 4, "price_usd": 9000}


def test_every_field_beside_the_answer_has_one_control_with_a_label() -> None:
    found = fields(CATALOG)
    assert tuple(field["name"] for field in found) == FIELDS_BESIDE
    assert set(FIELDS_BESIDE) <= knobs().keys()
    assert len({field["label"] for field in found}) == len(found)
    assert values(Scenario()).keys() == set(FIELDS_BESIDE)


def test_ends_of_a_slider_lie_within_what_may_be_typed_and_hold_the_default() -> None:
    for field in fields(CATALOG):
        if "low" in field:
            now = getattr(Scenario(), field["name"]) * field["scale"]
            assert field["min"] <= field["low"] <= now <= field["high"] <= field["max"], field["name"]
            assert field["step"] > 0
            steps = (field["high"] - field["low"]) / field["step"]
            assert math.isclose(steps, round(steps), abs_tol=1e-6), f"{field['name']}: the last step is the end"


def test_both_ends_of_every_slider_are_values_that_the_scenario_takes_and_answers() -> None:
    for field in fields(CATALOG):
        for end in ("low", "high") if "low" in field else ():
            value = field[end] / field["scale"]
            number: Any = Scenario.model_fields[field["name"]].annotation
            scenario = Scenario().changed(**{field["name"]: number(value)})
            assert compare(scenario, CATALOG, draw_count=0, with_turns=False).options


def test_models_of_the_list_are_those_of_the_catalogue_by_name() -> None:
    (models,) = [field["choices"] for field in fields(CATALOG) if field["name"] == "model"]
    assert {key for key, _ in models} == {*CATALOG.models, ANOTHER_SIZE}
    names = [name.lower() for _, name in models[:-1]]
    assert names == sorted(names)
    assert models[-1][0] == ANOTHER_SIZE


def test_every_choice_of_every_field_is_one_that_the_scenario_takes() -> None:
    for field in fields(CATALOG):
        for value, _ in field.get("choices", ()):
            assert getattr(Scenario().changed(**{field["name"]: value}), field["name"]) == value


def test_every_example_stands_once_with_its_purpose_and_the_defaults_come_first() -> None:
    rows = presets()
    assert rows[0][0] == ""
    assert {name for name, _, _ in rows[1:]} == set(preset_names()) - {"our-defaults"}
    assert len(rows) == len(preset_names())
    for name, title, purpose in rows[1:]:
        assert (title, purpose) == (preset(name).name, preset_purposes()[name])


@pytest.mark.parametrize("name", preset_names())
def test_example_of_an_address_is_the_examples_scenario(name: str) -> None:
    link = read_link({"preset": [name]}, catalog=CATALOG)
    scenario = Scenario.parse({**link.values, "typed": link.typed()})
    assert not link.problems
    assert (scenario, scenario.id()) == (preset(name), preset(name).id())
    assert link.preset == name
    assert changes(link, scenario) == []


def test_first_example_without_a_name_is_the_default_scenario() -> None:
    assert Scenario.parse(preset("our-defaults").model_dump(exclude={"name"})) == Scenario()


def test_options_of_the_list_are_all_that_the_catalogue_has_each_once() -> None:
    rows = [key for _, group in lists(CATALOG)["options"] for key, _ in group]
    assert len(rows) == len(set(rows))
    assert set(rows) == {*CATALOG.machines, *CATALOG.clouds, *CATALOG.apis, *CATALOG.subscriptions}
    with pytest.raises(ValueError, match="options"):
        Scenario.parse({"options": rows[: MOST_OPTIONS + 1]})
    assert len(Scenario.parse({"options": rows[:MOST_OPTIONS]}).options) == MOST_OPTIONS


def test_lists_and_quotes_are_plain_json() -> None:
    for data in (lists(CATALOG), quotes(Scenario(), CATALOG)):
        json.dumps(data, allow_nan=False)


@pytest.mark.parametrize("name", preset_names())
def test_every_field_of_every_quote_is_taken_by_the_scenario_at_both_bounds(name: str) -> None:
    scenario = preset(name)
    for option, quote in quotes(scenario, CATALOG).items():
        assert option in scenario.options
        for field in quote["fields"]:
            for value in (field["min"], field["max"]):
                there = dict(getattr(scenario, field["table"]))
                changed = scenario.changed(**{field["table"]: {**there, field["key"]: value}})
                assert getattr(changed, field["table"])[field["key"]] == value


def test_quote_of_each_kind_asks_for_what_it_costs() -> None:
    found = quotes(Scenario(), CATALOG)
    labels = {option: [field["label"] for field in quote["fields"]] for option, quote in found.items()}
    assert labels["mac-studio-m5-ultra-96"][:3] == [
        "Price before tax ($)",
        "Or with 7.25 % tax in it ($)",
        "We own it; it would sell for ($)",
    ]
    assert labels["cloud-h100"] == ["Rate ($ an hour)"]
    assert labels["api-same-model"] == ["Input ($ per million tokens)", "Output ($ per million tokens)"]
    facts = " ".join(found["mac-studio-m5-ultra-96"]["facts"])
    assert "$5,499 before tax, from 20" in facts
    assert found["cloud-h100"]["facts"][0].startswith("$")


def test_empty_box_of_a_quote_says_the_figure_that_counts() -> None:
    plan, box = "claude-max-20x", "our-box"
    scenario = Scenario.parse(
        {
            "options": ("dual-rtx-4090-am5", "cloud-h100", plan, box),
            "own_options": {box: {"chip": "nvidia-rtx-4090", "chip_count": 2, "price_usd": 9000}},
        }
    )
    found = quotes(scenario, catalog_of(scenario, CATALOG))
    said = {option: [field["placeholder"] for field in quote["fields"]] for option, quote in found.items()}
    assert said["dual-rtx-4090-am5"] == ["ours: 9,600", "ours: 10,296", "no", "ours: 16", "ours: 90", "ours: 520"]
    assert said["cloud-h100"] == [f"ours: {CATALOG.clouds['cloud-h100'].rate().rate_usd_per_h.central:g}"]
    assert said[plan][-1] == "not known"
    assert said[box][:2] == ["yours: 9,000", "yours: 9,652.5"]
    dear = Scenario.parse(
        {"options": (box,), "own_options": {box: {"chip": "nvidia-rtx-4090", "price_usd": 2_500_000}}}
    )
    assert quotes(dear, catalog_of(dear, CATALOG))[box]["fields"][0]["placeholder"] == "yours: 2,500,000"


def test_price_of_a_quote_has_the_date_that_the_note_on_its_age_tells() -> None:
    for option in CATALOG.machines:
        read = price_read(CATALOG.option(option))
        (fact,) = quotes(Scenario(options=(option,)), CATALOG)[option]["facts"]
        assert read is not None
        assert fact.endswith(f"before tax, from {read[1]}.")


def test_requests_of_a_seat_can_be_entered_where_its_vendor_publishes_none() -> None:
    plan = "claude-max-20x"
    options = (plan, "mac-studio-m5-ultra-96")
    asked = compare(Scenario(options=options), CATALOG, draw_count=0, with_turns=False)[plan]
    assert "Enter the requests that a seat of" in asked.eligibility.reasons[0].mend
    (field,) = [row for row in quotes(Scenario(options=options), CATALOG)[plan]["fields"] if "Requests" in row["label"]]
    entered = Scenario.parse({"options": options, "figures": {field["key"]: 900}})
    assert compare(entered, CATALOG, draw_count=0, with_turns=False)[plan].tco is not None


def test_quote_shows_what_was_entered_already() -> None:
    scenario = Scenario(
        figures={"mac-studio-m5-ultra-96.price_usd": 5000.0}, already_own_usd={"dual-rtx-4090-am5": 900.0}
    )
    shown = {
        (option, field["figure"]): field["value"]
        for option, quote in quotes(scenario, CATALOG).items()
        for field in quote["fields"]
        if field["value"] is not None
    }
    assert shown == {
        ("mac-studio-m5-ultra-96", "price_usd"): 5000.0,
        ("mac-studio-m5-ultra-96", "price_with_tax"): 5000.0,  # the page shows it with its tax
        ("dual-rtx-4090-am5", "own"): 900.0,
    }


def opened(text: str) -> tuple[Any, Scenario]:
    link = read_link(parse_qs(text, keep_blank_values=True), catalog=CATALOG)
    return link, Scenario.parse({**link.values, "typed": link.typed()})


@pytest.mark.parametrize("start", ["", "preset=article&"])
@pytest.mark.parametrize("name", knobs())
def test_every_changed_value_is_listed_with_what_it_was(name: str, start: str) -> None:
    _, before = opened(start)
    value = other_value(name, getattr(before, name))
    link, scenario = opened(f"{start}{name}={value}")
    ((found, label, now, was),) = changes(link, scenario)
    assert (found, label) == (name, label_of(name))
    assert now != was


def test_value_put_back_to_its_start_is_no_change() -> None:
    assert changes(*opened("wage_usd_per_h=95")) == []
    assert changes(*opened("preset=article&wage_usd_per_h=200")) == []
    assert changes(*opened("preset=article&wage_usd_per_h=95")) == [
        ("wage_usd_per_h", "Hourly rate", "$95 an hour", "$200 an hour")
    ]


def test_changed_values_have_their_units_all_their_digits_and_words_instead_of_ids() -> None:
    query = (
        "model=another-size&another_size_b=50.125&weight_class=8-bit&wage_usd_per_h=95.375&timing=mid-month&months=48"
    )
    found = {name: (now, was) for name, _, now, was in changes(*opened(query), catalog=CATALOG)}
    assert found == {
        "model": ("Another size, 50.125 billion parameters", CATALOG.models[Scenario().model].name),
        "weight_class": ("8 bits", "4 bits"),
        "wage_usd_per_h": ("$95.375 an hour", "$95 an hour"),
        "timing": ("mid month", "month end"),
        "months": ("48 months", "36 months"),
    }


def test_shares_are_listed_in_percent_own_figures_one_by_one_and_other_tables_by_their_number() -> None:
    found = changes(
        *opened('resale_fraction=0.5&figures={"cloud-h100.rate_usd_per_h":2.5}&options=cloud-h100&options=dgx-spark'),
        names={"cloud-h100": "Rented H100"},
    )
    assert ("resale_fraction", "Resale value of a Mac or mini PC", "50 %", "48 %") in found
    assert ("figures:cloud-h100.rate_usd_per_h", "Hourly rate of Rented H100", "$2.50 an hour", "ours") in found
    assert ("options", "Options", "2 of them", f"{len(Scenario().options)} of them") in found


def test_machines_price_is_listed_in_cents_and_as_one_before_tax() -> None:
    mac = "mac-studio-m5-ultra-96"
    ((_, label, now, was),) = changes(*opened(f'figures={{"{mac}.price_usd":6526.806526806527}}'), names={mac: "Mac"})
    assert (label, now, was) == ("Price of Mac before tax", "$6,526.81", "ours")


def test_machines_price_stands_beside_ours_and_its_bits_beside_those_of_all() -> None:
    mac = "mac-studio-m5-ultra-96"
    link = opened(
        f'figures={{"{mac}.price_usd":5781}}&weight_classes={{"{mac}":"8-bit"}}&already_own_usd={{"dgx-spark":900}}'
        "&options=dgx-spark&options=" + mac
    )
    found = {name: row for name, *row in changes(*link, names={mac: "Mac", "dgx-spark": "Spark"}, catalog=CATALOG)}
    ours = CATALOG.machines[mac].purchase_price().price_usd.central
    assert found[f"figures:{mac}.price_usd"] == ["Price of Mac before tax", "$5,781", f"${ours:,.0f} (ours)"]
    same = words_of_choice(Scenario().weight_class)
    assert found[f"weight_classes:{mac}"] == ["Bits per weight of Mac", "8 bits", f"{same}, as for all"]
    assert found["already_own_usd:dgx-spark"] == ["Spark, which we own", "$900", "bought"]


def test_permanent_link_of_changed_values_lists_the_same_changes() -> None:
    scenario = Scenario(wage_usd_per_h=110, months=48)
    listed = changes(*opened(write_link(scenario, catalogue_hash=CATALOG.hash)))
    assert {name for name, *_ in listed} == {"wage_usd_per_h", "months"}


def test_price_with_tax_is_the_same_price_and_is_not_asked_where_there_is_no_tax() -> None:
    option = "mac-studio-m5-ultra-96"
    taxed = Scenario(sales_tax_fraction=0.19, figures={f"{option}.price_usd": 1_000})
    before, after = quotes(taxed, CATALOG)[option]["fields"][:2]
    assert (after["label"], after["times"]) == ("Or with 19 % tax in it ($)", 1.19)
    assert (after["table"], after["key"], after["value"]) == (before["table"], before["key"], before["value"])
    assert "times" not in before
    untaxed = quotes(Scenario(sales_tax_fraction=0.0), CATALOG)[option]["fields"]
    assert not [field for field in untaxed if "times" in field]


@pytest.mark.parametrize(
    ("values", "listed"),
    [
        ({"model": "another-size", "another_size_b": "13"}, "Another size, 13 billion parameters"),
        ({"model": "mine", "own_models": json.dumps({"mine": OWN_SHAPE})}, "mine"),
        ({"options": [*TWO, "box"], "own_options": json.dumps({"box": OWN_BOX})}, "3 of them"),
    ],
)
def test_decision_that_several_values_hold_is_one_change_with_one_reset(
    values: dict[str, str | list[str]], listed: str
) -> None:
    app = page(months="48", **values)
    (name, said), *rest = ((name, now) for name, _, now, _ in component(app)["changes"] if name != "months")
    assert (said, rest) == (listed, [])
    app = change(app, reset=component(app)["resets"][name])
    assert [row[0] for row in component(app)["changes"]] == ["months"]
    assert dict(app.query_params) == {"months": "48"}


def test_options_that_go_back_take_their_own_figures_along_and_the_others_stay() -> None:
    gone, stays = "dgx-spark.price_usd", "cloud-h100.rate_usd_per_h"
    app = page(options=["dgx-spark", *TWO], figures=json.dumps({gone: 4000, stays: 2.5}))
    app = change(app, reset=["options"])
    assert scenario_on(app).options == Scenario().options
    assert dict(scenario_on(app).figures) == {stays: 2.5}
    assert "is not among the options" not in texts(app)
