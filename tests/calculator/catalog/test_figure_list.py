"""All figures in one list: complete, each with its source, and drawn at random by a seed."""

from calculator.catalog import Catalog
from calculator.catalog.figure_list import drawn_at_random, listed_figures


def test_figure_stands_as_read_with_its_source(catalog: Catalog) -> None:
    rows = {row.where: row for row in listed_figures(catalog)}
    price = rows["machines/dgx-spark: prices[3].price_usd"]
    assert (price.said, price.basis, price.as_of) == ("6,950 USD", "published", "2026-10-02")
    assert price.sources[0].startswith("DGX Spark Founders Edition at $6,950 (")
    assert rows["defaults: gpu_resale_fraction"].said == "0.42 / 0.7 / 0.95"
    assert rows["readings/p108: mac-studio-m5ultra-512 list US"].said == "not found"


def test_every_table_is_in_the_list(catalog: Catalog) -> None:
    rows = listed_figures(catalog)
    places = {row.where.split("/")[0].split(":")[0] for row in rows}
    assert places == {
        *("chips", "machines", "cloud", "subscriptions", "electricity", "grid_carbon", "resale"),
        *("defaults", "constants", "api_quotes", "readings"),
    }
    assert len([row for row in rows if row.where.startswith("readings/")]) == len(catalog.readings)


def test_twenty_five_figures_drawn_at_random_each_have_a_source_or_say_why_not(catalog: Catalog) -> None:
    drawn = drawn_at_random(listed_figures(catalog), count=25, seed=20261126)
    assert len({row.where for row in drawn}) == 25
    for row in drawn:
        assert row.sources or (row.basis == "assumption" and row.note), row.where
        assert row.said
        assert row.as_of


def test_draw_is_the_same_for_the_same_seed(catalog: Catalog) -> None:
    rows = listed_figures(catalog)
    assert drawn_at_random(rows, count=5, seed=1) == drawn_at_random(rows, count=5, seed=1)
    assert drawn_at_random(rows, count=5, seed=1) != drawn_at_random(rows, count=5, seed=2)
    assert len(drawn_at_random(rows[:3], count=5, seed=1)) == 3
