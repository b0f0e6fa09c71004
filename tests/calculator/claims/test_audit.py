"""Audit of the article: every claim judged, with the verdicts that the evidence supports."""

import json
import shutil
from pathlib import Path

import pytest

from calculator.catalog import Catalog, load_catalog
from calculator.catalog.claims import ClaimCheck
from calculator.catalog.loader import FOLDER
from calculator.claims import Finding, audit, finding_dict, finding_text
from calculator.claims.audit import CHECKS
from calculator.errors import CatalogError


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="module")
def findings(catalog: Catalog) -> dict[str, Finding]:
    return {finding.id: finding for finding in audit(catalog)}


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
        "m4-ultra": "no such thing",
        "mac-memory": "no such thing",
        "mac-bandwidth": "no such thing",
        "h100-bandwidth": "holds",
        "card-power": "holds",
        "card-memory": "holds",
        "decode-70b-8bit": "impossible",
        "memory-at-32k": "contradicted",
        "headroom": "contradicted",
        "load-time": "impossible",
        "mac-power": "contradicted",
        "pc-idle-power": "contradicted",
        "pc-load-power": "plausible",
        "rag-mac": "contradicted",
        "rag-pc": "holds",
        "single-4090-70b": "contradicted",
        "dual-4090-4bit": "holds",
        "dual-4090-8bit": "holds",
        "vector-db-crash": "plausible",
        "swapping-120gb": "plausible",
        "pcie-villain": "contradicted",
        "uncompressed": "holds",
        "throttling": "plausible",
        "own-ac": "plausible",
        "driver-hours": "plausible",
        "wage": "plausible",
        "driver-cost": "holds",
        "mac-resale": "contradicted",
        "gpu-resale": "contradicted",
        "mac-upgrade-405b": "impossible",
    }


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
