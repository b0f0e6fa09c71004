"""Bill of an option: its lines, and the lines that several kinds of option have in common.

Every option serves the same demand. What a box cannot serve is bought from the reference API, or declared unmet. Each
line carries its arithmetic in words and its inputs, so that `explain` can show where a number comes from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from calculator.catalog.options import ApiTariff
from calculator.cost.demand import Demand, Load
from calculator.cost.inputs import Inputs
from calculator.cost.tariffs import api_prices, listed_prices, price_factors
from calculator.cost.when import AT_ONCE
from calculator.finance.courses import AnyCourse
from calculator.finance.ledger import Hardness, Kind, Line, Term, month_1
from calculator.number import Number, some
from calculator.units import MONTHS_PER_YEAR


@dataclass(frozen=True, slots=True)
class Charges:
    """The bill of one option: its lines, and what is needed to state it per token and per kWh.

    `marginal` are the terms that one more token adds (energy above idling, API tokens); `energy` counts kWh, `served`
    million tokens (input and output), both as amounts times courses; `here` and `bought` are its parts, `demand` all
    that is wanted. `unmet` tells that some demand has no supplier.
    """

    lines: tuple[Line, ...]
    marginal: tuple[Term, ...] = ()
    energy: tuple[Term, ...] = ()
    served: tuple[Term, ...] = ()
    here: tuple[Term, ...] = ()
    bought: tuple[Term, ...] = ()
    demand: tuple[Term, ...] = ()
    unmet: bool = False


def spend(
    name: str,
    usd: Number,
    course: AnyCourse,
    *,
    says: str,
    seen: Mapping[str, Number],
    hardness: Hardness = "hard",
    kind: Kind = "running",
) -> Line:
    """One line that takes `usd` per unit of its course out of the bank; negative dollars come in.

    `says` is the arithmetic in words, `seen` the numbers that went into it.
    """
    return Line(name=name, hardness=hardness, terms=(Term(-usd, course),), formula=says, inputs=seen, kind=kind)


def scaled(terms: tuple[Term, ...], factor: Number) -> tuple[Term, ...]:
    """The same courses with every amount times `factor`, a number or one per draw."""
    return tuple(Term(term.amount_usd * factor, term.course) for term in terms)


def setup(inputs: Inputs, *, setup_h: Number, count: int = 1, at: AnyCourse = AT_ONCE) -> Line:
    """Hours of setting up, in soft dollars, at the start or at the month of a later purchase."""
    wage = inputs.wage_usd_per_h
    return spend(
        "setup",
        setup_h * wage * count,
        at,
        says="setup hours * hourly rate * machines",
        seen={"setup_h": setup_h, "wage_usd_per_h": wage, "machine_count": count},
        hardness="soft",
    )


def administration(inputs: Inputs, *, care: tuple[str, Number], count: int = 1, first_month: Number = 1) -> Line:
    """Hours of administration per year (`care`: their name and number), in soft dollars, with the wage's growth."""
    name, hours = care
    wage = inputs.wage_usd_per_h
    return spend(
        "administration",
        hours / MONTHS_PER_YEAR * wage * count,
        inputs.course(step="wage_escalation_rate", first_month=first_month),
        says="hours a year / 12 * hourly rate * machines",
        seen={name: hours, "wage_usd_per_h": wage, "machine_count": count},
        hardness="soft",
    )


def care_of_account(inputs: Inputs) -> Line:
    """Administration of an account at a host."""
    return administration(inputs, care=("api_administration_h_per_year", inputs.api_administration_h_per_year))


def care_of_rented(inputs: Inputs, *, count: int) -> Line:
    """Administration of rented machines."""
    care = ("cloud_administration_h_per_year", inputs.cloud_administration_h_per_year)
    return administration(inputs, care=care, count=count)


def monthly_extra(inputs: Inputs, name: Literal["space", "software"]) -> list[Line]:
    """The line of a fixed sum per month that a person may add; none where the sum is 0."""
    usd = inputs.space_usd_per_month if name == "space" else inputs.software_usd_per_month
    if not some(usd):
        return []
    course = inputs.course(step="inflation_rate")
    return [spend(name, usd, course, says=f"{name} per month", seen={f"{name}_usd_per_month": usd})]


def with_overflow(
    lines: list[Line],
    *,
    inputs: Inputs,
    load: Load,
    reference_api: ApiTariff | None,
    marginal: tuple[Term, ...] = (),
    energy: tuple[Term, ...] = (),
) -> Charges:
    """Adds what the machines miss, bought at the reference API's price; without one it stays unmet.

    An hour out of service costs `downtime_usd_per_h`, whether its requests are lost or bought.
    """
    per_h, works = inputs.downtime_usd_per_h, load.available_fraction
    if some(per_h):
        lost = (1 - works) * load.on_h * per_h
        lines.append(
            spend(
                "downtime",
                lost,
                inputs.course(step="inflation_rate"),
                says="(1 - availability) * hours on * cost of an hour without",
                seen={"availability_fraction": works, "on_h_per_month": load.on_h, "downtime_usd_per_h": per_h},
                hardness="soft",
            )
        )
    missed = load.bought()
    if inputs.drawn and (not missed or reference_api is None):  # of draws only the lines are read
        return Charges(tuple(lines))
    demand = Demand.of(inputs)
    wanted = demand.terms(inputs)
    if not missed and not load.loses:
        return Charges(tuple(lines), marginal, energy, served=wanted, here=wanted, demand=wanted)
    here = scaled(load.served(), demand.mtok)
    if not missed or reference_api is None:
        return Charges(tuple(lines), marginal, energy, served=here, here=here, demand=wanted, unmet=bool(missed))
    bought = scaled(load.bought(trend=""), demand.mtok)
    prices = api_prices(reference_api, inputs)
    overflow = scaled(missed, -demand.usd_per_month(prices))
    factors, factors_say = price_factors(reference_api, inputs)
    says = (
        "share of the demand that the machines miss * "
        f"(million tokens of the whole demand * {factors_say} at the reference API)"
    )
    bill: dict[str, Number] = {}
    for kind, mtok, usd in demand.priced(listed_prices(reference_api, inputs)):
        bill |= {f"{kind}_mtok_per_month": mtok, f"{kind}_usd_per_mtok": usd}
    missing = {"missed_month_1_fraction": month_1(missed)} if inputs.explains else {}
    seen = {**missing, "capacity_ratio": load.room, "availability_fraction": load.works_fraction, **bill, **factors}
    lines.append(Line("overflow to API", "hard", overflow, says, seen))
    served = (*here, *bought) if load.loses else wanted
    return Charges(tuple(lines), (*marginal, *overflow), energy, served=served, here=here, bought=bought, demand=wanted)
