"""Bridge between two scenarios: one assumption at a time, each step in dollars, and which assumptions carry a result.

The figure that is walked from one end to the other is what one option costs more than another, in the money that the
end's switches show (present value or cash, with staff hours or without). Steps
are taken in the order of the scenario's fields, so each is the effect of its assumption after those before it;
together they are exactly the whole difference. `alone_usd` is the effect of the same assumption changed first, by
itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from calculator.catalog import Catalog
from calculator.cost.tco import cost_shown_usd
from calculator.decision.compare import compare
from calculator.decision.comparison import Comparison, OptionResult
from calculator.errors import ScenarioError
from calculator.physics.measured import MeasuredSpeed
from calculator.scenario.own_catalog import catalog_of
from calculator.scenario.question import ANOTHER_SIZE
from calculator.scenario.scenario import Scenario
from calculator.units import plain_number

_NOT_ASSUMPTIONS = frozenset(
    {
        "schema_version",
        "name",
        "options",
        "grid",
        "currencies",
        "money",
        "labour",
        "own_options",
        "own_models",
        "routing",
    }
)
_TABLES = frozenset({"figures", "ranges", "cases", "already_own_usd", "shared_with_other_work", "leases"})


@dataclass(frozen=True, slots=True)
class Step:
    """One assumption changed: its value before and after (None: the catalogue's own), and what that does to the gap."""

    name: str
    before: Any
    after: Any
    change_usd: float
    alone_usd: float


_HOURS = ("on_h_per_day", "working_days_per_year", "hourly_profile")
_HOURS_NAME = "hours"


@dataclass(frozen=True, slots=True)
class Bridge:
    """`start_usd` + all changes = `end_usd`: what `dearer` costs more than `cheaper`. Negative: the other way round.

    `carriers` are the assumptions whose change alone takes most of the starting gap away.
    """

    cheaper: str
    dearer: str
    start_usd: float
    end_usd: float
    steps: tuple[Step, ...]
    carriers: tuple[str, ...]
    survives: bool
    sentence: str


def bridge(
    start: Scenario,
    end: Scenario,
    *,
    catalog: Catalog,
    pair: tuple[str, str] | None = None,
    as_of: str | None = None,
    measurements: Sequence[MeasuredSpeed] = (),
) -> Bridge:
    """Walk from `start` to `end` for the cheapest two options of `start` (or `pair`: cheaper, dearer).

    Costs are compared all along, also where an option cannot do the job; at the end that is said. `as_of` is the day of
    looking, as in `compare`, and `measurements` are the speeds that every answer on the way uses. Raises ScenarioError where one has no cost.
    """
    catalog = catalog_of(start, catalog_of(end, catalog))

    def compared(scenario: Scenario) -> Comparison:
        return compare(scenario, catalog, measurements, as_of=as_of, draw_count=0, with_turns=False)

    first = compared(start).verdict
    cheaper, dearer = pair or (first.cheapest, first.next)
    if cheaper is None or dearer is None:
        raise ScenarioError(f"{start.name}: fewer than two options can do the job, so there is no gap to explain.")
    options = (cheaper, dearer)

    def answered(values: Mapping[str, Any]) -> dict[str, OptionResult]:
        routing = {name: route for name, route in (dict(start.routing) | dict(end.routing)).items() if name in options}
        scenario = Scenario.parse({**values, "options": options, "routing": routing, "name": start.name})
        return {row.id: row for row in compared(scenario).options}

    def gap_usd(values: Mapping[str, Any]) -> float:
        rows = answered(values)
        mine, theirs = rows[dearer].tco, rows[cheaper].tco
        if mine is None or theirs is None:
            out = dearer if mine is None else cheaper
            raise ScenarioError(
                f"{out} cannot do the job on the way from {start.name!r} to {end.name!r}, and has no cost there; name "
                "another pair."
            )
        return cost_shown_usd(mine, end) - cost_shown_usd(theirs, end)

    original, target = _assumptions(start, options), _assumptions(end, options)
    if start.hourly_profile != end.hourly_profile:
        original, target = _with_hours_joined(original), _with_hours_joined(target)
    if all(route.model != ANOTHER_SIZE for route in (*start.routing.values(), *end.routing.values())):
        original, target = _with_size_joined(original), _with_size_joined(target)
    current, gap = dict(original), gap_usd(_values(original))
    start_usd = gap
    steps: list[Step] = []
    for name in dict.fromkeys([*original, *target]):
        before, after = original.get(name), target.get(name)
        if before == after:
            continue
        current = _changed(current, name, after)
        reached = gap_usd(_values(current))
        alone = gap_usd(_values(_changed(original, name, after))) - start_usd
        if name == "typed" and reached == gap and not alone:
            continue  # whose values they are moves ranges, not this gap: no assumption of its own
        steps.append(Step(name, _said(name, before), _said(name, after), reached - gap, alone))
        gap = reached
    carriers = tuple(step.name for step in sorted(steps, key=lambda step: step.alone_usd)[:2] if step.alone_usd < 0)
    ends = answered(_values(current))
    survives = (start_usd > 0) == (gap > 0) and ends[cheaper].eligible
    cannot = [
        f" At the end {row.id} cannot do the job: {row.eligibility.reasons[0].text}"
        for row in ends.values()
        if not row.eligible
    ]
    sentence = _sentence(cheaper, dearer, start_usd=start_usd, end_usd=gap, steps=steps, carriers=carriers)
    return Bridge(
        cheaper,
        dearer,
        start_usd,
        gap,
        tuple(steps),
        carriers,
        survives,
        sentence + "".join(cannot),
    )


def _assumptions(scenario: Scenario, options: tuple[str, str]) -> dict[str, Any]:
    """Every value of the scenario by name; tables as `table: key`, as far as they concern the pair."""
    found: dict[str, Any] = {}
    for name, value in scenario.model_dump().items():
        if name in _TABLES:
            rows = {f"{name}: {key}": row for key, row in value.items()}
            mine = {key: row for key, row in rows.items() if _concerns(key, options)}
            found.update(mine)
        elif name not in _NOT_ASSUMPTIONS:
            found[name] = value
    return found


def _with_hours_joined(assumptions: Mapping[str, Any]) -> dict[str, Any]:
    """The hours on, the working days and the hourly profile as one assumption: they must agree at every step."""
    rest = {name: value for name, value in assumptions.items() if name not in _HOURS}
    return {**rest, _HOURS_NAME: tuple(assumptions[name] for name in _HOURS)}


def _with_size_joined(assumptions: Mapping[str, Any]) -> dict[str, Any]:
    """The model and, where it is one of another size, that size as one assumption: they are chosen together."""
    rest = {name: value for name, value in assumptions.items() if name != "another_size_b"}
    is_sized = rest["model"] == ANOTHER_SIZE
    return {**rest, "model": (rest["model"], assumptions["another_size_b"] if is_sized else None)}


def _said(name: str, value: Any) -> Any:
    """The value as a step states it: of the hours in words, as a profile is long; of a model its id or its size."""
    if name == "model" and isinstance(value, tuple):
        model, size_b = cast("tuple[str, float | None]", value)
        return model if size_b is None else f"{plain_number(size_b)} billion parameters"
    if name != _HOURS_NAME:
        return value
    on_h, days, profile = value
    return f"{plain_number(on_h)} h on {days} days, {'by the hour' if profile else 'one peak a day'}"


def _concerns(key: str, options: tuple[str, str]) -> bool:
    table, _, owner = key.partition(": ")
    if table in ("ranges", "cases") and "." not in owner:  # of the scenario itself
        return True
    return "/" in owner or owner in options or owner.rpartition(".")[0] in options


def _changed(assumptions: Mapping[str, Any], name: str, value: Any) -> dict[str, Any]:
    changed = {key: row for key, row in assumptions.items() if key != name}
    if value is not None:
        changed[name] = value
    return changed


def _values(assumptions: Mapping[str, Any]) -> dict[str, Any]:
    """The scenario's fields again."""
    values: dict[str, Any] = {}
    for name, value in assumptions.items():
        table, separator, key = name.partition(": ")
        if name == _HOURS_NAME:
            values.update(zip(_HOURS, value, strict=True))
        elif name == "model" and isinstance(value, tuple):
            model, size_b = cast("tuple[str, float | None]", value)
            values |= {name: model} | ({} if size_b is None else {"another_size_b": size_b})
        elif separator:
            values.setdefault(table, {})[key] = value
        else:
            values[name] = value
    return values


def _sentence(
    cheaper: str, dearer: str, *, start_usd: float, end_usd: float, steps: list[Step], carriers: tuple[str, ...]
) -> str:
    ends = f"-${-end_usd:,.0f}" if round(end_usd) < 0 else f"${abs(end_usd):,.0f}"
    kept = (
        f"its verdict survives, {cheaper} stays the cheaper one, but by {ends} instead of ${start_usd:,.0f}"
        if end_usd > 0
        else f"its verdict does not survive: {dearer} becomes the cheaper one by ${abs(end_usd):,.0f}"
    )
    if not steps:
        return f"No assumption that counts for these two differs; {kept}."
    if not carriers and len(steps) == 1:
        return f"The one assumption that differs, {steps[0].name}, does not narrow the gap; {kept}."
    if not carriers:
        return f"None of the {len(steps)} assumptions that differ narrows the gap; {kept}."
    alone = {step.name: step.alone_usd for step in steps}
    words = " and ".join(f"{name} (alone ${-alone[name]:,.0f} of the gap)" for name in carriers)
    if len(steps) == 1:
        return f"One assumption differs, and carries it: {words}. With it changed, {kept}."
    return f"Of the {len(steps)} assumptions that differ, these carry it: {words}. With all of them changed, {kept}."
