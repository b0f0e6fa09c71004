"""Verdict in one sentence: the cheapest option, by how much, how sure, and when a purchase pays for itself."""

from collections.abc import Sequence

from calculator.cost.tco import convention_of
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
    convention = (
        f"Present value over {scenario.months} months: {convention_of(scenario)}. Range: 10th to 90th percentile; "
        "people's time is included at the hourly rate."
    )
    ranked = sorted((row.tco.present_value_cost_usd, row.id, row) for row in results if row.tco is not None)
    if not ranked:
        sentence = f"None of the options can serve {model_name} at {scenario.weight_class}."
        detail = "Choose a smaller model, fewer bits, or another machine."
        if all(row.kind == "api" for row in results):
            detail = (
                "It has no host at a known price. Choose another model, or add a machine of your own or a rented one."
            )
        return Verdict(sentence, detail, None, None, 0.0, 0.0, 0.0, False, convention)
    best_usd, _, best = ranked[0]
    if len(ranked) == 1:
        out = [row.name for row in results if row.tco is None]
        others = "the other cannot" if len(out) == 1 else "the others cannot"
        rest = f"{others} serve {model_name}" if out else "it is the only option compared"
        return Verdict(
            f"{best.name} costs {_cost(best_usd)} in present value over {scenario.months} months; {rest}.",
            _not_fitting(results),
            best.id,
            None,
            0.0,
            0.0,
            0.0,
            False,
            convention,
            f"Without people's time it costs {_cost(best.tco.hard_present_value_cost_usd)}." if best.tco else "",
            best.id,
        )
    next_usd, _, second = ranked[1]
    difference = next_usd - best_usd
    gap = odds.difference(second.id, best.id) if odds is not None else Range(difference, difference, difference)
    low, high = gap.low, gap.high
    too_close = low <= 0
    chance = odds.cheapest_probability().get(best.id) if odds is not None else None
    sure = f" {best.name} is the cheapest in {_share(chance)} of the futures drawn." if chance is not None else ""
    if too_close:
        sentence = (
            f"Too close to call: {best.name} at {_cost(best_usd)} in present value and {second.name} at {_cost(next_usd)} "
            f"over {scenario.months} months."
        )
        detail = f"The difference is ${difference:,.0f}, and may lie anywhere from {_signed(low)} to {_signed(high)}."
        if high < 0:
            detail = (
                f"At the central values the first costs ${difference:,.0f} less; over the ranges that does not hold: "
                f"there it costs {_signed(-high)} to {_signed(-low)} more."
            )
    else:
        sentence = (
            f"{best.name} is the cheapest: {_cost(best_usd)} in present value over {scenario.months} months, "
            f"${difference:,.0f} less than {second.name}."
        )
        detail = f"The difference lies between {_signed(low)} and {_signed(high)}."
    detail += sure if too_close else sure.replace(f" {best.name} is", " It is")
    detail = " ".join(filter(None, (detail, _local(best, results), _not_fitting(results))))
    return Verdict(
        sentence,
        detail,
        best.id,
        second.id,
        difference,
        low,
        high,
        too_close,
        convention,
        *_without_soft(results, best.id),
    )


def _without_soft(results: Sequence[OptionResult], best_id: str) -> tuple[str, str, float]:
    """The answer in hard dollars: its sentence, the cheapest option, and what the next one costs more."""
    ranked = sorted((row.tco.hard_present_value_cost_usd, row.id, row) for row in results if row.tco is not None)
    (usd, _, first), (next_usd, _, second) = ranked[:2]
    still = "is still the cheapest" if first.id == best_id else "would be the cheapest"
    sentence = (
        f"Without people's time {first.name} {still}: {_cost(usd)} in present value, "
        f"${next_usd - usd:,.0f} less than {second.name}."
    )
    return sentence, first.id, next_usd - usd


def _local(best: OptionResult, results: Sequence[OptionResult]) -> str:
    """The cheapest machine of one's own, where something else wins: what keeping the data in house costs, level per month."""
    own = sorted(
        (row.tco.present_value_cost_usd, row.id, row) for row in results if row.kind == "own" and row.tco is not None
    )
    if best.kind == "own" or not own or best.tco is None:
        return ""
    usd, _, row = own[0]
    assert row.tco is not None
    more = (row.tco.equivalent_annual_cost_usd - best.tco.equivalent_annual_cost_usd) / MONTHS_PER_YEAR
    return f"Of the machines in house {row.name} is the cheapest at {_cost(usd)}: keeping it in house costs {_signed(more)} a month more."


def _not_fitting(results: Sequence[OptionResult]) -> str:
    names = [row.name for row in results if row.memory is not None and not row.fits]
    return f"Does not fit: {', '.join(names)}." if names else ""


def _share(chance: float) -> str:
    """A probability that never says 100 % or 0 % where it is not."""
    if 0 < chance < _LEAST_SHARE or 1 - _LEAST_SHARE < chance < 1:
        return "less than 1%" if chance < _LEAST_SHARE else "more than 99%"
    return f"{chance:.0%}"


def _signed(usd: float) -> str:
    return f"-${-usd:,.0f}" if round(usd) < 0 else f"${abs(usd):,.0f}"


def _cost(usd: float) -> str:
    return f"{_signed(usd)} (it brings in more than it costs)" if round(usd) < 0 else _signed(usd)


def break_evens(results: Sequence[OptionResult]) -> tuple[BreakEven, ...]:
    """When each machine of one's own has paid for itself against each rented or hosted option.

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
        years = f" ({month / MONTHS_PER_YEAR:.1f} years)" if month > MONTHS_PER_YEAR else ""
        text = f"{own.name} has paid for itself against {other.name} after {month:.0f} months{years}"
        text += ", and only by its resale." if found.reason.startswith("only by the resale") else "."
        return BreakEven(own.id, other.id, month, text)
    if found.period is not None:
        return BreakEven(own.id, other.id, None, f"{own.name} is the cheaper one from the first month.")
    running_own, running_other = -ours.monthly_usd[1], -theirs.monthly_usd[1]
    missing = theirs.total_cost_usd - ours.total_cost_usd
    if running_own >= running_other:
        reason = (
            f"{own.name} never pays for itself against {other.name}: its running cost, ${running_own:,.0f} in the first month, "
            f"is not below the ${running_other:,.0f} that it would save."
        )
    else:
        reason = (
            f"{own.name} never pays for itself against {other.name} within {ours.months} months: it saves "
            f"${running_other - running_own:,.0f} in the first month, too little for its price; ${-missing:,.0f} are missing "
            "at the end, resale included."
        )
    return BreakEven(own.id, other.id, None, reason)


_LEAST_SHARE = 0.005
