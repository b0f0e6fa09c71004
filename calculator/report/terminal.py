"""Terminal text of a comparison and of a prediction: both verdicts first, then a table, then the remarks."""

import math

from calculator.analysis.lease_or_buy import lease_or_buy
from calculator.decision.can_do import can_do
from calculator.decision.close_calls import close_calls
from calculator.decision.comparison import Comparison, OptionResult, Verdict
from calculator.decision.eligibility import LONG_S, seconds_span
from calculator.decision.shown_verdict import pair_sentence
from calculator.decision.words import mend, signed
from calculator.physics.memory.spare_words import spare_words
from calculator.physics.prediction import Prediction
from calculator.physics.speed.speed import Speed
from calculator.report.currency import rate_note, shown
from calculator.report.prediction_words import operation_lines, title_line
from calculator.scenario.scenario import Scenario
from calculator.units import BYTES_PER_GB


def comparison_text(comparison: Comparison) -> str:
    """Both verdicts, one row per option, why some are not ranked, break-even and remarks.

    The scenario's `labour` says whether the sentences with or without people's time come first, its `money` whether
    amounts in today's money or in cash do.
    """
    verdicts = comparison.verdicts
    found = [verdict for verdict in (verdicts.mac_or_pc, verdicts.overall) if verdict is not None]
    lines = [line for verdict in found for line in (*_verdict_lines(comparison, verdict), "")]
    lines += [verdicts.keep_in_house_reason, ""] if verdicts.keep_in_house_reason else []
    lines += [
        _columns("option", "machines", "decode tok/s", "first word s", *_money_heads(comparison), "range", "$/Mtok")
    ]
    lines += [_row(option, comparison.scenario) for option in comparison.options]
    lines += [""] + [line for option in comparison.options for line in _why_not(option)]
    lines += [_in_doubt(option) for option in comparison.options if can_do(option).state in ("tight", "unsure")]
    lines += [verdicts.convention]
    lines += _converted(comparison)
    lines += [row.reason for row in comparison.break_even]
    lines += _leases(comparison)
    remarks = {
        remark.text: None for option in comparison.options for remark in option.remarks if remark.level != "info"
    }
    remarks |= {remark.text: None for remark in comparison.remarks}
    lines += ["", *(f"- {text}" for text in remarks)] if remarks else []
    lines += [
        "",
        f"scenario {comparison.scenario_id}, catalogue {comparison.catalogue_hash} ({comparison.catalogue_compiled}), "
        f"prices as of {comparison.prices_as_of or 'the catalogue'}, version {comparison.version}",
    ]
    return "\n".join(lines)


def _verdict_lines(comparison: Comparison, verdict: Verdict) -> list[str]:
    """One verdict: its sentences in the order that the person chose, what turns it, and the old prices it rests on."""
    is_pair = verdict is comparison.verdicts.mac_or_pc
    whole, hard = [verdict.sentence, verdict.detail], [verdict.hard.sentence]
    told = [*whole, *hard]
    if comparison.scenario.labour == "without":
        told = [*hard, pair_sentence(comparison) if is_pair else "", *whole]
    rest = [
        verdict.flips_sentence,
        *(call.sentence for call in close_calls(comparison, verdict)),
        *(price.sentence for price in verdict.rests_on_old_prices),
    ]
    return [line for line in (*told, *rest) if line]


def _why_not(option: OptionResult) -> list[str]:
    """Why an option is not ranked, and what would mend it."""
    return [f"{option.name} is not ranked. {reason.text} {mend(reason.mend)}" for reason in option.eligibility.reasons]


def _in_doubt(option: OptionResult) -> str:
    """The page's own word for an option that is ranked but not surely able, and why."""
    able = can_do(option)
    return f"Can {option.name} do the job? {able.words.capitalize()}: {able.note}."


def prediction_text(prediction: Prediction) -> str:
    """Bytes, speeds and remarks of one model on one machine."""
    memory = prediction.memory
    fit = "fits" if memory.fits else "does not fit"
    rows = [
        title_line(prediction),
        f"  {fit}: needs {_gb(memory.peak_bytes)} of {_gb(memory.usable_bytes)} usable, "
        f"headroom {_gb(memory.headroom_bytes)}{spare_words(memory)}",
        f"  weights {_gb(memory.weights_bytes)}, KV cache {_gb(memory.kv_cache_bytes)} at "
        f"{prediction.context_tokens:,} tokens, work space {_gb(memory.transient_bytes)}, "
        f"runtime {_gb(memory.overhead_bytes)}" + (f", draft {_gb(memory.draft_bytes)}" if memory.draft_bytes else ""),
        f"  decode {_range(prediction.decode)} tokens/s, prefill {_range(prediction.prefill)} tokens/s, "
        f"first word {_wait(prediction.time_to_first_token)}",
    ]
    rows += operation_lines(prediction)
    return "\n".join(rows + [f"  - {remark.text}" for remark in prediction.remarks])


def _converted(comparison: Comparison) -> list[str]:
    """The headline amounts in the person's currency, after the sentence about the rate; nothing for dollars."""
    scenario, verdict = comparison.scenario, comparison.verdict
    note = rate_note(scenario)
    if not note:
        return []

    def amount(usd: float | None) -> str:
        return "-" if usd is None else shown(usd, scenario=scenario)

    lines = ["", note, f"{'option':<42} {'total':>14} {'range':>33} {'present value':>16}"]
    for row in comparison.options:
        if row.tco is not None:
            spread = f"{amount(row.total_usd and row.total_usd.low)} .. {amount(row.total_usd and row.total_usd.high)}"
            total, value = amount(row.tco.total_cost_usd), amount(row.tco.present_value_cost_usd)
            lines.append(f"{row.id:<42} {total:>14} {spread:>33} {value:>16}")
    if verdict.next and verdict.cheapest:
        gap = verdict.difference_usd
        first, second = comparison[verdict.cheapest].name, comparison[verdict.next].name
        lines.append(
            f"{second} costs {amount(gap.central)} more than {first} ({amount(gap.low)} to {amount(gap.high)})."
        )
    return [*lines, ""]


def _leases(comparison: Comparison) -> list[str]:
    """A sentence per leased machine: against buying it, at what debt costs after tax."""
    scenario, lines = comparison.scenario, list[str]()
    for candidate in comparison.candidates:
        if (terms := scenario.leases.get(candidate.option.id)) is None:
            continue
        found = lease_or_buy(comparison.candidates, candidate)
        better = (
            f"{signed(abs(found.net_advantage_usd))} {'less' if found.net_advantage_usd >= 0 else 'more'} than buying"
        )
        end = (
            "it goes back at the end"
            if terms.buyout_usd is None
            else f"bought at the end for {signed(terms.buyout_usd)}"
        )
        earned = ""
        if found.implied_rate is not None:
            much = f"over {_MOST_TOLD:,.0%}" if found.implied_rate > _MOST_TOLD else f"{found.implied_rate:,.1%}"
            earned = f"; the lessor earns {much} a year"
        lines.append(
            f"{candidate.option.id} leased at {signed(terms.usd_per_month)} a month ({end}) costs {better} it, in "
            f"present value at {found.after_tax_debt_rate:.2%} a year, the cost of debt after tax{earned}."
        )
    return lines


def _money_heads(comparison: Comparison) -> list[str]:
    """The heads of the columns of money: what the person wants to see first stands first."""
    return _in_order(comparison.scenario, ["today's $", "cash $", "invoices $"])


def _in_order(scenario: Scenario, cells: list[str]) -> list[str]:
    """Today's money, cash, and invoices alone in the order of the two view settings."""
    value, cash, invoices = cells
    first = [cash, value] if scenario.money == "cash" else [value, cash]
    return [invoices, *first] if scenario.labour == "without" else [*first, invoices]


def _row(option: OptionResult, scenario: Scenario) -> str:
    memory, tco, judged = option.memory, option.tco, option.eligibility
    if not option.eligible:
        state = "cannot"
        if memory is not None and memory.headroom_bytes < 0:
            state = f"no, {-memory.headroom_bytes / BYTES_PER_GB:.1f} GB"
    else:
        state = "-" if judged.machine_count is None else f"{judged.machine_count}"
    cells, spread = ["-", "-", "-"], "-"
    if tco is not None:
        is_cash = scenario.money == "cash"
        hard = tco.hard_cost_usd if is_cash else tco.hard_present_value_cost_usd
        cells = [signed(tco.present_value_cost_usd), signed(tco.total_cost_usd), signed(hard)]
        found = option.total_usd if is_cash else option.present_value_usd
        if scenario.labour == "without" and not is_cash:
            found = option.hard_present_value_usd
        spread = f"{signed(found.low)} .. {signed(found.high)}" if found else "-"
    per = f"{tco.usd_per_mtok:,.2f}" if tco and math.isfinite(tco.usd_per_mtok) else "-"
    first = _range(option.time_to_first_token)
    return _columns(option.id, state, _range(option.decode), first, *_in_order(scenario, cells), spread, per)


def _columns(*cells: str) -> str:
    """A row of the table: the first two cells to the left, the others to the right."""
    left, right = cells[:2], cells[2:]
    texts = [f"{cell:<{width}}" for cell, width in zip(left, _WIDTHS, strict=False)]
    return " ".join([*texts, *(f"{cell:>{width}}" for cell, width in zip(right, _WIDTHS[2:], strict=True))])


def _wait(found: Speed | None) -> str:
    """Seconds as a range; longer waits in the words of the page."""
    if found is None or found.high < LONG_S:
        return f"{_range(found)} s"
    return seconds_span(found.low, found.high)


def _range(speed: Speed | None) -> str:
    if speed is None:
        return "-"
    digits = 0 if speed.central >= 100 else 1 if speed.central >= 1 else 2
    return f"{speed.low:,.{digits}f}-{speed.high:,.{digits}f}"


_WIDTHS = (42, 14, 14, 15, 10, 10, 10, 21, 9)
_MOST_TOLD = 10.0  # a rate of return above this says nothing more


def _gb(count: int) -> str:
    return f"{count / BYTES_PER_GB:,.1f} GB"
