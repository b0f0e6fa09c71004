"""Work of one token: operations and bytes by the model's shapes, against plain sums."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.catalog import load_catalog
from calculator.physics.memory.work import (
    Attention,
    attention_flops,
    attention_scores,
    experts_touched_fraction,
    work_of,
)

CATALOG = load_catalog()


def test_work_of_llama_3_70b_counts_its_operations() -> None:
    # 80 x (attention 8192 x 8192 x 2 + 2 x 8192 x 1024 + feed-forward 3 x 8192 x 28672) = 68.45e9 multiply-adds; head
    # 8192 x 128256 = 1.05e9
    work = work_of(CATALOG.model("llama-3-70b"), CATALOG.format("q4_k_m"))
    assert work.linear_flops == pytest.approx(2 * 80 * (2 * 8192**2 + 2 * 8192 * 1024 + 3 * 8192 * 28672))
    assert work.head_flops == pytest.approx(2 * 8192 * 128256)
    # attention: 2 x 64 heads x (128 + 128) x 80 layers operations per token and token of context
    assert work.attention == (Attention(2.0 * 64 * 256 * 80, 0, 64.0 * 80),)


def test_scores_of_llama_3_70b_are_one_for_each_head_layer_and_pair_of_tokens() -> None:
    # 64 heads x 80 layers x 4,096 tokens that each look at 2,048 in the mean
    work = work_of(CATALOG.model("llama-3-70b"), CATALOG.format("q4_k_m"))
    assert attention_scores(work.attention, token_count=4096, depth_tokens=0) == 64 * 80 * 4096 * 2048
    flops = attention_flops(work.attention, token_count=4096, depth_tokens=0)
    assert flops == 2 * 256 * attention_scores(work.attention, token_count=4096, depth_tokens=0)


@given(tokens=st.integers(1, 300), depth=st.integers(0, 300))
def test_attention_flops_agree_with_a_plain_sum(tokens: int, depth: int) -> None:
    # token i (0, 1, ...) looks at depth + i + 1 tokens; the formula takes the mean depth + n/2, half a token less
    exact = sum(3.0 * (depth + index + 1) for index in range(tokens))
    found = attention_flops((Attention(3.0, 0),), token_count=tokens, depth_tokens=depth)
    assert exact - found == pytest.approx(3.0 * tokens / 2)


def test_attention_flops_of_a_window_stop_growing() -> None:
    windowed = (Attention(1.0, 100),)
    assert (
        attention_flops(windowed, token_count=10, depth_tokens=1000)
        == attention_flops(windowed, token_count=10, depth_tokens=9000)
        == 1000.0
    )


def test_experts_touched_fraction_hand_worked_cases() -> None:
    assert experts_touched_fraction(1 / 16, token_count=1, alikeness=0.75) == pytest.approx(1 / 16)
    assert experts_touched_fraction(1 / 16, token_count=16, alikeness=1.0) == pytest.approx(1 - (15 / 16) ** 16)
    assert experts_touched_fraction(0.0, token_count=16, alikeness=1.0) == 0.0
    assert experts_touched_fraction(1 / 16, token_count=1e6, alikeness=1.0) == pytest.approx(1.0)


def test_work_of_a_mixture_takes_the_experts_that_a_token_chooses() -> None:
    # Mixtral: 2 of 8 experts, 32 layers: attention 2 x 4,096^2 + 2 x 1,024 x 4,096, router 8 x 4,096, experts 3 x 4,096 x
    # 14,336 each
    work = work_of(CATALOG.model("mixtral-8x7b"), CATALOG.format("bf16"))
    layer = 2 * 4096**2 + 2 * 1024 * 4096 + 8 * 4096 + 2 * 3 * 4096 * 14336
    assert work.expert_fraction == 0.25
    assert work.experts_per_token == 2
    assert work.linear_flops == pytest.approx(2 * 32 * layer)
    assert work.expert_bytes == 32 * 8 * 3 * 4096 * 14336 * 2
    assert (work.kind, work.attention_kind) == ("experts", "full")
    dense = work_of(CATALOG.model("llama-3-8b"), CATALOG.format("bf16"))
    assert (dense.expert_fraction, dense.expert_bytes, dense.kind) == (0.0, 0.0, "dense")


def test_windows_hold_for_sliding_layers_alone() -> None:
    # Gemma 3 27B: 52 layers with a window of 1,024 and 10 without, 32 heads of 128
    work = work_of(CATALOG.model("gemma-3-27b"), CATALOG.format("bf16"))
    assert work.attention == (
        Attention(2.0 * 32 * 256 * 52, 1024, 32.0 * 52),
        Attention(2.0 * 32 * 256 * 10, 0, 32.0 * 10),
    )
    assert work.attention_kind == "sliding"


def test_latent_cache_is_met_packed_or_unpacked() -> None:
    # DeepSeek V3: 128 heads of 192 + 128 numbers, or 512 + 64 and 512 of the latent as it is stored; 61 layers
    work = work_of(CATALOG.model("deepseek-v3-671b"), CATALOG.format("fp8"))
    (plain,), (packed,) = work.attention, work.packed_attention
    assert plain.flops_per_context_token == 2.0 * 128 * 320 * 61
    assert packed.flops_per_context_token == 2.0 * 128 * 1088 * 61
    assert plain.scores_per_context_token == packed.scores_per_context_token == 128.0 * 61


def test_recurrent_layers_have_no_attention() -> None:
    model = CATALOG.model("qwen3.5-4b")
    work = work_of(model, CATALOG.format("bf16"))
    assert work.kind == "dense-recurrent"
    full = [group for group in model.caches if group.kind != "recurrent"]
    assert len(work.attention) == len(full) == 1


def test_cache_entry_of_several_tokens_is_met_once_for_all_of_them() -> None:
    model = CATALOG.model("llama-3-8b")
    packed = model.model_copy(update={"caches": (model.caches[0].model_copy(update={"entry_tokens": 4}),)})
    plain, fourth = (work_of(one, CATALOG.format("bf16")).attention[0] for one in (model, packed))
    assert fourth.flops_per_context_token == plain.flops_per_context_token / 4
    assert fourth.scores_per_context_token == plain.scores_per_context_token / 4
