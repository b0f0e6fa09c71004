"""Answer of the library: its words, its options by id, its files."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from calculator import Answer, Scenario, UnknownIdError, compare, load_catalog
from calculator.report.workbook import workbook_bytes

CATALOG = load_catalog()
ANSWER = compare(Scenario(wage_usd_per_h=80), CATALOG)


def test_answer_prints_its_verdict() -> None:
    assert isinstance(ANSWER, Answer)
    assert str(ANSWER) == ANSWER.verdict.sentence
    assert len(repr(ANSWER)) < 300


def test_option_is_found_by_its_id_and_a_wrong_id_names_the_others() -> None:
    assert ANSWER["cloud-h100"].name.startswith("Rented H100")
    with pytest.raises(UnknownIdError, match="cloud-h100"):
        ANSWER["cloud-h10"]


def test_csv_of_an_answer_sums_to_its_totals() -> None:
    frame: Any = pd.read_csv(StringIO(ANSWER.to_csv()))
    for option in ANSWER.options:
        assert option.tco is not None
        assert -frame[frame["option"] == option.id]["amount_usd"].sum() == pytest.approx(option.tco.total_cost_usd)
    assert "total_usd" in ANSWER.to_csv("wide")


def test_json_of_an_answer_is_that_of_the_command_line() -> None:
    found = json.loads(ANSWER.to_json())
    assert found["verdicts"]["overall"]["sentence"] == str(ANSWER)
    assert [option["id"] for option in found["options"]] == [option.id for option in ANSWER.options]


def test_options_and_catalogue_print_as_sentences() -> None:
    assert repr(ANSWER["cloud-h100"]).startswith("Rented H100 80 GB by the hour: $")
    assert repr(load_catalog()).startswith("Catalogue of 2026-11-26: 35 machines")


def test_workbook_is_written_to_the_file_that_is_named(tmp_path: Path) -> None:
    ANSWER.to_xlsx(tmp_path / "answer.xlsx", CATALOG)
    assert (tmp_path / "answer.xlsx").read_bytes() == workbook_bytes(ANSWER, CATALOG)


def test_forecast_sums_to_the_cash_cost() -> None:
    rows: Any = pd.read_csv(StringIO(ANSWER.to_focus_csv()))
    tco = ANSWER["cloud-h100"].tco
    assert tco is not None
    billed = rows.loc[rows["x_Option"] == "cloud-h100", "BilledCost"].sum()
    assert billed == pytest.approx(tco.total_cost_usd, abs=0.005)


def test_memo_is_written_to_the_file_that_is_named(tmp_path: Path) -> None:
    ANSWER.to_pdf(tmp_path / "memo.pdf", CATALOG)
    assert (tmp_path / "memo.pdf").read_bytes().startswith(b"%PDF")
