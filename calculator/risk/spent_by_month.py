"""Bands of money spent up to each month: P10 and P90 of the same drawn futures that the ranges of the costs rest on."""

from collections.abc import Sequence
from dataclasses import dataclass

from calculator.cost.inputs import Inputs
from calculator.errors import CalculatorError
from calculator.finance.ledger import Horizon
from calculator.finance.spent_by_month import spent_by_month_usd
from calculator.risk.candidates import Candidates, lines_drawn, spreads_of
from calculator.risk.distributions import draw
from calculator.risk.monte_carlo import FULL_COUNT
from calculator.risk.order_statistics import quantiles_of

_TENTHS = (0.1, 0.9)


@dataclass(frozen=True, slots=True)
class SpentBand:
    """Dollars spent by the end of each month 0..N, positive: what one future in ten stays below, and nine in ten do.

    The quantiles are taken month by month, so that neither edge is the course of one future; the last month is the
    option's own P10 and P90.
    """

    low_usd: tuple[float, ...]
    high_usd: tuple[float, ...]


def spent_bands(
    candidates: Candidates,
    option_ids: Sequence[str],
    *,
    in_cash: bool = False,
    hard_only: bool = False,
    count: int = FULL_COUNT,
) -> dict[str, SpentBand]:
    """The band of each of these options in `count` futures with the fixed seed; the draws are those of `ranges` with
    this count.

    in_cash: as it is paid, else in today's money. hard_only: invoices alone, without people's time. Raises
    CalculatorError for an option that cannot do the job, and below 16 draws.
    """
    costed = {candidate.option.id for candidate in candidates}
    if unknown := [option_id for option_id in option_ids if option_id not in costed]:
        raise CalculatorError(f"{unknown[0]} has no band: it cannot do the job, or is not compared. Choose another.")
    draws = draw(spreads_of(candidates), rules=candidates.rules, count=count)
    scenario = candidates.scenario
    rate = Inputs(scenario, draws, candidates.tax_tables).discount_rate
    horizon = Horizon(scenario.months, rate, scenario.timing)
    found: dict[str, SpentBand] = {}
    for option_id in option_ids:
        drawn = lines_drawn(candidates, option_id, draws)
        spent = spent_by_month_usd(
            (line for line in drawn if line.hardness == "hard" or not hard_only),
            horizon=horizon,
            draw_count=count,
            discounted=not in_cash,
        )
        edges = [quantiles_of([of_month], _TENTHS)[:, 0].tolist() for of_month in spent]
        found[option_id] = SpentBand(tuple(low for low, _ in edges), tuple(high for _, high in edges))
    return found
