"""Latency claims: the time of an answer and the traffic of a split, by hand."""

import pytest

from calculator.catalog import Catalog, load_catalog
from calculator.claims import Finding, audit


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="module")
def findings(catalog: Catalog) -> dict[str, Finding]:
    return {finding.id: finding for finding in audit(catalog)}


def test_answer_time_reads_a_hundred_tokens_in_0_8_s_not_a_document(findings: dict[str, Finding]) -> None:
    """2 x 68.45e9 matrix parameters = 136.9 GFLOP per token; 27.2 TFLOPS x 0.8 s / that = 159 tokens at the very
    most.
    """
    figures = findings["rag-mac"].figures
    per_token = 2 * 80 * 855_638_016
    assert figures["compute_bound_tokens"] == pytest.approx(0.8 * 27.2e12 / per_token, rel=1e-6)
    assert 50 < figures["readable_tokens"] < figures["compute_bound_tokens"] < 200
    assert figures["low_s"] > 20


def test_split_traffic_is_one_hidden_state_and_a_few_thousandths_of_the_time(findings: dict[str, Finding]) -> None:
    """8,192 values x 2 bytes = 16,384 bytes; / 31.5 GB/s = 0.52 us of 41.6 ms."""
    figures = findings["pcie-villain"].figures
    assert figures["sent_bytes"] == 16_384
    assert figures["share_fraction"] == pytest.approx(16_384 / 31.5e9 / (41.921527808 / 1008), rel=1e-6)
    assert figures["fitted_fraction"] < 0.05
