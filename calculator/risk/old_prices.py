"""Old prices: which options rest on a price that is beyond twice its shelf life on the day of looking.

An old price removes nothing: its range widens with its age (candidates.spreads_of). Here it is named. A price that the
person typed, a machine already owned and a lease are the person's own and do not age.
"""

from dataclasses import dataclass

from calculator.catalog.api_quotes import tariff_key
from calculator.catalog.freshness import FRESH_DAYS, age_days
from calculator.catalog.options import ApiTariff, CloudOffer, Machine
from calculator.catalog.plans import Subscription
from calculator.catalog.routed import Routed
from calculator.cost.subscription import SEAT
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
            if (read := _read(candidate, under.scenario)) is None:
                continue
            kind, as_of = read
            age = age_days(as_of, on=day)
            lives = age / candidates.constants[FRESH_DAYS[kind]].central
            if lives > MOST_SHELF_LIVES:
                found.append(OldPrice(whole.option.id, candidate.option.name, kind, as_of, age, lives))
    return tuple(sorted(found, key=lambda price: (-price.shelf_lives, price.option_id)))


def _read(candidate: Candidate, scenario: Scenario) -> tuple[str, str] | None:
    """Kind of the price that the option's cost rests on, and the date it counts from; None where it is the person's."""
    option = candidate.option
    if candidate.is_api_alone:
        return None if candidate.reference_api is None else _tokens_read(candidate.reference_api, scenario)
    if isinstance(option, Machine):
        if f"{option.id}.price_usd" in scenario.figures or option.id in scenario.leases:
            return None
        price = option.purchase_price()
        if price.price_usd.basis == "yours" or scenario.has_no_price(option.id):
            return None
        return ("estimate" if price.is_estimate else price.kind), price.aged_from
    if isinstance(option, CloudOffer):
        rate = option.rate(scenario.cloud_rate).rate_usd_per_h
        return None if f"{option.id}.rate_usd_per_h" in scenario.figures else ("rental", rate.as_of)
    if isinstance(option, Subscription):
        seat = option.price.seat_usd_per_month
        return None if f"{option.id}.{SEAT}" in scenario.figures else ("seat", seat.as_of)
    assert not isinstance(option, Routed)  # its parts are asked
    return _tokens_read(tariff_of(option, scenario, candidate.reference_api), scenario)


def _tokens_read(tariff: ApiTariff, scenario: Scenario) -> tuple[str, str] | None:
    prices = {"input_usd_per_mtok": tariff.input_usd_per_mtok, "output_usd_per_mtok": tariff.output_usd_per_mtok}
    stated = [price.as_of for name, price in prices.items() if f"{tariff_key(tariff)}.{name}" not in scenario.figures]
    return ("API", min(stated)) if stated else None
