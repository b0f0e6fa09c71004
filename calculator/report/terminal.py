"""Terminal text of a comparison and of a prediction: the verdict first, then a table, then the remarks."""

import math

from calculator.analysis.lease_or_buy import lease_or_buy
from calculator.decision.comparison import Comparison, OptionResult
from calculator.physics.prediction import Prediction
from calculator.physics.speed.speed import Speed
from calculator.report.currency import rate_note, shown
from calculator.report.prediction_words import operation_lines, title_line
from calculator.units import BYTES_PER_GB


def comparison_text(comparison: Comparison) -> str:
    """The verdict, one row per option, break-even and remarks."""
    scenario = comparison.scenario
    lines = [
        comparison.verdict.sentence,
        comparison.verdict.detail,
        *filter(None, (comparison.verdict.without_soft,)),
        "",
        _columns(
            "option",
            "fits",
            "decode tok/s",
            "first token s",
            f"{scenario.months} months",
            "hard only",
            "range",
            "$/Mtok",
        ),
    ]
    lines += [_row(option) for option in comparison.options]
    lines += ["", comparison.verdict.convention]
    lines += _converted(comparison)
    lines += [f"{row.option} against {row.against}: {row.reason}" for row in comparison.break_even]
    lines += _leases(comparison)
    remarks = {
        remark.text: None for option in comparison.options for remark in option.remarks if remark.level != "info"
    }
    remarks |= {remark.text: None for remark in comparison.remarks}
    lines += ["", *(f"- {text}" for text in remarks)] if remarks else []
    lines += [
        "",
        f"scenario {comparison.scenario_id}, catalogue {comparison.catalogue_hash} ({comparison.catalogue_compiled}), "
        f"version {comparison.version}",
    ]
    return "\n".join(lines)


def prediction_text(prediction: Prediction) -> str:
    """Bytes, speeds and remarks of one model on one machine."""
    memory = prediction.memory
    fit = "fits" if memory.fits else "does not fit"
    rows = [
        title_line(prediction),
        f"  {fit}: needs {_gb(memory.peak_bytes)} of {_gb(memory.usable_bytes)} usable, "
        f"headroom {_gb(memory.headroom_bytes)}",
        f"  weights {_gb(memory.weights_bytes)}, KV cache {_gb(memory.kv_cache_bytes)} at "
        f"{prediction.context_tokens:,} tokens, work space {_gb(memory.transient_bytes)}, "
        f"runtime {_gb(memory.overhead_bytes)}",
        f"  decode {_range(prediction.decode)} token/s, prefill {_range(prediction.prefill)} token/s, "
        f"first token {_range(prediction.time_to_first_token)} s",
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
            spread = f"{amount(row.total_low_usd)} .. {amount(row.total_high_usd)}"
            total, value = amount(row.tco.total_cost_usd), amount(row.tco.present_value_cost_usd)
            lines.append(f"{row.id:<42} {total:>14} {spread:>33} {value:>16}")
    if verdict.runner_up:
        low, high = amount(verdict.difference_low_usd), amount(verdict.difference_high_usd)
        more = amount(verdict.difference_usd)
        lines.append(f"{verdict.runner_up} costs {more} more than {verdict.cheapest} ({low} to {high}).")
    return [*lines, ""]


def _leases(comparison: Comparison) -> list[str]:
    """A sentence per leased machine: against buying it, at what debt costs after tax."""
    scenario, lines = comparison.scenario, list[str]()
    for candidate in comparison.candidates:
        if (terms := scenario.leases.get(candidate.option.id)) is None:
            continue
        found = lease_or_buy(comparison.candidates, candidate)
        better = (
            f"{_usd(abs(found.net_advantage_usd))} {'less' if found.net_advantage_usd >= 0 else 'more'} than buying"
        )
        end = (
            "it goes back at the end" if terms.buyout_usd is None else f"bought at the end for {_usd(terms.buyout_usd)}"
        )
        earned = ""
        if found.implied_rate is not None:
            much = f"over {_MOST_TOLD:,.0%}" if found.implied_rate > _MOST_TOLD else f"{found.implied_rate:,.1%}"
            earned = f"; the lessor earns {much} a year"
        lines.append(
            f"{candidate.option.id} leased at {_usd(terms.usd_per_month)} a month ({end}) costs {better} it, in "
            f"present value at {found.after_tax_debt_rate:.2%} a year, the cost of debt after tax{earned}."
        )
    return lines


def _row(option: OptionResult) -> str:
    memory, tco = option.memory, option.tco
    if memory is None:
        fits = "-"
    elif memory.fits:
        fits = "yes"
    else:
        fits = f"no, {-memory.headroom_bytes / BYTES_PER_GB:.1f} GB"
    cost, hard = (_usd(tco.total_cost_usd), _usd(tco.hard_cost_usd)) if tco else ("-", "-")
    spread = (
        f"{_usd(option.total_low_usd)} .. {_usd(option.total_high_usd)}"
        if option.total_low_usd is not None and option.total_high_usd is not None
        else "-"
    )
    per = f"{tco.usd_per_mtok:,.2f}" if tco and math.isfinite(tco.usd_per_mtok) else "-"
    first = _range(option.time_to_first_token)
    return _columns(option.id, fits, _range(option.decode), first, cost, hard, spread, per)


def _columns(*cells: str) -> str:
    """A row of the table: the first two cells to the left, the others to the right."""
    left, right = cells[:2], cells[2:]
    texts = [f"{cell:<{width}}" for cell, width in zip(left, _WIDTHS, strict=False)]
    return " ".join([*texts, *(f"{cell:>{width}}" for cell, width in zip(right, _WIDTHS[2:], strict=True))])


def _range(speed: Speed | None) -> str:
    if speed is None:
        return "-"
    digits = 0 if speed.central >= 100 else 1 if speed.central >= 1 else 2
    return f"{speed.low:,.{digits}f}-{speed.high:,.{digits}f}"


_WIDTHS = (42, 14, 14, 15, 10, 10, 21, 9)
_MOST_TOLD = 10.0  # a rate of return above this says nothing more


def _gb(count: int) -> str:
    return f"{count / BYTES_PER_GB:,.1f} GB"


def _usd(amount: float) -> str:
    return f"-${-amount:,.0f}" if round(amount) < 0 else f"${abs(amount):,.0f}"
