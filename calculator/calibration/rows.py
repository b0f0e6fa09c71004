"""Rows of a measurement table: the words of a source, turned into conditions that can be predicted.

A table has the columns of measurements/published.csv. Much of what decides a speed stands only in `notes` or in the
raw names: how the cards shared the work, whether the rate counts the whole request, how many tokens were generated,
the power limit. And some normalised ids contradict the raw words beside them (a 4-bit model of the "Llama-3.2" series
filed under mlx-3bit): the words win, and the row carries a remark. Nothing is judged here; gate.py judges.
"""

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from calculator.calibration.notes import (
    RateKind,
    answer_tokens_of,
    backend_of,
    cache_bits_of,
    format_of_words,
    is_eager,
    link_of,
    number_after,
    power_scope_of,
    prefill_depth_tokens,
    rate_kind_of,
    split_of,
    stream_count_of,
    year_of,
)
from calculator.catalog.models import Split
from calculator.errors import CalculatorError
from calculator.physics.speed.classes import LinkKind

PrefillKind = Literal["throughput", "mean wait"]
"""throughput: prompt tokens processed per second.

mean wait: one prompt's tokens over the mean time to first token of a batch.
"""

REQUIRED_COLUMNS = (
    "id",
    "device_id",
    "device_count",
    "model_id",
    "runtime_id",
    "format_id",
    "batch",
    "decode_tok_s",
    "source",
)

DATA_OF_ANOTHER = " (data: "
"""What stands in a source between a file and the one who measured what it shows."""
DEPTH_TOKENS_UNSTATED = 256  # a "short prompt" and half of a short answer


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """One published measurement and the conditions it was taken under. Unknown is None, never zero.

    `depth_tokens` are in the cache when decoding starts (None: not stated), `context_tokens` is the mean depth while
    decoding, `prefill_depth_tokens` what was in the cache before the prompt came. `step_tokens` is the prompt's chunk
    where stated. `stream_count` is the mean of what was in flight, `batch_count` its whole number. `instance_count` copies of the model each ran on `device_count / instance_count` chips. `remarks`
    lists where the raw words overruled a normalised id. `unreadable` says which cell is no number (that cell counts
    as empty).
    """

    id: str
    device_id: str
    device_count: int
    model_id: str
    runtime_id: str
    format_id: str
    file_size_gb: float | None
    weights_bits: float | None
    prompt_tokens: int | None
    answer_tokens: int
    depth_tokens: int | None
    context_tokens: float
    prefill_depth_tokens: int
    batch_count: int
    stream_count: float
    instance_count: int
    split: Split
    rate_kind: RateKind
    prefill_kind: PrefillKind
    prefill_tokens_per_s: float | None
    decode_tokens_per_s: float | None
    peak_memory_gb: float | None
    power_w: float | None
    power_scope: str
    power_limit_w: float | None
    year: float | None
    backend: str
    link: LinkKind | None
    cache_bits: int
    eager: bool
    step_tokens: int | None
    plausible: bool
    speculative: bool
    source: str
    publisher: str
    notes: str
    model_words: str
    remarks: tuple[str, ...]
    unreadable: str


def read_table(path: Path) -> list[PublishedRow]:
    """Every row of a CSV file; raises CalculatorError where the file is missing or lacks a column."""
    if not path.is_file():
        raise CalculatorError(
            f"{path} does not exist; give the path of a CSV with the columns of measurements/published.csv."
        )
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        reader = csv.DictReader(file)
        missing = [name for name in REQUIRED_COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise CalculatorError(
                f"{path.name} lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}; it needs those of measurements/published.csv."
            )
        return rows_of(reader)


def rows_of(records: Iterable[Mapping[str, str]]) -> list[PublishedRow]:
    """Rows from dictionaries of text, as csv.DictReader gives them.

    A chunk size that one page states for some of its rows holds for all of them, where it states only one. So does
    whose data one file shows ("data: discussion 62 @name").
    """
    rows = [_row(record) for record in records]
    owners = {_file_of(row.source): row.publisher for row in rows if DATA_OF_ANOTHER in row.source}
    rows = [replace(row, publisher=owners.get(_file_of(row.source), row.publisher)) for row in rows]
    stated: dict[tuple[str, str], set[int]] = {}
    for row in rows:
        if row.step_tokens is not None:
            stated.setdefault((row.source, row.runtime_id), set()).add(row.step_tokens)
    return [
        replace(row, step_tokens=min(steps)) if row.step_tokens is None and len(steps) == 1 else row
        for row in rows
        for steps in (stated.get((row.source, row.runtime_id), set()),)
    ]


def _file_of(source: str) -> str:
    """The source without whose data it shows."""
    return source.partition(DATA_OF_ANOTHER)[0]


def publisher_of(source: str) -> str:
    """Who published: the author of an issue where it is named, else the owner of a repository, else the site.

    Rows of one publisher share machine, method and habits.

    >>> publisher_of("github.com/antirez/ds4 speed-bench/m4_max.csv @8d57")
    'github.com/antirez'
    >>> publisher_of("github.com/ml-explore/mlx-examples issues/1029 (chigkim)")
    'github.com/chigkim'
    """
    words = source.strip().split()
    if not words:
        return ""
    author = re.search(r"issues/\d+ \((\w[\w-]*)\)|discussion \d+ @([\w-]+)", source)
    if author:
        return f"github.com/{author[1] or author[2]}"
    parts = words[0].removeprefix("https://").split("/")
    return "/".join(parts[:2]) if parts[0] in ("github.com", "huggingface.co") else parts[0].lower()


def _row(record: Mapping[str, str]) -> PublishedRow:
    notes, source = record.get("notes") or "", record.get("source") or ""
    runtime_id, raw_format = (record["runtime_id"] or "").strip(), (record["format_id"] or "").strip()
    prompt_tokens, depth = _whole(record, "prompt_tokens"), _whole(record, "context_depth")
    prefill, decode = _number(record, "prefill_tok_s"), _number(record, "decode_tok_s")
    batch_count = _whole(record, "batch") or 1
    device_count = _whole(record, "device_count") or 1
    remarks: list[str] = []
    format_id, why = format_of_words(record, raw_format, runtime_id)
    if why:
        remarks.append(why)
    speculative = _true(record, "speculative")
    if speculative and re.search(r"without speculation|w/o speculation|no speculation", notes, re.I):
        speculative = False
        remarks.append("marked speculative, but the notes say that this rate is the baseline without speculation")
    elif not speculative and re.search(r"\bmtp\b", (record.get("model") or "").lower()) and runtime_id == "ollama":
        speculative = True
        remarks.append("the model's name says MTP: the rate may be speculative")
    answer_tokens, counts_from_empty = answer_tokens_of(notes, source, prompt_tokens)
    depth_known = depth if depth is not None else None
    start = depth_known if depth_known is not None else (prompt_tokens or DEPTH_TOKENS_UNSTATED)
    if counts_from_empty:
        start = 0
    return PublishedRow(
        id=record["id"] or "",
        device_id=(record["device_id"] or "").strip(),
        device_count=device_count,
        model_id=(record["model_id"] or "").strip(),
        runtime_id=runtime_id,
        format_id=format_id,
        file_size_gb=_number(record, "file_size_gb"),
        weights_bits=_number(record, "weights_bits"),
        prompt_tokens=prompt_tokens,
        answer_tokens=answer_tokens,
        depth_tokens=depth_known,
        context_tokens=start + answer_tokens / 2,
        prefill_depth_tokens=prefill_depth_tokens(notes, source, prompt_tokens, depth_known),
        batch_count=batch_count,
        stream_count=stream_count_of(notes) or float(batch_count),
        instance_count=max(1, int(number_after(r"instances=(\d+)", notes) or 1)),
        split=split_of(notes, runtime_id),
        rate_kind=rate_kind_of(notes, source, prefill=prefill, batch_count=batch_count),
        prefill_kind="mean wait" if "kind=aggregate_output" in notes and batch_count > 1 else "throughput",
        prefill_tokens_per_s=prefill,
        decode_tokens_per_s=decode,
        peak_memory_gb=_number(record, "peak_memory_gb"),
        power_w=_number(record, "power_w"),
        power_scope=power_scope_of(notes) if record.get("power_w") else "",
        power_limit_w=number_after(r"power (?:limit|cap) (\d+)", notes) or None,
        year=year_of(record),
        backend=backend_of(record.get("runtime") or "", notes),
        link=link_of(notes),
        cache_bits=cache_bits_of(notes),
        eager=is_eager(f"{record.get('runtime') or ''} {notes}"),
        step_tokens=_whole_found(r"\bub=(\d+)", notes),
        plausible=_true(record, "plausible", default=True),
        speculative=speculative,
        source=source,
        publisher=publisher_of(source),
        notes=notes,
        model_words=(record.get("model") or "").strip(),
        remarks=tuple(remarks),
        unreadable=_unreadable(record),
    )


def _whole_found(pattern: str, text: str) -> int | None:
    return int(number_after(pattern, text) or 0) or None


NUMBERS = {
    "device_count": 4096,
    "file_size_gb": 1e5,
    "weights_bits": 64,
    "prompt_tokens": 1e8,
    "context_depth": 1e8,
    "batch": 1e5,
    "prefill_tok_s": 1e8,
    "decode_tok_s": 1e8,
    "peak_memory_gb": 1e6,
    "power_w": 1e6,
}
"""Columns that hold numbers, each with the most that is one: beyond it a cell is a slip."""


def _unreadable(record: Mapping[str, str]) -> str:
    """Which cell is no number from 0 to its column's most; "" where all are, or are empty."""
    for name, most in NUMBERS.items():
        if _text(record, name) and _number(record, name) is None:
            return f"{name} is not a number from 0 to {most:,.0f}"
    return ""


def _text(record: Mapping[str, str], name: str) -> str:
    text = (record.get(name) or "").strip()
    return "" if text.lower() in ("nan", "none", "-") else text


def _number(record: Mapping[str, str], name: str) -> float | None:
    """The cell as a number; None where it is empty or is none (`_unreadable` says so). "1,234.5" is read as 1234.5."""
    text = _text(record, name)
    if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", text):
        text = text.replace(",", "")
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 <= number <= NUMBERS[name] else None


def _whole(record: Mapping[str, str], name: str) -> int | None:
    number = _number(record, name)
    return None if number is None else round(number)


def _true(record: Mapping[str, str], name: str, *, default: bool = False) -> bool:
    text = (record.get(name) or "").strip().lower()
    return default if not text else text in ("true", "1", "1.0", "yes")
