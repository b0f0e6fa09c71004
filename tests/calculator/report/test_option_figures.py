"""Figures of an option: none of another model's, each by a name of its own, the price that counts first."""

import pytest

from calculator import Scenario, load_catalog
from calculator.catalog.freshness import price_read
from calculator.report.option_figures import option_figures
from calculator.service.tariff import tariff_for

CATALOG = load_catalog()


def prices(option: str, scenario: Scenario | None = None) -> list[tuple[str, float, str, bool]]:
    rows = option_figures(CATALOG.option(option), scenario or Scenario(), CATALOG)
    ends = ("price_usd", "rate_usd_per_h")
    return [(row.words, row.quantity.central, row.as_of, row.counts) for row in rows if row.path.endswith(ends)]


def test_hosted_api_has_the_prices_that_the_bill_is_made_with_and_no_others() -> None:
    offer = CATALOG.apis["api-same-model"]
    for model in ("llama-3-70b", "qwen3-32b"):
        for host in ("median", "cheapest"):
            scenario = Scenario(model=model, api_host=host)
            paid = tariff_for(scenario, CATALOG)
            assert paid is not None
            rows = option_figures(offer, scenario, CATALOG)
            tokens = {row.words: row.quantity.central for row in rows if row.path.endswith("_mtok")}
            assert tokens[f"price of input tokens at {paid.provider}"] == paid.input_usd_per_mtok.central
            assert tokens[f"price of output tokens at {paid.provider}"] == paid.output_usd_per_mtok.central
            assert len(tokens) <= 4


@pytest.mark.parametrize("option", [*CATALOG.machines, *CATALOG.clouds])
def test_one_price_counts_comes_first_and_is_the_one_whose_age_the_note_tells(option: str) -> None:
    found = prices(option)
    counting = [row for row in found if row[3]]
    assert counting == found[:1]
    assert found[0][0] in ("price", "hourly rate")
    assert all(row[0] not in ("price", "hourly rate") for row in found[1:])
    read = price_read(CATALOG.option(option))
    assert read is not None
    assert found[0][2] == read[1]


def test_other_prices_say_what_they_are_and_another_way_to_rent_counts_where_it_is_asked_for() -> None:
    names = [row[0] for row in prices("dual-rtx-4090-am5")]
    assert names == ["price", "list price", "another price (estimate)"]
    offer = CATALOG.clouds["cloud-h100"]
    spot = prices("cloud-h100", Scenario(cloud_rate="spot"))
    assert spot[0][1] == offer.rate("spot").rate_usd_per_h.central
    assert "another hourly rate (on-demand from Lambda)" in [row[0] for row in spot]
    assert "another hourly rate (reserved for 24 months from Verda)" in [row[0] for row in spot]


def test_every_figure_of_the_file_is_there_once() -> None:
    machine = CATALOG.machines["dual-rtx-4090-am5"]
    rows = option_figures(machine, Scenario(), CATALOG)
    assert len({row.path for row in rows}) == len(rows) == 9
    assert all(row.words for row in rows)


def test_entry_of_the_same_name_has_its_own_figures() -> None:
    stock = CATALOG.machines["dual-rtx-4090-am5"]
    for hours in range(1, 600):  # more than are kept, so that places in memory come again
        quantity = stock.setup_h.model_copy(update={"central": float(hours)})
        rows = option_figures(stock.model_copy(update={"setup_h": quantity}), Scenario(), CATALOG)
        assert next(row for row in rows if row.path == "setup_h").quantity.central == hours
