"""Bands of the first chart: what the two leaders have spent by each month in 8 of 10 futures, in the money shown.

They take about a third as long as the answer, so they are drawn at rest only, and the last few are kept.
"""

from calculator.decision.comparison import Comparison
from calculator.risk.spent_by_month import SpentBand, spent_bands
from views.kept import Kept
from views.money import by_cost, is_ranked

Bands = dict[str, SpentBand]
LEADERS = 2
_BANDS = Kept[tuple[str, ...], Bands]()


def leaders_bands(comparison: Comparison) -> Bands:
    """The band of each leader by its id, in the comparison's own futures; none where none were drawn."""
    if not comparison.draw_count:
        return {}
    scenario = comparison.scenario
    key = (
        comparison.scenario_id,
        comparison.catalogue_hash,
        comparison.measurements_hash,
        comparison.prices_as_of,
        scenario.money,
        scenario.labour,
        str(comparison.draw_count),
    )
    return _BANDS.get(key, lambda: _bands(comparison))


def _bands(comparison: Comparison) -> Bands:
    scenario = comparison.scenario
    return spent_bands(
        comparison.candidates,
        [option.id for option in by_cost(comparison) if is_ranked(option)][:LEADERS],
        in_cash=scenario.money == "cash",
        hard_only=scenario.labour == "without",
        count=comparison.draw_count,
    )
