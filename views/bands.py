"""Bands of the first chart: what the two leaders have spent by each month in 8 of 10 futures, in the money shown.

They take about a third as long as the answer, so the page asks for them where somebody can see the chart, and the last
few are kept.
"""

from collections.abc import Sequence
from typing import Any

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


def shade_of(comparison: Comparison) -> dict[str, Any]:
    """The bands in whole dollars, as the page draws them, and what names the answer that they belong to.

    The page compares these names with its frame's, so that no shade stands behind the lines of another answer.
    """
    bands = leaders_bands(comparison)
    return {
        **answer_names(comparison),
        "bands": {name: [_whole(band.low_usd), _whole(band.high_usd)] for name, band in bands.items()},
    }


def answer_names(comparison: Comparison) -> dict[str, Any]:
    """What an answer's figures depend on: question, catalogue and measurements, day, money, and how many futures."""
    scenario = comparison.scenario
    return {
        "id": comparison.scenario_id,
        "catalogue": comparison.catalogue_hash,
        "as_of": comparison.prices_as_of,
        "money": scenario.money,
        "labour": scenario.labour,
        "draws": comparison.draw_count,
    }


def _whole(edge_usd: Sequence[float]) -> list[int]:
    return [round(usd) for usd in edge_usd]


def _bands(comparison: Comparison) -> Bands:
    scenario = comparison.scenario
    return spent_bands(
        comparison.candidates,
        [option.id for option in by_cost(comparison) if is_ranked(option)][:LEADERS],
        in_cash=scenario.money == "cash",
        hard_only=scenario.labour == "without",
        count=comparison.draw_count,
    )
