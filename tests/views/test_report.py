"""Downloads: rows, charts and CSV say the same number, and the permanent link reads back."""

import io
import math
from urllib.parse import parse_qs

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from calculator import Scenario, compare
from calculator.report.ledger_csv import tidy_csv
from tests.views.pages import CATALOG, component, page, scenario_on
from views.link import read_link


@pytest.mark.parametrize("labour", ["with", "without"])
def test_row_and_csv_are_the_same_number(labour: str) -> None:
    app = page(money="cash", labour=labour)
    ledger = pd.read_csv(io.StringIO(tidy_csv(compare(scenario_on(app), CATALOG))), comment="#")
    counted = ledger if labour == "with" else ledger[ledger["hard_or_soft"] == "hard"]
    rows = [row for row in component(app)["frame"]["rows"] if "usd" in row]
    assert len(rows) >= 5
    for row in rows:
        total = -counted.loc[counted["option"] == row["id"], "amount_usd"].sum()
        assert math.isclose(row["usd"][1], total, abs_tol=0.01)


def test_permanent_link_of_the_page_reads_back_as_its_scenario(default_page: AppTest) -> None:
    query = parse_qs(default_page.code[0].value.partition("?")[2], keep_blank_values=True)
    link = read_link(query, catalog=CATALOG)
    assert not link.problems
    assert not link.stamp_remarks
    assert Scenario.parse({**link.values, "prices_as_of": ""}) == Scenario()


def test_caption_names_scenario_catalogue_day_and_version(default_page: AppTest) -> None:
    frame = component(default_page)["frame"]
    caption = default_page.caption[-1].value
    for part in (frame["id"], frame["as_of"], CATALOG.hash):
        assert part in caption
