"""On what does mlx compute in this process, in which version, and how much memory may it have? Worker process only."""

# mlx carries no usable types
# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
import importlib.metadata
from pathlib import Path

import mlx.core as mx

from measurements.session import Json

PACKAGES = ("mlx", "mlx-lm", "mlx-metal", "mlx-cuda-12", "mlx-cuda-13", "mlx-cpu")


def backend_of_this_process() -> str:
    """metal, cuda or cpu: where mlx computes."""
    if mx.default_device() == mx.Device(mx.cpu, 0):
        return "cpu"
    return "metal" if mx.metal.is_available() else "cuda"


def machine_limit_bytes(device: Json) -> int:
    """What the machine offers now: Metal's working set, or the memory that Linux calls available."""
    offered = [int(device[key]) for key in ("max_recommended_working_set_size", "total_memory") if device.get(key)]
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        offered += [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable")]
    except OSError:
        pass
    return min(offered, default=0)


def versions() -> dict[str, str]:
    """Versions of the packages that compute; "" where one is not installed."""
    return {name: _version(name) for name in PACKAGES}


def wheel_tag() -> str:
    """The platform tag of mlx's wheel: M5 builds differ by it (macosx_14, 15, 26)."""
    try:
        text = importlib.metadata.distribution("mlx").read_text("WHEEL") or ""
    except importlib.metadata.PackageNotFoundError:
        return ""
    return next((line.split(":", 1)[1].strip() for line in text.splitlines() if line.startswith("Tag:")), "")


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
