"""Power meters: mean watts during a run, as far as they can be read without special rights, always with their scope.

gpu: the graphics board alone. soc: the chip without the rest of the machine. system: the whole machine before its power
supply. wall: at the socket, read off a meter and typed in. Scopes are stored and never mixed: comparing a 4090's board
watts with a Mac's wall watts would be wrong by a factor of two.
"""

import contextlib
import importlib
import json
import shutil
import subprocess
import threading
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any, Protocol

from calculator.units import plain_number
from measurements.child_environment import child_environment
from measurements.records.record import MeasurementError, PowerScope

SHORTEST_WINDOW_S = 5.0  # the counters update every 20 to 1,000 ms
_RAPL = Path("/sys/class/powercap/intel-rapl:0/energy_uj")
_RAPL_TOP = Path("/sys/class/powercap/intel-rapl:0/max_energy_range_uj")


class PowerMeter(Protocol):
    """A counter of joules since an arbitrary moment."""

    name: str
    scope: PowerScope

    def energy_j(self) -> float:
        """Joules since an arbitrary moment; only differences have a meaning."""
        ...


class ManualMeter:
    """A wall meter whose reading was typed in."""

    name: str = "wall meter"
    scope: PowerScope = "wall"

    def __init__(self, watts: float) -> None:
        if not 0 < watts < 100_000:
            raise MeasurementError(
                f"The meter reading is {plain_number(watts)} W; it must be between 0 and 100,000. Enter the watts that "
                "the meter shows."
            )
        self._watts, self._began = watts, time.monotonic()

    def energy_j(self) -> float:
        return self._watts * (time.monotonic() - self._began)


class NvidiaMeter:
    """Energy counters of all NVIDIA boards, from the driver (package nvidia-ml-py)."""

    name: str = "nvidia-ml-py"
    scope: PowerScope = "gpu"

    def __init__(self) -> None:
        self._nvml: Any = importlib.import_module("pynvml")
        try:
            self._nvml.nvmlInit()
            count = int(self._nvml.nvmlDeviceGetCount())
            self._boards = [self._nvml.nvmlDeviceGetHandleByIndex(number) for number in range(count)]
        except self._nvml.NVMLError as error:
            raise OSError(f"the NVIDIA driver does not answer: {error}") from error

    def energy_j(self) -> float:
        return sum(self._nvml.nvmlDeviceGetTotalEnergyConsumption(board) for board in self._boards) / 1000


class AppleMeter:
    """Energy counters of Apple silicon: CPU, GPU, memory, neural engine (package zeus-apple-silicon, no root)."""

    name: str = "zeus-apple-silicon"
    scope: PowerScope = "soc"

    def __init__(self) -> None:
        self._monitor: Any = importlib.import_module("zeus_apple_silicon").AppleEnergyMonitor()

    def energy_j(self) -> float:
        found = self._monitor.get_cumulative_energy()
        parts = ("cpu_total_mj", "gpu_mj", "gpu_sram_mj", "dram_mj", "ane_mj")
        return sum(float(getattr(found, part, 0) or 0) for part in parts) / 1000


class MacmonMeter:
    """Power of the whole Mac before its supply, from `macmon pipe` (sys_power), integrated over time in a thread."""

    name: str = "macmon"
    scope: PowerScope = "system"

    def __init__(self, command: tuple[str, ...] = ("macmon", "pipe", "-i", "500")) -> None:
        if shutil.which(command[0]) is None:
            raise FileNotFoundError(command[0])
        self._joules, self._last = 0.0, time.monotonic()
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=child_environment()
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            watts = system_watts(line)
            moment = time.monotonic()
            if watts is not None:
                self._joules += watts * (moment - self._last)
            self._last = moment

    def energy_j(self) -> float:
        return self._joules

    def close(self) -> None:
        """End macmon; it holds no state, so it may be killed if it does not react."""
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class RaplMeter:
    """Energy counter of a Linux PC's CPU package, if the kernel allows reading it."""

    name: str = "RAPL"
    scope: PowerScope = "soc"

    def __init__(self, counter: Path = _RAPL, top: Path = _RAPL_TOP) -> None:
        self._counter, self._top = counter, float(top.read_text("ascii"))
        self._last, self._total = float(counter.read_text("ascii")), 0.0

    def energy_j(self) -> float:
        value = float(self._counter.read_text("ascii"))
        self._total += value - self._last if value >= self._last else value + self._top - self._last
        self._last = value
        return self._total / 1e6


class PowerWindow:
    """Mean watts between creation and `close`; nothing for a window too short for the counters."""

    def __init__(self, meter: PowerMeter, *, shortest_s: float = SHORTEST_WINDOW_S) -> None:
        self._meter, self._shortest_s = meter, shortest_s
        self._began, self._joules = time.monotonic(), meter.energy_j()

    def close(self) -> dict[str, Any]:
        """{"mean_power_w", "power_scope"}, or {} if the window was too short or the counter did not move."""
        seconds, joules = time.monotonic() - self._began, self._meter.energy_j() - self._joules
        if seconds < self._shortest_s or joules <= 0:
            return {}
        return {"mean_power_w": joules / seconds, "power_scope": self._meter.scope}


def best_meter(*, wall_watts: float | None = None) -> PowerMeter | None:
    """The typed-in wall meter, else the meter with the widest scope readable here; None if there is none."""
    if wall_watts is not None:
        return ManualMeter(wall_watts)
    for kind in (MacmonMeter, AppleMeter, NvidiaMeter, RaplMeter):
        try:
            return kind()
        except (ImportError, OSError, AttributeError, ValueError):
            continue
        except RuntimeError:
            continue  # the library is installed, but the hardware is missing
    return None


@contextlib.contextmanager
def opened_meter(*, wall_watts: float | None = None) -> Generator[PowerMeter | None]:
    """`best_meter` for the length of a block; its helper program (macmon) ends with it."""
    meter = best_meter(wall_watts=wall_watts)
    try:
        yield meter
    finally:
        if isinstance(meter, MacmonMeter):
            meter.close()


def system_watts(line: bytes) -> float | None:
    """sys_power in one line of `macmon pipe`; None if the line has none."""
    try:
        found = json.loads(line)
        watts = float(found["sys_power"])
    except (ValueError, TypeError, KeyError):
        return None
    return watts if 0 < watts < 10_000 else None
