"""Probe requests: a model id, a config.json, a folder or a repository turned into a checked spec."""

import importlib.metadata
import platform
from pathlib import Path

from pydantic import ValidationError

from calculator.errors import sentences
from calculator.units import BYTES_PER_GB
from measurements.models import folder_guard as guard
from measurements.models.ask_mlx_lm import load_config, shipped_config_ids
from measurements.records.host import this_host
from measurements.records.record import MeasurementError
from measurements.records.spec import ProbeSpec, Tier, quantization_of

# Default sizes: as in real use on a GPU; small enough for a minute on the CPU backend.
_GPU_DEFAULTS = {"depths": (512, 8192), "chunk_tokens": 512, "generated_tokens": 32, "trial_count": 5}
_CPU_DEFAULTS = {"depths": (64, 256), "chunk_tokens": 64, "generated_tokens": 8, "trial_count": 3}
SMALL_MODEL = "qwen3-0.6b"
_QUICK_LIMIT_S = 60.0  # so that `make probe`, with the host probe, ends within two minutes
_QUICK_CPU_SIZES = {"depths": (64,), "chunk_tokens": 16, "generated_tokens": 4, "trial_count": 3}


def spec_for(
    target: str,
    *,
    tier: Tier,
    format_id: str,
    revision: str = "",
    limits: dict[str, object] | None = None,
    roots: tuple[Path, ...] = (),
) -> ProbeSpec:
    """The spec of a probe of `target`; raises MeasurementError or a catalogue error with a sentence.

    target: "" (host and search only), the id of a shipped model, the path of a config.json, a model folder or, for the
    tier real, owner/name with a pinned revision. `limits` overrides depths, trials and the other sizes.
    """
    fields: dict[str, object] = {
        **(_GPU_DEFAULTS if has_gpu_backend() else _CPU_DEFAULTS),
        "tier": tier,
        "format": format_id,
        **{name: value for name, value in (limits or {}).items() if value is not None},
    }
    if tier == "host" or (tier == "rag" and not target):
        return _checked(fields)
    if tier == "real":
        return _checked({**fields, **_real(target, revision=revision, roots=roots)})
    path = Path(target)
    is_file = path.suffix == ".json" or path.is_dir()
    config = guard.checked_config(path / "config.json" if path.is_dir() else path) if is_file else load_config(target)
    config.pop("_about", None)
    return _checked(
        {
            **fields,
            "config": config,
            "quantization": quantization_of(format_id),
            "model": target if target in shipped_config_ids() else _name_of(path),
            "model_name": path.name,
        }
    )


def has_gpu_backend() -> bool:
    """Whether mlx would compute on a GPU here, judged by the installed packages without importing it."""
    if platform.system() == "Darwin":
        return platform.machine() == "arm64"
    names = {distribution.name for distribution in importlib.metadata.distributions()}
    return bool(names & {"mlx-cuda-12", "mlx-cuda-13"})


def quick_sizes() -> dict[str, object]:
    """Sizes for a first probe of a machine, a minute at most."""
    return {**({} if has_gpu_backend() else _QUICK_CPU_SIZES), "time_limit_s": _QUICK_LIMIT_S}


def why_no_probe() -> str:
    """Why this machine cannot run a probe, in one sentence; "" if it can."""
    missing: list[str] = []
    for name in ("mlx", "mlx-lm"):
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    if platform.system() == "Windows":
        return "mlx-lm does not run on Windows. Run the server on a Mac or Linux, or import a measurement."
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        return (
            f"{' and '.join(missing)} {verb} not installed here. "
            "Run `make run` on a Mac with Apple silicon or on Linux, or import a measurement."
        )
    return ""


def _checked(fields: dict[str, object]) -> ProbeSpec:
    try:
        return ProbeSpec.model_validate(fields)
    except ValidationError as error:
        raise MeasurementError(" ".join(sentences(error, ProbeSpec))) from None


def _real(target: str, *, revision: str, roots: tuple[Path, ...]) -> dict[str, object]:
    path = Path(target)
    if path.exists() or target.startswith((".", "/", "~")) or target.count("/") != 1:
        folder = guard.checked_folder(path.expanduser(), roots=roots)
        memory_bytes = this_host().memory_bytes
        if 0 < memory_bytes < folder.weights_bytes:
            raise MeasurementError(
                f"{folder.path.name} holds {folder.weights_bytes / BYTES_PER_GB:,.1f} GB of weights; "
                f"this machine has {memory_bytes / BYTES_PER_GB:,.1f} GB of memory. "
                "Use --tier fast, which times a model of any size in the memory of a few layers."
            )
        return {
            "path": str(folder.path),
            "config": folder.config,
            "model": _name_of(folder.path),
            "model_name": folder.path.name,
        }
    name, pinned = guard.checked_repository(target, revision=revision)
    return {"repository": name, "revision": pinned, "model": _name_of(Path(name)), "model_name": name}


def _name_of(path: Path) -> str:
    """A lower-case label: the folder's name for a config.json, else the name of the file or folder itself."""
    name = (
        path.parent.name if path.name == "config.json" else path.stem if path.suffix == ".json" else path.name
    ).lower()
    if not name:
        raise MeasurementError("No model was named. Give a model id, a config.json, a folder or owner/name.")
    return name[:200]
