"""Published losses by weight format: the rows, the nearest study, the sentence."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.catalog import Catalog, load_catalog
from calculator.catalog.quality import (
    NEARNESS,
    QualityDifference,
    QualityLoss,
    quality_contradictions,
    quality_loss,
    quality_sentence,
)

CATALOG = load_catalog()


def _row(**changed: object) -> QualityLoss:
    known: dict[str, object] = {
        "format": "q4_k_m",
        "against": "f16",
        "model": "llama-3-8b",
        "model_name": "Llama 3 8B",
        "family": "llama-3",
        "parameters_billion": 8,
        "metric": "perplexity",
        "test": "a text",
        "baseline": 6.0,
        "score": 6.3,
        "source": "llama-cpp-perplexity",
        "as_of": "2024",
    }
    return QualityLoss.model_validate(known | changed)


def _difference(a: str, b: str, model: str, catalog: Catalog = CATALOG) -> QualityDifference | None:
    return quality_loss(catalog.format(a), catalog.format(b), model=catalog.model(model), catalog=catalog)


@pytest.mark.parametrize(
    ("metric", "baseline", "score", "loss"),
    [
        ("perplexity", 6.0, 6.3, 0.05),  # 6.3 / 6 - 1
        ("benchmark", 80.0, 78.0, 0.025),  # 1 - 78 / 80
        ("benchmark", 80.0, 80.8, -0.01),  # a packed model that scored better
        ("kl-divergence", 0.0, 0.05, math.exp(0.05) - 1),
    ],
)
def test_loss_fraction_by_metric(metric: str, baseline: float, score: float, loss: float) -> None:
    assert _row(metric=metric, baseline=baseline, score=score).loss_fraction() == pytest.approx(loss)


def test_quality_loss_of_two_formats_is_that_of_one_study_by_hand() -> None:
    # llama.cpp's own table of Llama 3 8B: Q4_K_M 6.407115, Q8_0 6.234284
    found = _difference("q4_k_m", "q8_0", "llama-3-8b")
    assert found is not None
    assert found.loss_fraction == pytest.approx(6.407115 / 6.234284 - 1)
    assert (found.nearness, found.smaller, found.measured_against) == ("this model", "q4_k_m", "q8_0")
    # MLX and GGUF in one program, Qwen3.6 27B: 0.0573 and 0.0204 nats
    found = _difference("q4_k_m", "mlx-4bit", "qwen3.6-27b")
    assert found is not None
    assert found.smaller == "mlx-4bit"
    assert found.loss_fraction == pytest.approx(math.exp(0.0573 - 0.0204) - 1)


def test_quality_loss_is_the_same_whichever_format_is_named_first() -> None:
    ids = sorted({row.format for row in CATALOG.quality})
    for a, b in itertools.pairwise(ids):
        assert _difference(a, b, "llama-3-70b") == _difference(b, a, "llama-3-70b")


def test_another_8_bit_format_may_stand_in_and_is_named() -> None:
    found = _difference("q4_k_m", "mlx-8bit", "llama-3-70b")
    assert found is not None
    assert (found.larger, found.measured_against) == ("mlx-8bit", "q8_0")
    assert found.loss_fraction == pytest.approx(2.9674 / 2.8316 - 1)


def test_no_narrow_format_stands_in_for_another() -> None:
    assert _difference("mlx-4bit", "awq-int4", "llama-3-70b") is None  # no study has both


@pytest.mark.parametrize("a", ["exl2-4.0bpw", "nf4", "mxfp4-native"])
def test_quality_loss_is_none_where_none_was_published(a: str) -> None:
    assert _difference(a, "bf16", "llama-3-8b") is None


def test_quality_loss_is_none_for_one_format() -> None:
    assert _difference("q4_k_m", "q4_k_m", "llama-3-8b") is None


def test_nearest_study_is_this_model_then_its_family_then_its_size() -> None:
    near = {model: found.nearness for model in CATALOG.models if (found := _difference("q4_k_m", "f16", model))}
    assert near["llama-3-8b"] == near["llama-3-70b"] == near["llama-2-7b"] == "this model"
    assert near["llama-2-13b"] == "the same family"
    assert near["mistral-7b-v0.3"] == "a model of similar size"
    assert near["deepseek-v3-671b"] == "another model"


@given(
    st.sampled_from(sorted(CATALOG.formats)),
    st.sampled_from(sorted(CATALOG.formats)),
    st.sampled_from(sorted(CATALOG.models)),
)
def test_quality_loss_never_subtracts_scores_of_two_studies(a: str, b: str, model: str) -> None:
    found = _difference(a, b, model)
    if found is None:
        return
    assert found.row.format == found.smaller
    assert found.nearness in NEARNESS
    theirs = [row for row in CATALOG.quality if row.study == found.row.study and row.format == found.measured_against]
    assert theirs or found.measured_against == found.row.against
    assert math.isfinite(found.loss_fraction)


def test_sentence_names_effect_source_and_date() -> None:
    found = _difference("q4_k_m", "q8_0", "llama-3-8b")
    assert found is not None
    assert quality_sentence(found, catalog=CATALOG) == (
        "Published: 4-bit Q4_K_M raises the perplexity of Llama 3 8B by 2.8 % over 8-bit Q8_0 "
        "(llama.cpp, README of its perplexity tool, 2024)."
    )
    found = _difference("fp8", "bf16", "qwen3-32b")
    assert found is not None
    assert quality_sentence(found, catalog=CATALOG).startswith("Published for the nearest model measured: 8-bit FP8 ")


def test_sentences_of_every_metric_are_whole() -> None:
    for row in CATALOG.quality:
        found = _difference(row.format, "f16", row.model or "llama-3-8b")
        assert found is not None
        said = quality_sentence(found, catalog=CATALOG)
        assert said.endswith(").")
        assert "  " not in said
        assert found.row.as_of in said


def test_rows_of_a_study_have_one_baseline_and_each_format_once() -> None:
    seen: dict[tuple[object, ...], float] = {}
    for row in CATALOG.quality:
        assert (*row.study, row.format) not in seen
        seen[(*row.study, row.format)] = row.baseline
        assert {other.baseline for other in CATALOG.quality if other.study == row.study} == {row.baseline}


def test_fewer_bits_lose_more_within_one_maker_of_formats() -> None:
    for model, study in (("llama-3-8b", "llama-cpp-perplexity"), ("qwen3.5-35b-a3b", "mlx-kld-deepsweet")):
        rows = {row.format: row.loss_fraction() for row in CATALOG.quality if (row.model, row.source) == (model, study)}
        for order in (
            ("q8_0", "q6_k", "q5_k_m", "q4_k_m", "q3_k_m", "q2_k"),
            ("mlx-8bit", "mlx-6bit", "mlx-5bit", "mlx-4bit"),
        ):
            kept = [rows[key] for key in order if key in rows]
            assert kept == sorted(kept)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"format": "q4_k_n"}, "formats/q4_k_n.toml"),
        ({"against": "f17"}, "formats/f17.toml"),
        ({"model": "llama-9"}, "models/llama-9.toml"),
        ({"baseline": 0}, "only a KL divergence"),
        ({"metric": "kl-divergence"}, "only a KL divergence"),
    ],
)
def test_contradiction_of_a_row_names_key_and_repair(changed: dict[str, object], words: str) -> None:
    (problem,) = quality_contradictions(_row(**changed), catalog=CATALOG)
    assert words in problem
