"""Scenario in a web address: there and back, and every unusable value named."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calculator import Scenario, compare, load_catalog
from calculator.scenario.files import read_scenario
from calculator.scenario.presets import preset, preset_names
from calculator.scenario.scenario import knobs
from views.link import catalog_with_own, model_table, parameters, read_link, used_instead, write_link
from views.link_tables import table_text

CATALOG = load_catalog()
FLOATS = [name for name in knobs() if Scenario.model_fields[name].annotation is float]
INTEGERS = [name for name in knobs() if Scenario.model_fields[name].annotation is int]


def read(**query: str | list[str]):
    return read_link(
        {name: [value] if isinstance(value, str) else value for name, value in query.items()}, catalog=CATALOG
    )


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_permanent_link_reads_back_as_the_same_scenario(data: st.DataObject) -> None:
    values = {name: data.draw(st.floats(knobs()[name].low, knobs()[name].high), label=name) for name in FLOATS}
    values |= {
        name: data.draw(st.integers(int(knobs()[name].low), int(knobs()[name].high)), label=name) for name in INTEGERS
    }
    scenario = Scenario.parse(
        {
            **values,
            "name": data.draw(st.text(max_size=120).filter(lambda text: text.isprintable())),
            "options": ("cloud-h100", "dual-rtx-4090-threadripper"),
        }
    )
    text = write_link(scenario, catalogue_hash=CATALOG.hash)
    link = read_link(parse_qs(text, keep_blank_values=True, strict_parsing=True), catalog=CATALOG)
    assert not link.problems
    assert not link.stamp_remarks
    assert Scenario.parse(link.values) == scenario
    assert not used_instead(link, scenario)


def test_permanent_link_names_defaults_too() -> None:
    names = set(parse_qs(write_link(Scenario(), catalogue_hash="x"), keep_blank_values=True))
    others = {"schema_version", "catalogue_hash", "name", "options", "grid", "prices_as_of", "typed", "rules"}
    others |= {"open_session_count", "market_carbon_g_per_kwh"}  # numbers without a widget
    assert names == {*others, *knobs()}


@pytest.mark.parametrize("name", preset_names())
def test_presets_travel_whole_tables_included(name: str) -> None:
    scenario = preset(name)
    link = read_link(
        parse_qs(write_link(scenario, catalogue_hash=CATALOG.hash), keep_blank_values=True), catalog=CATALOG
    )
    assert not link.problems
    assert Scenario.parse(link.values) == scenario


@pytest.mark.parametrize("name", preset_names())
def test_preset_that_an_address_names_is_its_scenario_and_what_stands_beside_it_goes_first(name: str) -> None:
    link = read(preset=name)
    assert (link.preset, link.own, link.problems) == (name, (), {})
    assert Scenario.parse({**link.values, "typed": link.typed()}) == preset(name)
    changed = read(preset=name, wage_usd_per_h="123")
    assert changed.own == ("wage_usd_per_h",)
    assert Scenario.parse({**changed.values, "typed": changed.typed()}) == preset(name).changed(wage_usd_per_h=123)


def test_preset_that_nobody_wrote_is_named_and_the_rest_counts() -> None:
    link = read(preset="nobody", months="48")
    assert link.problems == {"preset": f"There is no example called 'nobody'. Use {', '.join(preset_names())}."}
    assert (link.preset, link.own, link.values) == ("", ("months",), {"months": 48})


def test_unusable_value_beside_a_preset_leaves_the_presets() -> None:
    link = read(preset="article", wage_usd_per_h="NaN")
    assert link.values["wage_usd_per_h"] == preset("article").wage_usd_per_h
    assert used_instead(link, Scenario.parse(link.values))["wage_usd_per_h"].endswith("The page uses 200.")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("grid", "atlantis"),
        ("already_own_usd", '{"atlantis": 3}'),
        ("already_own_usd", '{"cloud-h100": 3}'),
        ("machine_counts", '{"api-same-model": 3}'),
        ("weight_classes", '{"atlantis": "4-bit"}'),
        ("shared_with_other_work", '{"atlantis": 0.5}'),
        ("figures", '{"cloud-h100.price_usd": 3}'),
        ("figures", '{"nobody/nothing.input_usd_per_mtok": 3}'),
    ],
)
def test_table_about_what_does_not_exist_gets_a_sentence_instead_of_an_error(name: str, text: str) -> None:
    link = read(months="48", **{name: text})
    assert link.values == {"months": 48}
    assert list(link.problems) == [name]
    assert len(link.problems[name]) < 400


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"wage_usd_per_h": 95, "months": 36},
        {"machine_count": 3, "machine_counts": {"dgx-spark": 2}, "weight_classes": {"dgx-spark": "8-bit"}},
        {"weight_class": "best-that-fits", "when_full": "cheapest", "off_hours": "idle"},
        {"money": "cash", "labour": "without", "prices_as_of": "2027-11-26"},
        {"schema_version": 1, "months": 48},
    ],
)
def test_link_of_schema_2_comes_back_equal_with_the_same_id(values: dict[str, Any]) -> None:
    scenario = Scenario.parse(values)
    text = write_link(scenario, catalogue_hash=CATALOG.hash)
    link = read_link(parse_qs(text, keep_blank_values=True, strict_parsing=True), catalog=CATALOG)
    assert not link.problems
    back = Scenario.parse(link.values)
    assert (back, back.id()) == (scenario, scenario.id())
    assert link.typed() == scenario.typed


OWN = {
    "options": ("quad", "dgx-spark"),
    "own_options": {"quad": {"chip": "nvidia-rtx-3090", "chip_count": 4, "price_usd": 9000, "decode_w": 700.5}},
    "own_models": {"mine": {"parameters_b": 8, "layer_count": 32, "kv_head_count": 8, "head_dim": 128}},
    "model": "mine",
    "figures": {"quad.idle_w": 80},
    "shared_with_other_work": {"dgx-spark": 0.3},
}


def test_own_machine_and_model_travel_in_the_link_to_the_same_figures() -> None:
    scenario = Scenario.parse(OWN)
    text = write_link(scenario, catalogue_hash=CATALOG.hash)
    link = read_link(parse_qs(text, keep_blank_values=True, strict_parsing=True), catalog=CATALOG)
    back = Scenario.parse(link.values)
    assert not link.problems
    assert (back, back.id()) == (scenario, scenario.id())
    assert "quad" in catalog_with_own(link, CATALOG).machines
    one, other = (compare(each, CATALOG, draw_count=0) for each in (scenario, back))
    for here, there in zip(one.options, other.options, strict=True):
        assert here.tco is not None
        assert there.tco is not None
        assert (here.tco.lines, here.tco.flows) == (there.tco.lines, there.tco.flows)


FIXTURES = Path(__file__).parents[1] / "fixtures"


@pytest.mark.parametrize("file", ["subscription", "mixed_fleet", "routing", "mixed_cards"])
def test_every_kind_of_option_travels_in_the_link_to_the_same_figures(file: str) -> None:
    scenario = read_scenario(FIXTURES / f"{file}.toml")
    text = write_link(scenario, catalogue_hash=CATALOG.hash)
    link = read_link(parse_qs(text, keep_blank_values=True, strict_parsing=True), catalog=CATALOG)
    assert not link.problems
    back = Scenario.parse(link.values)
    assert (back, back.id()) == (scenario, scenario.id())
    one, other = (compare(each, CATALOG, draw_count=0) for each in (scenario, back))
    assert any(row.tco is not None for row in one.options)
    for here, there in zip(one.options, other.options, strict=True):
        assert here.eligibility == there.eligibility
        if here.tco is not None and there.tco is not None:
            assert (here.tco.lines, here.tco.flows) == (there.tco.lines, there.tco.flows)
        else:
            assert here.tco is there.tco


def test_whole_model_travels_in_the_link() -> None:
    whole = CATALOG.models["qwen3-next-80b-a3b"].model_dump(mode="json")
    scenario = Scenario.parse({"own_models": {"mine": whole}, "model": "mine"})
    text = write_link(scenario, catalogue_hash=CATALOG.hash)
    link = read_link(parse_qs(text, keep_blank_values=True, strict_parsing=True), catalog=CATALOG)
    assert not link.problems
    assert Scenario.parse(link.values) == scenario


@pytest.mark.parametrize("name", ["my model/7b", "", "llama-3-8b", "x" * 80])
def test_uploaded_model_travels_in_a_link_whole_under_an_id_that_nobody_has(name: str) -> None:
    model = CATALOG.models["qwen3-next-80b-a3b"].model_copy(update={"id": name})
    key, row = model_table(model, catalog=CATALOG)
    assert key not in CATALOG.models
    text = urlencode({"model": key, "own_models": table_text({key: row})})
    link = read_link(parse_qs(text, strict_parsing=True), catalog=CATALOG)
    assert not link.problems
    assert link.values["model"] == key
    assert link.values["own_models"][key] == model.model_copy(update={"id": key})


def test_own_machine_that_cannot_be_is_left_out_of_a_link_with_a_sentence() -> None:
    link = read(options=["quad", "dgx-spark"], own_options='{"quad": {"chip": "nvidia-rtx-3091", "price_usd": 1}}')
    assert link.values["options"] == ("dgx-spark",)
    assert "own_options" not in link.values
    assert link.problems["own_options"].startswith("own_options.quad: chip 'nvidia-rtx-3091' is not in the catalogue.")
    assert "'quad' is not in the catalogue" in link.problems["options"]


def test_parameters_of_an_address_are_typed_unless_it_lists_others() -> None:
    assert read(wage_usd_per_h="95", money="cash", name="x").typed() == ("wage_usd_per_h",)
    assert read(wage_usd_per_h="95", typed="").typed() == ()
    assert read(wage_usd_per_h="95", months="48", typed="months,months").typed() == ("months",)
    assert "typed names 'moths'" in read(typed="moths").problems["typed"]


def test_value_typed_in_address_file_and_flag_is_one_scenario(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("schema_version = 2\nwage_usd_per_h = 95\n", "utf-8")
    found = {
        Scenario.parse(read(wage_usd_per_h="95").values).id(),
        read_scenario(file).id(),
        read_scenario(None, settings=["wage_usd_per_h=95"]).id(),
        Scenario(wage_usd_per_h=95).id(),
    }
    assert len(found) == 1
    assert found != {Scenario().id()}


def test_wrong_value_of_a_link_of_version_1_is_named_and_the_rest_is_converted() -> None:
    link = read(schema_version="1", wage_usd_per_h="-3", months="48", typo="1")
    assert list(link.problems) == ["wage_usd_per_h", "typo"]
    assert Scenario.parse(link.values) == Scenario.parse({"schema_version": 1, "months": 48})
    assert link.is_of_version_1


def test_link_names_the_day_of_looking_that_its_scenario_leaves_open() -> None:
    text = write_link(Scenario(), catalogue_hash="x", prices_as_of="2027-01-02")
    assert parse_qs(text)["prices_as_of"] == ["2027-01-02"]
    own = write_link(Scenario(prices_as_of="2026-12-24"), catalogue_hash="x", prices_as_of="2027-01-02")
    assert parse_qs(own)["prices_as_of"] == ["2026-12-24"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[" * 100_000,
        '{"nonsense.price_usd": 1}',
        '{"cloud-h100.rate_usd_per_h": NaN}',
        '{"cloud-h100.nonsense": 1}',
        "7",
    ],
)
def test_table_that_cannot_be_used_gets_a_sentence(text: str) -> None:
    link = read(figures=text)
    assert "figures" not in link.values
    assert link.problems["figures"].startswith("figures")
    assert len(link.problems["figures"]) < 1000


def test_values_are_in_the_models_own_unit() -> None:
    assert read(resale_fraction="0.7").values == {"resale_fraction": 0.7}
    assert "Enter 0.7 for 70 %" in read(resale_fraction="70").problems["resale_fraction"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("wage_usd_per_h", "NaN"),
        ("wage_usd_per_h", "inf"),
        ("wage_usd_per_h", "-1"),
        ("wage_usd_per_h", "1e999"),
        ("wage_usd_per_h", ""),
        ("wage_usd_per_h", "１２３"),
        ("wage_usd_per_h", "$95"),
        ("wage_usd_per_h", "95; drop table"),
        ("months", "36.5"),
        ("months", "1000"),
        ("model", "gpt-9"),
        ("weight_class", "3-bit"),
        ("site", "moon"),
        ("start_month", "2026-13"),
        ("prices_as_of", "2026-02-31"),
        ("machine_count", "65"),
        ("machine_count", "two"),
        ("rules", "3"),
        ("name", "x" * 121),
        ("resale_fraction", "1.4"),
    ],
)
def test_value_that_cannot_be_used_gets_one_sentence_and_what_was_used(name: str, text: str) -> None:
    link = read(**{name: text})
    assert name not in link.values
    sentence = used_instead(link, Scenario())[name]
    assert sentence.startswith(name)
    assert re.search(r" The page uses .+\.$", sentence)
    assert "\n" not in sentence
    assert len(sentence) < 400


def test_unknown_parameter_is_named_and_a_near_one_offered() -> None:
    assert read(wage="3").problems["wage"] == "wage is no value of a scenario. Did you mean wage_usd_per_h?"
    assert read(zzz="3").problems["zzz"] == "zzz is no value of a scenario."


@pytest.mark.parametrize("wrong", ["catalogue", "measurements"])
def test_stamp_by_half_its_name_is_told_the_whole(wrong: str) -> None:
    assert read(**{wrong: "a"}).problems[wrong] == f"{wrong} is no value of a scenario. Did you mean {wrong}_hash?"
    assert not read(embed="true", view="notes", schema_version="1").problems


def test_unknown_option_is_left_out_and_named() -> None:
    link = read(options=["cloud-h100", "no-such-box"])
    assert link.values["options"] == ("cloud-h100",)
    assert "no-such-box" in link.problems["options"]


def test_machine_that_never_existed_is_named_with_its_nearest() -> None:
    link = read(options=["mac-studio-m4-ultra-192"])
    assert "options" not in link.values
    assert "never shipped" in link.problems["options"]


def test_old_link_says_so() -> None:
    assert "This link was made with catalogue deadbeef;" in read(catalogue_hash="deadbeef").stamp_remarks[0]
    assert not read(catalogue_hash=f" {CATALOG.hash}").stamp_remarks
    assert "version 0" in read(schema_version="0").stamp_remarks[0]
    assert not read(catalogue_hash=CATALOG.hash).stamp_remarks
    assert not read(schema_version="1").stamp_remarks  # it is converted, and the comparison says so


def test_widget_that_shows_another_value_than_the_address_is_reported() -> None:
    link = read(wage_usd_per_h="120")
    assert used_instead(link, Scenario(wage_usd_per_h=95.0)) == {
        "wage_usd_per_h": "wage_usd_per_h is 120 in the address; the page uses 95."
    }


def test_figure_that_its_range_sets_is_no_alert_and_another_is() -> None:
    link = read(
        options=["dual-rtx-4090-am5", "mac-studio-m5-ultra-96"],
        figures='{"dual-rtx-4090-am5.price_usd":0}',
        ranges='{"mac-studio-m5-ultra-96.setup_h":[0,0,10000]}',
    )
    scenario = Scenario.parse({**link.values, "typed": link.typed()})
    assert len(scenario.figures) == 2
    assert not used_instead(link, scenario)
    other = scenario.changed(figures={"dual-rtx-4090-am5.price_usd": 7.0})
    assert used_instead(link, other)["figures"] == "figures is 1 entry in the address; the page uses 1 entry."


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(
        st.one_of(st.sampled_from(parameters()), st.text(max_size=20)),
        st.lists(st.text(max_size=30), min_size=1, max_size=3),
        max_size=6,
    )
)
def test_no_address_breaks_the_page(query: dict[str, list[str]]) -> None:
    link = read_link(query, catalog=CATALOG)
    scenario = Scenario.parse(link.values)
    assert set(link.values) <= set(parameters())
    assert set(link.typed()) == set(scenario.typed)


def test_integer_of_thousands_of_digits_in_a_table_is_a_sentence() -> None:
    link = read_link({"figures": ['{"cloud-h100.rate_usd_per_h": ' + "9" * 5000 + "}"]}, catalog=CATALOG)
    assert (
        "it holds a number of thousands of digits. It must be a table in JSON, for example " in link.problems["figures"]
    )
    assert "figures" not in link.values


def test_key_that_stands_twice_in_a_table_is_named() -> None:
    link = read_link({"figures": ['{"cloud-h100.idle_w": 1, "cloud-h100.idle_w": 2}']}, catalog=CATALOG)
    assert "the key 'cloud-h100.idle_w' appears twice in one table. It must be " in link.problems["figures"]
    assert "figures" not in link.values


def test_option_that_we_do_not_have_is_named_shortly_and_without_a_command() -> None:
    said = read_link({"options": ["x" * 5000]}, catalog=CATALOG).problems["options"]
    assert "is not in the catalogue" in said
    assert said.endswith("...")
    assert "python" not in said
    assert len(said) < 500
