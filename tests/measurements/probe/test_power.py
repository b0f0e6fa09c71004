"""Power meters: watts with their scope, and nothing if no counter can be read."""

import sys
import time
from pathlib import Path

import pytest

from measurements.probe.power import (
    MacmonMeter,
    ManualMeter,
    NvidiaMeter,
    PowerWindow,
    RaplMeter,
    best_meter,
    system_watts,
)
from measurements.records.record import MeasurementError

pytestmark = pytest.mark.alone


class Counter:
    """A meter of so many watts."""

    name: str = "test"
    scope = "gpu"

    def __init__(self, watts: float) -> None:
        self.watts, self.began = watts, time.monotonic()

    def energy_j(self) -> float:
        return self.watts * (time.monotonic() - self.began)


def test_power_window_divides_energy_by_time() -> None:
    window = PowerWindow(Counter(250.0), shortest_s=0.05)  # type: ignore[arg-type]
    time.sleep(0.3)
    found = window.close()
    assert found["mean_power_w"] == pytest.approx(250, rel=0.1)
    assert found["power_scope"] == "gpu"


def test_power_window_that_was_too_short_says_nothing() -> None:
    assert PowerWindow(Counter(250.0)).close() == {}  # type: ignore[arg-type]


def test_counter_that_stands_still_says_nothing() -> None:
    window = PowerWindow(Counter(0.0), shortest_s=0.0)  # type: ignore[arg-type]
    assert window.close() == {}


def test_typed_in_watts_are_wall_watts() -> None:
    meter = best_meter(wall_watts=262.0)
    assert meter is not None
    window = PowerWindow(meter, shortest_s=0.01)
    time.sleep(0.3)
    assert window.close() == {"mean_power_w": pytest.approx(262, rel=0.1), "power_scope": "wall"}
    for wrong in (0.0, -5.0, 1e9, float("nan")):
        with pytest.raises(MeasurementError, match="between 0 and 100,000"):
            ManualMeter(wrong)


def test_rapl_counts_on_after_its_counter_wrapped(tmp_path: Path) -> None:
    counter, top = tmp_path / "energy_uj", tmp_path / "max"
    counter.write_text("9000000\n")
    top.write_text("10000000\n")
    meter = RaplMeter(counter, top)
    counter.write_text("9500000\n")
    assert meter.energy_j() == pytest.approx(0.5)
    counter.write_text("250000\n")  # 0.5 J to the top, 0.25 J beyond it
    assert meter.energy_j() == pytest.approx(0.5 + 0.75)


@pytest.mark.parametrize(
    ("line", "watts"),
    [
        (b'{"sys_power": 31.5, "gpu_power": 20}', 31.5),
        (b"{}", None),
        (b"broken", None),
        (b'{"sys_power": null}', None),
        (b'{"sys_power": -1}', None),
        (b"[]", None),
    ],
)
def test_system_watts_of_a_macmon_line(line: bytes, watts: float | None) -> None:
    assert system_watts(line) == watts


def test_macmon_samples_are_integrated_over_time() -> None:
    script = "import time\nfor _ in range(20):\n    print('{\"sys_power\": 100.0}', flush=True)\n    time.sleep(0.02)"
    meter = MacmonMeter((sys.executable, "-c", script))
    time.sleep(0.3)
    joules = meter.energy_j()
    meter.close()
    assert 0 < joules <= 100 * 0.5


def test_missing_meters_are_no_error() -> None:
    with pytest.raises(FileNotFoundError):
        MacmonMeter(("no-such-program-here",))
    found = best_meter()
    assert found is None or found.scope in ("gpu", "soc", "system")


def test_nvidia_meter_sums_the_boards(monkeypatch: pytest.MonkeyPatch) -> None:
    class Driver:
        """The four calls of pynvml that are used, for two boards of 100 J and 50 J."""

        def nvmlInit(self) -> None: ...
        def nvmlDeviceGetCount(self) -> int:
            return 2

        def nvmlDeviceGetHandleByIndex(self, number: int) -> int:
            return number

        def nvmlDeviceGetTotalEnergyConsumption(self, board: int) -> int:
            return (100_000, 50_000)[board]

    monkeypatch.setitem(sys.modules, "pynvml", Driver())  # type: ignore[arg-type]
    assert NvidiaMeter().energy_j() == 150.0


def test_apple_energy_is_the_sum_of_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The names of zeus-apple-silicon 1.1.0's macOS wheel (its symbols, read 2026-11-22)."""
    from measurements.probe.power import AppleMeter

    class Metrics:
        cpu_total_mj, gpu_mj, gpu_sram_mj, dram_mj, ane_mj = 1_000, 20_000, None, 3_000, 0

    class Library:
        class AppleEnergyMonitor:
            def get_cumulative_energy(self) -> Metrics:
                return Metrics()

    monkeypatch.setitem(sys.modules, "zeus_apple_silicon", Library)  # type: ignore[arg-type]
    assert AppleMeter().energy_j() == 24.0
