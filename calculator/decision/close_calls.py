"""Prices at which a verdict is too close to call, in words.

They take about as long as the search for what turns the verdict, so they are computed where somebody reads them: on
What if and in the files, not with every move on Decide.
"""

from collections.abc import Mapping, Sequence

from calculator.decision import input_words
from calculator.decision.comparison import CloseCall, Comparison, Verdict
from calculator.decision.ranking import named
from calculator.decision.stand_ins import stand_ins
from calculator.risk.monte_carlo import ranges
from calculator.risk.price_bands import PriceBand, price_bands


def close_calls(comparison: Comparison, verdict: Verdict) -> tuple[CloseCall, ...]:
    """Between which values of a price the verdict's pair is too close to call, and who is clearly cheaper beyond.

    In the verdict's own money and in the comparison's own futures; none without futures or without a second option.
    """
    if verdict.cheapest is None or verdict.next is None or not comparison.draw_count:
        return ()
    scenario, pair = comparison.scenario, (verdict.cheapest, verdict.next)
    candidates = comparison.candidates
    if scenario.money == "cash":
        candidates = candidates.under(scenario.changed(discount_rate=0.0))
    odds = ranges(candidates, count=comparison.draw_count)
    names = {row.id: named(row) if row.id in pair else row.name for row in comparison.options}
    is_kinds = verdict is comparison.verdicts.mac_or_pc
    also = stand_ins(candidates, verdict.cheapest) if is_kinds else ()
    return in_words(price_bands(candidates, pair=pair, odds=odds, stand_ins=also), names=names)


def in_words(bands: Sequence[PriceBand], *, names: Mapping[str, str]) -> tuple[CloseCall, ...]:
    """The bands with a sentence each; `names` are the options' names by id."""
    return tuple(_close_call(band, names) for band in bands)


def _close_call(band: PriceBand, names: Mapping[str, str]) -> CloseCall:
    label = input_words.label(band.name, names=names)
    is_own = band.below == band.name.rpartition(".")[0]
    wins = ("it", names[band.above]) if is_own else (names[band.below], names[band.above])
    sentence = input_words.price_band(band.name, now=band.now, low=band.low, high=band.high, wins=wins, names=names)
    return CloseCall(band.name, label, band.now, band.low, band.high, sentence)
