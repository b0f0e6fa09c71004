"""Language models by their shapes, the formats of their weights, and the runtimes that serve them."""

import math
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from calculator.catalog.checkpoint import ReleasedWeights, Tower
from calculator.evidence import Basis, Entry, IsoDate, Quantity
from calculator.units import NonNegative, Positive

WeightClass = Literal["4-bit", "5-bit", "6-bit", "8-bit", "16-bit"]
"""What a person chooses; each runtime maps it to the weight format that it really loads."""

Vendor = Literal["apple", "nvidia", "amd", "intel"]
MAKERS: dict[Vendor, str] = {"apple": "Apple", "nvidia": "NVIDIA", "amd": "AMD", "intel": "Intel"}
"""How people write them."""
Split = Literal["layer", "tensor"]

TensorRole = Literal[
    "embedding",
    "output",
    "attn_q",
    "attn_k",
    "attn_v",
    "attn_qkv",
    "attn_gate",
    "attn_output",
    "attn_q_a",
    "attn_q_b",
    "attn_kv_a",
    "attn_k_b",
    "attn_v_b",
    "indexer",
    "compressor",
    "ffn_gate",
    "ffn_up",
    "ffn_gate_up",
    "ffn_down",
    "expert_gate",
    "expert_up",
    "expert_down",
    "shared_expert_gate",
    "shared_expert_up",
    "shared_expert_down",
    "router",
    "recurrent_in",
    "recurrent_out",
    "recurrent_small",
    "convolution",
    "norm",
    "bias",
    "other",
]
"""What a tensor is for. embedding: a lookup, read once per token and not per step (where there is no `output` it is the
head as well). attn_q_a ... attn_v_b: latent attention (MLA). recurrent_*: state space and linear attention layers."""

EXPERT_ROLES = frozenset(("expert_gate", "expert_up", "expert_down"))


class TensorGroup(Entry):
    """Tensors of one role and shape: `count` of them, each `shape` as stored (experts first where there are experts).

    `layers` names the layers that hold them, as "0-2,5,8": llama.cpp's rules look at the layer's number. `quantizable`:
    mlx-lm packs it (a norm, a bias, a router kept exact are not). `mlx_bits`: the width that mlx-lm's own predicate
    prescribes whatever the format; 0 where the format decides. `stored_bits`: width in an unpacked MLX model
    (2 in BitNet's, which are born packed). `released_bytes`: bytes of one such tensor in the maker's checkpoint, its
    scales included, where that packs it; 0 where it does not.
    """

    role: TensorRole
    shape: tuple[Annotated[int, Field(ge=1)], ...] = Field(min_length=1)
    count: int = Field(ge=1)
    layers: str = Field(default="", pattern=r"^(\d+(-\d+)?(,\d+(-\d+)?)*)?$")
    quantizable: bool = False
    mlx_bits: Literal[0, 8] = 0
    stored_bits: Literal[2, 16, 32] = 16
    released_bytes: int = Field(default=0, ge=0)

    def parameter_count(self) -> int:
        """How many numbers the group holds."""
        return math.prod(self.shape) * self.count

    def layer_numbers(self) -> tuple[int, ...]:
        """The layers, one by one; empty for tensors outside the layers."""
        found: list[int] = []
        for part in filter(None, self.layers.split(",")):
            first, _, last = part.partition("-")
            found.extend(range(int(first), int(last or first) + 1))
        return tuple(found)


class CacheGroup(Entry):
    """How `layer_count` layers remember the past; bytes follow in physics/memory/kv_cache.py.

    full: kv_head_count x (key_dim + value_dim) per token. sliding: the same for the last window_tokens only. chunked: a
    window that starts afresh every window_tokens (Llama 4). latent: key_dim + value_dim per token shared by all heads
    (MLA). compressed: one entry per `entry_tokens` tokens. recurrent: state_bytes, whatever the context.
    `query_head_count` heads of query_key_dim and query_value_dim do the attention (0: as cached); they decide the work
    of prefill and whether MLX has a fused kernel for it.
    """

    kind: Literal["full", "sliding", "chunked", "latent", "compressed", "recurrent"]
    layer_count: int = Field(ge=1)
    query_head_count: int = Field(default=0, ge=0)
    query_key_dim: int = Field(default=0, ge=0)
    query_value_dim: int = Field(default=0, ge=0)
    kv_head_count: int = Field(default=0, ge=0)
    key_dim: int = Field(default=0, ge=0)
    value_dim: int = Field(default=0, ge=0)
    window_tokens: int = Field(default=0, ge=0)
    entry_tokens: int = Field(default=1, ge=1)
    state_bytes: int = Field(default=0, ge=0)
    note: str = ""

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Self:
        if self.kind == "recurrent":
            if not self.state_bytes:
                raise ValueError("a recurrent cache needs state_bytes; add it.")
        elif not self.kv_head_count or not self.key_dim:
            raise ValueError(f"a {self.kind} cache needs kv_head_count and key_dim; add them.")
        if self.kind in ("sliding", "chunked") and not self.window_tokens:
            raise ValueError(f"a {self.kind} cache needs window_tokens; add it.")
        return self


class LanguageModel(Entry):
    """An open-weights model by its shapes. models/<id>.toml, written by `python -m measurements describe CONFIG.json`.

    `basis` is that of the shapes: published (the maker's config.json or a copy of it), derived (from a relative of the
    same architecture; the note says which).
    """

    id: str
    name: str
    family: str
    released: IsoDate
    basis: Basis
    source: str
    source_url: str
    as_of: IsoDate
    architecture: str = Field(description="model_type of config.json")
    layer_count: int = Field(ge=1)
    hidden_dim: int = Field(ge=1)
    attention_head_count: int = Field(ge=0)
    kv_head_count: int = Field(ge=0)
    head_dim: int = Field(ge=0)
    vocabulary_count: int = Field(ge=1)
    context_limit_tokens: int = Field(ge=1)
    expert_count: int = Field(default=0, ge=0)
    active_expert_count: int = Field(default=0, ge=0)
    native_experts: Literal["", "mxfp4"] = Field(
        default="", description="packing in which the maker published the experts"
    )
    released_weights: ReleasedWeights | None = Field(
        default=None, description="how the maker's checkpoint is packed; none where it is 16 bits wide or not known"
    )
    towers: tuple[Tower, ...] = Field(default=(), description="encoders beside the language model; not in `tensors`")
    tensors: tuple[TensorGroup, ...] = Field(min_length=1)
    caches: tuple[CacheGroup, ...] = Field(min_length=1)
    note: str = ""

    @model_validator(mode="after")
    def _experts_are_consistent(self) -> Self:
        if self.active_expert_count > self.expert_count:
            raise ValueError(
                f"active_expert_count is {self.active_expert_count}; it must not exceed expert_count, "
                f"{self.expert_count}. Correct one of them."
            )
        if bool(self.expert_count) != any(group.role in EXPERT_ROLES for group in self.tensors):
            raise ValueError(
                "expert_count and the tensors disagree: experts need expert_* tensors and the other way round."
            )
        return self

    def __hash__(self) -> int:
        """By id: lookups must be fast, and equality still compares every field."""
        return hash(self.id)

    def parameter_count(self) -> int:
        """All parameters that are loaded."""
        return sum(group.parameter_count() for group in self.tensors)

    def active_parameter_count(self) -> int:
        """Parameters that one token passes through: all but the experts not chosen (the makers' "A3B" counts this)."""
        total = 0
        for group in self.tensors:
            share = self.active_expert_count / self.expert_count if group.role in EXPERT_ROLES else 1.0
            total += round(group.parameter_count() * share)
        return total

    def is_tied(self) -> bool:
        """Whether the embedding is the output head as well."""
        return all(group.role != "output" for group in self.tensors)

    def tower_bytes(self) -> int:
        """Bytes of all towers whose layout is known, 16 bits wide."""
        return sum(tower.size_bytes() for tower in self.towers)


class WeightFormat(Entry):
    """How weights are packed. formats/<id>.toml; bytes follow in physics/memory/weights.py.

    plain: the number's own width.
    mlx: `bits` + scale_bits per group of group_size, on every tensor that mlx-lm packs.
    gguf: llama.cpp's mixture `recipe`, tensor by tensor (physics/memory/gguf.py), with `overrides` of ggml types per
        role.
    linear: the linear layers of a vLLM, SGLang or ExLlama checkpoint, `bits` + scale_bits per group (group_size 0: per
        row), `row_bits` per output and `column_bits` per input of a matrix; the roles in `keeps` stay 16 bits wide and
        the head is output_bits where given.
    nominal: nobody published the mixture; bits_per_weight of all parameters.
    released: the maker's checkpoint as it is; `mode` says what the runtime makes of it (released_format.py).
    """

    id: str
    name: str
    scheme: Literal["plain", "mlx", "gguf", "linear", "nominal", "released"]
    weight_class: WeightClass
    bits: Positive
    group_size: int = Field(default=0, ge=0)
    scale_bits: NonNegative = 0
    row_bits: NonNegative = 0
    column_bits: NonNegative = 0
    output_bits: NonNegative = 0
    keeps: tuple[TensorRole, ...] = ()
    mode: str = Field(default="", description="mlx-lm's quantisation mode: affine, mxfp4, nvfp4, mxfp8")
    recipe: str = Field(default="", description="llama.cpp's file type, as `llama-quantize` writes it in lower case")
    overrides: dict[TensorRole, str] = Field(default_factory=dict[TensorRole, str])
    bits_per_weight: Quantity = Field(
        description="range over the catalogue's models, for a person's eye; never computed with, but for `nominal`"
    )
    aliases: tuple[str, ...] = ()
    note: str = ""

    def __hash__(self) -> int:
        """By id: lookups must be fast, and equality still compares every field."""
        return hash(self.id)

    @model_validator(mode="after")
    def _has_what_its_scheme_needs(self) -> Self:
        if self.scheme == "mlx" and not (self.group_size and self.mode):
            raise ValueError("a mlx format needs group_size and mode; add them.")
        if self.scheme == "gguf" and not self.recipe:
            raise ValueError('a gguf format needs its recipe; add recipe = "q4_k_m" or the like.')
        return self


class LargeCard(Entry):
    """Defaults that a runtime chooses on cards of `memory_gib` and more, but for `excluded_chips`."""

    memory_gib: Positive
    prefill_step_tokens: int = Field(ge=1)
    most_sequences: int = Field(ge=1)
    graphs_gib: Quantity
    excluded_chips: tuple[str, ...] = ()


class Runtime(Entry):
    """The software that serves. runtimes/<id>.toml

    cache: how keys and values are laid out (physics/memory/kv_cache.py).
    formats: which format a weight class means here.
    overhead_gib: context, graphs, workspaces on every chip beside weights, cache and the prefill's transient.
    memory_use_fraction: share of a card that it may take at all (vLLM's gpu_memory_utilization).
    drops_old_tokens: a sliding window's old tokens are let go; else every layer holds the whole context.
    loads_towers: encoders of images and sound are loaded with the language model.
    tensor_split_by: what a tensor split must divide among the chips: attention heads, or heads of keys and values too.
    """

    id: str
    name: str
    version: str
    vendors: tuple[Vendor, ...] = Field(min_length=1)
    formats: dict[WeightClass, str]
    own_formats: dict[str, str] = Field(
        default_factory=dict[str, str], description="formats of one name that are another one on this runtime"
    )
    splits: tuple[Split, ...] = ("layer",)
    cache: Literal["mlx", "llama.cpp", "paged", "contiguous"]
    drops_old_tokens: bool
    cache_block_tokens: int = Field(ge=1, description="tokens by which the cache grows")
    kv_bits: tuple[int, ...] = Field(default=(16,), description="widths of the cache that it offers")
    kv_scale_bits: NonNegative = Field(default=0, description="bits of scales per number of a packed cache")
    packs_sliding_caches: bool = Field(default=True, description="can pack the cache of a sliding window")
    embedding_on_host: bool = Field(
        default=False, description="keeps the token embedding out of the GPU's memory, but on Apple"
    )
    loads_towers: bool = False
    mlx_weights_by: str = Field(default="", description="the runtime that it becomes with MLX weights")
    tensor_split_by: Literal["", "heads", "heads and kv heads"] = ""
    transient: Literal["mlx", "llama.cpp", "vllm", "included"] = Field(
        description="how prefill's work space is estimated"
    )
    overhead_gib: Quantity
    unified_overhead_gib: Quantity | None = Field(
        default=None, description="the same in unified memory, where it differs"
    )
    prefill_step_tokens: int = Field(ge=1)
    most_sequences: int = Field(default=0, ge=0, description="sequences at once that it reserves room for at its start")
    large_card: LargeCard | None = None
    links_gib: Quantity | None = Field(default=None, description="buffers of the exchange, per card of several")
    graphs_gib: Quantity | None = Field(
        default=None, description="captured graphs per card, outside of memory_use_fraction"
    )
    memory_use_fraction: Quantity | None = None
    kept_prompt_count: int = Field(
        default=0, ge=0, description="finished prompts whose cache its server keeps by default"
    )
    source: str
    as_of: IsoDate
    note: str = ""

    def __hash__(self) -> int:
        """By id: lookups must be fast, and equality still compares every field."""
        return hash(self.id)
