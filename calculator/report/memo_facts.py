"""Content of the decision memo, as plain texts and numbers: what the PDF and the HTML report both lay out."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from calculator.analysis.budget import Budget, Period, budget_of, fiscal_periods, is_cash
from calculator.catalog import Catalog
from calculator.decision.can_do import can_do
from calculator.decision.close_calls import close_calls
from calculator.decision.comparison import Comparison, OptionResult, Verdict
from calculator.decision.eligibility import wait_words
from calculator.decision.shown_verdict import MAC_OR_PC, OVERALL, odds_sentence, pair_sentence, shown_verdict
from calculator.decision.words import option_name
from calculator.errors import CalculatorError
from calculator.finance.ledger import Horizon, Line, calendar_usd, discounted_usd, monthly_usd
from calculator.number import Range
from calculator.report.changed_inputs import changes_sentence
from calculator.report.charts_svg import CostBar, Course, cost_chart, spend_chart
from calculator.report.currency import currency_of, rate_note, shown
from calculator.report.facts import LABOUR_WORDS, MONEY_WORDS, provenance, shown_cost_usd, shown_range
from calculator.report.sources import source_rows
from calculator.risk.spent_by_month import SpentBand, spent_bands
from calculator.scenario.own_catalog import catalog_of
from calculator.scenario.question import ANOTHER_SIZE
from calculator.service.capability import scenario_model
from calculator.units import counted, digits, plain_number

_CURVES, _BANDS = 4, 2
_MOST_QUARTERS = 13  # three years, whatever month the fiscal year ends in
_WARNED = ("problem", "warning")


def memo_dict(comparison: Comparison, catalog: Catalog, *, font: str) -> dict[str, Any]:
    """Everything that the memo says, all read from the one answer; money under the scenario's two switches."""
    scenario = comparison.scenario
    able = _ranked(comparison)
    best = comparison.verdict.cheapest
    return {
        "title": "Which hardware should serve our language model?",
        "scenario": scenario.name,
        "question": question_of(comparison, catalog),
        "changes": _changed(comparison, catalog),
        "recommendation": _recommendation(comparison),
        "details": [sentence for sentence in _details(comparison) if sentence],
        "odds": _odds(comparison),
        "money": f"{MONEY_WORDS[scenario.money]}, {LABOUR_WORDS[scenario.labour]}",
        "currency_note": rate_note(scenario),
        "convention": comparison.verdicts.convention,
        "options": [_row(option, comparison) for option in able],
        "not_ranked": [
            {"name": option.name, "why": option.eligibility.reasons[0].text}
            for option in comparison.options
            if not option.eligible
        ],
        "flips": _flips(comparison),
        "cost_chart": cost_chart([_bar(option, comparison) for option in able], mark=_mark(comparison), font=font),
        "spend_chart": spend_chart(_courses(able[:_CURVES], comparison), mark=_mark(comparison), font=font),
        "spend_note": _not_drawn(len(able)),
        "budget": _budget(best, comparison) if best else None,
        "years": _years(comparison[best], comparison) if best else [],
        "warnings": _warnings(comparison),
        "facts": {name.replace("_", " "): text or "none" for name, text in provenance(comparison).items()}
        | {"money": MONEY_WORDS[scenario.money], "labour": LABOUR_WORDS[scenario.labour]},
        "sources": [
            {
                "what": row.what,
                "value": _number(row.value),
                "range": "" if row.low == row.high else f"{_number(row.low)} to {_number(row.high)}",
                "unit": row.unit,
                "basis": row.basis,
                "source": row.source or row.note,
                "date": row.as_of,
            }
            for row in source_rows(comparison, catalog)
        ],
    }


def _not_drawn(count: int) -> str:
    """How many options the chart of spending leaves out, and where they stand; empty where it draws all."""
    left = count - _CURVES
    if left <= 0:
        return ""
    stand = "option is" if left == 1 else "options are"
    return (
        f"The chart by month draws the {_CURVES} cheapest; {left} more {stand} in the chart of costs and in the table."
    )


def _number(value: float) -> str:
    return digits(value, 4)


def question_of(comparison: Comparison, catalog: Catalog) -> str:
    """What is asked, in a sentence: for the memo, and for a page on paper."""
    scenario = comparison.scenario
    name = scenario_model(scenario, catalog_of(scenario, catalog)).name
    if scenario.model == ANOTHER_SIZE:
        name = f"a dense model with {plain_number(scenario.another_size_b)} billion parameters"
    people = scenario.concurrent_request_count
    count = len(comparison.options)
    asks = f"Can {comparison.options[0].name}" if count == 1 else f"Which of {count} options should"
    return (
        f"{asks} serve {name} for {counted(scenario.months, 'month')}, at "
        f"{scenario.requests_per_working_day:,.0f} requests a working day with {scenario.input_tokens():,.0f} tokens "
        f"to read and {scenario.answer_tokens:,.0f} to write, for "
        f"{'one person' if people == 1 else f'{people:,.0f} people'} at once?"
    )


def _changed(comparison: Comparison, catalog: Catalog) -> str:
    """What was changed from the example, in words: whose figures the answer rests on."""
    scenario = comparison.scenario
    names = {option.id: option.name for option in comparison.options}
    model = scenario_model(scenario, catalog_of(scenario, catalog)).name
    return changes_sentence(scenario, names={scenario.model: model, **names})


def _recommendation(comparison: Comparison) -> str:
    """The sentence of all options, in invoices where the person counts no staff hours."""
    verdict = comparison.verdict
    return verdict.hard.sentence if comparison.scenario.labour == "without" else verdict.sentence


def _details(comparison: Comparison) -> list[str]:
    verdicts, scenario = comparison.verdicts, comparison.scenario
    pair: Verdict | None = verdicts.mac_or_pc
    other = comparison.verdict.sentence if scenario.labour == "without" else comparison.verdict.hard.sentence
    of_pair = "" if pair is None else pair.hard.sentence if scenario.labour == "without" else pair.sentence
    return [comparison.verdict.detail, of_pair, pair_sentence(comparison), other, verdicts.keep_in_house_reason]


def _odds(comparison: Comparison) -> list[str]:
    """How sure each verdict is, as the page says it."""
    found: list[str] = []
    for title, verdict, is_pair in (
        (MAC_OR_PC, comparison.verdicts.mac_or_pc, True),
        (OVERALL, comparison.verdict, False),
    ):
        shown_one = None if verdict is None else shown_verdict(verdict, comparison.scenario)
        if shown_one is None or shown_one.cheapest is None:
            continue
        best = comparison[shown_one.cheapest]
        name = _name(best)
        said = odds_sentence(replace(shown_one, is_close=True), name, is_pair=is_pair)  # a list names its subject
        found += [f"{title} {said}"] if said else []
    return found


def _flips(comparison: Comparison) -> list[str]:
    """What turns each verdict, and the old prices that it rests on."""
    found: dict[str, None] = {}
    for label, verdict in (("All options", comparison.verdict), ("Mac or PC", comparison.verdicts.mac_or_pc)):
        if verdict is not None:
            sentences = (
                verdict.flips_sentence,
                *(call.sentence for call in close_calls(comparison, verdict)),
                *(price.sentence for price in verdict.rests_on_old_prices),
            )
            found |= {f"{label}: {sentence}": None for sentence in sentences if sentence}
    return list(found)


def _warnings(comparison: Comparison) -> list[str]:
    remarks = [*comparison.remarks, *(remark for option in comparison.options for remark in option.remarks)]
    return list(dict.fromkeys(remark.text for remark in remarks if remark.level in _WARNED))


def _ranked(comparison: Comparison) -> list[OptionResult]:
    able = [option for option in comparison.options if option.eligible and option.tco is not None]
    return sorted(able, key=lambda option: shown_cost_usd(option, comparison) or 0.0)


def _name(option: OptionResult) -> str:
    """The option with its number of machines, as the page has it."""
    return option_name(option.name, machine_count=option.eligibility.machine_count)


def _row(option: OptionResult, comparison: Comparison) -> dict[str, str]:
    judged, scenario = option.eligibility, comparison.scenario
    found, busy = shown_range(option, comparison), judged.first_token_p95_s
    count = "-" if judged.machine_count is None else f"{judged.machine_count}"
    more = f" + {len(judged.further_months)} later" if judged.further_months else ""
    return {
        "name": _name(option),
        "can": can_do(option).words,
        "machines": count + more,
        "wait": "host's" if busy is None else next(filter(None, reversed(wait_words(busy)))),
        "cost": shown(shown_cost_usd(option, comparison) or 0.0, scenario=scenario),
        "range": "" if found is None else _between(found, comparison),
        "invoices": shown(option.tco.hard_cost_usd, scenario=scenario) if option.tco else "",
    }


def _between(found: Range, comparison: Comparison) -> str:
    low, high = (shown(value, scenario=comparison.scenario) for value in (found.low, found.high))
    return f"{low} to {high}"


def _bar(option: OptionResult, comparison: Comparison) -> CostBar:
    found, factor = shown_range(option, comparison), _factor(comparison)
    base = shown_cost_usd(option, comparison) or 0.0
    low, high = (None, None) if found is None else (found.low * factor, found.high * factor)
    return CostBar(_name(option), base * factor, low, high, shown(base, scenario=comparison.scenario))


def _spent(option: OptionResult, comparison: Comparison) -> tuple[float, ...]:
    """Money spent up to each calendar month under both switches; the last one is the cost that is shown."""
    scenario = comparison.scenario
    horizon = Horizon(scenario.months, scenario.discount_rate, scenario.timing)
    flow = np.zeros(scenario.months + 1)
    for entry in option.tco.entries if option.tco else ():
        if entry.hardness == "hard" or scenario.labour == "with":
            cash = scenario.money == "cash"
            paid = monthly_usd(entry, months=scenario.months) if cash else discounted_usd(entry, horizon=horizon)
            flow += calendar_usd(entry, paid.tolist())
    return tuple((-flow.cumsum() * _factor(comparison)).tolist())


def _courses(options: Sequence[OptionResult], comparison: Comparison) -> list[Course]:
    """Their lines in the chart, and of the leaders 8 of 10 of the futures that were drawn."""
    factor, scenario, bands = _factor(comparison), comparison.scenario, dict[str, SpentBand]()
    if options and comparison.draw_count:
        bands = spent_bands(
            comparison.candidates,
            [option.id for option in options[:_BANDS]],
            in_cash=scenario.money == "cash",
            hard_only=scenario.labour == "without",
            count=comparison.draw_count,
        )
    found: list[Course] = []
    for option in options:
        band = bands.get(option.id)
        edges = (band.low_usd, band.high_usd) if band is not None else ((), ())
        low, high = (tuple(usd * factor for usd in edge) for edge in edges)
        found.append(Course(_name(option), _spent(option, comparison), low, high))
    return found


def _factor(comparison: Comparison) -> float:
    found = currency_of(comparison.scenario)
    return 1.0 if found is None else found[1].per_usd


def _mark(comparison: Comparison) -> str:
    found = currency_of(comparison.scenario)
    return "$" if found is None else f"{found[0]} "


def _budget(option_id: str, comparison: Comparison) -> dict[str, Any]:
    """The budget by fiscal quarter, or by year where the quarters would not fit a page."""
    scenario = comparison.scenario
    by_quarter = len(fiscal_periods(scenario, by_quarter=True)) <= _MOST_QUARTERS
    hard = scenario.labour == "without"
    try:
        found: Budget = budget_of(comparison.candidates, option_id, hard_only=hard, by_quarter=by_quarter)
    except CalculatorError as error:
        return {"option": _name(comparison[option_id]), "rows": [], "whole": {}, "unit": "", "says": str(error)}

    def row(period: Period) -> dict[str, str]:
        amounts = (period.cash_usd, period.staff_usd, period.p50_usd, period.p90_usd)
        names = ("cash", "staff", "p50", "p90")
        return {
            "label": period.label,
            **{name: shown(usd, scenario=scenario) for name, usd in zip(names, amounts, strict=True)},
        }

    futures = "cash out alone" if hard else "cash out and staff hours together"
    return {
        "option": _name(comparison[option_id]),
        "unit": "fiscal quarter" if by_quarter else "fiscal year",
        "rows": [row(period) for period in found.periods],
        "whole": row(found.whole),
        "says": f"Cash out is what leaves the bank, less the sale. P50 and P90 cover {futures}: half of the futures "
        "stay below P50, nine of ten below P90. The P90 of the whole plan is less than the sum of the periods' P90, "
        "because they rarely all go wrong at once.",
    }


def _years(option: OptionResult, comparison: Comparison) -> list[list[str]]:
    """Lines of the recommended option by fiscal year: name, each year, total; then cash out and staff hours."""
    scenario = comparison.scenario
    cuts = fiscal_periods(scenario, by_quarter=False)
    paid = zip(option.tco.entries, option.tco.flows, strict=True) if option.tco else ()
    lines = [(entry, calendar_usd(entry, flow)) for entry, flow in paid]

    def row(name: str, flow: Sequence[float]) -> list[str]:
        years = [sum(flow[first : last + 1]) for _, first, last in cuts]
        return [name, *(shown(-usd, scenario=scenario) for usd in (*years, sum(flow)))]

    rows = [["Cost line", *(label for label, _, _ in cuts), "Total"]]
    rows += [row(_line_name(entry), flow) for entry, flow in lines]
    for name, hardness in (("Cash out", "hard"), ("Staff hours", "soft")):
        flows = [flow for entry, flow in lines if entry.hardness == hardness and is_cash(entry)]
        rows.append(row(name, [sum(month) for month in zip(*flows, strict=True)] or [0.0] * (scenario.months + 1)))
    return rows


def _line_name(line: Line) -> str:
    if not is_cash(line):
        return f"{line.name} (forgone, no cash)"
    return line.name if line.hardness == "hard" else f"{line.name} (staff hours)"
