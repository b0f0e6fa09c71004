"""Classes of chips, formats, engines and links: the kinds that share an efficiency, and the software conditions of a
run.

The names made here end in the effects of calibration.toml.
"""

from dataclasses import dataclass

from calculator.catalog.deployment import Deployment
from calculator.catalog.hardware import Hardware
from calculator.catalog.models import Split, WeightFormat
from calculator.catalog.options import Chip
from calculator.units import FLOPS_PER_TFLOP, MS_PER_S

FABRIC_GB_PER_S = 500.0  # peer links above this are NVLink fabrics of server boards; below, bridges and PCIe
OLDEST_YEARS = 2.5  # older software was something else


@dataclass(frozen=True, slots=True)
class Conditions:
    """Under what software a speed was or will be taken; the defaults are today's build, served, without a power
    limit.
    """

    age_years: float = 0.0
    """Age of the software, years, 0 or more."""
    backend: str = ""
    """Compute library or server by the row's own word; "" for the usual one."""
    served: bool = True
    """Whether streams come as requests to a server, not from a benchmark loop."""
    power_limit_w: float | None = None
    """Limit of each card, W; the board's own where None."""
    prompt_count: int = 1
    """Prompts that are read together and share chunks, 1 or more."""
    step_tokens: int | None = None
    """Tokens read at a time, where stated; the runtime's own step where None."""
    runtime_id: str = ""
    """The program by the row's own word; "" for the deployment's runtime."""

    def program(self, deployment: Deployment) -> str:
        """Id of the program that ran."""
        return self.runtime_id or deployment.runtime.id


TODAY = Conditions()


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
    """How chips exchange results: `fabric` (NVLink), `card link` (PCIe or a bridge), `network` (boxes joined by
    cable).
    """
    if hardware.node_count > 1 or hardware.chip.memory_kind == "unified":
        return "network"
    return "fabric" if chip_class(hardware.chip) == "server" else "card link"


def has_matrix_rate(chip: Chip) -> bool:
    """Whether a rate is known from which the speed of reading a prompt follows; Apple's chips have one by their
    bandwidth."""
    return chip.matrix_tflops is not None or chip.fp32_tflops is not None or chip.vendor == "apple"


def matrix_flops_per_ms(chip: Chip) -> float:
    """The chip's 16-bit matrix rate, operations per ms, at the tensor cores' full rate.

    GeForce cards halve the rate with 32-bit accumulation; the integer and 16-bit kernels that quantised weights use
    are not halved, so that is undone: prefill efficiencies of GeForce and workstation siblings then agree. Where no
    matrix rate is published, the shader rate: times 4 on NVIDIA (Ampere to Blackwell), once on Apple, whose GPUs have
    no other.
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
    """The square of the share by which a power limit lies below the board's maximum; 0 where cards take turns (layer
    split).

    The published sweeps of an RTX 3090 and an RTX 4090 lose speed about with this square, each with its own factor.
    """
    if power_limit_w is None or chip.board_max_w is None or (card_count > 1 and split == "layer"):
        return 0.0
    return max(0.0, 1.0 - power_limit_w / chip.board_max_w.central) ** 2
