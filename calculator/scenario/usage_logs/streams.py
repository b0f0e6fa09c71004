"""Lines and JSON objects of a byte stream, one at a time and never more than 16 MB of it.

A line is the most that is held of a log whose records stand on lines. A document (one array, pretty-printed objects)
is read in pieces: an object is handed out as soon as it is closed, innermost first, and what was handed out is let go.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from calculator.scenario.json_text import TwiceError, table_of
from calculator.units import BYTES_PER_MIB

MOST_LINE_BYTES = 16 * BYTES_PER_MIB
_PIECE_BYTES = BYTES_PER_MIB
_MOST_OBJECT_BYTES = 4 * BYTES_PER_MIB
_MOST_TRIES = 8
"""Levels of nesting around a number of tokens that are tried as a record; a row of LiteLLM needs four."""
_TO_A_BRACE = re.compile(rb'(?:[^"{}]++|"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+")*+([{}"]|\Z)')
"""Text and whole strings up to the next brace, or to a quote that is not closed on its line, or to the end."""
_MARKS = (b"tokens", b"ime")
"""What an object must speak of to be parsed: tokens, and a time (startTime, start_time, timestamp)."""
_LEAST_BYTES = 24
"""No shorter object holds both."""
_BOM = b"\xef\xbb\xbf"
_OPEN, _QUOTE = ord("{"), ord('"')


class ByteStream(Protocol):
    """What a reader needs of a file: an open binary file, an upload, io.BytesIO."""

    def read(self, size: int = ..., /) -> bytes: ...

    def readline(self, size: int = ..., /) -> bytes: ...


@dataclass(slots=True)
class Lines:
    """Lines of a stream; one that is longer than 16 MB is passed over and counted in `passed_over`."""

    stream: ByteStream
    passed_over: int = 0
    _put_back: list[bytes] = field(default_factory=list[bytes])

    def first(self) -> bytes:
        """The first line that is not blank, at most 16 MB of it; empty where there is none."""
        while line := self.stream.readline(MOST_LINE_BYTES):
            if (text := line.removeprefix(_BOM)).strip():
                return text
        return b""

    def put_back(self, line: bytes) -> None:
        """Read this line next."""
        self._put_back.append(line)

    def __iter__(self) -> Iterator[bytes]:
        while self._put_back:
            yield self._put_back.pop(0)
        readline = self.stream.readline
        while line := readline(MOST_LINE_BYTES):
            if len(line) == MOST_LINE_BYTES and not line.endswith(b"\n"):
                self.passed_over += 1
                while (rest := readline(MOST_LINE_BYTES)) and not rest.endswith(b"\n"):
                    pass
                continue
            yield line

    def pieces(self) -> Iterator[bytes]:
        """The same stream in pieces of a fixed size, whatever its lines."""
        while self._put_back:
            yield self._put_back.pop(0)
        while piece := self.stream.read(_PIECE_BYTES):
            yield piece


def json_object(text: bytes) -> dict[str, Any] | None:
    """The object that the text is; None where it is none. Raises TwiceError where a key appears twice in one table."""
    try:
        found = json.loads(text, object_pairs_hook=table_of)
    except TwiceError:
        raise
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None


def scan_document(
    pieces: Iterator[bytes],
    take: Callable[[dict[str, Any]], bool],
    pass_over: Callable[[tuple[str, ...]], None],
) -> None:
    """Offer each object of a document to `take`, innermost first; the objects around one that it takes are let go.

    `pass_over` is told the keys that appear twice in an object, which is not read.

    Only objects that speak of tokens and a time, of 4 MB at most, are parsed, and up to eight levels around such a number. A quote
    that is not closed on its line begins anew after it, so that one broken record does not hide the others.
    """
    scan = _Scan(take, pass_over)
    for piece in pieces:
        scan.feed(piece)


@dataclass(slots=True)
class _Scan:
    """Where the scan stands: text that is still needed, how much of it is done, where its open objects begin, and how
    often each was tried.

    A start of -1 is an object that was let go: it holds a record, or is too long or too deep to be one.
    """

    take: Callable[[dict[str, Any]], bool]
    pass_over: Callable[[tuple[str, ...]], None]
    text: bytearray = field(default_factory=bytearray)
    starts: list[int] = field(default_factory=list[int])
    tries: list[int] = field(default_factory=list[int])
    done: int = 0

    def feed(self, piece: bytes) -> None:
        resume = self.done
        self.text += piece
        done = resume
        text, starts = self.text, self.starts
        for match in _TO_A_BRACE.finditer(text, resume):
            begin, done = match.span(1)
            if begin == done:
                break
            sign = text[begin]
            if sign == _OPEN:
                starts.append(begin)
                self.tries.append(0)
            elif sign == _QUOTE:
                if text.find(b"\n", begin) < 0:
                    done = begin
                    break
                starts.clear()
                self.tries.clear()
            elif starts:
                start, tries = starts.pop(), self.tries.pop()
                if start >= 0 and done - start >= _LEAST_BYTES:
                    self._close(start, done, tries)
        self._trim(done)

    def _close(self, start: int, end: int, tries: int) -> None:
        """Offer the object that ends here, where it may be a record."""
        if self.text.find(_MARKS[0], start, end) < 0 or self.text.find(_MARKS[1], start, end) < 0:
            return
        try:
            found = json_object(bytes(self.text[start:end])) if end - start <= _MOST_OBJECT_BYTES else None
        except TwiceError as error:
            self.pass_over(error.keys)
            self._forget_open()
            return
        if found is not None and self.take(found):
            self._forget_open()
        elif self.tries:
            self.tries[-1] = max(self.tries[-1], tries + 1)
            if self.tries[-1] > _MOST_TRIES:
                self._forget_open()

    def _forget_open(self) -> None:
        """No object that is open now is a record."""
        self.starts[:] = [-1] * len(self.starts)

    def _trim(self, done: int) -> None:
        """Keep what begins an open object, and a string that is not closed yet."""
        first = min((start for start in self.starts if start >= 0), default=done)
        if len(self.text) - first > MOST_LINE_BYTES:
            self.starts = [start if len(self.text) - start <= _MOST_OBJECT_BYTES else -1 for start in self.starts]
            first = min((start for start in self.starts if start >= 0), default=done)
        if len(self.text) - first > MOST_LINE_BYTES:  # one string of that length
            self.starts.clear()
            self.tries.clear()
            first = done = len(self.text)
        del self.text[:first]
        self.starts = [start - first if start >= 0 else -1 for start in self.starts]
        self.done = done - first
