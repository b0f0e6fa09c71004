"""Parquet files of a large sweep: one per finished chunk, joined at the end; a killed sweep loses one chunk.

Parts lie in `<out>.parts/` beside a note of what is being swept. A part is written under another name first and renamed
when it is whole, so a part that exists is complete.
"""

# pandas ships partial types: what it returns is checked by the tests instead.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from calculator.errors import ScenarioError

_NOTE = "sweep.json"


def parts_folder(out: Path) -> Path:
    """Where the parts of `out` lie."""
    return out.with_name(out.name + ".parts")


def day_begun(out: Path, *, today: str) -> str:
    """The day of looking of a sweep: that on which it was begun, so that one resumed later is one sweep; else today."""
    note = parts_folder(out) / _NOTE
    return json.loads(note.read_text("utf-8")).get("as_of", today) if note.exists() else today


def begun(out: Path, *, work_id: str, chunk_count: int, as_of: str = "") -> list[int]:
    """Make the folder, or find the chunks that are done. Raises ScenarioError where another sweep was begun there."""
    folder = parts_folder(out)
    note = folder / _NOTE
    if out.is_dir():
        raise ScenarioError(f"{out} is a folder. Name a file for --out.")
    if note.exists():
        found = json.loads(note.read_text("utf-8"))
        if found["work_id"] != work_id:
            raise ScenarioError(
                f"{folder} holds parts of another sweep (another grid or catalogue). Remove it, or name another --out."
            )
    else:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ScenarioError(f"{folder}: cannot be made ({error.strerror}). Name another --out.") from None
        unfinished = _unfinished(note)
        known = {"work_id": work_id, "chunk_count": chunk_count, **({"as_of": as_of} if as_of else {})}
        unfinished.write_text(json.dumps(known), encoding="utf-8")
        os.replace(unfinished, note)
    return sorted(int(path.stem) for path in folder.glob("*.parquet"))


_DTYPES = {
    "refused": "string",
    "scenario_id": "string",
    "prices_as_of": "string",
    "option": "string",
    "fits": "boolean",
    "eligible": "boolean",
    "cheapest": "boolean",
    "too_close": "boolean",
    "decode_tokens_per_s": "float64",
    "total_cost_usd": "float64",
    "total_low_usd": "float64",
    "total_high_usd": "float64",
    "present_value_cost_usd": "float64",
    "hard_cost_usd": "float64",
    "usd_per_mtok": "float64",
    "energy_kwh": "float64",
}
"""The same in every part, also in one where every combination was refused."""


def _table(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    known = [name for name in rows[0] if name not in _DTYPES]
    return pd.DataFrame(list(rows), columns=[*known, *_DTYPES]).astype(_DTYPES)


def write_part(out: Path, chunk: int, rows: Sequence[dict[str, Any]]) -> None:
    """Write one finished chunk."""
    path = parts_folder(out) / f"{chunk:06d}.parquet"
    unfinished = _unfinished(path)
    _table(rows).to_parquet(unfinished, index=False)
    os.replace(unfinished, path)


def _unfinished(path: Path) -> Path:
    """Where a file is written before it is whole: of this process alone."""
    return path.with_name(f"{path.name}.{os.getpid()}.unfinished")


def join_parts(out: Path, chunk_count: int) -> tuple[int, int, str]:
    """Join all parts in order into `out` and remove them; how many rows, how many refused, and the first refusal."""
    folder = parts_folder(out)
    parts = [folder / f"{chunk:06d}.parquet" for chunk in range(chunk_count)]
    table = pd.concat([pd.read_parquet(part) for part in parts], ignore_index=True)
    unfinished = _unfinished(out)
    table.to_parquet(unfinished, index=False)
    os.replace(unfinished, out)
    refused = table["refused"].dropna()
    for path in (*folder.glob("*.unfinished"), *parts, folder / _NOTE):
        path.unlink()
    folder.rmdir()
    return len(table), len(refused), str(refused.iloc[0]) if len(refused) else ""
