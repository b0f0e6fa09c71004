"""Plausibility of figures: bandwidth, matrix rate, watts, prices."""

import pytest

from calculator.catalog import Catalog
from calculator.catalog.check_figures import matrix_tflops_of_geometry


def test_bandwidth_is_bus_width_times_pin_rate(catalog: Catalog) -> None:
    # RTX 4090: 384 bit x 21 Gbit/s / 8 = 1,008 GB/s
    checked = [chip for chip in catalog.chips.values() if chip.geometry is not None]
    assert len(checked) >= 15
    for chip in checked:
        assert chip.geometry is not None
        computed = chip.geometry.bus_width_bits * chip.geometry.pin_rate_gbit_per_s / 8
        assert chip.bandwidth_gb_per_s.central == pytest.approx(computed, rel=0.01), chip.id


@pytest.mark.parametrize(
    ("chip", "published"),
    [
        ("nvidia-rtx-4090", 165.2),  # Ada whitepaper, FP16 with FP32 accumulation: 512 x 2.52 x 256 / 1000 / 2 = 165.15
        ("nvidia-rtx-5090", 209.5),  # Blackwell whitepaper: 680 x 2.407 x 256 / 1000 / 2 = 209.5
        ("nvidia-rtx-3090", 71.0),  # GA102 whitepaper: 328 x 1.695 x 256 / 1000 / 2 = 71.2
        ("nvidia-a100-sxm-80", 312.0),  # 432 x 1.41 x 512 / 1000 = 311.9
        ("nvidia-rtx-a6000", 154.8),  # 336 x 1.8 x 256 / 1000 = 154.8
    ],
)
def test_matrix_rate_follows_from_tensor_cores_and_clock(catalog: Catalog, chip: str, published: float) -> None:
    assert matrix_tflops_of_geometry(catalog.chips[chip]) == pytest.approx(published, rel=0.005)


def test_matrix_rate_is_absent_where_no_maker_states_it(catalog: Catalog) -> None:
    assert all(chip.matrix_tflops is None for chip in catalog.chips.values() if chip.vendor == "apple")
    assert catalog.chips["nvidia-gb10"].matrix_tflops is None


def test_watts_rise_from_idle_to_load_and_stay_below_the_makers_maximum(catalog: Catalog) -> None:
    for machine in catalog.machines.values():
        power = machine.power
        assert power.scope == "wall", machine.id
        assert 0 < power.idle_w.high < min(power.decode_w.low, power.prefill_w.low), machine.id
        if power.max_w is not None:
            assert max(power.decode_w.high, power.prefill_w.high) <= 1.1 * power.max_w.high, machine.id
