"""Families of towers: how many parameters an encoder of images or sound has, with the projector behind it.

Layouts as in transformers 5.23's modelling code (read 2026-11-26): each family's count is that of the real classes, see
the fixture of towers in the tests.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from measurements.models.config_parts import Json

_MOST_SIZE = 1_000_000
_COLOURS = 3
_AUDIO_BANDS = 128
_HEADS = ("num_heads", "num_attention_heads", "encoder_attention_heads", "attention_heads", "vt_num_attention_heads")


@dataclass(frozen=True, slots=True)
class Encoder:
    """What a family's formulas look at; sizes that the config lacks are 0."""

    fields: Json
    width: int
    depth: int
    feed_forward: int
    text_width: int
    wrapper: Json

    def size(self, *names: str, otherwise: int = 0) -> int:
        """The first of these fields that is a size."""
        return next((found for name in names if (found := whole(self.fields.get(name)))), otherwise)

    def has_bias(self, name: str, *, otherwise: bool) -> bool:
        """A flag of the wrapper."""
        value = self.wrapper.get(name)
        return value if isinstance(value, bool) else otherwise

    def blocks(self, *, gated: bool, bias: bool, norm_parts: int, feed_bias: bool | None = None) -> int:
        """All layers: queries, keys, values and output, a feed-forward layer, and `norm_parts` vectors of norms."""
        width, wide = self.width, self.feed_forward
        heads = self.size(*_HEADS, otherwise=1)
        keys = width * self.size("num_key_value_heads", otherwise=heads) // heads
        attention = 2 * width * width + 2 * width * keys + (2 * (width + keys) if bias else 0)
        matrices = 3 if gated else 2
        feed = matrices * width * wide + (
            (matrices - 1) * wide + width if (bias if feed_bias is None else feed_bias) else 0
        )
        return self.depth * (attention + feed + norm_parts * width)

    def patches(self, *, bias: bool, frames: int = 1) -> int:
        """The projection of a patch's pixels, of `frames` frames where the config names no number."""
        patch = self.size("patch_size", "spatial_patch_size", otherwise=14)
        depth = self.size("temporal_patch_size", otherwise=frames)
        return _COLOURS * depth * patch * patch * self.width + (self.width if bias else 0)

    def grid(self) -> int:
        """Patches of a whole image."""
        return (self.size("image_size", otherwise=224) // self.size("patch_size", otherwise=14)) ** 2


def _qwen2_vl(one: Encoder) -> int:
    return (
        one.patches(bias=False, frames=2)
        + one.blocks(gated=False, bias=True, norm_parts=4)
        + _merger(one, norm=2 * one.width, out=one.size("hidden_size", otherwise=one.text_width))
    )


def _qwen2_5_vl(one: Encoder) -> int:
    out = one.size("out_hidden_size", otherwise=one.text_width)
    blocks = one.blocks(gated=True, bias=True, norm_parts=2)
    return one.patches(bias=False, frames=2) + blocks + _merger(one, norm=one.width, out=out)


def _qwen3_vl(one: Encoder) -> int:
    out = one.size("out_hidden_size", otherwise=one.text_width)
    deep: Any = one.fields.get("deepstack_visual_indexes")
    extra = len(cast("list[Any]", deep)) if isinstance(deep, list) else 0
    merged = one.width * one.size("spatial_merge_size", otherwise=2) ** 2
    return (
        one.patches(bias=True, frames=2)
        + one.size("num_position_embeddings") * one.width
        + one.blocks(gated=False, bias=True, norm_parts=4)
        + _merger(one, norm=2 * one.width, out=out)
        + extra * _merger(one, norm=2 * merged, out=out)
    )


def _merger(one: Encoder, *, norm: int, out: int) -> int:
    """A norm and two layers over neighbouring patches."""
    merged = one.width * one.size("spatial_merge_size", otherwise=2) ** 2
    return norm + merged * merged + merged + merged * out + out


def _pixtral(one: Encoder) -> int:
    encoder = one.patches(bias=False) + one.width + one.blocks(gated=True, bias=False, norm_parts=2)
    is_llava = str(one.wrapper.get("model_type")) == "llava"
    bias = 2 * one.text_width if one.has_bias("multimodal_projector_bias", otherwise=is_llava) else 0
    projector = one.width * one.text_width + one.text_width**2 + bias
    merge = whole(one.wrapper.get("spatial_merge_size"))
    return encoder + projector + (one.width + merge**2 * one.width**2 if merge else 0)


def _siglip(one: Encoder) -> int:
    encoder = one.patches(bias=True) + one.grid() * one.width + 2 * one.width
    encoder += one.blocks(gated=False, bias=True, norm_parts=4)
    wrapper = str(one.wrapper.get("model_type"))
    if wrapper.startswith(("idefics3", "smolvlm")):
        return encoder + one.width * (whole(one.wrapper.get("scale_factor")) or 2) ** 2 * one.text_width
    if wrapper.startswith("llava"):
        return encoder + _two_layers(one, one.width)
    if wrapper.startswith("paligemma"):
        out = whole(one.wrapper.get("projection_dim")) or one.text_width
        return encoder + one.width * out + out
    return encoder + one.width * one.text_width + one.width


def _clip(one: Encoder) -> int:
    encoder = one.width + one.patches(bias=False) + (one.grid() + 1) * one.width + 4 * one.width
    return encoder + one.blocks(gated=False, bias=True, norm_parts=4) + _two_layers(one, one.width)


def _two_layers(one: Encoder, width: int) -> int:
    return width * one.text_width + one.text_width**2 + 2 * one.text_width


def _gemma4(one: Encoder) -> int:
    width, heads = one.width, one.size("num_attention_heads", otherwise=1)
    head = one.size("head_dim", otherwise=width // heads)
    keys = one.size("num_key_value_heads", otherwise=heads)
    layer = 2 * width * head * (heads + keys) + 2 * head + 4 * width + 3 * width * one.feed_forward
    table = 2 * one.size("position_embedding_size", otherwise=10_240) * width
    standard = 2 * width if one.fields.get("standardize") else 0
    return one.patches(bias=False) + table + one.depth * layer + standard + width * one.text_width


def _moon_vit(one: Encoder) -> int:
    rows, columns = (one.size(name, otherwise=64) for name in ("init_pos_emb_height", "init_pos_emb_width"))
    merged = one.width * 4
    projector = 2 * one.width + merged * merged + merged + merged * one.text_width + one.text_width
    return (
        one.patches(bias=True)
        + rows * columns * one.width
        + one.blocks(gated=False, bias=True, norm_parts=4)
        + 2 * one.width
        + projector
    )


def _llama4(one: Encoder) -> int:
    inputs, outputs = (one.size(name, otherwise=4096) for name in ("projector_input_dim", "projector_output_dim"))
    out = one.size("vision_output_dim", otherwise=outputs)
    return (
        one.patches(bias=False)
        + one.width
        + (one.grid() + 1) * one.width
        + 4 * one.width
        + one.blocks(gated=False, bias=True, norm_parts=4)
        + one.feed_forward * inputs
        + outputs * outputs
        + out * one.text_width
    )


def _whisper(one: Encoder) -> int:
    """Whisper's encoder: two convolutions, positions, layers whose keys have no bias; then the wrapper's projector."""
    width, bands = one.width, one.size("num_mel_bins", otherwise=128)
    convolutions = bands * 3 * width + width + 3 * width * width + width
    positions = one.size("max_source_positions", otherwise=1500) * width
    blocks = one.blocks(gated=False, bias=True, norm_parts=4) - one.depth * width
    encoder = convolutions + positions + blocks + 2 * width
    if str(one.wrapper.get("model_type")).startswith("voxtral"):
        return encoder + one.feed_forward * one.text_width + one.text_width**2
    return encoder + width * one.text_width + one.text_width


def _intern_vit(one: Encoder) -> int:
    biased = one.fields.get("attention_bias", one.fields.get("qkv_bias")) is True
    blocks = one.blocks(gated=False, bias=True, norm_parts=6) - (0 if biased else 3 * one.depth * one.width)
    merged = 4 * one.width
    projector = 2 * merged + merged * one.text_width + one.text_width**2 + 2 * one.text_width
    return one.patches(bias=True) + one.width + (one.grid() + 1) * one.width + blocks + projector


def _glm4v(one: Encoder) -> int:
    out, side = one.size("out_hidden_size", otherwise=one.text_width), one.size("spatial_merge_size", otherwise=2)
    layer = 4 * one.width**2 + 3 * one.width * out + 2 * one.width
    merger = out * out + 2 * out + 3 * out * one.feed_forward
    downsample = one.width * out * side**2 + out
    ends = one.patches(bias=True, frames=2) + one.grid() * one.width + 2 * one.width
    return ends + one.depth * layer + downsample + merger


def _gemma4_audio(one: Encoder) -> int:
    """A conformer: two feed-forward layers, attention with relative keys, a light convolution."""
    width, heads = one.width, one.size("num_attention_heads", otherwise=8)
    channels: Any = one.fields.get("subsampling_conv_channels") or (128, 32)
    first, second = int(channels[0]), int(channels[1])
    kernel = one.size("conv_kernel_size", otherwise=5)
    layer = 24 * width * width + width // heads + (9 + kernel) * width
    out = one.size("output_proj_dims", otherwise=1536)
    start = 9 * first + first + 9 * first * second + second + second * _AUDIO_BANDS // 4 * width
    return start + one.depth * layer + width * out + out + out * one.text_width


def from_width_and_depth(one: Encoder) -> int:
    """4 width^2 + 2 or 3 width x feed-forward per layer, the patches, and a projector of two layers."""
    gated = str(one.fields.get("hidden_act", "")) in ("silu", "swiglu", "swish")
    blocks = one.blocks(gated=gated, bias=False, norm_parts=2)
    return one.patches(bias=False) + blocks + one.width * one.text_width + one.text_width**2


FAMILIES: Mapping[str, Callable[[Encoder], int]] = {
    "qwen2_vl": _qwen2_vl,
    "qwen2_5_vl": _qwen2_5_vl,
    "qwen3_vl": _qwen3_vl,
    "pixtral": _pixtral,
    "siglip": _siglip,
    "clip": _clip,
    "gemma4": _gemma4,
    "moon_vit": _moon_vit,
    "llama4": _llama4,
    "intern_vit": _intern_vit,
    "glm4v": _glm4v,
    "whisper": _whisper,
    "gemma4_audio": _gemma4_audio,
}


def whole(value: Any) -> int:
    """A size; 0 for what is none. Of a pair (height, width) the first."""
    if isinstance(value, list) and value:
        value = cast("list[Any]", value)[0]
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MOST_SIZE else 0
