"""Guard of model folders: only folders with shapes and weights alone may be loaded.

Reads names, JSON and safetensors headers within a second, without importing or executing anything. Refused: Python
and compiled code, pickles, `auto_map` and `model_file` (keys that name code to load), links and special files that
lead out of the folder, headers that promise more than the file holds, broken JSON. The loader also runs without
trust_remote_code. Background: mlx_lm.benchmark of mlx-lm 0.32.2 always loads a folder's tokenizer code, so it is
never called with a typed name; CVE-2026-5843 is `model_file` in older versions.
"""

import json
import os
import re
import stat
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from calculator.errors import why_unreadable
from calculator.scenario.json_text import table_of
from measurements.records.record import MeasurementError

REFUSED_SUFFIXES = {
    ".py",
    ".pyc",
    ".pyo",
    ".pyd",
    ".pyw",
    ".pyz",
    ".ipynb",
    ".so",
    ".dylib",
    ".dll",
    ".exe",
    ".sh",
    ".js",
    ".wasm",
    ".bin",
    ".pt",
    ".pth",
    ".pkl",
    ".pickle",
    ".ckpt",
    ".joblib",
    ".npy",
    ".npz",
    ".h5",
    ".keras",
    ".msgpack",
    ".mlpackage",
}
ALLOWED_PATTERNS = (
    "*.safetensors",
    "model.safetensors.index.json",
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.json",
    "merges.txt",
    "tokenizer.model",
    "added_tokens.json",
    "chat_template.jinja",
)
"""The files that are downloaded from a repository at a pinned revision; nothing else reaches the disk."""

REFUSED_KEYS = ("auto_map", "model_file", "custom_pipelines")
MOST_FILES = 5_000
LARGEST_JSON_BYTES = 5_000_000  # the largest config.json seen has 0.1 MB; tokenizer.json is not read here
LARGEST_HEADER_BYTES = 25_000_000  # safetensors itself allows 100 MB; 671B models need about 10 MB per file
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
_REVISION = re.compile(r"[0-9a-f]{40}")


class GuardError(MeasurementError):
    """A folder, file or name is refused; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A folder that may be loaded: its configuration, and its weights in bytes according to their headers."""

    path: Path
    config: dict[str, Any]
    weights_bytes: int
    file_count: int


def checked_folder(folder: Path, *, roots: Sequence[Path] = ()) -> ModelFolder:
    """The folder's configuration and size, read without running anything; raises GuardError.

    If `roots` are given, the folder must lie below one of them; missing and forbidden folders get the same answer.
    """
    path = _resolved(folder, roots=roots)
    root = _root_of(path)
    if (path / "config.json").is_symlink():
        _refuse_links_and_code(path / "config.json", root=root)
    config = checked_config(path / "config.json")  # first: no details about a folder that is not a model
    files = list(_files(path, root=root))
    for file in files:
        if suffix_of(file.name) == ".json" and file.name not in ("tokenizer.json", "vocab.json", "config.json"):
            _refuse_code_keys(_json(file), file.name)
    weights = [file for file in files if suffix_of(file.name) == ".safetensors"]
    if not weights:
        raise GuardError(
            f"{path.name} contains no .safetensors file. Give a folder with converted weights, or use --tier fast."
        )
    return ModelFolder(path, config, sum(header_bytes(file) for file in weights), len(files))


def checked_config(file: Path) -> dict[str, Any]:
    """A config.json as a dictionary with a model_type and without keys that name code; raises GuardError."""
    found = _json(file)
    config = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
    if not isinstance(config.get("model_type"), str):
        raise GuardError(f"{file.name} has no model_type. Give the config.json of a language model.")
    _refuse_code_keys(config, file.name)
    return config


def checked_repository(name: str, *, revision: str) -> tuple[str, str]:
    """A well-formed Hugging Face id and pinned revision; raises GuardError."""
    if not _REPOSITORY.fullmatch(name) or ".." in name or "--" in name:
        raise GuardError(
            f"{name[:80]!r} is not a repository id. Write owner/name, such as mlx-community/Qwen3-4B-4bit."
        )
    if not _REVISION.fullmatch(revision):
        raise GuardError(
            f"The revision of {name} is {revision[:60]!r}; give a pinned revision of 40 hexadecimal digits"
            " (--revision)."
        )
    return name, revision


def suffix_of(name: str) -> str:
    """The ending of a file's name as the most careless system reads it: in lower case, without dots and spaces behind.

    >>> suffix_of("Model.PY"), suffix_of("model.py. ."), suffix_of("model.Safetensors")
    ('.py', '.py', '.safetensors')
    """
    return Path(name.rstrip(" .")).suffix.lower()


def refuse_names(names: Sequence[str]) -> None:
    """Raises GuardError if one of a repository's files may contain code, whether or not it would be downloaded."""
    for name in names:
        if suffix_of(name) in REFUSED_SUFFIXES:
            raise GuardError(
                f"The repository contains {name[:100]!r}, which may carry code; a model's code is never run here. "
                "Choose a repository with .safetensors and .json files only."
            )


def header_bytes(file: Path) -> int:
    """Bytes of all tensors in a safetensors file, from its header alone; raises GuardError."""
    size = file.stat().st_size
    with file.open("rb") as stream:
        start = stream.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
        if not 2 <= length <= min(LARGEST_HEADER_BYTES, size - 8):
            raise GuardError(
                f"{file.name} is broken or hostile: its header claims {length:,} bytes; the file has {size:,}. Download"
                " it again."
            )
        raw = stream.read(length)
    header = _parsed(raw, file.name)
    if not isinstance(header, dict):
        raise GuardError(f"{file.name} is broken: its header is not a JSON object. Download it again.")
    end = 0
    for name, tensor in cast("dict[str, Any]", header).items():
        if name == "__metadata__":
            continue
        offsets = tensor.get("data_offsets") if isinstance(tensor, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        if not _are_offsets(offsets):
            raise GuardError(f"{file.name} is broken: tensor {name[:60]!r} has no data_offsets. Download it again.")
        end = max(end, cast("list[int]", offsets)[1])
    if end > size - 8 - length:
        raise GuardError(
            f"{file.name} is truncated or hostile: its header promises {end:,} bytes of weights; the file has {size:,}."
            " Download it again."
        )
    return end


def _are_offsets(offsets: Any) -> bool:
    if not isinstance(offsets, list) or len(offsets) != 2:  # pyright: ignore[reportUnknownArgumentType]
        return False
    first, last = cast("list[Any]", offsets)
    return type(first) is int and type(last) is int and 0 <= first <= last


def _resolved(folder: Path, *, roots: Sequence[Path]) -> Path:
    refusal = (
        f"{str(folder)[:200]!r} is not a model folder that may be read here. "
        "Give a folder with config.json and .safetensors files."
    )
    try:
        path = folder.resolve(strict=True)
    except (OSError, ValueError, RuntimeError):
        raise GuardError(refusal) from None
    if not path.is_dir() or (roots and not any(path.is_relative_to(root.resolve()) for root in roots)):
        raise GuardError(refusal)
    return path


def _root_of(path: Path) -> Path:
    """The folder that links may lead into: itself or, in a Hugging Face cache, the repository's cache folder."""
    is_snapshot = path.parent.name == "snapshots" and path.parent.parent.name.startswith("models--")
    return path.parent.parent if is_snapshot else path


def _files(path: Path, *, root: Path) -> Iterator[Path]:
    count = 0
    for folder, folders, names in os.walk(path, followlinks=False):
        for name in [*folders, *names]:
            count += 1
            if count > MOST_FILES:
                raise GuardError(
                    f"{path.name} contains more than {MOST_FILES:,} files; a model has a few dozen. Give the model's"
                    " own folder."
                )
            file = Path(folder) / name
            _refuse_links_and_code(file, root=root)
            if name in names:
                yield file


def _refuse_links_and_code(file: Path, *, root: Path) -> None:
    try:
        target = file.resolve(strict=True)
        mode = target.stat().st_mode
    except (OSError, RuntimeError):
        raise GuardError(f"{file.name} is a broken link. Copy the file into the folder.") from None
    if not target.is_relative_to(root):
        raise GuardError(f"{file.name} is a link that leads out of the model folder. Copy the file into the folder.")
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise GuardError(f"{file.name} is neither a file nor a folder. Remove it.")
    if suffix_of(file.name) in REFUSED_SUFFIXES:
        raise GuardError(
            f"{file.name} may carry code, which is never run here. Give a folder with .safetensors and .json files"
            " only."
        )


def _json(file: Path) -> Any:
    try:
        size = file.stat().st_size
        if size > LARGEST_JSON_BYTES:
            raise GuardError(
                f"{file.name} has {size:,} bytes; the limit is {LARGEST_JSON_BYTES:,}. Give a model's own file."
            )
        return _parsed(file.read_bytes(), file.name)
    except OSError as error:
        raise GuardError(
            f"{file.name} cannot be read ({error.strerror}). Give a model folder with its config.json."
        ) from None


def _parsed(raw: bytes, name: str) -> Any:
    try:
        return json.loads(raw.decode("utf-8"), object_pairs_hook=table_of)
    except (ValueError, RecursionError) as error:
        raise GuardError(f"{name} is not valid JSON ({why_unreadable(error)}). Download the file again.") from None


def _refuse_code_keys(value: Any, name: str) -> None:
    """Raises GuardError for such a key at any depth; without recursion."""
    waiting: list[Any] = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            table = cast("dict[str, Any]", one)
            for key in table:
                if key.strip().lower() in REFUSED_KEYS:
                    raise GuardError(
                        f"{name} contains {key[:40]!r}, which names code to load; a model's code is never run here."
                        " Remove the key."
                    )
            waiting += table.values()
        elif isinstance(one, list):
            waiting += cast("list[Any]", one)
