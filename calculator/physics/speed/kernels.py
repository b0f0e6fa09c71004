"""Kernels: how llama.cpp multiplies weights when it reads a prompt, and how many cards it keeps busy.

What a build does follows from its date and its compute library. Dates and reasons are those of the pull requests and
issues named, read on 2026-11-27.
"""

from calculator.catalog.models import WeightFormat
from calculator.catalog.options import Chip
from calculator.physics.memory.work import Work
from calculator.physics.speed.classes import (
    EXCHANGE_BYTES_PER_VALUE,
    EXCHANGES_PER_LAYER,
    Conditions,
    LinkKind,
    bits_class,
    passes_over_link,
    shader_ratio,
)
from calculator.units import BITS_PER_BYTE, FLOPS_PER_TFLOP, MS_PER_S, NS_PER_S, US_PER_S

YEARS_SINCE_PACKED_PRODUCTS = 2.25
"""Since June 2024 NVIDIA's tensor cores multiply packed weights as they are; before, llama.cpp unpacked them to 16
bits for each chunk and left the product to a library."""
YEARS_SINCE_PACKED_PRODUCTS_HIP = 0.75
"""The same on AMD's RDNA 3 and 3.5 with HIP, since December 2025 (github.com/ggml-org/llama.cpp/pull/17576)."""
YEARS_SINCE_LONG_QUEUE = 0.6
"""Since late January 2026 llama.cpp asks the driver for a launch queue four times as long: a full one had left cards
of a pipeline idle (github.com/ggml-org/llama.cpp/pull/19042)."""
LONG_QUEUE_RATIO = 4.0

FAMILIES_WITHOUT_LIBRARY = frozenset({"amd-rdna3.5"})
"""Chips for which rocBLAS had only generic kernels before ROCm 7, which make no use of the matrix instructions."""
GENERIC_LIBRARIES = frozenset({"hip", "rocwmma"})
"""Backends that call rocBLAS without hipBLASLt, which has kernels of its own; ROCm 7 takes that by itself."""

UNPACKED_BYTES = 2.0 * 2.0
"""Bytes of a weight that is unpacked: 16 bits are written once and read once."""
LAUNCH_US = 5.0
"""An assumption: what the processor takes to start one kernel, of 4 to 10 us by the drivers' own guides."""
LAUNCHES_PER_EXPERT = 3 * 4
"""Three matrices; each is unpacked, its input narrowed, multiplied, and its result widened."""
YEARS_SINCE_SORTED_AT_ONCE = 1.05
"""Since late August 2025 the card itself sorts a chunk's tokens by expert, in CUDA and HIP
(github.com/ggml-org/llama.cpp/pull/15525), and with all threads of a group in Vulkan (pull/15427). Before, each choice
of each token was compared with each expert, one after the other."""
OLLAMA_LAG_YEARS = 0.25
"""An assumption: Ollama carries a copy of llama.cpp's kernels that is months old
(github.com/ollama/ollama/issues/14861)."""
MATRICES_PER_EXPERT = 3.0
COMPARISON_NS = 2.0
"""An assumption of 1 to 4: an RTX 3090 read Qwen3 30B-A3B (147,456 comparisons a token) 0.29 ms a token sooner with
pull/15427; an A10 read it 0.55 ms a token slower than its 32B sibling lets one expect (llama.cpp/issues/13652)."""

CONVERTED_BYTES = 2.0 + 4.0
"""A number that a library's 16-bit product takes or gives is 32 bits elsewhere: read in one width, written in the
other."""
MATRICES_PER_LAYER = 7.0
"""Queries, keys, values, output, gate, up, down."""

YEARS_SINCE_LARGE_TILES = 0.67
"""Since January 2026 Vulkan builds multiply in large tiles on AMD's chips with Mesa's driver
(github.com/ggml-org/llama.cpp/pull/18749)."""
SMALL_TILES_RATIO = 2.0
"""An assumption of 1.4 to 2.1, time in small tiles against today's: pull/18749 alone gained 1.36 (Q4_0), 1.50 (Q4_K)
and 1.76 times (Q8_0); its author read Llama 3 8B in Q4_K at 489 tokens/s on a Radeon 8060S in December 2025 (pull/18280)
and at 1,004 a month later (pull/19075)."""
OTHER_THAN_MESA = ("hip", "rocwmma", "vulkan_amdvlk")

PRODUCTS_PER_BLOCK = 32.0
OPERATIONS_PER_BLOCK = 2.0
"""A block of packed weights shares a scale: shaders multiply that with the scale of the inputs, and add the scaled sum
to what they have. Each takes the slot of a multiply-add, which a rate in FLOP counts as two."""
MATRIX_PER_SHADER_RATE = 16.0
"""An assumption where no shader rate is published: the 16-bit matrix rate against it on NVIDIA's server boards (A100:
312 and 19.5 TFLOPS, H100 PCIe: 756 and 51.2)."""
LAYERS_IN_A_QUEUE = 8.0
"""An assumption: the driver's queue holds 1,024 commands; a chunk takes about 64 kernels per layer (products,
unpacking, conversions, attention without flash attention), each with its arguments and its launch."""

MOST_CHUNKS_AT_ONCE = 4.0  # llama.cpp's GGML_SCHED_MAX_COPIES
ROW_SPLIT_BYTES_PER_VALUE = 4.0


def is_unpacked(format: WeightFormat, *, chip: Chip, engine: str, conditions: Conditions) -> bool:
    """Whether an engine unpacks the weights to 16 bits for each chunk and multiplies them from memory."""
    if engine != "llama.cpp" or bits_class(format) == "16":
        return False
    if chip.vendor == "nvidia":
        return conditions.age_years > YEARS_SINCE_PACKED_PRODUCTS
    hip = chip.vendor == "amd" and conditions.backend.startswith(("hip", "rocwmma"))
    return hip and conditions.age_years > YEARS_SINCE_PACKED_PRODUCTS_HIP


def unpacked_ratio(format: WeightFormat) -> float:
    """Bytes that are written and read when weights are unpacked to 16 bits, over those of the packed weights."""
    return UNPACKED_BYTES * BITS_PER_BYTE / format.bits_per_weight.central


def experts_one_by_one_ms(work: Work, *, touched_fraction: float) -> float:
    """Time of one chunk for starting the kernels of each touched expert by itself, ms: what llama.cpp does with experts
    whose weights it unpacks (ggml_cuda_mul_mat_id), in every layer. `touched_fraction` is the share of the experts.
    """
    if not work.expert_fraction:
        return 0.0
    experts = work.experts_per_token / work.expert_fraction * touched_fraction
    return work.layer_count * experts * LAUNCHES_PER_EXPERT * LAUNCH_US * MS_PER_S / US_PER_S


def expert_sorting_ms(work: Work, *, tokens: float, chip: Chip, program: str, engine: str, age_years: float) -> float:
    """Time for sorting a prompt's tokens by expert in old builds, ms; 0 in new ones and on Apple's chips.

    tokens x layers x 3 matrices x experts x experts of a token x the time of a comparison.
    """
    years = YEARS_SINCE_SORTED_AT_ONCE - (OLLAMA_LAG_YEARS if program == "ollama" else 0.0)
    if not work.expert_fraction or engine != "llama.cpp" or chip.vendor == "apple" or age_years <= years:
        return 0.0
    experts = work.experts_per_token / work.expert_fraction
    comparisons = work.layer_count * MATRICES_PER_EXPERT * experts * work.experts_per_token
    return tokens * comparisons * COMPARISON_NS * MS_PER_S / NS_PER_S


def is_library_product(format: WeightFormat, *, chip: Chip, engine: str, conditions: Conditions) -> bool:
    """Whether a library multiplies in 16 bits: unpacked weights, and weights of 16 bits with CUDA and HIP."""
    if is_unpacked(format, chip=chip, engine=engine, conditions=conditions):
        return True
    own = chip.vendor == "nvidia" or (chip.vendor == "amd" and conditions.backend.startswith(("hip", "rocwmma")))
    return engine == "llama.cpp" and own and bits_class(format) == "16"


def converted_bytes(work: Work, *, tokens: float) -> float:
    """Bytes for turning inputs of a library's products into 16 bits and their results back into 32.

    A matrix has hidden_dim on one side, and its weights / hidden_dim numbers on the other.
    """
    numbers = work.linear_flops / 2.0 / work.hidden_dim + MATRICES_PER_LAYER * work.hidden_dim * work.layer_count
    return tokens * numbers * CONVERTED_BYTES


def rescaling_ms(linear_flops: float, *, chip: Chip) -> float:
    """Time of the shaders for scaling the sums of 8-bit products, ms: two operations for each block of 32 products.

    A GeForce or workstation card has a quarter of its matrix rate in shaders, a server board a sixteenth: there it is
    the shaders that bind. 0 where neither rate is published.
    """
    if chip.fp32_tflops is not None:
        tflops = chip.fp32_tflops.central
    elif chip.matrix_tflops is not None:
        tflops = chip.matrix_tflops.central / MATRIX_PER_SHADER_RATE
    else:
        return 0.0
    return linear_flops / PRODUCTS_PER_BLOCK * OPERATIONS_PER_BLOCK / (tflops * FLOPS_PER_TFLOP / MS_PER_S)


def library_slowdown(chip: Chip, *, engine: str, backend: str) -> float:
    """Factor on the time of a product where the library has no kernel for the chip's matrix instructions: matrix rate
    over shader rate; 1 elsewhere.

    llama.cpp before its own kernels took rocBLAS (github.com/ggml-org/llama.cpp/issues/13565), whose generic ones run
    on the shaders of an RDNA 3.5 chip (github.com/ROCm/legacy-rocm-build/issues/4748).
    """
    generic = engine == "llama.cpp" and backend in GENERIC_LIBRARIES and chip.family in FAMILIES_WITHOUT_LIBRARY
    return shader_ratio(chip) if generic else 1.0


def small_tiles_slowdown(work: Work, *, chip: Chip, engine: str, conditions: Conditions) -> float:
    """Factor on the time of the products where a Vulkan build still multiplies in small tiles; 1 elsewhere.

    Experts keep theirs, since a chunk gives each few tokens: the factor counts with the share of the other weights.
    """
    mesa = engine == "llama.cpp" and chip.vendor == "amd" and not conditions.backend.startswith(OTHER_THAN_MESA)
    if not mesa or conditions.age_years <= YEARS_SINCE_LARGE_TILES:
        return 1.0
    return 1.0 + (SMALL_TILES_RATIO - 1.0) * work.dense_bytes / (
        work.dense_bytes + work.expert_bytes * work.expert_fraction
    )


def stages_at_once(card_count: int, *, layer_count: int, chip: Chip, engine: str, age_years: float) -> float:
    """How many cards of a layer split can work on different chunks at once, 1 or more.

    Four at the most: llama.cpp keeps four copies of its buffers. On NVIDIA's cards one thread launches the kernels of
    card after card. Where a card's layers L exceed the q that its queue holds, the thread waits until L - q of them
    have run before it turns to the next card: a chunk takes n (1 - q / L) stages, so that no more than 1 / (1 - q / L)
    cards are busy.
    """
    most = min(float(card_count), MOST_CHUNKS_AT_ONCE)
    if engine != "llama.cpp" or chip.vendor != "nvidia":
        return most
    queue = LAYERS_IN_A_QUEUE * (LONG_QUEUE_RATIO if age_years <= YEARS_SINCE_LONG_QUEUE else 1.0)
    layers = layer_count / card_count
    return most if layers <= queue else min(most, 1.0 / (1.0 - queue / layers))


def row_split_exchange_ratio(work: Work, *, card_count: int, link: LinkKind) -> float:
    """What llama.cpp's row split sends over a link against a tensor split of the same cards.

    Each matrix is dealt out by its rows, and its results go back to the first card in 32 bits before the next one:
    weights of a layer / hidden_dim results (what all but the down projection have), of which (n - 1) / n cross its
    link. A tensor split sends hidden_dim results of 16 bits, twice and as often as classes.passes_over_link says.
    """
    results = work.linear_flops / 2.0 / work.layer_count / work.hidden_dim
    sent = ROW_SPLIT_BYTES_PER_VALUE * results * (card_count - 1) / card_count
    summed = EXCHANGES_PER_LAYER * EXCHANGE_BYTES_PER_VALUE * work.hidden_dim * passes_over_link(card_count, link)
    return sent / summed
