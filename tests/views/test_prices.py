"""Today's price: which figures an option has, and when the page asks for them."""

import pytest
from streamlit.testing.v1 import AppTest

from calculator import load_catalog
from views.prices import price_figures

CATALOG = load_catalog()


def figures(option: str, *, model: str = "llama-3-70b") -> list[str]:
    return price_figures(option, model=model, catalog=CATALOG)


def test_price_of_each_kind_of_option_has_its_figure() -> None:
    assert figures("mac-studio-m5-ultra-96") == ["mac-studio-m5-ultra-96.price_usd"]
    assert figures("cloud-h100") == ["cloud-h100.rate_usd_per_h"]


def test_prices_of_a_hosted_model_are_those_of_its_host() -> None:
    found = figures("api-same-model")
    host = found[0].rpartition(".")[0]
    assert found == [f"{host}.input_usd_per_mtok", f"{host}.output_usd_per_mtok"]
    assert host in {f"{row.provider}/{row.provider_model}" for row in CATALOG.apis["api-same-model"].tariffs}


def test_model_that_nobody_hosts_has_no_price_to_enter() -> None:
    assert figures("api-same-model", model="another-size") == []


def _page(day: str, price_usd: float | None) -> None:
    from calculator import Scenario, compare, load_catalog
    from views.prices import ask_todays_price

    catalog = load_catalog()
    figures = {} if price_usd is None else {"mac-studio-m5-ultra-96.price_usd": price_usd}
    scenario = Scenario(options=("mac-studio-m5-ultra-96",), figures=figures, prices_as_of=day)
    (option,) = compare(scenario, catalog, draw_count=0).options
    ask_todays_price(option, scenario=scenario, catalog=catalog)


@pytest.mark.parametrize(
    ("day", "price_usd", "asked"),
    [("2026-09-01", None, 0), ("2029-11-26", None, 1), ("2026-09-01", 4_321.0, 1), ("2029-11-26", 4_321.0, 1)],
)
def test_price_is_asked_where_it_is_old_or_was_entered(day: str, price_usd: float | None, asked: int) -> None:
    page = AppTest.from_function(_page, args=(day, price_usd), default_timeout=60).run()
    assert not page.exception
    assert len(page.number_input) == asked
    if asked:
        assert page.number_input[0].label == "Today's price ($)"
        assert page.number_input[0].value == price_usd


def test_entered_price_goes_to_the_address_and_an_emptied_one_leaves_it() -> None:
    page = AppTest.from_function(_page, args=("2029-11-26", None), default_timeout=60).run()
    page.number_input[0].set_value(5_000.0).run()
    assert page.query_params["figures"] == '{"mac-studio-m5-ultra-96.price_usd":5000.0}'
    page.number_input[0].set_value(None).run()
    assert "figures" not in page.query_params
