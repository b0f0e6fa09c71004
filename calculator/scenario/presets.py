"""Shipped scenarios by name."""

from pathlib import Path

from calculator.errors import ScenarioError
from calculator.scenario.files import read_scenario
from calculator.scenario.scenario import Scenario

PRESETS = Path(__file__).parent / "presets"


def preset(name: str) -> Scenario:
    """The shipped scenario of that name: article, our-defaults, public-body, team-24-7 ...; raises ScenarioError."""
    path = PRESETS / f"{name.removesuffix('.toml').rsplit('/', 1)[-1]}.toml"
    if not path.exists():
        raise ScenarioError(f"{name!r} is not a preset. Presets: {', '.join(preset_names())}.")
    return read_scenario(path)


def preset_names() -> list[str]:
    """The presets, by name."""
    return sorted(path.stem for path in PRESETS.glob("*.toml"))
