"""A machine of one's own on the page: a form for chip, number and price, which writes it into the address."""

import json
import re
from collections.abc import Mapping
from typing import Any, cast

import streamlit as st

from calculator import Catalog, Scenario
from calculator.scenario.own_figures import MOST_USD

OWN_OPTIONS = "own_options"
_NAME, _CHIP, _COUNT, _PRICE = "own name", "own chip", "own count", "own price"
_MOST_CHIPS, _LONGEST_ID = 16, 40


def ask_own_machine(catalog: Catalog, *, own: Mapping[str, Any]) -> None:
    """Draw the form of a machine that the catalogue lacks, and a button for each one that is there already."""
    st.markdown(
        "**A machine that is not in the list.** What you do not give comes from the nearest one, and is marked."
    )
    with (
        st.form("own machine", border=False),
        st.grid(4, min_column_width=180, gap="medium", vertical_alignment="bottom"),
    ):
        st.text_input("Its name", max_chars=_LONGEST_ID, key=_NAME, placeholder="four 3090s")
        st.selectbox("Chip or card", list(catalog.chips), index=None, key=_CHIP)
        st.number_input("How many", min_value=1, max_value=_MOST_CHIPS, value=1, key=_COUNT)
        st.number_input("Price ($)", min_value=0.0, max_value=MOST_USD, value=None, format="%g", key=_PRICE)
        st.form_submit_button(
            "Add it", key="add own machine", on_click=_add, args=([*catalog.machines, *catalog.clouds, *catalog.apis],)
        )
    for key in own:
        st.button(f"Remove {key}", key=f"remove {key}", on_click=_remove, args=(key,))


def id_of(name: str, *, taken: list[str]) -> str:
    """An id of the letters of a name, one that no other option has; empty where the name has none."""
    plain = re.sub(r"[^a-z0-9._]+", "-", name.lower()).strip("-._")[: _LONGEST_ID - _ROOM]
    numbered = (f"{plain}-{number}" for number in range(2, len(taken) + 3))
    return next((one for one in (plain, *numbered) if one not in taken), "") if plain else ""


def _add(taken: list[str]) -> None:
    """The machine of the form in the address, and among the options; nothing while chip or price is missing."""
    state = st.session_state
    key = id_of(state[_NAME] or str(state[_CHIP] or ""), taken=taken)
    if not key or state[_CHIP] is None or state[_PRICE] is None:
        st.toast("Choose a chip and enter a price; then it can be added.")
        return
    row = {"chip": state[_CHIP], "chip_count": int(state[_COUNT]), "price_usd": float(state[_PRICE])}
    _write({**_there(), key: {**row, "name": state[_NAME]} if state[_NAME] else row})
    compared = list(state.get("options") or Scenario.model_fields["options"].default)
    state["options"] = [*compared[: _MOST_OPTIONS - 1], key]
    state[_NAME], state[_CHIP], state[_COUNT], state[_PRICE] = "", None, 1, None


def _remove(key: str) -> None:
    _write({name: row for name, row in _there().items() if name != key})
    state = st.session_state
    state["options"] = [option for option in state.get("options") or () if option != key]


def _write(own: Mapping[str, Any]) -> None:
    if own:
        st.query_params[OWN_OPTIONS] = json.dumps(own, separators=(",", ":"))
    elif OWN_OPTIONS in st.query_params:
        del st.query_params[OWN_OPTIONS]


def _there() -> dict[str, Any]:
    """The machines that the address has; none where it cannot be read, which the page said when it was opened."""
    try:
        found: Any = json.loads(st.query_params.get(OWN_OPTIONS, "{}"))
    except (ValueError, RecursionError):
        return {}
    return dict(cast("Mapping[str, Any]", found)) if isinstance(found, Mapping) else {}


_MOST_OPTIONS = 12
_ROOM = 3  # for a number
