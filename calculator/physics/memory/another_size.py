"""Models of any other size: dense ones in Llama 3's proportions, so that every parameter count has shapes."""

import functools

from calculator.catalog.models import CacheGroup, LanguageModel, TensorGroup
from calculator.errors import ScenarioError
from calculator.units import PARAMETERS_PER_BILLION, plain_number

_HEAD_DIM, _KV_HEADS, _VOCABULARY, _CONTEXT = 128, 8, 128_256, 131_072
_STEP = 256
_TIED_BELOW = 4_000_000_000
_SMALLEST_B, _LARGEST_B = 0.1, 3000.0


@functools.lru_cache(maxsize=256)
def custom_model(*, parameters_b: float) -> LanguageModel:
    """A dense model with grouped-query attention and `parameters_b` billion parameters.

    Rule, from Llama 3 (8B: width 4096, 32 layers; 70B: 8192, 80; 405B: 16384, 126): layers = 32 (w/4096)^1.32 up to
    width 8192 and 80 (w/8192)^0.655 beyond; heads of 128, at most 8 key-value heads; feed-forward at least 3.4 w;
    vocabulary 128,256, tied below 4 billion. The widest such model that is not larger is taken; its feed-forward,
    then its vocabulary take up the rest, so that the parameter count is met within one row of the vocabulary and
    bytes never fall as it grows. Raises ScenarioError outside 0.1..3000.
    """
    if not _SMALLEST_B <= parameters_b <= _LARGEST_B:
        raise ScenarioError(
            f"another_size_b is {plain_number(parameters_b)}; it must lie in "
            f"{plain_number(_SMALLEST_B)}..{plain_number(_LARGEST_B)}. Enter 70 for 70 billion."
        )
    wanted = round(parameters_b * PARAMETERS_PER_BILLION)
    heads_of_table = 1 if wanted < _TIED_BELOW else 2
    width = _STEP
    while _smallest(width + _STEP, heads_of_table) <= wanted:
        width += _STEP
    layers = _layer_count(width)
    rest = wanted - _smallest(width, heads_of_table) + 3 * width * _ffn(width) * layers
    ffn = rest // (3 * width * layers) // _STEP * _STEP
    rows = (rest - 3 * width * ffn * layers) // (heads_of_table * width)
    return _model(
        parameters_b, width=width, layers=layers, ffn=ffn, vocabulary=_VOCABULARY + rows, tied=heads_of_table == 1
    )


def _layer_count(width: int) -> int:
    if width <= 8192:
        return max(4, round(32 * (width / 4096) ** 1.32))
    return round(80 * (width / 8192) ** 0.655)


def _ffn(width: int) -> int:
    """The narrowest feed-forward layer that the rule allows."""
    return -(-int(3.4 * width) // _STEP) * _STEP


def _smallest(width: int, tables: int) -> int:
    """Parameters of the smallest model of this width."""
    kv = min(_KV_HEADS, width // _HEAD_DIM) * _HEAD_DIM
    per_layer = 2 * width * width + 2 * width * kv + 3 * width * _ffn(width) + 2 * width
    return _layer_count(width) * per_layer + tables * _VOCABULARY * width + width


def _model(parameters_b: float, *, width: int, layers: int, ffn: int, vocabulary: int, tied: bool) -> LanguageModel:
    heads = width // _HEAD_DIM
    kv_heads = min(_KV_HEADS, heads)
    everywhere = f"0-{layers - 1}"

    def matrix(role: str, rows: int, columns: int) -> TensorGroup:
        fields = {"role": role, "shape": (rows, columns), "count": layers, "layers": everywhere, "quantizable": True}
        return TensorGroup.model_validate(fields)

    tensors = [
        TensorGroup(role="embedding", shape=(vocabulary, width), count=1, quantizable=True),
        matrix("attn_q", width, width),
        matrix("attn_k", kv_heads * _HEAD_DIM, width),
        matrix("attn_v", kv_heads * _HEAD_DIM, width),
        matrix("attn_output", width, width),
        matrix("ffn_gate", ffn, width),
        matrix("ffn_up", ffn, width),
        matrix("ffn_down", width, ffn),
        TensorGroup(role="norm", shape=(width,), count=2 * layers + 1, layers=everywhere),
    ]
    if not tied:
        tensors.append(TensorGroup(role="output", shape=(vocabulary, width), count=1, quantizable=True))
    cache = CacheGroup(
        kind="full",
        layer_count=layers,
        query_head_count=heads,
        kv_head_count=kv_heads,
        key_dim=_HEAD_DIM,
        value_dim=_HEAD_DIM,
    )
    return LanguageModel(
        id="another-size",
        name=f"{plain_number(parameters_b)} billion parameters, dense",
        family="llama-3",
        released="2024-04",
        basis="derived",
        source="proportions of Llama 3 8B, 70B and 405B",
        source_url="https://arxiv.org/abs/2407.21783",
        as_of="2026-11-22",
        architecture="llama",
        layer_count=layers,
        hidden_dim=width,
        attention_head_count=heads,
        kv_head_count=kv_heads,
        head_dim=_HEAD_DIM,
        vocabulary_count=vocabulary,
        context_limit_tokens=_CONTEXT,
        tensors=tuple(tensors),
        caches=(cache,),
        note="a stated architecture rule, not a model that exists",
    )
