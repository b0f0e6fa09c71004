"""Can one fine-tune the model on this machine? LoRA and QLoRA: frozen weights, small trained adapters.

peak = weights + adapters (weights, gradients, two moments of Adam) + kept activations + what is in flight + base. The
in-flight and base constants are fitted to published peaks of Mistral 7B, Mixtral and Llama 2 70B on A100 (constants.toml),
which the formula meets within 4 % (tests). For MLX no table with its settings was found: the same formula is an estimate.
"""

from dataclasses import dataclass

from calculator.catalog import Catalog
from calculator.catalog.hardware import Hardware
from calculator.catalog.models import EXPERT_ROLES, LanguageModel, TensorRole, WeightFormat
from calculator.evidence import Remark
from calculator.physics.memory.usable import usable
from calculator.physics.memory.weights import weights_bytes
from calculator.physics.memory.work_space import layer_width_bytes
from calculator.units import BYTES_PER_GB, BYTES_PER_GIB

_QKVO: tuple[TensorRole, ...] = (
    "attn_q", "attn_k", "attn_v", "attn_qkv", "attn_output", "attn_q_a", "attn_q_b", "attn_kv_a",
)  # fmt: skip
_LINEAR: tuple[TensorRole, ...] = (
    *_QKVO, "ffn_gate", "ffn_up", "ffn_gate_up", "ffn_down", "expert_gate", "expert_up", "expert_down",
    "shared_expert_gate", "shared_expert_up", "shared_expert_down", "recurrent_in", "recurrent_out", "attn_gate",
)  # fmt: skip
ATTENTION, ALL_LINEAR = frozenset(_QKVO), frozenset(_LINEAR)
"""What adapters are put on: attention only, or every linear layer."""
_ADAPTER_BYTES, _GRADIENT_BYTES, _ADAM_BYTES, _KEPT_BYTES = 4, 4, 8, 2


@dataclass(frozen=True, slots=True)
class FineTuneFit:
    """Bytes of a training step, summed over the box. `optimizer_bytes` holds gradients and both moments, `base_bytes` the runtime's own."""

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
    """Parameters of LoRA adapters: rank x (inputs + outputs) for every matrix of the target roles, experts one by one."""
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
    catalog: Catalog,
    sequence_tokens: int = 2048,
    batch_count: int = 1,
    rank: int = 16,
    targets: frozenset[TensorRole] = ALL_LINEAR,
    checkpointing: bool = True,
    wired_limit_gb: float = 0.0,
) -> FineTuneFit:
    """Whether a LoRA (16-bit `format`) or QLoRA (packed `format`) training step fits.

    With checkpointing, tokens x (layers x hidden x 2 kept + max(vocabulary x 12.8, widest layer x 2.95) in flight); without,
    tokens x layers x hidden x 34 kept. Adapters in 32 bits with Adam: 16 bytes per parameter. Several cards hold the
    layers one after the other: each its share of weights and kept activations, one of them what is in flight.
    """
    constants = {name: row.central for name, row in catalog.constants.items()}
    tokens = sequence_tokens * batch_count
    trained = adapter_parameter_count(model, rank=rank, targets=targets)
    weights = weights_bytes(model, format=format)
    adapter, optimizer = trained * _ADAPTER_BYTES, trained * (_GRADIENT_BYTES + _ADAM_BYTES)
    kept = (
        model.layer_count
        * model.hidden_dim
        * (_KEPT_BYTES if checkpointing else constants["training_kept_bytes_ratio"])
    )
    width = layer_width_bytes(model, recurrent_width=constants["mlx_recurrent_width_ratio"])
    in_flight = tokens * max(
        model.vocabulary_count * constants["training_logit_bytes_ratio"],
        width * constants["training_layer_width_ratio"],
    )
    base = constants["training_base_gib"] * BYTES_PER_GIB
    spread = weights + adapter + optimizer + tokens * kept
    chips = hardware.chip_count * hardware.node_count
    room = usable(hardware, catalog=catalog, wired_limit_gb=wired_limit_gb)
    peak = round(spread + in_flight + base * chips)
    tightest = spread / chips + in_flight + base
    headroom = round(chips * (room.tightest_bytes - tightest)) if chips > 1 else room.limit_bytes - peak
    return FineTuneFit(
        trainable_parameters=trained, weights_bytes=weights, adapter_bytes=adapter, optimizer_bytes=optimizer,
        activation_bytes=round(tokens * kept + in_flight),
        base_bytes=round(base * chips), peak_bytes=peak, usable_bytes=room.limit_bytes,
        headroom_bytes=headroom, fits=headroom >= 0, 
        remarks=_remarks(
            headroom=headroom, peak=peak, limit=room.limit_bytes, model=model, format=format, checkpointing=checkpointing
        ),
    )  # fmt: skip


def _remarks(
    *, headroom: int, peak: int, limit: int, model: LanguageModel, format: WeightFormat, checkpointing: bool
) -> tuple[Remark, ...]:
    if headroom >= 0:
        return ()
    text = (
        f"Fine-tuning {model.name} in {format.name} needs {peak / BYTES_PER_GB:,.1f} GB of {limit / BYTES_PER_GB:,.1f} GB: "
        f"{-headroom / BYTES_PER_GB:,.1f} GB are missing. "
    )
    if peak <= limit:
        text += "The sum would fit, but one card also holds what is in flight. "
    text += (
        "Shorter sequences, a smaller batch or a packed format help." if checkpointing else "Checkpointing would help."
    )
    return (Remark(code="finetune-does-not-fit", text=text, level="problem"),)
