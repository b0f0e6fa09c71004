"""The address is the state: what a person sets stands in it, on every page, and nothing else is kept.

Whatever a person sets is written into the address, even where it equals the default, so that a value in the address
always counts as his. A link that lists all values says in `typed` which of them are; what is set later joins that list.
A click on another page empties the address; it is filled again from the session, which follows it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast
from urllib.parse import urlencode

import streamlit as st

from calculator import Scenario
from calculator.scenario.json_text import whole_json
from calculator.scenario.presets import preset, preset_names
from calculator.scenario.scenario import NOT_TYPED
from views.link import PRESET, text_of
from views.link_tables import each_id, table_text

TYPED = "typed"
_SPREADS = ("ranges", "cases")
_KEPT, _PAGE = "address of the decision", "page of the address"


def follow_address(page: str) -> None:
    """Keep what the address says; on the first run of another page, give it the address of the one before."""
    state = st.session_state
    came_from = state.get(_PAGE, page)
    state[_PAGE] = page
    if came_from != page and not st.query_params and state.get(_KEPT):
        st.query_params.from_dict(state[_KEPT])
    if "options" in st.query_params:  # one parameter for each, however a link had them
        listed = st.query_params.get_all("options")
        if each_id(listed) != listed:
            st.query_params["options"] = each_id(listed)
    state[_KEPT] = query()


def query() -> dict[str, list[str]]:
    """The parameters of the address, each with all its values."""
    return {name: st.query_params.get_all(name) for name in st.query_params}


def address_text() -> str:
    """The address's query, as a live request repeats it."""
    return urlencode(query(), doseq=True)


def put(values: Mapping[str, Any]) -> None:
    """Write values that a person set; a table is written as JSON, and an empty one is taken out.

    What a person sets counts as certain: a range or cases that the address has for it are taken out.
    """
    left = _tables_without(values)
    for name, value in {**values, **left}.items():
        if isinstance(value, Mapping):
            _put_table(name, cast("Mapping[str, Any]", value))
        elif name == "options":
            st.query_params[name] = [str(one) for one in cast("Sequence[object]", value)]
        elif isinstance(value, (tuple, list)):
            st.query_params[name] = table_text(cast("Sequence[Any]", value))
        else:
            st.query_params[name] = text_of(value)
    if TYPED in st.query_params:
        named = [name for name in values if name in Scenario.model_fields and name not in NOT_TYPED]
        st.query_params[TYPED] = ",".join(dict.fromkeys((*filter(None, st.query_params[TYPED].split(",")), *named)))
    _keep()


def put_button(label: str, values: Mapping[str, Any]) -> None:
    """Draw a button that writes these values; the whole page follows, also where a fragment holds the button: a callback
    would redraw the fragment alone."""
    if st.button(label, type="primary"):
        put(values)
        st.rerun()


def take_back(names: Sequence[str]) -> None:
    """Values that a person set go back to what they were: the preset's, else the default."""
    for name in names:
        if name in st.query_params:
            del st.query_params[name]
    if TYPED in st.query_params:
        st.query_params[TYPED] = ",".join(name for name in st.query_params[TYPED].split(",") if name not in names)
    _keep()


def start_from(name: str) -> None:
    """Start anew from a preset; from the defaults where the name is empty."""
    st.query_params.from_dict({PRESET: name} if name else {})
    _keep()


def open_link(values: Mapping[str, Sequence[str]]) -> None:
    """The address of a link: all its parameters and no other."""
    st.query_params.from_dict({name: list(texts) for name, texts in values.items()})
    _keep()


def _tables_without(values: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The tables of ranges and cases in which one of these values stands, each without them."""
    now = {name: _table_now(name) for name in _SPREADS}
    before: dict[str, Any] = {name: _middle(row) for name, row in now["ranges"].items()}
    before |= _table_now("figures")
    new = {key: value for key, value in values.get("figures", {}).items() if before.get(key) != value}
    named = {*values, *new}
    return {
        name: {key: row for key, row in table.items() if key not in named}
        for name, table in now.items()
        if name not in values and named & table.keys()
    }


def _middle(row: Any) -> Any:
    """The P50 of a range as the address has it, which is its value where no other stands there."""
    three = cast("Sequence[Any]", row) if isinstance(row, list | tuple) else ()
    return three[1] if len(three) == 3 else None


def _table_now(name: str) -> Mapping[str, Any]:
    """A table as the address or its preset has it; empty where it cannot be read, which the page says."""
    if name not in st.query_params:
        start = st.query_params.get(PRESET, "")
        return getattr(preset(start), name) if start in preset_names() else {}
    try:
        found = whole_json(st.query_params[name])
    except (ValueError, RecursionError):
        return {}
    return cast("Mapping[str, Any]", found) if isinstance(found, dict) else {}


def _put_table(name: str, table: Mapping[str, Any]) -> None:
    if table or PRESET in st.query_params:  # an empty table takes the place of the preset's
        st.query_params[name] = table_text(table)
    elif name in st.query_params:
        del st.query_params[name]


def _keep() -> None:
    st.session_state[_KEPT] = query()
