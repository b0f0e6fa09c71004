"""May this repository be fetched, and what of it? At its pinned revision, only files that cannot run. Worker process only.

The list of its files is read before: a repository that carries code, is larger than this machine's memory or than the
free disk is refused before a byte of weights travels. What was fetched is then checked as every folder is. Fetching
has no time box (the probe's begins afterwards), but a standstill ends it like any other.
"""

# huggingface_hub and tqdm carry no usable types
# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
import os
import shutil
import time
from pathlib import Path
from typing import Any

import huggingface_hub
from huggingface_hub import constants
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
from tqdm.auto import tqdm

from measurements.models import folder_guard as guard
from measurements.worker.session import EndedError, Session

TELL_EVERY_S = 0.5
_UNREACHABLE: Any = (OSError, ValueError, *HfHubHTTPError.__bases__)  # the client's own base class differs by version


def fetched(session: Session) -> guard.ModelFolder:
    """The repository's folder in the cache, checked; raises EndedError "refused" with a sentence."""
    spec = session.spec
    wanted = {"revision": spec["revision"], "allow_patterns": list(guard.ALLOWED_PATTERNS)}
    session.emit("fetching", repository=spec["repository"], revision=spec["revision"])
    try:
        try:  # a revision never changes: what the cache holds of it needs no network
            path = huggingface_hub.snapshot_download(spec["repository"], local_files_only=True, **wanted)
        except LocalEntryNotFoundError:
            _refuse_by_list(session)
            path = huggingface_hub.snapshot_download(spec["repository"], tqdm_class=_bar(session), **wanted)
        found = guard.checked_folder(Path(path))
    except guard.GuardError as error:
        raise EndedError("refused", str(error)) from None
    except _UNREACHABLE as error:
        raise EndedError(
            "refused",
            f"{spec['repository']} at {spec['revision'][:12]} could not be fetched ({type(error).__name__}). "
            "Check its name, the revision and the network, or fetch it by other means and name its folder.",
        ) from None
    session.emit("fetched", path=str(found.path))
    session.restart_box()
    return found


def _refuse_by_list(session: Session) -> None:
    """Names and sizes of all files of the revision, before anything is fetched."""
    spec = session.spec
    name, revision = spec["repository"], spec["revision"]
    listed: list[Any] = list(huggingface_hub.HfApi().list_repo_tree(name, recursive=True, revision=revision))
    files = [one for one in listed if isinstance(one, huggingface_hub.RepoFile)]
    guard.refuse_names([file.path for file in files])
    weights = {file.path: file.size for file in files if file.path.endswith(".safetensors")}
    cached = {
        path
        for path in weights
        if isinstance(huggingface_hub.try_to_load_from_cache(name, path, revision=revision), str)
    }
    total, missing = sum(weights.values()), sum(size for path, size in weights.items() if path not in cached)
    if session.limit_bytes and total > session.limit_bytes:
        raise EndedError(
            "refused",
            f"{name} holds {total / 1e9:,.1f} GB of weights; {session.limit_bytes / 1e9:,.1f} GB may be used here. "
            "Use --tier fast, which times a model of any size in the memory of a few layers.",
        )
    cache = Path(constants.HF_HUB_CACHE)
    cache.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(cache).free
    if missing > free:
        raise EndedError(
            "refused",
            f"{missing / 1e9:,.1f} GB would have to be fetched; {cache} has {free / 1e9:,.1f} GB free. Free some, or set HF_HOME.",
        )


def _bar(session: Session) -> type:
    """The progress bar that huggingface_hub moves, told as events; it draws nothing."""

    began = time.monotonic()

    class Told(tqdm):
        told_at = 0.0

        def __init__(self, *args: Any, **how: Any) -> None:
            super().__init__(*args, **{**how, "file": open(os.devnull, "w")})  # noqa: SIM115 - as long as the process

        def update(self, n: float | None = 1) -> bool | None:
            session.check()
            moved = super().update(n)
            if self.unit == "B" and self.total and time.monotonic() - Told.told_at > TELL_EVERY_S:
                Told.told_at = time.monotonic()
                session.progress("fetching weights", int(self.n), int(self.total), since=began)
            return moved

    return Told
