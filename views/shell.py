"""What every page shares: the scenario that the address means, its answer, and one line that sums it up."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import streamlit as st

from calculator import Catalog, Scenario
from calculator.decision.compare import compare
from calculator.decision.comparison import Comparison
from calculator.decision.words import span
from calculator.errors import ScenarioError
from calculator.physics.measured import MeasuredSpeed
from calculator.risk.monte_carlo import FULL_COUNT
from calculator.service.tariff import with_tariff_figures
from views.address import open_link, query
from views.decide_form import changes, presets
from views.decide_words import name_of
from views.kept import Kept
from views.link import Link, catalog_with_own, read_link, write_link
from views.look import markdown_text, usd
from views.money import by_cost, is_ranked, shown_usd_of
from views.navigation import PRINTED
from views.report import show_files

Speeds = Callable[[], Sequence[MeasuredSpeed]]
_LEADERS = 3
_ANSWERS = Kept[tuple[str, str, tuple[MeasuredSpeed, ...], str], Comparison]()


@dataclass(frozen=True, slots=True)
class Case:
    """What the address means: its link, the catalogue with what it describes, the scenario, and what was replaced."""

    link: Link
    catalog: Catalog
    scenario: Scenario
    replaced: dict[str, str]


def read_case(stock: Catalog) -> Case:
    """The case of the address as it stands now; a link of version 0.1 is rewritten to say the same in today's words."""
    link = read_link(query(), catalog=stock)
    scenario, replaced = scenario_of(link.values, typed=link.typed())
    if link.is_of_version_1:
        address = dict[str, list[str]]()
        for pair in write_link(scenario, catalogue_hash=stock.hash).split("&"):
            name, _, value = pair.partition("=")
            address.setdefault(name, []).append(_decoded(value))
        open_link(address)
    catalog = catalog_with_own(link, stock)
    scenario, unpriced = _with_usable_figures(scenario, catalog)
    return Case(link, catalog, scenario, replaced | unpriced)


def scenario_of(values: dict[str, Any], *, typed: Sequence[str]) -> tuple[Scenario, dict[str, str]]:
    """The scenario of these values, and one sentence for each field that its default replaces.

    `typed` are the fields that a person set; the others may vary within their ranges. Values that are each right may
    contradict each other, so they are then taken one by one, and the first ones stand.
    """
    try:
        return Scenario.parse({**values, "typed": tuple(typed)}), {}
    except ScenarioError:
        scenario, sentences = Scenario(), dict[str, str]()
    for name, value in values.items():
        try:
            scenario = scenario.changed(**{name: value})
        except ScenarioError as error:
            default = Scenario.model_fields[name].get_default(call_default_factory=True)
            instead = f"The page uses the default, {default}." if default else "It was left out."
            sentences[name] = f"{error} {instead}"
    return scenario.changed(typed=tuple(name for name in typed if name not in sentences)), sentences


def _with_usable_figures(scenario: Scenario, catalog: Catalog) -> tuple[Scenario, dict[str, str]]:
    """The scenario without tables of prices that nobody asks for its model, and a sentence for each table left out."""
    sentences: dict[str, str] = {}
    for name in ("figures", "ranges", "cases"):
        try:
            with_tariff_figures(scenario, catalog)
            return scenario, sentences
        except ScenarioError as error:
            if getattr(scenario, name):
                sentences[name] = f"{error} It was left out."
                scenario = scenario.changed(**{name: {}})
    return scenario, sentences


def answer_of(case: Case, speeds: Sequence[MeasuredSpeed]) -> Comparison:
    """The answer of the case with all futures, at today's prices; the last few are kept for the other pages."""
    return answer_to(case.scenario, case.catalog, speeds)


def answer_to(
    scenario: Scenario, catalog: Catalog, speeds: Sequence[MeasuredSpeed], *, of_page: bool = True
) -> Comparison:
    """The same of a scenario: also for a route beside the pages, which then finds what a page has just been told.

    of_page: a page waits for it. What a route makes anew holds up no page: it takes a turn of those under /api.
    `catalog` may lack what the scenario itself describes: `compare` adds it, and the hash is the same.
    """
    key = _key(scenario, catalog, speeds)
    return _ANSWERS.get(
        key, lambda: compare(scenario, catalog, speeds, as_of=key[-1], draw_count=FULL_COUNT), of_page=of_page
    )


def _key(
    scenario: Scenario, catalog: Catalog, speeds: Sequence[MeasuredSpeed]
) -> tuple[str, str, tuple[MeasuredSpeed, ...], str]:
    """What an answer is kept by; the day of looking comes last."""
    return scenario.model_dump_json(), catalog.hash, tuple(speeds), date.today().isoformat()


def is_answered(case: Case, speeds: Sequence[MeasuredSpeed]) -> bool:
    """Whether the answer of the case is kept, so that it takes no turn."""
    return _key(case.scenario, case.catalog, speeds) in _ANSWERS


def show_case_line(case: Case, comparison: Comparison) -> None:
    """One line on every page but the first: the leaders with their costs, and how much was changed."""
    ranked = [option for option in by_cost(comparison) if is_ranked(option)]
    parts = [
        f"**{markdown_text(name_of(row))}** {markdown_text(usd(shown_usd_of(row, case.scenario)))}" for row in ranked
    ]
    count = len(changes(case.link, case.scenario))
    start = start_title(case.link)
    said = f"example “{start}”, unchanged" if not count else f"{count} change{'s' if count > 1 else ''} from “{start}”"
    line, files = st.columns([5, 1], vertical_alignment="center")
    money = span(case.scenario.months, is_cash=case.scenario.money == "cash")
    staff = ", without staff hours" if case.scenario.labour == "without" else ""
    over = f"Cost over {money}{staff}: " if ranked else ""
    line.markdown(over + " · ".join([*(parts[:_LEADERS] or ["Nothing here can do the job"]), markdown_text(said)]))
    with files:
        show_files(comparison, catalog=case.catalog)
    with st.container(key=PRINTED):
        st.markdown(" · ".join([*parts[_LEADERS:], f"prices as of {comparison.prices_as_of}"]))


def start_title(link: Link) -> str:
    """The title of the example that the values start from."""
    return next((title for name, title, _ in presets() if name == link.preset), presets()[0][1])


def _decoded(text: str) -> str:
    from urllib.parse import unquote_plus

    return unquote_plus(text)
