"""Prices by age and weight: which old price matters most, since the least move of it would change an answer.

For every price of the options compared, the ratio r nearest to 1 at which the cheapest of a contest is another one:
all that can do the job, and the Macs and PCs among them. A move of ln r is set against what prices of its kind move in
the time since it was read, v sqrt(t) (price_age.py): the fewer such spreads, the sooner the price must be looked up.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calculator.catalog import Catalog
from calculator.catalog.catalog import Option
from calculator.catalog.freshness import FRESH_DAYS, age_days, price_read
from calculator.catalog.options import ApiOffer, Machine
from calculator.catalog.price_age import price_kind
from calculator.catalog.routed import Routed
from calculator.decision.comparison import Comparison
from calculator.risk.candidates import costs
from calculator.risk.prices_now import main_prices
from calculator.service.tariff import paid_tariff
from calculator.units import DAYS_PER_YEAR

FARTHEST = 20.0  # a price twenty times dearer or cheaper is another thing
STEPS = 2_001


@dataclass(frozen=True, slots=True)
class Turn:
    """The nearest ratio of a price at which a contest has another winner.

    contest: "overall" or "mac-or-pc". ratio: the price then over the price now. winner: the option that is cheapest
    then. spreads: |ln ratio| over what such a price moves in its age; None where it was read on the day itself.
    """

    contest: str
    ratio: float
    winner: str
    spreads: float | None


@dataclass(frozen=True, slots=True)
class WatchedPrice:
    """One option's price: kind and date, age against its shelf life, and what would turn the answer.

    compared: whether the option can do the job in this comparison; `turn` is None where it cannot, or where no price up
    to twenty times away changes a winner.
    """

    option: str
    name: str
    kind: str
    as_of: str
    age_days: int
    shelf_lives: float
    compared: bool
    turn: Turn | None


def watched_prices(comparison: Comparison, catalog: Catalog) -> tuple[WatchedPrice, ...]:
    """Every price of the catalogue on the comparison's day: those that would turn an answer soonest first, then by age."""
    day, scenario = comparison.prices_as_of, comparison.scenario
    turns = _turns(comparison)
    compared = {candidate.option.id for candidate in comparison.candidates}
    rows: list[WatchedPrice] = []
    named = {row.id: catalog.option(row.id) for row in comparison.options}
    for key, option in (_all_options(catalog) | named).items():
        paid = paid_tariff(option, scenario, catalog) if isinstance(option, ApiOffer) else None
        if isinstance(option, ApiOffer) and paid is None:  # nobody hosts the model
            continue
        read = price_read(option, paid=paid, cloud_rate=scenario.cloud_rate, own=tuple(scenario.figures))
        if read is None or isinstance(option, Routed):
            continue
        kind, as_of = read
        age = age_days(as_of, on=day)
        moved = catalog.constants[f"{price_kind(option)}_price_volatility"].central * math.sqrt(age / DAYS_PER_YEAR)
        found = turns.get(key)
        turn = None
        if found is not None:
            contest, ratio, winner = found
            turn = Turn(contest, ratio, winner, abs(math.log(ratio)) / moved if moved else None)
        lives = age / catalog.constants[FRESH_DAYS[kind]].central
        rows.append(WatchedPrice(key, option.name, kind, as_of, age, lives, key in compared, turn))
    return tuple(sorted(rows, key=_urgency))


def _all_options(catalog: Catalog) -> dict[str, Option]:
    return {**catalog.machines, **catalog.clouds, **catalog.apis, **catalog.subscriptions}


def _urgency(row: WatchedPrice) -> tuple[float, float, str]:
    spreads = math.inf if row.turn is None or row.turn.spreads is None else row.turn.spreads
    return spreads, -row.shelf_lives, row.option


def _turns(comparison: Comparison) -> dict[str, tuple[str, float, str]]:
    """By option: contest, ratio and new winner of the nearest turn of its price."""
    candidates = comparison.candidates
    if len(candidates) < 2:
        return {}
    ratios = np.geomspace(1 / FARTHEST, FARTHEST, STEPS)
    machines = [one.option.id for one in candidates if isinstance(one.option, Machine) and one.option.kind != "mini-pc"]
    contests = {"overall": [one.option.id for one in candidates], "mac-or-pc": machines}
    found: dict[str, tuple[str, float, str]] = {}
    for owner in contests["overall"]:
        for name, now in main_prices(candidates.only([owner])):
            values = {
                key: np.broadcast_to(np.asarray(cost.present_value_cost_usd, dtype=np.float64), ratios.shape)
                for key, cost in costs(candidates, {name: ratios * now}).items()
            }
            for contest, ids in contests.items():
                turn = _nearest(values, ids, ratios)
                if turn is not None and (owner not in found or _nearer(turn[0], found[owner][1])):
                    found[owner] = (contest, *turn)
    return found


def _nearer(ratio: float, than: float) -> bool:
    return abs(math.log(ratio)) < abs(math.log(than))


def _nearest(
    values: Mapping[str, NDArray[np.float64]], ids: Sequence[str], ratios: NDArray[np.float64]
) -> tuple[float, str] | None:
    """The ratio nearest to 1 at which the cheapest of the ids is another one, and that one."""
    if len(ids) < 2:
        return None
    winner = np.argmin(np.stack([values[key] for key in ids]), axis=0)
    middle = STEPS // 2
    changed = np.flatnonzero(winner != winner[middle])
    if not changed.size:
        return None
    at = int(changed[np.argmin(np.abs(changed - middle))])
    return float(ratios[at]), ids[int(winner[at])]
