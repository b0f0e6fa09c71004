"""Measuring and storing: every ending becomes a record, a lost run too."""

from pathlib import Path
from typing import Any

import pytest

from measurements.probe.measure import lost_run, measure
from measurements.probe.run import Outcome
from measurements.records.store import Store
from tests.measurements.tiny import TOO_LARGE, tiny_spec

pytest.importorskip("mlx_lm.models", reason="mlx-lm is not installed")


def test_run_whose_server_died_is_kept_as_lost(tmp_path: Path) -> None:
    from calculator.catalog import load_catalog

    spec, store = tiny_spec(tmp_path, trial_count=1, depths=(32,)), Store(str(tmp_path / "m.sqlite"))
    note = Path(spec.lock_file + ".json")
    note.write_text('{"started": "2026-11-22T10:00:00Z", "tier": "fast", "model": "tiny"}')
    outcome = measure(spec, catalog=load_catalog(), store=store)
    assert outcome.status == "ok"
    lost, *found = [item.record for item in store.records()]
    assert (lost.status, lost.measured_at, lost.model.model) == ("lost", "2026-11-22T10:00:00Z", "tiny")
    assert len(found) == 2
    assert not note.exists()
    assert lost_run(spec.lock_file) is None


def test_outcome_of_every_ending_is_kept_as_a_record(tmp_path: Path) -> None:
    from calculator.catalog import load_catalog

    store = Store(str(tmp_path / "m.sqlite"))
    outcome = measure(tiny_spec(tmp_path, **TOO_LARGE), catalog=load_catalog(), store=store)
    (item,) = store.records()
    assert (item.record.status, item.record.notes) == ("refused", outcome.sentence)
    assert item.record.result.decode_tokens_per_s is None


@pytest.mark.parametrize("status", ["out-of-memory", "killed-by-signal", "stalled", "timed-out", "cancelled", "failed"])
@pytest.mark.parametrize("tier", ["fast", "host", "rag", "real"])
def test_every_ending_is_kept_with_its_name_and_sentence(
    tmp_path: Path, status: Any, tier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from calculator.catalog import load_catalog

    ended = Outcome(status, "What happened, in a sentence.", [{"event": "hello", "backend": "metal", "versions": {}}])
    monkeypatch.setattr("measurements.probe.measure.run_worker", lambda spec, **how: ended)
    store = Store(str(tmp_path / "m.sqlite"))
    measure(tiny_spec(tmp_path, tier=tier), catalog=load_catalog(), store=store)
    (item,) = store.records()
    assert (item.record.kind, item.record.status, item.record.notes) == (tier, status, "What happened, in a sentence.")
    assert item.record.model.model == "tiny"
