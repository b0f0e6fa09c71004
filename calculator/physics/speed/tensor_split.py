"""What does not run: a runtime on another maker's chips, a split that the runtime lacks, heads that do not divide by the
chips of a tensor split, or fewer layers than the chips of a layer split."""

from calculator.catalog.deployment import Deployment
from calculator.catalog.models import MAKERS
from calculator.evidence import Remark

_MOST_NAMED = 16
"""The largest number of chips that is named as possible."""


def runtime_remark(deployment: Deployment) -> Remark | None:
    """Why this runtime does not run on this chip, and where it does; None where it does.

    By the makers that the runtime's file lists: those whose chips it supports in the version that the catalogue holds.
    """
    runtime, chip = deployment.runtime, deployment.hardware.chip
    if chip.vendor in runtime.vendors:
        return None
    makers = " and ".join(MAKERS[vendor] for vendor in runtime.vendors)
    text = (
        f"{runtime.name} is not known to run on chips of {chip.maker} such as the {chip.name}, only on those "
        f"of {makers}, so no speed is given. Choose another runtime."
    )
    return Remark(code="runtime-not-on-chip", text=text, level="problem")


def layer_split_problem(deployment: Deployment) -> str:
    """Why a layer split has more chips than layers to deal out, and how many it may have; "" where it has not."""
    model, hardware = deployment.model, deployment.hardware
    chips, layers = hardware.all_chips_count(), model.layer_count
    if deployment.split != "layer" or chips <= layers:
        return ""
    kind = "machines" if hardware.box_count() == chips else "cards"
    return (
        f"A layer split over {chips} {kind} leaves some without a layer: {model.name} has {layers}. "
        f"Choose 1 to {layers} {kind}."
    )


def split_remark(deployment: Deployment) -> Remark | None:
    """Why this split does not run, and what does; None where it runs.

    Rules of vLLM 0.23 (ParallelConfig: attention heads divisible by --tensor-parallel-size; heads of keys and values
    are kept more than once where they are fewer) and of mlx-lm 0.32 (model.shard divides both). llama.cpp splits rows
    and has no such rule.
    """
    runtime, model, chips = deployment.runtime, deployment.model, deployment.hardware.all_chips_count()
    if chips > 1 and deployment.split not in runtime.splits:
        offered = " and ".join(runtime.splits)
        text = f"{runtime.name} has no {deployment.split} split, only {offered}. Choose that, or another runtime."
        return Remark(code="split-not-offered", text=text, level="problem")
    if too_many := layer_split_problem(deployment):
        return Remark(code="split-not-whole", text=too_many, level="problem")
    if deployment.split != "tensor" or chips == 1 or not runtime.tensor_split_by:
        return None
    counts = [(model.attention_head_count, "attention heads")] if model.attention_head_count else []
    keys = {group.kv_head_count for group in model.caches if group.kind in ("full", "sliding", "chunked")}
    if runtime.tensor_split_by == "heads and kv heads":
        counts += [(count, "heads of keys and values") for count in sorted(keys) if count > 1]
    wrong = [f"{count} {name}" for count, name in counts if count % chips]
    if not wrong:
        return None
    possible = [number for number in range(2, _MOST_NAMED + 1) if all(count % number == 0 for count, _ in counts)]
    others = f"It runs on {', '.join(map(str, possible))}." if possible else "It runs on no other number either."
    text = (
        f"{runtime.name} cannot split {model.name} over {chips}: {' and '.join(wrong)} do not divide by {chips}. "
        f"{others} A layer split runs on up to {model.layer_count}, its layers."
    )
    return Remark(code="split-not-whole", text=text, level="problem")
