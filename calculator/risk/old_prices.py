"""Old prices: which options rest on a price that is beyond twice its shelf life on the day of looking.

An old price removes nothing: its range widens with its age (candidates.spreads_of). Here it is named. A price that the
person typed, a machine already owned and a lease are the person's own and do not age.
"""

from dataclasses import dataclass

from calculator.catalog.freshness import FRESH_DAYS, age_days, price_read, tokens_read
from calculator.catalog.options import ApiOffer
from calculator.cost.tco import tariff_of
from calculator.risk.candidates import Candidate, Candidates
from calculator.scenario.scenario import Scenario

MOST_SHELF_LIVES = 2.0
"""An older price is named wherever the answer rests on it."""


@dataclass(frozen=True, slots=True)
class OldPrice:
    """One option's price and its age.

    kind: list, street, used, refurbished, estimate, rental or API. An estimate has the age of its oldest ingredient.
    shelf_lives: its age as a multiple of its shelf life; above 2 where it is named.
    """

    option_id: str
    name: str
    kind: str
    as_of: str
    age_days: int
    shelf_lives: float


def old_prices(candidates: Candidates, *, on: str = "") -> tuple[OldPrice, ...]:
    """Prices beyond twice their shelf life on a day (YYYY-MM-DD; that of the candidates unless given), oldest first."""
    day = on or candidates.day_of_looking()
    if not day:
        return ()
    found: list[OldPrice] = []
    for whole in candidates:
        for candidate, under in candidates.only([whole.option.id]).leaves():
            if (read := price_behind(candidate, under.scenario)) is None:
                continue
            kind, as_of = read
            age = age_days(as_of, on=day)
            lives = age / candidates.constants[FRESH_DAYS[kind]].central
            if lives > MOST_SHELF_LIVES:
                found.append(OldPrice(whole.option.id, candidate.option.name, kind, as_of, age, lives))
    return tuple(sorted(found, key=lambda price: (-price.shelf_lives, price.option_id)))


def own_prices_of(scenario: Scenario) -> frozenset[str]:
    """Figures whose prices are the person's own, or no cost: those that were typed, and machines that are not bought."""
    return frozenset((*scenario.figures, *(f"{name}.price_usd" for name in scenario.held_ids())))


def price_behind(candidate: Candidate, scenario: Scenario) -> tuple[str, str] | None:
    """Kind of the price that the option's cost rests on, and the date it counts from; None where it is the person's."""
    option, own, reference = candidate.option, own_prices_of(scenario), candidate.reference_api
    if candidate.is_api_alone:
        return None if reference is None else tokens_read((reference,), own=own)
    paid = tariff_of(option, scenario, reference) if isinstance(option, ApiOffer) else None
    return price_read(option, paid=paid, cloud_rate=scenario.cloud_rate, own=own)
