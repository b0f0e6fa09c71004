"""The What if page: what flips the answer, how far each input moves it, who wins where, and what changed it."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import streamlit as st

from calculator import Catalog, Scenario
from calculator.analysis.appraisal import exit_curve
from calculator.decision import input_words
from calculator.decision.close_calls import in_words
from calculator.decision.comparison import Comparison, Verdict
from calculator.decision.stand_ins import stand_ins
from calculator.decision.words import dollars
from calculator.risk.candidates import Candidates
from calculator.risk.monte_carlo import ranges, simulate
from calculator.risk.price_bands import price_bands
from calculator.risk.sensitivity import SwitchPoint, tornado, who_wins
from calculator.risk.value_of_information import value_of_information
from calculator.scenario.scenario import knobs
from views.address import put
from views.budget import show_budget
from views.charts.layout import NUMBERS
from views.charts.what_if import exit_chart, tornado_chart, winner_map, worth_chart
from views.decide_words import name_of
from views.drawing import draw_chart
from views.flip_points import beyond, flip_points, verdict_on
from views.leasing import show_leasing
from views.look import markdown_text, usd
from views.money import by_cost, is_ranked, money_words
from views.shell import Case, Speeds, answer_of, read_case, show_case_line
from views.shown_candidates import shown_candidates
from views.turns import turn
from views.two_scenarios import show_two_scenarios

_MOST_BARS, _MOST_WORTH = 8, 6
_CELLS = 48
_AXES = {
    "requests_per_working_day": (0.0, 5.0),
    "wage_usd_per_h": (0.0, 3.0),
    "electricity_usd_per_kwh": (0.0, 4.0),
    "answer_tokens": (0.1, 5.0),
    "months": (12.0, 84.0),
    "resale_fraction": (0.0, 1.0),
    "gpu_resale_fraction": (0.0, 1.0),
    "discount_rate": (0.0, 0.3),
    "pc_administration_h_per_year": (0.0, 5.0),
    "mac_administration_h_per_year": (0.0, 5.0),
}
"""Inputs of the map and its ends: shares, rates and months as they are, the others as multiples of the value now."""
_AXIS_UNITS = {"$/h": "$ an hour", "$/kWh": "$ per kWh", "h/year": "hours a year", "tokens": "tokens"} | {
    "%/year": "a year",
    "%": "of today's price",
}
_AS_THEY_ARE = ("months", "resale_fraction", "gpu_resale_fraction", "discount_rate")


def show_what_if(stock: Catalog, *, speeds: Speeds) -> None:
    """Draw the page: each section answers one question and redraws alone."""
    case = read_case(stock)
    measured = speeds()
    comparison = answer_of(case, measured)
    show_case_line(case, comparison)
    st.title("What if?", anchor=False)
    ranked = [option for option in by_cost(comparison) if is_ranked(option)]
    if len(ranked) < 2:
        st.markdown(markdown_text(f"{comparison.verdict.sentence} {comparison.verdict.detail}"))
        st.markdown(
            "Two options that can do the job are needed before anything can flip. Decide shows what each of the others lacks."
        )
        return
    candidates = _asked(comparison)
    with turn():
        pair = _leaders(candidates)[:2]
    names = {option.id: option.name for option in comparison.options}
    titles = {option.id: name_of(option) for option in comparison.options}
    _show_flips(candidates, comparison, case, names=names)
    _show_tornado(candidates, names=names)
    _show_map(candidates, titles=titles)
    show_two_scenarios(case, comparison, pair=pair, speeds=measured)
    _show_exits(candidates, case.scenario, titles=titles)
    show_budget(comparison)
    show_leasing(comparison.candidates, case)
    _show_worth(candidates, draw_count=comparison.draw_count, names=names)


def _asked(comparison: Comparison) -> Candidates:
    """The options that the page is about: Mac against PC, or all."""
    pair = comparison.verdicts.mac_or_pc
    candidates = shown_candidates(comparison)
    if pair is None or pair.cheapest is None or pair.next is None:
        return candidates
    question = st.segmented_control(
        "Question", ["Mac or PC", "All options"], default="Mac or PC", key="what if question", required=True
    )
    return candidates.only((pair.cheapest, pair.next)) if question == "Mac or PC" else candidates


def _leaders(candidates: Candidates) -> tuple[str, str, float]:
    """The cheapest, the next, and what the next costs more, in the money shown."""
    found = sorted((candidates.cost(one).present_value_cost_usd, one.option.id) for one in candidates)
    return found[0][1], found[1][1], found[1][0] - found[0][0]


def _show_flips(candidates: Candidates, comparison: Comparison, case: Case, *, names: dict[str, str]) -> None:
    with turn():
        best, second, gap = _leaders(candidates)
        every = shown_candidates(comparison)
        also = stand_ins(every, best) if len(candidates) < len(every) else ()
        found = verdict_on((best, second), comparison)
        points = flip_points(candidates, every, found, pair=(best, second) if also else None)
        odds = ranges(every, count=comparison.draw_count)
        calls = in_words(price_bands(every, pair=(best, second), odds=odds, stand_ins=also), names=names)
    st.subheader("What flips it", anchor=False)
    close = "This is too close to call. In the base case " if found is not None and found.too_close else ""
    st.markdown(
        markdown_text(f"{close}{names[best]} costs {dollars(gap)} less than {names[second]}. One input at a time:")
    )
    if not points:
        st.markdown("No single input makes another option the cheapest, even five times higher or lower.")
    for point in points:
        _show_flip(point, case, names=names)
    together = "" if any(point.in_range for point in points) else _together(found)
    if together:
        st.markdown(markdown_text(together))
    for call in calls:
        st.markdown(markdown_text(call.sentence))


def _together(found: Verdict | None) -> str:
    """What Decide says of these two where no single input turns them within its range: two inputs that do together."""
    return "" if found is None or any(flip.inside_range for flip in found.flips) else found.flips_sentence


def _show_flip(point: SwitchPoint, case: Case, *, names: dict[str, str]) -> None:
    assert point.value is not None
    label = input_words.label(point.name, names=names)
    now, at = (input_words.value(point.name, amount) for amount in (point.central_value, point.value))
    where = "within its likely range" if point.in_range else "outside its likely range"
    text, button = st.columns([8, 1], vertical_alignment="center")
    with text:
        st.markdown(
            f"**{markdown_text(label[:1].upper() + label[1:])}**: now {markdown_text(now)}; at **{markdown_text(at)}**, "
            f"{markdown_text(names.get(point.winner or '', 'another option'))} is cheaper ({where})"
        )
    with button:
        st.button("Set it", key=f"set {point.name}", on_click=partial(_set_beyond, case.scenario, point))


def _set_beyond(scenario: Scenario, point: SwitchPoint) -> None:
    """The input a little beyond its switching value, so that the answer has turned."""
    value = beyond(point)
    if "." in point.name:
        put({"figures": {**scenario.figures, point.name: value}})
    else:
        whole = Scenario.model_fields[point.name].annotation is int
        put({point.name: round(value) if whole else value})


def _show_tornado(candidates: Candidates, *, names: dict[str, str]) -> None:
    with turn():
        swings = tornado(candidates)[:_MOST_BARS]
        best, second, gap = _leaders(candidates)
    if not swings:
        return
    st.subheader("How far each input moves it", anchor=False)
    st.caption(
        markdown_text(
            f"How much more {names[second]} costs than {names[best]}, with one input at the low and at the high end of "
            "its likely range. Left of the red line it costs less."
        )
    )
    draw_chart(
        tornado_chart(swings, base_usd=gap, label=partial(input_words.label, names=names), value=input_words.value),
        key="tornado",
        alt="The gap at both ends of each input's range: "
        + "; ".join(
            f"{input_words.label(swing.name, names=names)} {usd(swing.gap_at_low_usd)} to {usd(swing.gap_at_high_usd)}"
            for swing in swings
        ),
    )


@st.fragment
def _show_map(candidates: Candidates, *, titles: dict[str, str]) -> None:
    st.subheader("Who wins where", anchor=False)
    scenario = candidates.scenario
    with st.container(horizontal=True):
        x_name = st.selectbox("Left to right", list(_AXES), index=0, key="map x", format_func=_title)
        y_name = st.selectbox("Bottom to top", list(_AXES), index=1, key="map y", format_func=_title)
    if x_name == y_name:
        st.markdown("Choose two different inputs.")
        return
    x, y = (_steps(name, scenario) for name in (x_name, y_name))
    with turn():
        found = who_wins(candidates, x=(x_name, x), y=(y_name, y))
    formats = tuple(
        ".0%" if name in _AS_THEY_ARE and name != "months" else NUMBERS["tickformat"] for name in (x_name, y_name)
    )
    winners = ", ".join(titles[option] for place, option in enumerate(found.options) if (found.winner == place).any())
    draw_chart(
        winner_map(
            found,
            dot=(float(getattr(scenario, x_name)), float(getattr(scenario, y_name))),
            names=titles,
            titles=(axis_title(x_name), axis_title(y_name)),
            formats=(formats[0], formats[1]),
        ),
        key="who wins",
        alt=f"Who is cheapest by {_title(x_name)} and {_title(y_name)}: {winners}",
    )
    st.caption("Where the work outgrows today's machines, more are bought; hence the steps and islands.")


def _steps(name: str, scenario: Scenario) -> np.ndarray:
    low, high = _AXES[name]
    now = float(getattr(scenario, name))
    if name not in _AS_THEY_ARE:
        low, high = low * now, high * (now or 1.0)
    knob = knobs()[name]
    found = np.linspace(max(low, knob.low), min(max(high, now), knob.high), _CELLS)
    return np.unique(np.round(found)) if Scenario.model_fields[name].annotation is int else found


def _title(name: str) -> str:
    return knobs()[name].label


def axis_title(name: str) -> str:
    """The input with its unit, where neither its name nor the marks of the axis say it."""
    unit = _AXIS_UNITS.get(knobs()[name].unit)
    return f"{_title(name)} ({unit})" if unit else _title(name)


def _show_exits(candidates: Candidates, scenario: Scenario, *, titles: dict[str, str]) -> None:
    st.subheader("If you stop earlier, or go on", anchor=False)
    money = money_words(scenario)
    st.caption(f"What each option costs per year, {money}, by the month in which you stop and sell.")
    with turn():
        exits = {one.option.id: exit_curve(candidates, one) for one in candidates}
    draw_chart(
        exit_chart(exits, months=candidates.scenario.months, names=titles),
        key="exits",
        alt="Cost per year by exit month: "
        + "; ".join(
            f"{titles[option]} {usd(rows[0].equivalent_annual_cost_usd)} after {rows[0].month} months, "
            f"{usd(rows[-1].equivalent_annual_cost_usd)} after {rows[-1].month}"
            for option, rows in exits.items()
        ),
    )


def _show_worth(candidates: Candidates, *, draw_count: int, names: dict[str, str]) -> None:
    st.subheader("What to find out first", anchor=False)
    with turn():
        known = value_of_information(simulate(candidates, count=draw_count))
    telling = sorted(
        ((usd_worth, name) for name, usd_worth in known.by_input.items() if usd_worth > known.noise_usd), reverse=True
    )
    if known.total_usd < 1 or not telling:
        st.markdown(
            markdown_text(
                f"No single fact would change the choice. Knowing all of them for certain is worth at most {usd(known.total_usd)}."
            )
        )
        return
    first = input_words.label(telling[0][1], names=names)
    st.markdown(
        markdown_text(
            f"Knowing every input for certain is worth at most {usd(known.total_usd)}. Find out the {first} first: a pilot for it may cost up to {usd(telling[0][0])}."
        )
    )
    worth = {name: amount for amount, name in telling[:_MOST_WORTH]}
    draw_chart(
        worth_chart(worth, label=partial(input_words.label, names=names)), key="worth", alt=_worth_alt(worth, names)
    )


def _worth_alt(worth: dict[str, float], names: dict[str, str]) -> str:
    parts: Sequence[str] = [f"{input_words.label(name, names=names)} {usd(amount)}" for name, amount in worth.items()]
    return f"What it is worth to know each input: {'; '.join(parts)}"
