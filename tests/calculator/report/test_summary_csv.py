"""Summary table: one row per option, the costs that the ledger and the page have, and why an option is not ranked."""

import io
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from calculator import Scenario, compare, load_catalog
from calculator.decision.comparison import Comparison
from calculator.report.facts import shown_cost_usd
from calculator.report.summary_csv import summary_csv, summary_rows
from tests.libreoffice import csv_filter, opened

CATALOG = load_catalog()


@pytest.fixture(scope="module")
def found() -> Comparison:
    options = ("mac-studio-m5-ultra-96", "dual-rtx-4090-am5", "mac-mini-m5-pro-64", "cloud-h100", "api-same-model")
    scenario = Scenario(options=options, first_token_p95_target_s=12.0, labour="without")
    return compare(scenario, CATALOG, as_of="2026-11-26", draw_count=200)


def test_plain_pandas_reads_one_row_per_option_with_its_costs(found: Comparison) -> None:
    frame: Any = pd.read_csv(io.StringIO(summary_csv(found)))
    assert list(frame["option"]) == [option.id for option in found.options]
    assert list(frame["option_name"]) == [option.name for option in found.options]
    for (_, row), option in zip(frame.iterrows(), found.options, strict=True):
        assert row["eligible"] == ("yes" if option.eligible else "no")
        if option.tco is None or option.present_value_usd is None:
            assert pd.isna(row["cost"])
            continue
        assert row["cost"] == pytest.approx(shown_cost_usd(option, found), rel=1e-12)
        assert row["cost"] == pytest.approx(option.tco.hard_present_value_cost_usd, rel=1e-12)
        if not option.eligible:  # no futures are drawn for it, so it has no range
            assert pd.isna(row["present_value_usd_low"])
            assert pd.isna(row["cost_low"])
            continue
        assert row["cost_low"] < row["cost_high"]
        assert row["present_value_usd_low"] <= row["present_value_median_usd"] <= row["present_value_usd_high"]
        assert row["hard_cash_usd"] + row["soft_cash_usd"] == pytest.approx(option.tco.total_cost_usd, rel=1e-12)


def test_option_that_cannot_do_the_job_says_why_and_what_mends_it(found: Comparison) -> None:
    rows = [row for row in summary_rows(found) if row["eligible"] == "no"]
    assert rows
    for row in rows:
        assert row["reason"]
        assert row["mend"]
        assert row["cheapest"] == "no"


def test_unknown_is_empty_and_never_zero(found: Comparison) -> None:
    api = next(row for row in summary_rows(found) if row["kind"] == "api")
    assert api["machines"] is None
    assert api["first_token_p95_busy_hour_s"] is None
    assert api["decode_tokens_per_s"] is None
    assert ",0,0," not in summary_csv(found).splitlines()[-1][:60]


def test_only_the_cheapest_carries_its_chance(found: Comparison) -> None:
    chances = {row["option"]: row["cheapest_chance"] for row in summary_rows(found)}
    assert {name for name, chance in chances.items() if chance is not None} == {found.verdict.cheapest}
    assert chances[found.verdict.cheapest] == found.verdict.chance


def test_summary_opens_in_libreoffice(found: Comparison, tmp_path: Path) -> None:
    file = tmp_path / "summary.csv"
    file.write_text(summary_csv(found), "utf-8")
    cells = opened(file, infilter=csv_filter(","), folder=tmp_path / "office")
    head = {cell.column: cell.value for cell in cells if cell.row == 0}
    assert list(head.values()) == list(summary_rows(found)[0])
    costs = [cell.value for cell in cells if cell.row and head[cell.column] == "cost"]
    assert costs == pytest.approx([cost for option in found.options if (cost := shown_cost_usd(option, found))])


def test_other_currency_is_the_dollars_at_the_persons_rate() -> None:
    euro = {"currencies": {"EUR": {"per_usd": 0.9, "as_of": "2026-11-20"}}, "options": ("dgx-spark", "api-same-model")}
    comparison = compare(Scenario.parse(euro), CATALOG, draw_count=64)
    for row in summary_rows(comparison):
        assert row["currency"] == "EUR"
        assert row["cost"] == pytest.approx(0.9 * row["present_value_usd"])
