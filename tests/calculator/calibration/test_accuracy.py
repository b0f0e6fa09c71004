"""Accuracy: nothing of the table in the fit, and what the shipped rows reach."""

import math
from collections.abc import Mapping

import pytest

from calculator.calibration.accuracy import LEAVE_OUT, Compared, Judged, accuracy, summary
from calculator.calibration.fitting import TABLE, TODAY, Laws, decode_observations, fit_laws, usable_cases
from calculator.calibration.rows import PublishedRow, read_table, rows_of
from calculator.calibration.solver import law_of
from calculator.catalog import load_catalog
from calculator.catalog.calibration import Law

CATALOG = load_catalog()


FIGURES = {"covered", "median_abs_error", "p90_abs_error", "median_signed_error", "interval_coverage"}


@pytest.fixture(scope="module")
def rows() -> list[PublishedRow]:
    return read_table(TABLE)


@pytest.fixture(scope="module")
def laws(rows: list[PublishedRow]) -> Laws:
    return fit_laws(rows, CATALOG)


@pytest.fixture(scope="module")
def seen(rows: list[PublishedRow]) -> dict[str, Judged]:
    return accuracy(rows, catalog=CATALOG)


def row(**values: str) -> PublishedRow:
    record = {
        "id": "x-1",
        "device_id": "nvidia-rtx-4090",
        "device_count": "1",
        "model_id": "llama-3-8b",
        "runtime_id": "llama.cpp",
        "format_id": "q4_k_m",
        "prompt_tokens": "512",
        "context_depth": "0",
        "batch": "1",
        "decode_tok_s": "130",
        "source": "github.com/new/one",
        "notes": "",
        "plausible": "True",
    }
    return rows_of([{**record, **values}])[0]


def _prefill_law(laws: Laws) -> Law:
    return law_of(laws.prefill, stretch={})


def test_summary_hand_worked_case() -> None:
    # errors +20 %, -10 %, 0: median of the sizes 10 %, of the signed 0; two of three inside their range; p90 of (0,
    # 10, 20) = 18 %
    compared = tuple(
        Compared(row(), measured, predicted, low, high)
        for measured, predicted, low, high in (
            (100.0, 120.0, 105.0, 140.0),
            (100.0, 90.0, 80.0, 101.0),
            (50.0, 50.0, 45.0, 55.0),
        )
    )
    found = summary(Judged(compared, {"format not stated": 2}))
    assert found["rows"] == 5
    assert found["covered"] == 3
    assert found["median_abs_error"] == 0.1
    assert found["p90_abs_error"] == 0.18
    assert found["median_signed_error"] == 0.0
    assert found["interval_coverage"] == 0.6667
    assert found["not_covered"] == {"format not stated": 2}
    assert set(found["by_device"]["nvidia-rtx-4090"]) == FIGURES


def test_figures_of_the_table_do_not_move_its_predictions() -> None:
    once = accuracy([row(decode_tok_s="130")], catalog=CATALOG)["decode"].compared[0]
    twice = accuracy([row(decode_tok_s="65")], catalog=CATALOG)["decode"].compared[0]
    assert once.predicted == twice.predicted
    assert twice.error == pytest.approx(2 * once.error + 1)


def test_leave_out_device_predicts_without_its_rows(laws: Laws) -> None:
    table = [row(device_id="apple-m5-max-40", runtime_id="mlx-lm", format_id="mlx-4bit")]
    known = accuracy(table, catalog=CATALOG)["decode"].compared[0]
    left = accuracy(table, catalog=CATALOG, leave_out="device", laws=laws)["decode"].compared[0]
    assert known.predicted != left.predicted
    assert left.high is not None
    assert left.low is not None
    assert known.high is not None
    assert known.low is not None
    assert left.high / left.low > known.high / known.low


def test_leave_out_of_a_stranger_changes_nothing(laws: Laws) -> None:
    table = [row(source="github.com/nobody/nothing")]
    known = accuracy(table, catalog=CATALOG)["decode"].compared[0]
    left = accuracy(table, catalog=CATALOG, leave_out="source", laws=laws)["decode"].compared[0]
    assert left.predicted == pytest.approx(known.predicted, rel=1e-3)


def test_nine_of_ten_plausible_rates_of_the_main_runtimes_are_predicted(
    rows: list[PublishedRow], seen: Mapping[str, Judged]
) -> None:
    predicted = {one.row.id for one in seen["decode"].compared}
    for runtime in ("llama.cpp", "ollama", "mlx-lm", "vllm", "exllamav2"):
        wanted = [
            one
            for one in rows
            if one.runtime_id == runtime
            and one.device_id
            and one.model_id
            and one.decode_tokens_per_s
            and one.plausible
            and not one.speculative
        ]
        assert len([one for one in wanted if one.id in predicted]) >= 0.9 * len(wanted) > 0, runtime


def test_every_chip_and_model_of_the_catalogue_is_predicted() -> None:
    table = [
        row(
            id=f"{chip}-{model}",
            device_id=chip,
            model_id=model,
            device_count="256",
            decode_tok_s="0.1",
            format_id="q4_k_m",
            notes="split: layer over 256 GPUs",
        )
        for chip in CATALOG.chips
        for model in CATALOG.models
    ]
    found = accuracy(table, catalog=CATALOG)["decode"]
    assert len(found.compared) == len(table)
    assert all(
        math.isfinite(one.predicted) and one.low is not None and 0 < one.low < one.predicted for one in found.compared
    )


def test_error_on_the_shipped_rows_is_small(seen: Mapping[str, Judged]) -> None:
    single = summary(Judged(tuple(one for one in seen["decode"].compared if one.row.batch_count == 1), {}))
    prefill = summary(seen["prefill"])
    assert single["covered"] > 800
    assert single["median_abs_error"] < 0.08
    assert single["p90_abs_error"] < 0.25
    assert prefill["median_abs_error"] < 0.12


def test_decoding_rows_of_the_laws_are_those_of_the_usable_cases(rows: list[PublishedRow], laws: Laws) -> None:
    assert laws.decode_rows == tuple(decode_observations(usable_cases(rows, CATALOG)[0], _prefill_law(laws)))


def test_leave_out_choices_are_the_promised_ones() -> None:
    assert set(LEAVE_OUT) == {"none", "source", "publisher", "device"}
    assert TODAY > 2026
