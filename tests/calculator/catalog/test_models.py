"""Language models, formats and runtimes by their shapes: counts by hand, and what each kind needs."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from calculator.catalog import Catalog, load_catalog
from calculator.catalog.models import CacheGroup, LanguageModel, TensorGroup, WeightFormat
from calculator.errors import sentences

TINY: dict[str, Any] = {
    "id": "tiny",
    "name": "Tiny",
    "family": "tiny",
    "released": "2026",
    "basis": "published",
    "source": "by hand",
    "source_url": "https://example.com",
    "as_of": "2026-11-26",
    "architecture": "tiny",
    "layer_count": 2,
    "hidden_dim": 4,
    "attention_head_count": 2,
    "kv_head_count": 1,
    "head_dim": 2,
    "vocabulary_count": 10,
    "context_limit_tokens": 128,
    "tensors": [{"role": "embedding", "shape": [10, 4], "count": 1}, {"role": "norm", "shape": [4], "count": 5}],
    "caches": [{"kind": "full", "layer_count": 2, "kv_head_count": 1, "key_dim": 2, "value_dim": 2}],
}
MIXTURE = {
    **TINY,
    "expert_count": 8,
    "active_expert_count": 2,
    "tensors": [*TINY["tensors"], {"role": "expert_up", "shape": [8, 4, 6], "count": 2}],
}


def refusal(kind: type[Any], values: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as caught:
        kind.model_validate(values)
    return " ".join(sentences(caught.value, kind))


def test_parameter_count_is_shape_times_count() -> None:
    # 10 x 4 + 5 x 4 = 60
    assert LanguageModel.model_validate(TINY).parameter_count() == 60


def test_active_parameters_leave_out_the_experts_not_chosen() -> None:
    # 60 + 2 x 8 x 4 x 6 = 444 in all; 60 + 384 x 2/8 = 156 take part in a token
    model = LanguageModel.model_validate(MIXTURE)
    assert (model.parameter_count(), model.active_parameter_count()) == (444, 156)


def test_model_without_a_head_of_its_own_is_tied() -> None:
    assert LanguageModel.model_validate(TINY).is_tied()
    head = {"role": "output", "shape": [10, 4], "count": 1}
    assert not LanguageModel.model_validate({**TINY, "tensors": [*TINY["tensors"], head]}).is_tied()


@pytest.mark.parametrize(
    ("model", "billion", "active"),
    [("llama-3-8b", 8.03, 8.03), ("llama-3-70b", 70.55, 70.55), ("qwen3-30b-a3b", 30.53, 3.35)],
)
def test_parameters_of_shipped_models_are_those_their_makers_name(
    catalog: Catalog, model: str, billion: float, active: float
) -> None:
    found = catalog.model(model)
    assert found.parameter_count() / 1e9 == pytest.approx(billion, rel=0.002)
    assert found.active_parameter_count() / 1e9 == pytest.approx(active, rel=0.01)


def test_experts_without_tensors_are_refused() -> None:
    assert "expert_count and the tensors disagree" in refusal(LanguageModel, {**TINY, "expert_count": 8})
    assert "must not exceed expert_count" in refusal(LanguageModel, {**MIXTURE, "active_expert_count": 9})


@pytest.mark.parametrize(("layers", "numbers"), [("", ()), ("3", (3,)), ("0-2,5,8", (0, 1, 2, 5, 8)), ("4-4", (4,))])
def test_layer_numbers_are_written_out(layers: str, numbers: tuple[int, ...]) -> None:
    assert TensorGroup(role="norm", shape=(4,), count=1, layers=layers).layer_numbers() == numbers


@given(shape=st.lists(st.integers(1, 50), min_size=1, max_size=3), count=st.integers(1, 9))
def test_parameter_count_of_a_group_grows_with_each_of_its_tensors(shape: list[int], count: int) -> None:
    group = TensorGroup(role="ffn_up", shape=tuple(shape), count=count)
    assert group.parameter_count() == count * math.prod(shape)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"kind": "recurrent", "layer_count": 1}, "needs state_bytes; add it"),
        ({"kind": "full", "layer_count": 1}, "needs kv_head_count and key_dim; add them"),
        ({"kind": "sliding", "layer_count": 1, "kv_head_count": 1, "key_dim": 2}, "needs window_tokens; add it"),
        ({"kind": "chunked", "layer_count": 1, "kv_head_count": 1, "key_dim": 2}, "needs window_tokens; add it"),
    ],
)
def test_cache_without_what_its_kind_needs_is_refused(values: dict[str, Any], says: str) -> None:
    assert says in refusal(CacheGroup, values)


@pytest.mark.parametrize(("format_id", "key"), [("mlx-4bit", "mode"), ("q4_k_m", "recipe")])
def test_format_without_what_its_scheme_needs_is_refused(catalog: Catalog, format_id: str, key: str) -> None:
    values = {**catalog.format(format_id).model_dump(), key: ""}
    assert key in refusal(WeightFormat, values)


def test_every_runtime_maps_weight_classes_to_formats_of_that_class(catalog: Catalog) -> None:
    for runtime in catalog.runtimes.values():
        for weight_class, format_id in runtime.formats.items():
            assert catalog.format(format_id).weight_class == weight_class, f"{runtime.id}: {weight_class}"


CATALOG = load_catalog()


def test_a_model_with_experts_needs_their_count() -> None:
    wrong = CATALOG.model("llama-3-8b").model_dump()
    wrong["tensors"] = [TensorGroup(role="expert_up", shape=(8, 16, 16), count=1).model_dump()]
    with pytest.raises(ValueError, match="expert_count and the tensors disagree"):
        LanguageModel.model_validate(wrong)


def test_every_runtime_names_formats_that_exist_and_load_anywhere() -> None:
    for runtime in CATALOG.runtimes.values():
        for ours, own in runtime.own_formats.items():
            assert {ours, own} <= set(CATALOG.formats), runtime.id
        assert {"4-bit", "16-bit"} <= set(runtime.formats), runtime.id


def test_formats_of_the_published_measurements_are_known() -> None:
    """The format names of the table that the speed is fitted to; mlx-1bit and mlx-7bit there are misread names."""
    names = (
        "q4_k_m q8_0 f16 mxfp4 fp8 q4_0 nvfp4 mlx-4bit q6_k awq-int4 mlx-3bit q3_k_xl autoround-int4 q5_k_m gptq-int4 "
        "iq2xxs-w2q2k-(q2) mlx-8bit mlx-2bit exl3-6.0bpw-mcg exl3-4.0bpw-mul1 q4f16 mixed-q2/q4-0731 q4_k_xl bf16 q2 "
        "mlx-6bit exl2-4.0bpw iq4_xs int8-w8a8 q2-0731 autoround-int4-+-mtp q3_k_m exl2-3.0bpw iq4_nl q4_1 "
        "mlx-8bit-g64 exl2-4.5bpw mlx-5bit exl3-6.0bpw-mul1 q2_k exl2-5.0bpw exl2-2.5bpw q4 int8 mlx-3bit-g32 mlx-5bit-g32 "
        "mlx-4bit-g32 mxfp8 q2_k_xl"
    )
    for name in names.split():
        assert CATALOG.format(name)
