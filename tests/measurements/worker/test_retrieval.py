"""Times of retrieval: three separate times, and an exact search."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from measurements.probe.records_of_events import records_of
from measurements.probe.run import ROOT, run_worker
from measurements.records.record import Host
from tests.measurements.tiny import tiny_spec

pytest.importorskip("mlx_lm.models", reason="mlx-lm is not installed")


def test_rag_probe_gives_three_times_apart(tmp_path: Path) -> None:
    spec = tiny_spec(tmp_path, tier="rag", vector_count=5000, query_count=3, retrieved_tokens=64, trial_count=2)
    outcome = run_worker(spec)
    assert outcome.status == "ok", outcome.sentence
    (record,) = records_of(outcome, spec, Host())
    result = record.result
    assert result.embed_s is not None
    assert result.search_s is not None
    assert result.retrieved_prefill_s is not None
    assert (result.embed_s.reading_count, result.search_s.reading_count, result.retrieved_prefill_s.reading_count) == (
        3,
        3,
        2,
    )
    assert (record.workload.vector_count, record.workload.retrieved_tokens) == (5000, 64)
    assert outcome.samples("search")[0]["vectors"] == 5000


def test_rag_probe_without_a_model_times_embedding_and_search_only(tmp_path: Path) -> None:
    spec = tiny_spec(tmp_path, tier="rag", config={}, vector_count=1000, query_count=2)
    (record,) = records_of(run_worker(spec), spec, Host())
    assert record.result.retrieved_prefill_s is None
    assert record.workload.retrieved_tokens == 0


def test_exact_nearest_agrees_with_a_full_sort(tmp_path: Path) -> None:
    """In another process, because rag.py imports mlx."""
    file = tmp_path / "found.npz"
    code = f"""
import numpy as np
from measurements.worker.retrieval import exact_nearest, random_unit_vectors
vectors, queries = random_unit_vectors(70_000, 16, seed=1), random_unit_vectors(5, 16, seed=2)
found = np.array([exact_nearest(vectors, query, 10) for query in queries])
np.savez({str(file)!r}, vectors=vectors, queries=queries, found=found)
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
    with np.load(file) as saved:
        vectors, queries, found = saved["vectors"], saved["queries"], saved["found"]
    assert vectors.shape == (70_000, 16)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for query, rows in zip(queries, found, strict=True):
        assert rows.tolist() == np.argsort(-(vectors @ query))[:10].tolist()
