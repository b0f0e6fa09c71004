"""Speed claims: hand-worked bounds, verdicts and what is refused."""

import itertools
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calculator.catalog import Catalog, load_catalog
from calculator.claims import Finding, SpeedClaim, audit, audit_speed_claim
from calculator.errors import ScenarioError, UnknownIdError

M2_ULTRA = "mac-studio-m2-ultra-192-used"


TWO_4090 = "dual-rtx-4090-threadripper"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="module")
def findings(catalog: Catalog) -> dict[str, Finding]:
    return {finding.id: finding for finding in audit(catalog)}


CASES = [
    ("mac-studio-m2-ultra-192-used", "llama-3-70b", "mlx-8bit", 1, 0),
    ("mac-studio-m5-max-128", "qwen3-30b-a3b", "mlx-4bit", 1, 8192),
    ("dual-rtx-4090-threadripper", "llama-3-70b", "q4_k_m", 1, 4096),
    ("dual-rtx-4090-threadripper", "llama-3-70b", "q8_0", 1, 0),
    ("nvidia-rtx-4090", "llama-3-8b", "q4_k_m", 8, 2048),
    ("cloud-h100", "gpt-oss-120b", "mxfp4-native", 16, 1024),
]


def _audit(catalog: Catalog, case: tuple[str, str, str, int, int], decode_tok_s: float) -> Finding:
    machine, model, format_id, batch, context = case
    claimed = SpeedClaim(machine, model, format_id, decode_tok_s, context_tokens=context, batch_count=batch)
    return audit_speed_claim(claimed, catalog)


def test_decode_bound_of_70b_8bit_is_bandwidth_over_bytes_read(findings: dict[str, Finding]) -> None:
    """Llama-3-70B: 80 layers of 855,638,016 in matrices (q, o 2 x 8192^2; k, v 2 x 1024 x 8192; ffn 3 x 28672 x
    8192), head 128256 x 8192. MLX 8 bit: 8.5 bits each; norms (2 x 80 + 1) x 8192 x 2 bytes. The embedding (as
    large as the head) is not read. (80 x 855,638,016 + 1,050,673,152) x 8.5 / 8 + 161 x 16,384 = 73,848,209,408
    bytes; 800e9 / that = 10.833.
    """
    matrices = 2 * 8192**2 + 2 * 1024 * 8192 + 3 * 28672 * 8192
    assert matrices == 855_638_016
    read = (80 * matrices + 128256 * 8192) * 8.5 / 8 + 161 * 8192 * 2
    figures = findings["decode-70b-8bit"].figures
    assert figures["read_bytes"] == pytest.approx(read, rel=1e-12)
    assert figures["bound_tok_s"] == pytest.approx(800e9 / read)
    assert figures["bound_tok_s"] == pytest.approx(10.83, abs=0.01)
    # 22 x 73.85 GB = 1,625 GB/s: twice the 800 that the article names
    assert figures["implied_gb_per_s"] == pytest.approx(22 * read / 1e9)
    assert 1600 < figures["implied_gb_per_s"] < 1650
    # with the embedding, as a rule of thumb counts: 800 / 74.96 = 10.67
    assert any("800 / 74.96 = 10.67 tokens/s" in step for step in findings["decode-70b-8bit"].arithmetic)
    assert figures["expected_high_tok_s"] < figures["bound_tok_s"]


@settings(max_examples=60, deadline=None)
@given(case=st.sampled_from(CASES), factor=st.floats(0.001, 1000))
def test_speed_claim_is_impossible_above_the_roofline_and_only_there(
    case: tuple[str, str, str, int, int], factor: float
) -> None:
    catalog = load_catalog()
    bound = _audit(catalog, case, 1.0).figures["bound_tok_s"]
    finding = _audit(catalog, case, bound * factor)
    assert (finding.verdict == "impossible") == (bound * factor > bound)


@settings(max_examples=30, deadline=None)
@given(case=st.sampled_from(CASES), percents=st.lists(st.integers(101, 10_000), min_size=2, max_size=6))
def test_speed_claim_grows_worse_with_speed(case: tuple[str, str, str, int, int], percents: Sequence[int]) -> None:
    catalog = load_catalog()
    base = _audit(catalog, case, 1.0).figures
    central = base.get("expected_tok_s", base["bound_tok_s"] / 100)
    findings = [_audit(catalog, case, central * percent / 100) for percent in sorted({100, *percents})]
    badness = [("holds", "plausible", "impossible").index(finding.verdict) for finding in findings]
    assert badness == sorted(badness)
    implied = [finding.figures["implied_gb_per_s"] for finding in findings]
    assert all(first < second for first, second in itertools.pairwise(implied))


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(case[:3]))
def test_speed_claim_at_the_calibrated_centre_holds(catalog: Catalog, case: tuple[str, str, str, int, int]) -> None:
    expected = _audit(catalog, case, 1.0).figures.get("expected_tok_s")
    if case[2] == "q8_0":
        assert expected is None  # 75 GB do not fit on two cards
        return
    assert expected is not None
    assert _audit(catalog, case, expected).verdict == "holds"


@pytest.mark.parametrize(
    ("machine", "format_id", "tok_s", "impossible"),
    [
        # read by others: mlx-examples PR 1069 (wired), 2x 4090 at tg8192, geerlingguy/ai-benchmarks
        (M2_ULTRA, "bf16", 4.7, False),
        (TWO_4090, "q4_k_m", 17.9, False),
        ("mac-studio-m3-ultra-256", "q4_k_m", 14.08, False),
        # what no memory can give: 22 tokens/s exceed even a 4-bit file on 800 GB/s (22 x 41.9 = 922 GB/s)
        (M2_ULTRA, "q4_k_m", 22.0, True),
        (M2_ULTRA, "mlx-8bit", 22.0, True),
    ],
)
def test_speed_claim_separates_readings_from_what_cannot_be(
    catalog: Catalog, machine: str, format_id: str, tok_s: float, impossible: bool
) -> None:
    finding = audit_speed_claim(SpeedClaim(machine, "llama-3-70b", format_id, tok_s), catalog)
    assert (finding.verdict == "impossible") == impossible, finding.sentence
    assert finding.sources


def test_speed_claim_counts_the_cache_against_the_bound(catalog: Catalog) -> None:
    """32,768 tokens at MLX's narrowest cache, 2 bits + 0.5 of scales: 10.737 GB x 2.5 / 16 = 1.678 GB more to read."""
    case = (M2_ULTRA, "llama-3-70b", "mlx-8bit")
    empty = _audit(catalog, (*case, 1, 0), 5.0).figures
    full = _audit(catalog, (*case, 1, 32_768), 5.0).figures
    assert full["read_bytes"] - empty["read_bytes"] == pytest.approx(10.73741824e9 * 2.5 / 16)
    assert full["bound_tok_s"] < empty["bound_tok_s"]


def test_speed_claim_about_a_phantom_is_no_such_thing(catalog: Catalog) -> None:
    for name in ("M4 Ultra", "mac-studio-m4-ultra-192"):
        finding = audit_speed_claim(SpeedClaim(name, "llama-3-70b", "mlx-8bit", 22), catalog)
        assert finding.verdict == "no such thing"
        assert finding.sources
        assert finding.claimed == 22


@pytest.mark.parametrize("tok_s", [0.0, -1.0, float("nan"), float("inf"), 1e300])
def test_speed_claim_refuses_what_is_no_speed(catalog: Catalog, tok_s: float) -> None:
    with pytest.raises(ScenarioError, match=r"tok/s is .*; it must be more than 0 and at most"):
        audit_speed_claim(SpeedClaim(M2_ULTRA, "llama-3-70b", "mlx-8bit", tok_s), catalog)


@pytest.mark.parametrize(
    "wrong", [{"context_tokens": -1}, {"context_tokens": 10**8}, {"batch_count": 0}, {"chip_count": 0}]
)
def test_speed_claim_refuses_counts_out_of_range(catalog: Catalog, wrong: dict[str, Any]) -> None:
    with pytest.raises(ScenarioError, match="it must lie in"):
        audit_speed_claim(SpeedClaim(M2_ULTRA, "llama-3-70b", "mlx-8bit", 5.0, **wrong), catalog)


def test_speed_claim_names_the_nearest_id(catalog: Catalog) -> None:
    with pytest.raises(UnknownIdError, match="llama-3-70b"):
        audit_speed_claim(SpeedClaim(M2_ULTRA, "llama-3-7ob", "mlx-8bit", 5.0), catalog)
