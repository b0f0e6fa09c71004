"""Hardware as the physics sees it: chips, their number, their memory and watts; no price, no name of a shop."""

from collections.abc import Mapping
from dataclasses import dataclass

from calculator.catalog.options import Chip, CloudOffer, Machine, Power
from calculator.evidence import Quantity


@dataclass(frozen=True, slots=True)
class CardGroup:
    """Equal cards of a box that holds several kinds."""

    chip: Chip
    chip_count: int
    memory_gib: float


@dataclass(frozen=True, slots=True)
class Hardware:
    """One box of equal chips, or several linked boxes."""

    chip: Chip
    """GPU, card or system on a chip."""
    chip_count: int
    """Chips of the box, 1 or more; boxes where the memory is unified."""
    memory_gib: float
    """GiB per chip. A "24 GB" card and a "192 GB" Mac hold 24 and 192 GiB."""
    system_ram_gib: float | None = None
    """GiB of memory apart from the GPU's; None where memory is unified or its size is unknown."""
    storage_gb_per_s: float | None = None
    """What the machine's own drive reads, GB/s; None where unknown."""
    node_count: int = 1
    """Such boxes linked by cable (Thunderbolt 5 or Ethernet); 1 for a single box."""
    node_link_gb_per_s: float | None = None
    """What that cable carries, GB/s; None where unknown."""
    system_ram_gb_per_s: Quantity | None = None
    """What the processor reads of the memory apart, GB/s; None where unknown."""
    id: str = ""
    """Id of the machine, rented machine or chip in the catalogue; "" for hardware of one's own."""
    power: Power | None = None
    """Watts of the box by state; None where the box is rented, or a bare chip."""
    others: tuple[CardGroup, ...] = ()
    """Cards of other kinds beside them; then the layers go to all in turn (mixed_cards.py)."""

    def groups(self) -> tuple[CardGroup, ...]:
        """Its cards by kind."""
        return (CardGroup(self.chip, self.chip_count, self.memory_gib), *self.others)

    def box_count(self) -> int:
        """Boxes with memory of their own: a chip with unified memory is a whole box, cards share one."""
        return self.node_count * (self.chip_count if self.chip.memory_kind == "unified" else 1)

    def all_chips_count(self) -> int:
        """Chips of all boxes together."""
        return sum(group.chip_count for group in self.groups()) * self.node_count


def hardware_of(
    box: Chip | Machine | CloudOffer,
    *,
    chips: Mapping[str, Chip],
    chip_count: int | None = None,
    memory_gib: float | None = None,
) -> Hardware:
    """The hardware of a machine, a rented machine or a bare chip; a chip has its largest memory unless one is given."""
    if isinstance(box, Chip):
        return Hardware(
            chip=box, chip_count=chip_count or 1, memory_gib=memory_gib or max(box.memory_options_gib), id=box.id
        )
    machine = box if isinstance(box, Machine) else None
    return Hardware(
        chip=chips[box.chip],
        chip_count=chip_count or box.chip_count,
        memory_gib=memory_gib or box.memory_gib,
        system_ram_gib=box.system_ram_gib,
        storage_gb_per_s=machine.storage_gb_per_s.central if machine and machine.storage_gb_per_s else None,
        system_ram_gb_per_s=machine.system_ram_gb_per_s if machine else None,
        id=box.id,
        power=machine.power if machine else None,
        others=tuple(CardGroup(chips[one.chip], one.chip_count, one.memory_gib) for one in machine.other_cards)
        if machine
        else (),
    )
