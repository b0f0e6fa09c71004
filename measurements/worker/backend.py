"""Backend, memory limit and package versions of mlx in this process. For the worker process only."""

# mlx carries no usable types
# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
import contextlib
import ctypes
import importlib.metadata
import re
import subprocess
from pathlib import Path
from platform import system

import mlx.core as mx

from measurements.child_environment import child_environment
from measurements.worker.session import Json

PACKAGES = ("mlx", "mlx-lm", "mlx-metal", "mlx-cuda-12", "mlx-cuda-13", "mlx-cpu")
_CUDA_DRIVER = "libcuda.so.1"
_L2_CACHE_SIZE = 38  # CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE, in bytes (CUDA driver API)


def backend_of_this_process() -> str:
    """metal, cuda or cpu: where mlx computes."""
    if mx.default_device() == mx.Device(mx.cpu, 0):
        return "cpu"
    return "metal" if mx.metal.is_available() else "cuda"


def machine_limit_bytes(device: Json) -> int:
    """Memory on offer now: the least of Metal's working set, CUDA's memory and the system's available memory."""
    offered = [
        int(device[key])
        for key in ("max_recommended_working_set_size", "total_memory", "free_memory")
        if device.get(key)
    ]
    available = available_bytes_of_vm_stat(_output_of("vm_stat")) if system() == "Darwin" else _available_on_linux()
    offered += [available] if available else []
    return min(offered, default=0)


def last_level_cache_bytes(backend: str, stated: int) -> int:
    """The cache that a small model would be read from: that of the first NVIDIA card, else `stated`, the processor's.

    An NVIDIA driver tells it (cuDeviceGetAttribute); 0 where it does not.
    """
    return _cuda_cache_bytes() if backend == "cuda" else stated


def _cuda_cache_bytes() -> int:
    found, card = ctypes.c_int(0), ctypes.c_int(0)
    with contextlib.suppress(OSError, AttributeError):  # no driver here
        driver = ctypes.CDLL(_CUDA_DRIVER)
        if driver.cuInit(0) == 0 and driver.cuDeviceGet(ctypes.byref(card), 0) == 0:
            driver.cuDeviceGetAttribute(ctypes.byref(found), _L2_CACHE_SIZE, card)
    return found.value


def available_bytes_of_vm_stat(text: str) -> int:
    """Memory that macOS can give without swapping, from the output of `vm_stat`: free, inactive and speculative pages.

    >>> available_bytes_of_vm_stat("(page size of 16384 bytes)\\nPages free: 100.\\nPages inactive: 20.")
    1966080
    """
    size = re.search(r"page size of (\d+) bytes", text)
    kinds = ("free", "inactive", "speculative")
    pages = sum(int(found[1]) for kind in kinds if (found := re.search(rf"^Pages {kind}:\s+(\d+)\.", text, re.M)))
    return int(size[1]) * pages if size else 0


def _available_on_linux() -> int:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable")), 0)


def _output_of(*command: str) -> str:
    try:
        return subprocess.run(
            command, capture_output=True, text=True, timeout=5, check=False, env=child_environment()
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


def versions() -> dict[str, str]:
    """Versions of the computing packages; "" for one that is not installed."""
    return {name: _version(name) for name in PACKAGES}


def wheel_tag() -> str:
    """The platform tag of the wheel with the kernels, which distinguishes M5 builds (macosx_14, 15, 26).

    On a Mac the kernels are in mlx-metal, not in mlx, whose own tag names the oldest system that it supports.
    """
    for name in ("mlx-metal", "mlx"):
        try:
            text = importlib.metadata.distribution(name).read_text("WHEEL") or ""
        except importlib.metadata.PackageNotFoundError:
            continue
        return next((line.split(":", 1)[1].strip() for line in text.splitlines() if line.startswith("Tag:")), "")
    return ""


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
