"""What does the physics see of a machine? Chips, their number, their memory; no price, no name of a shop."""

from collections.abc import Mapping
from dataclasses import dataclass

from calculator.catalog.options import Chip, CloudOffer, Machine
from calculator.evidence import Quantity


@dataclass(frozen=True, slots=True)
class Hardware:
    """One box: `chip_count` equal chips with `memory_gb` each (decimal GB as sold: a "24 GB" card holds 24 GiB, see memory.py).

    `system_ram_gb` is memory apart from the GPU's, read at `system_ram_gb_per_s` where that is known; None where memory is
    unified. `node_count` boxes are linked by `node_link_gb_per_s` (Thunderbolt 5 or Ethernet), 1 where there is a single box.
    """

    chip: Chip
    chip_count: int
    memory_gb: float
    system_ram_gb: float | None = None
    storage_gb_per_s: float | None = None
    node_count: int = 1
    node_link_gb_per_s: float | None = None
    system_ram_gb_per_s: Quantity | None = None

    def box_count(self) -> int:
        """Boxes with memory of their own: a chip with unified memory is a whole box, cards share one."""
        return self.node_count * (self.chip_count if self.chip.memory_kind == "unified" else 1)


def hardware_of(
    box: Chip | Machine | CloudOffer,
    *,
    chips: Mapping[str, Chip],
    chip_count: int | None = None,
    memory_gb: float | None = None,
) -> Hardware:
    """The hardware of a machine, a rented machine or a bare chip (whose largest memory option is taken unless given)."""
    if isinstance(box, Chip):
        return Hardware(chip=box, chip_count=chip_count or 1, memory_gb=memory_gb or max(box.memory_options_gb))
    storage = box.storage_gb_per_s.central if isinstance(box, Machine) and box.storage_gb_per_s else None
    return Hardware(
        chip=chips[box.chip], chip_count=chip_count or box.chip_count, memory_gb=memory_gb or box.memory_gb,
        system_ram_gb=box.system_ram_gb, storage_gb_per_s=storage,
        system_ram_gb_per_s=box.system_ram_gb_per_s if isinstance(box, Machine) else None,
    )  # fmt: skip
