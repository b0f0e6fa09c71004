"""Does it fit? Bytes of weights, cache and work space against what the machine really gives the GPU."""

from dataclasses import dataclass

from calculator.evidence import Remark


@dataclass(frozen=True, slots=True)
class MemoryFit:
    """The answer in bytes, per whole box and for the tightest chip.

    `peak_bytes` = weights + KV cache + transient + runtime overhead (+ second tenant where memory is shared), summed over
    the box. `usable_bytes` is what the GPU may have, summed. With a layer split one card can be too full although the sum
    fits: `tightest_peak_bytes` against `tightest_usable_bytes` decides. `headroom_bytes` is negative by what is missing.
    """

    weights_bytes: int
    kv_cache_bytes: int
    transient_bytes: int
    overhead_bytes: int
    second_tenant_bytes: int
    peak_bytes: int
    usable_bytes: int
    tightest_peak_bytes: int
    tightest_usable_bytes: int
    headroom_bytes: int
    fits: bool
    remarks: tuple[Remark, ...] = ()
