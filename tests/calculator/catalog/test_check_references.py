"""References and evidence of the shipped catalogue: every figure has a source or a reason."""

from dataclasses import replace
from typing import Any

import pytest

from calculator.catalog import Catalog
from calculator.catalog.check_references import contradictions, evidence_of


def test_every_figure_of_an_option_carries_source_or_reason_and_is_above_zero(catalog: Catalog) -> None:
    for table in (catalog.machines, catalog.clouds, catalog.apis):
        for key, option in table.items():
            for path, figure in evidence_of(option).items():
                assert figure.central > 0, f"{key}: {path}: unknown is absent, never zero"
                assert figure.source or figure.note, f"{key}: {path}"
                assert figure.basis != "claim", f"{key}: {path}: a claim of the article is no evidence"


def test_figures_that_nobody_published_are_assumptions_with_a_range(catalog: Catalog) -> None:
    unmeasured = {
        "dual-rtx-4090-threadripper": ("power.idle_w", "power.decode_w", "power.prefill_w", "prices[1].price_usd"),
        "dual-rtx-4090-am5": ("power.idle_w", "power.decode_w", "power.prefill_w", "prices[1].price_usd"),
        "mac-studio-m5-ultra-256": ("power.idle_w", "power.decode_w", "power.prefill_w"),
        "mac-studio-m2-ultra-192-used": ("power.decode_w", "prices[1].price_usd"),
    }
    for key, paths in unmeasured.items():
        figures = evidence_of(catalog.machines[key])
        for path in paths:
            figure = figures[path]
            assert figure.basis == "assumption", f"{key}: {path}"
            assert figure.low < figure.central < figure.high, f"{key}: {path}: an assumption without a range"


def test_article_is_a_source_of_claims_only(catalog: Catalog) -> None:
    for table in (catalog.chips, catalog.machines, catalog.clouds, catalog.apis, catalog.resale, catalog.electricity):
        for key, entry in table.items():
            assert not any("article" in figure.source.split("+") for figure in evidence_of(entry).values()), key
    assert {"decode-70b-8bit", "memory-at-32k", "load-time", "headroom", "mac-power", "pc-idle-power"} <= set(
        catalog.claims
    )
    assert all(claim.claimed is None or claim.claimed.basis == "claim" for claim in catalog.claims.values())


def test_shipped_catalogue_fits_together(catalog: Catalog) -> None:
    assert not list(contradictions(catalog))


@pytest.mark.parametrize(
    ("table", "key", "values", "says"),
    [
        (
            "machines",
            "dgx-spark",
            {"runtime": "nope"},
            "machines/dgx-spark.toml: runtime is 'nope'; no runtimes/nope.toml.",
        ),
        ("clouds", "cloud-h100", {"chip": "nope"}, "cloud/cloud-h100.toml: chip is 'nope'; no chips/nope.toml."),
        ("runtimes", "mlx-lm", {"formats": {"4-bit": "nope"}}, "runtimes/mlx-lm.toml: formats.4-bit is 'nope'"),
        ("claims", "decode-70b-8bit", {"model": "nope"}, "claims.toml: decode-70b-8bit: model is 'nope'"),
        ("claims", "decode-70b-8bit", {"formats": ("nope",)}, "claims.toml: decode-70b-8bit: format is 'nope'"),
    ],
)
def test_id_that_no_entry_has_is_named_with_its_file(
    catalog: Catalog, table: str, key: str, values: dict[str, Any], says: str
) -> None:
    entries = getattr(catalog, table)
    broken = replace(catalog, **{table: {**entries, key: entries[key].model_copy(update=values)}})
    said = list(contradictions(broken))
    assert said
    assert said[0].startswith(says)


def test_evidence_names_the_path_of_every_figure(catalog: Catalog) -> None:
    paths = evidence_of(catalog.machines["dgx-spark"])
    assert {"setup_h", "power.idle_w", "prices[0].price_usd"} <= set(paths)
