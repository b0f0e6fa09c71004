"""Decision page: both verdicts, then who can do the job at what cost, and who cannot and why."""

import math

import streamlit as st

from calculator import Catalog
from calculator.decision.comparison import Comparison, OptionResult, Verdict
from calculator.decision.words import option_name
from calculator.evidence import Remark
from calculator.report.currency import converted_sentence
from calculator.scenario.scenario import Scenario
from views import figures
from views.drawing import draw_chart
from views.look import fit_sentence, gb, markdown_text, speed_range, style_of, usd, usd_range
from views.money import amounts, by_cost, cheapest_of, is_ranked, sentences_of
from views.prices import ask_todays_price

_KINDS = {"own": "to buy", "rent": "to rent", "api": "per token"}
_CARDS_IN_A_ROW = 5
_LEAST_SURE = 0.9
_MARKERS = {"problem": ":red-badge[problem]", "warning": ":orange-badge[note]", "info": ":gray-badge[info]"}


def show_verdict(comparison: Comparison) -> None:
    """Draw both verdicts, Mac or PC first, each with its range, and the convention behind them."""
    verdicts, scenario = comparison.verdicts, comparison.scenario
    with st.container(border=True):
        if verdicts.mac_or_pc is not None:
            st.caption("Mac or PC with GPUs?")
            _verdict(verdicts.mac_or_pc, scenario)
            st.caption("Own, rent or API?")
        _verdict(verdicts.overall, scenario)
        if verdicts.keep_in_house_usd_per_month is None and verdicts.keep_in_house_reason:
            st.markdown(markdown_text(verdicts.keep_in_house_reason))
        if converted := converted_sentence(comparison):
            st.markdown(markdown_text(converted))
        looked = f" Prices as of {comparison.prices_as_of}." if comparison.prices_as_of else ""
        st.caption(markdown_text(f"{verdicts.convention}{looked}"))


def _verdict(verdict: Verdict, scenario: Scenario) -> None:
    first, rest = sentences_of(verdict, scenario)
    st.header(markdown_text(first), anchor=False)
    for sentence in rest:
        st.markdown(markdown_text(sentence))


def show_options(comparison: Comparison, *, catalog: Catalog) -> None:
    """Draw one card per option that can do the job, cheapest first, and below a line those that cannot, with the
    reason."""
    ordered = by_cost(comparison)
    able = [option for option in ordered if is_ranked(option)]
    _cards(able, comparison, catalog=catalog)
    if unable := ordered[len(able) :]:
        st.divider()
        st.markdown("**Cannot do the job as asked**")
        _cards(unable, comparison, catalog=catalog)


def _cards(options: list[OptionResult], comparison: Comparison, *, catalog: Catalog) -> None:
    if not options:
        return
    with st.grid(min(len(options), _CARDS_IN_A_ROW), min_column_width=200, gap="small"):
        for option in options:
            with st.container(border=True, height="stretch", gap="small"):
                _card(option, comparison)
                ask_todays_price(option, scenario=comparison.scenario, catalog=catalog)


def show_charts(comparison: Comparison) -> None:
    """Draw the charts of cumulative cost, cost by line and memory."""
    months = comparison.scenario.months
    able = {option.id for option in comparison.options if is_ranked(option)}
    left_out = [option.name for option in comparison.options if option.id not in able]
    if able:
        _cost_charts(comparison, able=able, left_out=left_out, months=months)
    st.subheader("What fills the memory", anchor=False)
    draw_chart(figures.memory_bars(comparison), key="memory_bars", alt=_memory_alt(comparison))


def _cost_charts(comparison: Comparison, *, able: set[str], left_out: list[str], months: int) -> None:
    scenario = comparison.scenario
    st.subheader("What is spent by when", anchor=False)
    draw_chart(
        figures.cumulative_cost(comparison),
        key="cumulative_cost",
        alt=f"Cumulative cost of each option over {months} months. {sentences_of(comparison.verdict, scenario)[0]}",
    )
    st.caption(
        "A line that drops in its last month is a machine that is sold. "
        "A ring marks the month from which a purchase has cost less. "
        f"Both charts show cash when it is paid, {'with' if scenario.labour == 'with' else 'without'} staff hours."
        + (f" Left out, because they cannot do the job: {markdown_text(', '.join(left_out))}." if left_out else "")
    )
    reasons = [row.reason for row in comparison.break_even if row.option in able and row.against in able]
    if scenario.labour == "with":  # they count people's time
        st.markdown("\n".join(f"- {markdown_text(reason)}" for reason in reasons))
    st.subheader("What the cost is made of", anchor=False)
    draw_chart(figures.cost_breakdown(comparison), key="cost_breakdown", alt=_breakdown_alt(comparison))


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
    months, scenario = comparison.scenario.months, comparison.scenario
    count = option.eligibility.machine_count if is_ranked(option) else None
    name = option_name(option.name, machine_count=count)
    st.markdown(f":{style_of(option.id).hue}[■] **{markdown_text(name)}**")
    st.markdown(" ".join(_badges(option, comparison)))
    for reason in option.eligibility.reasons:
        mend = f" What would mend it: {reason.mend}" if reason.mend else ""
        st.markdown(markdown_text(f"{reason.text}{mend}"))
    shown = amounts(option, scenario) if is_ranked(option) else ()
    if shown:
        first = shown[0]
        label = f"Cost over {months} months, {first.label}"
        st.caption(label)  # a metric cuts a label that is wider than its card
        st.metric(label, first.usd, format="$%,.0f", label_visibility="collapsed")
        if first.spread is not None:
            st.caption(markdown_text(usd_range(first.spread.low, first.spread.high)))
    _speeds(option)
    if shown and option.tco is not None:
        others = [f"**{markdown_text(usd(amount.usd))}** {amount.label}" for amount in shown[1:]]
        per = markdown_text(usd(option.tco.usd_per_mtok))
        st.markdown("  \n".join([*others, f"**{per}** per million tokens"]))


def _speeds(option: OptionResult) -> None:
    """The speeds of one request alone, and the first word at the busiest hour."""
    if option.kind == "api":
        if option.tco is not None:
            st.markdown("Speed and waits: the host's, not published")
        return
    lines: list[str] = []
    if option.decode is not None:
        lines.append(f"**{speed_range(option.decode)}** tokens/s, one request alone")
    if (wait := option.eligibility.first_token_p95_s) is not None:
        lines.append(f"**{_seconds(wait.central)}** to the first word at the busiest hour, in 19 of 20 requests")
    chance = option.eligibility.keeps_promise_chance
    if option.eligible and chance is not None and chance < _LEAST_SURE:
        lines.append(f"keeps the promise in **{100 * chance:.0f} of 100** cases, as its speed is uncertain")
    if option.eligible and option.eligibility.machine_count_reason:
        lines.append(markdown_text(option.eligibility.machine_count_reason))
    if lines:
        st.markdown("  \n".join(lines))


def _seconds(seconds: float) -> str:
    return f"{seconds:,.1f} s" if seconds < 10 else f"{seconds:,.0f} s" if math.isfinite(seconds) else "no end"


def _badges(option: OptionResult, comparison: Comparison) -> list[str]:
    badges = [f":gray-badge[{_KINDS[option.kind]}]"]
    if option.weight_class and _classes_differ(comparison):
        badges.append(f":gray-badge[{markdown_text(option.weight_class)}]")
    if not option.fits:
        badges.insert(0, f":red-badge[{fit_sentence(option)}]")
    elif option.memory is not None:
        badges.insert(0, f":green-badge[{fit_sentence(option)}]")
    cheapest, too_close = cheapest_of(comparison.verdict, comparison.scenario)
    if option.eligible and option.id == cheapest:
        badges.insert(0, ":blue-badge[too close to call]" if too_close else ":blue-badge[lowest cost]")
    return badges


def _classes_differ(comparison: Comparison) -> bool:
    return len({option.weight_class for option in comparison.options if option.weight_class}) > 1


def _breakdown_alt(comparison: Comparison) -> str:
    parts = [
        f"{option.name} {usd(figures.total_shown_usd(option.tco, comparison.scenario))}"
        for option in comparison.options
        if is_ranked(option) and option.tco is not None
    ]
    return f"Total cost by line: {', '.join(parts)}."


def _memory_alt(comparison: Comparison) -> str:
    parts = [
        f"{option.name} needs {gb(option.memory.peak_bytes)} of {gb(option.memory.usable_bytes)}"
        for option in comparison.options
        if option.memory
    ]
    return f"Memory: {', '.join(parts)}." if parts else "No option holds the model in its own memory."
