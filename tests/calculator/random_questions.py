"""Random questions to the real catalogue, and what must hold of every answer: the oracle of the properties' test and bench."""

import csv
import io
import math
import random
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from calculator import Scenario, load_catalog
from calculator.decision.compare import compare
from calculator.decision.comparison import Comparison, OptionResult, Verdict
from calculator.decision.eligibility import Eligibility
from calculator.report.answer_json import comparison_dict
from calculator.report.ledger_csv import tidy_csv

CATALOG = load_catalog()
_OPTIONS = [*CATALOG.machines, *CATALOG.clouds, *CATALOG.apis]
_WORK_COUNT = 24
"""Physical questions (model, lengths, precision): few, so that speeds are computed once for many questions."""
_CENT = 0.005
_ROUNDING = 1e-9
_FULL_SLACK = 1e-3


def _works() -> list[dict[str, Any]]:
    pick = random.Random(10)
    models = list(CATALOG.models)
    return [
        {
            "model": pick.choice(models),
            "weight_class": pick.choice(["4-bit", "4-bit", "8-bit", "best-that-fits"]),
            "prompt_tokens": pick.choice([50, 300, 2000]),
            "retrieved_tokens": pick.choice([0, 3500, 20_000]),
            "answer_tokens": pick.choice([20, 400, 2000]),
            "concurrent_request_count": pick.choice([1, 2, 8]),
        }
        for _ in range(_WORK_COUNT)
    ]


_WORKS = _works()


def question(seed: int) -> Scenario:
    """One random question: money, demand and promise of any size, two to five options."""
    pick = random.Random(seed)
    some: dict[str, Any] = {
        "requests_per_working_day": 10 ** pick.uniform(0, 5),
        "wage_usd_per_h": pick.choice([0, pick.uniform(10, 300)]),
        "electricity_usd_per_kwh": pick.uniform(0, 1),
        "resale_fraction": pick.uniform(0, 1),
        "gpu_resale_fraction": pick.uniform(0, 1),
        "demand_growth_rate": pick.choice([0, pick.uniform(-0.5, 1.5)]),
        "months": pick.randint(12, 60),
        "discount_rate": pick.uniform(0, 0.3),
        "on_h_per_day": pick.choice([1, 8, 10, 24]),
        "working_days_per_year": pick.choice([100, 252, 365]),
        "peak_factor_ratio": pick.uniform(1, 6),
        "first_token_p95_target_s": pick.choice([0, 5, 30, 30, 300]),
        "answer_p95_target_s": pick.choice([0, 0, 60, 600]),
        "stream_target_tokens_per_s": pick.choice([0, 0, 5, 20]),
        "unserved_fraction_max": pick.choice([0, 0, 0.1]),
        "leaves_house_fraction_max": pick.choice([1, 1, 0.3, 0]),
        "when_full": pick.choice(["buy-another", "buy-another", "buy-from-api", "cheapest"]),
        "when_down": pick.choice(["lose", "buy-from-api"]),
        "machine_count": pick.choice(["auto", "auto", "auto", 1, 3]),
        "availability_fraction": pick.choice([1, 1, 0.97]),
        "downtime_usd_per_h": pick.choice([0, 0, 20]),
        "tax_mode": pick.choice(["none", "none", "expense", "macrs-half-year"]),
        "site": pick.choice(["office", "server-room"]),
        "off_hours": pick.choice(["off", "sleep", "idle"]),
        "rental": pick.choice(["working-hours", "always-on"]),
        "options": tuple(pick.sample(_OPTIONS, pick.randint(2, 5))),
    }
    return Scenario(**pick.choice(_WORKS), **some)


def stricter(scenario: Scenario, seed: int) -> Scenario:
    """The same with one part of the promise tightened."""
    pick = random.Random(-seed - 1)
    first, answer, stream = (
        scenario.first_token_p95_target_s,
        scenario.answer_p95_target_s,
        scenario.stream_target_tokens_per_s,
    )
    ways: list[dict[str, Any]] = [
        {"first_token_p95_target_s": first * pick.uniform(0.2, 1) if first else 60},
        {"answer_p95_target_s": answer * pick.uniform(0.2, 1) if answer else 300},
        {"stream_target_tokens_per_s": stream * pick.uniform(1, 4) if stream else 3},
        {"unserved_fraction_max": scenario.unserved_fraction_max / 2},
        {"leaves_house_fraction_max": scenario.leaves_house_fraction_max * pick.choice([0, 0.5])},
    ]
    return scenario.changed(**pick.choice(ways))


def busier(scenario: Scenario, seed: int) -> Scenario:
    """The same with up to half as many requests more."""
    more = 1 + random.Random(seed * 7 + 3).choice([0.01, 0.1, 0.5])
    return scenario.changed(requests_per_working_day=scenario.requests_per_working_day * more)


def answer(scenario: Scenario) -> Comparison:
    """The base case alone."""
    return compare(scenario, CATALOG, draw_count=0, with_turns=False)


def problems(seed: int, *, with_files: bool) -> list[str]:
    """What does not hold of the answers to the question of this seed; `with_files` also reads JSON and CSV."""
    scenario = question(seed)
    found = answer(scenario)
    told = [
        *_of_verdicts(found),
        *_of_reasons(found),
        *_of_stricter(found, answer(stricter(scenario, seed))),
        *_of_busier(found, answer(busier(scenario, seed))),
        *(_of_files(found) if with_files else ()),
    ]
    return [f"seed {seed}: {one}" for one in told]


def _value_usd(row: OptionResult) -> float:
    assert row.tco is not None
    return row.tco.present_value_cost_usd


def _here(row: OptionResult) -> float:
    shares = row.eligibility.shares
    return shares.served_here_fraction if shares else 0.0


def _of_verdicts(found: Comparison) -> Iterator[str]:
    able = {row.id: row for row in found.options if row.eligible}
    overall, pair = found.verdicts.overall, found.verdicts.mac_or_pc
    if (overall.cheapest is None) != (not able):
        yield f"cheapest is {overall.cheapest}, able are {list(able)}"
    for verdict in (overall, pair):
        if verdict is not None:
            yield from _of_verdict(verdict, able)
    if overall.cheapest and overall.cheapest in able:
        least = min(map(_value_usd, able.values()))
        if _value_usd(able[overall.cheapest]) > least + _CENT:
            yield f"{overall.cheapest} is not the cheapest: ${least:,.2f} is less"
        if f"${_value_usd(able[overall.cheapest]):,.0f}".replace("$-", "-$") not in overall.sentence:
            yield f"the sentence has not the ledger's figure: {overall.sentence}"
    kept = found.verdicts.keep_in_house_usd_per_month
    if kept is None and not found.verdicts.keep_in_house_reason:
        yield "no price of in house, and no reason"
    if kept is not None and not any(
        row.kind == "own" and row.eligibility.shares and row.eligibility.shares.leaves_house_fraction < 1e-6
        for row in able.values()
    ):
        yield f"in house for ${kept:,.2f} a month where nothing stays there"


def _of_verdict(verdict: Verdict, able: dict[str, OptionResult]) -> Iterator[str]:
    for name in (verdict.cheapest, verdict.next, verdict.hard.cheapest, verdict.hard.next):
        if name is not None and name not in able:
            yield f"{name} is named in a verdict and cannot do the job"
    if verdict.cheapest in able and verdict.next in able:
        gap = _value_usd(able[verdict.next]) - _value_usd(able[verdict.cheapest])
        if not math.isclose(gap, verdict.difference_usd.central, abs_tol=_CENT):
            yield f"difference ${verdict.difference_usd.central:,.2f}, of the ledgers ${gap:,.2f}"


def _of_reasons(found: Comparison) -> Iterator[str]:
    for row in found.options:
        if row.eligible and row.tco is None:
            yield f"{row.id} is neither ranked nor has a reason"
        for reason in row.eligibility.reasons:
            if not (reason.text and reason.text[-1] == "."):
                yield f"{row.id}: reason {reason.code} says {reason.text!r}"
        shares = row.eligibility.shares
        if row.eligible and shares:
            if shares.unserved_fraction > found.scenario.unserved_fraction_max + 1e-6:
                yield f"{row.id} is ranked with {shares.unserved_fraction:.1%} unserved"
            if shares.leaves_house_fraction > found.scenario.leaves_house_fraction_max + 1e-6:
                yield f"{row.id} is ranked with {shares.leaves_house_fraction:.1%} leaving"


def _of_stricter(found: Comparison, strict: Comparison) -> Iterator[str]:
    changed = {
        name: value
        for name, value in strict.scenario.model_dump().items()
        if name != "typed" and value != getattr(found.scenario, name)
    }
    for before, after in zip(found.options, strict.options, strict=True):
        if after.eligible and not before.eligible:
            yield f"{before.id} becomes able by {changed}: {before.eligibility.reasons[0].text}"
        if not (before.eligible and after.eligible) or _here(after) < _here(before) - _ROUNDING:
            continue  # more is bought elsewhere, or left undone as allowed: both may cost less than one's own electricity
        if _value_usd(after) < _value_usd(before) - _CENT:
            yield f"{before.id} costs ${_value_usd(before) - _value_usd(after):,.2f} less by {changed}"


def _of_busier(found: Comparison, busy: Comparison) -> Iterator[str]:
    for before, after in zip(found.options, busy.options, strict=True):
        if not (before.eligible and after.eligible):
            continue
        was, now = before.eligibility, after.eligibility
        machines = [one.machine_count or 0 for one in (was, now)]
        if machines[1] < machines[0]:
            yield f"{before.id} has {machines[1]} machines for more requests, {machines[0]} before"
        for row, judged in ((before, was), (after, now)):
            if was.machine_count != now.machine_count or was.further_months != now.further_months:
                yield from _of_step(row, judged)
        same = (was.machine_count, was.further_months) == (now.machine_count, now.further_months)
        # a full machine writes in larger batches, so that what it still takes draws a little less
        slack = _CENT if _here(after) >= _here(before) - _ROUNDING else _FULL_SLACK * abs(_value_usd(before))
        if same and _value_usd(after) < _value_usd(before) - slack:
            yield f"{before.id} costs ${_value_usd(before) - _value_usd(after):,.2f} less with more requests"


def _of_step(row: OptionResult, judged: Eligibility) -> Iterator[str]:
    """The sentence of a count names it: a number that is asked for, one that is enough, or as many as are needed."""
    said, count = judged.machine_count_reason, judged.machine_count
    named = ("one is enough", "one machine is bought") if count == 1 else (f"so {count} are needed",)
    if row.kind != "api" and not any(one in said for one in (*named, f"You chose {count} machine")):
        yield f"{row.id} has {count} machines and says {said!r}"
    if judged.further_months and f"month {judged.further_months[0]}." not in said:
        yield f"{row.id} buys in {judged.further_months} and says {said!r}"


def _of_files(found: Comparison) -> Iterator[str]:
    lines: dict[tuple[str, str], float] = defaultdict(float)
    for row in csv.DictReader(io.StringIO(tidy_csv(found))):
        lines[row["option"], row["line"]] += float(row["amount_usd"])
    for option in comparison_dict(found)["options"]:
        ours = {line: usd for (name, line), usd in lines.items() if name == option["id"]}
        for line, usd in option["lines"].items():
            if not math.isclose(usd, ours.get(line, 0.0), rel_tol=1e-9, abs_tol=_CENT):
                yield f"{option['id']} {line}: JSON ${usd:,.2f}, CSV ${ours.get(line, 0.0):,.2f}"
        if option["total_cost_usd"] is not None and not math.isclose(
            option["total_cost_usd"], -sum(ours.values()), rel_tol=1e-9, abs_tol=_CENT
        ):
            yield f"{option['id']}: JSON ${option['total_cost_usd']:,.2f}, CSV ${-sum(ours.values()):,.2f}"
