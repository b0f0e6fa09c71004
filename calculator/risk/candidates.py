"""Candidates of a comparison: what they cost in drawn futures, and how uncertain each of their inputs is."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from calculator.catalog.api_quotes import tariff_key
from calculator.catalog.freshness import price_on
from calculator.catalog.options import ApiOffer, CloudOffer, Machine
from calculator.catalog.plans import Subscription
from calculator.catalog.price_age import PriceKind, price_kind
from calculator.catalog.routed import Routed
from calculator.cost.inputs import Inputs
from calculator.cost.parts import charges_of_parts, values_of_part
from calculator.cost.subscription import LIMIT, SEAT, limit_of
from calculator.cost.tco import CostDraws, charges_of, cost_draws, present_value_cost_usd, tariff_of
from calculator.errors import CalculatorError
from calculator.evidence import Quantity
from calculator.finance.kept_draws import KeptDraws, read_only
from calculator.finance.ledger import Horizon, Line
from calculator.number import Number, Range
from calculator.risk.candidate import Candidate, CandidatePart, Candidates, cost_part
from calculator.risk.distributions import Spread, figure_spreads, scenario_spreads, spread_of
from calculator.scenario.own_figures import FIGURE_BOUNDS, FIGURE_LABELS
from calculator.scenario.scenario import knobs

__all__ = ["Candidate", "CandidatePart", "Candidates", "cost_usd", "costs", "input_bounds", "input_label", "spreads_of"]

_LARGEST_OWN = {
    "price_usd": 100_000.0,
    "setup_h": 500.0,
    "rate_usd_per_h": 100.0,
    "billing_minutes": 1440.0,
    "startup_minutes": 600.0,
    "seat_usd_per_month": 5_000.0,
    "requests_per_window": 100_000.0,
    "storage_gb": 10_000.0,
    "storage_usd_per_gb_month": 5.0,
    "input_usd_per_mtok": 500.0,
    "output_usd_per_mtok": 500.0,
}
"""How far a switching value is looked for."""
NO_NAMES: Mapping[str, str] = {}
_KEPT_CAPITALS = 2  # API, PUE: a label that begins with two capitals keeps them
_DRAWN_STATES = ("prefill", "decode", "idle")
_MOST_OF_MAXIMUM = 1.1  # of the maker's watts: options.Power


def costs(candidates: Candidates, values: Mapping[str, Number], *, values_key: Hashable = None) -> dict[str, CostDraws]:
    """Costs of all candidates where `values` (numbers or arrays [draws]) replace the scenario's and the catalogue's.

    values_key: a short key of the values, people's time apart (calculator/cost/inputs.py).
    """
    scenario = candidates.scenario
    inputs = Inputs(scenario, {**values, **_absolute(candidates, values)}, candidates.tax_tables, values_key=values_key)
    horizon = Horizon(scenario.months, inputs.discount_rate, scenario.timing)
    found: dict[str, CostDraws] = {}
    for one in candidates:
        if isinstance(one.option, Routed):
            found[one.option.id] = _summed(one, candidates, values)
        else:
            found[one.option.id] = cost_draws(
                one.option, inputs=inputs, horizon=horizon, usage=one.usage, reference_api=one.reference_api
            )
    return found


def cost_usd(candidates: Candidates, values: Mapping[str, float]) -> float:
    """Present value of the only candidate where `values` replace the scenario's and the catalogue's; none routed."""
    (one,) = candidates
    assert not isinstance(one.option, Routed)
    scenario = candidates.scenario
    inputs = Inputs(scenario, {**values, **_absolute(candidates, values)}, candidates.tax_tables, brief=True)
    charges = charges_of(one.option, inputs=inputs, usage=one.usage, reference_api=one.reference_api)
    return present_value_cost_usd(charges, Horizon(scenario.months, inputs.discount_rate, scenario.timing))


def _summed(candidate: Candidate, candidates: Candidates, values: Mapping[str, Number]) -> CostDraws:
    """The costs of a routed option's parts in the same futures, added up."""
    drawn = [
        costs(
            replace(candidates, scenario=part.scenario, options=(part.candidate,)), values_of_part(part.ratios, values)
        )
        for part in candidate.parts
    ]
    parts = [one for found in drawn for one in found.values()]
    return CostDraws(
        sum((one.total_cost_usd for one in parts), start=0.0),
        sum((one.present_value_cost_usd for one in parts), start=0.0),
        sum((one.hard_present_value_cost_usd for one in parts), start=0.0),
        sum((one.hard_total_cost_usd for one in parts), start=0.0),
    )


def lines_drawn(candidates: Candidates, option_id: str, values: Mapping[str, Number]) -> tuple[Line, ...]:
    """The ledger's lines of one option where `values` (numbers or arrays [draws]) replace the scenario's."""
    inputs = Inputs(candidates.scenario, {**values, **_absolute(candidates, values)}, candidates.tax_tables)
    (candidate,) = candidates.only([option_id])
    if isinstance(candidate.option, Routed):
        values = {**values, **_absolute(candidates, values)}
        parts = [cost_part(part) for part in candidate.parts]
        return charges_of_parts(parts, values=values, tax_tables=candidates.tax_tables).lines
    found = charges_of(candidate.option, inputs=inputs, usage=candidate.usage, reference_api=candidate.reference_api)
    return found.lines


def spreads_of(candidates: Candidates, *, of_scenario: Mapping[str, Spread] | None = None) -> dict[str, Spread]:
    """Every uncertain input of this comparison: the scenario's (`of_scenario`, where they are known), and each option's
    speed, watts and prices."""
    scenario = candidates.scenario
    found = dict(of_scenario or scenario_spreads(scenario, defaults=candidates.defaults, rules=candidates.rules))
    for candidate, under in candidates.leaves():
        found.update(_own_spreads(candidate, under))
    owners = {candidate.option.id for candidate, _ in candidates.leaves()}
    own = figure_spreads(scenario).items()
    return {name: spread for name, spread in found.items() if _figure_of(name) not in scenario.figures} | {
        name: spread for name, spread in own if "/" in name or name.rpartition(".")[0] in owners
    }


def _figure_of(name: str) -> str:
    """The figure that an input stands for: watts are drawn as a ratio."""
    return f"{name.removesuffix('_watt_ratio')}_w" if name.endswith("_watt_ratio") else name


def input_label(name: str, names: Mapping[str, str] = NO_NAMES) -> str:
    """An input in words, with its unit: its slider's label, or the figure and the option or host (`names`: by id).

    >>> input_label("api_price_trend_rate"), input_label("mac.price_usd", {"mac": "Mac Studio"})
    ('API price trend', 'price ($) of Mac Studio')
    >>> input_label("Databricks/llama-3.3.output_usd_per_mtok")
    'price of output tokens ($ per million) of the API of Databricks'
    """
    if name in knobs():
        label = knobs()[name].label
        return label if label[:_KEPT_CAPITALS].isupper() else label[:1].lower() + label[1:]
    owner, _, figure = name.rpartition(".")
    host, _, model = owner.partition("/")
    of = names.get(owner) or (f"the API of {host}" if model else owner)
    return f"{FIGURE_LABELS.get(figure, figure.replace('_', ' '))} of {of}" if owner else name


def input_bounds(name: str) -> tuple[float, float]:
    """Least and greatest value that an input may take: its slider's, or for an option's own figures a factor of ten.

    Ratios (speed, watts, `price_ratio`) run from a tenth to twenty times.
    """
    if "." not in name:
        if name not in knobs() or not np.isfinite(knobs()[name].low):
            raise CalculatorError(
                f"{name} is not an input that can be varied. `python -m calculator explain` lists them."
            )
        return knobs()[name].low, knobs()[name].high
    figure = name.rpartition(".")[2]
    if figure not in FIGURE_BOUNDS and not figure.endswith("_ratio"):
        raise CalculatorError(f"{name} is not an input that can be varied. Its figures: {', '.join(FIGURE_BOUNDS)}.")
    if name.endswith("_ratio"):
        return 0.05, 20.0
    low, high = FIGURE_BOUNDS[figure]
    return low, min(high, _LARGEST_OWN.get(figure, high))


def _own_spreads(candidate: Candidate, candidates: Candidates) -> Iterator[tuple[str, Spread]]:
    option, owner, scenario = candidate.option, candidate.option.id, candidates.scenario
    limits = candidates.rules.limits
    if candidate.is_api_alone:
        for name, price in _prices_on_the_day(candidate, candidates):
            yield name, spread_of(price, bounds=FIGURE_BOUNDS[name.rpartition(".")[2]])
        return

    def stated(figure: str, quantity: Quantity) -> tuple[str, Spread]:
        return f"{owner}.{figure}", spread_of(quantity, bounds=limits.get(figure, FIGURE_BOUNDS[figure]))

    for name, speed in (("decode", candidate.decode_tokens_per_s), ("prefill", candidate.prefill_tokens_per_s)):
        if speed is not None and speed.central > 0:
            yield f"{owner}.{name}_speed_ratio", _relative(speed, limits["speed_ratio"])
    if isinstance(option, Machine):
        yield from _watt_spreads(option, limits["watt_ratio"])
        if option.gpu_price_fraction is not None:
            share = option.gpu_price_fraction
            yield f"{owner}.gpu_price_fraction", spread_of(share, kind="share", bounds=(0.0, 1.0))
    elif isinstance(option, CloudOffer):
        yield stated("billing_minutes", option.billing_minutes)
        yield stated("startup_minutes", option.startup_minutes)
        yield stated("storage_gb", option.storage_gb)
        yield stated("storage_usd_per_gb_month", option.storage_usd_per_gb_month)
    elif isinstance(option, Subscription) and isinstance(limit := limit_of(option, scenario), Quantity):
        yield stated(LIMIT, limit)
    assert not isinstance(option, Routed)  # its parts are asked
    if not scenario.has_no_price(owner):
        yield stated("setup_h", option.setup_h)
    for name, price in _prices_on_the_day(candidate, candidates):
        yield name, spread_of(price, bounds=FIGURE_BOUNDS[name.rpartition(".")[2]])


def _prices_on_the_day(candidate: Candidate, candidates: Candidates) -> Iterator[tuple[str, Quantity | Range]]:
    """The prices that the option's cost rests on, by input, each with its range on the day of looking."""
    option, scenario = candidate.option, candidates.scenario
    tariff = candidate.reference_api
    if isinstance(option, ApiOffer):
        tariff = tariff_of(option, scenario, candidate.reference_api)
    found: list[tuple[str, Quantity, PriceKind, str]] = []
    if candidate.is_api_alone:
        pass
    elif isinstance(option, Machine) and not scenario.has_no_price(option.id):
        bought = option.purchase_price()
        found.append((f"{option.id}.price_usd", bought.price_usd, price_kind(option), bought.aged_from))
    elif isinstance(option, CloudOffer):
        rate = option.rate(scenario.cloud_rate).rate_usd_per_h
        found.append((f"{option.id}.rate_usd_per_h", rate, price_kind(option), rate.as_of))
    elif isinstance(option, Subscription):
        seat = option.price.seat_usd_per_month
        found.append((f"{option.id}.{SEAT}", seat, price_kind(option), seat.as_of))
    if tariff is not None:
        prices = {"input_usd_per_mtok": tariff.input_usd_per_mtok, "output_usd_per_mtok": tariff.output_usd_per_mtok}
        if tariff.cached_input_usd_per_mtok is not None and scenario.cached_prompt_fraction:
            prices["cached_input_usd_per_mtok"] = tariff.cached_input_usd_per_mtok
        if tariff.cache_write_usd_per_mtok is not None and scenario.api_cache_write_fraction:
            prices["cache_write_usd_per_mtok"] = tariff.cache_write_usd_per_mtok
        key = tariff_key(tariff)
        found.extend((f"{key}.{figure}", price, "api", price.as_of) for figure, price in prices.items())
    on, known = candidates.day_of_looking(), candidates.constants
    for name, price, kind, aged_from in found:
        yield name, price_on(price, kind=kind, aged_from=aged_from, on=on, constants=known)


def _watt_spreads(machine: Machine, limits: tuple[float, float]) -> Iterator[tuple[str, Spread]]:
    """Watts as multiples of their central values; never above 110 % of the maker's maximum where one is stated."""
    power = machine.power
    for state, watts in zip(_DRAWN_STATES, (power.prefill_w, power.decode_w, power.idle_w), strict=True):
        if watts.central > 0:
            most = limits[1] if power.max_w is None else _MOST_OF_MAXIMUM * power.max_w.central / watts.central
            yield f"{machine.id}.{state}_watt_ratio", _relative(watts, (limits[0], min(limits[1], most)))


def _relative(range_: Range | Quantity, bounds: tuple[float, float]) -> Spread:
    """A range as multiples of its central value."""
    central = range_.central
    return spread_of(Range(range_.low / central, 1.0, range_.high / central), bounds=bounds)


def _absolute(candidates: Candidates, values: Mapping[str, Number]) -> dict[str, Number]:
    """Watts from their ratios: the usage's watts times the drawn ratio."""
    found: dict[str, Number] = {}
    for candidate, _ in candidates.leaves():
        if (usage := candidate.usage) is None or candidate.is_api_alone:
            continue
        for state, watts in zip(_DRAWN_STATES, (usage.prefill_w, usage.decode_w, usage.idle_w), strict=True):
            ratio = values.get(f"{candidate.option.id}.{state}_watt_ratio")
            if ratio is not None:
                found[f"{candidate.option.id}.{state}_w"] = _drawn_watts(watts, ratio)
    return found


def _drawn_watts(watts: Number, ratio: Number) -> Number:
    """Watts of one state in every future; kept, so that a move of money or of people's time finds them again."""
    if np.size(ratio) < _KEPT_FROM_DRAWS:
        return watts * ratio
    return _WATTS.answer(watts, ratio, compute=lambda: read_only(watts * ratio))


_KEPT_FROM_DRAWS = 1_000
_WATTS: KeptDraws[Number] = KeptDraws(most=64)
"""80 kB each of 10,000 futures, 5 MB in all."""
