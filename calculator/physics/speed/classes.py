"""Classes of chips, formats, engines and links: the kinds that share an efficiency, and the software conditions of a
run.

The names made here end in the effects of calibration.toml.
"""

from dataclasses import dataclass
from typing import Literal

from calculator.catalog.deployment import Deployment
from calculator.catalog.hardware import Hardware
from calculator.catalog.models import Runtime, Split, WeightFormat
from calculator.catalog.options import Chip
from calculator.physics.memory.work import Work
from calculator.units import BYTES_PER_GB, FLOPS_PER_TFLOP, MS_PER_S

FABRIC_GB_PER_S = 500.0  # peer links above this are NVLink fabrics of server boards; below, bridges and PCIe
OLDEST_YEARS = 2.5  # older software was something else
YEARS_SINCE_FLASH = 1.6  # llama.cpp has flash attention by default since early 2025
YEARS_SINCE_MLX_LATENT = 0.7
LARGE_CARD_GIB = 70.0
LARGE_CARD_STEP_TOKENS = 8192

EXCHANGES_PER_LAYER = 2.0
EXCHANGE_BYTES_PER_VALUE = 2.0
LINK_SHARE = {"card link": 0.125, "fabric": 0.25}  # of the host link or the peer link, before the fitted effects
CARDS_ON_A_ROOT = 4
NETWORK_GB_PER_S = 4.0
UNKNOWN_LINK_GB_PER_S = 31.5  # PCIe 4.0 with 16 lanes

LinkKind = Literal["card link", "fabric", "network"]
"""card link: PCIe or a bridge. fabric: NVLink of a server board. network: boxes joined by cable."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """Under what software a speed was or will be taken; the defaults are today's build, served, without a power
    limit.
    """

    age_years: float = 0.0
    """Age of the software, years, 0 or more."""
    is_date_known: bool = True
    """Whether `age_years` is known; where it is not, the range holds old builds as well."""
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
    stream_count: float | None = None
    """Mean streams in flight, 1 or more, where it is no whole number; the workload's batch where None."""
    eager: bool = False
    """Whether vLLM runs without CUDA graphs."""
    link: LinkKind | None = None
    """How the cards are joined, where stated; as the chip's own links have it where None."""

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


def unknown_age_effects(conditions: Conditions) -> tuple[tuple[str, float], ...]:
    """An effect that is never fitted: it widens the range of software whose date nobody knows."""
    return () if conditions.is_date_known else (("age/unknown/1", 1.0),)


def unpacked_latent_effects(work: Work, *, engine: str, age_years: float) -> tuple[str, ...]:
    """mlx-lm kept a latent cache (MLA) unpacked until January 2026 and read many times its bytes."""
    unpacked = engine == "mlx-lm" and work.attention_kind == "latent" and age_years > YEARS_SINCE_MLX_LATENT
    return (f"attention/unpacked/{engine}",) if unpacked else ()


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


def default_step_tokens(runtime: Runtime, chip: Chip) -> int:
    """Tokens that a runtime reads at a time unless told otherwise.

    The runtime's own step; vLLM's server takes 8,192 instead of 2,048 on cards of 70 GiB and more other than an A100
    (vllm/engine/arg_utils.py, get_batch_defaults, read 2026-11-26).
    """
    if runtime.id == "vllm" and max(chip.memory_options_gib) >= LARGE_CARD_GIB and "a100" not in chip.id:
        return LARGE_CARD_STEP_TOKENS
    return runtime.prefill_step_tokens


def link_kind(hardware: Hardware) -> LinkKind:
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


def exchange_ms_per_token(work: Work, *, chip: Chip, link: LinkKind, card_count: int) -> float:
    """Time that one token's results take over the links of a tensor split, ms: after attention and after the
    feed-forward part of every layer, hidden_dim numbers of 16 bits each."""
    sent = work.hidden_dim * work.layer_count * EXCHANGES_PER_LAYER * EXCHANGE_BYTES_PER_VALUE
    return sent * passes_over_link(card_count, link) / (_link_gb_per_s(chip, link) * BYTES_PER_GB / MS_PER_S)


def passes_over_link(card_count: int, link: LinkKind) -> float:
    """How often the results of a layer cross the narrowest link when `card_count` cards add them up.

    A ring sends 2 (n - 1) / n of them over each link (reduce-scatter and all-gather). Cards without a fabric go through
    the host's memory, which all of them share, so that the rings of all n add up to 2 (n - 1) of which each card's
    link carries half: n - 1, of four cards at the most: more hang on several root complexes with memory of their own.
    Both are 1 for two cards.
    """
    if link == "card link":
        return min(card_count, CARDS_ON_A_ROOT) - 1.0
    return 2.0 * (card_count - 1) / card_count


def _link_gb_per_s(chip: Chip, link: LinkKind) -> float:
    """What a card sends to its neighbours, GB/s, before the fitted effects: a share of what its links are sold with."""
    if link == "network":
        return NETWORK_GB_PER_S
    published = chip.peer_link_gb_per_s if link == "fabric" else chip.host_link_gb_per_s
    return LINK_SHARE[link] * (published.central if published is not None else UNKNOWN_LINK_GB_PER_S)


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


def shader_ratio(chip: Chip) -> float:
    """Matrix rate over shader rate, 1 or more; 1 where either is not published."""
    if chip.matrix_tflops is None or chip.fp32_tflops is None:
        return 1.0
    return max(1.0, chip.matrix_tflops.central / chip.fp32_tflops.central)


def power_shortfall(chip: Chip, *, power_limit_w: float | None, card_count: int, split: Split) -> float:
    """The square of the share by which a power limit lies below the board's maximum; 0 where cards take turns (layer
    split).

    The published sweeps of an RTX 3090 and an RTX 4090 lose speed about with this square, each with its own factor.
    """
    if power_limit_w is None or chip.board_max_w is None or (card_count > 1 and split == "layer"):
        return 0.0
    return max(0.0, 1.0 - power_limit_w / chip.board_max_w.central) ** 2
