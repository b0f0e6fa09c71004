"""Mixed fleets of random questions against every number of machines from 0 to 20, each asked as a question of its own."""

import random
from dataclasses import dataclass

from calculator import Scenario
from calculator.catalog.options import CloudOffer, Machine
from calculator.decision.compare import compare
from calculator.decision.comparison import OptionResult
from calculator.service.capability import reference_tariff
from tests.calculator.random_questions import CATALOG, question

API = "api-same-model"


@dataclass(frozen=True)
class Chosen:
    """One option of one question: the number chosen, its present value, and the best of all that were asked one by one."""

    seed: int
    option: str
    count: int | None
    present_value_usd: float
    best_count: int
    best_usd: float
    is_eligible: bool
    best_is_eligible: bool


def mixed_question(seed: int) -> Scenario:
    """A random question to machines and rented GPUs, with tokens of the reference host up to a hundred times as dear."""
    pick = random.Random(seed * 7 + 1)
    scenario = question(seed)
    boxes = [*CATALOG.machines, *CATALOG.clouds]
    known = [one for one in scenario.options if one in boxes] or pick.sample(boxes, 1)
    figures = {f"{API}.price_ratio": pick.choice([1.0, 10.0, 100.0])}
    has_host = reference_tariff(scenario, CATALOG) is not None
    return scenario.changed(
        options=(*known[:2], API), machine_count="cheapest", machine_counts={}, figures=figures if has_host else {}
    )


def chosen(seed: int) -> list[Chosen]:
    """Each machine of the question that runs the model."""
    scenario = mixed_question(seed)
    found = compare(scenario, CATALOG, draw_count=0)
    alone = found[API]
    by_count = [
        compare(scenario.changed(machine_count=count, when_full="buy-from-api"), CATALOG, draw_count=0)
        for count in range(1, 21)
    ]
    rows: list[Chosen] = []
    for row in found.options:
        option = CATALOG.option(row.id)
        if not isinstance(option, Machine | CloudOffer) or row.tco is None:
            continue
        tried: list[tuple[int, OptionResult]] = [(0, alone)] if alone.tco is not None else []
        tried += [(count, one[row.id]) for count, one in enumerate(by_count, start=1)]
        able = [pair for pair in tried if pair[1].eligible]
        count, best = min(able or tried, key=lambda pair: _usd(pair[1]))
        rows.append(
            Chosen(
                seed,
                row.id,
                row.eligibility.machine_count,
                _usd(row),
                count,
                _usd(best),
                row.eligible,
                best.eligible,
            )
        )
    return rows


def _usd(row: OptionResult) -> float:
    assert row.tco is not None
    return row.tco.present_value_cost_usd


def wrong(rows: list[Chosen]) -> list[Chosen]:
    """Those whose number is not the optimum: another present value, or another standing."""
    return [
        one
        for one in rows
        if abs(one.present_value_usd - one.best_usd) > 0.005 or one.is_eligible != one.best_is_eligible
    ]
