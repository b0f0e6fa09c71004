"""Splits that cannot be: one that the runtime lacks, or heads that do not divide by the chips of a tensor split."""

from calculator.catalog.deployment import Deployment
from calculator.evidence import Remark

_MOST_NAMED = 16
"""The largest number of chips that is named as possible."""


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
        f"{others} A layer split runs on any number."
    )
    return Remark(code="split-not-whole", text=text, level="problem")
