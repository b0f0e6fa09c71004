"""Usable memory: what macOS lets the GPU wire, what a card holds after its driver, what a PC shares.

A Mac "with 128 GB" and a card "with 24 GB" hold 128 and 24 GiB; sizes as sold are therefore read as GiB here.
"""

import functools
import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from calculator.catalog import Catalog
from calculator.catalog.deployment import UNCHANGED_HOST, HostSettings
from calculator.catalog.hardware import Hardware
from calculator.catalog.models import LargeCard, Runtime
from calculator.catalog.options import UsableMemory
from calculator.errors import ScenarioError
from calculator.evidence import Basis
from calculator.units import BYTES_PER_GB, BYTES_PER_GIB, plain_number


@dataclass(frozen=True, slots=True)
class Usable:
    """Bytes that the model may have, for the whole box and for its first (tightest) chip.

    `limit_bytes` is what the GPU may have by itself (macOS's wired limit, a card's memory less its driver). In unified
    memory a second tenant is no part of that, but both share what the system leaves: `shared_bytes`. The first card is
    the tightest where it shows the desktop; every other one has `other_bytes`.
    """

    limit_bytes: int
    shared_bytes: int
    tightest_bytes: int
    box_count: int
    other_bytes: int
    is_unified: bool
    is_raised: bool
    basis: Basis
    note: str

    def bytes_beside(self, second_tenant_bytes: int) -> int:
        """What model and second tenant may have together: min(limit + tenant, shared) in unified memory."""
        return min(self.limit_bytes + second_tenant_bytes, self.shared_bytes) if self.is_unified else self.limit_bytes

    def card_bytes(self, number: int, *, second_tenant_bytes: int) -> int:
        """What card or box `number` (from 0) may use beside a second tenant on it."""
        if self.is_unified or number == 0:
            return self.tightest_beside(second_tenant_bytes)
        return self.other_bytes

    def tightest_beside(self, second_tenant_bytes: int) -> int:
        """The same for the chip or box that the second tenant sits on."""
        if not self.is_unified:
            return self.tightest_bytes
        return min(self.tightest_bytes + second_tenant_bytes, self.shared_bytes // self.box_count)


def usable(
    hardware: Hardware,
    *,
    runtime: Runtime | None = None,
    host: HostSettings = UNCHANGED_HOST,
    catalog: Catalog,
) -> Usable:
    """Bytes that a runtime may use of this box; without a runtime, those of a program that takes all it can get.

    Apple: macOS's default limit by RAM size, interpolated between the sizes read, or the user's iogpu.wired_limit_mb.
    Cards: memory less what the driver keeps, on the first card less the desktop, never below 0. vLLM and SGLang: utilisation x the
    memory that the card shows, which is less than it was sold with, and room beside that for captured graphs. Other
    unified memory: a share, of which vLLM and SGLang take theirs. Boxes linked together add up.
    Raises ScenarioError for a version of macOS that is older than every reading, and for a utilisation that this
    runtime does not have or that is out of 0..1.
    """
    constants = catalog.constants
    _refuse_utilization(host.gpu_memory_utilization, runtime=runtime)
    memory = hardware.memory_gib * BYTES_PER_GIB
    boxes = hardware.box_count()
    if hardware.chip.vendor == "apple":
        limit_gib, basis, note = macos_limit_gib(hardware.memory_gib, limits=catalog.macos_limits, macos=host.macos)
        limit = limit_gib * BYTES_PER_GIB
        if host.wired_limit_gb:
            limit, basis, note = min(host.wired_limit_gb * BYTES_PER_GB, memory), "yours", "iogpu.wired_limit_mb"
        one, shared = round(limit), round(max(memory - constants["macos_reserved_gib"].central * BYTES_PER_GIB, 0))
        return Usable(
            limit_bytes=one * boxes,
            shared_bytes=shared * boxes,
            tightest_bytes=one,
            box_count=boxes,
            other_bytes=one,
            is_unified=True,
            is_raised=bool(host.wired_limit_gb),
            basis=basis,
            note=note,
        )
    if hardware.chip.memory_kind == "unified":
        fraction = constants["unified_pc_usable_fraction"]
        most, note = memory * fraction.central, fraction.note
        if (addressable := hardware.chip.gpu_addressable_gib) is not None:
            most, note = min(most, addressable.central * BYTES_PER_GIB), addressable.note or note
        one = round(most * _used_fraction(runtime, host))
        return Usable(
            limit_bytes=one * boxes,
            shared_bytes=one * boxes,
            tightest_bytes=one,
            box_count=boxes,
            other_bytes=one,
            is_unified=True,
            is_raised=False,
            basis="assumption",
            note=note,
        )
    card = memory - constants["card_reserved_gib"].central * BYTES_PER_GIB
    desktop = constants["desktop_gib"].central if host.desktop_gib is None else host.desktop_gib
    first = card - desktop * BYTES_PER_GIB
    if runtime is not None and runtime.memory_use_fraction is not None:
        used = _used_fraction(runtime, host)
        shown = memory * constants["card_shown_ratio"].central
        graphs = graphs_gib(runtime, hardware) * BYTES_PER_GIB
        card = min(shown * used, shown - graphs)
        first = min(shown * used, shown - graphs - desktop * BYTES_PER_GIB)
    card, first = max(card, 0.0), max(first, 0.0)
    cards = hardware.all_chips_count()
    total = round(card) * (cards - 1) + round(first)
    return Usable(
        limit_bytes=total,
        shared_bytes=total,
        tightest_bytes=round(first),
        box_count=cards,
        other_bytes=round(card),
        is_unified=False,
        is_raised=False,
        basis="assumption",
        note=constants["card_reserved_gib"].note,
    )


def _used_fraction(runtime: Runtime | None, host: HostSettings) -> float:
    """The share of the memory that the runtime takes at its start: as asked, else its default, 1 where it has none."""
    if runtime is None or runtime.memory_use_fraction is None:
        return 1.0
    default = runtime.memory_use_fraction.central
    return default if host.gpu_memory_utilization is None else host.gpu_memory_utilization


def graphs_gib(runtime: Runtime, hardware: Hardware) -> float:
    """GiB of captured graphs per card, which lie outside of what the utilisation counts; more on large cards."""
    large = large_card(runtime, hardware)
    found = runtime.graphs_gib if large is None else large.graphs_gib
    return 0.0 if found is None else found.central


def large_card(runtime: Runtime, hardware: Hardware) -> LargeCard | None:
    """The runtime's defaults for large cards where these are such, None elsewhere."""
    large = runtime.large_card
    if large is None or hardware.chip.id in large.excluded_chips or hardware.memory_gib < large.memory_gib:
        return None
    return large


def _refuse_utilization(utilization: float | None, *, runtime: Runtime | None) -> None:
    if utilization is None:
        return
    if not 0 < utilization <= 1:  # also refuses NaN
        raise ScenarioError(
            f"gpu_memory_utilization is {plain_number(utilization)}; it must be above 0 and at most 1. Enter 0.9 for "
            "90 %."
        )
    if runtime is not None and runtime.memory_use_fraction is None:
        raise ScenarioError(
            f"gpu_memory_utilization is a setting of vLLM and SGLang; {runtime.name} has none. Leave it out, or choose "
            "--runtime vllm."
        )


def macos_limit_gib(
    memory_gib: float, *, limits: Sequence[UsableMemory], macos: str | None = None
) -> tuple[float, Basis, str]:
    """GiB that macOS lets the GPU have by default; its basis and note.

    The row version of `macos` is the newest that is not newer than it, the newest of all where none is given. Between
    two RAM sizes the share is interpolated, beyond the table the nearest share holds (both are assumptions). Raises
    ScenarioError for a version older than every reading, or that is no number.
    """
    version = _row_version(limits, macos)
    rows = sorted((row for row in limits if row.macos == version), key=lambda row: row.memory_gib)
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
        f"no reading for {plain_number(memory_gib)} GB; {share:.0%} taken between its neighbours",
    )


def _row_version(limits: Sequence[UsableMemory], macos: str | None) -> str:
    """The version of the table's rows that holds for a macOS."""
    known = sorted({row.macos for row in limits}, key=_numbers)
    if macos is None:
        return known[-1]
    if not re.fullmatch(r"\d{1,3}(\.\d{1,3}){0,2}", macos):
        raise ScenarioError(
            f"macos is {macos!r}; it must be a version such as 26 or 26.2. Leave it out for the newest."
        )
    found = [version for version in known if _numbers(version) <= _numbers(macos)]
    if not found:
        raise ScenarioError(
            f"macos is {macos}; the oldest limit we have is that of macOS {known[0]}. Enter {known[0]} or later."
        )
    return found[-1]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


@functools.lru_cache(maxsize=512)
def host_usable_bytes(system_ram_gib: float, *, reserved_gib: float) -> int:
    """Bytes of a PC's own memory that programs may have."""
    return round(max(system_ram_gib - reserved_gib, 0) * BYTES_PER_GIB)
