"""Decision page: the verdict, then fit, speed and cost of each option."""

import streamlit as st

from calculator.decision.comparison import Comparison, OptionResult
from calculator.evidence import Remark
from calculator.report.currency import converted_sentence
from views import figures
from views.drawing import draw_chart
from views.look import fit_sentence, gb, markdown_text, speed_range, style_of, usd, usd_range

_KINDS = {"own": "to buy", "rent": "to rent", "api": "per token"}
_CARDS_IN_A_ROW = 5
_MARKERS = {"problem": ":red-badge[problem]", "warning": ":orange-badge[note]", "info": ":gray-badge[info]"}


def show_verdict(comparison: Comparison) -> None:
    """Draw the verdict with its range, and the convention behind it."""
    verdict = comparison.verdict
    with st.container(border=True):
        st.header(markdown_text(verdict.sentence), anchor=False)
        if verdict.detail:
            st.markdown(markdown_text(verdict.detail))
        if verdict.without_soft:
            st.markdown(markdown_text(verdict.without_soft))
        if converted := converted_sentence(comparison):
            st.markdown(markdown_text(converted))
        st.caption(markdown_text(verdict.convention))


def show_options(comparison: Comparison) -> None:
    """Draw one card per option."""
    with st.grid(min(len(comparison.options), _CARDS_IN_A_ROW), min_column_width=200, gap="small"):
        for option in comparison.options:
            with st.container(border=True, height="stretch", gap="small"):
                _card(option, comparison)


def show_charts(comparison: Comparison) -> None:
    """Draw the charts of cumulative cost, cost by line and memory."""
    months = comparison.scenario.months
    st.subheader("What is spent by when", anchor=False)
    draw_chart(
        figures.cumulative_cost(comparison),
        key="cumulative_cost",
        alt=f"Cumulative cost of each option over {months} months. {comparison.verdict.sentence}",
    )
    st.caption(
        "A line that drops in its last month is a machine that is sold. "
        "A ring marks the month from which a purchase has cost less."
    )
    st.markdown("\n".join(f"- {markdown_text(row.reason)}" for row in comparison.break_even))
    st.subheader("What the cost is made of", anchor=False)
    draw_chart(figures.cost_breakdown(comparison), key="cost_breakdown", alt=_breakdown_alt(comparison))
    st.subheader("What fills the memory", anchor=False)
    draw_chart(figures.memory_bars(comparison), key="memory_bars", alt=_memory_alt(comparison))


def show_remarks(comparison: Comparison) -> None:
    """Draw the remarks, problems first, each text once."""
    order = {"problem": 0, "warning": 1, "info": 2}
    gathered: dict[str, tuple[Remark, list[str]]] = {}
    for remark in comparison.remarks:
        gathered.setdefault(remark.text, (remark, []))
    for option in comparison.options:
        for remark in option.remarks:
            gathered.setdefault(remark.text, (remark, []))[1].append(option.name)
    if not gathered:
        return
    rows = sorted(gathered.values(), key=lambda row: order[row[0].level])
    st.subheader("What you must know", anchor=False)
    _list_remarks([row for row in rows if row[0].level != "info"])
    if more := [row for row in rows if row[0].level == "info"]:
        with st.expander(f"{len(more)} remarks on single figures"):
            _list_remarks(more)


def _list_remarks(rows: list[tuple[Remark, list[str]]]) -> None:
    for remark, names in rows:
        about = f" *{markdown_text(', '.join(names))}*" if names else ""
        st.markdown(f"{_MARKERS[remark.level]} {markdown_text(remark.text)}{about}")


def _card(option: OptionResult, comparison: Comparison) -> None:
    months, tco = comparison.scenario.months, option.tco
    st.markdown(f":{style_of(option.id).hue}[■] **{markdown_text(option.name)}**")
    st.markdown(" ".join(_badges(option, comparison)))
    if tco is None:
        st.metric(f"Net cost over {months} months", None)
    else:
        st.metric(f"Net cost over {months} months", tco.total_cost_usd, format="$%,.0f")
        st.caption(markdown_text(usd_range(option.total_low_usd, option.total_high_usd)))
    if option.decode is not None:
        first = speed_range(option.time_to_first_token)
        st.markdown(f"**{speed_range(option.decode)}** tokens/s  \n**{first}** s to first token")
    elif option.kind == "api" and tco is not None:
        st.markdown("Speed: the host's")
    if tco is not None:
        per, present, hard = (
            markdown_text(usd(amount)) for amount in (tco.usd_per_mtok, tco.present_value_cost_usd, tco.hard_cost_usd)
        )
        st.markdown(f"**{present}** in present value  \n**{hard}** without labour  \n**{per}** per million tokens")


def _badges(option: OptionResult, comparison: Comparison) -> list[str]:
    badges = [f":gray-badge[{_KINDS[option.kind]}]"]
    if not option.fits:
        badges.insert(0, f":red-badge[{fit_sentence(option)}]")
    elif option.memory is not None:
        badges.insert(0, f":green-badge[{fit_sentence(option)}]")
    if option.id == comparison.verdict.cheapest:
        badges.insert(
            0, ":blue-badge[too close to call]" if comparison.verdict.too_close else ":blue-badge[lowest cost]"
        )
    return badges


def _breakdown_alt(comparison: Comparison) -> str:
    parts = [
        f"{option.name} {usd(option.tco.total_cost_usd)}" for option in comparison.options if option.tco is not None
    ]
    return f"Total cost by line: {', '.join(parts)}."


def _memory_alt(comparison: Comparison) -> str:
    parts = [
        f"{option.name} needs {gb(option.memory.peak_bytes)} of {gb(option.memory.usable_bytes)}"
        for option in comparison.options
        if option.memory
    ]
    return f"Memory: {', '.join(parts)}." if parts else "No option holds the model in its own memory."
