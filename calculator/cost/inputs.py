"""Values of a scenario for every cost formula: its own, or draws and trial values in their place."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from calculator.evidence import Quantity
from calculator.finance.ledger import Course
from calculator.number import Number
from calculator.scenario.scenario import Scenario


@dataclass(frozen=True)
class Inputs:
    """The scenario's values, some of them replaced by draws or trial values.

    `given` maps a scenario field, or "<option id>.<name>" for what belongs to one option, to a number or an array of
    draws. Courses are kept by name, so that all options share them and each is summed once.
    """

    scenario: Scenario
    given: Mapping[str, Number] = field(default_factory=dict[str, Number])
    _courses: dict[str, Course] = field(default_factory=dict[str, Course], repr=False)

    def __getitem__(self, name: str) -> Number:
        return self.given[name] if name in self.given else getattr(self.scenario, name)

    def of(self, owner: str, name: str, otherwise: Quantity | Number) -> Number:
        """What belongs to one option: its given value, the person's own figure, or the catalogue's central one."""
        key = f"{owner}.{name}"
        if key in self.given:
            return self.given[key]
        if key in self.scenario.figures:
            return self.scenario.figures[key]
        return otherwise.central if isinstance(otherwise, Quantity) else otherwise

    @functools.cached_property
    def drawn(self) -> bool:
        """Whether some value is an array of draws: then what only explains a line is left out."""
        return any(isinstance(value, np.ndarray) for value in self.given.values())

    def course(self, *, growth: str = "", step: str = "", growth_and: str = "", first_month: int = 1) -> Course:
        """The course that grows with the named rates; the same object for the same names."""
        key = f"{growth}|{growth_and}|{step}|{first_month}"
        if key not in self._courses:
            rate: Number = self[growth] if growth else 0.0
            both = (1 + rate) * (1 + self[growth_and]) - 1 if growth_and else rate
            self._courses[key] = Course(both, self[step] if step else 0.0, first_month)
        return self._courses[key]


def some(value: Number) -> bool:
    """Whether a number, or any of its draws, is not 0."""
    return bool(value.any()) if isinstance(value, np.ndarray) else bool(value)
