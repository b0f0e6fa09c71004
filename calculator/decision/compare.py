"""Comparison of the options: the one frozen answer that page, CSV and command line all read."""

from collections.abc import Hashable, Sequence
from dataclasses import replace

from calculator.catalog import Catalog
from calculator.cost.tco import in_cash
from calculator.decision.comparison import BreakEven, Comparison, OptionResult, Verdict, Verdicts
from calculator.decision.one_option import Question, answer_of, sized_anew
from calculator.decision.option_money import OptionMoney, shown_money
from calculator.decision.paired_futures import PairedFutures
from calculator.decision.question_remarks import question_remarks, reference_remarks
from calculator.decision.verdict import break_evens, verdicts_of
from calculator.finance.kept_draws import KeptDraws
from calculator.physics.measured import MeasuredSpeed
from calculator.risk.candidates import Candidate, Candidates
from calculator.risk.drawn_costs import DrawnCosts
from calculator.risk.flips import Exact
from calculator.risk.futures import fewer_futures, machine_months, most_futures
from calculator.risk.monte_carlo import FAST_COUNT, ranges
from calculator.scenario.check_ids import carbon_of, refuse_unknown
from calculator.scenario.own_catalog import catalog_of
from calculator.scenario.scenario import Scenario
from calculator.service.capability import reference_tariff, scenario_model
from calculator.service.tariff import with_tariff_figures
from calculator.version import VERSION

__all__ = ["BreakEven", "Comparison", "OptionResult", "Verdict", "compare"]


def compare(
    scenario: Scenario,
    catalog: Catalog,
    measurements: Sequence[MeasuredSpeed] = (),
    *,
    as_of: str | None = None,
    draw_count: int = FAST_COUNT,
    with_turns: bool = True,
) -> Comparison:
    """All options of the scenario at the same demand, and which of those that can do the job costs least.

    `as_of` is the day of looking (YYYY-MM-DD), against which prices are old or fresh: the scenario's own goes first,
    then this one, then the catalogue's. `draw_count` futures are behind the ranges and the verdict, fewer where very
    much is costed (calculator/risk/futures.py); 0 leaves the base case alone. `with_turns` searches what would turn the
    verdict, which takes as long as all the rest.

    Raises UnknownIdError, PhantomError or ScenarioError for an option, a model, a grid, a tariff or a figure that the
    catalogue does not know. What does not fit, is unmet or out of date is a reason or a remark on the result.
    """
    catalog = _catalog(scenario, catalog)
    scenario = with_tariff_figures(scenario, catalog)
    remarks = question_remarks(scenario, catalog)
    refuse_unknown(scenario, catalog)
    day = scenario.prices_as_of or as_of or catalog.compiled
    model, reference = scenario_model(scenario, catalog), reference_tariff(scenario, catalog)
    question = Question(scenario, catalog, model, reference, tuple(measurements), day)
    answered = _answered(question)
    able = tuple(one for row, one in answered if one is not None and row.eligible)
    candidates = Candidates.of(able, scenario=scenario, catalog=catalog, prices_as_of=day)
    counts = [max(1, len(one.parts)) + len(row.eligibility.further_months) for row, one in answered if one is not None]
    costed = machine_months(months=scenario.months, machine_counts=counts)
    asked_count, draw_count = draw_count, min(draw_count, most_futures(costed))
    fewer = fewer_futures(draw_count, asked_count=asked_count)
    odds, drawn = _futures(question, candidates, count=draw_count)
    in_futures = {one.option.id for one in candidates}
    results = [_with_money(row, drawn if row.id in in_futures else None, scenario) for row, _ in answered]
    found = Comparison(
        scenario=scenario,
        scenario_id="",  # it names the measurements too, which the rows know
        catalogue_hash=catalog.hash,
        catalogue_compiled=catalog.compiled,
        version=VERSION,
        options=tuple(results),
        verdicts=_verdicts(results, candidates, odds, question, with_turns=with_turns),
        break_even=break_evens(results),
        remarks=(*remarks, *reference_remarks(scenario, reference), *((fewer,) if fewer else ())),
        candidates=candidates,
        draw_count=draw_count,
        prices_as_of=day,
        grid=carbon_of(scenario.grid, catalog),
        model_name=model.name,
    )
    return replace(found, scenario_id=scenario.id(measurements_hash=found.measurements_hash))


def _catalog(scenario: Scenario, catalog: Catalog) -> Catalog:
    """The catalogue with the scenario's own entries.

    It is the same object again while these are the same, because some answers are kept by it.
    """
    own = scenario.model_dump_json(include={"own_options", "own_models", "routing"})
    return _CATALOGS.answer(id(catalog), own, compute=lambda: (catalog, catalog_of(scenario, catalog)))[1]


def _answered(question: Question) -> Sequence[tuple[OptionResult, Candidate | None]]:
    """Every option without its futures. The last answers are kept: a page at rest shows what its last frame asked while
    a control moved, and adds what would turn it."""

    def computed() -> tuple[Question, Sequence[tuple[OptionResult, Candidate | None]]]:
        options = dict.fromkeys(question.scenario.options)
        return question, [answer_of(question, option_id) for option_id in options]

    return _ANSWERED.answer(*_key(question), compute=computed)[1]


def _futures(
    question: Question, candidates: Candidates, *, count: int
) -> tuple[PairedFutures | None, DrawnCosts | None]:
    """The costs of those that can do the job in so many futures; the last ones are kept, as their base cases are."""
    if not (candidates and count):
        return None, None

    def computed() -> tuple[Question, PairedFutures, DrawnCosts]:
        odds = ranges(candidates, count=count)
        return question, PairedFutures(odds), DrawnCosts(odds, lambda: ranges(candidates, count=count))

    return _FUTURES.answer(*_key(question), count, compute=computed)[1:]


def _key(question: Question) -> tuple[Hashable, ...]:
    """What an answer depends on. The catalogue is held with each kept answer, so that no other takes its id."""
    return (question.scenario.model_dump_json(), id(question.catalog), question.measurements, question.day)


_CATALOGS: KeptDraws[tuple[Catalog, Catalog]] = KeptDraws(most=16)  # each with the one that it was made from
_ANSWERED: KeptDraws[tuple[Question, Sequence[tuple[OptionResult, Candidate | None]]]] = KeptDraws(most=16)
_FUTURES: KeptDraws[tuple[Question, PairedFutures, DrawnCosts]] = KeptDraws(most=8)
"""2 MB each of 7 options."""


def _verdicts(
    results: Sequence[OptionResult],
    candidates: Candidates,
    odds: PairedFutures | None,
    question: Question,
    *,
    with_turns: bool,
) -> Verdicts:
    """The verdicts in the money that the scenario asks for; cash is today's money at a discount rate of 0."""
    if question.scenario.money == "cash":
        question = replace(question, scenario=question.scenario.changed(discount_rate=0.0))
        results = [replace(row, tco=in_cash(row.tco) if row.tco else None) for row in results]
        candidates, odds = candidates.under(question.scenario), PairedFutures(odds.odds.in_cash()) if odds else None
    return verdicts_of(
        results,
        candidates=candidates,
        odds=odds,
        catalog=question.catalog,
        model=question.model,
        exact=_kept_exact(question) if with_turns else None,
    )


def _kept_exact(question: Question) -> Exact:
    """Options sized anew where one input has another value: each once, though both verdicts may ask for it."""

    known: dict[tuple[str, float, str], float | None] = {}

    def of_pair(name: str, value: float, pair: tuple[str, str]) -> dict[str, float]:
        if asked := [option_id for option_id in pair if (name, value, option_id) not in known]:
            found = sized_anew(question, name, value, options=asked)
            known.update({(name, value, option_id): found.get(option_id) for option_id in asked})
        of_both = {option_id: known[name, value, option_id] for option_id in pair}
        return {option_id: usd for option_id, usd in of_both.items() if usd is not None}

    return of_pair


def _with_money(row: OptionResult, drawn: DrawnCosts | None, scenario: Scenario) -> OptionResult:
    """The result with its cost's ranges; those of an option that cannot do the job have no width."""
    if row.tco is None:
        return row
    money = OptionMoney(row.id, row.tco, drawn)
    for shown in ("present_value_usd", shown_money(scenario)):
        money.range(shown)  # a page asks for these at once, while the futures are there
    return replace(row, money=money)
