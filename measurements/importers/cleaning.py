"""Pasted text without what terminals, forums and mail put around it: colours, quote marks, HTML, doubled encodings.

Every rule works on one line, so line numbers stay those of the file.
"""

import re

LONGEST_CONTEXT_LINE = 4_000
"""What is read of a line that is no row of a table: no command, heading or log line of any tool is longer."""

_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-Z\\^_]|[\x00\x08\x7f]")
_LOST_ESCAPES = re.compile(r"(?:\^\[|\u241b)?\[\d{1,3}(?:;\d{1,3}){0,5}m|\^\[\[m|\u241b\[m")
_QUOTES = re.compile(r"^(?:[ \t]*>(?!>>))+ ?")
_TAGS = re.compile(r"</?(?:details|summary|pre|code|tt|b|strong|p|br|div|span)(?: [^<>]{0,200})?/?>", re.I)
_LETTERS = str.maketrans(
    {
        "\u00a0": " ",
        "\u2007": " ",
        "\u2009": " ",
        "\u202f": " ",
        "\u200b": None,
        "\u200c": None,
        "\u200d": None,
        "\u2060": None,
        "\ufeff": None,
        "\u2502": "|",
        "\u2503": "|",
        "\uff5c": "|",
        "\u2212": "-",
    }
)
_WORDS = (
    ("&plusmn;", "±"),
    ("&gt;", ">"),
    ("&lt;", "<"),
    ("&quot;", '"'),
    ("&#124;", "|"),
    ("&nbsp;", " "),
    ("&amp;", "&"),
    ("Â±", "±"),
    ("┬▒", "±"),
    ("\ufffd\ufffd", "±"),
    ("\ufffd", "±"),
)
"""HTML's names, and ± read as Latin-1, as a DOS code page, or lost."""


def plain_lines(content: str) -> list[str]:
    """The lines of a text without colours, quote marks, tags and odd spaces."""
    return [plain_line(line) for line in content.replace("\r\n", "\n").replace("\r", "\n").split("\n")]


def plain_line(line: str) -> str:
    """One line without colours, quote marks, tags and odd spaces.

    >>> plain_line("> \\x1b[32m| tg128 | 4.45 Â± 0.05 |\\x1b[0m")
    '| tg128 | 4.45 ± 0.05 |'
    """
    if "\x1b" in line or "\x00" in line or "\x08" in line or "\x7f" in line:
        line = _ESCAPES.sub("", line)
    if "m" in line and "[" in line:
        line = _LOST_ESCAPES.sub("", line)
    if not line.isascii():
        line = line.translate(_LETTERS)
    for bad, good in _WORDS:
        if bad in line:
            line = line.replace(bad, good)
    if ">" in line:
        line = _QUOTES.sub("", line)
        if "<" in line:
            line = _TAGS.sub("", line)
    return line.rstrip()
