"""Ends of the bounds of a section's numbers, and values just beyond them."""

import math

from pydantic import BaseModel

from calculator.scenario.knob import knobs_of


def ends(kind: type[BaseModel]) -> list[tuple[str, float]]:
    """Lowest and highest value of every number of the section."""
    return [(name, end) for name, knob in knobs_of(kind).items() for end in (knob.low, knob.high) if math.isfinite(end)]


def beyond(kind: type[BaseModel]) -> list[tuple[str, float]]:
    """The next whole step or the next float outside the bounds of every number of the section."""
    found: list[tuple[str, float]] = []
    for name, knob in knobs_of(kind).items():
        if math.isfinite(knob.low):
            whole = kind.model_fields[name].annotation is int
            found.append((name, knob.low - 1 if whole else math.nextafter(knob.low, -math.inf)))
            found.append((name, knob.high + 1 if whole else math.nextafter(knob.high, math.inf)))
    return found
