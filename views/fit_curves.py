"""Speeds of the Fit & speed page: one option at other numbers of people, other contexts, other prompts, other bits."""

from collections.abc import Sequence
from dataclasses import dataclass

from calculator import Catalog, Scenario
from calculator.catalog.options import CloudOffer, Machine
from calculator.number import Range
from calculator.physics.measured import MeasuredSpeed
from calculator.physics.speed.speed import Speed
from calculator.scenario.check_ids import refuse_unknown
from calculator.service.capability import Capability, capability_of, scenario_model

PEOPLE = (1, 2, 4, 8, 16, 32)
CONTEXTS = (1_000, 4_000, 8_000, 16_000, 32_000, 65_000, 131_000)
PROMPTS = (500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 65_000)
Measured = tuple[MeasuredSpeed, ...]


@dataclass(frozen=True, slots=True)
class Curve:
    """One option's speed at several places; `measured` are the places whose speed was measured, by their x."""

    option: str
    name: str
    x: tuple[float, ...]
    speeds: tuple[Range, ...]
    measured: tuple[bool, ...]


def boxes(scenario: Scenario, catalog: Catalog) -> list[Machine | CloudOffer]:
    """The compared options whose speed is ours to say: machines and rented machines."""
    found = (catalog.option(option) for option in scenario.options)
    return [option for option in found if isinstance(option, Machine | CloudOffer)]


def capability(
    option: Machine | CloudOffer, scenario: Scenario, catalog: Catalog, speeds: Measured, **changes: object
) -> Capability:
    """What one machine can do for the scenario, with some of its values changed."""
    asked = scenario.changed(**changes) if changes else scenario
    refuse_unknown(asked, catalog)
    model = scenario_model(asked, catalog)
    return capability_of(option, scenario=asked, model=model, measurements=speeds, catalog=catalog)


def speed_by_people(scenario: Scenario, catalog: Catalog, speeds: Measured) -> list[Curve]:
    """Tokens a second of each person while so many are answered at once; ends where memory ends."""
    curves: list[Curve] = []
    for option in boxes(scenario, catalog):
        points: list[tuple[float, Speed]] = []
        for people in PEOPLE:
            found = capability(option, scenario, catalog, speeds, concurrent_request_count=people)
            if not found.runs or found.concurrent_count < people or found.batch_decode is None:
                break
            points.append((people, found.batch_decode))
        curves.append(_curve(option, [(people, speed, people) for people, speed in points]))
    return [curve for curve in curves if curve.x]


def speed_by_context(scenario: Scenario, catalog: Catalog, speeds: Measured) -> list[Curve]:
    """Tokens a second of one answer with so many tokens before it; ends where memory or the model's context ends."""
    limit = scenario_model(scenario, catalog).context_limit_tokens
    curves: list[Curve] = []
    for option in boxes(scenario, catalog):
        points: list[tuple[float, Speed, float]] = []
        for context in (one for one in CONTEXTS if one <= limit):
            changes = {
                "prompt_tokens": context,
                "retrieved_tokens": 0,
                "concurrent_request_count": 1,
                "reserved_context_tokens": 0,
            }
            found = capability(option, scenario, catalog, speeds, **changes)
            if not found.runs or found.prediction is None or found.prediction.decode is None:
                break
            points.append((context, found.prediction.decode, 1))
        curves.append(_curve(option, points))
    return [curve for curve in curves if curve.x]


def wait_by_prompt(scenario: Scenario, catalog: Catalog, speeds: Measured) -> list[Curve]:
    """Seconds to the first word of one question alone, by the tokens that must be read."""
    limit = scenario_model(scenario, catalog).context_limit_tokens
    curves: list[Curve] = []
    for option in boxes(scenario, catalog):
        points: list[tuple[float, Speed, float]] = []
        for prompt in (one for one in PROMPTS if one <= limit):
            changes = {
                "prompt_tokens": prompt,
                "retrieved_tokens": 0,
                "cached_prompt_fraction": 0.0,
                "concurrent_request_count": 1,
                "reserved_context_tokens": 0,
            }
            found = capability(option, scenario, catalog, speeds, **changes)
            if not found.runs or found.prediction is None or found.prediction.time_to_first_token is None:
                break
            points.append((prompt, found.prediction.time_to_first_token, 1))
        curves.append(_curve(option, points))
    return [curve for curve in curves if curve.x]


def ladder(
    scenario: Scenario, catalog: Catalog, speeds: Measured, *, classes: Sequence[str]
) -> dict[str, dict[str, Capability]]:
    """Every option at every precision: what one can do at it, by the option's id and the class."""
    return {
        option.id: {
            bits: capability(option, scenario, catalog, speeds, weight_class=bits, weight_classes={})
            for bits in classes
        }
        for option in boxes(scenario, catalog)
    }


def _curve(option: Machine | CloudOffer, points: Sequence[tuple[float, Speed, float]]) -> Curve:
    """The points of a curve; each speed is shared by so many people."""
    return Curve(
        option.id,
        option.name,
        tuple(x for x, _, _ in points),
        tuple(Range(s.low / share, s.central / share, s.high / share, s.unit) for _, s, share in points),
        tuple(speed.basis != "fitted" for _, speed, _ in points),
    )
