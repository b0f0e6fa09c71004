"""What does a machine cost that one buys, or has already? From hardware to resale; spent money is not counted."""

from collections.abc import Mapping

import numpy as np

from calculator.catalog.options import ApiTariff, Machine
from calculator.cost.bill import AT_ONCE, Charges, administration, monthly_extras, scaled, setup, spend, with_overflow
from calculator.cost.demand import Load
from calculator.cost.further_machines import expansion_lines, resale_base
from calculator.cost.inputs import Inputs, some
from calculator.finance.ledger import Course, Line, Once, Term, month_1
from calculator.finance.resale import ANCHOR_MONTHS, kept_fraction, net_resale_usd
from calculator.number import Number
from calculator.scenario.scenario import Lease
from calculator.service.usage import Usage
from calculator.units import H_PER_MONTH, MONTHS_PER_YEAR, W_PER_KW


def own_charges(machine: Machine, *, inputs: Inputs, usage: Usage, reference_api: ApiTariff | None) -> Charges:
    """The bill of a machine of one's own.

    Energy of a state = watts / 1000 * hours in that state * price; idle hours are the hours on that are not busy.
    Administration follows the kind: `mac_...` for a Mac, `pc_...` for everything else (Linux boxes with drivers).
    """
    count = usage.machine_count
    lines, paid = _purchase(machine, inputs=inputs, count=count)
    load = Load.of(machine.id, inputs, usage, may_grow=True)
    states = ("prefill", "decode", "idle", "sleep")
    watts = {state: inputs.of(machine.id, f"{state}_w", getattr(usage, f"{state}_w")) for state in states}
    kwh = _energy_kwh(inputs, load, watts, count, step="electricity_escalation_rate")
    lines.extend(_energy_lines(inputs, load, watts, kwh, count))

    hours = "mac_administration_h_per_year" if machine.kind == "mac" else "pc_administration_h_per_year"
    lines.append(administration(inputs, hours, count=count))
    lines.extend(_upkeep(machine, inputs=inputs, count=count, paid_usd=paid))
    lines.extend(_sale(machine, inputs=inputs, count=count))
    lines.extend(expansion_lines(machine, inputs=inputs, load=load, count=count, watts=watts))
    if inputs.drawn:  # of draws only the lines are read
        return with_overflow(lines, inputs=inputs, load=load, reference_api=reference_api)
    all_kwh = tuple(term for terms in _energy_kwh(inputs, load, watts, count).values() for term in terms)
    marginal = _above_idle(inputs, load, watts, count)
    return with_overflow(
        lines, inputs=inputs, load=load, reference_api=reference_api, marginal=marginal, energy=all_kwh
    )


def _purchase(machine: Machine, *, inputs: Inputs, count: int) -> tuple[list[Line], Number]:
    """Hardware, sales tax, work and setup; and the price. A machine one has enters at what it would bring today."""
    owner, have = machine.id, inputs.scenario.already_own_usd
    if owner in have:
        worth = inputs.of(owner, "worth_usd", have[owner])
        says = "what it would bring today, after fees: keeping it forgoes this; what was once paid is spent"
        hardware = spend(
            "hardware", worth * count, AT_ONCE, says=says, kind="capital", worth_usd=worth, machine_count=count
        )
        return [hardware], worth
    price = inputs.of(owner, "price_usd", machine.purchase_price().price_usd)
    if owner in inputs.scenario.leases:
        lines = _lease(inputs.scenario.leases[owner], inputs=inputs, count=count)
    else:
        tax = inputs["sales_tax_fraction"]
        lines = [
            spend(
                "hardware", price * count, AT_ONCE,
                says="price * machines", kind="capital", price_usd=price, machine_count=count,
            ),
            spend(
                "sales tax", price * tax * count, AT_ONCE, says="price * sales tax * machines", kind="capital",
                price_usd=price, sales_tax_fraction=tax, machine_count=count,
            ),
        ]  # fmt: skip
    lines.append(setup(inputs, setup_h=inputs.of(owner, "setup_h", machine.setup_h), count=count))
    work: Number = inputs["electrical_work_usd"] if machine.kind == "workstation" else 0.0
    for name, usd in (("electrical work", work), ("warranty", inputs["warranty_usd"])):
        if some(usd):
            key = f"{name.replace(' ', '_')}_usd"
            seen: dict[str, Number] = {key: usd, "machine_count": count}
            lines.append(spend(name, usd * count, AT_ONCE, says=f"{name} * machines", kind="capital", **seen))
    return lines, price


def _lease(lease: Lease, *, inputs: Inputs, count: int) -> list[Line]:
    """Level payments in every month, at its start (in advance) or at its end, and the buy-out if there is one."""
    months, usd = inputs.scenario.months, lease.usd_per_month * count
    terms = (Term(-usd, AT_ONCE), Term(-usd, Course(last_month=months - 1))) if lease.in_advance else None
    seen = {"lease_usd_per_month": lease.usd_per_month, "machine_count": count}
    says = "payment per month * machines" + (", at the start of each month" if lease.in_advance else "")
    lines = [Line("lease", "hard", terms or (Term(-usd, Course()),), says, seen)]
    if lease.buyout_usd is not None:
        buyout = lease.buyout_usd
        seen: dict[str, Number] = {"lease_buyout_usd": buyout, "machine_count": count}
        lines.append(spend("buy-out", buyout * count, Once(months), says="buy-out * machines", **seen))
    return lines


def _energy_kwh(
    inputs: Inputs, load: Load, watts: Mapping[str, Number], count: int, step: str = ""
) -> dict[str, tuple[Term, ...]]:
    """kWh by state; busy states follow the demand that is served. `step` names the growth of their price.

    Idle are the hours on that are not busy, of the first machines and of each further one from its month.
    """
    busy = load.busy_hours(step)
    rise = inputs[step] if step else 0.0
    present = (inputs.course(step=step), *(Course(0.0, rise, month) for month in load.full_months))
    idle = watts["idle"] / W_PER_KW * count
    kwh = {state: scaled(hours, watts[state] / W_PER_KW * count) for state, hours in busy.items()}
    kwh["idle"] = (
        *(Term(idle * load.on_h, course) for course in present),
        *(term for hours in busy.values() for term in scaled(hours, -idle)),
    )
    if some(watts["sleep"]):
        asleep = watts["sleep"] / W_PER_KW * (H_PER_MONTH - load.on_h) * count
        kwh["sleep"] = tuple(Term(asleep, course) for course in present)
    return kwh


def _energy_lines(
    inputs: Inputs, load: Load, watts: Mapping[str, Number], kwh: Mapping[str, tuple[Term, ...]], count: int
) -> list[Line]:
    """A line per state, cooling (by COP or by PUE, never both), and the demand charge if there is one."""
    on_price, off_price = _on_price_usd_per_kwh(inputs), inputs["electricity_usd_per_kwh"]
    windows = {name: inputs[name] for name in ("peak_hours_fraction", "peak_price_ratio")}
    hours = {} if inputs.drawn else _hours_in_month_1(load)
    lines: list[Line] = []
    cooled: list[Term] = []
    overhead, overhead_says, overhead_seen = _cooling_ratio(inputs)
    for state, terms in kwh.items():
        price, says = on_price, f"{state} watts / 1000 * {state} hours * electricity price"
        seen = {f"{state}_w": watts[state], "electricity_usd_per_kwh": off_price, "machine_count": count}
        if state in hours:
            seen[f"{state}_h_per_month"] = hours[state]
        if state == "sleep":
            price = off_price
        elif some(windows["peak_hours_fraction"]):
            seen |= windows
            says += " * (1 + share of hours at the peak price * (peak price ratio - 1))"
        lines.append(Line(f"energy {state}", "hard", scaled(terms, -price), f"{says} * machines", seen))
        cooled.extend(scaled(terms, -price * overhead))
    spent = {} if inputs.drawn else {"energy_usd_per_month": -sum(month_1(line.terms) for line in lines)}
    says = f"cost of the machine's energy * {overhead_says}"
    lines.append(Line("cooling", "hard", tuple(cooled), says, {**spent, **overhead_seen}))
    charge = inputs["demand_charge_usd_per_kw_month"]
    if some(charge):
        peak_kw = np.maximum(watts["prefill"], watts["decode"]) / W_PER_KW * count
        flat = inputs.course(step="electricity_escalation_rate")
        says = "highest kW * charge per kW and month"
        lines.append(
            spend(
                "demand charge",
                peak_kw * charge,
                flat,
                says=says,
                peak_kw=peak_kw,
                demand_charge_usd_per_kw_month=charge,
            )
        )
    return lines


def _upkeep(machine: Machine, *, inputs: Inputs, count: int, paid_usd: Number) -> list[Line]:
    """Repair after the warranty, insurance, space and software."""
    kind = "self_built_failure_rate" if machine.kind == "workstation" else "built_failure_rate"
    rate, share = inputs[kind], inputs["repair_fraction"]
    owned = machine.id in inputs.scenario.already_own_usd
    covered = 0 if owned else inputs.scenario.warranty_months
    paid: dict[str, Number] = {"worth_usd" if owned else "price_usd": paid_usd, "warranty_months": covered}
    lines = [
        spend(
            "repair", rate / MONTHS_PER_YEAR * share * paid_usd * count,
            inputs.course(step="inflation_rate", first_month=covered + 1),
            says="failures a year / 12 * repair as a share of the price * price * machines, after the warranty",
            **{kind: rate}, repair_fraction=share, **paid, machine_count=count,
        )
    ]  # fmt: skip
    insurance = inputs["insurance_rate"]
    if some(insurance):
        usd = insurance / MONTHS_PER_YEAR * paid_usd * count
        says = "insurance rate / 12 * price * machines"
        seen: dict[str, Number] = {"insurance_rate": insurance, **paid, "machine_count": count}
        lines.append(spend("insurance", usd, inputs.course(), says=says, **seen))
    return [*lines, *monthly_extras(inputs, ("space", "software"))]


def _sale(machine: Machine, *, inputs: Inputs, count: int) -> list[Line]:
    """Sale at the horizon, list price * age curve * market index * (1 - fee), and disposal.

    A used machine starts at its age; where no list price is known, the used price ages from the purchase instead.
    """
    owner, months = machine.id, inputs.scenario.months
    lease = inputs.scenario.leases.get(owner)
    if lease is not None and lease.buyout_usd is None:
        return []  # it goes back
    name = "gpu_resale_fraction" if machine.kind == "workstation" else "resale_fraction"
    index, fee = inputs["resale_market_index"], inputs["resale_fee_fraction"]
    base, age = resale_base(machine, inputs=inputs)
    base_name, base_says = "list_price_usd", "list price"
    if owner in inputs.scenario.already_own_usd:
        base, age = inputs.of(owner, "worth_usd", inputs.scenario.already_own_usd[owner]), 0.0
        base_name, base_says = "worth_usd", "what it would bring today"
        fee = 0.0  # its worth is after fees already
    kept = kept_fraction(age + months, kept_at={ANCHOR_MONTHS: inputs[name]})
    usd = net_resale_usd(base, kept=kept, market_index=index, fee_fraction=fee) * count
    says = f"{base_says} * (kept after 36 months)^(age at sale / 36) * market index * (1 - selling fee) * machines"
    lines = [
        spend(
            "resale", -usd, Once(months), says=says, kind="sale",
            **{base_name: base, name: inputs[name]}, age_at_sale_months=age + months, kept_fraction=kept,
            resale_market_index=index, resale_fee_fraction=fee, machine_count=count,
        )
    ]  # fmt: skip
    disposal = inputs["disposal_usd"]
    if some(disposal):
        lines.append(
            spend(
                "disposal",
                disposal * count,
                Once(months),
                says="disposal * machines",
                disposal_usd=disposal,
                machine_count=count,
            )
        )
    return lines


def _hours_in_month_1(load: Load) -> dict[str, float]:
    """Hours of each state in month 1, per machine that was there first. Scalars only."""
    busy = {state: month_1(terms) for state, terms in load.busy_hours().items()}
    present = 1 + sum(float(month) <= 1 for month in load.full_months)
    on_h = load.on_h * present
    return {**busy, "idle": on_h - sum(busy.values()), "sleep": (H_PER_MONTH - load.on_h) * present}


def _cooling_ratio(inputs: Inputs) -> tuple[Number, str, dict[str, Number]]:
    """Cooling kWh per kWh of the machine: an office by its air conditioner, a server room by its PUE, never both."""
    if inputs.scenario.site == "office":
        seen = {name: inputs[name] for name in ("cooling_season_fraction", "cooling_cop_ratio")}
        return seen["cooling_season_fraction"] / seen["cooling_cop_ratio"], "cooled share of the year / COP", seen
    return inputs["pue_ratio"] - 1, "(PUE - 1)", {"pue_ratio": inputs["pue_ratio"]}


def _on_price_usd_per_kwh(inputs: Inputs) -> Number:
    """Mean price of the hours on under a time-of-use tariff: price * (1 + share at peak * (peak ratio - 1))."""
    return inputs["electricity_usd_per_kwh"] * (1 + inputs["peak_hours_fraction"] * (inputs["peak_price_ratio"] - 1))


def _above_idle(inputs: Inputs, load: Load, watts: Mapping[str, Number], count: int) -> tuple[Term, ...]:
    """What busy hours cost beyond the idling that is paid anyway, cooling included: the machine's marginal cost."""
    price = _on_price_usd_per_kwh(inputs) * (1 + _cooling_ratio(inputs)[0])
    return tuple(
        term
        for state, hours in load.busy_hours("electricity_escalation_rate").items()
        for term in scaled(hours, -(watts[state] - watts["idle"]) / W_PER_KW * count * price)
    )
