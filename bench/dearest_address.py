"""Dearest address that a seeded search of random scenarios finds: processor seconds of one answer, and of its files.

    python bench/dearest_address.py [number of scenarios] [seed]

Every field of the scenario stands at its default, at a limit, or somewhere between; options, profile of the week,
machines of one's own, routes, own figures, ranges and cases come in too. Each scenario is written as an address and
read as the server reads it. The dearest are then changed a little, again and again, for as long as that makes them dearer.
Gates nothing: the aim is printed beside the dearest.
"""

import random
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, get_args, get_origin
from urllib.parse import parse_qs, urlencode

sys.path.insert(0, str(Path(__file__).parent.parent))

from calculator import Scenario, load_catalog
from calculator.errors import CalculatorError
from calculator.report.home_files import HOME_FILES
from calculator.scenario.hourly_profile import HOURS_PER_WEEK
from calculator.scenario.own_figures import FIGURE_BOUNDS, NOT_DRAWN
from calculator.scenario.repair import MOST_MACHINES
from calculator.scenario.scenario import knobs
from serving.answers import Answers, as_query
from views.link import read_link

COUNT, SEED, AIM_S = 2_000, 20261126, 0.5
_SHOWN, _CLIMBED, _STEPS = 8, 4, 40
_CATALOG = load_catalog()
_OPTIONS = (*_CATALOG.machines, *_CATALOG.clouds, *_CATALOG.apis, *_CATALOG.subscriptions)
_MOST_OPTIONS = 12
_TRIES = 200
_NUMBERS = {
    name: (info.annotation, knobs()[name].low, knobs()[name].high)
    for name, info in Scenario.model_fields.items()
    if name in knobs() and (info.annotation is int or info.annotation is float)
}
_WORDS = {
    name: [
        word
        for part in (info.annotation, *get_args(info.annotation))
        if get_origin(part) is Literal
        for word in get_args(part)
    ]
    for name, info in Scenario.model_fields.items()
    if name not in ("schema_version", "rules")
}
_CHOICES = {"model": [*_CATALOG.models]} | {name: words for name, words in _WORDS.items() if words}
answers = Answers(read_link, tuple)


def main() -> int:
    """Print the dearest addresses with what they take."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    pick = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else SEED)
    found = _found(count, pick)
    print(f"{count:,} scenarios: median {found[count // 2][0]:.3f} CPU-s, dearest {found[0][0]:.3f}")
    climbed = sorted((_climbed(one, pick) for one in found[:_CLIMBED]), key=lambda one: -one[0])
    dearest = sorted([*climbed, *found[_CLIMBED:_SHOWN]], key=lambda one: -one[0])
    for seconds, values in dearest:
        print(f"\n{seconds:.3f} CPU-s{_files(values)}")
        print(address_of(values))
    print(f"\ndearest {dearest[0][0]:.2f} CPU-s, aim <= {AIM_S}")
    return 0


def dearest_of(count: int, seed: int) -> list[tuple[float, Mapping[str, Any]]]:
    """So many random scenarios with what the answer to each takes in processor seconds, the dearest first."""
    return _found(count, random.Random(seed))


def _found(count: int, pick: random.Random) -> list[tuple[float, Mapping[str, Any]]]:
    answers.comparison({})
    return sorted((_measured(_possible(pick)) for _ in range(count)), key=lambda one: -one[0])


def _files(values: Mapping[str, Any]) -> str:
    """What each file of the answer takes, beside the answer itself."""
    try:
        comparison, catalog = answers.comparison(_query(values))
    except CalculatorError as error:
        return f", refused: {error}"
    taken = {one.key: _seconds(lambda one=one: one.content(comparison, catalog)) for one in HOME_FILES}
    listed = ", ".join(f"{name} {seconds:.2f}" for name, seconds in taken.items())
    return f" for {comparison.draw_count:,} futures; its files: {listed}"


def _measured(values: Mapping[str, Any]) -> tuple[float, Mapping[str, Any]]:
    """The scenario with what its answer takes; the lesser of two runs where one was dear, as others use the processor."""
    query = _query(values)
    seconds = _seconds(lambda: answers.comparison(query))
    return (seconds if seconds < AIM_S / 2 else min(seconds, _seconds(lambda: answers.comparison(query)))), values


def _climbed(start: tuple[float, Mapping[str, Any]], pick: random.Random) -> tuple[float, Mapping[str, Any]]:
    """The dearest scenario that is reached by changing three values at a time."""
    best = start
    for _ in range(_STEPS):
        best = max(best, _measured(_possible(pick, {**best[1]}, changes=3)), key=lambda one: one[0])
    return best


def _possible(pick: random.Random, start: Mapping[str, Any] | None = None, *, changes: int = 0) -> Mapping[str, Any]:
    """A scenario that the server answers; values that contradict each other are drawn again."""
    for _ in range(_TRIES):
        values = {**(start or {}), **_drawn(pick, changes or pick.choice((3, 10, 30, 60)))}
        try:
            answers.scenario(_query(values))
            return values
        except CalculatorError:
            continue
    return start or {}


def _drawn(pick: random.Random, count: int) -> dict[str, Any]:
    """Random values of `count` fields, and options where none are changed."""
    options = pick.sample(_OPTIONS, pick.choice((2, 6, 12, 12)))
    values: dict[str, Any] = {"options": options} if count > 3 or pick.random() < 0.3 else {}
    for name in pick.sample([*_NUMBERS, *_CHOICES, *_TABLES], count):
        if name in _NUMBERS:
            kind, low, high = _NUMBERS[name]
            least = max(low, 1e-3)
            between = (
                pick.uniform(low, high) if pick.random() < 0.5 else least * (max(high, least) / least) ** pick.random()
            )
            value = pick.choice((low, high, between, between))
            values[name] = int(value) if kind is int else float(f"{value:.4g}")
        elif name in _CHOICES:
            values[name] = pick.choice(_CHOICES[name])
        else:
            values |= _TABLES[name](pick, options)
    return values


def _profile(pick: random.Random, _: list[str]) -> dict[str, Any]:
    low = pick.choice((0.0, 1.0))
    hours = [pick.choice((low, 1.0, round(pick.uniform(0, 500), 2))) for _ in range(HOURS_PER_WEEK)]
    return {"hourly_profile": hours, "on_h_per_day": 24, "working_days_per_year": 252}


def _counts(pick: random.Random, options: list[str]) -> dict[str, Any]:
    if pick.random() < 0.5:
        return {"machine_count": pick.choice(("auto", "cheapest", 1, MOST_MACHINES))}
    return {"options": options, "machine_counts": {one: pick.choice((1, 3, MOST_MACHINES)) for one in options}}


def _own(pick: random.Random, _: list[str]) -> dict[str, Any]:
    rows = {
        f"own-{number}": {
            "chip": pick.choice([*_CATALOG.chips]),
            "chip_count": pick.choice((1, 2, 4, 8, 16)),
            "price_usd": pick.choice((0, 5_000, 300_000)),
            "memory_gib": pick.choice((24, 128, 1_000)),
        }
        for number in range(pick.choice((1, 6, _MOST_OPTIONS)))
    }
    return {"own_options": rows, "options": [*rows]}


def _routes(pick: random.Random, _: list[str]) -> dict[str, Any]:
    ends = [*_CATALOG.machines, *_CATALOG.clouds]
    routes: dict[str, Any] = {}
    for number in range(pick.choice((1, 6, _MOST_OPTIONS))):
        base, to = pick.sample(ends, 2)
        rule = pick.choice(({"share": 0.3}, {"longer_than_tokens": 4_000, "input_variation_ratio": 2.0}))
        routes[f"route-{number}"] = {"base": base, "to": to, **rule}
    return {"routing": routes, "options": [*routes]}


def _three(pick: random.Random, low: float, high: float) -> list[float]:
    return sorted(float(f"{pick.uniform(low, high):.4g}") for _ in range(3))


def _ranges(pick: random.Random, options: list[str]) -> dict[str, Any]:
    names = [name for name in _NUMBERS if name not in NOT_DRAWN]
    rows = {name: _three(pick, *_NUMBERS[name][1:]) for name in pick.sample(names, pick.choice((1, 5, len(names))))}
    return {"ranges": rows}


def _cases(pick: random.Random, _: list[str]) -> dict[str, Any]:
    names = pick.sample([name for name in _NUMBERS if name not in NOT_DRAWN], 3)
    count = pick.choice((2, 40))
    return {"cases": {name: [[_three(pick, *_NUMBERS[name][1:])[1], 1.0] for _ in range(count)] for name in names}}


def _figures(pick: random.Random, options: list[str]) -> dict[str, Any]:
    rows = {
        f"{option}.{figure}": float(f"{pick.choice((low, high, pick.uniform(low, high))):.4g}")
        for option in options
        for figure, (low, high) in FIGURE_BOUNDS.items()
        if figure in ("price_usd", "decode_speed_ratio", "prefill_speed_ratio") and option in _CATALOG.machines
    }
    return {"options": options, "figures": rows}


_TABLES: dict[str, Callable[[random.Random, list[str]], dict[str, Any]]] = {
    "hourly_profile": _profile,
    "machine_counts": _counts,
    "own_options": _own,
    "routing": _routes,
    "ranges": _ranges,
    "cases": _cases,
    "figures": _figures,
}


def _query(values: Mapping[str, Any]) -> dict[str, list[str]]:
    return parse_qs(address_of(values), keep_blank_values=True)


def address_of(values: Mapping[str, Any]) -> str:
    """The address of the values alone; a refused scenario has one too, as a person may type it."""
    return urlencode(as_query(values), doseq=True)


def _seconds(work: Callable[[], object]) -> float:
    since = time.process_time()
    with suppress(CalculatorError):  # a refusal takes time too
        work()
    return time.process_time() - since


if __name__ == "__main__":
    sys.exit(main())
