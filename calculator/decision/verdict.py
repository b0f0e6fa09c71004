"""Verdict in one sentence: the cheapest option, by how much, how sure, and when a purchase has cost less."""

from collections.abc import Sequence

from calculator.cost.tco import convention_of
from calculator.decision import words
from calculator.decision.comparison import BreakEven, OptionResult, Verdict
from calculator.finance.returns import payback
from calculator.number import Range
from calculator.risk.monte_carlo import Odds
from calculator.scenario.scenario import Scenario
from calculator.units import MONTHS_PER_YEAR


def verdict_of(results: Sequence[OptionResult], *, odds: Odds | None, scenario: Scenario, model_name: str) -> Verdict:
    """The verdict by present value of cost among the options that can do the work.

    The range is P10 to P90 of the difference to the next option over paired draws. "Too close to call" where that range
    holds zero, or lies below it: then the draws contradict the central values. `difference_usd` is that of the latter.
    """
    months = scenario.months
    convention = words.convention_sentence(convention_of(scenario), months=months)
    ranked = sorted((row.tco.present_value_cost_usd, row.id, row) for row in results if row.tco is not None)
    if not ranked:
        only_hosted = all(row.kind == "api" for row in results)
        sentence, advice = words.nothing_fits(model_name, weight_class=scenario.weight_class, only_hosted=only_hosted)
        return Verdict(sentence, advice, None, None, 0.0, 0.0, 0.0, False, convention)
    best_usd, _, best = ranked[0]
    if len(ranked) == 1:
        return _of_one(best, best_usd, results=results, scenario=scenario, model_name=model_name, convention=convention)
    next_usd, _, second = ranked[1]
    difference = next_usd - best_usd
    gap = odds.difference(second.id, best.id) if odds is not None else Range(difference, difference, difference)
    too_close = gap.low <= 0
    if too_close:
        sentence = words.too_close((best.name, best_usd), (second.name, next_usd), months=months)
        detail = words.gap_too_close(best.name, difference, low_usd=gap.low, high_usd=gap.high)
    else:
        sentence = words.cheapest(best.name, best_usd, months=months, difference_usd=difference, second=second.name)
        detail = words.gap(gap.low, gap.high)
    chance = odds.cheapest_probability().get(best.id) if odds is not None else None
    sure = words.how_often(best.name, chance, is_sure=not too_close) if chance is not None else ""
    without_soft, hard_cheapest, hard_difference_usd = _without_soft(results, best.id)
    return Verdict(
        sentence=sentence,
        detail=" ".join(filter(None, (detail, sure, _local(best, results), _not_fitting(results)))),
        cheapest=best.id,
        runner_up=second.id,
        difference_usd=difference,
        difference_low_usd=gap.low,
        difference_high_usd=gap.high,
        too_close=too_close,
        convention=convention,
        without_soft=without_soft,
        hard_cheapest=hard_cheapest,
        hard_difference_usd=hard_difference_usd,
    )


def _of_one(
    best: OptionResult,
    usd: float,
    *,
    results: Sequence[OptionResult],
    scenario: Scenario,
    model_name: str,
    convention: str,
) -> Verdict:
    out = [row.name for row in results if row.tco is None]
    hard = f"Without people's time it costs {words.cost(best.tco.hard_present_value_cost_usd)}." if best.tco else ""
    return Verdict(
        sentence=words.only_one(best.name, usd, months=scenario.months, out=out, model_name=model_name),
        detail=_not_fitting(results),
        cheapest=best.id,
        runner_up=None,
        difference_usd=0.0,
        difference_low_usd=0.0,
        difference_high_usd=0.0,
        too_close=False,
        convention=convention,
        without_soft=hard,
        hard_cheapest=best.id,
    )


def _without_soft(results: Sequence[OptionResult], best_id: str) -> tuple[str, str, float]:
    """The answer in hard dollars: its sentence, the cheapest option, and what the next one costs more."""
    ranked = sorted((row.tco.hard_present_value_cost_usd, row.id, row) for row in results if row.tco is not None)
    (usd, _, first), (next_usd, _, second) = ranked[:2]
    difference = next_usd - usd
    is_the_same = first.id == best_id
    sentence = words.without_people(
        first.name, usd, difference_usd=difference, second=second.name, is_the_same=is_the_same
    )
    return sentence, first.id, difference


def _local(best: OptionResult, results: Sequence[OptionResult]) -> str:
    """What the cheapest machine of one's own costs more where something else wins, level per month; else empty."""
    own = sorted(
        (row.tco.present_value_cost_usd, row.id, row) for row in results if row.kind == "own" and row.tco is not None
    )
    if best.kind == "own" or not own or best.tco is None:
        return ""
    usd, _, row = own[0]
    assert row.tco is not None
    more = (row.tco.equivalent_annual_cost_usd - best.tco.equivalent_annual_cost_usd) / MONTHS_PER_YEAR
    return words.in_house(row.name, usd, more_usd_per_month=more)


def _not_fitting(results: Sequence[OptionResult]) -> str:
    return words.does_not_fit([row.name for row in results if row.memory is not None and not row.fits])


def break_evens(results: Sequence[OptionResult]) -> tuple[BreakEven, ...]:
    """When each machine of one's own has cost less than each rented or hosted option.

    Cumulative nominal cost month by month; the sale in the last month counts in that month only.
    """
    own = [row for row in results if row.kind == "own" and row.tco is not None]
    paid = [row for row in results if row.kind != "own" and row.tco is not None]
    return tuple(_break_even(row, other) for row in own for other in paid)


def _break_even(own: OptionResult, other: OptionResult) -> BreakEven:
    """The last crossing of the cumulative costs (finance/returns.py), in words with the two options' names."""
    assert own.tco is not None
    assert other.tco is not None
    ours, theirs = own.tco, other.tco
    found = payback(
        [mine - other_usd for mine, other_usd in zip(ours.cumulative_usd, theirs.cumulative_usd, strict=True)]
    )
    month = found.period or None
    if month is not None:
        by_resale = found.reason.startswith("only by the resale")
        text = words.cheaper_from(own.name, other.name, month=month, by_resale=by_resale)
        return BreakEven(own.id, other.id, month, text)
    if found.period is not None:
        return BreakEven(own.id, other.id, None, f"{own.name} is the cheaper one from the first month.")
    text = words.never_cheaper(
        own.name,
        other.name,
        own_usd=-ours.monthly_usd[1],
        other_usd=-theirs.monthly_usd[1],
        months=ours.months,
        short_usd=ours.total_cost_usd - theirs.total_cost_usd,
    )
    return BreakEven(own.id, other.id, None, text)
