"""Entry point of the importers: recognises a file's format and reads its rows."""

import codecs
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

from calculator.catalog import Catalog
from measurements.importers import (
    csv_template,
    exllama,
    koboldcpp,
    llama_batched_bench,
    llama_bench,
    llama_timings,
    lm_studio,
    mlx_lm_generate,
    mlx_lm_text,
    ollama,
    own,
    published_table,
    serving_text,
    sglang_one_batch,
    text_ui,
    trtllm_bench,
    vllm_bench,
)
from measurements.importers.cleaning import plain_lines
from measurements.importers.facts import Facts, Gate, Imported, Known, Refusal, joined
from measurements.importers.json_objects import Objects, Spans, json_objects, known_within, without
from measurements.records.record import MeasurementError


class _TextImporter(Protocol):
    def __call__(self, content: str, *, facts: Facts, known: Known, gate: Gate | None = None) -> Imported: ...


class _ObjectImporter(Protocol):
    def __call__(
        self, objects: Iterable[tuple[str, Any]], *, facts: Facts, known: Known, gate: Gate | None = None
    ) -> Imported: ...


def _own(objects: Iterable[tuple[str, Any]], *, facts: Facts, known: Known, gate: Gate | None = None) -> Imported:
    """This tool's own export states every fact itself."""
    del facts, known
    return own.import_objects(objects, gate=gate)


_OBJECTS: tuple[tuple[Callable[[Any], bool], _ObjectImporter], ...] = (
    (own.is_object, _own),
    (vllm_bench.is_object, vllm_bench.import_objects),
    (llama_bench.is_json_row, llama_bench.import_objects),
    (llama_batched_bench.is_object, llama_batched_bench.import_objects),
    (ollama.is_object, ollama.import_objects),
    (lm_studio.is_object, lm_studio.import_objects),
    (llama_timings.is_object, llama_timings.import_objects),
)
_TEXTS: tuple[tuple[Callable[[str], bool], _TextImporter], ...] = (
    (llama_bench.is_csv, llama_bench.import_csv),
    (mlx_lm_text.is_text, mlx_lm_text.import_text),
    (mlx_lm_generate.is_text, mlx_lm_generate.import_text),
    (llama_bench.is_markdown, llama_bench.import_markdown),
    (llama_batched_bench.is_text, llama_batched_bench.import_text),
    (ollama.is_text, ollama.import_text),
    (llama_timings.is_text, llama_timings.import_text),
    (serving_text.is_text, serving_text.import_text),
    (sglang_one_batch.is_text, sglang_one_batch.import_text),
    (exllama.is_text, exllama.import_text),
    (koboldcpp.is_text, koboldcpp.import_text),
    (lm_studio.is_text, lm_studio.import_text),
    (text_ui.is_text, text_ui.import_text),
    (trtllm_bench.is_text, trtllm_bench.import_text),
    (csv_template.is_text, csv_template.import_text),
)
READS = (
    "llama-bench (table, CSV, JSON), llama-batched-bench, llama.cpp's timings, mlx_lm.benchmark, mlx_lm.generate, "
    "ollama run --verbose and Ollama's JSON, vllm bench serve (printed or JSON), SGLang, ExLlama, KoboldCpp, tabbyAPI, "
    "LM Studio, trtllm-bench, a published table, or this tool's own export"
)
"""What can be imported, in words."""

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
    """Recognise what stands in the text and read every row; an unusable row is refused alone.

    Log lines, fences, quote marks and other text around a result are passed over; one text may hold several results of
    several tools. A published table needs `catalog`. Raises nothing: a text in which nothing is found returns one
    refusal, with a CSV to fill in.
    """
    if not content.strip(_BLANK):
        return _unknown("empty")
    if catalog is not None and published_table.is_table(content):
        return published_table.import_table(content, facts=facts, catalog=catalog)
    parts, broken, rest = _of_objects(content, facts=facts, known=known, gate=gate)
    plain = "\n".join(plain_lines(rest))
    if not parts:
        parts, broken_plain, plain = _of_objects(plain, facts=facts, known=known, gate=gate)
        broken = broken_plain or broken
    texts = [read for is_one, read in _TEXTS if is_one(plain)]
    found = [read(plain, facts=facts, known=known, gate=gate) for read in texts]
    parts += [part for part in found if part.records or part.refused or part.waiting]
    if not parts and texts:
        return _unknown("text with the words of a known tool, but with none of its results")
    if not parts:
        return _unknown(broken[0].reason if broken else "text in an unknown format")
    return joined(parts)


def _of_objects(
    content: str, *, facts: Facts, known: Known, gate: Gate | None
) -> tuple[list[Imported], list[Refusal], str]:
    """What the importers of JSON read, the objects that are broken, and the text around the objects. Objects that
    nobody knows are refused with those that somebody does."""
    if "{" not in content and not content.lstrip(_BLANK).startswith("["):
        return [], [], content
    spans: Spans = []
    objects, broken = json_objects(content, spans=spans)
    by_importer: dict[int, Objects] = {}
    unknown: list[Refusal] = []
    for place, value in objects:
        numbers = [number for number, (is_one, _) in enumerate(_OBJECTS) if is_one(value)][:1]
        inner = [(numbers[0], value)] if numbers else list(_within(value))
        for number, one in inner:
            by_importer.setdefault(number, []).append((place, one))
        if not inner:
            unknown.append(Refusal(place, "This JSON object is no measurement of a known tool."))
    if not by_importer:
        return [], broken or ([Refusal("file", "JSON in an unknown format")] if objects else []), content
    parts = [
        _OBJECTS[number][1](rows, facts=facts, known=known, gate=gate) for number, rows in sorted(by_importer.items())
    ]
    return [*parts, Imported(parts[0].format, refused=(*unknown, *broken))], [], without(content, spans)


def _within(value: Any) -> Iterable[tuple[int, Any]]:
    """Known objects inside a wrapper, each with the number of its importer; a chat server's `timings` takes its
    model's name along."""
    for number, (is_one, _) in enumerate(_OBJECTS):
        for one in known_within(value, is_known=is_one):
            yield number, one


_BLANK = "\ufeff \t\r\n"


def _unknown(what: str) -> Imported:
    reason = (
        f"The file is {what}. It can be the output of {READS}. For anything else, say chip, model, weight format, "
        "runtime, lengths of prompt and answer, and tokens per second, in a CSV with the first line "
        f"{','.join(csv_template.COLUMNS)}"
    )
    return Imported(format="unknown", refused=(Refusal("file", reason),), template=csv_template.template())
