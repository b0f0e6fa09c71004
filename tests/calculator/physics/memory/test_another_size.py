"""Models of any other size: Llama's bytes at Llama's sizes, and bytes that never fall."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.catalog import load_catalog
from calculator.errors import ScenarioError
from calculator.physics.memory.another_size import custom_model
from calculator.physics.memory.weights import weights_bytes

CATALOG = load_catalog()


def test_custom_model_has_llamas_bytes_at_llamas_sizes() -> None:
    format = CATALOG.format("mlx-8bit")
    for size, name in ((8.03, "llama-3-8b"), (70.6, "llama-3-70b"), (405.9, "llama-3.1-405b")):
        rule, real = custom_model(parameters_b=size), CATALOG.model(name)
        assert weights_bytes(rule, format=format) == pytest.approx(weights_bytes(real, format=format), rel=0.005)
        assert rule.layer_count == pytest.approx(real.layer_count, rel=0.05)


@given(st.floats(0.1, 3000, allow_nan=False), st.floats(0.1, 3000, allow_nan=False))
def test_custom_model_meets_the_count_and_bytes_never_fall(first: float, second: float) -> None:
    small, large = sorted((first, second))
    models = [custom_model(parameters_b=size) for size in (small, large)]
    for model, size in zip(models, (small, large), strict=True):
        assert model.parameter_count() == pytest.approx(size * 1e9, abs=2 * model.hidden_dim + 1)
    sizes = [weights_bytes(model, format=CATALOG.format("bf16")) for model in models]
    assert sizes[0] <= sizes[1] or large - small < 1e-4


def test_custom_model_refuses_impossible_sizes() -> None:
    for size in (0.0, 5000.0, float("nan")):
        with pytest.raises(ScenarioError, match="another_size_b"):
            custom_model(parameters_b=size)


@pytest.mark.parametrize(("parameters_b", "width"), [(0.3, 1024), (1.3, 2048), (8.03, 4096), (70.6, 8192)])
def test_custom_model_by_hand(parameters_b: float, width: int) -> None:
    model = custom_model(parameters_b=parameters_b)
    assert model.hidden_dim == width
    assert model.attention_head_count == width // 128
    assert model.caches[0].kv_head_count == min(8, width // 128)
    assert model.caches[0].layer_count == model.layer_count
    assert model.context_limit_tokens == 131_072
    assert model.is_tied() == (parameters_b < 4)
    norm = next(group for group in model.tensors if group.role == "norm")
    assert norm.count == 2 * model.layer_count + 1
    ffn = next(group for group in model.tensors if group.role == "ffn_up").shape[0]
    assert ffn % 256 == 0
    assert ffn >= 3.4 * width


def test_custom_model_is_tied_below_four_billion() -> None:
    assert custom_model(parameters_b=3.99).is_tied()
    assert not custom_model(parameters_b=4.0).is_tied()


@pytest.mark.parametrize("size", [0.1, 3000.0])
def test_custom_model_takes_both_ends(size: float) -> None:
    assert custom_model(parameters_b=size).parameter_count() == pytest.approx(size * 1e9, rel=0.01)


def _by_rule(width: int, layers: int, ffn: int, *, tables: int) -> int:
    """Parameters of 8 key-value heads of 128, or fewer where the width has fewer, and 128,256 tokens."""
    kv = min(8, width // 128) * 128
    per_layer = 2 * width * width + 2 * width * kv + 3 * width * ffn + 2 * width
    return layers * per_layer + tables * 128_256 * width + width


@pytest.mark.parametrize(
    ("width", "layers", "ffn"),
    # 32 (w/4096)^1.32 layers, four at least, and 80 (w/8192)^0.655 beyond 8,192; 3.4 w in steps of 256
    [
        (768, 4, 2_816),
        (1_024, 5, 3_584),
        (2_048, 13, 7_168),
        (4_096, 32, 14_080),
        (8_192, 80, 27_904),
        (12_288, 104, 41_984),
        (16_384, 126, 55_808),
    ],
)
def test_smallest_model_of_a_width_by_the_rule(width: int, layers: int, ffn: int) -> None:
    tables = 1 if _by_rule(width, layers, ffn, tables=1) < 4e9 else 2
    count = _by_rule(width, layers, ffn, tables=tables)
    model = custom_model(parameters_b=count / 1e9)
    assert model.parameter_count() == count
    assert (model.hidden_dim, model.layer_count) == (width, layers)
    assert next(group for group in model.tensors if group.role == "ffn_up").shape == (ffn, width)
    assert model.vocabulary_count == 128_256
    assert {group.layers for group in model.tensors if group.role.startswith("attn_")} == {f"0-{layers - 1}"}
    assert (model.attention_head_count, model.kv_head_count) == (width // 128, min(8, width // 128))
    below = custom_model(parameters_b=(count - 1) / 1e9)
    assert below.hidden_dim < width
    assert below.parameter_count() <= count - 1
    # one row of the vocabulary more, and a step of the feed-forward more, are taken up by these
    row = custom_model(parameters_b=(count + tables * width) / 1e9)
    assert (row.hidden_dim, row.vocabulary_count) == (width, 128_257)
    wider = custom_model(parameters_b=(count + 3 * width * 256 * layers) / 1e9)
    if wider.hidden_dim == width:
        assert next(group for group in wider.tensors if group.role == "ffn_up").shape == (ffn + 256, width)
        assert wider.vocabulary_count == 128_256


def test_limits_of_another_size_are_a_tenth_and_three_thousand_billion() -> None:
    for size in (0.0999, 3000.5):
        with pytest.raises(ScenarioError, match=r"it must lie in 0\.1\.\.3000\. Enter 70 for 70 billion"):
            custom_model(parameters_b=size)
