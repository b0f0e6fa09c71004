"""Busy hours of the week, and what overflows in each.

Demand is uneven: 168 weights, one per hour from Monday 0:00, share out a week's requests. Each hour is taken as a
steady state of its own (answers take seconds, hours are long); what an hour cannot serve overflows and is not carried
on.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from calculator.errors import ScenarioError
from calculator.number import require
from calculator.service.occupancy import Work, occupancy
from calculator.units import S_PER_H

HOURS_PER_WEEK = 168
_HOURS_PER_DAY = 24
Hours = NDArray[np.float64]
"""One value per hour of the week: shape [168], hour 0 is Monday 0:00 to 1:00."""


@dataclass(frozen=True, slots=True)
class Week:
    """The working week of `machine_count` equal machines, hour by hour (arrays [168]).

    `busy_h` counts machine hours, `load_fraction` what is asked over what the machines can do in the hour (infinite
    where something is asked of machines that are off), `overflow_requests` what they cannot serve.
    """

    requests: Hours
    on_h: Hours
    prefill_h: Hours
    decode_h: Hours
    load_fraction: Hours
    overflow_requests: Hours

    @property
    def busy_h(self) -> Hours:
        return self.prefill_h + self.decode_h

    @property
    def served_fraction(self) -> float:
        """Share of the week's requests that is served; 1 where nothing is asked."""
        asked = float(self.requests.sum())
        return 1.0 - float(self.overflow_requests.sum()) / asked if asked > 0 else 1.0

    @property
    def utilisation_fraction(self) -> float:
        """Busy over on, the week through."""
        return float(self.busy_h.sum() / self.on_h.sum())

    @property
    def peak_hour(self) -> int:
        """The hour of the week, 0..167, with the highest load."""
        return int(np.argmax(self.load_fraction))


def on_fractions(*, first_hour: int, on_h_per_day: float, working_days_per_week: int) -> Hours:
    """Share of each hour of the week in which the machine is on: from first_hour on each of the first working days."""
    require("first_hour", first_hour, low=0, high=_HOURS_PER_DAY - 1)
    require("on_h_per_day", on_h_per_day, above=0.0, high=_HOURS_PER_DAY - first_hour)
    require("working_days_per_week", working_days_per_week, low=1, high=7)
    left_h = first_hour + on_h_per_day - np.arange(_HOURS_PER_DAY, dtype=np.float64)
    day: Hours = np.minimum(np.maximum(left_h, 0.0), 1.0)
    day[:first_hour] = 0.0
    days = [day if weekday < working_days_per_week else np.zeros_like(day) for weekday in range(7)]
    return np.concatenate(days)


def hour_weights(on: Hours, *, peak_hour_of_day: int, peak_factor_ratio: float) -> Hours:
    """Weights with one peak a day: that hour gets peak_factor x the mean hour on, the others share the rest evenly.

    peak_hour_of_day: 0..23, an hour in which the machine is fully on. The factor lies between 1 and the hours on per
    day.
    """
    require("peak_hour_of_day", peak_hour_of_day, low=0, high=_HOURS_PER_DAY - 1)
    days = on.reshape(7, _HOURS_PER_DAY)
    weights = np.zeros_like(days)
    for weekday, day in enumerate(days):
        on_h = float(day.sum())
        if on_h == 0.0:
            continue
        if day[peak_hour_of_day] < 1.0:
            raise ScenarioError(
                f"peak_hour_of_day is {peak_hour_of_day}; the machine is not on all of that hour. "
                "Choose an hour within its working time."
            )
        require("peak_factor_ratio", peak_factor_ratio, low=1.0, high=on_h)
        rest_h = on_h - 1.0
        weights[weekday] = day * ((on_h - peak_factor_ratio) / rest_h if rest_h > 0 else 0.0)
        weights[weekday, peak_hour_of_day] = peak_factor_ratio
    return weights.ravel()


def week(work: Work, *, requests_per_week: float, weights: ArrayLike, on: ArrayLike, machine_count: int = 1) -> Week:
    """Busy hours and overflow for each hour of the week.

        requests_h = requests_per_week x weight_h / sum of weights;   rate_h = requests_h / (on share x 3600 s) /
        machines hours as in occupancy.py;   overflow_h = requests_h (1 - min(1, 1/load_h)), all of them where the
        machine is off

    With even weights over the hours on it equals `service`. Against a simulation with two peaks a day at load
    0.3..0.9 the busy hours err by as much as `occupancy` does. Raises ScenarioError for weights or shares that are
    not 168 numbers of at least 0, weights that are all 0, shares above 1, a machine that is never on.
    """
    weight, share = _hours("weights", weights), _hours("on", on, high=1.0)
    require("requests_per_week", requests_per_week, low=0.0)
    require("machine_count", machine_count, low=1)
    require("sum of weights", float(weight.sum()), above=0.0)
    require("hours on per week", float(share.sum()), above=0.0)
    requests: Hours = requests_per_week * (weight / weight.sum())  # shares first: weights may be as small as floats go
    working = share > 0.0
    rate: Hours = np.where(working, requests / machine_count / (np.where(working, share, 1.0) * S_PER_H), 0.0)
    spent = occupancy(work, requests_per_s=rate)
    machines_h = share * machine_count
    if_off: Hours = np.where(requests > 0.0, np.inf, 0.0)
    load: Hours = np.where(working, spent.load_fraction, if_off)
    overflow: Hours = np.where(working, requests * (1.0 - spent.served_fraction), requests)
    return Week(
        requests=requests,
        on_h=machines_h,
        prefill_h=spent.prefill_fraction * machines_h,
        decode_h=spent.decode_fraction * machines_h,
        load_fraction=load,
        overflow_requests=overflow,
    )


def _hours(name: str, values: ArrayLike, *, high: float | None = None) -> Hours:
    hours: Hours = np.asarray(values, dtype=np.float64)
    if hours.shape != (HOURS_PER_WEEK,):
        raise ScenarioError(f"{name} has the shape {hours.shape}; it must hold {HOURS_PER_WEEK} numbers, one per hour.")
    require(name, hours, low=0.0, high=high)
    return hours
