"""Prices at which a pair of options is too close to call: from where nobody is named, and from where the other one is.

A cost is a straight line in its own price: PV(p) = PV_0 + p x factor, whatever else a future holds. The futures that
were drawn and one more pass, at a price beyond all of them, give that line in each of them. The pair is too close to call
while P10 to P90 of the gap holds 0.
Where the base case turns outside of that, the band reaches there: base case and futures then name different winners.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from calculator.risk.candidates import Candidates, costs, spreads_of
from calculator.risk.distributions import Draws
from calculator.risk.monte_carlo import Odds
from calculator.risk.prices_now import main_prices, values_now

FARTHEST_PRICE = 3.0
"""A price three times dearer or cheaper is another market: an edge beyond it is not looked for from here."""
_TENTH = 0.1
_MOST_STEPS = 60
_DOLLAR = 1.0
_FARTHEST_END = 10.0
"""The far edge of a band is named up to ten times away."""


@dataclass(frozen=True, slots=True)
class PriceBand:
    """One price, its value now, and between which values the pair is too close to call.

    low, high: None where the band has no edge that way within ten times of the price. below, above: the option of the
    pair that is clearly cheaper there.
    """

    name: str
    now: float
    low: float | None
    high: float | None
    below: str
    above: str

    @property
    def holds_now(self) -> bool:
        """Whether the pair is too close to call at the price now."""
        return (self.low is None or self.low <= self.now) and (self.high is None or self.now <= self.high)


def price_bands(
    candidates: Candidates, *, pair: tuple[str, str], odds: Odds, stand_ins: Sequence[str] = ()
) -> tuple[PriceBand, ...]:
    """The band of each main price of the pair (the cheaper one, the other) that has an edge within three times of it.

    odds: the futures of both; all other inputs vary as in them. stand_ins: options that speak for the cheaper one's
    side; the edge from which the other one wins is left out where it is not clearly cheaper than each of them, too.
    """
    both = candidates.only(pair)
    prices = dict(main_prices(both))
    base = _base_lines(both, pair, prices)
    found = [_band(both, pair, name=name, now=now, odds=odds, base=base[name]) for name, now in prices.items()]
    held = [_held(band, candidates, pair[1], odds=odds, stand_ins=stand_ins) for band in found if band is not None]
    return tuple(band for band in held if _is_near(band.low, band.now) or _is_near(band.high, band.now))


def _held(band: PriceBand, candidates: Candidates, other: str, *, odds: Odds, stand_ins: Sequence[str]) -> PriceBand:
    """The band without the edge beyond which `other` would win, where a stand-in is not clearly dearer there."""
    edge = band.high if band.above == other else band.low
    if edge is None or not stand_ins:
        return band
    found = costs(candidates.only((other, *stand_ins)), {**odds.inputs, band.name: edge})
    gaps = [found[one].present_value_cost_usd - found[other].present_value_cost_usd for one in stand_ins]
    if all(np.quantile(gap, _TENTH) > 0 for gap in gaps):
        return band
    return replace(band, high=None) if band.above == other else replace(band, low=None)


def _is_near(edge: float | None, now: float) -> bool:
    return edge is not None and 1 / FARTHEST_PRICE <= edge / now <= FARTHEST_PRICE


def _band(
    both: Candidates, pair: tuple[str, str], *, name: str, now: float, odds: Odds, base: "_Lines"
) -> PriceBand | None:
    limits = now / _FARTHEST_END, now * _FARTHEST_END
    lines = _lines(both, pair, name=name, now=now, odds=odds)
    falls = float(np.sum(lines.slope_usd)) < 0  # the gap, with the price
    shares = (_TENTH, 1 - _TENTH) if falls else (1 - _TENTH, _TENTH)
    low, high = (lines.price_at(share, limits) for share in shares)
    even = base.price_at(_TENTH, limits)
    if even is not None:
        low, high = low and min(low, even), high and max(high, even)
    if not (_is_near(low, now) or _is_near(high, now)):
        return None
    cheaper, other = pair
    below, above = (cheaper, other) if falls else (other, cheaper)
    return PriceBand(name, now, low, high, below, above)


@dataclass(frozen=True, slots=True)
class _Lines:
    """The gap in each future as a line in one price: `gap_usd` at `price`, and what a dollar more adds."""

    price: float
    gap_usd: Draws
    slope_usd: Draws

    def quantile_usd(self, share: float, price: float) -> float:
        """The gap below which so many futures lie at this price."""
        return float(np.quantile(self.gap_usd + (price - self.price) * self.slope_usd, share))

    def price_at(self, share: float, limits: tuple[float, float]) -> float | None:
        """The price within the limits at which that quantile is 0 (regula falsi, Illinois); None where it never is."""
        (low, high), (at_low, at_high) = limits, (self.quantile_usd(share, price) for price in limits)
        if (at_low < 0) == (at_high < 0):
            return None
        for _ in range(_MOST_STEPS):
            price = high - at_high * (high - low) / (at_high - at_low)
            usd = self.quantile_usd(share, price)
            if abs(usd) < _DOLLAR:
                return price
            if (usd < 0) == (at_high < 0):
                high, at_high, at_low = price, usd, at_low / 2
            else:
                low, high, at_low, at_high = high, price, at_high, usd
        return high


def _base_lines(both: Candidates, pair: tuple[str, str], prices: Mapping[str, float]) -> dict[str, _Lines]:
    """The line of the base case in each price, as one future."""
    now = {**values_now(both, spreads_of(both)), **prices}
    values: dict[str, Draws] = {name: np.full(len(prices) + 1, usd) for name, usd in now.items()}
    for place, name in enumerate(prices):
        values[name][place] *= FARTHEST_PRICE
    found = costs(both, values)
    cheaper, other = (np.asarray(found[one].present_value_cost_usd) for one in pair)
    gap = np.broadcast_to(other - cheaper, (len(prices) + 1,))
    return {
        name: _Lines(usd, gap[-1:], (gap[place : place + 1] - gap[-1:]) / (FARTHEST_PRICE * usd - usd))
        for place, (name, usd) in enumerate(prices.items())
    }


def _lines(both: Candidates, pair: tuple[str, str], *, name: str, now: float, odds: Odds) -> _Lines:
    """The line of every future in one price; only the option whose price it is is costed anew."""
    owner = name.rpartition(".")[0]
    cheaper, other = (odds.present_value_usd[option] for option in pair)
    drawn = odds.inputs.get(name, now)
    far = max(_FARTHEST_END * now, 2 * float(np.max(drawn)))  # beyond every draw, so that none divides by nothing
    found = costs(both.only([owner]) if owner in pair else both, {**odds.inputs, name: far})
    usd = {option: np.broadcast_to(cost.present_value_cost_usd, cheaper.shape) for option, cost in found.items()}
    last = usd.get(pair[1], other) - usd.get(pair[0], cheaper)
    return _Lines(far, last, (last - (other - cheaper)) / (far - drawn))
