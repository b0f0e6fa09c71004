"""Shipped scenarios by name, what each is for, and the article's claims among a scenario's inputs."""

import functools
from pathlib import Path

from calculator.errors import ScenarioError
from calculator.evidence import Remark
from calculator.scenario.files import read_scenario
from calculator.scenario.knob import knobs_of
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
    return sorted(path.stem for path in PRESETS.glob("*.toml"))


def preset_purposes() -> dict[str, str]:
    """What each preset is for, in one line: the first line of its file."""
    return {name: _first_line(PRESETS / f"{name}.toml").removeprefix("#").strip() for name in preset_names()}


def claims_remark(scenario: Scenario) -> Remark | None:
    """The warning that an answer rests on claims of the article; None where fewer than three of them are its inputs.

    A value counts where it equals the article's, whatever the scenario is called: a claim travels with every copy.
    """
    article, labels = _article(), knobs_of(Scenario)
    values = [labels[name].label for name in CLAIMED_VALUES if getattr(scenario, name) == getattr(article, name)]
    watts = [
        name for name, value in article.figures.items() if name.endswith("_w") and scenario.figures.get(name) == value
    ]
    if len(values) + len(watts) < _FEWEST_CLAIMS:
        return None
    text = (
        f"{len(values) + len(watts)} inputs are claims of the article and none of our findings: "
        f"{', '.join((*values, *watts))}. The answer holds for these inputs alone."
    )
    return Remark(code="claims", text=text, level="warning")


@functools.cache
def _article() -> Scenario:
    return preset(CLAIMED)


def _first_line(path: Path) -> str:
    with path.open(encoding="utf-8") as lines:
        return next(lines)
