"""Ledger lines of one purchase of machines, given its month: price, work, setup, administration, repair, resale.

The first machines and every further one are the same lines: only their month differs, and the terms on which the first
are held (bought, leased, or there already: owned.py).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from calculator.catalog.options import Machine
from calculator.cost.bill import spend
from calculator.cost.inputs import Inputs
from calculator.cost.kept_value import kept_value
from calculator.cost.machine_care import administration, setting_up, space
from calculator.cost.when import AT_THE_START, When
from calculator.evidence import Remark
from calculator.finance.courses import Once
from calculator.finance.ledger import Line, Term
from calculator.finance.resale import net_resale_usd
from calculator.number import Number, some, where
from calculator.units import MONTHS_PER_YEAR

ONLY_IF_PRICED = {
    "electrical work": "electrical_work_usd",
    "warranty": "warranty_usd",
    "demand charge": "demand_charge_usd_per_kw_month",
    "insurance": "insurance_rate",
    "space": "space_usd_per_month",
    "disposal": "disposal_usd",
}
"""Lines that the ledger leaves out where their price is 0."""


@dataclass(frozen=True, slots=True)
class Holding:
    """On what terms machines are held.

    payments: what is paid for them: hardware and sales tax, a lease, or what keeping them forgoes.
    value: what repair and insurance are reckoned from, by name.
    warranty_months: months without a repair bill.
    cards_warranty_months: the same of the graphics cards, where they were bought otherwise than the rest of a PC.
    is_installed: whether setup, electrical work and a longer warranty are still to be paid.
    resale: what the sale is a share of, by name and in words; None where the machines go back.
    age_months: age at that price, where the share is of the list price (version 0.1).
    fee_fraction: share of the sale that the marketplace keeps.
    """

    payments: tuple[Line, ...]
    value: tuple[str, Number]
    warranty_months: int
    fee_fraction: Number
    resale: tuple[str, Number, str] | None
    age_months: Number = 0.0
    is_installed: bool = True
    cards_warranty_months: int | None = None


@dataclass(frozen=True, slots=True)
class MachineLines:
    """The lines of one purchase in the ledger's order."""

    purchase: list[Line] = field(default_factory=list[Line])
    running: list[Line] = field(default_factory=list[Line])
    sale: list[Line] = field(default_factory=list[Line])

    def all(self) -> list[Line]:
        """Every line, in order."""
        return [*self.purchase, *self.running, *self.sale]


def machine_lines(
    machine: Machine, *, holding: Holding, inputs: Inputs, count: int, peak_kw: Number, when: When = AT_THE_START
) -> MachineLines:
    """The lines of `count` machines that come when `when` says and are sold at the horizon.

    `peak_kw` is what all of them draw at most. Lines whose price is 0 are there too: `priced` drops them.
    """
    return MachineLines(
        purchase=[*holding.payments, *_installation(machine, holding, inputs=inputs, count=count, when=when)],
        running=[
            _demand_charge(inputs, peak_kw=peak_kw, when=when),
            administration(machine, inputs, count=count, when=when),
            *_upkeep(machine, holding, inputs=inputs, count=count, when=when),
            space(inputs, count=count, when=when),
        ],
        sale=_sale(machine, holding, inputs=inputs, count=count, when=when),
    )


def priced(lines: list[Line]) -> list[Line]:
    """The lines without those that nobody gave a price."""
    return [line for line in lines if line.name not in ONLY_IF_PRICED or some(line.inputs[ONLY_IF_PRICED[line.name]])]


def bought(machine: Machine, *, inputs: Inputs, count: int, when: When = AT_THE_START) -> Holding:
    """Machines bought at today's price, whenever they come."""
    at = when.paid_at_once(inputs)
    price, tax = price_usd(machine, inputs=inputs), inputs.sales_tax_fraction
    hardware = spend(
        "hardware",
        price * count,
        at,
        says="price * machines",
        seen={"price_usd": price, "machine_count": count},
        kind="capital",
    )
    sales_tax = spend(
        "sales tax",
        price * tax * count,
        at,
        says="price * sales tax * machines",
        seen={"price_usd": price, "sales_tax_fraction": tax, "machine_count": count},
        kind="capital",
    )
    base, age_months = resale_base(machine, inputs=inputs)
    return Holding(
        payments=(hardware, sales_tax),
        value=("price_usd", price),
        warranty_months=warranty_months(machine.bought, inputs=inputs),
        cards_warranty_months=warranty_months(machine.cards_bought or machine.bought, inputs=inputs),
        fee_fraction=inputs.resale_fee_fraction,
        resale=base,
        age_months=age_months,
    )


def price_usd(machine: Machine, *, inputs: Inputs) -> Number:
    """What one machine costs today, before sales tax."""
    return inputs.of(machine.id, "price_usd", machine.purchase_price().price_usd)


def warranty_months(bought_as: Literal["new", "used"], *, inputs: Inputs) -> int:
    """Months without a repair bill of what is bought new or used."""
    return inputs.scenario.used_warranty_months if bought_as == "used" else inputs.scenario.warranty_months


def resale_base(machine: Machine, *, inputs: Inputs) -> tuple[tuple[str, Number, str], Number]:
    """What the sale is a share of, by name and in words, and the age (months) at which that is the price.

    What the same machine costs today, new or used as it is bought. By the rules of version 0.1 the list price and the
    machine's age; where no list price is known, the purchase price, which ages from the purchase.
    """
    owner, price = machine.id, price_usd(machine, inputs=inputs)
    if inputs.scenario.rules != 1:
        return ("price_usd", price, "price today"), 0.0
    if all(row.kind != "list" for row in machine.prices) and f"{owner}.list_price_usd" not in inputs.scenario.figures:
        return ("list_price_usd", price, "list price"), 0.0
    age = MONTHS_PER_YEAR * inputs.of(owner, "age_when_bought_years", machine.age_when_bought_years or 0.0)
    return ("list_price_usd", inputs.of(owner, "list_price_usd", machine.list_price().price_usd), "list price"), age


def sold_above_price(lines: Iterable[Line], *, months: int) -> Remark | None:
    """What to check where machines are sold for more than they cost today; None elsewhere. Scalars only."""
    usd = {line.name: abs(float(line.terms[0].amount_usd)) for line in lines if line.name in ("hardware", "resale")}
    if not usd.get("hardware") or usd.get("resale", 0.0) <= usd["hardware"] * _MORE:
        return None
    text = (
        f"It sells for ${usd['resale']:,.0f} after {months} months, more than the ${usd['hardware']:,.0f} that it costs "
        "today. Check the resale market index and the resale value."
    )
    return Remark(code="sold-above-price", text=text, level="warning")


def _installation(machine: Machine, holding: Holding, *, inputs: Inputs, count: int, when: When) -> list[Line]:
    """Setup, electrical work (a PC with GPUs only) and a longer warranty."""
    if not holding.is_installed:
        return []
    at = when.paid_at_once(inputs)
    work = inputs.electrical_work_usd if machine.kind == "workstation" else 0.0
    lines = [setting_up(machine, inputs, count=count, when=when)]
    for name, usd in (("electrical work", work), ("warranty", inputs.warranty_usd)):
        seen = {f"{name.replace(' ', '_')}_usd": usd, "machine_count": count}
        lines.append(spend(name, usd * count, at, says=f"{name} * machines", seen=seen, kind="capital"))
    return lines


def _demand_charge(inputs: Inputs, *, peak_kw: Number, when: When) -> Line:
    charge = inputs.demand_charge_usd_per_kw_month
    return spend(
        "demand charge",
        peak_kw * charge,
        when.course(inputs, step="electricity_escalation_rate"),
        says="highest kW * charge per kW and month",
        seen={"peak_kw": peak_kw, "demand_charge_usd_per_kw_month": charge},
    )


def _upkeep(machine: Machine, holding: Holding, *, inputs: Inputs, count: int, when: When) -> list[Line]:
    """Repair after the warranty, and insurance. Failures grow with the age: of a used machine from its own."""
    value_name, value_usd = holding.value
    value = {value_name: value_usd, "warranty_months": holding.warranty_months, "machine_count": count}
    insurance = inputs.insurance_rate
    return [
        _repair(machine, holding, inputs=inputs, count=count, when=when),
        spend(
            "insurance",
            insurance / MONTHS_PER_YEAR * value_usd * count,
            when.course(inputs),
            says="insurance rate / 12 * price * machines",
            seen={"insurance_rate": insurance, **value},
        ),
    ]


def _repair(machine: Machine, holding: Holding, *, inputs: Inputs, count: int, when: When) -> Line:
    """Failures * cost of a repair after the warranty; of a PC with used cards, of cards and rest from their months."""
    failures, rate = "built_failure_rate", inputs.built_failure_rate
    if machine.kind == "workstation":
        failures, rate = "self_built_failure_rate", inputs.self_built_failure_rate
    growth = inputs.failure_growth_rate
    age = inputs.of(machine.id, "age_when_bought_years", machine.age_when_bought_years or 0.0)
    value_name, value_usd = holding.value
    usd = rate / MONTHS_PER_YEAR * inputs.repair_fraction * value_usd * count
    back, weight = when.grown_back(growth, inputs=inputs, age_years=age)
    usd = usd * back
    parts: list[tuple[Number, int]] = [(1.0, holding.warranty_months)]
    seen: dict[str, Number] = {failures: rate, "repair_fraction": inputs.repair_fraction, value_name: value_usd}
    cards = holding.cards_warranty_months
    if cards not in (None, holding.warranty_months) and machine.gpu_price_fraction is not None:
        share = inputs.of(machine.id, "gpu_price_fraction", machine.gpu_price_fraction)
        parts = [(share, cards), (1 - share, holding.warranty_months)]
        seen |= {"gpu_price_fraction": share, "cards_warranty_months": cards}
    seen |= {"failure_growth_rate": growth, "age_when_bought_years": age}
    return Line(
        "repair",
        "hard",
        tuple(
            Term(
                -usd * share,
                when.course(
                    inputs,
                    growth="failure_growth_rate",
                    step="inflation_rate",
                    months_free=months_free,
                    weight=weight,
                ),
            )
            for share, months_free in parts
        ),
        "failures a year / 12 * (1 + growth)^(age in years) * repair as a share of the price * price * machines, after "
        "the warranty",
        {**seen, "warranty_months": holding.warranty_months, "machine_count": count},
    )


def _sale(machine: Machine, holding: Holding, *, inputs: Inputs, count: int, when: When) -> list[Line]:
    """Sale at the horizon, price today * kept share * market index * (1 - fee), and disposal; none of what goes
    back."""
    if holding.resale is None:
        return []
    base_name, base, base_says = holding.resale
    kept = kept_value(machine, inputs=inputs, when=when, age_months=holding.age_months)
    is_there = when.held_in_all("is there", _is_there, inputs=inputs)
    index, fee = inputs.resale_market_index, holding.fee_fraction
    usd = net_resale_usd(base, kept=kept.fraction, market_index=index, fee_fraction=fee) * count
    at, disposal = Once(inputs.scenario.months), inputs.disposal_usd
    return [
        spend(
            "resale",
            -usd if when.purchases is not None else -usd * is_there,  # of draws: the shares of all purchases, summed
            at,
            says=f"{base_says} * {kept.says} * market index * (1 - selling fee) * machines",
            seen={
                base_name: base,
                **kept.seen,
                "resale_market_index": index,
                "resale_fee_fraction": fee,
                "machine_count": count,
            },
            kind="sale",
        ),
        spend(
            "disposal",
            disposal * count * is_there,
            at,
            says="disposal * machines",
            seen={"disposal_usd": disposal, "machine_count": count},
        ),
    ]


def _is_there(held_months: Number) -> Number:
    """1 for each machine that comes before the horizon."""
    return where(held_months > 0, 1.0, 0.0)


_MORE = 1 + 1e-9
