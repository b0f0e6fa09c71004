"""Errors, each in one sentence: what is wrong, what was given, what is allowed, what to do.

    CalculatorError
    |-- CatalogError      a catalogue file is wrong (names file, key and repair)
    |-- ScenarioError     a scenario value is wrong (names the field)
    |-- UnknownIdError    no machine, model, format ... of that name (names the nearest)
    `-- PhantomError      the thing asked for never existed (names the nearest real ones)

pydantic's raw text never reaches a user: `sentences` is the one place that turns it into words.
"""

import difflib
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sized
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError

from calculator.units import plain_number, unit_of_name


class CalculatorError(ValueError):
    """Any refusal by the calculator; its text is fit to be shown to a user as it is."""


class CatalogError(CalculatorError):
    """A catalogue file does not hold what it must."""


class ScenarioError(CalculatorError):
    """A scenario holds a value that the model cannot use."""


_LONGEST_SHOWN = 80  # characters of what was given
_MOST_PROBLEMS = 20  # told of one table, which may hold thousands


class UnknownIdError(CalculatorError):
    """An id that the catalogue does not know."""

    def __init__(self, kind: str, got: str, known: Iterable[str]) -> None:
        known = sorted(known)
        near = difflib.get_close_matches(got, known, n=3, cutoff=0.4)
        hint = f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(known[:12])} ..."
        shown = got if len(got) <= _LONGEST_SHOWN else f"{got[:_LONGEST_SHOWN]}..."
        super().__init__(
            f"{kind} {shown!r} is not in the catalogue. {hint} `python -m calculator list {kind}s` shows all."
        )


class PhantomError(CalculatorError):
    """Something that is often quoted but never existed."""


def sentences(error: ValidationError, model: type[BaseModel] | None = None) -> list[str]:
    """One plain sentence per problem in a pydantic error; what only follows from a deeper problem is left out."""
    all_of_them = error.errors(include_url=False)
    problems = all_of_them[:_MOST_PROBLEMS]
    places = [problem["loc"] for problem in problems]
    found = [
        _sentence(problem, model)
        for problem in problems
        if not any(place[: len(problem["loc"])] == problem["loc"] != place for place in places if problem["loc"])
    ]
    more = len(all_of_them) - len(problems)
    return [*found, f"{more:,} more values are wrong."] if more else found


def why_unreadable(error: Exception) -> str:
    """Why a text is no JSON or TOML, in words for a person: what Python says of its own limits means nothing to him."""
    if isinstance(error, json.JSONDecodeError):
        return f"line {error.lineno}, column {error.colno}: {error.msg}"
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    if isinstance(error, UnicodeEncodeError):
        return "it holds half of a character"
    if isinstance(error, RecursionError):
        return "its tables are nested too deeply"
    said = str(error)
    return "it holds a number of thousands of digits" if "integer string conversion" in said else said[:_MOST_SAID]


_MOST_SAID = 100


def _cut(part: str) -> str:
    """A key of somebody's table, which may be of any length."""
    return part if len(part) <= _LONGEST_SHOWN else f"{part[:_LONGEST_SHOWN]}..."


def _sentence(problem: Mapping[str, Any], model: type[BaseModel] | None) -> str:
    name = ".".join(_cut(str(part)) for part in problem["loc"]) or "the record"
    kind, got, context = problem["type"], problem.get("input"), problem.get("ctx", {})
    if kind == "extra_forbidden":
        known = list(model.model_fields) if model else []
        near = difflib.get_close_matches(name.rsplit(".", 1)[-1], known, n=1, cutoff=0.5)
        return f"{name} is not a known key." + (
            f" Did you mean {near[0]}?" if near else " Remove it or correct its spelling."
        )
    if kind == "missing":
        last = problem["loc"][-1]
        what = f"{name.rpartition('.')[0]}: value number {last + 1}" if isinstance(last, int) else name
        return f"{what} is missing. Add it."
    if kind == "value_error":
        return str(context.get("error", problem["msg"])).removeprefix("Value error, ")
    bounds = _bounds(problem, model)
    if kind == "finite_number" or _is_nan(got):
        return f"{name} is {_cut(_text(got))}; it must be a finite number{bounds.of_a_number if bounds else ''}."
    if kind in ("greater_than", "greater_than_equal", "less_than", "less_than_equal"):
        words = {
            "greater_than": "above",
            "greater_than_equal": "at least",
            "less_than": "below",
            "less_than_equal": "at most",
        }
        limit = context.get("gt", context.get("ge", context.get("lt", context.get("le"))))
        allowed = bounds.must if bounds else f"be {words[kind]} {plain_number(float(str(limit)))}"
        return f"{name} is {_cut(_text(got))}; it must {allowed}.{_percent_hint(problem, model, bounds)}"
    if kind in ("float_parsing", "float_type", "int_parsing", "int_type", "int_from_float"):
        noun = "a whole number" if kind.startswith("int") else "a number"
        return f"{name} is {_shown(got)}; it must be {noun}{bounds.of_a_number if bounds else ''}."
    if kind in _SHAPES:
        return f"{name} is {_shown(got)}; it must be {_SHAPES[kind]}."
    if kind in ("too_short", "too_long"):
        least = kind == "too_short"
        limit = context.get("min_length" if least else "max_length")
        held, bound = len(got) if isinstance(got, Sized) else "too many", "at least" if least else "at most"
        return f"{name} holds {held}; it must hold {bound} {limit}."
    if kind == "string_too_long":
        return f"{name} is {len(str(got))} characters long; it must have at most {context.get('max_length')}."
    if kind == "string_pattern_mismatch":
        return f"{name} is {_shown(got)}; it has the wrong form. {_help(problem, model)}".strip()
    if kind == "literal_error":
        return f"{name} is {_shown(got)}; allowed: {context.get('expected')}."
    unit = unit_of_name(name)
    return (
        f"{name} is {_shown(got)}: {problem['msg'][:1].lower()}{problem['msg'][1:]}{f' (unit {unit})' if unit else ''}."
    )


def _percent_hint(problem: Mapping[str, Any], model: type[BaseModel] | None, bounds: "_Bounds | None") -> str:
    """How a share or a rate is written, where a percentage seems to have been typed."""
    got = problem.get("input")
    shown = _of_field(
        problem, model, "shown", otherwise=_PERCENT if bounds and (bounds.low, bounds.high) == (0, 1) else 1
    )
    if shown != _PERCENT or not isinstance(got, int | float) or not 1 < abs(got) <= _PERCENT:
        return ""
    as_percent = 70 if 0 < got < 2 else got  # 1.4 is no percentage anyone means
    low, high = (bounds.low, bounds.high) if bounds else (0, 1)
    if not low <= as_percent / _PERCENT <= high:
        return ""
    return f" Enter {plain_number(as_percent / _PERCENT)} for {plain_number(as_percent)} %."


def _shown(got: Any) -> str:
    """What was given, cut where it is long."""
    text = _text(got, as_text=repr)
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 3]}..."


def _text(got: Any, *, as_text: Callable[[Any], str] = str) -> str:
    """What was given as a text; Python writes no integer of more than 4,300 digits."""
    try:
        return as_text(got)
    except ValueError:
        return "a number of thousands of digits"


def _is_nan(got: Any) -> bool:
    return isinstance(got, float) and math.isnan(got)


def _help(problem: Mapping[str, Any], model: type[BaseModel] | None) -> str:
    """The field's own help text, or else the text under it."""
    field = model.model_fields.get(str(problem["loc"][0])) if model and problem["loc"] else None
    return str(_of_field(problem, model, "help", otherwise="") or (field.description if field else None) or "")


def _of_field(problem: Mapping[str, Any], model: type[BaseModel] | None, name: str, *, otherwise: Any) -> Any:
    """What the field's annotations say under that name: how it is shown, or its help."""
    field = model.model_fields.get(str(problem["loc"][0])) if model and problem["loc"] else None
    return (
        next((getattr(item, name) for item in field.metadata if hasattr(item, name)), otherwise) if field else otherwise
    )


class _Bounds(NamedTuple):
    """Both ends of what a field may hold, and whether each belongs to it."""

    low: float
    high: float
    has_low: bool
    has_high: bool

    @property
    def must(self) -> str:
        """'lie in 0..1', or with an end that is left out 'be more than 0 and at most 1'."""
        if self.has_low and self.has_high:
            return f"lie in {plain_number(self.low)}..{plain_number(self.high)}"
        low = f"{'at least' if self.has_low else 'more than'} {plain_number(self.low)}"
        return f"be {low} and {'at most' if self.has_high else 'less than'} {plain_number(self.high)}"

    @property
    def of_a_number(self) -> str:
        """The same behind 'a number'."""
        return f" {self.must.removeprefix('lie ')}" if self.has_low and self.has_high else f", {self.must[3:]}"


def _bounds(problem: Mapping[str, Any], model: type[BaseModel] | None) -> _Bounds | None:
    """The bounds of a field whose metadata gives both."""
    if model is None or len(problem["loc"]) != 1:
        return None
    field = model.model_fields.get(str(problem["loc"][0]))
    if field is None:
        return None
    ends = {name: getattr(item, name) for item in field.metadata for name in _ENDS if hasattr(item, name)}
    low, high = ends.get("ge", ends.get("gt")), ends.get("le", ends.get("lt"))
    return None if low is None or high is None else _Bounds(low, high, "ge" in ends, "le" in ends)


_ENDS = ("ge", "gt", "le", "lt")
_PERCENT = 100
_WIDEST = 80  # characters of a wrong value that are repeated
_TABLE = "a table of names and values"
_SHAPES = {
    "string_type": "text",
    "string_unicode": "text in UTF-8",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list in square brackets",
    "list_type": "a list in square brackets",
    "dict_type": _TABLE,
    "mapping_type": _TABLE,
    "model_type": _TABLE,
    "model_attributes_type": _TABLE,
}
"""pydantic's kinds of a wrong shape, in words."""
