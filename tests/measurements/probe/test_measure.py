"""Measuring and storing: every ending becomes a record, a lost run too."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from measurements.probe.measure import Keep, lost_run, measure
from measurements.probe.run import Outcome
from measurements.records.spool import keep_or_wait, waiting_files
from measurements.records.store import Store
from measurements.records.store_connection import StoreError
from tests.measurements.tiny import TOO_LARGE, tiny_spec

pytest.importorskip("mlx_lm.models", reason="mlx-lm is not installed")


def into(store: Store) -> Keep:
    return partial(keep_or_wait, append=store.append_all, url=str(store.url))


def test_run_whose_server_died_is_kept_as_lost(tmp_path: Path) -> None:
    from calculator.catalog import load_catalog

    spec, store = tiny_spec(tmp_path, trial_count=1, depths=(32,)), Store(str(tmp_path / "m.sqlite"))
    note = Path(spec.lock_file + ".json")
    note.write_text('{"started": "2026-11-22T10:00:00Z", "tier": "fast", "model": "tiny"}')
    outcome = measure(spec, catalog=load_catalog(), keep=into(store))
    assert outcome.status == "ok"
    lost, *found = [item.record for item in store.records()]
    assert (lost.status, lost.measured_at, lost.model.model) == ("lost", "2026-11-22T10:00:00Z", "tiny")
    assert len(found) == 2
    assert not note.exists()
    assert lost_run(spec.lock_file) is None


def test_outcome_of_every_ending_is_kept_as_a_record(tmp_path: Path) -> None:
    from calculator.catalog import load_catalog

    store = Store(str(tmp_path / "m.sqlite"))
    outcome = measure(tiny_spec(tmp_path, **TOO_LARGE), catalog=load_catalog(), keep=into(store))
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
    measure(tiny_spec(tmp_path, tier=tier), catalog=load_catalog(), keep=into(store))
    (item,) = store.records()
    assert (item.record.kind, item.record.status, item.record.notes) == (tier, status, "What happened, in a sentence.")
    assert item.record.model.model == "tiny"


def test_result_that_the_store_refuses_waits_in_a_file_and_the_outcome_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from calculator.catalog import load_catalog

    def full(records: Any) -> None:
        raise StoreError("The store /data/m.sqlite cannot be used: disk is full.", plain="The disk is full.")

    ended = Outcome("cancelled", "Stopped.", [{"event": "hello", "backend": "metal", "versions": {}}])
    monkeypatch.setattr("measurements.probe.measure.run_worker", lambda spec, **how: ended)
    url = str(tmp_path / "m.sqlite")
    outcome = measure(tiny_spec(tmp_path), catalog=load_catalog(), keep=partial(keep_or_wait, append=full, url=url))
    assert outcome.waits.startswith("The disk is full. The results are kept in a file")
    assert len(waiting_files(url)) == 1
    assert len(outcome.records) == 1
