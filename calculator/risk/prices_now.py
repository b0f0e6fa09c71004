"""What each option asks today, and the value of every uncertain input in the base case."""

from collections.abc import Iterator, Mapping

from calculator.catalog.api_quotes import tariff_key
from calculator.catalog.options import ApiTariff, CloudOffer, Machine
from calculator.catalog.plans import Subscription
from calculator.catalog.routed import Routed
from calculator.cost.subscription import SEAT
from calculator.cost.tco import tariff_of
from calculator.risk.candidates import Candidate, Candidates
from calculator.risk.distributions import Spread
from calculator.scenario.scenario import Scenario


def own_prices(candidate: Candidate, *, scenario: Scenario) -> dict[str, float]:
    """The prices that the option's cost rests on, by input, as the base case has them: of a machine, an hour, tokens.

    What the person typed is the person's. A machine that is leased or owned already has none.
    """
    option = candidate.option
    if isinstance(option, Routed):
        return {
            name: usd
            for part in candidate.parts
            for name, usd in own_prices(part.candidate, scenario=part.scenario).items()
        }
    if candidate.is_api_alone:
        found = {} if candidate.reference_api is None else _token_prices(candidate.reference_api)
    elif isinstance(option, Machine):
        is_bought = option.id not in scenario.leases and not scenario.has_no_price(option.id)
        found = {f"{option.id}.price_usd": option.purchase_price().price_usd.central} if is_bought else {}
    elif isinstance(option, CloudOffer):
        found = {f"{option.id}.rate_usd_per_h": option.rate(scenario.cloud_rate).rate_usd_per_h.central}
    elif isinstance(option, Subscription):
        found = {f"{option.id}.{SEAT}": option.price.seat_usd_per_month.central}
    else:
        found = _token_prices(tariff_of(option, scenario, candidate.reference_api))
    return {name: float(scenario.figures.get(name, usd)) for name, usd in found.items()}


def _token_prices(tariff: ApiTariff) -> dict[str, float]:
    prices = {
        "input_usd_per_mtok": tariff.input_usd_per_mtok,
        "cached_input_usd_per_mtok": tariff.cached_input_usd_per_mtok,
        "cache_write_usd_per_mtok": tariff.cache_write_usd_per_mtok,
        "output_usd_per_mtok": tariff.output_usd_per_mtok,
    }
    return {f"{tariff_key(tariff)}.{name}": price.central for name, price in prices.items() if price is not None}


def main_prices(candidates: Candidates) -> Iterator[tuple[str, float]]:
    """Each option's main price and its value now: of a machine, an hour, or all tokens of an API (a ratio)."""
    for candidate, under in candidates.leaves():
        scenario = under.scenario
        if isinstance(candidate.option, Machine | CloudOffer | Subscription):
            found = own_prices(candidate, scenario=scenario)
        else:
            assert not isinstance(candidate.option, Routed)  # its parts are asked
            name = f"{tariff_key(tariff_of(candidate.option, scenario, candidate.reference_api))}.price_ratio"
            found = {name: float(scenario.figures.get(name, 1.0))}
        yield from ((name, usd) for name, usd in found.items() if usd > 0)


def values_now(candidates: Candidates, spreads: Mapping[str, Spread]) -> dict[str, float]:
    """The value of each input in the base case: the scenario's or the person's own, a price as read, else the middle.

    The middle of an old price's range has moved with the years; the base case pays the price as it was read.
    """
    scenario = candidates.scenario
    prices: dict[str, float] = {}
    for candidate, under in candidates.leaves():
        prices |= _token_prices(candidate.reference_api) if candidate.reference_api is not None else {}
        prices |= own_prices(candidate, scenario=under.scenario)
    return {
        name: float(getattr(scenario, name))
        if "." not in name
        else float(scenario.figures.get(name, prices.get(name, spread.central)))
        for name, spread in spreads.items()
    }
