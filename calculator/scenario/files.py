"""Scenario files and `--set`: read, typed and validated; whatever is wrong is said in one sentence."""

import json
import os.path
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from calculator.errors import ScenarioError, why_unreadable
from calculator.scenario.json_text import whole_json
from calculator.scenario.scenario import NOT_TYPED, Scenario
from calculator.scenario.version_1 import converted, is_of_version_1


def read_scenario(path: Path | None, *, settings: Iterable[str] = ()) -> Scenario:
    """The scenario of a TOML file, with `name=value` settings on top.

    The file holds flat `name = value` lines, optionally under [scenario]. One that states no version and holds nothing
    new is of version 0.1 and keeps its dollars; settings go on top of what it meant, and count as typed. Raises
    ScenarioError, fit to be shown, for a missing or broken file and for every wrong value.
    """
    pairs = [_pair(setting) for setting in settings]
    values = _read(_shipped(path)) if path else {}
    values |= {name: typed(name, text) for name, text in pairs if name == "schema_version"}
    if (path or "schema_version" in values) and is_of_version_1(values, fields=Scenario.model_fields):
        values = converted(values)
    for name, text in pairs:
        if name != "schema_version":
            _set(values, name, text)
    if isinstance(values.get("typed"), list | tuple):
        set_here = (name for name, _ in pairs if name in Scenario.model_fields and name not in NOT_TYPED)
        values["typed"] = [*values["typed"], *set_here]
    return Scenario.parse(values)


def _pair(setting: str) -> tuple[str, str]:
    name, equals, text = (part.strip() for part in setting.partition("="))
    if not equals or not name:
        raise ScenarioError(
            f"--set {setting!r} is not of the form name=value. Write, for example, --set wage_usd_per_h=95."
        )
    return name, text


def _set(values: dict[str, Any], name: str, text: str) -> None:
    """One setting; a dot leads into a table: `figures.<option>.price_usd=5000`, `leases.<machine>.usd_per_month=300`.

    Three numbers with strokes between them, `wage_usd_per_h=60/95/200`, are P10, P50 and P90 of a number.
    """
    table, dot, key = name.partition(".")
    kind: Any = getattr(Scenario.model_fields.get(name), "annotation", None)
    if (kind in (int, float) or table in ("figures", "ranges")) and text.count("/") == _STROKES:
        own = key if table in ("figures", "ranges") else name
        _inner(values, "ranges")[own] = _plain(text.replace("/", ","))
        values.pop(own, None)
        return
    if not dot or table not in _TABLES:
        values[name] = typed(name, text)
        return
    rows = _inner(values, table)
    if table == "machine_counts":
        rows[key] = typed("machine_count", text)
        return
    if table == "ranges" and isinstance(values.get(key), list):  # the file's own three
        del values[key]
    if table in _RECORDS:  # a record per key: the last part names its field
        owner, _, key = key.rpartition(".")
        if not owner:
            owner, key = key, _RECORDS[table]
        if not key:
            raise ScenarioError(
                f"--set {name}={text[:40]} says nothing of {owner}. Write a figure of it, for example "
                f"--set {table}.{owner}.{_FIRST_FIGURE[table]}."
            )
        rows = _inner(rows, owner)
    rows[key] = text if key in _WORDS else _plain(text)


def _inner(values: dict[str, Any], name: str) -> dict[str, Any]:
    """The table of that name inside another, made where it is not there yet."""
    found = values.setdefault(name, {})
    if not isinstance(found, dict):
        raise ScenarioError(
            f"{name} is {found!r} in the scenario file, not a table, so nothing can be set in it. Correct the file."
        )
    return cast("dict[str, Any]", found)


def _plain(text: str) -> Any:
    """A number, true or false, numbers with commas between them as a list, else the text itself."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        numbers = [float(part.replace("_", "")) for part in text.split(",")]
    except ValueError:
        return text
    return numbers if len(numbers) > 1 else numbers[0]


def typed(name: str, text: str) -> Any:
    """The text of a setting as its field's type: a list for options and shares, a number where it is one, else text."""
    if name == "options":
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if name == "typed":
        return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if name == "depreciation_fractions":
        found = _plain(text)
        return (found,) if isinstance(found, float) else found
    field = Scenario.model_fields.get(name)
    kind: object = field.annotation if field is not None else None
    if name in _WHOLE_OR_WORD or kind is float or kind is int:
        try:
            number = float(text.replace("_", ""))
        except ValueError:
            return text
        return int(number) if kind is not float and number.is_integer() else number
    return text


def _shipped(path: Path) -> Path:
    """The shipped file of `presets/article.toml` or plain `article`, from any folder; else the path itself."""
    if os.path.exists(path):  # false, not an error, for a name that no system takes
        return path
    found = Path(__file__).parent / "presets" / f"{path.stem}.toml"
    return found if os.path.exists(found) and path.parent.name in ("", "presets") else path


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text("utf-8")
        data = whole_json(text) if path.suffix == ".json" else tomllib.loads(text)
    except FileNotFoundError:
        raise ScenarioError(f"{path}: there is no such scenario file. Check the path.") from None
    except OSError as error:
        raise ScenarioError(f"{_short(path)} cannot be read ({error.strerror}). Name a scenario file.") from None
    except UnicodeDecodeError:
        raise ScenarioError(f"{path} is not UTF-8 text. Save it as UTF-8.") from None
    except (tomllib.TOMLDecodeError, json.JSONDecodeError) as error:
        raise ScenarioError(f"{path} is not a valid scenario file: {error}. Correct that line.") from None
    except (ValueError, RecursionError) as error:  # numbers of thousands of digits, tables nested without end
        raise ScenarioError(
            f"{_short(path)} cannot be read: {why_unreadable(error)}. Start from one of the presets instead."
        ) from None
    if not isinstance(data, dict):
        raise ScenarioError(
            f"{path} holds a {type(data).__name__}, not lines of name = value. Write one value per line."
        )
    inner: Any = data.get("scenario", data)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if not isinstance(inner, dict):
        raise ScenarioError(f"{path}: [scenario] is not a table. Write lines of name = value under it.")
    return dict(inner)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def _short(path: Path) -> str:
    return str(path) if len(str(path)) <= _LONGEST_SHOWN else f"{str(path)[:_LONGEST_SHOWN]}..."


_LONGEST_SHOWN = 100
_STROKES = 2  # between P10, P50 and P90
_WHOLE_OR_WORD = ("machine_count", "rules", "schema_version")
_TABLES = frozenset(
    {
        *("figures", "ranges", "already_own_usd", "leases", "currencies", "machine_counts", "weight_classes"),
        *("shared_with_other_work", "own_options", "own_models", "routing"),
    }
)
_RECORDS = {"leases": "usd_per_month", "currencies": "per_usd", "own_options": "", "own_models": "", "routing": ""}
"""Tables whose rows have fields of their own, and the field meant where only the row is named; "" where none is."""
_FIRST_FIGURE = {"own_options": "chip=nvidia-rtx-3090", "own_models": "parameters_b=70", "routing": "share=0.1"}
_WORDS = ("name", "chip", "chips", "runtime", "base", "to", "model")
"""Fields of own entries that are text, whatever they look like."""
