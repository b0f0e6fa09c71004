"""Roofline: hand-worked bounds, and no accepted reading above it."""

from pathlib import Path

import pytest

from calculator.calibration.cases import case_of
from calculator.calibration.gate import decode_refusal
from calculator.calibration.rows import read_table
from calculator.catalog import Catalog, load_catalog
from calculator.catalog.deployment import Deployment, Workload
from calculator.claims import SpeedClaim, audit_speed_claim
from calculator.claims.roofline import roofline
from calculator.claims.speed import judge_decode

TWO_4090 = "dual-rtx-4090-threadripper"


PUBLISHED = Path(__file__).parents[3] / "measurements" / "published.csv"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def test_roofline_of_a_layer_split_is_one_cards_and_of_an_unknown_split_all(catalog: Catalog) -> None:
    """41.92 GB per token: one card at a time 1008 / 41.92 = 24.04 tokens/s, both at once 48.1."""
    finding = audit_speed_claim(SpeedClaim(TWO_4090, "llama-3-70b", "q4_k_m", 30), catalog)
    layered = audit_speed_claim(SpeedClaim(TWO_4090, "llama-3-70b", "q4_k_m", 30, split="layer"), catalog)
    assert finding.figures["bound_tok_s"] == pytest.approx(48.09, abs=0.01)
    assert layered.figures["bound_tok_s"] == pytest.approx(24.05, abs=0.01)
    assert (finding.verdict, layered.verdict) == ("plausible", "impossible")
    assert any("take turns: 24.04 tokens/s" in step for step in finding.arithmetic)
    assert finding.unless == ""
    assert "speculative" in layered.unless


def test_roofline_of_what_does_not_fit_reads_the_rest_from_slower_memory(catalog: Catalog) -> None:
    """Q8_0: 73.85 GB of blocks and head - 51.54 GB on two cards = 22.31 GB from the PC's memory at 614.4 GB/s at the
    very most: 51.54 / 2016 + 22.31 / 614.4 = 0.0256 + 0.0363 = 0.0619 s, 16.2 tokens/s; on the cards alone it would
    be 27.3.
    """
    finding = audit_speed_claim(SpeedClaim(TWO_4090, "llama-3-70b", "q8_0", 20), catalog)
    on_cards = 48 * 2**30 / 1e9
    step = on_cards / 2016 + (73.850847232 - on_cards) / 614.4
    assert finding.figures["bound_tok_s"] == pytest.approx(1 / step, rel=1e-6)
    assert finding.verdict == "impossible"


def test_roofline_puts_idle_experts_in_the_slow_memory_first(catalog: Catalog) -> None:
    """A mixture of experts on a small card reads only the share k/E of what lies beyond it."""
    model = catalog.model("gpt-oss-120b")
    deployment = Deployment.of("nvidia-rtx-4090", model, "mxfp4-native", runtime="llama.cpp", catalog=catalog)
    limit = roofline(deployment, Workload(context_tokens=0), host_gb_per_s=100)
    assert limit.beyond_bytes > 30e9
    assert limit.slow_bytes == pytest.approx(limit.beyond_bytes * model.active_expert_count / model.expert_count)


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the table of published measurements is not built yet")
def test_roofline_calls_no_accepted_published_reading_impossible(catalog: Catalog) -> None:
    """The independent oracle: about 1,200 readings that others took and the gate accepted, up to 128 streams."""
    claim, judged, wrong = catalog.claims["decode-70b-8bit"], 0, list[str]()
    for row in read_table(PUBLISHED):
        case = case_of(row, catalog)
        if row.decode_tokens_per_s is None or row.speculative or isinstance(case, str) or decode_refusal(case):
            continue
        workload = Workload(context_tokens=round(row.context_tokens), batch_count=row.batch_count)
        finding = judge_decode(
            claim, case.deployment, workload, claimed_tokens_per_s=row.decode_tokens_per_s, catalog=catalog
        )
        judged += 1
        if finding.verdict == "impossible":
            wrong.append(f"{row.id}: {row.decode_tokens_per_s} of {finding.figures['bound_tok_s']:.1f} tokens/s")
    assert judged > 1000
    assert not wrong
