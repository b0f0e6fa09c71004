"""Prices beyond twice their shelf life, with the range that their age gives them, as the verdict asks about them."""

from calculator.catalog.api_quotes import tariff_key
from calculator.catalog.freshness import NOUNS
from calculator.catalog.options import CloudOffer, Machine
from calculator.cost.tco import tariff_of
from calculator.decision.comparison import AgedPrice
from calculator.number import Range
from calculator.risk.candidates import Candidate, Candidates, spreads_of
from calculator.risk.old_prices import old_prices


def aged_prices(candidates: Candidates) -> list[AgedPrice]:
    """The old prices of the candidates on their day of looking; an API's are varied together, as one ratio."""
    by_id = {one.option.id: one for one in candidates}
    spreads = spreads_of(candidates)
    found: list[AgedPrice] = []
    for old in old_prices(candidates):
        name, of = _input_of(by_id[old.option_id], candidates)
        spread = spreads.get(of)
        if spread is None:
            continue
        unit = spread.central if name.endswith("price_ratio") else 1.0
        aged = Range(spread.low / unit, spread.central / unit, spread.high / unit)
        noun = NOUNS.get(old.kind, f"{old.kind} price")
        found.append(AgedPrice(old.option_id, old.name, name, old.kind, noun, old.as_of, old.age_days, aged))
    return found


def _input_of(candidate: Candidate, candidates: Candidates) -> tuple[str, str]:
    """The input that varies the price, and the one whose range is that of its age."""
    option = candidate.option
    if isinstance(option, Machine):
        return f"{option.id}.price_usd", f"{option.id}.price_usd"
    if isinstance(option, CloudOffer):
        return f"{option.id}.rate_usd_per_h", f"{option.id}.rate_usd_per_h"
    owner = tariff_key(tariff_of(option, candidates.scenario, candidate.reference_api))
    return f"{owner}.price_ratio", f"{owner}.input_usd_per_mtok"
