"""Figure claims: watts, hours, prices kept and phantoms against the catalogue."""

import re

import pytest

from calculator.catalog import Catalog, load_catalog
from calculator.claims import Finding, audit


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="module")
def findings(catalog: Catalog) -> dict[str, Finding]:
    return {finding.id: finding for finding in audit(catalog)}


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


def test_each_claim_about_a_machine_that_never_was_names_its_own_mistake(findings: dict[str, Finding]) -> None:
    said = [findings[key].sentence for key in ("m4-ultra", "mac-memory", "mac-bandwidth")]
    assert said[0].startswith("Apple never shipped an M4 Ultra")
    assert said[1] == (
        "192 GB is the unified memory of the Apple M2 Ultra of 2023. There is no M4 Ultra that could have it."
    )
    assert said[2] == (
        "800 GB/s is the memory bandwidth of the Apple M1 Ultra of 2022 and Apple M2 Ultra of 2023. There is no M4 Ultra "
        "that could have it."
    )


def test_no_range_has_two_ends_alike_and_no_count_of_one_is_plural() -> None:
    for finding in audit(load_catalog()):
        text = " ".join((finding.sentence, *finding.arithmetic))
        assert not re.search(r"(?<![\d.])([\d.,]+) to \1(?![\d.])", text), text
        assert not re.search(r"(?<![\d.])1 (years|days|months)\b", text), text
