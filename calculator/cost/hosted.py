"""Cost of a hosted API: tokens times price, nothing to buy and nothing left over."""

from calculator.catalog.options import ApiOffer, ApiTariff
from calculator.cost.bill import Charges, care_of_account, setup, spend
from calculator.cost.demand import Demand
from calculator.cost.inputs import Inputs
from calculator.cost.tariffs import api_prices, listed_prices, price_factors
from calculator.number import Number


def api_charges(offer: ApiOffer, *, tariff: ApiTariff, inputs: Inputs) -> Charges:
    """The bill of a hosted API: tokens times price, with the price trend; nothing to buy and nothing left over."""
    return token_charges(tariff, inputs=inputs, setup_h=inputs.of(offer.id, "setup_h", offer.setup_h))


def token_charges(tariff: ApiTariff, *, inputs: Inputs, setup_h: Number) -> Charges:
    """The bill of all tokens at one host: setup, tokens and the care of an account."""
    demand, prices, listed = Demand.of(inputs), api_prices(tariff, inputs), listed_prices(tariff, inputs)
    factors, says = price_factors(tariff, inputs)
    course = inputs.course(growth="demand_growth_rate", growth_and="api_price_trend_rate")
    tokens = [
        spend(
            f"{kind} tokens",
            mtok * price,
            course,
            says=f"million {kind} tokens a month * {says}",
            seen={f"{kind}_mtok_per_month": mtok, f"{kind}_usd_per_mtok": listed[kind], **factors},
        )
        for kind, mtok, price in demand.priced(prices)
    ]
    lines = [
        setup(inputs, setup_h=setup_h),
        *tokens,
        care_of_account(inputs),
    ]
    wanted = demand.terms(inputs)
    return Charges(
        lines=tuple(lines),
        marginal=tuple(term for line in tokens for term in line.terms),
        served=wanted,
        bought=wanted,
        demand=wanted,
    )
