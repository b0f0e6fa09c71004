"""What does it cost to buy a further machine when demand has outgrown the first? The same lines, from that month on.

A further machine is bought at the start of the month in which demand passes what the machines before it can serve, at
today's price, and sold with them at the horizon, younger than they are. It idles and is looked after from then on; its
busy hours are those of the demand, which are counted already. For tax it is taken as deducted when paid.
"""

from typing import Any

import numpy as np

from calculator.catalog.types import Machine
from calculator.charges import scaled
from calculator.finance.ledger import Course, Line, Once, Term
from calculator.finance.resale import ANCHOR_MONTHS, kept_fraction, net_resale_usd
from calculator.load import NEVER, Inputs, Load, some
from calculator.units import H_PER_MONTH, MONTHS_PER_YEAR, W_PER_KW

Number = Any
"""float, or an ndarray of draws."""


def expansion_lines(
    machine: Machine,
    *,
    inputs: Inputs,
    load: Load,
    count: int,
    watts: dict[str, Number],
    cooling_ratio: Number,
    on_price_usd_per_kwh: Number,
) -> list[Line]:
    """Lines of the further machines; none where the first ones are enough. `count` machines are bought each time."""
    if not load.full_months:
        return []
    owner, horizon, wage = machine.id, inputs.scenario.months, inputs["wage_usd_per_h"]
    workstation, mac = machine.kind == "workstation", machine.kind == "mac"
    price = inputs.of(owner, "price_usd", machine.purchase_price().price_usd)
    list_usd = inputs.of(owner, "list_price_usd", machine.list_price().price_usd)
    age_months = MONTHS_PER_YEAR * inputs.of(owner, "age_when_bought_years", machine.age_when_bought_years or 0.0)
    work = inputs["electrical_work_usd"] if workstation else 0.0
    paid = price * (1 + inputs["sales_tax_fraction"]) + work + inputs["warranty_usd"]
    setup = inputs.of(owner, "setup_h", machine.setup_h) * wage
    hours = inputs["mac_administration_h_per_year" if mac else "pc_administration_h_per_year"]
    failures = inputs["self_built_failure_rate" if workstation else "built_failure_rate"]
    kept_at = {ANCHOR_MONTHS: inputs["gpu_resale_fraction" if workstation else "resale_fraction"]}
    # idle in the hours on at their mean price, asleep in the others at the plain one
    idle_usd = watts["idle"] / W_PER_KW * load.on_h * on_price_usd_per_kwh
    asleep_usd = watts["sleep"] / W_PER_KW * (H_PER_MONTH - load.on_h) * inputs["electricity_usd_per_kwh"]
    energy_usd = (idle_usd + asleep_usd) * (1 + cooling_ratio)
    peak_kw = np.maximum(watts["prefill"], watts["decode"]) / W_PER_KW
    peak_usd = peak_kw * inputs["demand_charge_usd_per_kw_month"]
    insured_usd = inputs["insurance_rate"] / MONTHS_PER_YEAR * price

    bought: list[Term] = []
    installed: list[Term] = []
    idling: list[Term] = []
    peaks: list[Term] = []
    care: list[Term] = []
    repair: list[Term] = []
    sold: list[Term] = []
    for month in load.full_months:
        owned_months = np.maximum(horizon - (month - 1), 0)
        start = Once(np.where(month <= horizon, month - 1, NEVER))
        bought.append(Term(-paid, start))
        installed.append(Term(-setup, start))
        idling.append(Term(-energy_usd, Course(0.0, inputs["electricity_escalation_rate"], month)))
        peaks.append(Term(-peak_usd, Course(0.0, inputs["electricity_escalation_rate"], month)))
        care.append(Term(-hours / MONTHS_PER_YEAR * wage, Course(0.0, inputs["wage_escalation_rate"], month)))
        after = month + inputs.scenario.warranty_months
        usd = failures / MONTHS_PER_YEAR * inputs["repair_fraction"] * price
        repair.append(Term(-usd, Course(0.0, inputs["inflation_rate"], after)))
        repair.append(Term(-insured_usd, Course(first_month=month)))
        kept = kept_fraction(age_months + owned_months, kept_at=kept_at)
        usd = net_resale_usd(
            list_usd, kept=kept, market_index=inputs["resale_market_index"], fee_fraction=inputs["resale_fee_fraction"]
        )
        sold.append(Term((usd - inputs["disposal_usd"]) * (month <= horizon), Once(horizon)))
    seen = {"price_usd": price, "machine_count": count, "further_count": len(load.full_months)}
    says = "as for the first machine, from the month in which demand outgrows those before it"
    lines = [
        Line(
            "further machines",
            "hard",
            scaled(tuple(bought), count),
            f"price, tax, electrical work and warranty, {says}",
            seen,
            "later capital",
        ),
        Line("further setup", "soft", scaled(tuple(installed), count), f"setup, {says}", seen),
        Line("further energy idle", "hard", scaled(tuple(idling), count), f"idle energy and its cooling, {says}", seen),
        Line("further administration", "soft", scaled(tuple(care), count), f"care, {says}", seen),
        Line("further repair", "hard", scaled(tuple(repair), count), f"repair and insurance, {says}", seen),
        Line(
            "further resale",
            "hard",
            scaled(tuple(sold), count),
            f"resale at its own age less disposal, {says}",
            seen,
            "later sale",
        ),
    ]
    if some(peak_usd):
        says = f"highest kW * charge per kW and month, {says}"
        lines.append(Line("further demand charge", "hard", scaled(tuple(peaks), count), says, seen))
    return lines
