"""Ledger downloads: tidy and wide CSV, tables whose first line is the header."""

# pandas ships partial types: what it returns is checked by the tests instead.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Iterator
from datetime import date
from typing import Any

import pandas as pd

from calculator.analysis.budget import fiscal_periods, start_of
from calculator.decision.comparison import Comparison, OptionResult
from calculator.finance.ledger import Horizon, discounted_usd
from calculator.report.cells import harmless
from calculator.report.currency import currency_of
from calculator.report.facts import provenance
from calculator.scenario.scenario import Scenario
from calculator.units import MONTHS_PER_YEAR

TIDY_COLUMNS = [
    *("scenario_id", "scenario", "model", "option", "option_name", "line", "month", "date"),
    *("amount_usd", "present_value_usd", "amount", "currency", "nominal_or_real", "hard_or_soft"),
    *("prices_as_of", "version", "catalogue_hash", "measurements_hash", "money", "labour"),
]


def month_edges(scenario: Scenario) -> list[str]:
    """The first day of month 1, of each month after it, and of the one after the last, as YYYY-MM-DD."""
    year, month = start_of(scenario)
    return [
        date(year + (month - 1 + m) // MONTHS_PER_YEAR, (month - 1 + m) % MONTHS_PER_YEAR + 1, 1).isoformat()
        for m in range(scenario.months + 1)
    ]


def month_dates(scenario: Scenario) -> list[str]:
    """The first day of the calendar month in which each month 0..N of the ledger falls, as YYYY-MM-DD.

    Month 0, the purchase, is the start of month 1: both fall in the start month, as in the books.
    """
    edges = month_edges(scenario)
    return [edges[0], *edges[:-1]]


def ledger_frame(comparison: Comparison) -> pd.DataFrame:
    """Every cash flow of every option, one row each (TIDY_COLUMNS); outgoing is negative.

    date: the first day of the calendar month of payment. A payment in advance stands at the end of the month before
    (`month`, which discounts it) and is dated by the month that it pays for.

    amount_usd: money of the day (nominal). present_value_usd: the same in today's money. amount: in `currency` (ISO
    4217), the scenario's other currency at the person's rate, else dollars. An option's amounts sum to minus its cost.
    """
    found = currency_of(comparison.scenario)
    currency, per_usd = ("USD", 1.0) if found is None else (found[0], found[1].per_usd)
    rows = [row for option in comparison.options for row in _flows(option, comparison.scenario)]
    columns = ["option", "option_name", "line", "month", "date", "amount_usd", "present_value_usd", "hard_or_soft"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["scenario"] = harmless(comparison.scenario.name)
    frame["amount"] = frame["amount_usd"] * per_usd
    frame["currency"] = currency
    frame["nominal_or_real"] = "nominal"
    for name, text in provenance(comparison).items():
        frame[name] = harmless(text)
    return frame.reindex(columns=TIDY_COLUMNS)


def tidy_csv(comparison: Comparison) -> str:
    """The ledger, one row per option, line and month; the sidecar (`facts_json`) has the question behind it."""
    return ledger_frame(comparison).to_csv(index=False, lineterminator="\n")


def wide_csv(comparison: Comparison) -> str:
    """One row per option and line: total, each fiscal year (FY2027, with the purchase in the first); whole cents,
    outgoing negative.

    The row `total` of an option is the sum of its lines. `total` is in `currency`, `total_usd` and the years in
    dollars.
    """
    frame = ledger_frame(comparison)
    cuts = fiscal_periods(comparison.scenario, by_quarter=False)
    labels = [label for label, first, last in cuts for _ in range(first, last + 1)]
    label_of = dict(zip(month_dates(comparison.scenario), labels, strict=True))
    frame["period"] = [label_of[day] for day in frame["date"]]
    columns = [label for label, _, _ in cuts]
    keys = ["option", "option_name", "line", "hard_or_soft"]
    wide = frame.pivot_table(
        index=keys, columns="period", values="amount_usd", aggfunc="sum", fill_value=0.0, sort=False
    )
    wide = wide.reindex(columns=columns, fill_value=0.0)
    wide.insert(0, "total_usd", wide.sum(axis=1))
    parts: list[pd.DataFrame] = []
    for option in dict.fromkeys(frame["option"]):
        block = wide.loc[[option]].reset_index()
        total: dict[str, Any] = {
            "option": option,
            "option_name": block["option_name"].iloc[0],
            "line": "total",
            "hard_or_soft": "both",
            **block[["total_usd", *columns]].sum().to_dict(),
        }
        parts += [block, pd.DataFrame([total])]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*keys, "total_usd", *columns])
    found = currency_of(comparison.scenario)
    currency, per_usd = ("USD", 1.0) if found is None else (found[0], found[1].per_usd)
    table["total"] = table["total_usd"] * per_usd
    table["currency"] = currency
    for name, text in {"scenario": comparison.scenario.name, **provenance(comparison)}.items():
        table[name] = harmless(text)
    return table.to_csv(index=False, float_format="%.2f", lineterminator="\n")


def _flows(option: OptionResult, scenario: Scenario) -> Iterator[tuple[Any, ...]]:
    """The rows of one option: months in which a line moves nothing have none."""
    if option.tco is None:
        return
    dates, edges = month_dates(scenario), month_edges(scenario)
    horizon = Horizon(scenario.months, scenario.discount_rate, scenario.timing)
    for entry, flow in zip(option.tco.entries, option.tco.flows, strict=True):
        values = discounted_usd(entry, horizon=horizon).tolist()
        for month, (amount, value) in enumerate(zip(flow, values, strict=True)):
            if amount:
                names = (harmless(option.id), harmless(option.name), harmless(entry.name))
                day = edges[month] if entry.in_advance else dates[month]
                yield (*names, month, day, amount, value, entry.hardness)
