"""How much memory may the model have? What macOS lets the GPU wire, what a card holds after its driver, what a PC shares.

A Mac "with 128 GB" and a card "with 24 GB" hold 128 and 24 GiB; sizes as sold are therefore read as GiB here.
"""

import functools
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from calculator.catalog import Catalog
from calculator.catalog.served import Runtime
from calculator.catalog.types import UsableMemory
from calculator.evidence import Basis
from calculator.physics.hardware import Hardware
from calculator.units import BYTES_PER_GB, BYTES_PER_GIB


@dataclass(frozen=True, slots=True)
class Usable:
    """Bytes that the model may have, for the whole box and for its first (tightest) chip.

    `limit_bytes` is what the GPU may have by itself (macOS's wired limit, a card's memory less its driver). In unified
    memory a second tenant is no part of that, but both share what the system leaves: `shared_bytes`.
    """

    limit_bytes: int
    shared_bytes: int
    tightest_bytes: int
    box_count: int
    is_unified: bool
    is_raised: bool
    basis: Basis
    note: str

    def bytes_beside(self, second_tenant_bytes: int) -> int:
        """What model and second tenant may have together: min(limit + tenant, shared) in unified memory."""
        return min(self.limit_bytes + second_tenant_bytes, self.shared_bytes) if self.is_unified else self.limit_bytes

    def tightest_beside(self, second_tenant_bytes: int) -> int:
        """The same for the chip or box that the second tenant sits on."""
        if not self.is_unified:
            return self.tightest_bytes
        return min(self.tightest_bytes + second_tenant_bytes, self.shared_bytes // self.box_count)


def usable(
    hardware: Hardware, *, catalog: Catalog, runtime: Runtime | None = None, wired_limit_gb: float = 0.0
) -> Usable:
    """What a runtime may use of this box (a program that takes all it can get where none is named).

    Apple: the newest macOS's default by RAM size, interpolated between the sizes read, or the user's iogpu.wired_limit_mb
    (`wired_limit_gb`, GB, 0 for the default). Cards: memory less what the driver keeps (and the desktop on the first),
    and for vLLM its share of the card. Other unified memory: a share. Boxes linked together add up.
    """
    constants = catalog.constants
    memory = hardware.memory_gb * BYTES_PER_GIB
    if hardware.chip.vendor == "apple":
        limit_gib, basis, note = macos_limit_gib(hardware.memory_gb, limits=catalog.macos_limits)
        limit = limit_gib * BYTES_PER_GIB
        if wired_limit_gb:
            limit, basis, note = min(wired_limit_gb * BYTES_PER_GB, memory), "yours", "iogpu.wired_limit_mb"
        shared = memory - constants["macos_reserved_gib"].central * BYTES_PER_GIB
        count = hardware.box_count()
        return Usable(
            round(limit) * count,
            round(max(shared, 0)) * count,
            round(limit),
            count,
            True,
            bool(wired_limit_gb),
            basis,
            note,
        )
    if hardware.chip.memory_kind == "unified":
        share = memory * constants["unified_pc_usable_fraction"].central
        count = hardware.box_count()
        note = constants["unified_pc_usable_fraction"].note
        return Usable(round(share) * count, round(share) * count, round(share), count, True, False, "assumption", note)
    card = memory - constants["card_reserved_gib"].central * BYTES_PER_GIB
    if runtime is not None and runtime.memory_use_fraction is not None:
        card = min(card, memory * runtime.memory_use_fraction.central)
    first = card - constants["desktop_gib"].central * BYTES_PER_GIB
    cards = hardware.chip_count * hardware.node_count
    total = round(card) * (cards - 1) + round(first)
    note = constants["card_reserved_gib"].note
    return Usable(total, total, round(first), cards, False, False, "assumption", note)


def macos_limit_gib(memory_gib: float, *, limits: Sequence[UsableMemory]) -> tuple[float, Basis, str]:
    """GiB that macOS lets the GPU have by default, by the newest macOS version of the table; its basis and note.

    Between two RAM sizes the share is interpolated, beyond the table the nearest share holds (both are assumptions).
    """
    newest = max({row.macos for row in limits}, key=lambda version: tuple(int(part) for part in version.split(".")))
    rows = sorted((row for row in limits if row.macos == newest), key=lambda row: row.memory_gib)
    sizes = [row.memory_gib for row in rows]
    at = bisect_left(sizes, memory_gib)
    if at < len(rows) and sizes[at] == memory_gib:
        found = rows[at].usable_gib
        return found.central, found.basis, found.note
    below, above = rows[max(at - 1, 0)], rows[min(at, len(rows) - 1)]
    shares = [row.usable_gib.central / row.memory_gib for row in (below, above)]
    span = above.memory_gib - below.memory_gib
    weight = (memory_gib - below.memory_gib) / span if span else 0.0
    share = shares[0] + (shares[1] - shares[0]) * weight
    return (
        memory_gib * share,
        "assumption",
        f"no reading for {memory_gib:g} GB; {share:.0%} taken between its neighbours",
    )


@functools.lru_cache(maxsize=512)
def host_usable_bytes(system_ram_gb: float, *, reserved_gib: float) -> int:
    """Bytes of a PC's own memory that programs may have."""
    return round(max(system_ram_gb - reserved_gib, 0) * BYTES_PER_GIB)
