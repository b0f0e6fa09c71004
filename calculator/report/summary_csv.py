"""Summary download: one row per option with what decides, as a table whose first line is the header."""

import csv
import io
import math
from typing import Any

from calculator.decision.can_do import can_do
from calculator.decision.comparison import Comparison, OptionResult
from calculator.number import Range
from calculator.report.cells import harmless
from calculator.report.currency import currency_of
from calculator.report.facts import provenance, shown_cost_usd, shown_range
from calculator.units import BYTES_PER_GB


def summary_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """One row per option, in the order of the comparison; what is unknown is None, never 0.

    cost: the cost under the scenario's two switches, in `currency`; its base case, the ledger's own sum. Ranges are P10
    and P90 of the futures, `present_value_median_usd` their middle.
    """
    return [_row(option, comparison) for option in comparison.options]


def summary_csv(comparison: Comparison) -> str:
    """The rows as CSV; text cells start no formula."""
    rows = summary_rows(comparison)
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {name: harmless(value) if isinstance(value, str) else value for name, value in row.items()} for row in rows
    )
    return out.getvalue()


def _row(option: OptionResult, comparison: Comparison) -> dict[str, Any]:
    judged, memory, tco, scenario = option.eligibility, option.memory, option.tco, comparison.scenario
    found = currency_of(scenario)
    currency, per_usd = ("USD", 1.0) if found is None else (found[0], found[1].per_usd)
    cost, spread = shown_cost_usd(option, comparison), shown_range(option, comparison)
    shares = judged.shares
    drawn = None if option.median_present_value_usd is None else option  # no futures, no range
    verdict = comparison.verdict
    return {
        "option": option.id,
        "option_name": option.name,
        "kind": option.kind,
        "eligible": "yes" if option.eligible else "no",
        "can_do_the_job": can_do(option).words,
        "reason": " ".join(reason.text for reason in judged.reasons),
        "mend": " ".join(reason.mend for reason in judged.reasons),
        "cheapest": "yes" if option.id == verdict.cheapest else "no",
        "cheapest_chance": verdict.chance if option.id == verdict.cheapest else None,
        "machines": judged.machine_count,
        "further_machines": len(judged.further_months) if judged.machine_count is not None else None,
        "fits": None if option.kind == "api" else "yes" if option.fits else "no",
        "memory_needed_gb": memory and memory.peak_bytes / BYTES_PER_GB,
        "memory_usable_gb": memory and memory.usable_bytes / BYTES_PER_GB,
        **_three("decode_tokens_per_s", option.decode),
        **_three("first_token_s", option.time_to_first_token),
        **_three("first_token_p95_busy_hour_s", judged.first_token_p95_s),
        "basis_of_speed": option.basis_of_speed or None,
        "cost": None if cost is None else cost * per_usd,
        "cost_low": spread and spread.low * per_usd,
        "cost_high": spread and spread.high * per_usd,
        "currency": currency,
        **_three("present_value_usd", drawn and drawn.present_value_usd, central=tco and tco.present_value_cost_usd),
        "present_value_median_usd": option.median_present_value_usd,
        **_three("cash_usd", drawn and drawn.total_usd, central=tco and tco.total_cost_usd),
        "hard_present_value_usd": tco and tco.hard_present_value_cost_usd,
        "soft_present_value_usd": tco and tco.present_value_cost_usd - tco.hard_present_value_cost_usd,
        "hard_cash_usd": tco and tco.hard_cost_usd,
        "soft_cash_usd": tco and tco.total_cost_usd - tco.hard_cost_usd,
        "usd_per_mtok": tco and _existing(tco.usd_per_mtok),
        "served_here_fraction": shares and shares.served_here_fraction,
        "leaves_house_fraction": shares and shares.leaves_house_fraction,
        "scenario": scenario.name,
        **provenance(comparison),
    }


def _three(name: str, found: Range | None, *, central: float | None = None) -> dict[str, float | None]:
    """A range as three columns; its central value also where there is no range."""
    low, high = (None, None) if found is None else (_existing(found.low), _existing(found.high))
    middle = central if found is None else _existing(found.central)
    return {name: middle, f"{name}_low": low, f"{name}_high": high}


def _existing(value: float) -> float | None:
    """None for what does not exist: a wait without end, a cost per token where there are none."""
    return value if math.isfinite(value) else None
