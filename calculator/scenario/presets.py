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
    """The warning that an answer rests on claims of the article; None where fewer than three of them are among its inputs.

    A value counts as a claim where it is the article's and not a default, so that a claim travels with every copy.
    """
    article, default, labels = _article(), Scenario(), knobs_of(Scenario)
    values = [
        labels[name].label
        for name in article.typed
        if name in labels and getattr(scenario, name) == getattr(article, name) != getattr(default, name)
    ]
    figures = [name for name, value in article.figures.items() if scenario.figures.get(name) == value]
    if not figures or len(values) + len(figures) < _FEWEST_CLAIMS:
        return None
    text = (
        f"{len(values) + len(figures)} inputs are claims of the article, none of them our finding: "
        f"{', '.join((*values, *figures))}. The answer holds for these inputs only; `audit` checks them one by one."
    )
    return Remark(code="claims", text=text, level="warning")


@functools.cache
def _article() -> Scenario:
    return preset(CLAIMED)


def _first_line(path: Path) -> str:
    with path.open(encoding="utf-8") as lines:
        return next(lines)
