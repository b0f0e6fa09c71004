"""What does it cost to buy a further machine when demand has outgrown the first? The same lines, from that month on.

A further machine is bought at the start of the month in which demand passes what the machines before it can serve, at
today's price, and sold with them at the horizon, younger than they are. It is looked after from then on; the energy of
all machines stands in the energy lines (own.py). For tax it is taken as deducted when paid. It is bought also where the
first one is leased or was there already.
"""

from collections.abc import Mapping

import numpy as np

from calculator.catalog.options import Machine
from calculator.cost.bill import scaled
from calculator.cost.demand import NEVER, Load
from calculator.cost.inputs import Inputs, some
from calculator.finance.ledger import Course, Hardness, Kind, Line, Once, Term
from calculator.finance.resale import ANCHOR_MONTHS, kept_fraction, net_resale_usd
from calculator.number import Number
from calculator.units import MONTHS_PER_YEAR, W_PER_KW


def expansion_lines(
    machine: Machine, *, inputs: Inputs, load: Load, count: int, watts: Mapping[str, Number]
) -> list[Line]:
    """Lines of the further machines; none where the first ones are enough. `count` machines are bought each time."""
    if not load.full_months:
        return []
    owner, horizon, wage = machine.id, inputs.scenario.months, inputs["wage_usd_per_h"]
    workstation = machine.kind == "workstation"
    price = inputs.of(owner, "price_usd", machine.purchase_price().price_usd)
    tax = inputs["sales_tax_fraction"]
    work: Number = inputs["electrical_work_usd"] if workstation else 0.0
    warranty, covered = inputs["warranty_usd"], inputs.scenario.warranty_months
    setup_h = inputs.of(owner, "setup_h", machine.setup_h)
    care = "mac_administration_h_per_year" if machine.kind == "mac" else "pc_administration_h_per_year"
    failures = "self_built_failure_rate" if workstation else "built_failure_rate"
    fraction = "gpu_resale_fraction" if workstation else "resale_fraction"
    list_usd, age_months = resale_base(machine, inputs=inputs)
    index, fee, disposal = inputs["resale_market_index"], inputs["resale_fee_fraction"], inputs["disposal_usd"]
    repair_usd = inputs[failures] / MONTHS_PER_YEAR * inputs["repair_fraction"] * price
    insured_usd = inputs["insurance_rate"] / MONTHS_PER_YEAR * price
    peak_kw = np.maximum(watts["prefill"], watts["decode"]) / W_PER_KW
    peak_usd = peak_kw * inputs["demand_charge_usd_per_kw_month"]

    bought, installed, cared, repaired, peaks, sold = (list[Term]() for _ in range(6))
    kept_by: dict[str, Number] = {}
    for number, month in enumerate(load.full_months, start=1):
        start = Once(np.where(month <= horizon, month - 1, NEVER))
        bought.append(Term(-(price * (1 + tax) + work + warranty), start))
        installed.append(Term(-setup_h * wage, start))
        cared.append(Term(-inputs[care] / MONTHS_PER_YEAR * wage, Course(0.0, inputs["wage_escalation_rate"], month)))
        repaired.append(Term(-repair_usd, Course(0.0, inputs["inflation_rate"], month + covered)))
        repaired.append(Term(-insured_usd, Course(first_month=month)))
        peaks.append(Term(-peak_usd, Course(0.0, inputs["electricity_escalation_rate"], month)))
        age = age_months + np.maximum(horizon - (month - 1), 0)
        kept = kept_by[f"kept_fraction_of_{number}"] = kept_fraction(age, kept_at={ANCHOR_MONTHS: inputs[fraction]})
        usd = net_resale_usd(list_usd, kept=kept, market_index=index, fee_fraction=fee)
        sold.append(Term((usd - disposal) * (month <= horizon), Once(horizon)))

    when = {f"first_month_of_{number}": month for number, month in enumerate(load.full_months, start=1)}
    counted = {"machine_count": count, **when}

    def line(
        name: str,
        terms: list[Term],
        says: str,
        seen: Mapping[str, Number],
        *,
        soft: bool = False,
        kind: Kind = "running",
    ) -> Line:
        hardness: Hardness = "soft" if soft else "hard"
        says = f"{says}, for each further machine from its first month"
        return Line(f"further {name}", hardness, scaled(tuple(terms), count), says, {**seen, **counted}, kind)

    lines = [
        line(
            "machines", bought, "price * (1 + sales tax) + electrical work + warranty, at the month's start",
            {"price_usd": price, "sales_tax_fraction": tax, "electrical_work_usd": work, "warranty_usd": warranty},
            kind="later capital",
        ),
        line("setup", installed, "setup hours * hourly rate", {"setup_h": setup_h, "wage_usd_per_h": wage}, soft=True),
        line(
            "administration", cared, "hours a year / 12 * hourly rate", {care: inputs[care], "wage_usd_per_h": wage},
            soft=True,
        ),
        line(
            "repair", repaired, "failures a year / 12 * repair share * price after its warranty, and insurance rate / 12 * price",
            {
                failures: inputs[failures], "repair_fraction": inputs["repair_fraction"], "price_usd": price,
                "warranty_months": covered, "insurance_rate": inputs["insurance_rate"],
            },
        ),
        line(
            "resale", sold, "list price * kept at its own age * market index * (1 - selling fee) - disposal",
            {
                "list_price_usd": list_usd, fraction: inputs[fraction], **kept_by, "resale_market_index": index,
                "resale_fee_fraction": fee, "disposal_usd": disposal,
            },
            kind="later sale",
        ),
    ]  # fmt: skip
    if some(peak_usd):
        seen = {"peak_kw": peak_kw, "demand_charge_usd_per_kw_month": inputs["demand_charge_usd_per_kw_month"]}
        lines.append(line("demand charge", peaks, "highest kW * charge per kW and month", seen))
    return lines


def resale_base(machine: Machine, *, inputs: Inputs) -> tuple[Number, Number]:
    """The price that the age curve starts from, and the age (months) at the purchase.

    The list price and the machine's age; where no list price is known, the purchase price, which ages from the purchase.
    """
    owner = machine.id
    if all(row.kind != "list" for row in machine.prices) and f"{owner}.list_price_usd" not in inputs.scenario.figures:
        return inputs.of(owner, "price_usd", machine.purchase_price().price_usd), 0.0
    age = MONTHS_PER_YEAR * inputs.of(owner, "age_when_bought_years", machine.age_when_bought_years or 0.0)
    return inputs.of(owner, "list_price_usd", machine.list_price().price_usd), age
