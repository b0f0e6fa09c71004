"""Speeds of the Fit & speed page: one machine at other numbers of people, other contexts, other prompts, other bits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile

from calculator import Catalog, Scenario
from calculator.catalog.options import CloudOffer, Machine
from calculator.number import Range
from calculator.physics.measured import MeasuredSpeed
from calculator.physics.speed.speed import Speed
from calculator.scenario.check_ids import refuse_unknown
from calculator.scenario.own_catalog import catalog_of
from calculator.service.capability import Capability, capability_of, scenario_model
from views.fit_boxes import Box, different_boxes

PEOPLE = (1, 2, 4, 8, 16, 32)
CONTEXTS = (1_000, 4_000, 8_000, 16_000, 32_000, 65_000, 131_000)
PROMPTS = (500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 65_000)
Measured = tuple[MeasuredSpeed, ...]
_ALONE: dict[str, int] = {"retrieved_tokens": 0, "concurrent_request_count": 1, "reserved_context_tokens": 0}


@dataclass(frozen=True, slots=True)
class Curve:
    """One option's speed at several places; `measured` are the places whose speed was measured, by their x."""

    option: str
    name: str
    x: tuple[float, ...]
    speeds: tuple[Range, ...]
    measured: tuple[bool, ...]


def capability(
    option: Machine | CloudOffer, scenario: Scenario, catalog: Catalog, speeds: Measured, **changes: object
) -> Capability:
    """What one machine can do for the scenario, with some of its values changed."""
    asked = scenario.changed(**changes) if changes else scenario
    refuse_unknown(asked, catalog)
    model = scenario_model(asked, catalog)
    return capability_of(option, scenario=asked, model=model, measurements=speeds, catalog=catalog)


def widening(curves: Sequence[Curve]) -> list[str]:
    """Names of the curves whose range, high / low, more than doubles from one place to the next."""
    return [
        curve.name
        for curve in curves
        for before, after in pairwise(curve.speeds)
        if after.high * before.low > 2 * before.high * after.low
    ]


def speed_by_people(scenario: Scenario, catalog: Catalog, speeds: Measured) -> list[Curve]:
    """Tokens a second of each person while so many are answered at once; ends where memory ends."""

    def shared(box: Box, people: int) -> Speed | None:
        found = capability(box.option, box.scenario, catalog, speeds, concurrent_request_count=people)
        return found.batch_decode if found.runs and found.concurrent_count >= people else None

    catalog = catalog_of(scenario, catalog)
    return _curves(different_boxes(scenario, catalog), PEOPLE, shared, share=True)


def speed_by_context(scenario: Scenario, catalog: Catalog, speeds: Measured) -> list[Curve]:
    """Tokens a second of one answer with so many tokens before it; ends where memory or the model's context ends."""

    def writing(box: Box, context: int) -> Speed | None:
        if context > scenario_model(box.scenario, catalog).context_limit_tokens:
            return None
        found = capability(box.option, box.scenario, catalog, speeds, prompt_tokens=context, **_ALONE)
        return found.prediction.decode if found.runs and found.prediction is not None else None

    catalog = catalog_of(scenario, catalog)
    return _curves(different_boxes(scenario, catalog), CONTEXTS, writing)


def wait_by_prompt(scenario: Scenario, catalog: Catalog, speeds: Measured) -> list[Curve]:
    """Seconds to the first word of one question alone, by the tokens that must be read, none of them cached."""

    def first_word(box: Box, prompt: int) -> Speed | None:
        if prompt > scenario_model(box.scenario, catalog).context_limit_tokens:
            return None
        asked = {"prompt_tokens": prompt, "cached_prompt_fraction": 0.0, **_ALONE}
        found = capability(box.option, box.scenario, catalog, speeds, **asked)
        return found.prediction.time_to_first_token if found.runs and found.prediction is not None else None

    catalog = catalog_of(scenario, catalog)
    return _curves(different_boxes(scenario, catalog), PROMPTS, first_word)


def ladder(
    scenario: Scenario, catalog: Catalog, speeds: Measured, *, classes: Sequence[str]
) -> dict[str, dict[str, Capability]]:
    """Every machine at every precision: what one can do at it, by the box's key and the class."""
    catalog = catalog_of(scenario, catalog)
    return {
        box.key: {
            bits: capability(box.option, box.scenario, catalog, speeds, weight_class=bits, weight_classes={})
            for bits in classes
        }
        for box in different_boxes(scenario, catalog)
    }


def _curves(
    asked: Sequence[Box],
    places: Sequence[int],
    speed_at: Callable[[Box, int], Speed | None],
    *,
    share: bool = False,
) -> list[Curve]:
    """One curve per machine, up to the first place where it has no speed; `share`: each place is so many people."""
    curves: list[Curve] = []
    for box in asked:
        found = takewhile(lambda point: point[1] is not None, ((place, speed_at(box, place)) for place in places))
        points = [(place, speed) for place, speed in found if speed is not None]
        ranges = [
            Range(speed.low / among, speed.central / among, speed.high / among, speed.unit)
            for place, speed in points
            for among in (place if share else 1,)
        ]
        x = tuple(float(place) for place, _ in points)
        known = tuple(speed.basis != "fitted" for _, speed in points)
        curves.append(Curve(box.key, box.name, x, tuple(ranges), known))
    return [curve for curve in curves if curve.x]


def widening_text(curves: Sequence[Curve]) -> str:
    """Why a band bursts open: few measurements, or none, speak about the speed there."""
    names = list(dict.fromkeys(widening(curves)))
    if not names:
        return ""
    return (
        f" {'The band' if len(names) == 1 else 'The bands'} of {_listed(names)} {'widens' if len(names) == 1 else 'widen'} "
        "there because few measurements, or none, cover such a chip with its software."
    )


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
