"""Total cost of an option over its life: where hours and watts meet money.

`cost_of` gives the frozen `Tco` of one option: a ledger of dated rows and the folds over it. `cost_draws` gives the
same totals for arrays of draws, from the same lines, without rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from calculator.catalog.options import ApiOffer, ApiTariff, CloudOffer, Machine
from calculator.catalog.plans import Subscription
from calculator.catalog.tax import TaxTables
from calculator.cost.bill import Charges
from calculator.cost.hosted import api_charges, token_charges
from calculator.cost.inputs import Inputs
from calculator.cost.kept_bills import Bill, Flow, bill_of
from calculator.cost.kept_cash import cash_of
from calculator.cost.machine_lines import sold_above_price
from calculator.cost.owned import own_charges
from calculator.cost.rented import rent_charges
from calculator.cost.staff_lines import staff_lines
from calculator.cost.subscription import plan_charges
from calculator.cost.tax_lines import tax_lines
from calculator.errors import CalculatorError
from calculator.evidence import Remark
from calculator.finance.courses import course_values
from calculator.finance.discounting import convention, equivalent_annual_cost
from calculator.finance.ledger import Hardness, Horizon, Line, Term, flows_usd, sums_usd
from calculator.number import Number
from calculator.scenario.scenario import Scenario
from calculator.service.usage import Usage
from calculator.units import MONTHS_PER_YEAR, TOKENS_PER_MTOK

__all__ = [
    "CashFlow",
    "CostDraws",
    "Option",
    "Tco",
    "Usage",
    "charges_of",
    "convention_of",
    "cost_draws",
    "cost_of",
    "cost_shown_usd",
    "folded",
    "fraction_of",
    "laid_out",
    "present_value_cost_usd",
]

Option = Machine | CloudOffer | ApiOffer | Subscription


@dataclass(frozen=True, slots=True)
class CashFlow:
    """One row of the ledger: money that moves in one month. Outgoing is negative; soft dollars are people's time."""

    month: int
    line: str
    amount_usd: float
    hardness: Hardness


@dataclass(frozen=True, slots=True)
class Tco:
    """The ledger of one option and the folds over it. All costs are positive dollars; the ledger's amounts are signed.

    `lines` gives each line's nominal total (signed, as the ledger); `monthly_usd` the signed flow per month 0..months;
    `cumulative_usd` its running sum, `discounted_usd` the running sum of present values. `served_tokens` are nominal
    tokens over the horizon (input and output), overflow included; `served_here_fraction` and `bought_fraction` are
    shares of the tokens wanted. `hard_...` leaves people's time out. `usd_per_mtok` is levelised: present value of the
    costs / present value of the tokens; NaN where nothing is served. `entries` are the lines with their arithmetic and
    inputs, `flows` their signed dollars per month, in the same order, `discounted_flows` their present values.
    """

    months: int
    lines: dict[str, float]
    monthly_usd: tuple[float, ...]
    cumulative_usd: tuple[float, ...]
    total_cost_usd: float
    hard_cost_usd: float
    present_value_cost_usd: float
    equivalent_annual_cost_usd: float
    usd_per_mtok: float
    marginal_usd_per_mtok: float
    energy_kwh: float
    served_tokens: float
    remarks: tuple[Remark, ...]
    hard_present_value_cost_usd: float
    discounted_usd: tuple[float, ...]
    hard_usd_per_mtok: float
    hard_equivalent_annual_cost_usd: float
    entries: tuple[Line, ...]
    flows: tuple[tuple[float, ...], ...]
    discounted_flows: tuple[tuple[float, ...], ...]
    served_here_fraction: float
    bought_fraction: float

    @property
    def ledger(self) -> tuple[CashFlow, ...]:
        """Every dated row, line by line; months in which a line moves nothing have no row."""
        return tuple(
            CashFlow(month, entry.name, amount, entry.hardness)
            for entry, flow in zip(self.entries, self.flows, strict=True)
            for month, amount in enumerate(flow)
            if amount
        )


@dataclass(frozen=True, slots=True)
class CostDraws:
    """Positive dollars of one option, one per draw: nominal and present value, each with and without people's time."""

    total_cost_usd: Number
    present_value_cost_usd: Number
    hard_present_value_cost_usd: Number
    hard_total_cost_usd: Number


def cost_of(
    option: Option,
    *,
    scenario: Scenario,
    usage: Usage | None = None,
    reference_api: ApiTariff | None = None,
    values: Mapping[str, float] | None = None,
    tax_tables: TaxTables | None = None,
) -> Tco:
    """Cost of one option over the scenario's months.

    `usage` is needed for machines and rented GPUs. `reference_api` prices what a machine cannot serve, and stands in
    for the tariff of a same-model API; of a subscription it is the price of what exceeds its limits. `values` replaces scenario fields by name, and an option's own figures by
    "<option id>.<name>" (price_usd, list_price_usd, idle_w, rate_usd_per_h ...; speeds as multiples of the usage's;
    tariffs by `tariff_key`). `tax_tables` (`catalog.tax`) are needed where the scenario deducts by MACRS. Present
    value: sum CF_m (1+r)^(-t(m)/12); equivalent annual cost: 12 * PV / sum of the discount factors of months 1..N.
    """
    inputs = Inputs(scenario, values or {}, tax_tables)
    horizon = Horizon(scenario.months, inputs.discount_rate, scenario.timing)
    bill = laid_out(option, inputs=inputs, horizon=horizon, usage=usage, reference_api=reference_api)
    return folded(bill.charges, horizon, bill.flows)


def laid_out(
    option: Option,
    *,
    inputs: Inputs,
    horizon: Horizon,
    usage: Usage | None = None,
    reference_api: ApiTariff | None = None,
) -> Bill:
    """The bill of one option with the flow of each line. Numbers only, no draws."""

    def charges() -> Charges:
        return charges_of(option, inputs=inputs, usage=usage, reference_api=reference_api)

    return bill_of(option, inputs=inputs, horizon=horizon, usage=usage, reference_api=reference_api, charges=charges)


def cost_draws(
    option: Option,
    *,
    inputs: Inputs,
    horizon: Horizon,
    usage: Usage | None = None,
    reference_api: ApiTariff | None = None,
) -> CostDraws:
    """The same cost for arrays of draws [n] in `inputs.given`.

    Share one `inputs` and one `horizon` among all options of a run: their common courses are then summed once, and
    every option meets the same future.
    """
    bills: list[tuple[Line, ...]] = []

    def bill() -> tuple[Line, ...]:
        bills.append(charges_of(option, inputs=inputs, usage=usage, reference_api=reference_api).lines)
        return bills[0]

    cash = cash_of(option, inputs=inputs, horizon=horizon, usage=usage, reference_api=reference_api, bill=bill)
    if bills:
        staff = [line for line in bills[0] if line.hardness == "soft"]
    else:  # only these may have changed
        staff = staff_lines(option, inputs=inputs, usage=usage, purchases=cash.purchases)
    soft, soft_value = sums_usd(staff, horizon=horizon)
    if cash.purchases is not None:
        cash.purchases.picked.forget_values()  # what they come to is known by now
    return CostDraws(cash.total_usd - soft, cash.present_value_usd - soft_value, cash.present_value_usd, cash.total_usd)


def charges_of(
    option: Option, *, inputs: Inputs, usage: Usage | None = None, reference_api: ApiTariff | None = None
) -> Charges:
    """The bill of one option with its tax lines. Raises CalculatorError where a usage or a tariff is missing."""
    charges = _untaxed(option, inputs=inputs, usage=usage, reference_api=reference_api)
    owned = option.id in inputs.scenario.already_own_usd
    taxes = tax_lines(charges.lines, inputs=inputs, owned=owned)
    return replace(charges, lines=(*charges.lines, *taxes)) if taxes else charges


def _untaxed(option: Option, *, inputs: Inputs, usage: Usage | None, reference_api: ApiTariff | None) -> Charges:
    if isinstance(option, ApiOffer):
        tariff = tariff_of(option, inputs.scenario, reference_api)
        return api_charges(option, tariff=tariff, inputs=inputs)
    if isinstance(option, Subscription):
        return plan_charges(option, inputs=inputs, tariff=reference_api)
    if usage is None:
        raise CalculatorError(f"{option.id}: no usage given; a machine's cost needs its hours and watts. Pass usage.")
    if usage.machine_count == 0:  # a mixed fleet without machines
        if reference_api is None:
            raise CalculatorError(f"{option.id}: no machine and no host's price; nothing serves the demand.")
        return token_charges(reference_api, inputs=inputs, setup_h=usage.setup_h)
    if isinstance(option, CloudOffer):
        return rent_charges(option, inputs=inputs, usage=usage, reference_api=reference_api)
    return own_charges(option, inputs=inputs, usage=usage, reference_api=reference_api)


def cost_shown_usd(tco: Tco, scenario: Scenario) -> float:
    """The one cost that is shown under the scenario's two switches: present value or cash, with staff hours or not."""
    if scenario.money == "cash":
        return tco.total_cost_usd if scenario.labour == "with" else tco.hard_cost_usd
    return tco.present_value_cost_usd if scenario.labour == "with" else tco.hard_present_value_cost_usd


def in_cash(tco: Tco) -> Tco:
    """The same cost with nothing discounted: present values are the plain sums of what is paid, level over the months."""
    per_year = MONTHS_PER_YEAR / tco.months
    return replace(
        tco,
        present_value_cost_usd=tco.total_cost_usd,
        hard_present_value_cost_usd=tco.hard_cost_usd,
        equivalent_annual_cost_usd=tco.total_cost_usd * per_year,
        hard_equivalent_annual_cost_usd=tco.hard_cost_usd * per_year,
        discounted_usd=tco.cumulative_usd,
        discounted_flows=tco.flows,
    )


def convention_of(scenario: Scenario) -> str:
    """The convention to print under a headline."""
    return convention(scenario.timing, scenario.discount_rate)


def tariff_of(offer: ApiOffer, scenario: Scenario, reference_api: ApiTariff | None) -> ApiTariff:
    """The offer's own price; of the same open model that of the host chosen (`reference_api`), where there is one."""
    if offer.kind != "same-model" and offer.tariffs:
        return offer.tariffs[0]
    if reference_api is not None and offer.kind == "same-model":
        return reference_api
    for tariff in offer.tariffs:
        if tariff.model == scenario.model:
            return tariff
    raise CalculatorError(
        f"{offer.id}: no host offers {scenario.model}. Choose another model, or leave this option out."
    )


def folded(charges: Charges, horizon: Horizon, flows_of_lines: Sequence[Flow] | None = None) -> Tco:
    """The bill laid out month by month and summed; `flows_of_lines`, where they are known. Numbers only, no draws."""
    months, factors = horizon.months, horizon.factors()
    both = flows_of_lines or [flows_usd(line, horizon=horizon) for line in charges.lines]
    flows, valued = np.array([plain for plain, _ in both]), np.array([discounted for _, discounted in both])
    is_hard = [line.hardness == "hard" for line in charges.lines]
    monthly, served = flows.sum(axis=0), _summed(charges.served, months)
    present_value, hard_present_value = -float(valued.sum()), -float(valued[is_hard].sum())
    served_mtok, served_value = float(served.sum()), float(served @ factors)
    per = 1 / served_value if served_value > 0 else float("nan")
    return Tco(
        months=months,
        lines=dict(zip((line.name for line in charges.lines), flows.sum(axis=1).tolist(), strict=True)),
        monthly_usd=tuple(monthly.tolist()),
        cumulative_usd=tuple(monthly.cumsum().tolist()),
        total_cost_usd=-float(monthly.sum()),
        hard_cost_usd=-float(flows[is_hard].sum()),
        present_value_cost_usd=present_value,
        equivalent_annual_cost_usd=float(equivalent_annual_cost(present_value, factors=factors)),
        usd_per_mtok=present_value * per,
        marginal_usd_per_mtok=(0.0 - float(_summed(charges.marginal, months) @ factors)) * per,
        energy_kwh=float(_summed(charges.energy, months).sum()),
        served_tokens=served_mtok * TOKENS_PER_MTOK,
        remarks=_remarks(charges, served_mtok, months=months),
        hard_present_value_cost_usd=hard_present_value,
        discounted_usd=tuple(valued.sum(axis=0).cumsum().tolist()),
        hard_usd_per_mtok=hard_present_value * per,
        hard_equivalent_annual_cost_usd=float(equivalent_annual_cost(hard_present_value, factors=factors)),
        entries=charges.lines,
        flows=tuple(tuple(flow) for flow in flows.tolist()),
        discounted_flows=tuple(tuple(flow) for flow in valued.tolist()),
        served_here_fraction=fraction_of(charges.here, charges.demand, months=months),
        bought_fraction=fraction_of(charges.bought, charges.demand, months=months),
    )


def present_value_cost_usd(charges: Charges, horizon: Horizon) -> float:
    """The present value of `folded`, to the bit, without the rest of it."""
    return -float(np.array([flows_usd(line, horizon=horizon)[1] for line in charges.lines]).sum())


def fraction_of(part: tuple[Term, ...], whole: tuple[Term, ...], *, months: int) -> float:
    """Tokens of a part over those of the whole demand; the whole of nothing is served."""
    if part is whole or not part:
        return float(part is whole)
    total = float(_summed(whole, months).sum())
    return min(1.0, max(0.0, float(_summed(part, months).sum()) / total)) if total > 0 else 0.0


def _summed(terms: tuple[Term, ...], months: int) -> NDArray[np.float64]:
    total = np.zeros(months + 1)
    for term in terms:
        total += term.amount_usd * course_values(term.course, months=months)
    return total


def _remarks(charges: Charges, served_mtok: float, *, months: int) -> tuple[Remark, ...]:
    remarks: list[Remark] = []
    if charges.unmet:
        text = "Part of the demand is not served, and no API price is known at which to buy it: it stays unmet."
        remarks.append(Remark(code="unmet-demand", text=text, level="problem"))
    if served_mtok <= 0:
        text = "No tokens are served, so a cost per million tokens does not exist."
        remarks.append(Remark(code="no-tokens", text=text, level="warning"))
    if above := sold_above_price(charges.lines, months=months):
        remarks.append(above)
    return tuple(remarks)
