"""Reading a usage log, whatever its format, from a stream: the door for the command line and the page.

    with open("usage.csv", "rb") as stream:
        tally = read_usage(stream)

Nothing but counts is kept, nothing is written, and at most 16 MB of the stream are in memory at once.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, tzinfo
from typing import Any

from calculator.errors import ScenarioError
from calculator.scenario.json_text import TwiceError
from calculator.scenario.usage_logs.csv_records import CsvColumns
from calculator.scenario.usage_logs.demand_of import twice_sentence
from calculator.scenario.usage_logs.json_records import JsonRecords
from calculator.scenario.usage_logs.streams import MOST_LINE_BYTES, ByteStream, Lines, json_object, scan_document
from calculator.scenario.usage_logs.tally import Tally

_MARKS = (b"tokens", b"session_meta")
_DELIMITERS = (",", ";", "\t")
_MOST_HEADER_LINES = 20
_FORMATS = (
    "the usage CSV of OpenAI or Anthropic, LiteLLM spend logs (JSON or CSV), session files of Claude Code or Codex "
    "(JSONL), OpenTelemetry gen_ai spans (JSON), or a CSV with the columns time, input, cached and output"
)


def read_usage(stream: ByteStream, *, zone: tzinfo = UTC, tally: Tally | None = None) -> Tally:
    """Counts of one log, or of several where the tally of the others is handed in.

    `zone`: time zone of hours and days, and of times that name no offset of their own. Raises ScenarioError where the
    file holds no usage of a known format.
    """
    found = Tally(zone) if tally is None else tally
    before = (found.request_count, found.input_tokens, found.output_tokens, found.repeats)
    lines = Lines(stream)
    first = lines.first()
    if not first:
        raise ScenarioError(f"The file is empty. Give {_FORMATS}.")
    if first.lstrip()[:1] in (b"{", b"["):
        lines.put_back(first)
        _read_json(lines, found, is_lines=len(first) < MOST_LINE_BYTES and _is_object(first))
    else:
        _read_csv(first, lines, found, zone=zone)
    found.passed_over += lines.passed_over
    if before == (found.request_count, found.input_tokens, found.output_tokens, found.repeats):
        said = " ".join(filter(None, ("The file holds no usage that can be read.", twice_sentence(found))))
        raise ScenarioError(f"{said} Give {_FORMATS}.")
    return found


def _read_json(lines: Lines, tally: Tally, *, is_lines: bool) -> None:
    records = JsonRecords(tally.pass_over)

    def take(record: Mapping[str, Any]) -> bool:
        taken, passed_over = False, tally.twice
        for event in records.events(record):
            tally.add(event)
            taken = True
        return taken or tally.twice > passed_over

    if not is_lines:
        scan_document(lines.pieces(), take, tally.pass_over)
        return
    for line in lines:
        if not any(mark in line for mark in _MARKS):
            continue
        try:
            record = json_object(line)
        except TwiceError:  # readers differ in which of the two values they take; rows within the line may be sound
            scan_document(iter([line]), take, tally.pass_over)
            continue
        if record is not None:
            take(record)


def _is_object(line: bytes) -> bool:
    try:
        return json_object(line) is not None
    except TwiceError:
        return True


def _read_csv(first: bytes, lines: Lines, tally: Tally, *, zone: tzinfo) -> None:
    texts = _decoded(first, lines)
    for _, header in zip(range(_MOST_HEADER_LINES), texts, strict=False):
        delimiter = max(_DELIMITERS, key=header.count)
        columns = CsvColumns.of(header.rstrip("\r\n").split(delimiter))
        if columns is not None:
            break
    else:
        return
    reader = csv.reader(texts, delimiter=delimiter)
    while True:
        try:
            for row in reader:
                event = columns.event(row, zone=zone)
                if event is not None:
                    tally.add(event)
                elif row:
                    tally.unusable += 1
            return
        except TwiceError as error:
            tally.pass_over(error.keys)
        except csv.Error:  # a cell of more than 131,072 characters for one; the next row is read again
            tally.unusable += 1


def _decoded(first: bytes, lines: Iterable[bytes]) -> Iterator[str]:
    yield first.decode("utf-8", "replace")
    for line in lines:
        yield line.decode("utf-8", "replace")
