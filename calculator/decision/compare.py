"""Comparison of the options: the one frozen answer that page, CSV and command line all read."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from calculator.catalog import Catalog
from calculator.catalog.options import ApiTariff
from calculator.cost.tax_lines import tax_remark
from calculator.decision import words
from calculator.decision.comparison import BreakEven, Comparison, OptionResult, Verdict
from calculator.decision.one_option import Question, answer_of, sized_anew
from calculator.decision.verdict import break_evens, verdicts_of
from calculator.evidence import Remark
from calculator.number import Range
from calculator.physics.measured import MeasuredSpeed
from calculator.risk.candidates import Candidates
from calculator.risk.monte_carlo import FAST_COUNT, Odds, ranges
from calculator.scenario.check_ids import refuse_unknown
from calculator.scenario.presets import claims_remark
from calculator.scenario.scenario import ANOTHER_SIZE, Scenario
from calculator.scenario.version_1 import version_1_remark
from calculator.service.capability import reference_tariff, scenario_model
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
    then this one, then the catalogue's. `draw_count` futures are behind the ranges and the verdict; 0 leaves the base
    case alone. `with_turns` searches what would turn the verdict, which takes longer than all the rest.

    Raises UnknownIdError, PhantomError or ScenarioError for an option, a model, a grid, a tariff or a figure that the
    catalogue does not know. What does not fit, is unmet or out of date is a reason or a remark on the result.
    """
    refuse_unknown(scenario, catalog)
    day = scenario.prices_as_of or as_of or catalog.compiled
    model, reference = scenario_model(scenario, catalog), reference_tariff(scenario, catalog)
    question = Question(scenario, catalog, model, reference, tuple(measurements), day)
    answered = [answer_of(question, option_id) for option_id in dict.fromkeys(scenario.options)]
    able = tuple(one for row, one in answered if one is not None and row.eligible)
    candidates = Candidates.of(able, scenario=scenario, catalog=catalog, prices_as_of=day)
    odds = ranges(candidates, count=draw_count) if candidates and draw_count else None
    results = [_with_ranges(row, odds) for row, _ in answered]
    found = Comparison(
        scenario=scenario,
        scenario_id=scenario.id(),
        catalogue_hash=catalog.hash,
        catalogue_compiled=catalog.compiled,
        version=VERSION,
        options=tuple(results),
        verdicts=verdicts_of(
            results,
            candidates=candidates,
            odds=odds,
            catalog=catalog,
            model=model,
            exact=(lambda name, value, pair: sized_anew(question, name, value, options=pair)) if with_turns else None,
        ),
        break_even=break_evens(results),
        remarks=_remarks(scenario, reference, names={row.id: row.name for row in results}),
        candidates=candidates,
        draw_count=draw_count,
        prices_as_of=day,
    )
    return replace(found, scenario_id=scenario.id(measurements_hash=found.measurements_hash))


def _with_ranges(row: OptionResult, odds: Odds | None) -> OptionResult:
    """The result with P10 and P90 of its futures around the base case; one without odds has the base case alone."""
    if row.tco is None:
        return row
    base = (row.tco.total_cost_usd, row.tco.present_value_cost_usd, row.tco.hard_present_value_cost_usd)
    if odds is None or row.id not in odds.present_value_usd:
        total, value, hard = (Range(usd, usd, usd, "USD") for usd in base)
        return replace(row, total_usd=total, present_value_usd=value, hard_present_value_usd=hard)
    drawn = (odds.total(row.id), odds.present_value(row.id), odds.hard_present_value(row.id))
    total, value, hard = (Range(one.low, usd, one.high, "USD") for one, usd in zip(drawn, base, strict=True))
    return replace(
        row,
        total_usd=total,
        present_value_usd=value,
        hard_present_value_usd=hard,
        median_present_value_usd=drawn[1].central,
    )


def _remarks(scenario: Scenario, reference: ApiTariff | None, *, names: Mapping[str, str]) -> tuple[Remark, ...]:
    remarks = [remark for remark in (version_1_remark(scenario.rules), claims_remark(scenario)) if remark]
    if scenario.model == ANOTHER_SIZE and reference is None:
        text = words.no_reference_price()
        remarks.append(Remark(code="no-reference-price", text=text, level="warning"))
    for name, usd in scenario.already_own_usd.items():
        if name in names:
            text = words.already_owned(names[name], usd)
            remarks.append(Remark(code="already-own", text=text, level="info"))
    if tax := tax_remark(scenario):
        remarks.append(tax)
    for name, (_, p50, _) in scenario.ranges.items():
        value = scenario.figures[name] if name in scenario.figures else getattr(scenario, name)
        if value != p50:
            text = words.range_beside_value(name, value=value, middle=p50)
            remarks.append(Remark(code="range-beside-value", text=text, level="warning"))
    return tuple(remarks)
