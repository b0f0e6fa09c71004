"""Fine-tuning fit (LoRA and QLoRA): bytes of a training step with frozen weights and small trained adapters.

peak = weights + adapters (weights, gradients, two moments of Adam) + kept activations + what is in flight + base. The
in-flight and base constants are fitted to published peaks of Mistral 7B, Mixtral and Llama 2 70B on A100
(constants.toml), which the formula meets within 4 % (tests). For MLX no table with its settings was found: the same
formula is an estimate.
"""

from dataclasses import dataclass

from calculator.catalog import Catalog
from calculator.catalog.deployment import UNCHANGED_HOST, HostSettings
from calculator.catalog.hardware import Hardware
from calculator.catalog.models import EXPERT_ROLES, LanguageModel, TensorRole, WeightFormat
from calculator.evidence import Remark
from calculator.physics.memory.usable import usable
from calculator.physics.memory.weights import weights_bytes
from calculator.physics.memory.work_space import layer_width_bytes
from calculator.units import BYTES_PER_GB, BYTES_PER_GIB

_QKVO: tuple[TensorRole, ...] = (
    "attn_q",
    "attn_k",
    "attn_v",
    "attn_qkv",
    "attn_output",
    "attn_q_a",
    "attn_q_b",
    "attn_kv_a",
)
_LINEAR: tuple[TensorRole, ...] = (
    *_QKVO,
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
    "recurrent_in",
    "recurrent_out",
    "attn_gate",
)
ATTENTION, ALL_LINEAR = frozenset(_QKVO), frozenset(_LINEAR)
"""What adapters are put on: attention only, or every linear layer."""
_ADAPTER_BYTES, _GRADIENT_BYTES, _ADAM_BYTES, _KEPT_BYTES = 4, 4, 8, 2


@dataclass(frozen=True, slots=True)
class TrainingStep:
    """One step of training adapters."""

    sequence_tokens: int = 2048
    """Tokens of one sequence, 1 or more."""
    batch_count: int = 1
    """Sequences per step, 1 or more."""
    rank: int = 16
    """Rank of the adapters, 1 or more."""
    targets: frozenset[TensorRole] = ALL_LINEAR
    """Layers that get adapters."""
    checkpointing: bool = True
    """Whether each layer's activations are computed again instead of kept."""


@dataclass(frozen=True, slots=True)
class FineTuneFit:
    """Bytes of a training step, summed over the box.

    `optimizer_bytes` holds gradients and both moments of Adam, `base_bytes` the runtime's own.
    """

    trainable_parameters: int
    weights_bytes: int
    adapter_bytes: int
    optimizer_bytes: int
    activation_bytes: int
    base_bytes: int
    peak_bytes: int
    usable_bytes: int
    headroom_bytes: int
    fits: bool
    remarks: tuple[Remark, ...] = ()


def adapter_parameter_count(model: LanguageModel, *, rank: int, targets: frozenset[TensorRole] = ALL_LINEAR) -> int:
    """Parameters of LoRA adapters: rank x (inputs + outputs) for every matrix of the target roles, experts one by
    one.
    """
    total = 0
    for group in model.tensors:
        if group.role in targets and len(group.shape) > 1:
            stack = group.shape[0] if group.role in EXPERT_ROLES else 1
            total += group.count * stack * rank * (group.shape[-1] + group.shape[-2])
    return total


def finetune_fit(
    model: LanguageModel,
    *,
    hardware: Hardware,
    format: WeightFormat,
    step: TrainingStep,
    host: HostSettings = UNCHANGED_HOST,
    catalog: Catalog,
) -> FineTuneFit:
    """Whether a LoRA (16-bit `format`) or QLoRA (packed `format`) training step fits.

    With checkpointing, tokens x (layers x hidden x 2 kept + max(vocabulary x 12.8, widest layer x 2.95) in flight);
    without, tokens x layers x hidden x 34 kept. Adapters in 32 bits with Adam: 16 bytes per parameter. Several cards
    hold the layers one after the other: each its share of weights and kept activations, one of them what is in
    flight.
    """
    constants = {name: row.central for name, row in catalog.constants.items()}
    tokens = step.sequence_tokens * step.batch_count
    trained = adapter_parameter_count(model, rank=step.rank, targets=step.targets)
    weights = weights_bytes(model, format=format)
    adapter, optimizer = trained * _ADAPTER_BYTES, trained * (_GRADIENT_BYTES + _ADAM_BYTES)
    kept = (
        model.layer_count
        * model.hidden_dim
        * (_KEPT_BYTES if step.checkpointing else constants["training_kept_bytes_ratio"])
    )
    width = layer_width_bytes(model, recurrent_width=constants["mlx_recurrent_width_ratio"])
    in_flight = tokens * max(
        model.vocabulary_count * constants["training_logit_bytes_ratio"],
        width * constants["training_layer_width_ratio"],
    )
    base = constants["training_base_gib"] * BYTES_PER_GIB
    spread = weights + adapter + optimizer + tokens * kept
    chips = hardware.all_chips_count()
    room = usable(hardware, host=host, catalog=catalog)
    peak = round(spread + in_flight + base * chips)
    tightest = spread / chips + in_flight + base
    headroom = round(chips * (room.tightest_bytes - tightest)) if chips > 1 else room.limit_bytes - peak
    return FineTuneFit(
        trainable_parameters=trained,
        weights_bytes=weights,
        adapter_bytes=adapter,
        optimizer_bytes=optimizer,
        activation_bytes=round(tokens * kept + in_flight),
        base_bytes=round(base * chips),
        peak_bytes=peak,
        usable_bytes=room.limit_bytes,
        headroom_bytes=headroom,
        fits=headroom >= 0,
        remarks=_remarks(
            f"{model.name} in {format.name}",
            headroom=headroom,
            peak=peak,
            limit=room.limit_bytes,
            checkpointing=step.checkpointing,
        ),
    )


def _remarks(what: str, *, headroom: int, peak: int, limit: int, checkpointing: bool) -> tuple[Remark, ...]:
    if headroom >= 0:
        return ()
    text = (
        f"Fine-tuning {what} needs {peak / BYTES_PER_GB:,.1f} GB; {limit / BYTES_PER_GB:,.1f} GB are available, "
        f"{-headroom / BYTES_PER_GB:,.1f} GB too little. "
    )
    if peak <= limit:
        text += "The sum would fit, but one card must also hold the activations in flight. "
    text += "Use shorter sequences, a smaller batch or a packed format." if checkpointing else "Turn on checkpointing."
    return (Remark(code="finetune-does-not-fit", text=text, level="problem"),)
