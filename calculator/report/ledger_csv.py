"""Ledger downloads: tidy and wide CSV."""

# pandas ships partial types: what it returns is checked by the tests instead.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

import re
from datetime import date
from typing import Any

import pandas as pd

from calculator.analysis.carbon import carbon_accounts, carbon_facts
from calculator.decision.comparison import Comparison
from calculator.report.answer_json import token_prices
from calculator.report.currency import currency_of, rate_note
from calculator.units import MONTHS_PER_YEAR

TIDY_COLUMNS = ["scenario_id", "option", "line", "month", "date", "amount_usd", "nominal_or_real", "hard_or_soft"]
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def harmless(text: str) -> str:
    """Text that no spreadsheet takes for a formula: a leading = + - @, tab or return gets an apostrophe before it."""
    return f"'{text}" if text.startswith(_DANGEROUS) else text


def ledger_frame(comparison: Comparison) -> pd.DataFrame:
    """Every cash flow of every option, one row each (TIDY_COLUMNS); outgoing is negative, money of the day (nominal).

    Where the scenario names another currency, a last column has the amount in it (amount_eur), at the person's rate.
    """
    year, month = (int(part) for part in comparison.scenario.start_month.split("-"))
    dates = [
        date(year + (month - 1 + m) // 12, (month - 1 + m) % 12 + 1, 1).isoformat()
        for m in range(comparison.scenario.months + 1)
    ]
    rows = [
        (
            comparison.scenario_id,
            harmless(option.id),
            harmless(flow.line),
            flow.month,
            dates[flow.month],
            flow.amount_usd,
            "nominal",
            flow.hardness,
        )
        for option in comparison.options
        if option.tco is not None
        for flow in option.tco.ledger
    ]
    frame = pd.DataFrame(rows, columns=TIDY_COLUMNS)
    if found := currency_of(comparison.scenario):
        currency, rate = found
        frame[f"amount_{currency.lower()}"] = frame["amount_usd"] * rate.per_usd
    return frame


def tidy_csv(comparison: Comparison) -> str:
    """The ledger with header rows that restate the question (each begins with '#': pandas.read_csv(..., comment='#')).

    An option's amounts sum to minus its total cost, to the last digit that a float holds.
    """
    return _header(comparison) + ledger_frame(comparison).to_csv(index=False, lineterminator="\n")


def wide_csv(comparison: Comparison) -> str:
    """One row per option and line: total, purchase (month 0), each year; whole cents, outgoing negative."""
    frame = ledger_frame(comparison)
    years = -(-comparison.scenario.months // MONTHS_PER_YEAR)
    frame["period"] = ["purchase" if m == 0 else f"year_{-(-m // MONTHS_PER_YEAR)}" for m in frame["month"]]
    columns = ["purchase", *(f"year_{n}" for n in range(1, years + 1))]
    wide = frame.pivot_table(
        index=["option", "line", "hard_or_soft"],
        columns="period",
        values="amount_usd",
        aggfunc="sum",
        fill_value=0.0,
        sort=False,
    )
    wide = wide.reindex(columns=columns, fill_value=0.0)
    wide.insert(0, "total_usd", wide.sum(axis=1))
    parts: list[pd.DataFrame] = []
    for option in dict.fromkeys(frame["option"]):
        block = wide.loc[[option]].reset_index()
        total: dict[str, Any] = {
            "option": option,
            "line": "total",
            "hard_or_soft": "both",
            **block[["total_usd", *columns]].sum().to_dict(),
        }
        parts += [block, pd.DataFrame([total])]
    table = (
        pd.concat(parts, ignore_index=True)
        if parts
        else pd.DataFrame(columns=["option", "line", "hard_or_soft", "total_usd", *columns])
    )
    if found := currency_of(comparison.scenario):
        currency, rate = found
        table[f"total_{currency.lower()}"] = table["total_usd"] * rate.per_usd
    return _header(comparison) + table.to_csv(index=False, float_format="%.2f", lineterminator="\n")


def _header(comparison: Comparison) -> str:
    verdicts = comparison.verdicts
    facts: dict[str, Any] = {
        "product": f"Local LLM TCO {comparison.version}",
        "scenario_id": comparison.scenario_id,
        "catalogue_hash": comparison.catalogue_hash,
        "catalogue_compiled": comparison.catalogue_compiled,
        **({"measurements_hash": comparison.measurements_hash} if comparison.measurements_hash else {}),
        "prices_as_of": comparison.prices_as_of,
        "verdict": comparison.verdict.sentence,
        **({"verdict_mac_or_pc": verdicts.mac_or_pc.sentence} if verdicts.mac_or_pc else {}),
        **{f"not_ranked.{row.id}": row.eligibility.reasons[0].text for row in comparison.options if not row.eligible},
        "convention": verdicts.convention,
        **({"currency": rate_note(comparison.scenario)} if comparison.scenario.currencies else {}),
        **carbon_facts(carbon_accounts(comparison)),
        **{
            f"{kind}_usd_per_mtok.{row.id}": usd
            for row in comparison.options
            for kind, usd in token_prices(row).items()
        },
        "sign": "outgoing money is negative; the total cost of an option is minus the sum of its amounts",
        **{f"scenario.{name}": value for name, value in comparison.scenario.model_dump(mode="json").items()},
    }
    return "".join(f"# {name}: {_one_cell(value)}\n" for name, value in facts.items())


def _one_cell(value: Any) -> str:
    text = " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    plain = re.sub(r"(?<=\d),(?=\d{3})", "", text)  # $3,747 would become two cells
    return " ".join(plain.replace(",", ";").replace('"', "'").split())
