"""A machine of one's own on the page: a form for chip, number and price, which writes it into the address."""

import re
from collections.abc import Mapping
from typing import Any

import streamlit as st

from calculator import Catalog, Scenario
from calculator.scenario.own_figures import MOST_USD
from calculator.scenario.question import MOST_OPTIONS
from views.address import put
from views.prices import tables_of

OWN_OPTIONS = "own_options"
_NAME, _CHIP, _COUNT, _PRICE = "own name", "own chip", "own count", "own price"
_MOST_CHIPS, _LONGEST_ID = 16, 40
_ROOM = 3  # for a number


def ask_own_machine(catalog: Catalog, *, scenario: Scenario) -> None:
    """Draw the form of a machine that the catalogue lacks, and a button for each one that is there already."""
    st.markdown(
        "**Add a machine that is not in the list.** What you leave out comes from the nearest one, and is marked."
    )
    with (
        st.form("own machine", border=False),
        st.grid(4, min_column_width=180, gap="medium", vertical_alignment="bottom"),
    ):
        st.text_input("Its name", max_chars=_LONGEST_ID, key=_NAME, placeholder="four 3090s")
        st.selectbox(
            "Chip or card", list(catalog.chips), index=None, key=_CHIP, format_func=lambda key: catalog.chips[key].name
        )
        st.number_input("How many", min_value=1, max_value=_MOST_CHIPS, value=1, key=_COUNT)
        st.number_input("Price ($)", min_value=0.0, max_value=MOST_USD, value=None, format="%g", key=_PRICE)
        taken = [*catalog.machines, *catalog.clouds, *catalog.apis]
        st.form_submit_button("Add it", key="add own machine", on_click=_add, args=(scenario, taken))
    for key in scenario.own_options:
        st.button(f"Remove {key}", key=f"remove {key}", on_click=_remove, args=(scenario, key))


def id_of(name: str, *, taken: list[str]) -> str:
    """An id of the letters of a name, one that no other option has; empty where the name has none."""
    plain = re.sub(r"[^a-z0-9._]+", "-", name.lower()).strip("-._")[: _LONGEST_ID - _ROOM]
    numbered = (f"{plain}-{number}" for number in range(2, len(taken) + 3))
    return next((one for one in (plain, *numbered) if one not in taken), "") if plain else ""


def _add(scenario: Scenario, taken: list[str]) -> None:
    """The machine of the form in the address, and among the options; nothing while chip, price or room is missing."""
    state = st.session_state
    key = id_of(state[_NAME] or str(state[_CHIP] or ""), taken=taken)
    if not key or state[_CHIP] is None or state[_PRICE] is None:
        st.toast("Choose a chip and enter a price; then it can be added.")
        return
    if len(scenario.options) >= MOST_OPTIONS:
        st.toast(
            f"{MOST_OPTIONS} options are compared already, which is the most. Take one out above, then add this one."
        )
        return
    row = {"chip": state[_CHIP], "chip_count": int(state[_COUNT]), "price_usd": float(state[_PRICE])}
    there = {**_tables(scenario), key: {**row, "name": state[_NAME]} if state[_NAME] else row}
    put({OWN_OPTIONS: there, "options": [*scenario.options, key]})
    state[_NAME], state[_CHIP], state[_COUNT], state[_PRICE] = "", None, 1, None


def _remove(scenario: Scenario, key: str) -> None:
    """Take the machine out of the address, and with it all that is said of it."""
    options = [option for option in scenario.options if option != key]
    rest = {name: row for name, row in _tables(scenario).items() if name != key}
    put({OWN_OPTIONS: rest, "options": options, **tables_of(options, scenario)})


def _tables(scenario: Scenario) -> Mapping[str, Any]:
    """The machines that the scenario has already, as an address writes them."""
    return scenario.model_dump(mode="json", include={OWN_OPTIONS}, exclude_defaults=True).get(OWN_OPTIONS, {})
