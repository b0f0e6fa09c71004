"""What do kernels treat alike? Chips, formats, engines and links sorted into the kinds that share an efficiency.

The names made here end in the effects of calibration.toml.
"""

from calculator.catalog.hardware import Hardware
from calculator.catalog.options import Chip, Split, WeightFormat
from calculator.units import FLOPS_PER_TFLOP, MS_PER_S

ENGINE_OF_RUNTIME = {"ollama": "llama.cpp", "lm-studio": "llama.cpp", "exllama": "exllamav2"}
"""Runtimes that are another's engine in a different box; with MLX weights Ollama and LM Studio run mlx-lm."""

FABRIC_GB_PER_S = 500.0  # peer links above this are NVLink fabrics of server boards; below, bridges and PCIe
OLDEST_YEARS = 2.5  # older software was something else


def software_effects(runtime_id: str, *, engine: str, vendor: str, backend: str) -> tuple[str, ...]:
    """Effects of what wraps the engine: another runtime around it, the compute library it was built with."""
    found: list[str] = []
    if runtime_id != engine:
        found.append(f"runtime/{runtime_id}")
    if backend:
        found.append(f"backend/{vendor} {backend}")
    return tuple(found)


def age_effects(on: str, age_years: float) -> tuple[tuple[str, float], ...]:
    """What a year of older software costs, for all and for this engine on this vendor's chips."""
    years = min(age_years, OLDEST_YEARS)
    return (("age/all/1", years), (f"age/engine/{on}", years)) if years else ()


def engine_of(runtime_id: str, format: WeightFormat) -> str:
    """The engine that does the work: Ollama with GGUF weights is llama.cpp, with MLX weights mlx-lm."""
    if format.scheme == "mlx" and runtime_id in ("ollama", "lm-studio"):
        return "mlx-lm"
    return ENGINE_OF_RUNTIME.get(runtime_id, runtime_id)


def bits_class(format: WeightFormat) -> str:
    """Widths that kernels treat alike: 2-3, 4, 5-6, 8 or 16 bits."""
    bits = format.bits_per_weight.central
    for limit, name in ((4.0, "2-3"), (5.2, "4"), (7.5, "5-6"), (10.0, "8")):
        if bits < limit:
            return name
    return "16"


def chip_class(chip: Chip) -> str:
    """`unified` memory, `card` (GDDR) or `server` (HBM boards, told by their NVLink fabric)."""
    if chip.memory_kind == "unified":
        return "unified"
    peer = chip.peer_link_gb_per_s
    return "server" if peer is not None and peer.central >= FABRIC_GB_PER_S else "card"


def link_kind(hardware: Hardware) -> str:
    """How chips exchange results: `fabric` (NVLink), `card link` (PCIe or a bridge), `network` (boxes joined by cable)."""
    if hardware.node_count > 1 or hardware.chip.memory_kind == "unified":
        return "network"
    return "fabric" if chip_class(hardware.chip) == "server" else "card link"


def matrix_flops_per_ms(chip: Chip) -> float:
    """The chip's 16-bit matrix rate, operations per ms, at the tensor cores' full rate.

    GeForce cards halve the rate with 32-bit accumulation; the integer and 16-bit kernels that quantised weights use are
    not halved, so that is undone: prefill efficiencies of GeForce and workstation siblings then agree. Where no matrix
    rate is published, the shader rate: times 4 on NVIDIA (Ampere to Blackwell), once on Apple, whose GPUs have no other.
    """
    if chip.matrix_tflops is not None:
        halved = chip.geometry is not None and chip.geometry.fp32_accumulate == "half"
        rate = chip.matrix_tflops.central * (2.0 if halved else 1.0)
    elif chip.fp32_tflops is not None:
        rate = chip.fp32_tflops.central * (4.0 if chip.vendor == "nvidia" else 1.0)
    else:
        rate = chip.bandwidth_gb_per_s.central / 30.0  # Apple's chips have 29 to 37 GB/s per TFLOPS
    return rate * FLOPS_PER_TFLOP / MS_PER_S


def power_shortfall(chip: Chip, *, power_limit_w: float | None, card_count: int, split: Split) -> float:
    """The square of the share by which a power limit lies below the board's maximum; 0 where cards take turns (layer split).

    The published sweeps of an RTX 3090 and an RTX 4090 lose speed about with this square, each with its own factor.
    """
    if power_limit_w is None or chip.board_max_w is None or (card_count > 1 and split == "layer"):
        return 0.0
    return max(0.0, 1.0 - power_limit_w / chip.board_max_w.central) ** 2
