"""Facts that every export restates: scenario, day, versions, hashes, the switches of money, and what they mean."""

import json
from typing import Any

from calculator.analysis.carbon import carbon_accounts, carbon_facts
from calculator.cost.tco import cost_shown_usd
from calculator.decision.can_do import can_do
from calculator.decision.comparison import Comparison, OptionResult
from calculator.decision.option_money import shown_money
from calculator.number import Range
from calculator.report.answer_json import token_prices
from calculator.report.currency import currency_of, rate_note

SIGN = "Outgoing money is negative; the cost of an option is minus the sum of its amounts."
HARD_OR_SOFT = "Hard dollars are invoices; soft dollars are staff hours."
MONEY_WORDS = {"present-value": "today's money (present value)", "cash": "cash, as it is paid"}
LABOUR_WORDS = {"with": "staff hours counted", "without": "invoices only"}


def provenance(comparison: Comparison) -> dict[str, str]:
    """What stands in every row of every table: from which question, day and data it comes, and the switches of money."""
    scenario = comparison.scenario
    return {
        "scenario_id": comparison.scenario_id,
        "model": comparison.model_name,
        "prices_as_of": comparison.prices_as_of,
        "version": comparison.version,
        "catalogue_hash": comparison.catalogue_hash,
        "measurements_hash": comparison.measurements_hash,
        "money": scenario.money,
        "labour": scenario.labour,
    }


def shown_cost_usd(option: OptionResult, comparison: Comparison) -> float | None:
    """The one cost that page, memo and workbook show under the scenario's two switches; None where there is none."""
    return cost_shown_usd(option.tco, comparison.scenario) if option.tco else None


def shown_range(option: OptionResult, comparison: Comparison) -> Range | None:
    """P10 and P90 of the futures of the cost that is shown, around its base case; None where no futures are drawn."""
    scenario = comparison.scenario
    if option.money is None or option.money.drawn is None:
        return None
    return option.money.range(shown_money(scenario))


def facts_dict(comparison: Comparison) -> dict[str, Any]:
    """The sidecar of the tables: what is asked, on which day, with which data, how money is meant, and the verdicts."""
    verdicts, scenario = comparison.verdicts, comparison.scenario
    found = currency_of(scenario)
    return {
        "product": f"Local LLM TCO {comparison.version}",
        "scenario_name": scenario.name,
        **provenance(comparison),
        "catalogue_compiled": comparison.catalogue_compiled,
        "money_words": MONEY_WORDS[scenario.money],
        "labour_words": LABOUR_WORDS[scenario.labour],
        "hard_or_soft": HARD_OR_SOFT,
        "sign": SIGN,
        "currency": found[0] if found else "USD",
        "currency_note": rate_note(scenario),
        "convention": verdicts.convention,
        "verdict": comparison.verdict.sentence,
        "verdict_invoices_only": comparison.verdict.hard.sentence,
        "verdict_mac_or_pc": verdicts.mac_or_pc.sentence if verdicts.mac_or_pc else None,
        "options": {row.id: _option_facts(row) for row in comparison.options},
        "carbon": carbon_facts(carbon_accounts(comparison)),
        "scenario": scenario.model_dump(mode="json"),
    }


def facts_json(comparison: Comparison) -> str:
    """The sidecar as text."""
    return json.dumps(facts_dict(comparison), indent=2, ensure_ascii=False) + "\n"


def _option_facts(row: OptionResult) -> dict[str, Any]:
    tco = row.tco
    return {
        "name": row.name,
        "eligible": row.eligible,
        "can_do_the_job": can_do(row).words,
        "not_ranked": [reason.text for reason in row.eligibility.reasons],
        "cash_usd": tco and {"hard": tco.hard_cost_usd, "soft": tco.total_cost_usd - tco.hard_cost_usd},
        "present_value_usd": tco
        and {
            "hard": tco.hard_present_value_cost_usd,
            "soft": tco.present_value_cost_usd - tco.hard_present_value_cost_usd,
        },
        "usd_per_mtok": token_prices(row),
    }
