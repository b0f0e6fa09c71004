"""Cleaning of pasted text: colours, quotes, tags and encodings go, everything else stays."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurements.importers.cleaning import plain_line, plain_lines
from tests.measurements.importers.examples import many

ROW = "| qwen2 7B Q4_K - Medium | 4.36 GiB | CUDA | tg128 | 120.60 ± 0.59 |"


@pytest.mark.parametrize(
    "dressed",
    [
        f"> {ROW}",
        f">> > {ROW}",
        f"\x1b[1;32m{ROW}\x1b[0m",
        f"\x1b]0;title\x07{ROW}",
        f"[32m{ROW}[0m",
        f"^[[32m{ROW}^[[0m",
        f"<pre><code>{ROW}</code></pre>",
        ROW.replace("±", "Â±"),
        ROW.replace("±", "┬▒"),
        ROW.replace("±", "\ufffd"),
        ROW.replace("±", "&plusmn;"),
        ROW.replace("|", "│"),
        ROW.replace(" | ", "\u00a0|\u00a0"),
        f"\ufeff{ROW}   ",
    ],
)
def test_plain_line_takes_off_what_a_terminal_or_a_forum_put_on(dressed: str) -> None:
    assert plain_line(dressed) == ROW


@pytest.mark.parametrize("line", [">>> hello", "[model] x", "a > b and c < d", "llama[12] m", ROW])
def test_plain_line_leaves_the_rest(line: str) -> None:
    assert plain_line(line) == line


@many
@given(st.text(max_size=80))
def test_plain_line_twice_is_plain_line_or_shorter(line: str) -> None:
    once = plain_line(line)
    assert len(plain_line(once)) <= len(once)


def test_plain_lines_keep_their_numbers() -> None:
    assert plain_lines("a\r\n> b\n\x1b[0mc\rd") == ["a", "b", "c", "d"]


@pytest.mark.parametrize("letters", ["\x1b[", "\x1b]", "[1;", "<b ", "> ", "&amp;", "\x1b[0", " >"])
def test_hostile_line_ends_soon(letters: str) -> None:
    began = time.process_time()
    plain_lines(letters * 400_000)
    assert time.process_time() - began < 3
