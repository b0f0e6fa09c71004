"""Speeds of the Fit & speed page: one option at other numbers of people, other contexts, other prompts, other bits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile

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
_ALONE: dict[str, int] = {"retrieved_tokens": 0, "concurrent_request_count": 1, "reserved_context_tokens": 0}


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

    def shared(option: Machine | CloudOffer, people: int) -> Speed | None:
        found = capability(option, scenario, catalog, speeds, concurrent_request_count=people)
        return found.batch_decode if found.runs and found.concurrent_count >= people else None

    return _curves(boxes(scenario, catalog), PEOPLE, shared, share=True)


def speed_by_context(scenario: Scenario, catalog: Catalog, speeds: Measured) -> list[Curve]:
    """Tokens a second of one answer with so many tokens before it; ends where memory or the model's context ends."""

    def writing(option: Machine | CloudOffer, context: int) -> Speed | None:
        found = capability(option, scenario, catalog, speeds, prompt_tokens=context, **_ALONE)
        return found.prediction.decode if found.runs and found.prediction is not None else None

    limit = scenario_model(scenario, catalog).context_limit_tokens
    return _curves(boxes(scenario, catalog), [one for one in CONTEXTS if one <= limit], writing)


def wait_by_prompt(scenario: Scenario, catalog: Catalog, speeds: Measured) -> list[Curve]:
    """Seconds to the first word of one question alone, by the tokens that must be read, none of them cached."""

    def first_word(option: Machine | CloudOffer, prompt: int) -> Speed | None:
        asked = {"prompt_tokens": prompt, "cached_prompt_fraction": 0.0, **_ALONE}
        found = capability(option, scenario, catalog, speeds, **asked)
        return found.prediction.time_to_first_token if found.runs and found.prediction is not None else None

    limit = scenario_model(scenario, catalog).context_limit_tokens
    return _curves(boxes(scenario, catalog), [one for one in PROMPTS if one <= limit], first_word)


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


def _curves(
    options: Sequence[Machine | CloudOffer],
    places: Sequence[int],
    speed_at: Callable[[Machine | CloudOffer, int], Speed | None],
    *,
    share: bool = False,
) -> list[Curve]:
    """One curve per option, up to the first place where it has no speed; `share`: each place is so many people."""
    curves: list[Curve] = []
    for option in options:
        found = takewhile(lambda point: point[1] is not None, ((place, speed_at(option, place)) for place in places))
        points = [(place, speed) for place, speed in found if speed is not None]
        ranges = [
            Range(speed.low / among, speed.central / among, speed.high / among, speed.unit)
            for place, speed in points
            for among in (place if share else 1,)
        ]
        x = tuple(float(place) for place, _ in points)
        known = tuple(speed.basis != "fitted" for _, speed in points)
        curves.append(Curve(option.id, option.name, x, tuple(ranges), known))
    return [curve for curve in curves if curve.x]
