"""Spool: results that could not be stored wait in files until the store takes them.

A probe may take an hour, and the disk or the database may be gone when it ends. Its records are then written to a file
of the server's user, one for each set of records, flushed to the disk, and stored later; storing twice adds nothing.
"""

import contextlib
import hashlib
import json
import logging
import os
import stat
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from measurements.records.record import Measurement, MeasurementError, measurement_of
from measurements.records.store_connection import StoreError, shown_url, store_file, store_url

FOLDER_VARIABLE = "MEASUREMENTS_WAITING"
_LOG = logging.getLogger(__name__)
_SUFFIX = ".waiting.jsonl"


def spool(records: Sequence[Measurement], *, url: str | None) -> Path:
    """Write the records, as `export` does, to a file that waits for this store.

    Raises StoreError if no folder takes it.
    """
    text = "".join(f'{{"id":"{record.id()}","measurement":{record.canonical_json()}}}\n' for record in records)
    name = f"{_mark(url)}-{hashlib.sha256(text.encode()).hexdigest()[:16]}{_SUFFIX}"
    for folder in _folders(url):
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write(folder / name, text)
        except OSError:
            continue
        return folder / name
    raise StoreError(
        "Neither the store nor any folder takes the results. Free some space, or name a folder in "
        f"{FOLDER_VARIABLE}; the results are shown below and are lost when the server ends."
    )


def keep_or_wait(
    records: Sequence[Measurement], *, append: Callable[[Sequence[Measurement]], Any], url: str | None
) -> str:
    """Store the records or, if that fails, let them wait in a file; "" or a sentence that says so.

    Raises StoreError if there is no room for the file either.
    """
    try:
        append(records)
    except StoreError as error:
        file = spool(records, url=url)
        _LOG.error("%s The results wait in %s; `python -m measurements import` reads that file.", error, file)
        return f"{error.plain} The results are kept in a file and will be stored automatically."
    return ""


def waiting_files(url: str | None) -> list[Path]:
    """The files of this user that wait for this store."""
    found: list[Path] = []
    for folder in _folders(url):
        with contextlib.suppress(OSError):  # a folder that this user may not enter holds no file of ours
            found += [file for file in folder.glob(f"{_mark(url)}-*{_SUFFIX}") if _is_ours(file)]
    return sorted(found)


def waiting_records(file: Path) -> tuple[list[Measurement], int]:
    """The records of one waiting file, and how many of its lines this version cannot read."""
    found, unreadable_count = list[Measurement](), 0
    for line in file.read_text("utf-8").splitlines():
        try:
            found.append(measurement_of(json.loads(line)["measurement"]))
        except (MeasurementError, ValueError, KeyError, TypeError):
            unreadable_count += 1
    return found, unreadable_count


def put_aside(file: Path) -> Path:
    """Rename a waiting file of which a line could not be read, so that nothing is lost and nothing tries it again."""
    aside = file.with_name(file.name.removesuffix(_SUFFIX) + ".unreadable.jsonl")
    file.replace(aside)
    return aside


def _write(file: Path, text: str) -> None:
    """The whole file or none, on the disk when this returns."""
    new = file.with_name(f"{file.name}.{os.getpid()}.new")
    try:
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(file)
    finally:
        new.unlink(missing_ok=True)


def _folders(url: str | None) -> list[Path]:
    """Where a file may wait, the best first: the operator's folder, beside the store, the user's own, the system's."""
    named = os.environ.get(FOLDER_VARIABLE, "")
    file = store_file(url)
    state = os.environ.get("XDG_STATE_HOME", "") or (
        os.path.join(os.environ["HOME"], ".local", "state") if os.environ.get("HOME") else ""
    )
    found = [Path(named)] if named else []
    found += [file.parent] if file is not None else []
    found += [Path(state) / "local-llm-tco"] if state else []
    return [*found, Path(tempfile.gettempdir()) / f"local-llm-tco-{os.getuid() if hasattr(os, 'getuid') else 0}"]


def _mark(url: str | None) -> str:
    """Digits that tell the waiting files of one store from those of another, without naming it."""
    file = store_file(url)
    name = str(file.resolve()) if file is not None else shown_url(store_url(url))
    return f"measurements-{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def _is_ours(file: Path) -> bool:
    """Whether it is a plain file of this user: the system's temporary folder belongs to everybody."""
    try:
        found = file.lstat()
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and (not hasattr(os, "getuid") or found.st_uid == os.getuid())
