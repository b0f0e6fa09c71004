"""Cache pool of vLLM: what is left, the longest context, and how many requests."""

from dataclasses import replace

import pytest

from calculator.catalog import load_catalog
from calculator.catalog.deployment import Deployment, HostSettings, Workload
from calculator.physics.memory.cache_pool import CachePool, cache_pool
from calculator.physics.memory.memory_fit import memory_fit
from calculator.physics.prediction import predict

CATALOG = load_catalog()


def _pool(machine: str, model: str, format: str, *, tokens: int, split: str = "layer", **host: float) -> CachePool:
    deployment = Deployment.of(machine, model, format, runtime="vllm", catalog=CATALOG)
    settings = HostSettings(**host)  # pyright: ignore[reportArgumentType]
    deployment = replace(deployment, split=split, host=settings)  # pyright: ignore[reportArgumentType]
    found = predict(deployment, Workload(context_tokens=tokens), CATALOG).pool
    assert found is not None
    return found


def test_pool_of_two_4090s_holds_the_81536_tokens_that_were_published() -> None:
    """vllm issue 13061: a 14B in 16 bits, two RTX 4090s, utilisation 0.98: 81,536 tokens."""
    pool = _pool("dual-rtx-4090-am5", "qwen2.5-14b", "bf16", tokens=81_536, split="tensor", gpu_memory_utilization=0.98)
    assert pool.cache_tokens == pytest.approx(81_536, rel=0.01)
    assert pool.concurrency == pytest.approx(pool.cache_tokens / 81_536, rel=0.001)
    assert pool.largest_context_tokens == 32_768  # the model's own limit


def test_pool_is_the_same_whatever_the_context_and_grows_with_utilisation() -> None:
    short, long = (_pool("cloud-h100", "llama-3-8b", "bf16", tokens=tokens) for tokens in (1024, 65_536))
    assert short.pool_bytes == long.pool_bytes
    assert short.concurrency == pytest.approx(64 * long.concurrency, rel=0.001)
    more = _pool("cloud-h100", "llama-3-8b", "bf16", tokens=1024, gpu_memory_utilization=0.95)
    assert more.pool_bytes > short.pool_bytes
    assert long.cache_tokens == long.pool_bytes // (32 * 8 * 256 * 2 * 16) * 16  # whole blocks of 16 tokens


def test_latent_cache_is_kept_whole_on_every_card_of_a_tensor_split() -> None:
    one = _pool("nvidia-h200", "glm-4.7-flash", "fp8", tokens=1024)
    deployment = Deployment.of("nvidia-h200", "glm-4.7-flash", "fp8", runtime="vllm", chip_count=4, catalog=CATALOG)
    four = predict(replace(deployment, split="tensor"), Workload(context_tokens=1024), CATALOG).pool
    assert four is not None
    assert one.cache_tokens < four.cache_tokens < 2 * one.cache_tokens  # only the weights are shared


def test_no_pool_where_the_weights_alone_do_not_fit_and_none_for_other_runtimes() -> None:
    assert _pool("nvidia-rtx-4090", "llama-3-70b", "awq-int4", tokens=1024) == CachePool(0, 0, 0, 0.0)
    deployment = Deployment.of("nvidia-rtx-4090", "llama-3-8b", "q4_k_m", catalog=CATALOG)
    fit = memory_fit(deployment, Workload(), catalog=CATALOG)
    assert cache_pool(deployment, Workload(), fit=fit) is None


def test_pool_of_two_cards_that_take_turns_is_bound_by_the_fullest_one() -> None:
    # what the fullest card has left beside the cache of its own layers, on both
    two = Deployment.of("dual-rtx-4090-am5", "qwen2.5-14b", "bf16", runtime="vllm", catalog=CATALOG)
    two = replace(two, split="layer")
    fit = memory_fit(two, Workload(context_tokens=1024), catalog=CATALOG)
    layers = fit.cards[fit.tightest_card - 1].layer_count
    assert layers is not None
    left = fit.tightest_usable_bytes - fit.tightest_peak_bytes + fit.kv_cache_bytes * layers / 48
    found = cache_pool(two, Workload(context_tokens=1024), fit=fit)
    assert found is not None
    assert found.pool_bytes == round(2 * left)


def test_pool_of_one_card_is_what_everything_but_the_cache_leaves() -> None:
    one = Deployment.of("nvidia-h200", "llama-3-8b", "bf16", runtime="vllm", catalog=CATALOG)
    fit = memory_fit(one, Workload(context_tokens=1024), catalog=CATALOG)
    found = cache_pool(one, Workload(context_tokens=1024), fit=fit)
    assert found is not None
    assert found.pool_bytes == fit.usable_bytes - fit.peak_bytes + fit.kv_cache_bytes
    per_token = 32 * 8 * 256 * 2
    assert found.concurrency == pytest.approx(found.pool_bytes / (1024 * per_token))
    assert found.largest_context_tokens == one.model.context_limit_tokens < found.cache_tokens


def test_pool_of_a_runtime_without_a_share_or_without_pages_is_none() -> None:
    one = Deployment.of("nvidia-h200", "llama-3-8b", "bf16", runtime="vllm", catalog=CATALOG)
    fit = memory_fit(one, Workload(), catalog=CATALOG)
    for change in ({"memory_use_fraction": None}, {"cache": "whole"}):
        other = replace(one, runtime=one.runtime.model_copy(update=change))
        assert cache_pool(other, Workload(), fit=fit) is None


@pytest.mark.parametrize("blocks", [1, 2, 3, 4, 7, 8, 1_000])
def test_last_byte_of_a_block_decides_whether_it_is_held(blocks: int) -> None:
    one = Deployment.of("nvidia-h200", "llama-3-8b", "bf16", runtime="vllm", catalog=CATALOG)
    fit, work = memory_fit(one, Workload(context_tokens=1024), catalog=CATALOG), Workload(context_tokens=1024)
    block = 16 * 32 * 8 * 256 * 2  # 16 tokens of 32 layers with 8 heads of 2 x 128 numbers of 16 bits
    for missing, tokens in ((0, 16 * blocks), (1, 16 * (blocks - 1))):
        limit = fit.tightest_peak_bytes - fit.kv_cache_bytes + blocks * block - missing
        found = cache_pool(one, work, fit=replace(fit, tightest_usable_bytes=limit))
        assert found is not None
        assert found.pool_bytes == blocks * block - missing
        assert found.cache_tokens == found.largest_context_tokens == tokens
        assert found.concurrency == pytest.approx(found.pool_bytes / (64 * block))


def test_pool_of_cards_that_share_heads_counts_a_head_that_two_cards_hold_twice() -> None:
    """Llama 3 8B has 8 heads of keys and values: 16 cards hold one each, so a token takes twice its bytes."""
    for count, times in ((2, 1), (16, 2)):
        many = Deployment.of("nvidia-h200", "llama-3-8b", "bf16", runtime="vllm", chip_count=count, catalog=CATALOG)
        many = replace(many, split="tensor")
        fit = memory_fit(many, Workload(context_tokens=1024), catalog=CATALOG)
        found = cache_pool(many, Workload(context_tokens=1024), fit=fit)
        assert found is not None
        left = count * (fit.tightest_usable_bytes - fit.tightest_peak_bytes) + fit.kv_cache_bytes
        assert found.pool_bytes == left
        assert found.cache_tokens == left // (times * 16 * 32 * 8 * 256 * 2) * 16
