"""Random-weight models: real mlx-lm architectures, timed without a download. For the worker process only.

mlx-lm's own code builds every layer. Layers of one kind share the weight buffers of a few distinct layers ("aliased"),
so a 70B model at 8 bits is timed in the memory of two layers. Conditions for an honest speed:
- packed words come from full 16-bit draws: `randint(0, 2**31)` has constant low bits and makes routers collapse;
- scales give each matrix the usual size 1/sqrt(inputs), so logits stay finite and no zeros flatter the hardware;
- experts are chosen evenly and change with every token: a random router sends one expert three to six times the mean;
- the distinct bytes exceed four times the last-level cache, or the caller says that they do not.
"""

# mlx and mlx-lm carry no usable types; everything that enters and leaves this module is typed.
# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportIndexIssue=false
import math
from collections.abc import Iterator
from typing import Any

import mlx.core as mx
from mlx import nn
from mlx.utils import tree_flatten
from mlx_lm.models import cache as mlx_cache
from mlx_lm.models import switch_layers

from measurements.models.mlx_lm_process import build, text_only

Json = dict[str, Any]
EXPERTS_PER_TOKEN = ("num_experts_per_tok", "top_k_experts", "num_experts_per_token", "moe_topk", "moe_k")
_E8M0_ONE, _E4M3_ONE = 127, 0x38  # the codes of 1.0 in the two scale formats (OCP Microscaling 1.0, NVFP4)
_NO_NAN_E4M3 = 0xBFBF  # clears the top exponent bit of two bytes: 0x7F and 0xFF are not numbers in E4M3


class AliasedModel:
    """A model whose layers share weights, with the bytes of its weights and of its distinct buffers."""

    def __init__(self, model: Any, *, config: Json, distinct_layer_count: int, seed: int) -> None:
        self.model = model
        self.config = config
        self.layers: list[Any] = _layers(model)
        mx.random.seed(seed)
        self.weights_bytes = sum(array.nbytes for _, array in tree_flatten(model.parameters()))
        self.distinct_layer_count = _alias(self.layers, distinct_layer_count)

    def distinct_bytes(self) -> int:
        """Bytes of all buffers, each counted once however many layers use it."""
        arrays = {id(array): array.nbytes for _, array in tree_flatten(self.model.parameters())}
        return sum(arrays.values())

    def materialise(self) -> Iterator[int]:
        """Fill the distinct buffers one by one, and yield the bytes filled so far."""
        done, filled = 0, set[int]()
        for path, array in tree_flatten(self.model.parameters()):
            if id(array) in filled:
                continue
            mx.eval(array)
            _replace_zeros(self.model, path, array)
            filled.add(id(array))
            done += array.nbytes
            yield done

    def read_bytes_per_token(self) -> int:
        """Weight bytes that decode reads per token, without idle experts and an embedding that is not the output."""
        active = self._active_expert_count()
        parameters = tree_flatten(self.model.parameters())
        has_head = any("lm_head" in path for path, _ in parameters)
        total = 0.0
        for path, array in parameters:
            owner = _module(self.model, path.rpartition(".")[0])
            if isinstance(owner, nn.Embedding | nn.QuantizedEmbedding) and has_head:
                total += array.nbytes / array.shape[0]
            elif isinstance(owner, switch_layers.SwitchLinear | switch_layers.QuantizedSwitchLinear) and active:
                total += array.nbytes * active / owner.num_experts
            else:
                total += array.nbytes
        return round(total)

    def flops_per_prefill_token(self) -> int:
        """2 x the matrix elements that each prompt token passes through, a lower bound; 0 if the layers are not
        exposed.

        Excludes the head and the last layer, of which a prefill step computes only keys and values, and the attention
        over the cache.
        """
        active = self._active_expert_count()
        total = 0.0
        for layer in self.layers[:-1]:
            for _, module in layer.named_modules():
                weight = module.get("weight") if isinstance(module, dict) else None
                if weight is None or weight.ndim < 2:
                    continue
                count = weight.size * (32 / module.bits if "scales" in module else 1)
                if isinstance(module, switch_layers.SwitchLinear | switch_layers.QuantizedSwitchLinear):
                    total += 2 * count * min(1.0, active / module.num_experts) if active else 0
                elif isinstance(module, nn.Linear | nn.QuantizedLinear):
                    total += 2 * count
        return round(total)

    def _active_expert_count(self) -> int:
        text = self.config.get("text_config", self.config)
        return next((int(text[key]) for key in EXPERTS_PER_TOKEN if text.get(key)), 0)


def aliased_model(
    config: Json, quantization: Json | None, *, distinct_layer_count: int, seed: int = 0, in_float32: bool = False
) -> AliasedModel:
    """The lazily built model, its packed matrices with random words and its layers with shared buffers.

    `distinct_layer_count` 0 gives every layer its own weights. `in_float32` is for experts on the CPU, where MLX
    gathers in no other type.
    """
    config = text_only(config)
    model = build(config, quantization)
    if in_float32:
        model.set_dtype(mx.float32)
    model.eval()
    made = AliasedModel(model, config=config, distinct_layer_count=distinct_layer_count, seed=seed)
    seen: set[int] = set()
    for _, module in model.named_modules():
        if "scales" in module and id(module["weight"]) not in seen:
            _randomise(module)
            seen.add(id(module["weight"]))
    if quantization is not None and distinct_layer_count:
        _alias(made.layers, distinct_layer_count)  # again, because the donors' packed words are new arrays
    return made


def balance_routing(*, seed: int = 0) -> None:
    """Replace the choices of a random router by an even choice of experts that changes with every token.

    The router is still computed, and its scores weigh the experts' results; only the indices are replaced.
    """
    for layer_class in (switch_layers.SwitchGLU, switch_layers.SwitchMLP):
        original: Any = layer_class.__call__
        if getattr(original, "is_balanced", False):
            continue

        def balanced(self: Any, x: mx.array, indices: mx.array, *, original: Any = original) -> mx.array:
            first: Any = next(module for _, module in self.named_modules() if hasattr(module, "num_experts"))
            return original(self, x, _even_indices(self, indices.shape, first.num_experts, seed=seed))

        balanced.is_balanced = True  # type: ignore[attr-defined]
        layer_class.__call__ = balanced  # type: ignore[method-assign]


def filled_cache(model: Any, *, depth_tokens: int, step_tokens: int, batch_count: int = 1) -> list[Any]:
    """A prompt cache as after a stepwise prefill of `depth_tokens`, filled with random keys and values."""
    if depth_tokens == 0:
        return mlx_cache.make_prompt_cache(model)
    shapes = mlx_cache.make_prompt_cache(model)
    model(mx.ones((batch_count, 1), mx.int32), cache=shapes)
    mx.eval([one.state for one in shapes])
    fresh = mlx_cache.make_prompt_cache(model)
    for empty, known in zip(fresh, shapes, strict=True):
        _fill(empty, known, depth_tokens=depth_tokens, step_tokens=step_tokens)
        mx.eval(empty.state)
    return fresh


def _layers(model: Any) -> list[Any]:
    """The model's layers; empty if the architecture does not expose them, and then none are shared."""
    found: Any = getattr(model, "layers", None)
    return list(found) if isinstance(found, list | tuple) else []


def _alias(layers: list[Any], distinct_layer_count: int) -> int:
    """Give each layer the arrays of one of the first few of its kind, in rotation, and return the number of donors."""
    if distinct_layer_count <= 0:
        return len(layers)
    kinds: dict[Any, list[Any]] = {}
    for layer in layers:
        shapes = tuple((path, tuple(array.shape), str(array.dtype)) for path, array in tree_flatten(layer.parameters()))
        kinds.setdefault((type(layer), shapes), []).append(layer)
    for same in kinds.values():
        for number, layer in enumerate(same[distinct_layer_count:]):
            layer.update(same[number % distinct_layer_count].parameters())
    return sum(min(len(same), distinct_layer_count) for same in kinds.values())


def _randomise(module: Any) -> None:
    """Give one quantised matrix random packed words and scales in the form of its mode."""
    weight, scales, bits = module["weight"], module["scales"], int(module.bits)
    mode = str(getattr(module, "mode", "affine"))
    words = mx.random.randint(0, 2**16, (*weight.shape[:-1], weight.shape[-1] * 2), dtype=mx.uint16)
    if mode == "mxfp8":
        words = mx.bitwise_and(words, mx.array(_NO_NAN_E4M3, mx.uint16))
    input_count = weight.shape[-1] * 32 // bits
    size = 1 / math.sqrt(input_count)
    module.weight = words.view(mx.uint32)
    if mode == "affine":
        scale = size * math.sqrt(12) / 2**bits
        module.scales = (scale * mx.random.uniform(0.5, 1.5, scales.shape)).astype(scales.dtype)
        module.biases = (module.scales.astype(mx.float32) * (-(2**bits - 1) / 2)).astype(scales.dtype)
    else:
        unit = _rms_at_unit_scale(mode, bits, int(module.group_size))
        code = _e4m3_code(size / unit) if mode == "nvfp4" else _E8M0_ONE + round(math.log2(size / unit))
        module.scales = mx.full(scales.shape, code, mx.uint8)


def _rms_at_unit_scale(mode: str, bits: int, group_size: int) -> float:
    words = mx.random.randint(0, 2**16, (64, 4096 * bits // 16), dtype=mx.uint16)
    if mode == "mxfp8":
        words = mx.bitwise_and(words, mx.array(_NO_NAN_E4M3, mx.uint16))
    one = _E4M3_ONE if mode == "nvfp4" else _E8M0_ONE
    scales = mx.full((64, 4096 // group_size), one, mx.uint8)
    plain = mx.dequantize(words.view(mx.uint32), scales, group_size=group_size, bits=bits, mode=mode)
    return float(mx.sqrt(mx.mean(mx.square(plain.astype(mx.float32)))).item())


def _e4m3_code(value: float) -> int:
    """The code of the E4M3 number nearest to a small positive value: 4 exponent bits of bias 7, 3 of mantissa."""
    numbers = {code: _e4m3_value(code) for code in range(1, 0x7F)}
    return min(numbers, key=lambda code: abs(numbers[code] - value))


def _e4m3_value(code: int) -> float:
    exponent, mantissa = code >> 3, code & 7
    return 2.0**-9 * mantissa if exponent == 0 else 2.0 ** (exponent - 7) * (1 + mantissa / 8)


def _replace_zeros(model: Any, path: str, array: mx.array) -> None:
    """Give a matrix that its class initialises to zero small random numbers, because zeros flatter the hardware."""
    if array.ndim > 1 and mx.issubdtype(array.dtype, mx.floating) and not mx.any(array).item():
        array[...] = (mx.random.normal(array.shape) / math.sqrt(array.shape[-1])).astype(array.dtype)
        mx.eval(array)


def _even_indices(owner: Any, shape: tuple[int, ...], expert_count: int, *, seed: int) -> mx.array:
    """Expert numbers of this shape: consecutive entries of a random order, continued from the last call."""
    if "_probe_order" not in owner.__dict__:
        object.__setattr__(
            owner, "_probe_order", mx.random.permutation(expert_count, key=mx.random.key(seed + id(owner) % 997))
        )
        object.__setattr__(owner, "_probe_next", 0)
    start: int = owner.__dict__["_probe_next"]
    count = math.prod(shape)
    object.__setattr__(owner, "_probe_next", (start + count) % expert_count)
    places = (mx.arange(count, dtype=mx.uint32) + start) % expert_count
    return owner.__dict__["_probe_order"].astype(mx.uint32)[places].reshape(shape)


def _fill(empty: Any, known: Any, *, depth_tokens: int, step_tokens: int) -> None:
    if isinstance(empty, mlx_cache.CacheList):
        for part, known_part in zip(empty.caches, known.caches, strict=True):
            _fill(part, known_part, depth_tokens=depth_tokens, step_tokens=step_tokens)
    elif isinstance(empty, mlx_cache.ArraysCache):
        empty.state = known.state
    else:
        for start in range(0, depth_tokens, step_tokens):
            size = min(step_tokens, depth_tokens - start)
            if isinstance(empty, mlx_cache.ChunkedKVCache):
                empty.maybe_trim_front()
            empty.update_and_fetch(_random_like(known.keys, size), _random_like(known.values, size))


def _random_like(known: mx.array, token_count: int) -> mx.array:
    batch, heads, _, dim = known.shape
    return mx.random.normal((batch, heads, token_count, dim)).astype(known.dtype)


def _module(model: Any, path: str) -> Any:
    for part in path.split(".") if path else []:
        model = model[int(part)] if isinstance(model, list) else getattr(model, part)
    return model
