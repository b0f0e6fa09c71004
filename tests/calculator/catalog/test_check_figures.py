"""Plausibility of figures: bandwidth, matrix rate, watts, prices."""

import pytest

from calculator.catalog import Catalog
from calculator.catalog.check_figures import (
    chip_contradictions,
    machine_contradictions,
    matrix_tflops_of_geometry,
    quote_contradictions,
    rental_contradictions,
)


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


def test_shipped_figures_contradict_nothing(catalog: Catalog) -> None:
    chips = catalog.chips
    assert not [said for chip in chips.values() for said in chip_contradictions(chip)]
    assert not [said for box in catalog.machines.values() for said in machine_contradictions(box, chips=chips)]
    assert not [said for box in catalog.clouds.values() for said in rental_contradictions(box, chips=chips)]
    assert not [said for quote in catalog.api_quotes for said in quote_contradictions(quote)]


def test_used_machine_needs_its_age(catalog: Catalog) -> None:
    used = catalog.machines["mac-studio-m2-ultra-192-used"].model_copy(update={"age_when_bought_years": None})
    (said,) = machine_contradictions(used, chips=catalog.chips)
    assert said == "age_when_bought_years is missing, but bought is 'used'. Add the age, or set bought = \"new\"."


def test_cached_token_dearer_than_a_fresh_one_is_refused(catalog: Catalog) -> None:
    quote = catalog.api_quotes[0].model_copy(update={"input_usd_per_mtok": 1.0, "cached_input_usd_per_mtok": 2.0})
    (said,) = quote_contradictions(quote)
    assert said == "cached_input_usd_per_mtok is 2, above input_usd_per_mtok 1. Swap or correct them."


def test_rental_at_no_price_is_refused(catalog: Catalog) -> None:
    offer = catalog.clouds["cloud-h100"]
    row = offer.rates[0]
    free = row.rate_usd_per_h.model_copy(update={"low": 0.0})
    rates = (row.model_copy(update={"rate_usd_per_h": free}), *offer.rates[1:])
    (said,) = rental_contradictions(offer.model_copy(update={"rates": rates}), chips=catalog.chips)
    assert said.startswith("rates[0].rate_usd_per_h: low is 0; a price is above 0.")
