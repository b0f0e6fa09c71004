"""Load time: bytes over the slowest link, and its range."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.catalog import load_catalog
from calculator.catalog.hardware import Hardware
from calculator.physics.speed.load_time import load_time

CATALOG = load_catalog()


def _hardware(chip: str, memory_gib: float, count: int = 1, ram_gb: float | None = None) -> Hardware:
    return Hardware(chip=CATALOG.chips[chip], chip_count=count, memory_gib=memory_gib, system_ram_gib=ram_gb)


A100 = _hardware("nvidia-a100-sxm-80", 80)


def test_load_time_of_the_articles_claim() -> None:
    """75 GB in 4 s asks for 18.7 GB/s; Apple names 7.4 GB/s for the Mac Studio of 2022: 10.1 s at best."""
    mac = Hardware(chip=CATALOG.chips["apple-m2-ultra-76"], chip_count=1, memory_gib=192, storage_gb_per_s=7.4)
    cold = load_time(74_964_549_632, hardware=mac, catalog=CATALOG)
    assert cold.central == pytest.approx(74.96 / 7.4, rel=1e-3)
    assert cold.bound_by == "storage"
    warm = load_time(74_964_549_632, hardware=mac, catalog=CATALOG, is_warm=True)
    assert warm.low < cold.central
    assert warm.low <= warm.central <= warm.high
    unknown = load_time(10**9, hardware=A100, catalog=CATALOG)
    assert unknown.low < unknown.high


@given(size=st.integers(1, 10**13), more=st.integers(0, 10**13), warm=st.booleans())
def test_load_time_grows_with_the_bytes(size: int, more: int, warm: bool) -> None:
    short, long = (load_time(one, hardware=A100, catalog=CATALOG, is_warm=warm) for one in (size, size + more))
    assert short.low <= short.central <= short.high
    assert short.central <= long.central
    assert short.unit == "s"


def test_load_time_of_boxes_is_shared_and_cards_pass_their_link() -> None:
    # 80 GB on four Macs: 20 GB each from a drive of 7.4 GB/s
    four = Hardware(CATALOG.chips["apple-m2-ultra-76"], 4, 192, storage_gb_per_s=7.4)
    assert load_time(80 * 10**9, hardware=four, catalog=CATALOG).central == pytest.approx(20 / 7.4)
    fast = Hardware(CATALOG.chips["nvidia-rtx-4090"], 1, 24, storage_gb_per_s=1000.0)
    found = load_time(10**9, hardware=fast, catalog=CATALOG)
    assert found.bound_by == "host link"


def test_load_time_says_whose_storage_it_counts() -> None:
    known = Hardware(CATALOG.chips["apple-m2-ultra-76"], 1, 192, storage_gb_per_s=7.4)
    notes = [
        load_time(10**9, hardware=hardware, catalog=CATALOG, is_warm=is_warm).note
        for hardware, is_warm in ((known, False), (A100, False), (known, True))
    ]
    usual, cache = (CATALOG.constants[name].note for name in ("default_storage_gb_per_s", "page_cache_gb_per_s"))
    assert notes == ["the machine's own storage", usual, cache]
