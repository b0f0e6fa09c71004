"""What stands in the page's address beside its widgets: which values a person set, and his own figures.

A widget's value is in the address only where it differs from the default, and a value in the address is one that a
person set. `typed` is written only where that does not say it all: a value set to its default, or a link that lists
every value. The server writes the whole address, and would put back an older value of a slider that still moves.
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
    says_it_all = (
        TYPED not in st.query_params
        and not link.is_of_version_1
        and all(link.values[name] != _default(name) for name in link.typed())
    )
    if not says_it_all and st.query_params.get(TYPED) != typed and link.values:
        st.query_params[TYPED] = typed
    with_widget = ("name", "options", *knobs())
    st.session_state[_KEPT] = {
        name: st.query_params.get_all(name) for name in st.query_params if name not in with_widget
    }


def typed_now(link: Link, values: Mapping[str, Any]) -> tuple[str, ...]:
    """The values that a person set, by the address and by the widgets, which may be ahead of it."""
    if TYPED in link.values:
        return link.typed()
    moved = (name for name, value in values.items() if name not in NOT_TYPED and value != _default(name))
    return tuple(dict.fromkeys((*link.typed(), *moved)))


def note_typed(name: str) -> None:
    """A widget was changed by a person: from now on its value counts as his, whatever it is."""
    is_in_address = TYPED not in st.query_params and st.session_state.get(name) != _default(name)
    if name in NOT_TYPED or is_in_address:
        return
    listed = (
        st.query_params[TYPED].split(",")
        if TYPED in st.query_params
        else [one for one in st.query_params if one in Scenario.model_fields and one not in NOT_TYPED]
    )
    typed = ",".join(dict.fromkeys(filter(None, (*listed, name))))
    if typed != st.query_params.get(TYPED):
        st.query_params[TYPED] = typed


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


def _default(name: str) -> Any:
    return Scenario.model_fields[name].get_default(call_default_factory=True)
