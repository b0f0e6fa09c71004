"""What stands in the page's address beside its widgets: which values a person set, and his own figures.

A widget's value is in the address only where it differs from the default. That a person set it, even to the default,
stands in `typed`, so that page, address, file and flag mean the same.
"""

import json
from collections.abc import Mapping
from typing import Any, cast

import streamlit as st

from calculator.scenario.scenario import NOT_TYPED, Scenario, knobs
from views.link import Link, text_of

TYPED, FIGURES = "typed", "figures"
_KEPT, _AWAY = "rest_of_address", "away_from_decision"


def leave_address() -> None:
    """Another page is shown: it has none of the decision page's parameters."""
    st.session_state[_AWAY] = True


def bring_back_address() -> None:
    """Back on the decision page: what has no widget stands in the address again, as Streamlit brings back the rest."""
    if st.session_state.pop(_AWAY, False):
        for name, values in st.session_state.get(_KEPT, {}).items():
            if name not in st.query_params:
                st.query_params[name] = values


def keep_in_address(link: Link) -> None:
    """Write down what the address meant when it was opened, before any widget is drawn.

    Streamlit takes a value that equals its widget's default out of the address; that it was typed stays here. A link of
    version 0.1 says with today's parameters what it meant, and its widgets show that.
    """
    if link.is_of_version_1:
        for name in ("options", *knobs()):
            if name not in st.query_params and name in link.values:
                value = _of_widget(name, link.values[name])
                st.session_state[name] = value
                st.query_params[name] = (
                    list(map(str, cast("list[object]", value))) if isinstance(value, list) else text_of(value)
                )
        st.query_params["rules"] = text_of(link.values["rules"])
        del st.query_params["schema_version"]
    typed = ",".join(link.typed())
    if st.query_params.get(TYPED) != typed and link.values:
        st.query_params[TYPED] = typed
    with_widget = ("name", "options", *knobs())
    st.session_state[_KEPT] = {
        name: st.query_params.get_all(name) for name in st.query_params if name not in with_widget
    }


def note_typed(name: str) -> None:
    """A widget was changed by a person: from now on its value counts as his, whatever it is."""
    if name not in NOT_TYPED:
        listed = filter(None, st.query_params.get(TYPED, "").split(","))
        st.query_params[TYPED] = ",".join(dict.fromkeys((*listed, name)))


def note_figure(figure: str, widget: str) -> None:
    """A person's own figure of an option, as its widget has it now; an empty widget takes the figure away."""
    figures = _figures()
    value = st.session_state.get(widget)
    if value is None:
        figures.pop(figure, None)
    else:
        figures[figure] = value
    if figures:
        st.query_params[FIGURES] = json.dumps(figures, separators=(",", ":"))
    elif FIGURES in st.query_params:
        del st.query_params[FIGURES]


def _figures() -> dict[str, Any]:
    try:
        found: Any = json.loads(st.query_params.get(FIGURES, "{}"))
    except (ValueError, RecursionError):  # said on the page when it was opened
        return {}
    return dict(found) if isinstance(found, Mapping) else {}  # pyright: ignore[reportUnknownArgumentType]


def _of_widget(name: str, value: Any) -> Any:
    """The value in the type that its widget holds."""
    if isinstance(value, tuple):
        return list(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return float(value) if Scenario.model_fields[name].annotation is float else value
