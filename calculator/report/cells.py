"""Text cells of every export: no program that opens the file may take one for a formula.

A cell is read by programs that split at other characters than the one that wrote it: a comma file opened where
semicolons separate begins a new cell after each semicolon. So a sign that starts a formula is disarmed at the start of
a text and after everything that could start a cell there.
"""

import re
import unicodedata

_SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212"
"""What starts a formula: = + - @, full-width and small forms, and the minus sign of typesetters."""
_SEPARATORS = ',;|"\uff0c\uff1b\uff5c\uff02\u060c\u061b'
"""What separates or quotes cells somewhere."""
_STARTS = re.compile(rf"(^|[{re.escape(_SEPARATORS)}])(\s*)([{re.escape(_SIGNS)}])")
_APOSTROPHE = "'"


def harmless(text: str) -> str:
    """The text with an apostrophe before every sign that a spreadsheet could read as the start of a formula.

    Line breaks, tabs and other control characters become one space, as each of them starts a cell somewhere; what is
    invisible at no width (a byte order mark, a soft hyphen) is dropped where it stands before such a sign.

    >>> harmless("=1+1"), harmless("a;=1+1"), harmless("2 - 1")
    ("'=1+1", "a;'=1+1", '2 - 1')
    """
    visible = "".join(_plain(sign) for sign in text)
    return _STARTS.sub(rf"\1\2{_APOSTROPHE}\3", visible)


def _plain(sign: str) -> str:
    """A space for what breaks or controls a line; nothing for what has no width; else the sign itself."""
    category = unicodedata.category(sign)
    if category in ("Cc", "Zl", "Zp"):
        return " "
    return "" if category in ("Cf", "Cs") else sign
