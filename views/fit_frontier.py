"""Every machine to buy in the catalogue: its cost against its speed, within a budget and watts, and why the others cannot."""

from collections.abc import Sequence

import streamlit as st

from calculator.decision.choose import Choice, Choices, Wanted, choose
from calculator.decision.comparison import Comparison
from calculator.decision.eligibility import seconds_text
from calculator.decision.memory_words import SEVERAL_CARDS
from calculator.errors import CalculatorError
from calculator.service.serving import promise_of
from calculator.units import digits
from views.charts.fit import counted_name, frontier
from views.drawing import draw_chart, draw_table, show_reasons
from views.fit_boxes import several_cards
from views.look import markdown_text, usd
from views.shell import Case
from views.turns import turn


@st.fragment
def show_frontier(case: Case, comparison: Comparison) -> None:
    """Draw the two limits, the chart, and in a fold the best machines and those left out, each with its reason."""
    st.subheader("Every machine to buy: cost against speed", anchor=False)
    with st.container(horizontal=True):
        budget = st.number_input(
            "Budget for the hardware ($)", min_value=0.0, value=None, format="%g", key="budget", placeholder="no limit"
        )
        watts = st.number_input(
            "Most watts at the wall", min_value=0.0, value=None, format="%g", key="most watts", placeholder="no limit"
        )
    try:
        with turn():
            wanted = Wanted(budget or None, watts or None)
            found = choose(case.scenario, case.catalog, wanted=wanted, as_of=comparison.prices_as_of)
    except CalculatorError as error:
        st.markdown(markdown_text(str(error)))
        return
    if not found.choices:
        st.markdown(markdown_text(none_within(found)))
    else:
        chart = frontier(found.choices, months=found.scenario.months)
        draw_chart(
            chart.figure,
            key="frontier",
            alt=spoken_text(found.best()),
        )
        st.caption(markdown_text(caption_text(chart.nameless, fold=_fold_title(found))))
    with st.expander(_fold_title(found)):
        if found.choices:
            draw_table(
                [_best_row(one) for one in found.best()],
                key="best machines",
                alt="Machines that no other beats in cost, speed and memory",
            )
            said_above = several_cards(case.scenario, case.catalog)
            if any(one.spare_words for one in found.best()) and not said_above:
                st.caption(SEVERAL_CARDS)
        if found.left_out:
            show_reasons((one.name, one.reason) for one in found.left_out)


def spoken_text(best: Sequence[Choice]) -> str:
    """The chart in words: each machine that nothing beats, with its number, cost and speed."""
    rows = (
        f"{counted_name(one)} {usd(one.present_value_usd)}, {one.stream_tokens_per_s:,.0f} tokens a second"
        for one in best
    )
    return f"Cost and speed of each machine: {'; '.join(rows)}"


def caption_text(nameless: Sequence[str], *, fold: str) -> str:
    """What the dots mean; `nameless` have no name for want of room, and stand in the fold of that title."""
    left_out = ""
    if nameless:
        listed = nameless[0] if len(nameless) == 1 else f"{', '.join(nameless[:-1])} and {nameless[-1]}"
        whose, it = ("whose name has", "it") if len(nameless) == 1 else ("whose names have", "them")
        left_out = f', except {listed}, {whose} no room here: open "{fold}" to see {it}'
    return (
        "Three things count: cost, speed and spare memory. A full dot without a name is beaten in cost and speed, and is "
        f"there for its memory{left_out}. Speeds within 5 % count as equal."
    )


def none_within(found: Choices) -> str:
    """That nothing to buy does the job, and what is asked: the limits of this page and the promise of the scenario."""
    wanted, promise = found.wanted, promise_of(found.scenario)
    limits = [
        f"the budget is {usd(wanted.budget_usd)}" if wanted.budget_usd else "",
        f"it may draw {wanted.most_w:,.0f} W at the wall" if wanted.most_w else "",
        f"the first word must come within {seconds_text(promise.first_token_p95_s)}"
        if promise.first_token_p95_s
        else "",
        f"the whole answer must come within {seconds_text(promise.answer_p95_s)}" if promise.answer_p95_s else "",
        f"each person must get {digits(promise.stream_tokens_per_s, 4)} tokens a second"
        if promise.stream_tokens_per_s
        else "",
    ]
    said = [limit for limit in limits if limit]
    within = f": {', '.join(said[:-1])}{' and ' if said[:-1] else ''}{said[-1]}" if said else ""
    return (
        f"No machine to buy does this job{within}. The reasons are below; rented machines are in the table at the top."
    )


def _fold_title(found: Choices) -> str:
    left = len(found.left_out)
    if not found.choices:
        return f"Why none of the {left} machines can do it"
    return f"The {len(found.best())} that nothing beats, and the {left} that cannot do it"


def _best_row(one: Choice) -> dict[str, str]:
    return {
        "Machine": counted_name(one),
        "Cost": usd(one.present_value_usd),
        "Price today": f"{usd(one.price_usd)} ({one.price_as_of})",
        "Tokens/s": f"{one.stream_tokens_per_s:,.0f}",
        "First word": seconds_text(one.first_token_p95_s),
        "Spare": f"{one.headroom_gb:,.0f} GB {one.spare_words}".strip(),
        "Watts": f"{one.watts:,.0f}",
    }
