"""Cost of a flat-rate subscription: seats times price, and what exceeds their limits at the provider's token price."""

from calculator.catalog.options import ApiTariff
from calculator.catalog.plans import Subscription
from calculator.cost.bill import Charges, care_of_account, scaled, setup, spend
from calculator.cost.demand import Demand
from calculator.cost.inputs import Growth, Inputs
from calculator.cost.tariffs import api_prices, listed_prices, price_factors
from calculator.evidence import Quantity
from calculator.finance.courses import Excess, passes
from calculator.finance.ledger import Line, Term, month_1
from calculator.number import Number
from calculator.scenario.scenario import Scenario
from calculator.service.seat_windows import seat_windows, seats_of
from calculator.units import H_PER_MONTH

LIMIT = "requests_per_window"
SEAT = "seat_usd_per_month"
_LEAST = 1e-12


def limit_figure(plan: Subscription) -> str:
    """The figure under which a person gives the requests that a seat takes in a window."""
    return f"{plan.id}.{LIMIT}"


def window_of(plan: Subscription) -> float:
    """Hours of the window that the limit counts for; a month where the plan names none."""
    window = plan.limit_window_h()
    return H_PER_MONTH if window is None else window.central


def is_limit_known(plan: Subscription, scenario: Scenario) -> bool:
    """Whether anybody says what a seat takes: the vendor (also that there is no limit), or the person."""
    return bool(plan.limits) or limit_figure(plan) in scenario.figures


def limit_of(plan: Subscription, scenario: Scenario) -> Quantity | float | None:
    """Requests that a seat takes in a window; None where there is no limit, or none is published."""
    own = scenario.figures.get(limit_figure(plan))
    if own is not None:
        return own
    return plan.limit.requests_per_window if plan.limit is not None else None


def plan_charges(plan: Subscription, *, inputs: Inputs, tariff: ApiTariff | None) -> Charges:
    """The bill of a subscription: seats, the people's time of an account, and what exceeds the limits.

    seats      seats x price of a seat, the same in every month
    excess     sum over kinds of windows k of share_k x max(0, D(m) - seats x limit / requests_k) x tokens x price, with
               D(m) the demand as a multiple of month 1's; refused requests are not served
    """
    scenario = inputs.scenario
    demand, wanted = Demand.of(inputs), Demand.of(inputs).terms(inputs)
    seats = seats_of(scenario, least_count=plan.seats_least_count)
    price = inputs.of(plan.id, SEAT, plan.price.seat_usd_per_month)
    seat_line = spend(
        "seats",
        seats * price,
        inputs.course(),
        says="seats * price of a seat and month",
        seen={"seat_count": seats, SEAT: price},
    )
    lines = [
        setup(inputs, setup_h=inputs.of(plan.id, "setup_h", plan.setup_h)),
        seat_line,
        care_of_account(inputs),
    ]
    levels = _levels(plan, inputs=inputs, seats=seats)
    beyond = _beyond(levels, inputs, growth="")
    buys = scenario.subscription_excess == "buy"
    if not beyond or (buys and tariff is not None):
        if beyond and tariff is not None:
            lines.append(_excess_line(tariff, demand=demand, levels=levels, inputs=inputs))
        marginal = lines[-1].terms if beyond else ()
        return Charges(tuple(lines), marginal=marginal, served=wanted, bought=wanted, demand=wanted)
    served = (*wanted, *scaled(beyond, -demand.mtok))
    return Charges(tuple(lines), served=served, bought=served, demand=wanted, unmet=buys)


def _levels(plan: Subscription, *, inputs: Inputs, seats: int) -> tuple[tuple[float, Number], ...]:
    """Share of the demand in each kind of window, and what the seats take there as a multiple of month 1's demand."""
    scenario, limit = inputs.scenario, limit_of(plan, inputs.scenario)
    if limit is None:
        return ()
    taken = seats * inputs.of(plan.id, LIMIT, limit)
    more = inputs.requests_per_working_day / (scenario.requests_per_working_day or 1.0)
    windows = seat_windows(scenario, window_h=window_of(plan))
    return tuple((share, taken / (requests * more + _LEAST)) for share, requests in windows)


def _beyond(levels: tuple[tuple[float, Number], ...], inputs: Inputs, *, growth: Growth) -> tuple[Term, ...]:
    """Demand beyond the limits as terms, times the trend of a price; none where the limits are never reached."""
    rate, months = inputs.demand_growth_rate, inputs.scenario.months
    price = inputs.course(growth=growth)
    excesses = ((share, Excess(rate, room, price)) for share, room in levels)
    return tuple(Term(share, excess) for share, excess in excesses if inputs.drawn or passes(excess, months).any())


def _excess_line(
    tariff: ApiTariff, *, demand: Demand, levels: tuple[tuple[float, Number], ...], inputs: Inputs
) -> Line:
    missed = _beyond(levels, inputs, growth="api_price_trend_rate")
    factors, factors_say = price_factors(tariff, inputs)
    bill: dict[str, Number] = {}
    for kind, mtok, usd in demand.priced(listed_prices(tariff, inputs)):
        bill |= {f"{kind}_mtok_per_month": mtok, f"{kind}_usd_per_mtok": usd}
    first = {} if inputs.drawn else {"missed_month_1_fraction": month_1(_beyond(levels, inputs, growth=""))}
    says = (
        "share of the demand beyond the seats' limits * "
        f"(million tokens of the whole demand * {factors_say} at the same provider)"
    )
    return Line(
        "excess at token prices",
        "hard",
        scaled(missed, -demand.usd_per_month(api_prices(tariff, inputs))),
        says,
        {**first, **bill, **factors},
    )
