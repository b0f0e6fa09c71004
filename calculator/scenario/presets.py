"""Shipped scenarios by name, what each is for, and the article's claims among a scenario's inputs."""

import functools
from pathlib import Path

from calculator.errors import ScenarioError
from calculator.scenario.files import read_scenario
from calculator.scenario.scenario import Scenario

PRESETS = Path(__file__).parent / "presets"
CLAIMED = "article"
"""The preset whose values are another's claims."""
CLAIMED_VALUES = (
    "wage_usd_per_h",
    "mac_administration_h_per_year",
    "pc_administration_h_per_year",
    "resale_fraction",
    "gpu_resale_fraction",
)
_FEWEST_CLAIMS = 3  # one or two of them may well be a person's own


def preset(name: str) -> Scenario:
    """The shipped scenario of that name: article, our-defaults, public-body, team-24-7 ...; raises ScenarioError."""
    path = PRESETS / f"{name.removesuffix('.toml').rsplit('/', 1)[-1]}.toml"
    if not path.exists():
        raise ScenarioError(f"{name!r} is not a preset. Presets: {', '.join(preset_names())}.")
    return read_scenario(path)


def preset_names() -> list[str]:
    """The presets, by name."""
    return list(_names())


@functools.cache
def _names() -> tuple[str, ...]:
    """Looked up once: every move of a page asks for them."""
    return tuple(sorted(path.stem for path in PRESETS.glob("*.toml")))


def preset_purposes() -> dict[str, str]:
    """What each preset is for, in one line: the first line of its file."""
    return {name: _first_line(PRESETS / f"{name}.toml").removeprefix("#").strip() for name in preset_names()}


def claimed_inputs(scenario: Scenario) -> tuple[str, ...]:
    """The scenario's inputs that are the article's claims, fields before figures; none where they are fewer than three.

    A value counts where it equals the article's, whatever the scenario is called: a claim travels with every copy.
    """
    article = _article()
    values = [name for name in CLAIMED_VALUES if getattr(scenario, name) == getattr(article, name)]
    watts = [
        name for name, value in article.figures.items() if name.endswith("_w") and scenario.figures.get(name) == value
    ]
    return (*values, *watts) if len(values) + len(watts) >= _FEWEST_CLAIMS else ()


@functools.cache
def _article() -> Scenario:
    return preset(CLAIMED)


def _first_line(path: Path) -> str:
    with path.open(encoding="utf-8") as lines:
        return next(lines)
