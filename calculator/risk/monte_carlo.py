"""How sure is the answer? Costs of all options in the same drawn futures, and the odds that follow from them.

A `Candidate` is one option with what its cost needs. `ranges` is fast (a few hundred draws) and belongs to every
comparison; `simulate` draws as many futures as asked and says how often each option is the cheapest. Both use the lines
of tco.py on arrays: with ranges of no width they give the deterministic answer to 1e-9.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calculator.catalog.api_quotes import tariff_key
from calculator.catalog.distributions import Kind
from calculator.catalog.options import ApiOffer, ApiTariff, CloudOffer, Machine
from calculator.cost.inputs import Inputs
from calculator.cost.rented import rate_of
from calculator.cost.tco import CostDraws, cost_draws, tariff_of
from calculator.errors import CalculatorError
from calculator.evidence import Quantity
from calculator.finance.ledger import Horizon
from calculator.risk.distributions import Draws, Spread, draw, figure_spreads, rules, scenario_spreads, spread_of
from calculator.scenario.own_figures import FIGURE_BOUNDS, FIGURE_LABELS
from calculator.scenario.scenario import Scenario, knobs
from calculator.service.usage import Usage

Triple = tuple[float, float, float]
"""P10, P50 and P90 (low, central, high)."""
FAST_COUNT = 256
FULL_COUNT = 10_000
_LARGEST_OWN = {  # how far a switching value is looked for
    "price_usd": 100_000.0, "setup_h": 500.0, "rate_usd_per_h": 100.0, "billing_minutes": 1440.0, "startup_minutes": 600.0,
    "storage_gb": 10_000.0, "storage_usd_per_gb_month": 5.0,
    "input_usd_per_mtok": 500.0, "output_usd_per_mtok": 500.0,
}  # fmt: skip
_THREADS = 2
_CHUNK = 8_192  # draws per pass: the arrays of one option stay in the processor's cache
_TENTHS = (0.1, 0.5, 0.9)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One option that can do the work: what its cost needs, and how uncertain its speeds and watts are.

    Speeds as (low, central, high) tokens/s; None where the option's own speed does not matter (an API). Watts and
    prices take their ranges from the catalogue.
    """

    option: Machine | CloudOffer | ApiOffer
    usage: Usage | None = None
    reference_api: ApiTariff | None = None
    decode_tokens_per_s: Triple | None = None
    prefill_tokens_per_s: Triple | None = None


@dataclass(frozen=True, slots=True)
class Odds:
    """Costs of the options in the same futures. Positive dollars, one array [draws] per option id.

    `inputs` are the draws behind them, by name; `spreads` the range of each.
    """

    total_usd: Mapping[str, Draws]
    present_value_usd: Mapping[str, Draws]
    hard_present_value_usd: Mapping[str, Draws]
    inputs: Mapping[str, Draws]
    spreads: Mapping[str, Spread]
    seed: int

    def total(self, option: str) -> Triple:
        """P10, P50, P90 of the nominal cost."""
        return triple(self.total_usd[option])

    def present_value(self, option: str) -> Triple:
        """P10, P50, P90 of the present value."""
        return triple(self.present_value_usd[option])

    def hard_present_value(self, option: str) -> Triple:
        """P10, P50, P90 of the present value without people's time."""
        return triple(self.hard_present_value_usd[option])

    def difference(self, dearer: str, cheaper: str) -> Triple:
        """P10, P50, P90 of what the first costs more than the second, present value, future by future."""
        return triple(self.present_value_usd[dearer] - self.present_value_usd[cheaper])

    def cheapest_probability(self, *, hard: bool = False) -> dict[str, float]:
        """Share of the futures in which each option has the lowest present value; `hard`: without people's time."""
        table = self.hard_present_value_usd if hard else self.present_value_usd
        names = list(table)
        winner = np.argmin(np.column_stack([table[name] for name in names]), axis=1)
        wins = np.bincount(winner, minlength=len(names)) / len(winner)
        return dict(zip(names, wins.tolist(), strict=True))

    def expected_regret_usd(self) -> dict[str, float]:
        """Mean present value above the cheapest option of each future: what the choice costs on average."""
        least: Draws = np.min(np.column_stack(list(self.present_value_usd.values())), axis=1)
        return {name: float(np.mean(usd - least)) for name, usd in self.present_value_usd.items()}

    def worst_tenth_usd(self) -> dict[str, float]:
        """Mean present value of each option in the dearest tenth of its futures (conditional value at risk, 90 %)."""
        return {name: _worst_tenth(usd) for name, usd in self.present_value_usd.items()}


def _worst_tenth(usd: Draws) -> float:
    dearest: Draws = usd[usd >= np.quantile(usd, _TENTHS[-1])]
    return float(np.sum(dearest)) / len(dearest)


def triple(values: NDArray[np.float64]) -> Triple:
    """P10, P50, P90 of the draws."""
    found: Draws = np.quantile(values, _TENTHS)
    return float(found[0]), float(found[1]), float(found[2])


def ranges(
    candidates: Sequence[Candidate],
    *,
    scenario: Scenario,
    defaults: Mapping[str, Quantity],
    count: int = FAST_COUNT,
) -> Odds:
    """Costs of all candidates in `count` drawn futures, the same for all, with the fixed seed of distributions.toml.

    For the verdict's range: `odds.total(id)` gives (low, central, high) of an option, `odds.difference(a, b)` of what a
    costs more than b. The draws of an input are kept between calls, so that a slider move redraws one input only.
    """
    spreads = spreads_of(candidates, scenario=scenario, defaults=defaults)
    return _odds(candidates, scenario, spreads, draw(spreads, count=count), count=count, seed=rules().seed)


def simulate(
    candidates: Sequence[Candidate],
    *,
    scenario: Scenario,
    defaults: Mapping[str, Quantity],
    count: int = FULL_COUNT,
    seed: int | None = None,
    spreads: Mapping[str, Spread] | None = None,
) -> Odds:
    """The same for many draws, in chunks on two threads; `spreads` replaces the ranges. Raises below two draws."""
    if count < 2:
        raise CalculatorError(
            f"count is {count}; a simulation needs at least 2 draws. Leave it out for {FULL_COUNT:,}."
        )
    found = spreads_of(candidates, scenario=scenario, defaults=defaults) if spreads is None else spreads
    seed = rules().seed if seed is None else seed
    draws = draw(found, count=count, seed=seed)
    pieces = [slice(start, min(start + _CHUNK, count)) for start in range(0, count, _CHUNK)]
    if len(pieces) == 1:
        return _odds(candidates, scenario, found, draws, count=count, seed=seed)

    def odds_of(piece: slice) -> Odds:
        part = {name: values[piece] for name, values in draws.items()}
        return _odds(candidates, scenario, found, part, count=piece.stop - piece.start, seed=seed)

    with ThreadPoolExecutor(max_workers=_THREADS) as pool:
        parts = list(pool.map(odds_of, pieces))
    return Odds(
        total_usd=_joined([part.total_usd for part in parts]),
        present_value_usd=_joined([part.present_value_usd for part in parts]),
        hard_present_value_usd=_joined([part.hard_present_value_usd for part in parts]),
        inputs=draws,
        spreads=found,
        seed=seed,
    )


def _joined(parts: Sequence[Mapping[str, Draws]]) -> dict[str, Draws]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def costs(candidates: Sequence[Candidate], scenario: Scenario, values: Mapping[str, Any]) -> dict[str, CostDraws]:
    """Costs of all candidates where `values` (numbers or arrays [draws]) replace the scenario's and the catalogue's."""
    inputs = Inputs(scenario, {**values, **_absolute(candidates, values)})
    horizon = Horizon(scenario.months, inputs["discount_rate"], scenario.timing)
    return {
        candidate.option.id: cost_draws(
            candidate.option,
            inputs=inputs,
            horizon=horizon,
            usage=candidate.usage,
            reference_api=candidate.reference_api,
        )
        for candidate in candidates
    }


def spreads_of(
    candidates: Sequence[Candidate], *, scenario: Scenario, defaults: Mapping[str, Quantity]
) -> dict[str, Spread]:
    """Every uncertain input of this comparison: the scenario's, and each option's speed, watts and prices."""
    found = scenario_spreads(scenario, defaults=defaults)
    for candidate in candidates:
        found.update(_own_spreads(candidate, scenario))
    owners = {candidate.option.id for candidate in candidates}
    own = figure_spreads(scenario).items()
    return {name: spread for name, spread in found.items() if _figure_of(name) not in scenario.figures} | {
        name: spread for name, spread in own if "/" in name or name.rpartition(".")[0] in owners
    }


def _figure_of(name: str) -> str:
    """The figure that an input stands for: watts are drawn as a ratio."""
    return f"{name.removesuffix('_watt_ratio')}_w" if name.endswith("_watt_ratio") else name


def input_label(name: str) -> str:
    """An input in words: its slider's label, or the option and the figure."""
    if name in knobs():
        label = knobs()[name].label
        return label[:1].lower() + label[1:]
    owner, _, figure = name.rpartition(".")
    return f"{FIGURE_LABELS.get(figure, figure.replace('_', ' '))} of {owner}" if owner else name


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


def _own_spreads(candidate: Candidate, scenario: Scenario) -> Iterator[tuple[str, Spread]]:
    option, owner = candidate.option, candidate.option.id
    for name, speed in (("decode", candidate.decode_tokens_per_s), ("prefill", candidate.prefill_tokens_per_s)):
        if speed is not None and speed[1] > 0:
            yield f"{owner}.{name}_speed_ratio", Spread(speed[0] / speed[1], 1.0, speed[2] / speed[1])
    if isinstance(option, Machine):
        for state in ("prefill", "decode", "idle"):
            watts: Quantity = getattr(option.power, f"{state}_w")
            if watts.central > 0:
                yield f"{owner}.{state}_watt_ratio", _relative(watts)
        if owner not in scenario.already_own_usd:
            yield f"{owner}.price_usd", spread_of(option.purchase_price().price_usd)
            yield f"{owner}.setup_h", spread_of(option.setup_h)
    elif isinstance(option, CloudOffer):
        yield f"{owner}.rate_usd_per_h", spread_of(rate_of(option, kind=scenario.cloud_rate).rate_usd_per_h)
        for figure in ("setup_h", "billing_minutes", "startup_minutes", "storage_gb", "storage_usd_per_gb_month"):
            yield f"{owner}.{figure}", spread_of(getattr(option, figure))
    else:
        yield f"{owner}.setup_h", spread_of(option.setup_h)
    tariff = (
        tariff_of(option, scenario, candidate.reference_api)
        if isinstance(option, ApiOffer)
        else candidate.reference_api
    )
    if tariff is not None:
        yield f"{tariff_key(tariff)}.input_usd_per_mtok", spread_of(tariff.input_usd_per_mtok)
        yield f"{tariff_key(tariff)}.output_usd_per_mtok", spread_of(tariff.output_usd_per_mtok)


def _relative(quantity: Quantity, kind: Kind = "lognormal") -> Spread:
    return Spread(quantity.low / quantity.central, 1.0, quantity.high / quantity.central, kind)


def _absolute(candidates: Sequence[Candidate], values: Mapping[str, Any]) -> dict[str, Any]:
    """Watts from their ratios: the usage's watts times the drawn ratio."""
    found: dict[str, Any] = {}
    for candidate in candidates:
        for state in ("prefill", "decode", "idle"):
            ratio = values.get(f"{candidate.option.id}.{state}_watt_ratio")
            if ratio is not None and candidate.usage is not None:
                found[f"{candidate.option.id}.{state}_w"] = getattr(candidate.usage, f"{state}_w") * ratio
    return found


def _odds(
    candidates: Sequence[Candidate],
    scenario: Scenario,
    spreads: Mapping[str, Spread],
    draws: Mapping[str, Draws],
    *,
    count: int,
    seed: int,
) -> Odds:
    found = costs(candidates, scenario, draws)
    shape = (count,)
    return Odds(
        total_usd={name: np.broadcast_to(cost.total_cost_usd, shape) for name, cost in found.items()},
        present_value_usd={name: np.broadcast_to(cost.present_value_cost_usd, shape) for name, cost in found.items()},
        hard_present_value_usd={
            name: np.broadcast_to(cost.hard_present_value_cost_usd, shape) for name, cost in found.items()
        },
        inputs=draws,
        spreads=spreads,
        seed=seed,
    )
