"""Lists and tables in an address: options one by one or with commas, numbers with commas or as JSON, tables as JSON.

What cannot be read is refused with what was got, an example of what is allowed, and what to do.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast, get_origin

from calculator import Scenario
from calculator.errors import ScenarioError, why_unreadable
from calculator.scenario.files import typed
from calculator.scenario.json_text import whole_json

EXAMPLES: dict[str, str] = {
    "weight_classes": '{"cloud-h100":"8-bit"}',
    "machine_counts": '{"cloud-h100":2}',
    "hourly_profile": "168 numbers with commas, from Monday 0:00 on",
    "depreciation_fractions": "0.5,0.3,0.2",
    "own_options": '{"quad-3090":{"chip":"nvidia-rtx-3090","chip_count":4,"price_usd":5000}}',
    "own_models": '{"my-model":{"parameters_b":13,"layer_count":40,"kv_head_count":8,"head_dim":128}}',
    "routing": '{"mix":{"base":"mac-studio-m5-ultra-96","to":"api-same-model","share":0.1}}',
    "shared_with_other_work": '{"mac-studio-m5-ultra-96":0.25}',
    "leases": '{"mac-studio-m5-ultra-96":{"usd_per_month":300}}',
    "currencies": '{"EUR":{"per_usd":0.86,"as_of":"2026-11-26"}}',
    "already_own_usd": '{"mac-studio-m5-ultra-96":3000}',
    "figures": '{"cloud-h100.rate_usd_per_h":2.5}',
    "ranges": '{"wage_usd_per_h":[60,95,200]}',
    "cases": '{"wage_usd_per_h":[[95,2],[140,1]]}',
}
"""What may stand in an address for each list and table, except the two of ids."""
_IDS = ("options", "typed")
_OF_TABLES = ("own_options", "own_models", "routing", "leases", "currencies")
_OF_LISTS = ("ranges", "cases")
_SHOWN_CHARACTERS = 40


def is_table(name: str) -> bool:
    """Whether a value of the scenario is a table or a list."""
    return get_origin(Scenario.model_fields[name].annotation) in (Mapping, tuple)


def is_list(name: str) -> bool:
    """Whether a value of the scenario is a list."""
    return get_origin(Scenario.model_fields[name].annotation) is tuple


def each_id(texts: Sequence[str]) -> list[str]:
    """The ids of a list, written one per parameter, with commas, or both; no id has a comma.

    >>> each_id(["a,b", "c"]), each_id([""])
    (['a', 'b', 'c'], [''])
    """
    return [part.strip() for text in texts for part in text.split(",") if part.strip()] or list(texts)


def table_text(table: Mapping[str, Any] | Sequence[Any]) -> str:
    """A table as an address has it: JSON without blanks."""
    return json.dumps(table, separators=(",", ":"))


def read_table(name: str, texts: Sequence[str]) -> Any:
    """A list or a table of the scenario from its texts in an address. Raises ScenarioError in a sentence with an example.

    A list of numbers may be repeated or hold commas; of a table that is repeated the last one counts.
    """
    if name in _IDS:
        return typed(name, ",".join(texts))
    if is_list(name) and not any(text.strip().startswith(("[", "{")) for text in texts):
        found = [_number(part, name) for part in each_id(texts)]
    else:
        found = _json(name, texts[-1])
    if is_list(name) != isinstance(found, list) or (not is_list(name) and not isinstance(found, dict)):
        raise _refused(name, texts[-1])
    if isinstance(found, dict):
        _refuse_rows(name, cast("dict[str, Any]", found))
    return cast("Any", found)


def _refuse_rows(name: str, table: Mapping[str, Any]) -> None:
    """Raise for a row that is no table, or no list, where each must be one."""
    kind, noun = (dict, "table") if name in _OF_TABLES else (list, "list") if name in _OF_LISTS else (None, "")
    for key, row in table.items() if kind else ():
        if not isinstance(row, kind or object):
            got = f"{name}.{_short(key)} is {_short(json.dumps(row))}"
            raise ScenarioError(f"{got}; it must be a {noun}, for example {name}={EXAMPLES[name]}. {_DO}")


def _number(text: str, name: str) -> float:
    try:
        return float(text if text.isascii() else "")  # digits of other scripts are not numbers here
    except ValueError:
        raise _refused(name, text) from None


def _json(name: str, text: str) -> Any:
    try:
        return whole_json(text)
    except json.JSONDecodeError as error:
        is_begun = text.lstrip().startswith(("{", "["))
        why = f"it cannot be read from character {error.pos + 1} on" if is_begun else ""
        raise _refused(name, text, why) from None
    except (ValueError, RecursionError) as error:  # an integer of thousands of digits is a plain ValueError
        raise _refused(name, text, why_unreadable(error)) from None


def _refused(name: str, text: str, why: str = "") -> ScenarioError:
    """What was got, why it cannot be read where that can be said, what is allowed, and what to do."""
    noun = "a list of numbers" if is_list(name) else "a table in JSON"
    example = EXAMPLES[name] if name == "hourly_profile" else f"for example {name}={EXAMPLES[name]}"
    got = f"{name} is {_short(text)!r}"
    return ScenarioError(f"{f'{got}: {why}. It' if why else f'{got}; it'} must be {noun}, {example}. {_DO}")


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "..."


_DO = "Correct it, or set it on the page and copy its link."
