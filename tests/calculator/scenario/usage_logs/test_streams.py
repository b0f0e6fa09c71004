"""Lines and objects of a stream: whole, in order, bounded."""

import io
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from calculator.scenario.usage_logs import streams
from calculator.scenario.usage_logs.streams import MOST_LINE_BYTES, Lines, json_object, scan_document
from tests.calculator.scenario.usage_logs.examples import MANY, junk


def _found(content: bytes, piece_bytes: int = 7) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    def take(record: dict[str, Any]) -> bool:
        if "tokens" not in record:
            return False
        found.append(record)
        return True

    pieces = (content[start : start + piece_bytes] for start in range(0, len(content), piece_bytes))
    scan_document(pieces, take, lambda keys: None)
    return found


@MANY
@given(
    rows=st.lists(st.fixed_dictionaries({"tokens": st.integers(), "timestamp": st.text(), "other": junk}), max_size=4),
    indent=st.sampled_from([None, 1]),
    piece_bytes=st.integers(1, 60),
)
def test_objects_of_a_document_are_all_found_in_any_pieces(
    rows: list[dict[str, Any]], indent: int | None, piece_bytes: int
) -> None:
    content = json.dumps({"head": {"a": "}"}, "rows": rows}, indent=indent).encode()
    assert json.dumps(_found(content, piece_bytes)) == json.dumps(rows)  # as text: NaN equals no NaN


def test_object_around_a_record_is_no_record() -> None:
    inner = {"tokens": 1, "timestamp": ""}
    assert _found(json.dumps({"tokens": 2, "timestamp": "", "inner": inner}).encode()) == [inner]


def test_quote_that_stays_open_ends_with_its_line() -> None:
    assert _found(b'{"a": "open {\n{"tokens": 1, "timestamp": ""}') == [{"tokens": 1, "timestamp": ""}]


def test_text_of_a_document_is_let_go(monkeypatch: Any) -> None:
    """With bounds of a kilobyte a long string, a long object and a deep one are passed over, and what follows is read."""
    monkeypatch.setattr(streams, "MOST_LINE_BYTES", 1000)
    monkeypatch.setattr(streams, "_MOST_OBJECT_BYTES", 500)
    record = b'{"tokens": 1, "timestamp": ""}'
    long_string = b'[{"a": "' + b"x" * 5000 + b'"},\n' + record + b"]"
    long_object = b'[{"tokens": 2, "timestamp": "", "a": [' + b"1," * 2000 + b"1]}," + record + b"]"
    deep = b'{"timestamp": "tokens", "a":' * 40 + b"1" + b"}" * 40 + record
    for content in (long_string, long_object, deep):
        assert _found(content, 64) == [{"tokens": 1, "timestamp": ""}]
    scan = streams._Scan(lambda _: False, lambda _: None)
    for _ in range(200):
        scan.feed(b'{"a": [1, 2, 3], "tokens": "timestamp" ')
    assert len(scan.text) < 2000


def test_line_of_more_than_16_mb_is_passed_over_and_counted() -> None:
    lines = Lines(io.BytesIO(b"a\n" + b"x" * (MOST_LINE_BYTES + 5) + b"\nb\n"))
    assert list(lines) == [b"a\n", b"b\n"]
    assert lines.passed_over == 1


def test_first_line_is_the_first_that_is_not_blank_and_comes_again() -> None:
    lines = Lines(io.BytesIO(b"\n  \n\xef\xbb\xbf{}\nrest\n"))
    assert lines.first() == b"{}\n"
    lines = Lines(io.BytesIO(b"\xef\xbb\xbf{}\nrest\n"))
    first = lines.first()
    assert first == b"{}\n"
    lines.put_back(first)
    assert list(lines) == [b"{}\n", b"rest\n"]


def test_json_object_is_an_object_or_none() -> None:
    assert json_object(b'{"a": 1}') == {"a": 1}
    assert json_object(b"[1]") is None
    assert json_object(b'{"a": ') is None
    assert json_object(b"[" * 200_000) is None
