"""KV cache: what each runtime really keeps, and what a step reads."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.catalog import load_catalog
from calculator.errors import ScenarioError
from calculator.physics.memory.kv_cache import (
    card_cache_bytes,
    kv_cache_bytes,
    kv_read_bytes,
    largest_layer_bytes,
)

CATALOG = load_catalog()


MLX, LLAMA, VLLM = (CATALOG.runtime(name) for name in ("mlx-lm", "llama.cpp", "vllm"))


def test_kv_cache_bytes_of_llama_3_70b_at_32k() -> None:
    # 80 layers x 8 heads x (128 + 128) x 2 byte x 32,768 tokens = 10.737 GB
    for runtime in (MLX, LLAMA, VLLM):
        assert kv_cache_bytes(CATALOG.model("llama-3-70b"), runtime=runtime, context_tokens=32_768) == 10_737_418_240


def test_kv_cache_bytes_of_latent_attention_are_shared_by_all_heads() -> None:
    # DeepSeek-V3: 61 layers x (512 + 64) x 2 byte x 32,768 = 2.303 GB, not the 53 GB of 128 heads
    got = kv_cache_bytes(CATALOG.model("deepseek-v3-671b"), runtime=MLX, context_tokens=32_768)
    assert got == 61 * 576 * 2 * 32_768


def test_kv_cache_bytes_of_a_sliding_window_differ_by_runtime() -> None:
    """Gemma 3 27B at 32k: 10 full layers, 52 with a window of 1,024; 16 heads x 256 x 2 = 8,192 byte per token."""
    model, token = CATALOG.model("gemma-3-27b"), 8_192
    full = 10 * 32_768 * token
    assert kv_cache_bytes(model, runtime=MLX, context_tokens=32_768) == full + 52 * (1_023 + 2_048) * token
    assert kv_cache_bytes(model, runtime=LLAMA, context_tokens=32_768) == full + 52 * (1_024 + 512) * token
    assert kv_cache_bytes(model, runtime=VLLM, context_tokens=32_768) == 62 * 32_768 * token
    smaller = kv_cache_bytes(model, runtime=MLX, context_tokens=32_768, prefill_step_tokens=512)
    assert smaller == full + 52 * (1_023 + 512) * token


def test_kv_cache_bytes_of_recurrent_layers_do_not_grow() -> None:
    """Qwen3.5-27B: 48 recurrent layers of 3,207,168 byte, 16 attention layers of 4 heads x 512 x 2 byte per token."""
    model = CATALOG.model("qwen3.8-27b")
    got = kv_cache_bytes(model, runtime=MLX, context_tokens=131_072)
    assert got == 48 * 3_207_168 + 16 * 4 * 512 * 2 * 131_072
    short, long = (kv_read_bytes(model, context_tokens=tokens) for tokens in (0, 1_000))
    assert short == 2 * 48 * 3_207_168  # read and written back
    assert long - short == 1_000 * 16 * 4 * 512 * 2


def test_kv_cache_bytes_of_compressed_attention_count_entries() -> None:
    """DeepSeek-V4-Flash at 12,800 tokens: 43 windows, 21 layers of 512 + 128 per 4 tokens, 20 layers of 512 per 128."""
    got = kv_cache_bytes(CATALOG.model("deepseek-v4-flash"), runtime=LLAMA, context_tokens=12_800)
    window = 43 * 512 * 2 * 768  # 128 + 512 tokens in blocks of 256
    assert got == window + 21 * 640 * 2 * 3_200 + 20 * 512 * 2 * 100


def test_kv_cache_bytes_packed_add_their_scales_and_spare_a_sliding_window_on_mlx() -> None:
    model = CATALOG.model("llama-3-70b")
    full = kv_cache_bytes(model, runtime=LLAMA, context_tokens=4_096)
    assert kv_cache_bytes(model, runtime=LLAMA, context_tokens=4_096, kv_bits=8) == full * 8.5 / 16
    gemma = CATALOG.model("gemma-3-27b")
    packed, plain = (kv_cache_bytes(gemma, runtime=MLX, context_tokens=32_768, kv_bits=bits) for bits in (4, 16))
    assert plain - packed == 10 * 32_768 * 8_192 * (16 - 4.5) / 16
    with pytest.raises(ScenarioError, match="kv_bits is 7; vLLM offers 16, 8"):
        kv_cache_bytes(model, runtime=VLLM, context_tokens=4_096, kv_bits=7)


def test_kv_read_bytes_take_arrays_and_end_at_the_window() -> None:
    model = CATALOG.model("gpt-oss-20b")  # 12 full and 12 sliding layers (128 tokens), 8 heads x 128 x 2 = 2,048 byte
    got = kv_read_bytes(model, context_tokens=np.array([64.0, 128.0, 1_128.0]), batch_count=2)
    assert np.ravel(got).tolist() == [2 * 24 * 64 * 2_048, 2 * 24 * 128 * 2_048, 2 * 2_048 * (12 * 1_128 + 12 * 128)]


@given(
    st.sampled_from(sorted(CATALOG.models)),
    st.sampled_from(sorted(CATALOG.runtimes)),
    st.integers(1, 200_000),
    st.integers(1, 200_000),
    st.integers(1, 64),
)
def test_kv_cache_bytes_grow_with_context_and_hold_what_is_read(
    name: str, runtime_id: str, first: int, second: int, batch: int
) -> None:
    model, runtime = CATALOG.model(name), CATALOG.runtime(runtime_id)
    few, many = sorted((first, second))
    small = kv_cache_bytes(model, runtime=runtime, context_tokens=few)
    large = kv_cache_bytes(model, runtime=runtime, context_tokens=many)
    assert small <= large
    assert kv_cache_bytes(model, runtime=runtime, context_tokens=few, batch_count=batch) == batch * small
    recurrent = sum(group.layer_count * group.state_bytes for group in model.caches)
    assert kv_read_bytes(model, context_tokens=many) - 2 * recurrent <= large - recurrent


def test_heads_are_dealt_out_to_cards_and_kept_more_than_once_where_they_are_fewer() -> None:
    model = CATALOG.model("qwen3-30b-a3b")  # 48 layers, 4 heads of keys and values of 128
    whole = 48 * 4 * 256 * 2 * 4_096
    for chips, copies in ((1, 1), (2, 2), (4, 4), (8, 4)):
        found = card_cache_bytes(model, runtime=VLLM, chip_count=chips, context_tokens=4_096, batch_count=3)
        assert found == 3 * whole / copies
    latent = CATALOG.model("deepseek-v3-671b")
    assert card_cache_bytes(latent, runtime=VLLM, chip_count=8, context_tokens=4_096) == kv_cache_bytes(
        latent, runtime=VLLM, context_tokens=4_096
    )


def test_largest_layer_is_no_sliding_and_no_recurrent_one_and_rounds_its_entries_up() -> None:
    gemma = CATALOG.model("gemma-3-27b")  # 16 heads x 256 x 2 bytes in the layers that see everything
    assert largest_layer_bytes(gemma, runtime=MLX, context_tokens=1_001) == 1_001 * 16 * 256 * 2
    sliding = gemma.model_copy(update={"caches": gemma.caches[:1]})
    assert largest_layer_bytes(sliding, runtime=MLX, context_tokens=1_001) == 0
    fourths = gemma.model_copy(update={"caches": (gemma.caches[1].model_copy(update={"entry_tokens": 4}),)})
    assert largest_layer_bytes(fourths, runtime=MLX, context_tokens=1_001) == 251 * 16 * 256 * 2


def test_compressed_attention_keeps_a_whole_entry_for_the_rest_of_its_tokens() -> None:
    """DeepSeek-V4-Flash at 12,801 tokens: one token more than 3,200 entries of 4 and 100 of 128 hold."""
    model = CATALOG.model("deepseek-v4-flash")
    window = 43 * 512 * 2 * 768
    got = kv_cache_bytes(model, runtime=LLAMA, context_tokens=12_801)
    assert got == window + 21 * 640 * 2 * 3_201 + 20 * 512 * 2 * 101


def test_largest_layer_is_the_one_that_compresses_least() -> None:
    # entries of 512 numbers per 4 tokens, of 128 per 4 and of 512 per 128
    model = CATALOG.model("deepseek-v4-flash")
    assert largest_layer_bytes(model, runtime=MLX, context_tokens=12_801) == 3_201 * 512 * 2
