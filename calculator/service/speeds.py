"""A person's own speeds: figures that scale the predicted decode and prefill speed of one option.

They act where speeds are formed, so that shown speeds, loads, waits, the number of machines and costs all follow from
them. A figure is certain: the speed has no range then, unless the person gave P10, P50 and P90 of the ratio.
"""

from dataclasses import replace
from typing import Literal

from calculator.number import Range
from calculator.physics.prediction import Prediction
from calculator.physics.speed.speed import Speed
from calculator.scenario.scenario import Scenario
from calculator.units import plain_number

OWN_SPEED = "your own figure: {ratio} times the predicted speed"


def speed_ratio(scenario: Scenario, option_id: str, *, phase: Literal["decode", "prefill"]) -> Range | None:
    """The person's speed as a multiple of the predicted one, P10 to P90; None where none was given, or under rules 1.

    Version 0.1 let such a figure move costs alone; its scenarios keep that (cost/inputs.py).
    """
    name = f"{option_id}.{phase}_speed_ratio"
    if scenario.rules == 1 or name not in scenario.figures:
        return None
    low, _, high = scenario.ranges.get(name, (scenario.figures[name],) * 3)
    return Range(low, scenario.figures[name], high)


def scaled_speed(speed: Speed, ratio: Range | None) -> Speed:
    """The predicted speed times the person's ratio, the prediction's own range replaced by that of the ratio."""
    if ratio is None:
        return speed
    return replace(
        speed,
        low=speed.central * min(ratio.low, ratio.central),
        central=speed.central * ratio.central,
        high=speed.central * max(ratio.high, ratio.central),
        note="; ".join(filter(None, (speed.note, OWN_SPEED.format(ratio=plain_number(ratio.central))))),
    )


def scaled_speeds(prediction: Prediction, scenario: Scenario, option_id: str) -> Prediction:
    """The prediction with the person's own decode and prefill speed, and the first token that follows from it."""
    decode = speed_ratio(scenario, option_id, phase="decode")
    prefill = speed_ratio(scenario, option_id, phase="prefill")
    if prediction.decode is not None:
        prediction = replace(prediction, decode=scaled_speed(prediction.decode, decode))
    if prediction.prefill is not None and prefill is not None:
        first = prediction.time_to_first_token
        prediction = replace(
            prediction,
            prefill=scaled_speed(prediction.prefill, prefill),
            time_to_first_token=None if first is None else _sooner(first, prefill),
        )
    return prediction


def _sooner(first: Speed, ratio: Range) -> Speed:
    """Seconds to the first token at the person's prefill speed: it is all prefill."""
    return replace(
        first,
        low=first.central / max(ratio.high, ratio.central),
        central=first.central / ratio.central,
        high=first.central / min(ratio.low, ratio.central),
    )
