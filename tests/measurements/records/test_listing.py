"""Lines of the record list: ages, labels, notes and words."""

import datetime
from typing import Any

import pytest

from measurements.records.listing import age, row_of, words
from measurements.records.record import Engine, Host, Measurement, Result, Series
from measurements.records.store import Stored
from tests.measurements.examples import a_measurement


@pytest.mark.parametrize(
    ("measured_at", "said"),
    [
        ("2026-11-22T10:00:00Z", "today"),
        ("2026-11-21", "1 day"),
        ("2026-11-01", "21 days"),
        ("2026-08", "4 months"),
        ("2025", "23 months"),
        ("2024-01-05", "2 years"),
        ("2027-01-01", "today"),
    ],
)
def test_age_in_words(measured_at: str, said: str) -> None:
    assert age(measured_at, today=datetime.date(2026, 11, 22)) == said


def test_row_shows_model_rates_trust_and_the_source() -> None:
    [item] = _stored(a_measurement(provenance={"file_name": "run.txt"}))
    row = row_of(item, host=Host(host_id="h1"), versions={}, today=datetime.date(2026, 11, 25))
    assert (row.model, row.format, row.chip, row.runtime) == (
        "llama-3-70b",
        "mlx-4bit",
        "apple-m2-ultra-76",
        "mlx-lm 0.32.4",
    )
    assert (row.decode_tokens_per_s, row.prefill_tokens_per_s, row.context_tokens, row.batch_count) == (
        12.1,
        None,
        512,
        1,
    )
    assert (row.age, row.trust, row.used, row.mind, row.source) == ("3 days", "measured here", True, "", "run.txt")


def test_row_notes_the_cpu_backend_a_failed_probe_and_staleness() -> None:
    engine = Engine(name="mlx-cpu", version="0.31.0", backend="cpu")
    [item] = _stored(a_measurement(engine=engine, status="failed", notes="It broke.", result=Result()))
    row = row_of(item, host=Host(), versions={"mlx": "0.32.4"}, today=datetime.date(2026, 11, 22))
    assert row.mind == "not a local-LLM speed; It broke.; stale: mlx was 0.31.0, now 0.32.4"
    assert not row.used
    assert row.status == "failed"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"status": "failed", "notes": "It broke."}, "failed: It broke."),
        ({"status": "lost"}, "lost"),
        ({"status": "rejected"}, "decode 12.1 tokens/s at 512 tokens of context, rejected because the trials disagree"),
        (
            {"kind": "host", "result": Result(layer_overhead_us=Series.of([12.5]))},
            "overhead 12.5 us per layer",
        ),
        (
            {"kind": "rag", "result": Result(embed_s=Series.of([0.01]), search_s=Series.of([0.2]))},
            "embed 0.01 s, search 0.2 s",
        ),
    ],
)
def test_words_of_a_record(changes: dict[str, Any], said: str) -> None:
    assert words(a_measurement(**changes)) == said


def _stored(*records: Measurement) -> list[Stored]:
    return [Stored(number, record.id(), "2026-11-22T10:00:00Z", record) for number, record in enumerate(records)]
