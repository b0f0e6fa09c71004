"""The Decide page: one live component holds controls, verdicts, rows and charts; the rarer inputs are folded below it."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from typing import Any, cast

import streamlit as st

from calculator import Catalog, Scenario, load_catalog
from calculator.decision.comparison import Comparison
from calculator.physics.measured import MeasuredSpeed
from calculator.report.memo_facts import question_of
from calculator.scenario.presets import preset
from views.address import address_text, put, start_from, take_back
from views.ask import ask_rest
from views.decide_form import FIELDS_BESIDE, changes, in_cents, lists, quotes, resets, values
from views.decide_frame import decide_frame
from views.link import write_link
from views.live_component import live_component
from views.look import markdown_text
from views.notices import show_notices
from views.prices import figures_of, tables_of
from views.report import show_downloads
from views.shell import Case, Speeds, answer_of, is_answered, read_case, start_title
from views.turns import turn
from views.whole_mend import whole_mends

_KEY, _CHANGE, _LISTS, _TAKEN = "decide", "now", "lists were sent", "changes that were taken"
_MOST_TAKEN = 50  # names of changes that are told back
_MORE, _WHOLE = "more settings", "unfolded settings are out of date"


def show_decide(stock: Catalog, *, speeds: Speeds, problem: str, look_only: str = "") -> None:
    """Draw the page; `speeds` gives the measured speeds, `problem` what is wrong with the store."""
    st.session_state.pop(_LISTS, None)  # a full run may meet a page that has lost them
    _answer(stock, speeds=speeds, problem=problem)
    more = st.expander("More settings: demand, people, energy, money, time, taxes", key=_MORE, on_change="rerun")
    if more.open:
        with more:
            ask_rest(read_case(stock), look_only=look_only)


@st.fragment
def _answer(stock: Catalog, *, speeds: Speeds, problem: str) -> None:
    if st.session_state.pop(_WHOLE, False):
        st.rerun()
    measured = speeds()  # a store that is slow holds up this page alone
    case = read_case(stock)
    with nullcontext() if is_answered(case, measured) else turn(is_answer=True):
        _show(case, measured, problem=problem)


def _show(case: Case, measured: Sequence[MeasuredSpeed], *, problem: str) -> None:
    """The answer, drawn within the turn that a new one takes: what Streamlit does for it would slow down the next one,
    which shares the interpreter (100 people: p95 of a move 150 to 270 ms, 320 to 580 with the answer alone in it)."""
    comparison = answer_of(case, measured)
    show_notices(case.link, comparison, scenario=case.scenario, replaced=case.replaced)
    if problem:
        st.warning(markdown_text(problem))
    live_component(_KEY)(
        key=_KEY, data=_data(case, comparison, measured), on_now_change=partial(take_change, case.scenario)
    )
    show_downloads(comparison, catalog=case.catalog)


def _data(case: Case, comparison: Comparison, measured: Sequence[MeasuredSpeed]) -> dict[str, Any]:
    scenario = case.scenario
    names = {row.id: row.name for row in comparison.options}
    changed = changes(case.link, scenario, names=names, catalog=case.catalog)
    data: dict[str, Any] = {
        "frame": decide_frame(comparison, mends=whole_mends(comparison, catalog=case.catalog, speeds=measured)),
        "values": values(scenario),
        "preset": case.link.preset,
        "start": start_title(case.link),
        "changes": changed,
        "resets": resets(scenario, [name for name, *_ in changed]),
        "address": address_text(),
        "asked": question_of(comparison, case.catalog),
        "taken": st.session_state.get(_TAKEN, []),
    }
    if case.link.problems or case.link.stamp_remarks or case.replaced:
        data["asks"] = write_link(scenario, catalogue_hash=case.catalog.hash)  # a route refuses what the page replaces
    data["quotes"] = quotes(scenario, case.catalog)
    if not st.session_state.get(_LISTS):
        data["lists"] = lists(case.catalog)
        st.session_state[_LISTS] = True
    return data


def take_change(scenario: Scenario) -> None:
    """What a person did in the component goes into the address, each change once.

    What was done while the server was away is in `earlier`: the component says it again until its name is told back.
    """
    state = cast("Mapping[str, Any]", st.session_state.get(_KEY) or {})
    last = cast("Mapping[str, Any]", state.get(_CHANGE) or {})
    taken = list(cast("list[str]", st.session_state.get(_TAKEN, [])))
    touches_more = False
    for change in (*cast("Sequence[Mapping[str, Any]]", last.get("earlier") or ()), last):
        if (name := str(change.get("id") or "")) and name in taken:
            continue
        touches_more |= _take(change, scenario)
        taken += [name] if name else []
        if change is not last:  # the next one adds to what this one has put
            scenario = read_case(load_catalog()).scenario
    st.session_state[_TAKEN] = taken[-_MOST_TAKEN:]
    st.session_state[_WHOLE] = bool(st.session_state.get(_MORE)) and touches_more


def _take(change: Mapping[str, Any], scenario: Scenario) -> bool:
    """Write one change; whether it may touch the unfolded settings."""
    if "preset" in change:
        start_from(str(change["preset"]))
    if reset := change.get("reset"):
        names = [str(name) for name in reset]
        start = _start()
        if "options" in names:
            scenario = _with_options_of(start, scenario)
        take_back([name for name in names if ":" not in name])
        _take_back_rows([name for name in names if ":" in name], scenario, start=start)
    if entered := change.get("put"):
        put(_with_figures_kept(scenario, cast("Mapping[str, Any]", entered)))
    names = set(cast("Mapping[str, Any]", entered or {}))
    if table := change.get("table"):
        name, key, value = str(table["name"]), str(table["key"]), table.get("value")
        kept = None if value is None else in_cents(name, key, value)
        put({name: _with_row(getattr(scenario, name), key, kept)})
    return not (names and names <= set(FIELDS_BESIDE))


def _with_figures_kept(scenario: Scenario, entered: Mapping[str, Any]) -> Mapping[str, Any]:
    """What was entered; where an option is left out, its own figures go with it and those of the others stay."""
    if "options" not in entered:
        return entered
    kept = figures_of(entered["options"], scenario)
    return entered if kept == scenario.figures else {**entered, "figures": kept}


def _with_options_of(start: Scenario, scenario: Scenario) -> Scenario:
    """The scenario with the options of the start; what it says of others goes out of the address."""
    gone = tables_of(start.compared_ids(), scenario)
    if gone:
        put(gone)
    return scenario.changed(options=start.options, routing=start.routing, **gone)


def _start() -> Scenario:
    """The scenario from which one started: the example of the address, else the defaults."""
    name = read_case(load_catalog()).link.preset
    return preset(name) if name else Scenario()


def _take_back_rows(names: Sequence[str], scenario: Scenario, *, start: Scenario) -> None:
    """Single figures go back to what they were at the start, else to ours: `figures:<option>.<figure>`."""
    tables = dict.fromkeys(name.partition(":")[0] for name in names)
    for table in tables:
        gone = {name.partition(":")[2] for name in names if name.startswith(f"{table}:")}
        kept = {key: value for key, value in _rows(table, scenario).items() if key not in gone}
        put({table: kept | {key: value for key, value in _rows(table, start).items() if key in gone}})


def _rows(table: str, scenario: Scenario) -> dict[str, Any]:
    """A table of the scenario as an address writes it."""
    return scenario.model_dump(mode="json", include={table}, exclude_defaults=True).get(table, {})


def _with_row(table: Mapping[str, float], key: str, value: float | None) -> dict[str, float]:
    """A table of the scenario with one row more, or without it where the value is None."""
    rest = {name: row for name, row in table.items() if name != key}
    return rest if value is None else {**rest, key: value}
