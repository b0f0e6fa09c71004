"""What the Decide page draws, as one plain dictionary of figures and sentences: Comparison -> dict, no streamlit.

All money in it is in the one way that the scenario asks for (today's money or cash, with staff hours or without): rows,
charts and verdicts say the same figure. The live route and the page draw the same frame.
"""

import math
from collections.abc import Mapping
from typing import Any

from calculator.cost.tco import Tco
from calculator.decision.can_do import can_do
from calculator.decision.comparison import Comparison, OptionResult
from calculator.decision.words import option_name
from calculator.finance.ledger import calendar_usd
from calculator.report.facts import shown_range
from views.bands import answer_names
from views.before_you_sign import before_you_sign, more_to_know
from views.decide_words import hero_of, seconds_range
from views.groups import GROUPS, counted_flows, parts_usd
from views.look import style_of, usd
from views.mending import mending
from views.money import by_cost, is_ranked, shown_usd_of

NO_MENDS: Mapping[str, Any] = {}
_KINDS = {"own": "to buy", "rent": "to rent"}


def decide_frame(comparison: Comparison, *, mends: Mapping[str, Any] = NO_MENDS) -> dict[str, Any]:
    """Everything that the page's body shows of one answer, but for the shade of its first chart (views/bands.py).

    While a control moves there are no `mends` in several steps; they are by option.
    """
    scenario = comparison.scenario
    rows = by_cost(comparison)
    return {
        "months": scenario.months,
        "verdicts": [hero for hero in (hero_of(comparison, "mac_or_pc"), hero_of(comparison, "overall")) if hero],
        "rows": [_row(option, comparison) | _whole(mends.get(option.id)) for option in rows],
        "groups": GROUPS,
        "paid": _paid_off(comparison),
        "sign": before_you_sign(comparison),
        "notes": more_to_know(comparison),
        "flips": _flips(comparison),
        "convention": _convention(comparison),
        **answer_names(comparison),
    }


def _convention(comparison: Comparison) -> str:
    """How amounts are counted; the verdicts count staff hours, and the page may leave them out."""
    left_out = " Here staff hours are left out." if comparison.scenario.labour == "without" else ""
    return f"{comparison.verdicts.convention}{left_out}"


def _row(option: OptionResult, comparison: Comparison) -> dict[str, Any]:
    ranked = is_ranked(option)
    able = can_do(option)
    count = option.eligibility.machine_count if ranked else None
    style = style_of(option.id)
    row: dict[str, Any] = {
        "id": option.id,
        "name": option_name(option.name, machine_count=count),
        "kind": _KINDS.get(option.kind) or _hosted(option),
        "hue": style.hue,
        "dash": style.dash,
        "state": able.state,
        "can": able.words,
        "spare": able.note,
        "reasons": [
            [reason.text, reason.mend, mending(reason, option, comparison.scenario)]
            for reason in option.eligibility.reasons
        ],
        "wait": seconds_range(option),
        "stream": _stream(option),
        "basis": option.basis_of_speed,
        "count": option.eligibility.machine_count_reason if ranked else "",
    }
    if ranked:
        row |= _money(option, comparison)
    return row


def _hosted(option: OptionResult) -> str:
    """How a hosted service is paid for; one that has no cost does not say."""
    if option.tco is None:
        return "hosted"
    return "per seat" if any(line.name == "seats" for line in option.tco.entries) else "per token"


def _money(option: OptionResult, comparison: Comparison) -> dict[str, Any]:
    """An option's cost, its range, what is spent by each month, and what it is spent on; in the money shown."""
    assert option.tco is not None
    spread = shown_range(option, comparison)
    base_usd = shown_usd_of(option, comparison.scenario)
    return {
        "per_mtok": _per_million(option.tco, labour=comparison.scenario.labour),
        "usd": [round(spread.low) if spread else None, round(base_usd, 2), round(spread.high) if spread else None],
        "by_month": _spent(option, comparison),
        "parts": _parts(option, comparison),
    }


def _per_million(tco: Tco, *, labour: str) -> str:
    """Dollars per million tokens, all in, and what one million more would cost; empty where nothing is served."""
    every = tco.usd_per_mtok if labour == "with" else tco.hard_usd_per_mtok
    if not math.isfinite(every):
        return ""
    return f"{usd(every)} per million tokens, all in; a million more costs {usd(tco.marginal_usd_per_mtok)}."


def _whole(mend: Any) -> dict[str, Any]:
    return {} if mend is None else {"whole": mend}


def _spent(option: OptionResult, comparison: Comparison) -> list[int]:
    """Dollars spent by the end of each calendar month, as the ledger's files have them."""
    total, spent = 0.0, list[int]()
    flows = [calendar_usd(line, flow) for line, flow in counted_flows(option, comparison)]
    for of_month in zip(*flows, strict=True) if flows else [()] * (comparison.scenario.months + 1):
        total -= math.fsum(of_month)
        spent.append(round(total))
    return spent


def _parts(option: OptionResult, comparison: Comparison) -> list[int]:
    return [round(part) for part in parts_usd(option, comparison)]


def _stream(option: OptionResult) -> str:
    """Tokens a second of one answer in the busiest hour, as the range of its speeds has it; empty for a host."""
    found = option.eligibility.stream_tokens_per_s
    if found is None or not math.isfinite(found.central):
        return ""
    return f"{found.central:,.0f}" if found.central >= 10 else f"{found.central:,.1f}"


def _paid_off(comparison: Comparison) -> dict[str, Any] | None:
    """The month from which the cheapest purchase has cost less than the cheapest rented machine, in the money shown."""
    ranked = [option for option in by_cost(comparison) if is_ranked(option)]
    own = next((option for option in ranked if option.kind == "own"), None)
    rent = next((option for option in ranked if option.kind == "rent"), None)
    if own is None or rent is None:
        return None
    mine, theirs = (_spent(option, comparison) for option in (own, rent))
    above = [month for month in range(1, len(mine)) if mine[month] > theirs[month]]
    month = above[-1] + 1 if above else 1
    if month >= len(mine):  # never, or by its sale alone
        return None
    return {"id": own.id, "month": month, "than": rent.id}


def _flips(comparison: Comparison) -> dict[str, float]:
    """Where Mac and PC change places, by input; of both verdicts where only the other one has any.

    They are searched with staff hours, so that there are none where the verdicts leave these out.
    """
    verdicts = comparison.verdicts
    if comparison.scenario.labour == "without":
        return {}
    found = (verdicts.mac_or_pc.flips if verdicts.mac_or_pc else ()) or verdicts.overall.flips
    return {flip.name: flip.at for flip in found}
