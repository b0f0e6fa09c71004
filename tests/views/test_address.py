"""The address is the state: what is put comes back, what is taken back is gone, and a click on a page loses nothing."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from calculator import Scenario
from calculator.scenario.presets import preset
from calculator.scenario.scenario import NOT_TYPED, knobs
from tests.views.pages import CATALOG, other_value
from views.link import read_link, write_link

Query = dict[str, list[str]]
TABLES: dict[str, Mapping[str, Any]] = {
    "figures": {"cloud-h100.rate_usd_per_h": 2.5},
    "already_own_usd": {"mac-studio-m5-ultra-96": 3000.0},
    "weight_classes": {"cloud-h100": "8-bit"},
    "machine_counts": {"cloud-h100": 3},
}


def _steps(steps: list[tuple[str, object]]) -> None:
    from views import address

    for function, argument in steps:
        getattr(address, function)(argument)


def after(*steps: tuple[str, Any], start: str = "") -> Query:
    """The address after these calls of views.address, from the address `start`."""
    app = AppTest.from_function(_steps, args=(list(steps),), default_timeout=60)
    for name, values in parse_qs(start, keep_blank_values=True).items():
        app.query_params[name] = values
    app.run()
    assert not app.exception
    return {name: [found] if isinstance(found, str) else list(found) for name, found in app.query_params.items()}


def meant(query: Query) -> Scenario:
    """The scenario of an address, which may hold no unusable value."""
    link = read_link(query, catalog=CATALOG)
    assert not link.problems
    return Scenario.parse({**link.values, "typed": link.typed()})


def _each(values: dict[str, object]) -> None:
    """Put each value and take it back, from the same address; what the address said stands in the session."""
    import streamlit as st

    from views import address

    start, said = address.query(), {}
    for name, value in values.items():
        address.put({name: value})
        said[name] = [address.query()]
        address.take_back([name])
        said[name].append(address.query())
        address.open_link(start)
    st.session_state["said"] = said


@pytest.mark.parametrize("start", ["", "preset=article", "preset=team-24-7&wage_usd_per_h=120"])
def test_every_value_that_is_put_is_the_scenarios_and_gone_when_it_is_taken_back(start: str) -> None:
    before = meant(parse_qs(start))
    values = {name: other_value(name, getattr(before, name)) for name in knobs()}
    app = AppTest.from_function(_each, args=(values,), default_timeout=60)
    for name, found in parse_qs(start).items():
        app.query_params[name] = found
    app.run()
    assert not app.exception
    for name, (put, taken_back) in app.session_state["said"].items():
        assert meant(put) == before.changed(**{name: values[name]}), name
        gone = {key: found for key, found in parse_qs(start).items() if key != name}
        assert taken_back == gone
        assert meant(taken_back) == meant(gone)


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("start", ["", "preset=our-defaults"])
def test_table_that_is_put_is_the_scenarios_and_an_empty_one_is_none(name: str, start: str) -> None:
    found = meant(after(("put", {name: TABLES[name]}), start=start))
    assert dict(getattr(found, name)) == TABLES[name]
    emptied = meant(after(("put", {name: TABLES[name]}), ("put", {name: {}}), start=start))
    assert not getattr(emptied, name)
    assert emptied == meant(parse_qs(start))


def test_emptied_table_of_a_preset_stays_empty() -> None:
    assert preset("already-own-4090s").already_own_usd
    found = after(("put", {"already_own_usd": {}}), start="preset=already-own-4090s")
    assert not meant(found).already_own_usd
    again = after(("take_back", ["already_own_usd"]), start="preset=already-own-4090s&already_own_usd=%7B%7D")
    assert meant(again) == preset("already-own-4090s")


def test_options_stand_in_their_order_each_by_itself() -> None:
    found = after(("put", {"options": ["cloud-h100", "mac-studio-m5-ultra-96"]}))
    assert found == {"options": ["cloud-h100", "mac-studio-m5-ultra-96"]}
    assert meant(found).options == ("cloud-h100", "mac-studio-m5-ultra-96")


def test_value_that_equals_the_default_stands_in_the_address_and_counts_as_set() -> None:
    wage = Scenario().wage_usd_per_h
    found = after(("put", {"wage_usd_per_h": wage + 5}), ("put", {"wage_usd_per_h": wage}))
    assert found == {"wage_usd_per_h": ["95"]}
    assert meant(found) == Scenario(wage_usd_per_h=wage)


@pytest.mark.parametrize("typed", [(), ("months",), ("months", "wage_usd_per_h")])
def test_link_that_lists_what_was_typed_keeps_its_meaning_when_a_value_is_put(typed: tuple[str, ...]) -> None:
    sent = Scenario.parse({"months": 48, "typed": typed})
    link = write_link(sent, catalogue_hash=CATALOG.hash)
    for name, value in (("wage_usd_per_h", 110.0), ("electricity_usd_per_kwh", 0.3), ("machine_count", 2)):
        assert meant(after(("put", {name: value}), start=link)) == sent.changed(**{name: value})
    put = after(("put", {"money": "cash"}), start=link)  # how one reads it is no value that one sets
    assert set(meant(put).typed) == set(typed)
    assert meant(put).money == "cash"


def test_value_taken_back_from_a_link_is_no_longer_typed() -> None:
    link = write_link(Scenario.parse({"months": 48, "typed": ("months",)}), catalogue_hash=CATALOG.hash)
    found = meant(after(("take_back", ["months"]), start=link))
    assert (found.months, found.typed) == (36, ())


def test_names_of_views_and_tables_are_never_listed_as_typed() -> None:
    found = after(
        ("put", {"labour": "without", **TABLES, "options": ["cloud-h100", "mac-studio-m5-ultra-96"]}),
        start="typed=months",
    )
    assert found["typed"] == ["months"]
    assert not set(found["typed"][0].split(",")) & NOT_TYPED


def test_start_from_an_example_leaves_nothing_of_before() -> None:
    assert after(("start_from", "article"), start="months=48&figures=%7B%7D") == {"preset": ["article"]}
    assert after(("start_from", ""), start="preset=article&months=48") == {}


def test_link_that_is_opened_is_the_whole_address() -> None:
    found = after(("open_link", {"months": ["48"], "options": ["a", "b"]}), start="wage_usd_per_h=120")
    assert found == {"months": ["48"], "options": ["a", "b"]}


def _page() -> None:
    import streamlit as st

    from views.address import address_text, follow_address

    follow_address(st.session_state["page"])
    st.code(address_text())


def on_page(app: AppTest, name: str) -> AppTest:
    app.session_state["page"] = name
    return app.run()


def test_click_on_another_page_takes_the_address_along_and_back() -> None:
    app = AppTest.from_function(_page)
    app.query_params["months"] = "48"
    app.query_params["options"] = ["cloud-h100", "dgx-spark"]
    on_page(app, "")
    address = dict(app.query_params)
    app.query_params.clear()  # what Streamlit does on a click
    assert dict(on_page(app, "measurements").query_params) == address
    assert app.code[0].value == "months=48&options=cloud-h100&options=dgx-spark"
    app.query_params.clear()
    assert dict(on_page(app, "").query_params) == address


def test_options_with_commas_stand_one_by_one_in_the_address() -> None:
    app = AppTest.from_function(_page)
    app.query_params["options"] = "cloud-h100,dgx-spark"
    on_page(app, "")
    assert dict(app.query_params) == {"options": ["cloud-h100", "dgx-spark"]}
    assert app.code[0].value == "options=cloud-h100&options=dgx-spark"


def test_link_to_another_page_is_not_overruled_by_what_was_before() -> None:
    app = AppTest.from_function(_page)
    app.query_params["months"] = "48"
    on_page(app, "")
    app.query_params.clear()
    app.query_params["months"] = "24"
    assert on_page(app, "measurements").code[0].value == "months=24"


def test_address_emptied_on_the_same_page_stays_empty() -> None:
    app = AppTest.from_function(_page)
    app.query_params["months"] = "48"
    on_page(app, "")
    app.query_params.clear()  # the person took the address back to its start
    assert on_page(app, "").code[0].value == ""


@pytest.mark.parametrize("table", ["ranges", "cases"])
def test_value_that_is_put_takes_the_place_of_its_range_and_leaves_the_others(table: str) -> None:
    rows = (
        {"ranges": "[60,95,200]", "cases": "[[60,1],[95,1]]"},
        {"ranges": "[0.1,0.2,0.4]", "cases": "[[0.1,1],[0.2,1]]"},
    )
    wage, power = f'"wage_usd_per_h":{rows[0][table]}', f'"electricity_usd_per_kwh":{rows[1][table]}'
    start = f"{table}={{{wage},{power}}}"
    assert set(getattr(meant(parse_qs(start)), table)) == {"wage_usd_per_h", "electricity_usd_per_kwh"}
    found = meant(after(("put", {"wage_usd_per_h": 500.0}), start=start))
    assert found.wage_usd_per_h == 500
    assert set(getattr(found, table)) == {"electricity_usd_per_kwh"}
    assert table not in after(("put", {"wage_usd_per_h": 500.0}), start=f"{table}={{{wage}}}")
    assert after(("put", {"wage_usd_per_h": 500.0}), start=f"{table}={{{wage}}}&preset=article")[table] == ["{}"]
    assert after(("put", {"months": 48}), start=start)[table] == parse_qs(start)[table]


def test_figure_that_is_put_takes_the_place_of_its_own_range_alone() -> None:
    mine, other = "mac-studio-m5-ultra-96.price_usd", "cloud-h100.rate_usd_per_h"
    start = f'ranges={{"{mine}":[1000,2000,3000],"{other}":[1,2,3]}}'
    assert meant(parse_qs(start)).figures == {mine: 2000, other: 2}
    found = meant(after(("put", {"figures": {mine: 2500.0, other: 2.0}}), start=start))
    assert (dict(found.ranges), found.figures[mine], found.figures[other]) == ({other: (1, 2, 3)}, 2500, 2)


@pytest.mark.parametrize("text", ["{", "[1]", "7", '{"wage_usd_per_h":"x"}'])
def test_table_of_ranges_that_cannot_be_read_breaks_no_put(text: str) -> None:
    found = after(("put", {"months": 48}), start=f"ranges={text}")
    assert (found["months"], found["ranges"]) == (["48"], [text])
