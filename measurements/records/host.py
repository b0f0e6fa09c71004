"""Facts of this machine: chip, memory, limits, system and power mode, read without special rights and without mlx.

They decide whether two speeds are comparable: the same chip in another power mode or with another wired limit counts
as another machine. Each reader takes the text that a system tool prints, so the Mac's readers are tested on any
system. What cannot be read stays empty and is never guessed.
"""

import functools
import hashlib
import os
import platform
import re
import subprocess
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path

from measurements.child_environment import child_environment
from measurements.records.identify import chip_of_name
from measurements.records.record import Host

_SALT = b"local-llm-tco host id 1"
_TOOL_TIMEOUT_S = 5
_NVIDIA = ("nvidia-smi", "--query-gpu=name,memory.total,power.limit", "--format=csv,noheader")
_WINDOWS_MEMORY = ("powershell", "-NoProfile", "-Command", "(Get-CimInstance Win32_ComputerSystem).TotalPhysicalMemory")
_WINDOWS_CPU = ("powershell", "-NoProfile", "-Command", "(Get-CimInstance Win32_Processor).Name")
_MAC_KEYS = (
    "machdep.cpu.brand_string",
    "hw.memsize",
    "iogpu.wired_limit_mb",
    "hw.perflevel0.l2cachesize",
    "kern.osproductversion",
    "kern.osversion",
)


def this_host(chips: Iterable[str] = ()) -> Host:
    """The machine that this process runs on; its chip is matched against the catalogue ids `chips`."""
    known = tuple(chips)
    readers = {"Darwin": _mac, "Windows": _windows}
    return readers.get(platform.system(), _linux)(known)


def mac_host(
    sysctl: Mapping[str, str], *, displays: str, battery: str, settings: str, thermal: str, chips: Iterable[str] = ()
) -> Host:
    """A Mac, from the output of sysctl, system_profiler SPDisplaysDataType and three forms of pmset."""
    name = sysctl.get("machdep.cpu.brand_string", "")
    cores = re.search(r"Total Number of Cores: (\d+)", displays)
    count = int(cores[1]) if cores else 0
    mode = re.search(r"^\s*(?:powermode|lowpowermode|highpowermode)\s+(\d)", settings, re.M)
    source = re.search(r"Now drawing from '([^']+)'", battery)
    limit = re.search(r"CPU_Speed_Limit\s*=\s*(\d+)", thermal)
    return Host(
        chip=chip_of_name(name, chips=chips, gpu_core_count=count) or _slug(name, count),
        chip_name=name,
        gpu_core_count=count,
        memory_bytes=_whole(sysctl.get("hw.memsize")),
        wired_limit_mib=_whole(sysctl.get("iogpu.wired_limit_mb")),
        last_level_cache_bytes=_whole(sysctl.get("hw.perflevel0.l2cachesize")),
        os="macOS",
        os_version=sysctl.get("kern.osproductversion", ""),
        os_build=sysctl.get("kern.osversion", ""),
        power_source=source[1] if source else "",
        power_mode={"0": "automatic", "1": "low", "2": "high"}.get(mode[1], mode[1]) if mode else "",
        thermal=f"CPU speed limit {limit[1]} %" if limit else "",
    )


def linux_host(
    *, cpu_info: str, memory_info: str, os_release: str, gpus: str, governor: str, chips: Iterable[str] = ()
) -> Host:
    """A Linux machine, from /proc, /etc/os-release and `nvidia-smi --query-gpu=name,memory.total,power.limit`."""
    cpu = re.search(r"^model name\s*:\s*(.+)$", cpu_info, re.M)
    memory = re.search(r"^MemTotal:\s*(\d+) kB", memory_info, re.M)
    lines = (line.split("=", 1) for line in os_release.splitlines() if "=" in line)
    release = {name: value.strip("\"'") for name, value in lines}
    found = _by_its_gpus(
        gpus, cpu=cpu[1].strip() if cpu else "", memory_bytes=int(memory[1]) * 1024 if memory else 0, chips=chips
    )
    return found.model_copy(
        update={
            "os": "Linux",
            "os_version": release.get("VERSION_ID", ""),
            "os_build": f"{release.get('ID', '')} {platform.release()}".strip(),
            "power_mode": found.power_mode or governor.strip(),
        }
    )


def windows_host(*, cpu: str, memory_bytes: int, version: str, gpus: str, chips: Iterable[str] = ()) -> Host:
    """A Windows machine, from the processor's name, its memory, its version and the same query of nvidia-smi."""
    found = _by_its_gpus(gpus, cpu=cpu.strip(), memory_bytes=memory_bytes, chips=chips)
    release, _, build = version.partition(" ")
    return found.model_copy(update={"os": "Windows", "os_version": release, "os_build": build})


def _by_its_gpus(gpus: str, *, cpu: str, memory_bytes: int, chips: Iterable[str]) -> Host:
    """A machine named after its first NVIDIA card, with the card's memory and power limit; else after its processor."""
    rows = [[cell.strip() for cell in line.split(",")] for line in gpus.splitlines() if line.strip()]
    names = [row[0] for row in rows]
    name = names[0] if names else cpu
    watts = rows[0][2] if rows and len(rows[0]) > 2 else ""
    return Host(
        chip=(chip_of_name(name, chips=chips) if names else None) or _slug(name, 0),
        chip_name=name,
        chip_count=max(1, names.count(name)),
        memory_bytes=int(float(rows[0][1].split()[0]) * 2**20) if rows and len(rows[0]) > 1 else memory_bytes,
        power_mode=f"limit {watts}" if watts else "",
    )


def last_level_cache_bytes(folder: Path = Path("/sys/devices/system/cpu/cpu0/cache")) -> int:
    """The largest cache of the first core; 0 if the system does not report it (macOS hides its system-level cache)."""
    sizes = [0]
    for file in folder.glob("index*/size"):
        text = file.read_text("ascii").strip()
        scale = {"K": 2**10, "M": 2**20}.get(text[-1:], 1)
        sizes.append(int(text.rstrip("KM")) * scale)
    return max(sizes)


@functools.cache
def host_id() -> str:
    """Sixteen hexadecimal digits that are stable for this machine and reveal nothing about it."""
    return hashlib.sha256(_SALT + _machine_identity().encode()).hexdigest()[:16]


def _mac(chips: tuple[str, ...]) -> Host:
    pairs = (line.split(": ", 1) for line in _output_of("sysctl", *_MAC_KEYS).splitlines() if ": " in line)
    found = mac_host(
        dict(pairs),
        displays=_output_of("system_profiler", "SPDisplaysDataType"),
        battery=_output_of("pmset", "-g", "batt"),
        settings=_output_of("pmset", "-g"),
        thermal=_output_of("pmset", "-g", "therm"),
        chips=chips,
    )
    return found.model_copy(update=_current_state())


def _linux(chips: tuple[str, ...]) -> Host:
    found = linux_host(
        cpu_info=_read("/proc/cpuinfo"),
        memory_info=_read("/proc/meminfo"),
        os_release=_read("/etc/os-release"),
        gpus=_output_of(*_NVIDIA),
        governor=_read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        chips=chips,
    )
    return found.model_copy(update={**_current_state(), "last_level_cache_bytes": last_level_cache_bytes()})


def _windows(chips: tuple[str, ...]) -> Host:
    found = windows_host(
        cpu=(_output_of(*_WINDOWS_CPU).splitlines() or [platform.processor()])[0],
        memory_bytes=_whole(_output_of(*_WINDOWS_MEMORY)),
        version=f"{platform.release()} {platform.version()}",
        gpus=_output_of(*_NVIDIA),
        chips=chips,
    )
    return found.model_copy(update=_current_state())


def _current_state() -> dict[str, object]:
    load = {"load_average": round(os.getloadavg()[0], 2)} if hasattr(os, "getloadavg") else {}
    return {"host_id": host_id(), **load}


def _machine_identity() -> str:
    if platform.system() == "Darwin":
        found = re.search(r'"IOPlatformUUID" = "([^"]+)"', _output_of("ioreg", "-rd1", "-c", "IOPlatformExpertDevice"))
        if found:
            return found[1]
    return _read("/etc/machine-id").strip() or f"{platform.node()} {uuid.getnode()}"


def _output_of(*command: str) -> str:
    """The output of a system tool; "" if it is missing, fails or takes too long."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_TOOL_TIMEOUT_S, check=False, env=child_environment()
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout


def _read(path: str) -> str:
    try:
        return Path(path).read_text("utf-8", "replace")
    except OSError:
        return ""


def _whole(text: str | None) -> int:
    return int(text) if text and text.strip().isdigit() else 0


def _slug(name: str, cores: int) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return f"{words}-{cores}" if cores and words else words
