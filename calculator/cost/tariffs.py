"""Token prices of a hosted API: the tier that a request falls into, batch discount and retries."""

from calculator.catalog.api_quotes import tariff_key
from calculator.catalog.options import ApiTariff, PriceTier
from calculator.cost.inputs import Inputs
from calculator.evidence import Quantity
from calculator.number import Number, some, where
from calculator.scenario.scenario import Scenario


def api_prices(tariff: ApiTariff, inputs: Inputs) -> dict[str, Number]:
    """Effective $/Mtok after batch discount and retries, of the tier that the request's input falls into.

    A host without a price for cached tokens, or for those that it keeps, bills them as input. A figure of the person's own is taken as it is.
    """
    factor = (
        inputs.of(tariff_key(tariff), "price_ratio", 1.0)
        * (1 - inputs.api_batch_fraction * inputs.api_batch_discount_fraction)
        * (1 + inputs.api_retry_fraction)
    )
    return {kind: usd * factor for kind, usd in listed_prices(tariff, inputs).items()}


def price_factors(tariff: ApiTariff, inputs: Inputs) -> tuple[dict[str, Number], str]:
    """What a listed price is multiplied with, and how that is said; nothing where it is multiplied with 1."""
    ratio = inputs.of(tariff_key(tariff), "price_ratio", 1.0)
    if not any(map(some, (ratio - 1, inputs.api_batch_fraction, inputs.api_retry_fraction))):
        return {}, "price"
    parts = {
        "price_ratio": ratio,
        "api_batch_fraction": inputs.api_batch_fraction,
        "api_retry_fraction": inputs.api_retry_fraction,
        "api_batch_discount_fraction": inputs.api_batch_discount_fraction,
    }
    return parts, "price * price ratio * (1 - batch share * batch discount) * (1 + retries)"


def listed_prices(tariff: ApiTariff, inputs: Inputs) -> dict[str, Number]:
    """$/Mtok of the tier that the request's input falls into, before discounts and retries."""
    owner = tariff_key(tariff)

    def asked(name: str, base: Quantity) -> Number:
        return inputs.of(owner, name, base) * _tier_ratio(name, base.central, tariff=tariff, inputs=inputs)

    listed = asked("input_usd_per_mtok", tariff.input_usd_per_mtok)
    cached = (
        listed
        if tariff.cached_input_usd_per_mtok is None
        else asked("cached_input_usd_per_mtok", tariff.cached_input_usd_per_mtok)
    )
    kept = (
        listed
        if tariff.cache_write_usd_per_mtok is None
        else asked("cache_write_usd_per_mtok", tariff.cache_write_usd_per_mtok)
    )
    output = asked("output_usd_per_mtok", tariff.output_usd_per_mtok)
    return {"input": listed, "kept": kept, "cached": cached, "output": output}


def tier_of(tariff: ApiTariff, scenario: Scenario) -> PriceTier | None:
    """The tier whose prices a request of this scenario pays: the last one that its input passes; None for the base."""
    passed = [tier for tier in tariff.tiers if scenario.input_tokens() > tier.above_input_tokens]
    return passed[-1] if passed else None


def _tier_ratio(name: str, base_usd: float, *, tariff: ApiTariff, inputs: Inputs) -> Number:
    """A tier's price over the base price; 1 below every tier, and for a figure of the person's own."""
    if not tariff.tiers or f"{tariff_key(tariff)}.{name}" in inputs.scenario.figures:
        return 1.0
    read, ratio = inputs.prompt_tokens + inputs.retrieved_tokens, 1.0
    for tier in tariff.tiers:
        ratio = where(read > tier.above_input_tokens, (getattr(tier, name) or base_usd) / base_usd, ratio)
    return ratio
