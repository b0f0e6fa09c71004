"""Cost of a machine of one's own, bought, leased or there already, from hardware to resale."""

from collections.abc import Mapping

from calculator.catalog.options import ApiTariff, Machine
from calculator.cost.bill import Charges, monthly_extra, scaled, spend, with_overflow
from calculator.cost.demand import Load
from calculator.cost.further_machines import further_lines
from calculator.cost.inputs import Inputs, Step
from calculator.cost.kept_loads import load_of
from calculator.cost.machine_lines import (
    Holding,
    bought,
    machine_lines,
    price_usd,
    priced,
    resale_base,
    warranty_months,
)
from calculator.cost.shared_machine import above_idle, above_idle_kwh, borne_lines, is_shared
from calculator.cost.when import AT_ONCE
from calculator.finance.courses import Course, Once
from calculator.finance.ledger import Line, Term, month_1
from calculator.number import Number, larger, some
from calculator.scenario.scenario import Lease
from calculator.service.usage import Usage
from calculator.units import H_PER_MONTH, W_PER_KW


def own_charges(machine: Machine, *, inputs: Inputs, usage: Usage, reference_api: ApiTariff | None) -> Charges:
    """The bill of a machine of one's own.

    Energy of a state = watts / 1000 * hours in that state * price; idle hours are the hours on that are not busy.
    """
    count = usage.machine_count
    load = load_of(machine.id, inputs, usage, may_grow=True)
    watts = _watts(machine, inputs=inputs, usage=usage)
    if is_shared(machine, inputs):
        return _shared_charges(machine, inputs=inputs, load=load, watts=watts, usage=usage, reference_api=reference_api)
    peak_kw = larger(watts["prefill"], watts["decode"]) / W_PER_KW * count
    kwh = _energy_kwh(inputs, load, watts, count, step="electricity_escalation_rate")
    own = machine_lines(
        machine, holding=_holding(machine, inputs=inputs, count=count), inputs=inputs, count=count, peak_kw=peak_kw
    )
    lines = [
        *priced(own.purchase),
        *_energy_lines(inputs, load, watts, kwh, count),
        *priced(own.running),
        *monthly_extra(inputs, "software"),
        *priced(own.sale),
        *further_lines(machine, inputs=inputs, load=load, peak_kw=peak_kw / count),
    ]
    if not inputs.explains:  # only the lines are read
        return with_overflow(lines, inputs=inputs, load=load, reference_api=reference_api)
    all_kwh = tuple(term for terms in _energy_kwh(inputs, load, watts, count).values() for term in terms)
    marginal = _above_idle(inputs, load, watts, count)
    return with_overflow(
        lines, inputs=inputs, load=load, reference_api=reference_api, marginal=marginal, energy=all_kwh
    )


def _shared_charges(
    machine: Machine,
    *,
    inputs: Inputs,
    load: Load,
    watts: Mapping[str, Number],
    usage: Usage,
    reference_api: ApiTariff | None,
) -> Charges:
    """The bill of a machine that was bought anyway: what this work adds, and any further machines, whole."""
    count = usage.machine_count
    kwh = above_idle_kwh(load, watts, count, step="electricity_escalation_rate")
    peak_kw = larger(watts["prefill"], watts["decode"]) / W_PER_KW
    lines = [
        *(
            above_idle(line, idle_w=watts["idle"]) if line.name.startswith("energy ") else line
            for line in _energy_lines(inputs, load, watts, kwh, count)
        ),
        *borne_lines(machine, inputs=inputs, count=count),
        *monthly_extra(inputs, "software"),
        *further_lines(machine, inputs=inputs, load=load, peak_kw=peak_kw),
    ]
    all_kwh = tuple(term for terms in above_idle_kwh(load, watts, count).values() for term in terms)
    marginal = _above_idle(inputs, load, watts, count)
    return with_overflow(
        lines, inputs=inputs, load=load, reference_api=reference_api, marginal=marginal, energy=all_kwh
    )


def _watts(machine: Machine, *, inputs: Inputs, usage: Usage) -> dict[str, Number]:
    """Watts of one machine by state."""
    known = {"prefill": usage.prefill_w, "decode": usage.decode_w, "idle": usage.idle_w, "sleep": usage.sleep_w}
    return {state: inputs.of(machine.id, f"{state}_w", watts) for state, watts in known.items()}


def _holding(machine: Machine, *, inputs: Inputs, count: int) -> Holding:
    """The terms on which the first machines are held, as the scenario says."""
    if machine.id in inputs.scenario.already_own_usd:
        return _there_already(machine, inputs=inputs, count=count)
    if machine.id in inputs.scenario.leases:
        return _leased(machine, inputs=inputs, count=count)
    return bought(machine, inputs=inputs, count=count)


def _there_already(machine: Machine, *, inputs: Inputs, count: int) -> Holding:
    """A machine one has enters at what it would bring today, after fees; its warranty is over, its setup is done."""
    worth = inputs.of(machine.id, "worth_usd", inputs.scenario.already_own_usd[machine.id])
    forgone = spend(
        "hardware",
        worth * count,
        AT_ONCE,
        says="what it would bring today, after fees: keeping it forgoes this; what was once paid is spent",
        seen={"worth_usd": worth, "machine_count": count},
        kind="capital",
    )
    return Holding(
        payments=(forgone,),
        value=("worth_usd", worth),
        warranty_months=0,
        fee_fraction=0.0,  # its worth is after fees already
        resale=("worth_usd", worth, "what it would bring today"),
        is_installed=False,
    )


def _leased(machine: Machine, *, inputs: Inputs, count: int) -> Holding:
    """A leased machine goes back at the end unless it is bought out; repair and insurance follow its price."""
    lease = inputs.scenario.leases[machine.id]
    base, age_months = resale_base(machine, inputs=inputs)
    return Holding(
        payments=_lease_payments(lease, inputs=inputs, count=count),
        value=("price_usd", price_usd(machine, inputs=inputs)),
        warranty_months=warranty_months(machine.bought, inputs=inputs),
        cards_warranty_months=warranty_months(machine.cards_bought or machine.bought, inputs=inputs),
        fee_fraction=inputs.resale_fee_fraction,
        resale=None if lease.buyout_usd is None else base,
        age_months=age_months,
    )


def _lease_payments(lease: Lease, *, inputs: Inputs, count: int) -> tuple[Line, ...]:
    """Level payments in every month, at its start (in advance) or at its end, and the buy-out if there is one."""
    months, usd = inputs.scenario.months, lease.usd_per_month * count
    terms = (Term(-usd, AT_ONCE), Term(-usd, Course(last_month=months - 1))) if lease.in_advance else None
    seen: dict[str, Number] = {"lease_usd_per_month": lease.usd_per_month, "machine_count": count}
    says = "payment per month * machines" + (", at the start of each month" if lease.in_advance else "")
    payments = Line("lease", "hard", terms or (Term(-usd, Course()),), says, seen, in_advance=lease.in_advance)
    if lease.buyout_usd is None:
        return (payments,)
    buyout = spend(
        "buy-out",
        lease.buyout_usd * count,
        Once(months),
        says="buy-out * machines",
        seen={"lease_buyout_usd": lease.buyout_usd, "machine_count": count},
    )
    return payments, buyout


def _energy_kwh(
    inputs: Inputs, load: Load, watts: Mapping[str, Number], count: int, step: Step = ""
) -> dict[str, tuple[Term, ...]]:
    """kWh by state; busy states follow the demand that is served. `step` names the growth of their price.

    Idle are the hours on that are not busy, of the first machines and of each further one from its month. Of draws the
    hours on are one state: idle watts in all of them, and what busy ones take above these.
    """
    busy = load.busy_hours(step)
    present = _machines_there(inputs, load, count, step)
    idle = watts["idle"] / W_PER_KW
    all_idle = scaled(present, idle * load.on_h)
    if inputs.drawn:
        above = {state: (watts[state] / W_PER_KW - idle) * count for state in busy}
        kwh = {"on": (*all_idle, *(term for state, hours in busy.items() for term in scaled(hours, above[state])))}
    else:
        kwh = {state: scaled(hours, watts[state] / W_PER_KW * count) for state, hours in busy.items()}
        kwh["idle"] = (*all_idle, *(term for hours in busy.values() for term in scaled(hours, -idle * count)))
    off_w = {"off": 0.0, "sleep": watts["sleep"], "idle": watts["idle"]}[inputs.scenario.off_hours]
    if some(off_w):
        off = off_w / W_PER_KW * (H_PER_MONTH - load.on_h)
        kwh["sleep"] = scaled(present, off)
    return kwh


def _machines_there(inputs: Inputs, load: Load, count: int, step: Step) -> tuple[Term, ...]:
    """Machines of each month: those of the start and each further one from its month."""
    course = inputs.course(step=step)
    first = Term(count, course)
    if load.purchases is not None:
        return first, Term(1.0, load.purchases.course(course))
    return first, *(Term(1.0, inputs.course(step=step, first_month=month)) for month in load.full_months)


def _energy_lines(
    inputs: Inputs, load: Load, watts: Mapping[str, Number], kwh: Mapping[str, tuple[Term, ...]], count: int
) -> list[Line]:
    """A line per state, and cooling (by COP or by PUE, never both); of draws one line of all."""
    on_price, off_price = _on_price_usd_per_kwh(inputs), inputs.electricity_usd_per_kwh
    overhead, overhead_says, overhead_seen = _cooling_ratio(inputs)
    if inputs.drawn:  # of draws only the sum is read
        prices = {state: off_price if state == "sleep" else on_price for state in kwh}
        every = [term for state, terms in kwh.items() for term in scaled(terms, -prices[state] * (1 + overhead))]
        return [Line("energy and cooling", "hard", tuple(every))]
    windows = {
        "peak_hours_fraction": inputs.peak_hours_fraction,
        "peak_price_ratio": inputs.peak_price_ratio,
    }
    hours = _hours_in_month_1(load, count) if inputs.explains else {}
    lines: list[Line] = []
    cooled: list[Term] = []
    for state, terms in kwh.items():
        price, says = on_price, f"{state} watts / 1000 * {state} hours * electricity price"
        state_w = watts["idle"] if state == "sleep" and inputs.scenario.off_hours == "idle" else watts[state]
        seen = {f"{state}_w": state_w, "electricity_usd_per_kwh": off_price, "machine_count": count}
        if state in hours:
            seen[f"{state}_h_per_month"] = hours[state]
        if state == "sleep":
            price = off_price
        elif some(windows["peak_hours_fraction"]):
            seen |= windows
            says += " * (1 + share of hours at the peak price * (peak price ratio - 1))"
        lines.append(Line(f"energy {state}", "hard", scaled(terms, -price), f"{says} * machines", seen))
        cooled.extend(scaled(terms, -price * overhead))
    spent = {"energy_usd_per_month": -sum(month_1(line.terms) for line in lines)} if inputs.explains else {}
    says = f"cost of the machine's energy * {overhead_says}"
    lines.append(Line("cooling", "hard", tuple(cooled), says, {**spent, **overhead_seen}))
    return lines


def _hours_in_month_1(load: Load, count: int) -> dict[str, float]:
    """Hours of each state in month 1, per machine that was there first. Scalars only."""
    busy = {state: month_1(terms) for state, terms in load.busy_hours().items()}
    present = 1 + sum(float(month) <= 1 for month in load.full_months) / count
    on_h = float(load.on_h)
    return {**busy, "idle": on_h * present - sum(busy.values()), "sleep": (H_PER_MONTH - on_h) * present}


def _cooling_ratio(inputs: Inputs) -> tuple[Number, str, dict[str, Number]]:
    """Cooling kWh per kWh of the machine: an office by its air conditioner, a server room by its PUE, never both."""
    if inputs.scenario.site == "office":
        season, cop = inputs.cooling_season_fraction, inputs.cooling_cop_ratio
        seen: dict[str, Number] = {"cooling_season_fraction": season, "cooling_cop_ratio": cop}
        return season / cop, "cooled share of the year / COP", seen
    return inputs.pue_ratio - 1, "(PUE - 1)", {"pue_ratio": inputs.pue_ratio}


def _on_price_usd_per_kwh(inputs: Inputs) -> Number:
    """Mean price of the hours on under a time-of-use tariff: price * (1 + share at peak * (peak ratio - 1))."""
    return inputs.electricity_usd_per_kwh * (1 + inputs.peak_hours_fraction * (inputs.peak_price_ratio - 1))


def _above_idle(inputs: Inputs, load: Load, watts: Mapping[str, Number], count: int) -> tuple[Term, ...]:
    """What busy hours cost beyond the idling that is paid anyway, cooling included: the machine's marginal cost."""
    price = _on_price_usd_per_kwh(inputs) * (1 + _cooling_ratio(inputs)[0])
    return tuple(
        term
        for state, hours in load.busy_hours("electricity_escalation_rate").items()
        for term in scaled(hours, -(watts[state] - watts["idle"]) / W_PER_KW * count * price)
    )
