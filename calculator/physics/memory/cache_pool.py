"""Pool of the paged cache: what vLLM and SGLang have left for it, the longest context it holds, and how many requests.

vLLM prints both at its start: "GPU KV cache size: N tokens" and "Maximum concurrency for N tokens per request".
"""

from bisect import bisect_right
from dataclasses import dataclass

from calculator.catalog.deployment import Deployment, Workload
from calculator.physics.memory.kv_cache import card_cache_bytes, kv_cache_bytes
from calculator.physics.memory.memory_fit import MemoryFit


@dataclass(frozen=True, slots=True)
class CachePool:
    """What is left for the cache, summed over the cards; zeros where not even the weights fit."""

    pool_bytes: int
    largest_context_tokens: int
    """Of one request, in whole blocks; not more than the model supports."""
    cache_tokens: int
    """All tokens that the pool holds, whatever the model's limit: what vLLM prints as the size of its cache."""
    concurrency: float
    """Requests of the workload's context at once."""


def cache_pool(deployment: Deployment, workload: Workload, *, fit: MemoryFit) -> CachePool | None:
    """The pool of a runtime that takes a share of each card at its start; None for the others, which take what comes.

    pool = the tightest card's usable bytes less everything but the cache, times the cards. The largest context is
    found by halving: the most blocks whose cache is no larger than the pool. `deployment` has its own format.
    """
    runtime = deployment.runtime
    if runtime.memory_use_fraction is None or runtime.cache != "paged":
        return None
    chips = deployment.hardware.all_chips_count()
    share = fit.kv_cache_bytes / chips
    if deployment.split == "layer" and chips > 1:
        layers = fit.cards[fit.tightest_card - 1].layer_count or 0
        share = fit.kv_cache_bytes * layers / deployment.model.layer_count
    pool = max(0, round(chips * (fit.tightest_usable_bytes - fit.tightest_peak_bytes + share)))
    tokens = _most_tokens(deployment, pool)
    limit = deployment.model.context_limit_tokens
    one = _cache_bytes(deployment, workload.context())
    return CachePool(pool, min(tokens, limit), tokens, pool / one if one else 0.0)


def _most_tokens(deployment: Deployment, pool_bytes: int) -> int:
    """The most tokens of one sequence that the pool holds, in whole blocks."""
    block = deployment.runtime.cache_block_tokens
    counts = range(1, _MOST_TOKENS // block + 1)
    return block * bisect_right(counts, pool_bytes, key=lambda count: _cache_bytes(deployment, count * block))


_MOST_TOKENS = 100_000_000
"""More than any pool holds; a cache that does not grow with the context ends here."""


def _cache_bytes(deployment: Deployment, tokens: int) -> int:
    """Bytes of one sequence on all cards."""
    chips, runtime = deployment.hardware.all_chips_count(), deployment.runtime
    asked = {"context_tokens": tokens, "kv_bits": deployment.kv_bits}
    if chips > 1 and deployment.split == "tensor":
        return chips * card_cache_bytes(deployment.model, runtime=runtime, chip_count=chips, **asked)
    return kv_cache_bytes(deployment.model, runtime=runtime, **asked)
