"""Claims against physics and arithmetic: hand-worked bounds, verdicts of the article, invariants."""

import argparse
import itertools
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calculator.calibration.cases import case_of
from calculator.calibration.gate import decode_refusal
from calculator.calibration.rows import read_table
from calculator.catalog import Catalog, load_catalog
from calculator.catalog.deployment import Deployment, Workload
from calculator.catalog.loader import FOLDER
from calculator.catalog.options import ClaimCheck
from calculator.claims import Finding, SpeedClaim, audit, audit_speed_claim, finding_dict, finding_text
from calculator.claims.audit import CHECKS
from calculator.claims.roofline import roofline
from calculator.claims.speed import judge_decode
from calculator.cli.audit import register
from calculator.errors import CalculatorError, CatalogError, ScenarioError, UnknownIdError

M2_ULTRA = "mac-studio-m2-ultra-192-used"
TWO_4090 = "dual-rtx-4090-threadripper"
PUBLISHED = Path(__file__).parents[2] / "measurements" / "published.csv"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="module")
def findings(catalog: Catalog) -> dict[str, Finding]:
    return {finding.id: finding for finding in audit(catalog)}


# --- every claim has an answer ---------------------------------------------------------------------------------------


def test_audit_judges_every_claim_with_a_source_and_its_arithmetic(
    catalog: Catalog, findings: dict[str, Finding]
) -> None:
    assert list(findings) == list(catalog.claims)
    assert len(findings) >= 29
    for key, finding in findings.items():
        assert finding.verdict in ("holds", "plausible", "contradicted", "impossible", "no such thing"), key
        assert finding.sentence.endswith("."), key
        assert finding.arithmetic, key
        assert finding.sources, key
        for source in finding.sources:
            assert source.title, key
            assert source.url, key
        assert "nan" not in finding_text(finding).lower().split(), key


def test_audit_knows_a_check_for_every_word_of_claims_toml() -> None:
    assert set(CHECKS) == set(ClaimCheck.__args__)


def test_audit_gives_the_verdicts_that_the_evidence_supports(findings: dict[str, Finding]) -> None:
    verdicts = {key: finding.verdict for key, finding in findings.items()}
    assert verdicts == {
        "m4-ultra": "no such thing", "mac-memory": "no such thing", "mac-bandwidth": "no such thing",
        "h100-bandwidth": "holds", "card-power": "holds", "card-memory": "holds",
        "decode-70b-8bit": "impossible", "memory-at-32k": "contradicted", "headroom": "contradicted", "load-time": "impossible",
        "mac-power": "contradicted", "pc-idle-power": "contradicted", "pc-load-power": "plausible",
        "rag-mac": "contradicted", "rag-pc": "holds",
        "single-4090-70b": "contradicted", "dual-4090-4bit": "holds", "dual-4090-8bit": "holds",
        "vector-db-crash": "plausible", "swapping-120gb": "plausible", "pcie-villain": "contradicted", "uncompressed": "holds",
        "throttling": "plausible", "own-ac": "plausible", "driver-hours": "plausible", "wage": "plausible", "driver-cost": "holds",
        "mac-resale": "contradicted", "gpu-resale": "contradicted", "mac-upgrade-405b": "impossible",
    }  # fmt: skip


def test_audit_as_json_is_complete_and_finite(catalog: Catalog) -> None:
    rows = json.loads(json.dumps([finding_dict(finding) for finding in audit(catalog)], allow_nan=False))
    for row in rows:
        assert {"id", "verdict", "sentence", "bound", "arithmetic", "sources", "claimed", "unit"} <= row.keys()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            'formats = ["mlx-8bit"]',
            'formats = ["mlx-9bit"]',
            ["decode-70b-8bit: format", "'mlx-9bit'", "correct the id"],
        ),
        ('formats = ["mlx-8bit"]\n', "", ["needs formats; add it"]),
        ('check = "heat"', 'check = "warmth"', ["check is 'warmth'; allowed"]),
        ('field = "wage_usd_per_h"', 'field = "wages"', ["wage: field is 'wages'", "defaults.toml", "Correct"]),
        ('beside = ["memory-at-32k"]', 'beside = ["memory-at-33k"]', ["headroom: beside", "'memory-at-33k'"]),
    ],
)
def test_claims_that_cannot_be_judged_are_refused_when_the_catalogue_is_read(
    tmp_path: Path, old: str, new: str, words: list[str]
) -> None:
    folder = tmp_path / "catalog"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    text = (folder / "claims.toml").read_text("utf-8")
    assert old in text
    (folder / "claims.toml").write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(CatalogError) as refusal:
        load_catalog.__wrapped__(folder)
    said = str(refusal.value)
    assert said.startswith("claims.toml")
    assert all(word in said for word in words), said


# --- the bounds, by hand ---------------------------------------------------------------------------------------------


def test_decode_bound_of_70b_8bit_is_bandwidth_over_bytes_read(findings: dict[str, Finding]) -> None:
    """Llama-3-70B: 80 layers of 855,638,016 in matrices (q, o 2 x 8192^2; k, v 2 x 1024 x 8192; ffn 3 x 28672 x 8192), head
    128256 x 8192. MLX 8 bit: 8.5 bits each; norms (2 x 80 + 1) x 8192 x 2 bytes. The embedding (as large as the head) is not read.
    (80 x 855,638,016 + 1,050,673,152) x 8.5 / 8 + 161 x 16,384 = 73,848,209,408 bytes; 800e9 / that = 10.833."""
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
    assert any("800 / 74.96 = 10.67 token/s" in step for step in findings["decode-70b-8bit"].arithmetic)
    assert figures["expected_high_tok_s"] < figures["bound_tok_s"]


def test_peak_memory_at_32k_is_weights_and_cache_and_not_140_gb(findings: dict[str, Finding]) -> None:
    """75.0 GB weights + 80 layers x 8 heads x 128 x 2 x 2 bytes x 32,768 = 10.74 GB of cache = 85.7, and 1 to 2 GB of work space."""
    cache = 80 * 8 * 128 * 2 * 2 * 32_768 / 1e9
    figures = findings["memory-at-32k"].figures
    assert figures["held_gb"] == pytest.approx(74.9645 + cache, abs=0.001)
    assert 86 < figures["peak_gb"] < 88.5


def test_headroom_is_what_macos_lets_the_gpu_have_less_what_is_used(findings: dict[str, Finding]) -> None:
    """192 GiB x 3/4 = 144 GiB = 154.62 GB; - 140 = 14.6 GB. The larger limit, 161 GiB = 172.87 GB, leaves 32.9 GB."""
    figures = findings["headroom"].figures
    assert figures["left_low_gb"] == pytest.approx(144 * 2**30 / 1e9 - 140)
    assert figures["left_high_gb"] == pytest.approx(161 * 2**30 / 1e9 - 140)
    assert figures["left_high_gb"] < 50 < figures["left_after_exact_low_gb"]


def test_load_time_cold_is_bytes_over_the_disks_speed_and_warm_is_possible(findings: dict[str, Finding]) -> None:
    """74.96 GB / 7.4 GB/s = 10.1 s; 74.96 / 4 = 18.7 GB/s; from the page cache 74.96 / 800 = 0.09 s."""
    finding = findings["load-time"]
    assert finding.figures["cold_s"] == pytest.approx(74.9645 / 7.4, rel=1e-4)
    assert finding.figures["implied_gb_per_s"] == pytest.approx(18.74, abs=0.01)
    assert finding.figures["warm_s"] < 4 < finding.figures["cold_s"]
    assert "page cache" in finding.sentence
    assert "page cache" in finding.unless


def test_answer_time_reads_a_hundred_tokens_in_0_8_s_not_a_document(findings: dict[str, Finding]) -> None:
    """2 x 68.45e9 matrix parameters = 136.9 GFLOP per token; 27.2 TFLOPS x 0.8 s / that = 159 tokens at the very most."""
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


def test_offload_of_120_gb_leaves_68_gb_beyond_two_cards(findings: dict[str, Finding]) -> None:
    """120 - 48 x 2^30 / 1e9 = 68.46 GB; over PCIe 4.0 x16: 31.5 / 68.46 = 0.46 token/s."""
    figures = findings["swapping-120gb"].figures
    assert figures["beyond_gb"] == pytest.approx(120 - 48 * 2**30 / 1e9)
    assert figures["streamed_tok_s"] == pytest.approx(0.460, abs=0.001)


def test_administration_is_20_hours_times_200_and_ours_is_less(findings: dict[str, Finding]) -> None:
    figures = findings["driver-cost"].figures
    assert figures["product_usd"] == 4000
    assert figures["ours_usd"] < figures["product_usd"]
    assert "billing rate" in findings["wage"].note


def test_scrap_is_contradicted_by_the_least_observed_share(findings: dict[str, Finding]) -> None:
    finding = findings["gpu-resale"]
    assert finding.figures["least_kept_fraction"] == 0.47
    assert any("RTX 3090, 5.4 years" in step for step in finding.arithmetic)


def test_power_at_idle_exceeds_the_articles_own_load(findings: dict[str, Finding]) -> None:
    assert "900 W under load, less than this" in findings["pc-idle-power"].sentence
    assert any("= 300 W" in step for step in findings["pc-idle-power"].arithmetic)


def test_power_on_the_mac_is_judged_by_the_metered_sibling(findings: dict[str, Finding]) -> None:
    assert (findings["mac-power"].figures["low_w"], findings["mac-power"].figures["high_w"]) == (223, 262)
    assert "jg-aibench" in {source.id for source in findings["mac-power"].sources}


def test_phantom_names_the_chips_that_really_have_the_figure(findings: dict[str, Finding]) -> None:
    assert "M2 Ultra" in findings["mac-memory"].arithmetic[0]
    assert "M3 Ultra" not in findings["mac-bandwidth"].arithmetic[0]  # 819 GB/s


# --- a claim of one's own --------------------------------------------------------------------------------------------

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
        # what no memory can give: 22 token/s exceed even a 4-bit file on 800 GB/s (22 x 41.9 = 922 GB/s)
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


def test_roofline_of_a_layer_split_is_one_cards_and_of_an_unknown_split_all(catalog: Catalog) -> None:
    """41.92 GB per token: one card at a time 1008 / 41.92 = 24.04 token/s, both at once 48.1."""
    finding = audit_speed_claim(SpeedClaim(TWO_4090, "llama-3-70b", "q4_k_m", 30), catalog)
    layered = audit_speed_claim(SpeedClaim(TWO_4090, "llama-3-70b", "q4_k_m", 30, split="layer"), catalog)
    assert finding.figures["bound_tok_s"] == pytest.approx(48.09, abs=0.01)
    assert layered.figures["bound_tok_s"] == pytest.approx(24.05, abs=0.01)
    assert (finding.verdict, layered.verdict) == ("plausible", "impossible")
    assert any("take turns: 24.04 token/s" in step for step in finding.arithmetic)
    assert finding.unless == ""
    assert "speculative" in layered.unless


def test_roofline_of_what_does_not_fit_reads_the_rest_from_slower_memory(catalog: Catalog) -> None:
    """Q8_0: 73.85 GB of blocks and head - 51.54 GB on two cards = 22.31 GB from the PC's memory at 614.4 GB/s at the very most:
    51.54 / 2016 + 22.31 / 614.4 = 0.0256 + 0.0363 = 0.0619 s, 16.2 token/s; on the cards alone it would be 27.3."""
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


def test_speed_claim_about_a_phantom_is_no_such_thing(catalog: Catalog) -> None:
    for name in ("M4 Ultra", "mac-studio-m4-ultra-192"):
        finding = audit_speed_claim(SpeedClaim(name, "llama-3-70b", "mlx-8bit", 22), catalog)
        assert finding.verdict == "no such thing"
        assert finding.sources
        assert finding.claimed == 22


@pytest.mark.parametrize("tok_s", [0.0, -1.0, float("nan"), float("inf"), 1e300])
def test_speed_claim_refuses_what_is_no_speed(catalog: Catalog, tok_s: float) -> None:
    with pytest.raises(ScenarioError, match="tok-s is"):
        audit_speed_claim(SpeedClaim(M2_ULTRA, "llama-3-70b", "mlx-8bit", tok_s), catalog)


@pytest.mark.parametrize(
    "wrong", [{"context_tokens": -1}, {"context_tokens": 10**8}, {"batch_count": 0}, {"chip_count": 0}]
)
def test_speed_claim_refuses_counts_out_of_range(catalog: Catalog, wrong: dict[str, int]) -> None:
    with pytest.raises(ScenarioError, match="it must lie in"):
        audit_speed_claim(SpeedClaim(M2_ULTRA, "llama-3-70b", "mlx-8bit", 5.0, **wrong), catalog)


def test_speed_claim_names_the_nearest_id(catalog: Catalog) -> None:
    with pytest.raises(UnknownIdError, match="llama-3-70b"):
        audit_speed_claim(SpeedClaim(M2_ULTRA, "llama-3-7ob", "mlx-8bit", 5.0), catalog)


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
            wrong.append(f"{row.id}: {row.decode_tokens_per_s} of {finding.figures['bound_tok_s']:.1f} token/s")
    assert judged > 1000
    assert not wrong


# --- the command line ------------------------------------------------------------------------------------------------


def _run(*argv: str) -> int:
    parser = argparse.ArgumentParser()
    register(parser.add_subparsers(required=True))
    arguments = parser.parse_args(["audit", *argv])
    return arguments.command(arguments)


def test_audit_command_prints_every_claim(capsys: pytest.CaptureFixture[str], catalog: Catalog) -> None:
    assert _run() == 0
    printed = capsys.readouterr().out
    assert all(key in printed for key in catalog.claims)
    assert _run("--json") == 0
    assert [row["id"] for row in json.loads(capsys.readouterr().out)] == list(catalog.claims)


def test_audit_command_judges_a_claim_of_ones_own(capsys: pytest.CaptureFixture[str]) -> None:
    own = ("--machine", M2_ULTRA, "--model", "llama-3-70b", "--format", "mlx-8bit", "--tok-s", "22")
    assert _run(*own, "--json") == 0
    row = json.loads(capsys.readouterr().out)
    assert row["verdict"] == "impossible"
    assert row["claimed"] == 22
    assert row["bound"]["high"] == pytest.approx(10.83, abs=0.01)
    assert row["figures"]["implied_gb_per_s"] == pytest.approx(1625, abs=1)
    assert _run(*own, "--context-tokens", "8192") == 0
    assert capsys.readouterr().out.startswith("IMPOSSIBLE")


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("--machine", M2_ULTRA), "--model, --format, --tok-s missing"),
        (("--machine", "", "--model", "", "--format", "", "--tok-s", "1"), "format '' is not in the catalogue"),
        (("--batch", "4"), "--machine, --model, --format, --tok-s missing"),
        (("--machine", "mac-9", "--model", "llama-3-70b", "--format", "mlx-8bit", "--tok-s", "1"), "mac-9"),
        (("--machine", M2_ULTRA, "--model", "llama-3-70b", "--format", "mlx-8bit", "--tok-s", "nan"), "tok-s is nan"),
        (
            ("--machine", M2_ULTRA, "--model", "llama-3-70b", "--format", "mlx-8bit", "--tok-s", "5", "--batch", "0"),
            "batch is 0",
        ),
    ],
)
def test_audit_command_refuses_in_one_sentence(argv: tuple[str, ...], said: str) -> None:
    with pytest.raises(CalculatorError) as refusal:
        _run(*argv)
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)
