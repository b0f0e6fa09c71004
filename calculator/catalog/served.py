"""What is served, and with what? Language models by their shapes, weight formats, runtimes: models/, formats/, runtimes/."""

import math
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from calculator.evidence import Basis, Entry, IsoDate, Quantity
from calculator.units import Fraction

WeightClass = Literal["4-bit", "5-bit", "6-bit", "8-bit", "16-bit"]
"""What a person chooses; each runtime maps it to the weight format that it really loads."""

Vendor = Literal["apple", "nvidia", "amd"]
Split = Literal["layer", "tensor"]

TensorRole = Literal[
    "embedding", "output",
    "attn_q", "attn_k", "attn_v", "attn_qkv", "attn_gate", "attn_output",
    "attn_q_a", "attn_q_b", "attn_kv_a", "attn_k_b", "attn_v_b", "indexer", "compressor",
    "ffn_gate", "ffn_up", "ffn_gate_up", "ffn_down",
    "expert_gate", "expert_up", "expert_down", "shared_expert_gate", "shared_expert_up", "shared_expert_down", "router",
    "recurrent_in", "recurrent_out", "recurrent_small", "convolution", "norm", "bias", "other",
]  # fmt: skip
"""What a tensor is for. embedding: a lookup, read once per token and not per step (where there is no `output` it is the
head as well). attn_q_a ... attn_v_b: latent attention (MLA). recurrent_*: state space and linear attention layers."""

EXPERT_ROLES = frozenset(("expert_gate", "expert_up", "expert_down"))


class TensorGroup(Entry):
    """Tensors of one role and shape: `count` of them, each `shape` as stored (experts first where there are experts).

    `layers` names the layers that hold them, as "0-2,5,8": llama.cpp's rules look at the layer's number. `quantizable`:
    mlx-lm packs it (a norm, a bias, a router kept exact are not). `mlx_bits`: the width that mlx-lm's own predicate
    prescribes whatever the format; 0 where the format decides. `stored_bits`: width in an unpacked MLX model.
    """

    role: TensorRole
    shape: tuple[Annotated[int, Field(ge=1)], ...] = Field(min_length=1)
    count: int = Field(ge=1)
    layers: str = Field(default="", pattern=r"^(\d+(-\d+)?(,\d+(-\d+)?)*)?$")
    quantizable: bool = False
    mlx_bits: Literal[0, 8] = 0
    stored_bits: Literal[16, 32] = 16

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
    """How `layer_count` layers remember the past; bytes follow in physics/kv_cache.py.

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
    tensors: tuple[TensorGroup, ...] = Field(min_length=1)
    caches: tuple[CacheGroup, ...] = Field(min_length=1)
    note: str = ""

    @model_validator(mode="after")
    def _experts_are_consistent(self) -> Self:
        if self.active_expert_count > self.expert_count:
            raise ValueError(
                f"active_expert_count is {self.active_expert_count}; it must not exceed expert_count, {self.expert_count}."
            )
        if bool(self.expert_count) != any(group.role in EXPERT_ROLES for group in self.tensors):
            raise ValueError(
                "expert_count and the tensors disagree: experts need expert_* tensors and the other way round."
            )
        return self

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


class WeightFormat(Entry):
    """How weights are packed. formats/<id>.toml

    scheme plain: `bits` each. affine (MLX): bits + scale_bits per group of group_size. mx: block formats of MLX.
    gguf: the mixture that llama.cpp's rules give for `recipe`. gptq, fp8, nvfp4, exl: see physics/memory.py.
    """

    id: str
    name: str
    scheme: Literal["plain", "affine", "gguf", "gptq", "fp8", "nvfp4", "exl", "nominal"]
    weight_class: WeightClass
    bits: float
    group_size: int | None = None
    scale_bits: float = 0
    recipe: str = ""
    bits_per_weight: Quantity
    aliases: tuple[str, ...] = ()
    note: str = ""


class Runtime(Entry):
    """The software that serves. runtimes/<id>.toml"""

    id: str
    name: str
    version: str
    vendors: tuple[Vendor, ...]
    formats: dict[WeightClass, str] = Field(description="which format a weight class means on this runtime")
    splits: tuple[Split, ...]
    sliding_window_saves: bool = Field(description="keeps only the window's tokens, instead of full pages")
    overhead_gib: Quantity
    prefill_step_tokens: int = Field(ge=1)
    memory_use_fraction: Fraction = 1.0
    source: str
    note: str = ""
