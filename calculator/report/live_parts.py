"""Lines of the ledger as quantity times price: which prices a line follows, and how.

A line of the ledger is linear in its prices, so each of its parts is a product: a quantity per month (machines, hours,
kWh, million tokens, the engine's own), the prices of `factors`, and the growth of a price in time (`index`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from calculator.cost.subscription import SEAT
from calculator.finance.ledger import Line
from calculator.finance.resale import ANCHOR_MONTHS
from calculator.report.live_prices import tariff_named, token_prices
from calculator.risk.candidates import Candidate
from calculator.scenario.scenario import Scenario
from calculator.units import plain_number

Index = Literal[
    "",
    "wage_escalation_rate",
    "electricity_escalation_rate",
    "inflation_rate",
    "cloud_price_trend_rate",
    "api_price_trend_rate",
]
STEPS: tuple[Index, ...] = ("wage_escalation_rate", "electricity_escalation_rate", "inflation_rate")
"""Rates that move a price once a year."""
TRENDS: tuple[Index, ...] = ("cloud_price_trend_rate", "api_price_trend_rate")
"""Rates that move a price from month to month."""


@dataclass(frozen=True, slots=True)
class Factor:
    """One price in a product: itself, what is left of it (1 - x), or the share kept after `months`: x^(months / 36)."""

    key: str
    form: Literal["plain", "rest", "kept"] = "plain"
    months: float = float(ANCHOR_MONTHS)

    def of(self, value: float) -> float:
        """The factor at a value of its input."""
        if self.form == "rest":
            return 1.0 - value
        return value ** (self.months / ANCHOR_MONTHS) if self.form == "kept" else value

    def formula(self, name: str) -> str:
        """The factor as a spreadsheet writes it; `name` is its input's."""
        if self.form == "rest":
            return f"(1-{name})"
        if self.form == "kept" and self.months != ANCHOR_MONTHS:
            return f"{name}^({plain_number(self.months)}/{ANCHOR_MONTHS})"
        return name

    @property
    def neutral(self) -> float:
        """The input's value at which the factor is 1."""
        return 0.0 if self.form == "rest" else 1.0


@dataclass(frozen=True, slots=True)
class Product:
    """The prices of one part of a line, in what its quantity is counted, and the rate by which its price moves.

    share: of further machines sold at their own ages, the part of the quantity that is sold so; None elsewhere.
    """

    unit: str
    factors: tuple[Factor, ...]
    index: Index = ""
    divisor: Mapping[str, float] = field(default_factory=dict[str, float])
    """Prices that the engine reads from the scenario alone: the quantity is its flow over them."""
    share: float | None = None


def products_of(line: Line, *, candidate: Candidate, scenario: Scenario) -> tuple[Product, ...]:
    """The parts of one line; none for a line whose prices are not known here, which is then stamped."""
    if line.name == "resale":
        return tuple(_sale(line, candidate.option.id))
    if line.name == "further resale":
        return (*_further_sale(line, candidate.option.id, months=scenario.months), _one("machine", "disposal_usd"))
    if line.name in ("lease", "buy-out"):
        return _leased(line, candidate.option.id)
    if line.name == "seats":
        return (_one("seat", f"{candidate.option.id}.{SEAT}"),)
    if line.name in ("overflow to API", "excess at token prices") or line.name.endswith(" tokens"):
        return tuple(_tokens(candidate, scenario))
    if line.name in ("rental", "warm rental", "cold starts", "further rental", "reservation", "storage"):
        return _rented(line, candidate.option.id, scenario)
    return _plain(line, candidate.option.id)


def _plain(line: Line, owner: str) -> tuple[Product, ...]:
    """Lines that machines, rented machines and hosts have in common, by name."""
    value = f"{owner}.worth_usd" if "worth_usd" in line.inputs else f"{owner}.price_usd"
    name = line.name.removeprefix("further ")
    if name.startswith("energy ") or name == "cooling":
        return (_one("kWh", "electricity_usd_per_kwh", index="electricity_escalation_rate"),)
    repair = _one("machine", value, index="inflation_rate")
    known: dict[str, tuple[Product, ...]] = {
        "hardware": (_one("machine", value),),
        "sales tax": (_one("machine", value, "sales_tax_fraction"),),
        "machines": (
            _one("machine", value),
            _one("machine", value, "sales_tax_fraction"),
            _one("machine", "electrical_work_usd"),
            _one("machine", "warranty_usd"),
        ),
        "electrical work": (_one("machine", "electrical_work_usd"),),
        "warranty": (_one("machine", "warranty_usd"),),
        "disposal": (_one("machine", "disposal_usd"),),
        "setup": (_one("h", "wage_usd_per_h"),),
        "administration": (_one("h", "wage_usd_per_h", index="wage_escalation_rate"),),
        "repair": (repair, _one("machine", "insurance_rate", value)) if line.name != name else (repair,),
        "insurance": (_one("machine", "insurance_rate", value),),
        "space": (_one("machine", "space_usd_per_month", index="inflation_rate"),),
        "software": (_one("month", "software_usd_per_month", index="inflation_rate"),),
        "downtime": (_one("h", "downtime_usd_per_h", index="inflation_rate"),),
        "demand charge": (_one("kW", "demand_charge_usd_per_kw_month", index="electricity_escalation_rate"),),
    }
    return known.get(name, ())


def _one(unit: str, *keys: str, index: Index = "") -> Product:
    return Product(unit, tuple(map(Factor, keys)), index)


def _sale(line: Line, owner: str) -> Iterator[Product]:
    """The sale of the first machines; of a PC with a split, its cards and the rest apart."""
    seen = line.inputs
    held = seen.get("held_months", seen.get("age_at_sale_months"))
    base = next((name for name in ("price_usd", "list_price_usd", "worth_usd") if name in seen), None)
    if held is None or base is None:
        return
    fee = () if base == "worth_usd" else (Factor("resale_fee_fraction", "rest"),)
    for kept in _kept(line):
        factors = (Factor(f"{owner}.{base}"), Factor(kept, "kept", float(held)), Factor("resale_market_index"), *fee)
        yield Product("machine", factors)


def _kept(line: Line) -> list[str]:
    """The resale shares that a sale follows: one, or that of the cards and that of the rest."""
    names = ("resale_fraction", "gpu_resale_fraction", "pc_rest_resale_fraction")
    return [name for name in names if name in line.inputs]


def _further_sale(line: Line, owner: str, *, months: int) -> Iterator[Product]:
    """The sale of each further machine, younger than the first."""
    seen = line.inputs
    of_cards = float(seen.get("gpu_price_fraction", 1.0))
    shares = {"pc_rest_resale_fraction": 1.0 - of_cards}
    for name, first in seen.items():
        if name.startswith("first_month_of_") and first <= months:
            held = months - float(first) + 1
            for kept in _kept(line):
                price = (Factor(f"{owner}.price_usd"), Factor(kept, "kept", held))
                market = (Factor("resale_market_index"), Factor("resale_fee_fraction", "rest"))
                yield Product("machine", (*price, *market), share=shares.get(kept, of_cards))


def _leased(line: Line, owner: str) -> tuple[Product, ...]:
    name = "lease_usd_per_month" if line.name == "lease" else "lease_buyout_usd"
    usd, key = float(line.inputs[name]), f"{owner}.{name}"
    return (Product("machine", (Factor(key),), divisor={key: usd}),) if usd else ()


def _rented(line: Line, owner: str, scenario: Scenario) -> tuple[Product, ...]:
    """Rented hours; a commitment is at the price of its first day, so there the trend of rents stays in the quantity."""
    if line.name == "storage":
        return (_one("GB", f"{owner}.storage_usd_per_gb_month"),)
    committed = scenario.cloud_rate == "reserved"
    return (_one("h", f"{owner}.rate_usd_per_h", index="" if committed else "cloud_price_trend_rate"),)


def _tokens(candidate: Candidate, scenario: Scenario) -> Iterator[Product]:
    """Million tokens at each price that the host states; a kind without a price of its own goes at that of input."""
    tariff = tariff_named(candidate, scenario)
    if tariff is not None:
        for key in token_prices(tariff):
            yield _one("Mtok", key, index="api_price_trend_rate")
