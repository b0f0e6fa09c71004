"""Two scenarios side by side, and the walk from one to the other: which changed assumption moves the gap by how much."""

from collections.abc import Sequence
from functools import partial
from urllib.parse import parse_qs

import streamlit as st

from calculator import Scenario
from calculator.analysis.bridge import Bridge, bridge
from calculator.decision.compare import compare
from calculator.decision.comparison import Comparison
from calculator.decision.input_words import label as input_label
from calculator.decision.words import dollars
from calculator.errors import CalculatorError
from calculator.physics.measured import MeasuredSpeed
from calculator.scenario.presets import preset
from calculator.scenario.scenario import knobs
from views.charts.what_if import bridge_chart
from views.decide_form import changes, presets
from views.drawing import draw_chart
from views.link import read_link, write_link
from views.look import markdown_text, usd
from views.shell import Case
from views.turns import turn

_PINNED, _CHOSEN = "pinned scenario", "other scenario"
_PIN_TITLE = "The one I pinned"
_TABLES = {
    "leases": "lease of {}",
    "already_own_usd": "{} that we own already",
    "ranges": "range of {}",
    "cases": "cases of {}",
    "shared_with_other_work": "other work on {}",
}
"""Tables of the scenario by name: what one of their rows is called."""
_WORDS = {
    "typed": "values that you set, which then have no range",
    "hours": "hours on and working days",
    "weight_classes": "bits per weight of single options",
    "machine_counts": "number of machines of single options",
    "own_options": "machines of your own",
    "own_models": "models of your own",
}


@st.fragment
def show_two_scenarios(
    case: Case, comparison: Comparison, *, pair: tuple[str, str], speeds: Sequence[MeasuredSpeed] = ()
) -> None:
    """Draw the choice of the other scenario, both verdicts, and the walk between them for the pair (cheaper, dearer).

    All of it is in the money that this scenario shows, and at the measured `speeds` that its answer uses.
    """
    st.subheader("From another scenario to this one", anchor=False)
    titles = {title: name for name, title, _ in presets()}
    state = st.session_state
    choices = [*([_PIN_TITLE] if _PINNED in state else []), *titles]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox("Compare with", choices, index=_first(case, choices, titles), key=_CHOSEN)
        st.button(
            "Pin the scenario as it is now",
            on_click=_pin,
            args=(write_link(case.scenario, catalogue_hash=comparison.catalogue_hash),),
            help="Change something on Decide, come back, and see what each change did.",
        )
    other = _scenario(state[_PINNED], case) if chosen == _PIN_TITLE else preset(titles[chosen] or "our-defaults")
    try:
        with turn():
            day, mine = comparison.prices_as_of, case.scenario
            other = other.changed(money=mine.money, labour=mine.labour)
            found = bridge(other, mine, catalog=case.catalog, pair=pair, as_of=day, measurements=speeds)
            there = compare(other, case.catalog, speeds, as_of=day, draw_count=0, with_turns=False)
    except CalculatorError as error:
        st.markdown(markdown_text(str(error)))
        return
    names = {option.id: option.name for option in comparison.options}
    names |= {key: case.catalog.option(key).name for key in (found.cheaper, found.dearer)}
    st.markdown(f"**The other scenario:** {markdown_text(_verdict(there))}")
    st.markdown(f"**Your scenario:** {markdown_text(_verdict(comparison))}")
    st.markdown(markdown_text(bridge_sentence(found, names=names)))
    if found.steps:
        draw_chart(
            bridge_chart(
                found, ends=("Gap in the other scenario", "Gap in your scenario"), label=partial(step_name, names=names)
            ),
            key="bridge",
            alt="Walk between the two gaps: "
            + "; ".join(f"{_label(step.name, names=names)} {usd(step.change_usd)}" for step in found.steps),
        )


def _verdict(comparison: Comparison) -> str:
    """The verdict in one sentence, with staff hours or of invoices alone, as the scenario shows its money."""
    verdict = comparison.verdict
    return verdict.sentence if comparison.scenario.labour == "with" else verdict.hard.sentence or verdict.sentence


def _first(case: Case, choices: list[str], titles: dict[str, str]) -> int:
    """The scenario from which one started, where something was changed since; else the article's."""
    if choices[0] == _PIN_TITLE:
        return 0
    wanted = case.link.preset if changes(case.link, case.scenario) else "article"
    if not changes(case.link, case.scenario) and case.link.preset == "article":
        wanted = ""
    return next(place for place, title in enumerate(choices) if titles[title] == wanted)


def bridge_sentence(found: Bridge, *, names: dict[str, str]) -> str:
    """What the walk shows, in words."""
    cheaper, dearer = names[found.cheaper], names[found.dearer]
    if not found.steps:
        same = f"In both scenarios, {dearer} costs {_gap(found.start_usd)} than {cheaper}"
        return f"{same}: nothing that counts for these two differs."
    start = f"In the other scenario, {dearer} costs {_gap(found.start_usd)} than {cheaper}"
    end = f"in yours it costs {_gap(found.end_usd)}"
    knob_names = knobs()
    carried = [
        input_label(name, names=names) if name in knob_names else _label(name, names=names) for name in found.carriers
    ]
    carriers = f" Most of the change comes from {' and '.join(carried)}." if carried else ""
    count = len(found.steps)
    differ = "1 assumption differs" if count == 1 else f"{count} assumptions differ"
    return f"{start}; {end}. {differ}.{carriers}"


def _gap(usd: float) -> str:
    """
    >>> _gap(2760.2), _gap(-500)
    ('$2,760 more', '$500 less')
    """
    return f"{dollars(abs(usd))} {'more' if usd >= 0 else 'less'}"


def _label(name: str, *, names: dict[str, str]) -> str:
    """An assumption in words: a knob's label, `figures: <option>.<figure>` by its option, a table by its name."""
    if name in _WORDS:
        return _WORDS[name]
    table, _, key = name.partition(": ")
    if not key:
        return knobs()[name].label if name in knobs() else name.replace("_", " ")
    if "." in key:
        return input_label(key, names=names)
    owner = names.get(key) or (knobs()[key].label if key in knobs() else key.replace("_", " "))
    return _TABLES[table].format(owner) if table in _TABLES else f"{table.replace('_', ' ')} of {owner}"


def step_name(name: str, *, names: dict[str, str]) -> str:
    """An assumption as a bar of the walk is called: in words, with a capital."""
    text = _label(name, names=names)
    return text[:1].upper() + text[1:]


def _pin(address: str) -> None:
    st.session_state[_PINNED] = address
    st.session_state[_CHOSEN] = _PIN_TITLE


def _scenario(address: str, case: Case) -> Scenario:
    link = read_link(parse_qs(address, keep_blank_values=True), catalog=case.catalog)
    return Scenario.parse({**link.values, "typed": link.typed()})
