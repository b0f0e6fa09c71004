"""Ledger lines of one purchase of machines, given its month: price, work, setup, administration, repair, resale.

The first machines and every further one are the same lines: only their month differs, and the terms on which the first
are held (bought, leased, or there already: owned.py).
"""

from dataclasses import dataclass, field

from calculator.catalog.options import Machine
from calculator.cost.bill import AT_ONCE, administration, setup, spend
from calculator.cost.demand import NEVER
from calculator.cost.inputs import Inputs, some
from calculator.finance.ledger import Line, Once
from calculator.finance.resale import ANCHOR_MONTHS, kept_fraction, net_resale_usd
from calculator.number import Number, larger, where
from calculator.units import MONTHS_PER_YEAR

AT_THE_START = 0
"""The month of purchase of the first machines."""
ONLY_IF_PRICED = {
    "electrical work": "electrical_work_usd",
    "warranty": "warranty_usd",
    "demand charge": "demand_charge_usd_per_kw_month",
    "insurance": "insurance_rate",
    "disposal": "disposal_usd",
}
"""Lines that the ledger leaves out where their price is 0."""


@dataclass(frozen=True, slots=True)
class Holding:
    """On what terms machines are held.

    payments: what is paid for them: hardware and sales tax, a lease, or what keeping them forgoes.
    value: what repair and insurance are reckoned from, by name.
    warranty_months: months without a repair bill.
    is_installed: whether setup, electrical work and a longer warranty are still to be paid.
    resale: the price that the age curve starts from, by name and in words; None where the machines go back.
    age_months: age at that price.
    fee_fraction: share of the sale that the marketplace keeps.
    """

    payments: tuple[Line, ...]
    value: tuple[str, Number]
    warranty_months: int
    fee_fraction: Number
    resale: tuple[str, Number, str] | None
    age_months: Number = 0.0
    is_installed: bool = True


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
    machine: Machine, *, holding: Holding, inputs: Inputs, count: int, peak_kw: Number, month: Number = AT_THE_START
) -> MachineLines:
    """The lines of `count` machines that come at the start of month `month` + 1 and are sold at the horizon.

    `month` may be one per draw, NEVER where none comes; all lines are then there, with nothing in them. `peak_kw` is
    what all of them draw at most. Lines whose price is 0 are there too: `priced` drops them.
    """
    return MachineLines(
        purchase=[*holding.payments, *_installation(machine, holding, inputs=inputs, count=count, month=month)],
        running=[
            _demand_charge(inputs, peak_kw=peak_kw, month=month),
            administration(inputs, care=_care(machine, inputs), count=count, first_month=month + 1),
            *_upkeep(machine, holding, inputs=inputs, count=count, month=month),
        ],
        sale=_sale(machine, holding, inputs=inputs, count=count, month=month),
    )


def priced(lines: list[Line]) -> list[Line]:
    """The lines without those that nobody gave a price."""
    return [line for line in lines if line.name not in ONLY_IF_PRICED or some(line.inputs[ONLY_IF_PRICED[line.name]])]


def bought(machine: Machine, *, inputs: Inputs, count: int, month: Number = AT_THE_START) -> Holding:
    """Machines bought at today's price at the start of month `month` + 1."""
    at = purchase_date(inputs, month=month)
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
    list_usd, age_months = resale_base(machine, inputs=inputs)
    return Holding(
        payments=(hardware, sales_tax),
        value=("price_usd", price),
        warranty_months=inputs.scenario.warranty_months,
        fee_fraction=inputs.resale_fee_fraction,
        resale=("list_price_usd", list_usd, "list price"),
        age_months=age_months,
    )


def purchase_date(inputs: Inputs, *, month: Number) -> Once:
    """When machines that come at the start of month `month` + 1 are paid; never, beyond the horizon."""
    return AT_ONCE if _is_start(month) else Once(where(month < inputs.scenario.months, month, NEVER))


def price_usd(machine: Machine, *, inputs: Inputs) -> Number:
    """What one machine costs today, before sales tax."""
    return inputs.of(machine.id, "price_usd", machine.purchase_price().price_usd)


def resale_base(machine: Machine, *, inputs: Inputs) -> tuple[Number, Number]:
    """The price that the age curve starts from, and the age (months) at the purchase.

    The list price and the machine's age; where no list price is known, the purchase price, which ages from the
    purchase.
    """
    owner = machine.id
    if all(row.kind != "list" for row in machine.prices) and f"{owner}.list_price_usd" not in inputs.scenario.figures:
        return price_usd(machine, inputs=inputs), 0.0
    age = MONTHS_PER_YEAR * inputs.of(owner, "age_when_bought_years", machine.age_when_bought_years or 0.0)
    return inputs.of(owner, "list_price_usd", machine.list_price().price_usd), age


def _is_start(month: Number) -> bool:
    return isinstance(month, int) and month == AT_THE_START


def _installation(machine: Machine, holding: Holding, *, inputs: Inputs, count: int, month: Number) -> list[Line]:
    """Setup, electrical work (a PC with GPUs only) and a longer warranty."""
    if not holding.is_installed:
        return []
    at = purchase_date(inputs, month=month)
    work = inputs.electrical_work_usd if machine.kind == "workstation" else 0.0
    lines = [setup(inputs, setup_h=inputs.of(machine.id, "setup_h", machine.setup_h), count=count, at=at)]
    for name, usd in (("electrical work", work), ("warranty", inputs.warranty_usd)):
        seen = {f"{name.replace(' ', '_')}_usd": usd, "machine_count": count}
        lines.append(spend(name, usd * count, at, says=f"{name} * machines", seen=seen, kind="capital"))
    return lines


def _care(machine: Machine, inputs: Inputs) -> tuple[str, Number]:
    """Hours of administration a year: of a Mac, or of everything else (Linux boxes with drivers)."""
    if machine.kind == "mac":
        return "mac_administration_h_per_year", inputs.mac_administration_h_per_year
    return "pc_administration_h_per_year", inputs.pc_administration_h_per_year


def _demand_charge(inputs: Inputs, *, peak_kw: Number, month: Number) -> Line:
    charge = inputs.demand_charge_usd_per_kw_month
    return spend(
        "demand charge",
        peak_kw * charge,
        inputs.course(step="electricity_escalation_rate", first_month=month + 1),
        says="highest kW * charge per kW and month",
        seen={"peak_kw": peak_kw, "demand_charge_usd_per_kw_month": charge},
    )


def _upkeep(machine: Machine, holding: Holding, *, inputs: Inputs, count: int, month: Number) -> list[Line]:
    """Repair after the warranty, and insurance."""
    failures, rate = "built_failure_rate", inputs.built_failure_rate
    if machine.kind == "workstation":
        failures, rate = "self_built_failure_rate", inputs.self_built_failure_rate
    value_name, value_usd = holding.value
    value = {value_name: value_usd, "warranty_months": holding.warranty_months, "machine_count": count}
    insurance = inputs.insurance_rate
    return [
        spend(
            "repair",
            rate / MONTHS_PER_YEAR * inputs.repair_fraction * value_usd * count,
            inputs.course(step="inflation_rate", first_month=month + holding.warranty_months + 1),
            says="failures a year / 12 * repair as a share of the price * price * machines, after the warranty",
            seen={failures: rate, "repair_fraction": inputs.repair_fraction, **value},
        ),
        spend(
            "insurance",
            insurance / MONTHS_PER_YEAR * value_usd * count,
            inputs.course(first_month=month + 1),
            says="insurance rate / 12 * price * machines",
            seen={"insurance_rate": insurance, **value},
        ),
    ]


def _sale(machine: Machine, holding: Holding, *, inputs: Inputs, count: int, month: Number) -> list[Line]:
    """Sale at the horizon, list price * age curve * market index * (1 - fee), and disposal; none of what goes back.

    A used machine starts at its age; where no list price is known, the used price ages from the purchase instead.
    """
    if holding.resale is None:
        return []
    horizon = inputs.scenario.months
    is_there = 1.0 if _is_start(month) else where(month < horizon, 1.0, 0.0)
    fraction, kept_at_36 = "resale_fraction", inputs.resale_fraction
    if machine.kind == "workstation":
        fraction, kept_at_36 = "gpu_resale_fraction", inputs.gpu_resale_fraction
    base_name, base, base_says = holding.resale
    age = holding.age_months + larger(horizon - month, 0)
    kept = kept_fraction(age, kept_at={ANCHOR_MONTHS: kept_at_36})
    index, fee = inputs.resale_market_index, holding.fee_fraction
    usd = net_resale_usd(base, kept=kept, market_index=index, fee_fraction=fee) * count
    at, disposal = Once(horizon), inputs.disposal_usd
    says = f"{base_says} * (kept after 36 months)^(age at sale / 36) * market index * (1 - selling fee) * machines"
    return [
        spend(
            "resale",
            -usd * is_there,
            at,
            says=says,
            seen={
                base_name: base,
                fraction: kept_at_36,
                "age_at_sale_months": age,
                "kept_fraction": kept,
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
