"""Who notes what a formula reads of its scenario and its inputs."""

from typing import Any

from calculator.scenario.scenario import Scenario


class Reader:
    """Stands for a scenario, or for inputs, and notes what is read of it."""

    def __init__(self, thing: Any, read: set[str]) -> None:
        self._thing, self._read = thing, read

    def __getattr__(self, name: str) -> Any:
        if callable(method := getattr(type(self._thing), name, None)):
            return lambda *args, **named: method(self, *args, **named)
        if name == "scenario":
            return Reader(self._thing.scenario, self._read)
        prefix = "scenario." if isinstance(self._thing, Scenario) else ""
        self._read.add(f"{prefix}{name}")
        return getattr(self._thing, name)
