"""Prices of an option that a person may change in the workbook: what each is now, and where it comes from."""

from dataclasses import dataclass

from calculator.catalog.api_quotes import tariff_key
from calculator.catalog.options import ApiOffer, ApiTariff, CloudOffer, Machine
from calculator.catalog.plans import Subscription
from calculator.cost.inputs import Inputs
from calculator.cost.subscription import SEAT
from calculator.cost.tco import tariff_of
from calculator.errors import CalculatorError
from calculator.evidence import Quantity
from calculator.risk.candidates import Candidate
from calculator.scenario.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Price:
    """One price: its value now, and the catalogue's evidence; without one it is the person's."""

    value: float
    quantity: Quantity | None


def price_of(key: str, *, candidate: Candidate, scenario: Scenario) -> Price:
    """The price of this key: a scenario's field, or "<option or host>.<figure>". Raises CalculatorError otherwise."""
    owner, _, name = key.rpartition(".")
    if not owner:
        return Price(float(getattr(scenario, name)), None)
    if name == "worth_usd":
        return Price(scenario.already_own_usd[owner], None)
    if name in ("lease_usd_per_month", "lease_buyout_usd"):
        lease = scenario.leases[owner]
        return Price((lease.usd_per_month if name == "lease_usd_per_month" else lease.buyout_usd) or 0.0, None)
    quantity = _evidence(key, candidate=candidate, scenario=scenario)
    value = float(Inputs(scenario).of(owner, name, quantity))
    return Price(value, None if key in scenario.figures else quantity)


def tariff_named(candidate: Candidate, scenario: Scenario) -> ApiTariff | None:
    """The tariff at which the option buys tokens: its own, or the reference host's; None where there is none."""
    option = candidate.option
    if isinstance(option, ApiOffer):
        return tariff_of(option, scenario, candidate.reference_api)
    return candidate.reference_api


def token_prices(tariff: ApiTariff) -> dict[str, Quantity]:
    """The prices that a host states, by key; a kind that it does not price has none."""
    owner = tariff_key(tariff)
    found = {
        "input_usd_per_mtok": tariff.input_usd_per_mtok,
        "cached_input_usd_per_mtok": tariff.cached_input_usd_per_mtok,
        "cache_write_usd_per_mtok": tariff.cache_write_usd_per_mtok,
        "output_usd_per_mtok": tariff.output_usd_per_mtok,
    }
    return {f"{owner}.{name}": quantity for name, quantity in found.items() if quantity is not None}


def _evidence(key: str, *, candidate: Candidate, scenario: Scenario) -> Quantity:
    option = candidate.option
    known: dict[str, Quantity] = {}
    if isinstance(option, Machine):
        known[f"{option.id}.price_usd"] = option.purchase_price().price_usd
        known[f"{option.id}.list_price_usd"] = option.list_price().price_usd
    if isinstance(option, CloudOffer):
        known[f"{option.id}.rate_usd_per_h"] = option.rate(scenario.cloud_rate).rate_usd_per_h
        known[f"{option.id}.storage_usd_per_gb_month"] = option.storage_usd_per_gb_month
    if isinstance(option, Subscription):
        known[f"{option.id}.{SEAT}"] = option.price.seat_usd_per_month
    if (tariff := tariff_named(candidate, scenario)) is not None:
        known |= token_prices(tariff)
    if key not in known:
        raise CalculatorError(f"{key}: no such price of {option.id}. It has {', '.join(sorted(known))}.")
    return known[key]
