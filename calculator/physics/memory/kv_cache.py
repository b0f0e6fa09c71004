"""KV cache: the bytes that remember the conversation, and those that one step reads.

Every attention layer keeps keys and values of the tokens it may still look at; what is really allocated depends on the
runtime: MLX and llama.cpp let a sliding window's old tokens go, vLLM keeps full pages for every layer.
"""

from calculator.catalog.deployment import FULL_BITS
from calculator.catalog.models import CacheGroup, LanguageModel, Runtime
from calculator.errors import ScenarioError
from calculator.number import Number, larger
from calculator.units import BITS_PER_BYTE


def kv_cache_bytes(
    model: LanguageModel,
    *,
    runtime: Runtime,
    context_tokens: int,
    batch_count: int = 1,
    kv_bits: int = FULL_BITS,
    prefill_step_tokens: int | None = None,
) -> int:
    """Bytes that `batch_count` sequences of `context_tokens` hold in the cache, at the most during prefill.

    sum over layers of tokens held x heads x (key + value dimension) x bits / 8, and a constant state per recurrent
    layer. Tokens held: the context in whole blocks of the runtime; of a sliding window, MLX holds window + step - 1
    after a chunked prefill, llama.cpp window + step in blocks, vLLM everything. A packed cache adds its scales; MLX
    cannot pack a sliding window's. Test: 0 bytes from mlx-lm's own cache classes. Raises ScenarioError for a width
    the runtime lacks.
    """
    _refuse_width(runtime, kv_bits)
    step = prefill_step_tokens or runtime.prefill_step_tokens
    total = 0
    for group in model.caches:
        tokens = _held_tokens(group, runtime=runtime, context_tokens=context_tokens, step_tokens=step)
        total += group.layer_count * _group_bytes(group, runtime=runtime, tokens=tokens, kv_bits=kv_bits)
    return total * batch_count


def card_cache_bytes(
    model: LanguageModel,
    *,
    runtime: Runtime,
    chip_count: int,
    context_tokens: int,
    batch_count: int = 1,
    kv_bits: int = FULL_BITS,
    prefill_step_tokens: int | None = None,
) -> int:
    """Bytes of the cache on each of `chip_count` chips of a tensor split.

    Heads of keys and values are dealt out; where there are fewer of them than chips they are kept more than once, and
    the latent cache of MLA, one for all heads, is kept whole on every chip. Recurrent states are dealt out by heads.
    Raises ScenarioError for a width the runtime lacks.
    """
    _refuse_width(runtime, kv_bits)
    step, total = prefill_step_tokens or runtime.prefill_step_tokens, 0.0
    for group in model.caches:
        tokens = _held_tokens(group, runtime=runtime, context_tokens=context_tokens, step_tokens=step)
        size = group.layer_count * _group_bytes(group, runtime=runtime, tokens=tokens, kv_bits=kv_bits)
        copies = chip_count if group.kind == "recurrent" else min(chip_count, max(1, group.kv_head_count))
        total += size / copies
    return round(total * batch_count)


def kv_read_bytes(
    model: LanguageModel,
    *,
    context_tokens: Number,
    batch_count: Number = 1,
    runtime: Runtime | None = None,
    kv_bits: int = FULL_BITS,
) -> Number:
    """Bytes of cache that one decoding step reads: every token in sight of every layer, once.

    A sliding window reads its window, a compressed past one entry per entry_tokens; a recurrent state is read and
    written back, so it counts twice. An indexer that would spare most of the reading (DeepSeek sparse attention) is not
    deducted. Floats or arrays of contexts and batches.
    """
    total: Number = 0
    for group in model.caches:
        if group.kind == "recurrent":
            total = total + 2 * group.layer_count * group.state_bytes
            continue
        width = _number_bits(group, runtime=runtime, kv_bits=kv_bits) / BITS_PER_BYTE
        each = group.layer_count * group.kv_head_count * (group.key_dim + group.value_dim) * width
        total = total + each * _seen_tokens(group, context_tokens)
    return total * batch_count


def largest_layer_bytes(model: LanguageModel, *, runtime: Runtime, context_tokens: int) -> int:
    """Bytes of the largest layer's cache of one sequence: what MLX copies once more when that cache grows."""
    sizes = (
        _group_bytes(group, runtime=runtime, tokens=-(-context_tokens // group.entry_tokens), kv_bits=FULL_BITS)
        for group in model.caches
        if group.kind not in ("sliding", "recurrent")
    )
    return max(sizes, default=0)


def _seen_tokens(group: CacheGroup, context_tokens: Number) -> Number:
    if group.kind in ("sliding", "chunked"):
        return context_tokens - larger(context_tokens - group.window_tokens, 0)
    return context_tokens / group.entry_tokens


def _held_tokens(group: CacheGroup, *, runtime: Runtime, context_tokens: int, step_tokens: int) -> int:
    """Tokens that a layer of this kind holds at the most."""
    if group.kind == "compressed":
        return -(-context_tokens // group.entry_tokens)
    whole = _in_blocks(context_tokens, runtime)
    if group.kind not in ("sliding", "chunked") or not runtime.drops_old_tokens:
        return whole
    step = min(step_tokens, context_tokens)
    if runtime.cache == "mlx" and group.kind == "sliding":
        return min(context_tokens, group.window_tokens - 1 + step)
    return min(whole, _in_blocks(group.window_tokens + step, runtime))


def _in_blocks(tokens: int, runtime: Runtime) -> int:
    return -(-tokens // runtime.cache_block_tokens) * runtime.cache_block_tokens


def _group_bytes(group: CacheGroup, *, runtime: Runtime | None, tokens: int, kv_bits: int) -> int:
    """One layer, one sequence."""
    if group.kind == "recurrent":
        return group.state_bytes
    numbers = tokens * group.kv_head_count * (group.key_dim + group.value_dim)
    return round(numbers * _number_bits(group, runtime=runtime, kv_bits=kv_bits) / BITS_PER_BYTE)


def _number_bits(group: CacheGroup, *, runtime: Runtime | None, kv_bits: int) -> float:
    """Bits of one cached number with its share of the scales."""
    if kv_bits >= FULL_BITS or runtime is None:
        return kv_bits
    if group.kind == "sliding" and not runtime.packs_sliding_caches:
        return FULL_BITS
    return kv_bits + runtime.kv_scale_bits


def _refuse_width(runtime: Runtime, kv_bits: int) -> None:
    if kv_bits not in runtime.kv_bits:
        allowed = ", ".join(str(bits) for bits in runtime.kv_bits)
        raise ScenarioError(f"kv_bits is {kv_bits}; {runtime.name} offers {allowed}. Choose one of them.")
