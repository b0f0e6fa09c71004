"""Sheets Summary and Checks: the costs that follow from the payments by formula, and sums that must be zero."""

# pyright: reportUnknownMemberType=false

import math

from calculator.decision.can_do import can_do
from calculator.decision.close_calls import close_calls
from calculator.decision.comparison import Comparison, OptionResult
from calculator.report.facts import shown_cost_usd
from calculator.report.live_lines import LiveOption
from calculator.report.workbook_flows import FIRST_MONTH, TOTAL, VALUE, Rows
from calculator.report.workbook_inputs import CHANGED, LABOUR, MONEY
from calculator.report.workbook_page import STAMPED, Book, Page
from calculator.units import MONTHS_PER_YEAR, TOKENS_PER_MTOK

HEAD = 9
COLUMNS = (
    *("Option", "Name", "Can do the job", "Machines", "Cost shown", "Present value", "Cash"),
    *("Present value, invoices", "Cash, invoices", "Per year", "Per million tokens", "Million tokens"),
    *("P10", "P50", "P90", "At export", "Change since", "Figures", "Why not"),
)
_SHOWN, _VALUE, _CASH, _HARD_VALUE, _HARD_CASH, _YEARLY, _PER_MTOK, _MTOK = range(4, 12)
_EXPORTED, _CHANGE, _FIGURES = 15, 16, 17


def write_summary(
    book: Book, comparison: Comparison, options: list[LiveOption], *, pages: tuple[Page, Page, Rows]
) -> Page:
    """One row per option, all of the comparison; live for those that can do the job."""
    page = book.page(
        "Summary",
        note="Costs follow the blue inputs. Can do the job, machines, P10 to P90 and the sentences are stamped at export.",
        widths={0: 28, 1: 44, **dict.fromkeys(range(2, 18), 13), 18: 50},
    )
    verdicts = comparison.verdicts
    sentences = [verdicts.mac_or_pc.sentence if verdicts.mac_or_pc else "", comparison.verdict.sentence]
    turns = [call.sentence for call in close_calls(comparison, comparison.verdict)]
    flips = " ".join([comparison.verdict.flips_sentence, *turns])
    sentences += [comparison.verdict.hard.sentence, flips]
    sentences.append(verdicts.keep_in_house_reason)
    for row, sentence in enumerate(filter(None, sentences), start=2):
        page.long_text(row, (0, 10), f"At export: {sentence}")
    page.head(HEAD, COLUMNS)
    live = {option.candidate.option.id: option for option in options}
    for row, option in enumerate(comparison.options, start=HEAD + 1):
        _stamp(page, row, option, comparison)
        if option.id in live:
            _write_live(page, row, option, comparison, pages)
            page.text(row, _FIGURES, STAMPED if live[option.id].is_stamped else "live")
    last = HEAD + len(comparison.options)
    _write_cheapest(page, comparison, last)
    _draw(book, page, comparison, last)
    return page


def write_checks(
    book: Book, comparison: Comparison, options: list[LiveOption], *, pages: tuple[Page, Page, Rows], summary: Page
) -> None:
    """Sums taken in two ways; each difference is zero whatever the blue cells hold."""
    page = book.page(
        "Checks", note="Every figure here is 0, also after a blue cell has changed.", widths={0: 34, 1: 70, 2: 14}
    )
    demand, flows, rows = pages
    page.head(3, ("Option", "Check", "Difference"))
    row, months = 4, comparison.scenario.months
    summary_row = {option.id: HEAD + 1 + number for number, option in enumerate(comparison.options)}
    for option in options:
        name = option.candidate.option.id
        first, last = rows.flows[name]
        block = flows.span((first, FIRST_MONTH), (last, FIRST_MONTH + months))
        kinds = flows.span((first, 4), (last, 4))
        by_month = "+".join(
            f'SUMPRODUCT(({kinds}="{kind}")*{flows.span((first, FIRST_MONTH + early), (last, FIRST_MONTH + months))}'
            f"*{demand.span((at, FIRST_MONTH), (at, FIRST_MONTH + months - early))})"
            for kind, at, early in (
                *(("once", rows.to_the_day, False), ("monthly", rows.by_convention, False)),
                *(("once, in advance", rows.to_the_day, True), ("monthly, in advance", rows.by_convention, True)),
            )
        )
        sums, values = (flows.span((first, column), (last, column)) for column in (TOTAL, VALUE))
        at = summary_row[name]
        checks = {
            "payments by line less payments by month": f"SUM({sums})-SUM({block})",
            "present value by line less present value by month": f"SUM({values})-({by_month})",
            "cash on the summary and payments": f"{summary.at(at, _CASH)}+SUM({block})",
            "present value on the summary and payments": f"{summary.at(at, _VALUE)}+SUM({values})",
            "invoices and staff hours less all dollars": (
                f"{summary.at(at, _CASH)}-{summary.at(at, _HARD_CASH)}+{_of_kind(flows, first, last, 'soft', TOTAL)}"
            ),
            "present value less the product's, while no input is changed": (
                f"IF({CHANGED}=0,{summary.at(at, _VALUE)}-{summary.at(at, _EXPORTED)},0)"
            ),
        }
        for says, difference in checks.items():
            page.text(row, 0, name)
            page.text(row, 1, says)
            page.formula(row, 2, f"=ROUND({difference},6)", 0.0, "check")
            row += 1
    page.text(row + 1, 1, "All checks", "bold")
    page.formula(row + 1, 2, f"=SUMPRODUCT(ABS({page.span((4, 2), (max(row - 1, 4), 2))}))", 0.0, "check")


def _stamp(page: Page, row: int, option: OptionResult, comparison: Comparison) -> None:
    tco, judged = option.tco, option.eligibility
    found = option.present_value_usd if option.median_present_value_usd is not None else None
    page.text(row, 0, option.id)
    page.text(row, 1, option.name, "bold")
    page.text(row, 2, can_do(option).words)
    page.number(row, 3, judged.machine_count)
    page.text(row, _FIGURES, STAMPED)
    page.text(row, _FIGURES + 1, " ".join(f"{reason.text} {reason.mend}" for reason in judged.reasons), "wrap")
    for column, value in ((12, found and found.low), (13, option.median_present_value_usd), (14, found and found.high)):
        page.number(row, column, value, "money")
    if tco is None:
        return
    amounts = (
        shown_cost_usd(option, comparison),
        *(tco.present_value_cost_usd, tco.total_cost_usd, tco.hard_present_value_cost_usd, tco.hard_cost_usd),
        tco.equivalent_annual_cost_usd,
        tco.usd_per_mtok if math.isfinite(tco.usd_per_mtok) else None,
        tco.served_tokens / TOKENS_PER_MTOK,
        *(None, None, None, tco.present_value_cost_usd),
    )
    for column, value in enumerate(amounts, start=_SHOWN):
        if value is not None:
            page.number(row, column, value, "money")


def _write_live(
    page: Page, row: int, option: OptionResult, comparison: Comparison, pages: tuple[Page, Page, Rows]
) -> None:
    demand, flows, rows = pages
    tco, months = option.tco, comparison.scenario.months
    assert tco is not None
    first, last = rows.flows[option.id]
    value, cash, hard_value, hard_cash = (page.at(row, column) for column in (_VALUE, _CASH, _HARD_VALUE, _HARD_CASH))
    shown = f'=IF({MONEY}="cash",IF({LABOUR}="with",{cash},{hard_cash}),IF({LABOUR}="with",{value},{hard_value}))'
    factors = demand.span((rows.by_convention, FIRST_MONTH + 1), (rows.by_convention, FIRST_MONTH + months))
    all_factors = demand.span((rows.by_convention, FIRST_MONTH), (rows.by_convention, FIRST_MONTH + months))
    served = demand.span((rows.served[option.id], FIRST_MONTH), (rows.served[option.id], FIRST_MONTH + months))
    per_mtok = tco.usd_per_mtok if math.isfinite(tco.usd_per_mtok) else ""
    formulas: dict[int, tuple[str, float | str]] = {
        _SHOWN: (shown, shown_cost_usd(option, comparison) or 0.0),
        _VALUE: (f"=-SUM({flows.span((first, VALUE), (last, VALUE))})", tco.present_value_cost_usd),
        _CASH: (f"=-SUM({flows.span((first, TOTAL), (last, TOTAL))})", tco.total_cost_usd),
        _HARD_VALUE: (f"=-{_of_kind(flows, first, last, 'hard', VALUE)}", tco.hard_present_value_cost_usd),
        _HARD_CASH: (f"=-{_of_kind(flows, first, last, 'hard', TOTAL)}", tco.hard_cost_usd),
        _YEARLY: (f"={value}*{MONTHS_PER_YEAR}/SUM({factors})", tco.equivalent_annual_cost_usd),
        _PER_MTOK: (f'=IF(SUM({served})=0,"",{value}/SUMPRODUCT({served},{all_factors}))', per_mtok),
        _MTOK: (f"=SUM({served})", tco.served_tokens / TOKENS_PER_MTOK),
        _CHANGE: (f"={value}-{page.at(row, _EXPORTED)}", 0.0),
    }
    for column, (formula, now) in formulas.items():
        page.formula(row, column, formula, now)


def _of_kind(flows: Page, first: int, last: int, hardness: str, column: int) -> str:
    kinds, amounts = flows.span((first, 3), (last, 3)), flows.span((first, column), (last, column))
    return f'SUMPRODUCT(({kinds}="{hardness}")*{amounts})'


def _write_cheapest(page: Page, comparison: Comparison, last: int) -> None:
    """Which option costs least at the blue inputs as they are now, of those that can do the job."""
    able = [option for option in comparison.options if option.eligible and option.tco is not None]
    if not able:
        return
    first = HEAD + 1
    values, names = page.span((first, _VALUE), (last, _VALUE)), page.span((first, 1), (last, 1))
    can = page.span((first, 2), (last, 2))
    # of an option that cannot do the job, or has no cost, the value is moved beyond every other
    ranked = f'{values}+({can}="no")*1E+15'
    best = min(able, key=lambda option: option.tco.present_value_cost_usd if option.tco else math.inf)
    page.text(last + 2, 0, "Cheapest at these inputs", "bold")
    formula = f"=INDEX({names},MATCH(1,INDEX(--({ranked}=MIN(INDEX({ranked},0))),0),0))"
    page.formula(last + 2, 1, formula, best.name, "bold")
    says = "In today's money, staff hours counted; machines, speeds and who can do the job as at export."
    page.long_text(last + 3, (0, 6), says, "note")


def _draw(book: Book, page: Page, comparison: Comparison, last: int) -> None:
    """Bars of the cost that is shown, as it follows the blue inputs."""
    chart = book.workbook.add_chart({"type": "bar"})
    if chart is None:
        return
    first = HEAD + 1
    chart.add_series(
        {
            "name": "Cost shown, USD",
            "categories": [page.title, first, 1, last, 1],
            "values": [page.title, first, _SHOWN, last, _SHOWN],
            "fill": {"color": "#3B5BA5"},
            "data_labels": {"value": True, "num_format": "#,##0"},
        }
    )
    chart.set_title({"name": f"Cost over {comparison.scenario.months} months", "name_font": {"size": 12}})
    chart.set_legend({"none": True})
    chart.set_y_axis({"reverse": True})
    chart.set_x_axis({"num_format": "#,##0", "major_gridlines": {"visible": True, "line": {"color": "#DDDDDD"}}})
    chart.set_size({"width": 900, "height": 120 + 36 * len(comparison.options)})
    page.sheet.insert_chart(last + 5, 1, chart)
