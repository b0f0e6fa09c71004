"""What makes an option able to do the job in one click, where a mended reason would only show the next one."""

from collections.abc import Sequence
from typing import Any

from calculator import Catalog, Scenario
from calculator.decision.compare import compare
from calculator.decision.comparison import Comparison, OptionResult
from calculator.errors import CalculatorError
from calculator.physics.measured import MeasuredSpeed
from views.kept import Kept
from views.mending import mending
from views.money import is_ranked
from views.prices import figures_of

MOST_STEPS = 6
_WAYS = Kept[tuple[str, str, str, tuple[MeasuredSpeed, ...]], dict[str, Any]]()


def whole_mends(comparison: Comparison, *, catalog: Catalog, speeds: Sequence[MeasuredSpeed]) -> dict[str, Any]:
    """By option that cannot do the job: `label` and `put` of the click that makes it able where that takes several
    changes, or `then`, the reason that is left once all clicks are made.

    An option that one click mends, or none, has no entry. Each step is answered by the engine, without futures, in a
    turn of the page; the last few are kept.
    """
    key = (comparison.scenario.model_dump_json(), comparison.prices_as_of, catalog.hash, tuple(speeds))
    return _WAYS.get(key, lambda: _ways(comparison, catalog, speeds))


def _ways(comparison: Comparison, catalog: Catalog, speeds: Sequence[MeasuredSpeed]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for option in comparison.options:
        if is_ranked(option) or not option.eligibility.reasons:
            continue
        try:
            way = _way(option, comparison, catalog, speeds)
        except CalculatorError:  # a table of the scenario needs the other options, or two changes contradict each other
            continue
        if way is not None:
            found[option.id] = way
    return found


def _way(
    option: OptionResult, comparison: Comparison, catalog: Catalog, speeds: Sequence[MeasuredSpeed]
) -> dict[str, Any] | None:
    scenario, put, labels = comparison.scenario, dict[str, Any](), list[str]()
    now = option
    for _ in range(MOST_STEPS):
        change = _next_change(now, scenario)
        if change is None:
            break
        labels.append(change["label"])
        put |= change["put"]
        scenario = scenario.changed(**change["put"])
        now = _alone(option.id, scenario, comparison, catalog, speeds)
        if is_ranked(now):
            return {"label": _sentence(labels), "put": put} if len(labels) > 1 else None
    if not labels or not now.eligibility.reasons:
        return None
    return {"then": now.eligibility.reasons[0].text}


def _next_change(option: OptionResult, scenario: Scenario) -> dict[str, Any] | None:
    """The first click that one of its reasons offers and that changes something; more machines before lower targets."""
    changes = [mending(reason, option, scenario) for reason in option.eligibility.reasons]
    able = [change for change in changes if change and scenario.changed(**change["put"]) != scenario]
    return min(able, key=lambda change: "machine_count" not in change["put"], default=None)


def _alone(
    option_id: str, scenario: Scenario, comparison: Comparison, catalog: Catalog, speeds: Sequence[MeasuredSpeed]
) -> OptionResult:
    only = scenario.changed(options=(option_id,), figures=figures_of([option_id], scenario))
    day = comparison.prices_as_of
    return compare(only, catalog, speeds, as_of=day, draw_count=0, with_turns=False)[option_id]


def _sentence(labels: Sequence[str]) -> str:
    """Several labels as one: 'Use 4-bit weights here and allow a wait of 20 s'."""
    first, *rest = labels
    lowered = [label[:1].lower() + label[1:] for label in rest]
    return f"{', '.join([first, *lowered[:-1]])} and {lowered[-1]}"
