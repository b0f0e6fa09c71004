"""What stands in the page's address beside its widgets: typed values, own figures, links of version 0.1."""

from streamlit.testing.v1 import AppTest

from calculator.scenario.scenario import NOT_TYPED
from views.address import typed_now
from views.link import Link


def _opened(query: dict[str, list[str]]) -> None:
    from calculator import load_catalog
    from views.address import keep_in_address
    from views.link import read_link

    keep_in_address(read_link(query, catalog=load_catalog()))


def _typed(values: dict[str, object]) -> None:
    import streamlit as st

    from views.address import note_typed

    for name, value in values.items():
        st.session_state[name] = value
        note_typed(name)


def _figure(value: float | None) -> None:
    import streamlit as st

    from views.address import note_figure

    st.session_state["widget"] = value
    note_figure("cloud-h100.rate_usd_per_h", "widget")


def address(page: AppTest) -> dict[str, str]:
    run = page.run()
    assert not run.exception
    return {name: found if isinstance(found, str) else found[-1] for name, found in run.query_params.items()}


def opened(**query: str) -> dict[str, str]:
    page = AppTest.from_function(_opened, args=({name: [value] for name, value in query.items()},), default_timeout=60)
    for name, value in query.items():
        page.query_params[name] = value
    return address(page)


def test_value_of_an_address_counts_as_typed_even_where_it_is_the_default() -> None:
    assert opened(wage_usd_per_h="95")["typed"] == "wage_usd_per_h"


def test_bare_address_stays_bare() -> None:
    assert opened() == {}


def test_link_of_version_1_says_with_todays_parameters_what_it_meant() -> None:
    found = opened(schema_version="1", wage_usd_per_h="60")
    assert "schema_version" not in found
    assert found["rules"] == "1"
    assert found["wage_usd_per_h"] == "60"
    assert found["machine_count"] == "1"
    assert found["api_host"] == "cheapest"
    assert found["first_token_p95_target_s"] in ("0", "0.0")


def test_value_away_from_its_default_is_in_the_address_already_and_the_server_writes_nothing() -> None:
    # it would write the whole address, with an older value of a slider that still moves
    assert address(AppTest.from_function(_typed, args=({"wage_usd_per_h": 110.0},))) == {}


def test_value_set_back_to_its_default_is_listed_beside_those_in_the_address() -> None:
    page = AppTest.from_function(_typed, args=({"wage_usd_per_h": 95.0},))
    page.query_params["months"] = "48"
    assert address(page)["typed"] == "months,wage_usd_per_h"


def test_address_that_lists_what_was_typed_gets_each_name_once() -> None:
    page = AppTest.from_function(_typed, args=({"wage_usd_per_h": 110.0, "months": 36},))
    page.query_params["typed"] = "months"
    assert address(page)["typed"] == "months,wage_usd_per_h"


def test_values_of_widgets_count_before_the_address_has_them() -> None:
    assert typed_now(Link({}, {}), {"wage_usd_per_h": 110.0, "months": 36}) == ("wage_usd_per_h",)
    assert typed_now(Link({"typed": ("months",)}, {}), {"wage_usd_per_h": 110.0}) == ("months",)


def test_view_settings_are_no_typed_values() -> None:
    assert address(AppTest.from_function(_typed, args=(dict.fromkeys(NOT_TYPED),))) == {}


def test_own_figure_joins_those_that_are_there() -> None:
    page = AppTest.from_function(_figure, args=(2.5,))
    page.query_params["figures"] = '{"mac-studio-m5-ultra-96.price_usd":5000}'
    assert address(page)["figures"] == '{"mac-studio-m5-ultra-96.price_usd":5000,"cloud-h100.rate_usd_per_h":2.5}'


def test_emptied_figure_is_taken_away() -> None:
    page = AppTest.from_function(_figure, args=(None,))
    page.query_params["figures"] = '{"cloud-h100.rate_usd_per_h":2.5}'
    assert "figures" not in address(page)


def test_figures_that_nobody_can_read_are_replaced() -> None:
    page = AppTest.from_function(_figure, args=(2.5,))
    page.query_params["figures"] = "{not json"
    assert address(page)["figures"] == '{"cloud-h100.rate_usd_per_h":2.5}'
