"""The Sources page: every input with where it comes from, every cost line taken apart, the article, and the method."""

from functools import cache
from pathlib import Path

import streamlit as st

from calculator import Catalog
from calculator.analysis.explain import Ingredient, explain
from calculator.decision.comparison import Comparison
from calculator.decision.words import signed
from calculator.scenario.own_figures import FIGURE_LABELS
from calculator.scenario.scenario import knobs
from calculator.units import counted, digits
from views.accuracy import show_accuracy
from views.article import show_article
from views.decide_words import name_of
from views.drawing import draw_table
from views.evidence import show_facts, show_inputs
from views.link import VIEW
from views.look import markdown_text
from views.money import by_cost
from views.shell import Case, Speeds, answer_of, read_case, show_case_line
from views.turns import turn

_VIEWS = ("Your inputs", "Prices and facts", "Each cost line", "Accuracy", "The article", "Method")
_VIEW_KEY = "sources view"
_BY_ADDRESS = {"notes": _VIEWS[1]}
"""What a link from another page calls a view."""
_METHODS = {
    "Memory": "memory",
    "Speed": "speed",
    "Waiting and machines": "service",
    "Demand": "demand",
    "Money": "finance",
    "Carbon": "carbon",
    "Claims": "claims",
    "Published analyses": "published_analyses",
}
_INGREDIENTS = {
    "age_when_bought_years": "age when bought",
    "cached_mtok_per_month": "cached input tokens",
    "cached_usd_per_mtok": "price of cached input tokens",
    "kept_mtok_per_month": "input tokens that the host keeps",
    "kept_usd_per_mtok": "price of input tokens that the host keeps",
    "cards_warranty_months": "warranty of the cards",
    "cost_usd": "cost of the machine",
    "costs_of_all_months_usd": "costs of all months",
    "decode_h_per_month": "hours of writing",
    "decode_w": "watts while writing",
    "prefill_h_per_month": "hours of reading",
    "prefill_w": "watts while reading",
    "idle_h_per_month": "hours at rest",
    "idle_w": "watts at rest",
    "energy_usd_per_month": "cost of the machine's energy",
    "held_months": "months held",
    "input_mtok_per_month": "input tokens",
    "output_mtok_per_month": "output tokens",
    "kept_fraction": "share of the price kept after 36 months",
    "left_on_books_usd": "what is left on the tax books",
    "missed_month_1_fraction": "share of the demand beyond the seats' limits",
    "paid_h_per_month": "hours paid",
    "sale_usd": "net sale",
    "share_month_0": "share deducted at the purchase",
    "worth_usd": "what it would bring today",
    "price_ratio": "price ratio",
    "startup_s": "start-up",
    "lease_usd_per_month": "lease",
    "lease_buyout_usd": "price at the end of the lease",
    "borne_fraction": "share that this work bears",
}
"""Inputs of cost lines that no control of the scenario stands for."""
_COLUMNS = {
    "Input": st.column_config.TextColumn(width="large"),
    "Note": st.column_config.TextColumn(width="large"),
}
_TREE = Path(__file__).parent.parent / "docs" / "model"
_WHEEL = Path(__file__).parent / "method"


def show_sources(stock: Catalog, *, speeds: Speeds) -> None:
    """Draw the page: one view at a time."""
    case = read_case(stock)
    comparison = answer_of(case, speeds())
    show_case_line(case, comparison)
    st.title("Where does every figure come from?", anchor=False)
    if (asked := _BY_ADDRESS.get(st.query_params.get(VIEW, ""))) is not None:
        st.session_state[_VIEW_KEY] = asked
        del st.query_params[VIEW]  # a person may choose another one from here on
    view = st.segmented_control(
        "View", _VIEWS, default=_VIEWS[0], key=_VIEW_KEY, required=True, label_visibility="collapsed"
    )
    if view == _VIEWS[0]:
        show_inputs(case)
    elif view == _VIEWS[1]:
        show_facts(case, comparison)
    elif view == _VIEWS[2]:
        _show_lines(case, comparison)
    elif view == _VIEWS[3]:
        show_accuracy()
    elif view == _VIEWS[4]:
        show_article(case)
    else:
        _show_method()


@st.fragment
def _show_lines(case: Case, comparison: Comparison) -> None:
    """Any line of any option: its formula, its inputs with their sources, and what it comes to."""
    costed = {option.id: option for option in by_cost(comparison) if option.tco is not None}
    if not costed:
        st.markdown("No option has a cost here, so there is nothing to take apart.")
        return
    with st.container(horizontal=True):
        option = st.selectbox(
            "Option", list(costed), format_func=lambda key: name_of(costed[key]), key="explained option"
        )
        tco = costed[option].tco
        assert tco is not None
        line = st.selectbox("Line", [entry.name for entry in tco.entries], key="explained line")
    with turn():
        found = explain(comparison, option, line, catalog=case.catalog)
    people = "staff hours" if found.hardness == "soft" else "money that leaves the bank"
    st.markdown(f"**{markdown_text(signed(-found.total_usd))}** over {counted(tco.months, 'month')}, {people}")
    st.code(f"{found.line} = {found.formula}{found.growth}", language=None, wrap_lines=True)
    if found.inputs:
        draw_table(
            [_ingredient(item) for item in found.inputs],
            key="ingredients",
            alt=f"Inputs of {found.line}",
            columns=_COLUMNS,
        )
    st.caption(
        markdown_text(
            f"At the purchase {signed(-found.first_usd)}, in month 1 {signed(-found.month_1_usd)}, in the last month "
            f"{signed(-found.last_usd)}."
        )
    )


def ingredient_words(name: str) -> str:
    """What an input of a cost line is called; its unit stands beside it.

    >>> ingredient_words("wage_usd_per_h"), ingredient_words("setup_h"), ingredient_words("price_usd")
    ('Hourly rate', 'Setup hours', 'Price')
    """
    knob = knobs().get(name)
    if knob is not None:
        return knob.label
    words = _INGREDIENTS.get(name) or FIGURE_LABELS.get(name, name.replace("_", " ")).partition(" (")[0]
    return words[:1].upper() + words[1:]


def _ingredient(item: Ingredient) -> dict[str, str]:
    return {
        "Input": ingredient_words(item.name),
        "Value": digits(item.value, 6),
        "Unit": "" if item.unit == "1" else item.unit,
        "How it is known": item.basis,
        "Source": item.source,
        "Date": item.as_of,
        "Note": item.note,
    }


@st.fragment
def _show_method() -> None:
    st.caption(
        "Every formula that stands behind the pages, with its sources. The tests compare these pages with the code."
    )
    title = st.segmented_control("About", list(_METHODS), default="Money", key="method", required=True)
    st.markdown(method_text(_METHODS[title or "Money"]))


@cache
def method_text(name: str) -> str:
    """A page of docs/model as Markdown, with its dollars as dollars; it travels in the wheel beside the pages."""
    path = next(path for folder in (_TREE, _WHEEL) if (path := folder / f"{name}.md").exists())
    lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("<!--")]
    return "\n".join(lines).replace("$", r"\$")
