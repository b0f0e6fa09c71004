"""Roofline of decoding: the most tokens per second that a machine can write, whatever the software.

Each step of decoding reads the weights (and the caches of all streams) once, so

    tokens/s <= streams x bandwidth / (weights read + cache read)

Everything uncertain is taken in the claim's favour, so that what lies above cannot be: the bandwidth of all chips
together, the fewest experts that any batch can touch, the narrowest cache that the runtime offers, nothing lost to
overhead. What does not fit in the GPU's memory is read from the slower memory behind it.
"""

from dataclasses import dataclass

from calculator.catalog.deployment import Deployment, Workload
from calculator.catalog.models import LanguageModel, WeightFormat
from calculator.physics.memory.kv_cache import kv_read_bytes
from calculator.physics.memory.weights import embedding_bytes, expert_bytes, weights_bytes, weights_read_bytes
from calculator.units import BYTES_PER_GB, BYTES_PER_GIB


@dataclass(frozen=True, slots=True)
class Roofline:
    """What one step reads, and how fast it can at most.

    `chips_reading` is how many chips' bandwidth counts. `beyond_bytes` do not fit in the GPU's memory; `slow_bytes`
    of them are read per step at `slow_gb_per_s` (None: nothing is known of what lies behind, and no bound follows
    from it).
    """

    streams: int
    chips_reading: int
    bandwidth_gb_per_s: float
    weights_bytes: float
    cache_bytes: float
    physical_bytes: int
    beyond_bytes: float
    slow_bytes: float
    slow_gb_per_s: float | None

    @property
    def read_bytes(self) -> float:
        """Bytes of one step, weights and caches."""
        return self.weights_bytes + self.cache_bytes

    @property
    def step_s(self) -> float:
        """The least time of one step: fast bytes over bandwidth + slow bytes over theirs."""
        fast = (self.read_bytes - self.slow_bytes) / (self.bandwidth_gb_per_s * BYTES_PER_GB)
        return fast + (self.slow_bytes / (self.slow_gb_per_s * BYTES_PER_GB) if self.slow_gb_per_s else 0.0)

    @property
    def tokens_per_s(self) -> float:
        """The bound: one token per stream and step."""
        return self.streams / self.step_s

    def implied_gb_per_s(self, tokens_per_s: float) -> float:
        """The bandwidth that a speed implies if all that is read came from one memory."""
        return tokens_per_s / self.streams * self.read_bytes / BYTES_PER_GB


def roofline(
    deployment: Deployment, workload: Workload, *, host_gb_per_s: float, split_is_known: bool = False
) -> Roofline:
    """The roofline of a case; tokens/s are summed over the batch, each stream with the workload's context in its cache.

    One stream over a layer split has one chip reading at a time; a tensor split, several streams, or a split that is
    not known have all. `host_gb_per_s`: the most that a PC's own memory gives, for what does not fit on the cards;
    unified memory spills to the disk. A cache whose runtime reads only part of it (sparse attention with an indexer)
    is not counted. Valid for models well above the chip's last-level cache (tens of MB): a smaller one may be read
    from there. One token per step: drafting (speculative decoding) multiplies the bound by the tokens accepted per
    step.
    """
    model, format, hardware = deployment.model, deployment.format, deployment.hardware
    context_tokens, batch_count = workload.context(), workload.batch_count
    weights = float(weights_read_bytes(model, format=format, batch_count=1))
    sparse = any(group.role == "indexer" for group in model.tensors)
    cache = 0.0
    if context_tokens and not sparse:
        cache = float(
            kv_read_bytes(
                model,
                context_tokens=context_tokens,
                batch_count=batch_count,
                runtime=deployment.runtime,
                kv_bits=min(deployment.runtime.kv_bits),
            )
        )
    chips = hardware.all_chips_count()
    reading = 1 if split_is_known and deployment.split == "layer" and batch_count == 1 else chips
    physical = round(chips * hardware.memory_gib * BYTES_PER_GIB)
    lookup = 0 if model.is_tied() else embedding_bytes(model, format=format)
    beyond = max(0.0, weights_bytes(model, format=format) - lookup + cache - physical)
    unified = hardware.chip.memory_kind == "unified"
    return Roofline(
        streams=batch_count,
        chips_reading=reading,
        bandwidth_gb_per_s=hardware.chip.bandwidth_gb_per_s.high * reading,
        weights_bytes=weights,
        cache_bytes=cache,
        physical_bytes=physical,
        beyond_bytes=beyond,
        slow_bytes=_slow_bytes(model, format=format, beyond=beyond),
        slow_gb_per_s=hardware.storage_gb_per_s if unified else host_gb_per_s,
    )


def _slow_bytes(model: LanguageModel, *, format: WeightFormat, beyond: float) -> float:
    """What one token reads of the part that does not fit, if experts, of which few are read, are put there first."""
    experts = float(expert_bytes(model, format=format))
    if not experts:
        return beyond
    chosen = model.active_expert_count / model.expert_count
    return min(beyond, experts) * chosen + max(0.0, beyond - experts)
