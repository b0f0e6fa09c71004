"""Random questions whose workbook is changed and computed anew: the oracle of the workbook's test and bench."""

import random
from pathlib import Path
from typing import Any

from calculator import Scenario
from calculator.catalog.options import Machine
from calculator.decision.compare import compare
from calculator.decision.comparison import Comparison
from calculator.report.live_lines import live_options
from calculator.report.workbook import workbook_bytes
from calculator.report.workbook_inputs import live_inputs
from calculator.report.workbook_page import Book
from tests.calculator.random_questions import CATALOG, question
from tests.calculator.report.recalculated import by_formulas, by_libreoffice, differences, engine_at, with_changes

_MOST = {"resale_fraction": 1.0, "gpu_resale_fraction": 1.0, "pc_rest_resale_fraction": 1.0, "resale_fee_fraction": 0.9}


def workbook_question(seed: int, **more: Any) -> Comparison:
    """A random question with leases, owned machines, tax and extra lines; the first of its kind that somebody can do."""
    pick = random.Random(seed)
    for attempt in range(seed * 1000, seed * 1000 + 50):
        asked = question(attempt)
        machines = [name for name in asked.options if isinstance(CATALOG.option(name), Machine)]
        some: dict[str, Any] = {
            "timing": pick.choice(["month-end", "mid-month", "annual-end"]),
            "cloud_rate": pick.choice(["on-demand", "reserved", "spot"]),
            "tax_mode": pick.choice(["none", "expense", "straight-line", "macrs-half-year"]),
            "tax_rate": 0.25,
            "warranty_usd": pick.choice([0, 150]),
            "disposal_usd": pick.choice([0, 40]),
            "insurance_rate": pick.choice([0, 0.01]),
            "electrical_work_usd": pick.choice([0, 300]),
            "space_usd_per_month": pick.choice([0, 25]),
            "software_usd_per_month": pick.choice([0, 10]),
            "demand_charge_usd_per_kw_month": pick.choice([0, 12]),
            "wage_escalation_rate": pick.uniform(0, 0.1),
            "api_price_trend_rate": pick.uniform(-0.4, 0.1),
            "cloud_price_trend_rate": pick.uniform(-0.3, 0.1),
        }
        if machines and pick.random() < 0.4:
            terms = {
                "usd_per_month": 220.0,
                "in_advance": pick.random() < 0.5,
                "buyout_usd": pick.choice([None, 900.0]),
            }
            some["leases"] = {pick.choice(machines): terms}
        elif machines and pick.random() < 0.4:
            some["already_own_usd"] = {pick.choice(machines): 2500.0}
        found = compare(
            Scenario.parse({**asked.model_dump(), **some, **more}), CATALOG, draw_count=64, with_turns=False
        )
        if len(found.candidates) > 0:
            return found
    raise AssertionError(f"seed {seed}: nobody can do any of 50 questions")


def some_changes(comparison: Comparison, seed: int) -> dict[str, float]:
    """Other values for about half of the blue cells, by the engine's key."""
    pick = random.Random(seed)
    options = live_options(comparison)
    settled = all(line.follows_discount for option in options for line in option.lines)
    changes: dict[str, float] = {}
    for one in live_inputs(comparison, options, CATALOG):
        if pick.random() < 0.5 or (one.key == "discount_rate" and not settled):
            continue
        value = one.value * pick.uniform(0.5, 1.6) if one.value else pick.uniform(0, 0.1)
        changes[one.key] = min(value, _MOST.get(one.key, value))
    return changes


def names_of(comparison: Comparison) -> dict[str, str]:
    """Excel's name of each blue cell, by the engine's key."""
    import xlsxwriter

    book = Book(xlsxwriter.Workbook("unused.xlsx"))
    return {one.key: book.name_for(one.key) for one in live_inputs(comparison, live_options(comparison), CATALOG)}


def problems(seed: int, folder: Path) -> list[str]:
    """What the changed workbook of this seed says otherwise than the engine, in LibreOffice and in `formulas`."""
    comparison = workbook_question(seed)
    changes, names = some_changes(comparison, seed), names_of(comparison)
    file = folder / f"{seed}.xlsx"
    with_changes(workbook_bytes(comparison, CATALOG), {names[key]: value for key, value in changes.items()}, file)
    wanted, found = engine_at(comparison, changes), list[str]()
    for program, shown in (
        ("LibreOffice", by_libreoffice(file, folder / f"office-{seed}")),
        ("formulas", by_formulas(file)),
    ):
        told = differences(shown, wanted)
        if any(shown.checks):
            told.append(f"checks are not zero: {shown.checks}")
        if shown.changed != len(changes):
            told.append(f"{len(changes)} inputs were changed, the workbook counts {shown.changed}")
        found += [f"seed {seed}, {program}: {one}" for one in told]
    return found
