"""Random scenarios, knobs at their ends and between: each is answered, or refused in a sentence."""

import json
import random
import re
from typing import Any, Literal, get_args, get_origin

import numpy as np
import pytest

from calculator import CalculatorError, Scenario, compare, load_catalog
from calculator.analysis.deep import analyse, analysis_dict
from calculator.analysis.explain import explain, explanation_text
from calculator.report.answer_json import comparison_dict
from calculator.report.ledger_csv import tidy_csv, wide_csv
from calculator.report.terminal import comparison_text
from calculator.scenario.scenario import knobs

CATALOG = load_catalog()


def some_scenario(seed: int) -> dict[str, Any]:
    """A third of the knobs moved, one to five options, some of them leased or owned already."""
    pick = random.Random(seed)
    values: dict[str, Any] = {}
    for name, knob in knobs().items():
        kind = Scenario.model_fields[name].annotation
        if pick.random() > 0.35:
            continue
        if get_origin(kind) is Literal:
            values[name] = pick.choice(get_args(kind))
        elif kind in (int, float):
            value = pick.choice([knob.low, knob.high, pick.uniform(knob.low, knob.high), knob.default])
            values[name] = int(value) if kind is int else value
    if pick.random() < 0.8:  # mostly requests that fit
        values |= {"prompt_tokens": 300, "retrieved_tokens": 2000, "answer_tokens": 300, "concurrent_request_count": 2}
    values["options"] = pick.sample([*CATALOG.machines, *CATALOG.clouds, *CATALOG.apis], pick.randint(1, 5))
    for option in values["options"]:
        if option in CATALOG.machines and pick.random() < 0.2:
            values.setdefault("already_own_usd", {})[option] = pick.choice([0, 5000, 1e6])
        elif option in CATALOG.machines and pick.random() < 0.3:
            terms = {"usd_per_month": pick.choice([0, 200, 5000]), "buyout_usd": pick.choice([None, 0, 1000])}
            values.setdefault("leases", {})[option] = terms
    if values.get("tax_mode") == "custom":
        values["depreciation_fractions"] = (0.5, 0.5)
    return values


@pytest.mark.parametrize("seed", range(40))
def test_any_scenario_is_answered_or_refused_in_a_sentence(seed: int) -> None:
    values = some_scenario(seed)
    try:
        comparison = compare(Scenario.parse(values), CATALOG)
    except CalculatorError as error:
        assert 0 < len(str(error)) < 500
        return
    json.dumps(comparison_dict(comparison), allow_nan=False)
    assert not re.search(r"\b(nan|inf)\b", comparison_text(comparison))
    assert tidy_csv(comparison)
    assert wide_csv(comparison)
    if comparison.candidates:
        json.dumps(analysis_dict(analyse(comparison, CATALOG, count=50)), allow_nan=False)
    for row in comparison.options:
        if row.tco is None:
            assert row.eligibility.reasons
            continue
        total = row.tco.total_cost_usd
        assert -sum(row.tco.lines.values()) == pytest.approx(total, rel=1e-9, abs=1e-6)
        assert row.tco.hard_cost_usd <= total + 1e-6  # people's time never brings money in
        assert row.tco.energy_kwh >= -1e-9
        for line, flow in zip(row.tco.lines, row.tco.flows, strict=True):
            assert np.isfinite(flow).all()
            if line.startswith("energy") or line == "cooling":
                assert max(flow) <= 1e-9, line
            assert explanation_text(explain(comparison, row.id, line, catalog=CATALOG))
