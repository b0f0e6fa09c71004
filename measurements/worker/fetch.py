"""Download of a repository at its pinned revision, files without code only. For the worker process only.

The list of files is read first: a repository that carries code, or exceeds the memory or the free disk, is refused
before any weights are downloaded. The downloaded folder is then checked like any other. A download has no time limit
(the probe's begins afterwards), but a standstill ends it.
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

SEND_EVERY_S = 0.5
_UNREACHABLE: Any = (OSError, ValueError, *HfHubHTTPError.__bases__)  # the client's own base class differs by version


def fetch_repository(session: Session) -> guard.ModelFolder:
    """The repository's checked folder in the cache; raises EndedError "refused" with a sentence."""
    spec = session.spec
    selection = {"revision": spec["revision"], "allow_patterns": list(guard.ALLOWED_PATTERNS)}
    session.emit("fetching", repository=spec["repository"], revision=spec["revision"])
    try:
        try:  # a revision never changes: a cached one needs no network
            path = huggingface_hub.snapshot_download(spec["repository"], local_files_only=True, **selection)
        except LocalEntryNotFoundError:
            _refuse_by_list(session)
            path = huggingface_hub.snapshot_download(spec["repository"], tqdm_class=_bar(session), **selection)
        found = guard.checked_folder(Path(path))
    except guard.GuardError as error:
        raise EndedError("refused", str(error)) from None
    except _UNREACHABLE as error:
        raise EndedError(
            "refused",
            f"{spec['repository']} at {spec['revision'][:12]} could not be downloaded ({type(error).__name__}). "
            "Check the name, the revision and the network, or download it yourself and give its folder.",
        ) from None
    session.emit("fetched", path=str(found.path))
    session.restart_time_limit()
    return found


def _refuse_by_list(session: Session) -> None:
    """Check the names and sizes of the revision's files before any download; raises EndedError or GuardError."""
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
            f"{name} holds {total / 1e9:,.1f} GB of weights; the limit here is {session.limit_bytes / 1e9:,.1f} GB. "
            "Use --tier fast, which times a model of any size in the memory of a few layers.",
        )
    cache = Path(constants.HF_HUB_CACHE)
    cache.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(cache).free
    if missing > free:
        raise EndedError(
            "refused",
            f"The download needs {missing / 1e9:,.1f} GB; {cache} has {free / 1e9:,.1f} GB free. "
            "Free some space, or set HF_HOME to another disk.",
        )


def _bar(session: Session) -> type:
    """The class of huggingface_hub's progress bar, which sends events instead of drawing."""
    began = time.monotonic()

    class ProgressEvents(tqdm):
        sent_at = 0.0

        def __init__(self, *args: Any, **how: Any) -> None:
            super().__init__(*args, **{**how, "file": open(os.devnull, "w")})  # noqa: SIM115 - as long as the process

        def update(self, n: float | None = 1) -> bool | None:
            session.check()
            moved = super().update(n)
            if self.unit == "B" and self.total and time.monotonic() - ProgressEvents.sent_at > SEND_EVERY_S:
                ProgressEvents.sent_at = time.monotonic()
                session.progress("downloading weights", int(self.n), int(self.total), since=began)
            return moved

    return ProgressEvents
