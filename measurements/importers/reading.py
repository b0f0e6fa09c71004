"""Entry point of the importers: recognises a file's format and reads its rows."""

import codecs
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from calculator.catalog import Catalog
from measurements.importers import llama_bench, mlx_lm_text, own, published_table, vllm_bench
from measurements.importers.facts import Facts, Gate, Imported, Known, Refusal
from measurements.records.record import MeasurementError

LARGEST_FILE_BYTES = 20_000_000  # the largest real file seen has 6,326 rows and 8 MB; the page takes 5 MB


def read_upload(file: Path) -> str:
    """The text of a file; raises MeasurementError if it is too large, missing or not UTF-8."""
    try:
        size = file.stat().st_size
        if size > LARGEST_FILE_BYTES:
            raise MeasurementError(
                f"{file.name} has {size:,} bytes; the limit is {LARGEST_FILE_BYTES:,}. Split the file."
            )
        with file.open("rb") as stream:  # a device or a pipe has no size and no end
            content = stream.read(LARGEST_FILE_BYTES + 1)
        if len(content) > LARGEST_FILE_BYTES:
            raise MeasurementError(
                f"{file.name} goes on beyond {LARGEST_FILE_BYTES:,} bytes, the limit. Give a regular file."
            )
        return decode(content, name=file.name)
    except OSError as error:
        raise MeasurementError(f"{file.name} cannot be read: {error.strerror}. Check the path.") from None


def decode(content: bytes, *, name: str) -> str:
    """Text from UTF-8, or from UTF-16 with a byte order mark (PowerShell's `>`); raises MeasurementError otherwise."""
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError:
        raise MeasurementError(f"{name} is not UTF-8 text. Save it as UTF-8.") from None


def import_content(
    content: str, *, facts: Facts, known: Known, gate: Gate | None = None, catalog: Catalog | None = None
) -> Imported:
    """Recognise the format and read every row; an unusable row is refused alone. A published table needs `catalog`.

    Raises nothing: a file in an unknown format returns one refusal.
    """
    objects, broken = _json_objects(content)
    if objects:
        first: Any = next((cast("Any", fields) for _, fields in objects if isinstance(fields, dict)), None)
        if own.is_object(first):
            found = own.import_objects(objects, gate=gate)
        elif vllm_bench.is_object(first):
            found = vllm_bench.import_objects(objects, facts=facts, known=known, gate=gate)
        elif llama_bench.is_json_row(first):
            found = llama_bench.import_objects(objects, facts=facts, known=known, gate=gate)
        else:
            return _unknown("JSON in an unknown format")
        return (
            found
            if broken is None
            else Imported(found.format, found.records, (*found.refused, broken), found.missing, found.waiting)
        )
    if catalog is not None and published_table.is_table(content):
        return published_table.import_table(content, facts=facts, catalog=catalog)
    if llama_bench.is_csv(content):
        return llama_bench.import_csv(content, facts=facts, known=known, gate=gate)
    if mlx_lm_text.is_text(content):
        return mlx_lm_text.import_text(content, facts=facts, known=known, gate=gate)
    if llama_bench.is_markdown(content):
        return llama_bench.import_markdown(content, facts=facts, known=known, gate=gate)
    return _unknown(broken.reason if broken else "text in an unknown format")


def _unknown(what: str) -> Imported:
    reason = (
        f"The file is {what}. Import the text of mlx_lm.benchmark, llama-bench as JSON, JSONL, CSV or Markdown, "
        "the JSON of vllm bench serve, a published table, or this tool's own export."
    )
    return Imported(format="unknown", refused=(Refusal("file", reason),))


def _json_objects(content: str) -> tuple[list[tuple[str, Any]], Refusal | None]:
    """The objects of an array or of concatenated JSON (JSONL), and a refusal if the reading broke off."""
    stripped = content.lstrip("\ufeff \t\r\n")
    if not stripped.startswith(("{", "[")):
        return [], None
    found: list[tuple[str, Any]] = []
    try:
        found.extend(_values(content))
    except (ValueError, RecursionError) as error:
        reason = f"broken JSON ({str(error)[:120]})"
        return found, (
            Refusal(f"after object {len(found)}", f"The rest of the file is {reason} and was not read.")
            if found
            else Refusal("file", reason)
        )
    return found, None


def _values(content: str) -> Iterator[tuple[str, Any]]:
    """Each value with its place; arrays item by item, so that a truncated array keeps its complete items.

    NaN and Infinity, which are not JSON but are written by Python, are accepted here and refused by their row.
    """
    decoder = json.JSONDecoder()
    position, count, in_array = _skip(content, 0), 0, False
    while position < len(content):
        letter = content[position]
        if not in_array and letter == "[":
            in_array, position = True, _skip(content, position + 1)
            continue
        if in_array and letter == "]":
            in_array, position = False, _skip(content, position + 1)
            continue
        value, position = decoder.raw_decode(content, position)
        count += 1
        yield f"object {count}", value
        position = _skip(content, position)
        if in_array and content[position : position + 1] == ",":
            position = _skip(content, position + 1)
        elif in_array and content[position : position + 1] != "]":
            raise ValueError(f"an array is cut off or lacks a comma at character {position}")
    if in_array:
        raise ValueError("an array is cut off")


def _skip(content: str, position: int) -> int:
    while position < len(content) and content[position] in "\ufeff \t\r\n":
        position += 1
    return position
