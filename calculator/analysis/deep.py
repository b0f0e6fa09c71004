"""Analysis behind the verdict in one record: odds, what would flip it, what a measurement is worth, what finance asks.

`analyse` takes a Comparison and costs a few hundred milliseconds, so it is made on demand: for `--json`, the risk page,
and the reports. Each of its parts can be had alone from risk/ and appraisal.py.
"""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from calculator.analysis.appraisal import Appraisal, appraise
from calculator.catalog import Catalog
from calculator.decision import input_words
from calculator.decision.comparison import Comparison
from calculator.errors import CalculatorError
from calculator.evidence import Quantity
from calculator.number import Range
from calculator.risk.candidates import NO_NAMES
from calculator.risk.monte_carlo import FULL_COUNT, simulate
from calculator.risk.sensitivity import Swing, SwitchPoint, switching_values, tornado
from calculator.risk.value_of_information import Information, total_effects, value_of_information
from calculator.scenario.check_ids import carbon_of


@dataclass(frozen=True, slots=True)
class Difference:
    """P10, P50, P90 of what `dearer` costs more than `cheaper` in present value, future by future."""

    dearer: str
    cheaper: str
    usd: Range


@dataclass(frozen=True, slots=True)
class Analysis:
    """The uncertainty and the appraisal of one comparison. Dollars are present value unless named otherwise.

    Sensitivity parts are empty where fewer than two options can do the job.
    """

    convention: str
    seed: int
    draw_count: int
    cheapest_probability: dict[str, float]
    hard_cheapest_probability: dict[str, float]
    present_value_usd: dict[str, Range]
    total_usd: dict[str, Range]
    hard_present_value_usd: dict[str, Range]
    expected_regret_usd: dict[str, float]
    worst_tenth_usd: dict[str, float]
    differences: tuple[Difference, ...]
    ranges: dict[str, Range]
    tornado: tuple[Swing, ...]
    switching: tuple[SwitchPoint, ...]
    total_effects: dict[str, float]
    information: Information
    advice: str
    appraisal: Appraisal


def analyse(comparison: Comparison, catalog: Catalog, *, count: int = FULL_COUNT) -> Analysis:
    """Draw `count` futures with the printed seed, and appraise every option that can do the job."""
    scenario, candidates = comparison.scenario, comparison.candidates
    if not candidates:
        raise CalculatorError(f"{comparison.verdict.sentence} {comparison.verdict.detail}")
    odds = simulate(candidates, count=count)
    names = sorted(odds.present_value_usd, key=lambda name: odds.present_value(name).central)
    best = comparison.verdict.cheapest or names[0]
    second = comparison.verdict.next
    known = value_of_information(odds)
    rivals = len(candidates) > 1
    switching = switching_values(candidates) if rivals else ()
    return Analysis(
        convention=comparison.verdicts.convention,
        seed=odds.seed,
        draw_count=count,
        cheapest_probability=odds.cheapest_probability(),
        hard_cheapest_probability=odds.cheapest_probability(hard=True),
        present_value_usd={name: odds.present_value(name) for name in names},
        total_usd={name: odds.total(name) for name in names},
        hard_present_value_usd={name: odds.hard_present_value(name) for name in names},
        expected_regret_usd=odds.expected_regret_usd(),
        worst_tenth_usd=odds.worst_tenth_usd(),
        differences=tuple(Difference(name, best, odds.difference(name, best)) for name in names if name != best),
        ranges={name: Range(s.low, s.central, s.high) for name, s in odds.spreads.items() if not s.certain},
        tornado=tornado(candidates) if rivals else (),
        switching=switching,
        total_effects=total_effects(candidates, pair=(second, best)) if second else {},
        information=known,
        advice=advice(known, switching, names={one.id: one.name for one in comparison.options}),
        appraisal=appraise(candidates, carbon_g_per_kwh=_titled(carbon_of(scenario.grid, catalog), catalog)),
    )


def advice(known: Information, switching: tuple[SwitchPoint, ...], *, names: Mapping[str, str] = NO_NAMES) -> str:
    """One sentence: what a pilot may cost at most, and which input it should measure."""
    flips = next((point for point in switching if point.in_range), None)
    flip = (
        f" The answer flips where {input_words.label(flips.name, names=names)} is "
        f"{input_words.value(flips.name, flips.value)}."
        if flips and flips.value is not None
        else ""
    )
    telling = {name: usd for name, usd in known.by_input.items() if usd > known.noise_usd}
    if known.total_usd < 1:
        return f"No measurement would change the choice: knowing everything is worth less than $1.{flip}"
    if not telling:
        return f"Knowing everything is worth at most ${known.total_usd:,.0f}; no single input decides alone.{flip}"
    name = max(telling, key=lambda key: telling[key])
    pilot = f"Knowing everything is worth at most ${known.total_usd:,.0f}"
    return (
        f"{pilot}; measure the {input_words.label(name, names=names)} first, worth at most ${telling[name]:,.0f}.{flip}"
    )


def _titled(quantity: Quantity, catalog: Catalog) -> Quantity:
    """The figure with its sources by title instead of by id."""
    titles = [catalog.sources[part].title if part in catalog.sources else part for part in quantity.source.split("+")]
    return quantity.model_copy(update={"source": "; ".join(filter(None, titles))})


def analysis_dict(analysis: Analysis) -> dict[str, Any]:
    """The record as plain dictionaries and lists for JSON; what does not exist is null."""
    return cast("dict[str, Any]", _plain(analysis))


def _plain(value: Any) -> Any:
    if isinstance(value, Range):
        return [value.low, value.central, value.high]
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in cast("list[Any]", value)]
    return value
