"""JSON objects anywhere in a text: between log lines, in a fence, one per line, in an array, behind a prompt.

Work is bounded: what failed to decode is not read again, and a text that keeps failing is given up.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, cast

from calculator.errors import why_unreadable
from calculator.scenario.json_text import TwiceError, table_of
from measurements.importers.facts import Refusal

_BEGIN = re.compile(r'\{[ \t\r\n]{0,200}"')
_WINDOWS = (4_000, 64_000, 1_000_000, 100_000_000)
"""Letters that are tried at first, and then: a decoder counts the lines of all that it is given for every error."""
_NEAR_END = 16  # a number, a word or an escape that the window cut is reported at its beginning
_MOST_WORK_PER_LETTER = 32
_DEEPEST = 4

Objects = list[tuple[str, Any]]


Spans = list[tuple[int, int]]


def json_objects(content: str, *, spans: Spans | None = None) -> tuple[Objects, list[Refusal]]:
    """The objects in a text with their places, and what is broken among them; `spans` takes where they stood.

    NaN and Infinity, which are not JSON but are written by Python, are accepted here and refused by their row.
    """
    found: Objects = []
    broken: list[Refusal] = []
    position, work, most = 0, 0, _MOST_WORK_PER_LETTER * len(content) + 10_000_000
    while (begin := _BEGIN.search(content, position)) is not None:
        value, reason, position, cost = _decoded(content, begin.start())
        if not reason:
            found.append((f"object {len(found) + 1}", value))
            if spans is not None:
                spans.append((begin.start(), position))
            continue
        broken.append(_broken(reason, count=len(found)))
        work += cost
        if work > most:
            break
    if not found:
        return [], broken[:1] or _broken_file(content)
    cut_off = content.lstrip("\ufeff \t\r\n").startswith("[") and "]" not in content[position:]
    if cut_off and not broken:
        broken.append(_broken("an array is cut off", count=len(found)))
    return found, list({refusal.place: refusal for refusal in reversed(broken)}.values())[::-1]


def _decoded(content: str, start: int) -> tuple[Any, str, int, int]:
    """The object that begins there, or why it is none; where to go on, and how many letters were looked at."""
    decoder, cost = json.JSONDecoder(object_pairs_hook=table_of), 0
    for window in _WINDOWS:
        part = content[start : start + window]
        cost += len(part)
        is_all = start + window >= len(content)
        try:
            value, end = decoder.raw_decode(part)
        except json.JSONDecodeError as error:
            is_cut = error.pos >= len(part) - _NEAR_END or error.msg.startswith("Unterminated string")
            if is_all or not is_cut:
                return None, error.msg, start + max(error.pos, 1), cost
        except TwiceError as error:
            _, end = json.JSONDecoder().raw_decode(part)  # what is within it is not read either
            return None, str(error), start + end, max(cost, 100_000)
        except (ValueError, RecursionError) as error:  # a number of more than 4,300 digits, or too many brackets
            return None, why_unreadable(error), start + 1, max(cost, 100_000)
        else:
            return value, "", start + end, cost
    return None, "the object is too long", start + 1, cost


def without(content: str, spans: Spans) -> str:
    """The text around the objects, with the line breaks that they had, so that line numbers stay."""
    parts: list[str] = []
    end = 0
    for start, after in spans:
        parts += [content[end:start], "\n" * content.count("\n", start, after)]
        end = after
    return "".join([*parts, content[end:]])


def known_within(value: Any, *, is_known: Callable[[Any], bool], depth: int = _DEEPEST) -> Iterator[Any]:
    """The objects that an importer knows within a wrapper: {"results": [...]}, {"timings": {...}}."""
    if is_known(value):
        yield value
    elif depth > 0 and isinstance(value, dict | list):
        inner = cast("dict[str, Any]", value).values() if isinstance(value, dict) else cast("list[Any]", value)
        for one in inner:
            yield from known_within(one, is_known=is_known, depth=depth - 1)


def _broken(reason: str, *, count: int) -> Refusal:
    if count:
        return Refusal(f"after object {count}", f"The file goes on with broken JSON ({reason[:120]}); it was not read.")
    return Refusal("file", f"broken JSON ({reason[:120]})")


def _broken_file(content: str) -> list[Refusal]:
    """Why a file that begins like JSON is none, if it is none."""
    stripped = content.strip("\ufeff \t\r\n")
    if not stripped.startswith(("{", "[")):
        return []
    try:
        json.loads(stripped, object_pairs_hook=table_of)
    except (ValueError, RecursionError) as error:
        return [_broken(why_unreadable(error), count=0)]
    return []
