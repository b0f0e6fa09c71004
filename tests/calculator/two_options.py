"""A Mac against a PC over requests, wage, electricity and resale: who wins, and whether what is said to turn it does."""

import itertools
import math
from collections.abc import Iterator
from typing import Any, Literal

from calculator import Scenario, load_catalog
from calculator.catalog.options import Machine
from calculator.decision.compare import compare
from calculator.decision.comparison import Comparison, Flip, Verdict
from calculator.risk.candidates import input_bounds, spreads_of

CATALOG = load_catalog()
MAC, PC = "mac-studio-m5-ultra-256", "dual-rtx-4090-am5"
Side = Literal["Mac", "too close", "PC"]
_REQUESTS = (50, 100, 200, 400, 800)
_WAGES = (0, 40, 95, 150, 250)
_PRICES = (0.05, 0.15, 0.3, 0.6)
_RESALES = ((0.1, 0.95), (0.3, 0.6), (0.48, None), (0.65, 0.35), (0.9, 0.1))
"""Share kept by the Mac and by the PC, from the one extreme to the other; None leaves the PC's parts at their own shares."""
_HALVINGS = 12  # of half of the way to the value: to a 1e-4 of it
_SCANNED = (0.0, 0.25, 0.5, 0.75, 1.0)


def cells() -> list[dict[str, float]]:
    """500 settings of the four sliders."""
    found: list[dict[str, float]] = []
    for requests, wage, price, (mac, pc) in itertools.product(_REQUESTS, _WAGES, _PRICES, _RESALES):
        cell = {
            "requests_per_working_day": requests,
            "wage_usd_per_h": wage,
            "electricity_usd_per_kwh": price,
            "resale_fraction": mac,
        }
        found.append(cell if pc is None else {**cell, "gpu_resale_fraction": pc})
    return found


def answer(cell: dict[str, float], *, with_turns: bool = True) -> Comparison:
    """The pair at one setting, with odds."""
    return compare(Scenario.parse({"options": (MAC, PC), **cell}), CATALOG, with_turns=with_turns)


def verdict_of(found: Comparison) -> Verdict:
    """Mac or PC; both are compared."""
    verdict = found.verdicts.mac_or_pc
    assert verdict is not None
    return verdict


def side(found: Comparison) -> Side:
    """Who wins clearly, or nobody."""
    verdict = verdict_of(found)
    if verdict.too_close:
        return "too close"
    return "Mac" if verdict.cheapest == MAC else "PC"


def gap_usd(found: Comparison, name: str, value: float) -> float:
    """What the other one costs more than the winner where one input has another value: sized and costed anew; NaN where one cannot."""
    verdict = verdict_of(found)
    assert verdict.cheapest is not None
    assert verdict.next is not None
    scenario = found.scenario
    changed: dict[str, Any] = {name: value}
    if "." in name:
        owner, _, figure = name.rpartition(".")
        if figure.endswith("_watt_ratio"):  # a ratio that is drawn; what is typed are watts
            option = CATALOG.option(owner)
            assert isinstance(option, Machine)
            state = figure.removesuffix("_watt_ratio")
            name, value = f"{owner}.{state}_w", value * getattr(option.power, f"{state}_w").central
        changed = {"figures": {**scenario.figures, name: value}}
    elif Scenario.model_fields[name].annotation is int:
        changed = {name: round(value)}
    # what was typed stays what it was: a resale share of the cards that a person types holds for the whole box
    now = Scenario.parse({**scenario.model_dump(), **changed, "typed": scenario.typed})
    base = compare(now, CATALOG, draw_count=0, with_turns=False)
    usd = [
        tco.present_value_cost_usd if base[one].eligible and (tco := base[one].tco) else math.nan
        for one in (verdict.next, verdict.cheapest)
    ]
    return usd[0] - usd[1]


def turning_value(found: Comparison, flip: Flip) -> float | None:
    """Where a bisection by whole answers finds the turn, up to half as far again as is said; None where it finds none."""
    low, high = input_bounds(flip.name)
    before, after = flip.now, min(max(flip.at + (flip.at - flip.now) / 2, low), high)
    if gap_usd(found, flip.name, before) < 0:
        return None
    near = min(max(flip.at + (flip.at - flip.now) * 0.01, low), high)
    if not gap_usd(found, flip.name, after) < 0:
        after = near
        if not gap_usd(found, flip.name, after) < 0:
            return None
    for _ in range(_HALVINGS):
        middle = (before + after) / 2
        before, after = (before, middle) if gap_usd(found, flip.name, middle) < 0 else (middle, after)
    return (before + after) / 2


def wrong_flips(found: Comparison) -> Iterator[str]:
    """Values said to turn the verdict that a bisection by whole answers does not confirm to 1 %."""
    for flip in verdict_of(found).flips:
        at = turning_value(found, flip)
        if at is None or not math.isclose(at, flip.at, rel_tol=0.01):
            yield f"{flip.name}: said {flip.at:,.6g} (now {flip.now:,.6g}), found {at}"


def unsaid_flips(found: Comparison) -> Iterator[str]:
    """Inputs that turn the verdict within their range though it names none that does."""
    if any(flip.inside_range for flip in verdict_of(found).flips):
        return
    for name, spread in spreads_of(found.candidates).items():
        owner = name.rpartition(".")[0]
        if spread.certain or (owner and owner not in (MAC, PC)):
            continue
        for share in _SCANNED:
            value = spread.low + share * (spread.high - spread.low)
            if gap_usd(found, name, value) < 0:
                yield f"{name} = {value:,.6g} turns it ({spread.low:,.4g} to {spread.high:,.4g})"
                break
