"""Hardware: what the physics sees of a machine, a rented machine and a bare chip."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from calculator.catalog import load_catalog
from calculator.catalog.hardware import Hardware, hardware_of
from calculator.catalog.options import Chip, CloudOffer, Machine
from calculator.errors import sentences

CATALOG = load_catalog()


def test_hardware_of_a_machine_is_its_file() -> None:
    machine = CATALOG.machines["dual-rtx-4090-am5"]
    found = hardware_of(machine, chips=CATALOG.chips)
    assert (found.chip.id, found.chip_count, found.memory_gib) == (machine.chip, 2, 24)
    assert (found.system_ram_gib, found.power, found.id) == (128, machine.power, machine.id)
    mac = CATALOG.machines["mac-studio-m2-ultra-192-used"]
    assert mac.storage_gb_per_s is not None
    assert hardware_of(mac, chips=CATALOG.chips).storage_gb_per_s == mac.storage_gb_per_s.central


def test_hardware_of_a_rented_machine_has_no_watts_and_no_drive() -> None:
    found = hardware_of(CATALOG.clouds["cloud-h100"], chips=CATALOG.chips)
    assert (found.power, found.storage_gb_per_s, found.system_ram_gb_per_s) == (None, None, None)
    assert found.memory_gib == CATALOG.clouds["cloud-h100"].memory_gib


def test_hardware_of_a_chip_has_its_largest_memory_unless_given() -> None:
    chip = CATALOG.chips["apple-m4-max-40"]
    assert hardware_of(chip, chips=CATALOG.chips).memory_gib == max(chip.memory_options_gib)
    assert hardware_of(chip, chips=CATALOG.chips, memory_gib=64, chip_count=2).memory_gib == 64


@pytest.mark.parametrize(
    ("chip", "chips", "nodes", "boxes"),
    [
        ("apple-m3-ultra-80", 1, 1, 1),
        ("apple-m3-ultra-80", 4, 1, 4),
        ("apple-m3-ultra-80", 1, 4, 4),
        ("nvidia-rtx-4090", 4, 1, 1),
        ("nvidia-rtx-4090", 2, 3, 3),
    ],
)
def test_box_count_is_that_of_memories(chip: str, chips: int, nodes: int, boxes: int) -> None:
    assert Hardware(CATALOG.chips[chip], chips, 24, node_count=nodes).box_count() == boxes


@given(chips=st.integers(1, 64), nodes=st.integers(1, 16))
def test_all_chips_are_those_of_every_box(chips: int, nodes: int) -> None:
    found = Hardware(CATALOG.chips["nvidia-rtx-4090"], chips, 24, node_count=nodes)
    assert found.all_chips_count() == chips * nodes >= found.box_count()


@pytest.mark.parametrize(
    ("kind", "entry", "old", "new"),
    [
        (Machine, CATALOG.machines["dual-rtx-4090-am5"], "memory_gb", "memory_gib"),
        (Machine, CATALOG.machines["dual-rtx-4090-am5"], "system_ram_gb", "system_ram_gib"),
        (CloudOffer, CATALOG.clouds["cloud-h100"], "memory_gb", "memory_gib"),
        (Chip, CATALOG.chips["nvidia-rtx-4090"], "memory_options_gb", "memory_options_gib"),
    ],
)
def test_old_key_is_refused_with_the_name_of_the_new_one(
    kind: type[BaseModel], entry: BaseModel, old: str, new: str
) -> None:
    fields = entry.model_dump(exclude_none=True)
    fields[old] = fields.pop(new)
    with pytest.raises(ValidationError) as refused:
        kind.model_validate(fields)
    assert f"{old} is not a known key. Did you mean {new}?" in sentences(refused.value, kind)
