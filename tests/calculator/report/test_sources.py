"""Sources behind an answer: every figure with how it is known; the person's own are marked."""

import re

from calculator import Scenario, load_catalog
from calculator.decision.compare import compare
from calculator.report.sources import source_rows

CATALOG = load_catalog()
OPTIONS = ("mac-studio-m5-ultra-96", "dual-rtx-4090-am5", "api-same-model")


def test_every_figure_has_a_source_a_date_or_a_reason() -> None:
    found = compare(Scenario(options=OPTIONS), CATALOG, draw_count=0)
    rows = source_rows(found, CATALOG)
    assert len(rows) > 60
    for row in rows:
        assert row.basis
        assert row.source or row.note, row.what
        assert row.low <= row.value <= row.high
    names = " ".join(row.what for row in rows)
    for option in found.options:
        assert option.name in names


def test_every_figure_has_a_unit_in_words_with_rates_and_shares_in_percent() -> None:
    found = compare(Scenario(options=(*OPTIONS, "cloud-h100", "chatgpt-business")), CATALOG, draw_count=0)
    rows = {row.what: row for row in source_rows(found, CATALOG)}
    for row in rows.values():
        assert re.fullmatch(r"(%|GB/s|[A-Za-z]+)( [a-zA-Z']+)*", row.unit), (row.what, row.unit)
    rate = CATALOG.defaults["discount_rate"]
    shown = rows["Discount rate"]
    assert (shown.value, shown.unit) == (round(100 * rate.central, 9), "% a year")
    assert (shown.low, shown.high) == (round(100 * rate.low, 9), round(100 * rate.high, 9))
    assert rows[f"{found['cloud-h100'].name}: hourly rate"].unit == "USD an hour"


def test_no_figure_is_of_another_model_and_each_option_has_one_price_of_that_name() -> None:
    found = compare(Scenario(options=(*OPTIONS, "cloud-h100")), CATALOG, draw_count=0)
    names = [row.what for row in source_rows(found, CATALOG)]
    for option, figure in zip(found.options, ("price", "price", "price of input tokens", "hourly rate"), strict=True):
        assert sum(name.split(" at ")[0] == f"{option.name}: {figure}" for name in names) == 1


def test_own_values_are_marked_as_yours() -> None:
    scenario = Scenario(options=OPTIONS, wage_usd_per_h=61, figures={"mac-studio-m5-ultra-96.price_usd": 5000.0})
    yours = {
        row.what: row.value
        for row in source_rows(compare(scenario, CATALOG, draw_count=0), CATALOG)
        if row.basis == "yours"
    }
    assert yours["Hourly rate"] == 61
    assert 5000 in yours.values()


def test_figures_of_ones_own_are_named_in_words() -> None:
    mac = "mac-studio-m5-ultra-96"
    scenario = Scenario(options=OPTIONS, figures={f"{mac}.price_usd": 5781.0, f"{mac}.idle_w": 12.0})
    found = compare(scenario, CATALOG, draw_count=0)
    yours = {row.what: (row.value, row.unit) for row in source_rows(found, CATALOG) if row.basis == "yours"}
    name = found[mac].name
    assert yours == {
        f"Price of {name} before tax": (5781, "USD"),
        f"Power that {name} draws at rest": (12, "W"),
    }


def test_every_figure_of_the_catalogue_has_a_name_in_words() -> None:
    ids = (*CATALOG.machines, *CATALOG.clouds, *CATALOG.apis, *CATALOG.subscriptions)
    for start in range(0, len(ids), 10):
        found = compare(Scenario(options=ids[start : start + 10]), CATALOG, draw_count=0)
        for row in source_rows(found, CATALOG):
            figure = row.what.rpartition(": ")[2]
            assert not re.search(r"[_\[]|, | (w|h|usd|gb|gib|kg|tflops|fraction|minutes|mtok)( |$)", figure) or (
                figure == "price of a seat, paid by the year"
            ), row.what


def test_sources_of_an_option_of_ones_own_are_its_own() -> None:
    scenario = Scenario.parse(
        {
            "own_options": {"our-box": {"chip": "nvidia-rtx-4090", "chip_count": 2, "price_usd": 9000}},
            "options": ("our-box",),
        }
    )
    found = compare(scenario, CATALOG, draw_count=0)
    prices = [row for row in source_rows(found, CATALOG) if row.what == f"{found['our-box'].name}: price"]
    assert [(row.value, row.basis) for row in prices] == [(9000, "yours")]
