"""Ways to pay for a machine: out of cash, on credit or by a lease, judged at what debt costs and never in the verdict.

A loan at the cost of debt is worth nothing, so it changes no ranking; a lease displaces debt, so it is judged at the
cost of debt after tax. Both are views beside the operating study, which stays at the discount rate.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from calculator.catalog.options import Machine
from calculator.cost.tco import Tco
from calculator.errors import CalculatorError
from calculator.finance.discounting import monthly_rate, net_present_value
from calculator.finance.time_value import (
    effective_rate,
    implied_rate,
    interest_paid,
    level_payment,
    loan_flows,
    period_count,
    value_of_payments,
)
from calculator.risk.candidates import Candidate, Candidates
from calculator.scenario.scenario import Scenario
from calculator.units import MONTHS_PER_YEAR


@dataclass(frozen=True, slots=True)
class LeaseOrBuy:
    """A lease against the purchase of the same machine at the after-tax cost of debt; positive favours the lease.

    `implied_rate` is what the lessor earns a year; None where nothing is paid, or more at once than the machine costs.
    `liability_usd` is the value today of the payments, and of the buy-out, at the cost of debt before tax.
    """

    net_advantage_usd: float
    after_tax_debt_rate: float
    implied_rate: float | None
    liability_usd: float


@dataclass(frozen=True, slots=True)
class Credit:
    """The purchase paid by a loan over the horizon at the cost of debt, with level payments at the end of each month.

    `flows_usd` are what the borrower receives (month 0) and pays; `value_usd` is what they are worth at the cost of
    debt: nothing. `repaid_after_months`: by option that costs more to run, how many months of what this machine saves
    against it (as in month 1) repay the loan; None where they never do.
    """

    borrowed_usd: float
    debt_rate: float
    usd_per_month: float
    interest_usd: float
    value_usd: float
    flows_usd: tuple[float, ...]
    repaid_after_months: dict[str, float | None]


def lease_or_buy(candidates: Candidates, candidate: Candidate) -> LeaseOrBuy:
    """Net advantage of leasing a candidate: cost of buying less cost of leasing, both at debt_rate * (1 - tax).

    A lease displaces debt, so it is judged at what debt costs, not at the discount rate of the operation. The implied
    rate is what the lessor earns a year on price, payments, and the machine (or the buy-out) at the end.
    """
    scenario, option = candidates.scenario, candidate.option
    assert isinstance(option, Machine)
    tax = 0.0 if scenario.tax_mode == "none" else scenario.tax_rate
    rate = scenario.debt_rate * (1 - tax)
    bought_scenario = scenario.changed(leases={k: v for k, v in scenario.leases.items() if k != option.id})
    leased, bought = (
        candidates.under(one).cost(candidate, values={"discount_rate": rate}) for one in (scenario, bought_scenario)
    )
    lease, price = scenario.leases[option.id], -bought.lines["hardware"]
    end = lease.buyout_usd if lease.buyout_usd is not None else bought.lines.get("resale", 0.0)
    payment, months, advance = -lease.usd_per_month, scenario.months, lease.in_advance
    has_rate = price > 0 and 0 < lease.usd_per_month < (price if lease.in_advance else np.inf)
    monthly = (
        implied_rate(price, payment=payment, periods=months, future=-end, in_advance=advance) if has_rate else None
    )
    debt = float(monthly_rate(scenario.debt_rate))
    return LeaseOrBuy(
        net_advantage_usd=bought.present_value_cost_usd - leased.present_value_cost_usd,
        after_tax_debt_rate=rate,
        implied_rate=None if monthly is None else effective_rate(MONTHS_PER_YEAR * monthly, compounded=MONTHS_PER_YEAR),
        liability_usd=value_of_payments(
            payment, rate=debt, periods=months, future=-(lease.buyout_usd or 0.0), in_advance=advance
        ),
    )


def on_credit(owned: Tco, others: Mapping[str, Tco], *, scenario: Scenario) -> Credit | None:
    """The purchase of a machine on credit; None where nothing is bought (leased, or there already)."""
    borrowed = sum(
        -flow[0]
        for line, flow in zip(owned.entries, owned.flows, strict=True)
        if line.kind == "capital" and "worth_usd" not in line.inputs
    )
    if borrowed <= 0 or "hardware" not in owned.lines:
        return None
    rate, months = float(monthly_rate(scenario.debt_rate)), scenario.months
    flows = loan_flows(borrowed, rate=rate, periods=months)
    return Credit(
        borrowed_usd=borrowed,
        debt_rate=scenario.debt_rate,
        usd_per_month=-level_payment(borrowed, rate=rate, periods=months),
        interest_usd=interest_paid(borrowed, rate=rate, periods=months, first=1, last=months),
        value_usd=net_present_value(flows, rate=rate),
        flows_usd=flows,
        repaid_after_months={
            name: _repaid(borrowed, rate=rate, saved_usd=owned.monthly_usd[1] - other.monthly_usd[1])
            for name, other in others.items()
            if owned.monthly_usd[1] > other.monthly_usd[1]
        },
    )


def _repaid(borrowed: float, *, rate: float, saved_usd: float) -> float | None:
    try:
        return period_count(borrowed, rate=rate, payment=-saved_usd)
    except CalculatorError:  # the saving does not even pay the interest
        return None
