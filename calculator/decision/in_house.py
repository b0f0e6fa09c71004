"""The price of keeping everything in house, level per month, or why nothing that is compared does."""

from collections.abc import Sequence

from calculator.decision import words
from calculator.decision.comparison import OptionResult
from calculator.decision.ranking import named, nearest, tco_of
from calculator.service.sizing import MOST_MACHINES
from calculator.units import MONTHS_PER_YEAR

_ROUNDING = 1e-9


def keeper_of(able: Sequence[OptionResult]) -> OptionResult | None:
    """The cheapest machine of one's own of which nothing leaves the house."""
    return next(
        (
            row
            for row in able
            if row.kind == "own"
            and row.eligibility.shares
            and row.eligibility.shares.leaves_house_fraction <= _ROUNDING
        ),
        None,
    )


def in_house(able: Sequence[OptionResult], results: Sequence[OptionResult]) -> tuple[float | None, str]:
    """What keeping everything in house costs more, level per month; None with the reason where nothing does."""
    keeper = keeper_of(able)
    if keeper is not None:
        return (
            tco_of(keeper).equivalent_annual_cost_usd - tco_of(able[0]).equivalent_annual_cost_usd
        ) / MONTHS_PER_YEAR, ""
    own = [row for row in results if row.kind == "own"]
    if not own:
        return None, words.no_own_compared()
    if own_able := [row for row in able if row.kind == "own"]:
        shares = own_able[0].eligibility.shares
        return None, words.own_buys(named(own_able[0]), leaves_fraction=shares.leaves_house_fraction if shares else 1.0)
    near, text, _ = nearest(own)
    return None, words.own_cannot(named(near), reason=text, most=MOST_MACHINES)
