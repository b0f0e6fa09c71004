"""Both verdicts as plain dictionaries for JSON: the keys that page, API and command line share."""

import math
from typing import Any

from calculator.decision.close_calls import close_calls
from calculator.decision.comparison import Comparison, HardVerdict, Verdict
from calculator.number import Range


def verdicts_dict(comparison: Comparison) -> dict[str, Any]:
    """Both verdicts and the convention of their amounts; `mac_or_pc` is null where only one kind is compared."""
    verdicts = comparison.verdicts
    return {
        "mac_or_pc": verdicts.mac_or_pc and verdict_dict(verdicts.mac_or_pc, comparison),
        "overall": verdict_dict(verdicts.overall, comparison),
        "convention": verdicts.convention,
    }


def verdict_dict(verdict: Verdict, comparison: Comparison) -> dict[str, Any]:
    """One verdict; without a second option there is no difference to state, so `difference_usd` is null."""
    return {
        "sentence": verdict.sentence,
        "detail": verdict.detail,
        "cheapest": verdict.cheapest,
        "next": verdict.next,
        "difference_usd": range_dict(verdict.difference_usd if verdict.next else None),
        "chance": verdict.chance,
        "too_close": verdict.too_close,
        "hard": _hard_dict(verdict.hard),
        "flips": [
            {
                "name": flip.name,
                "label": flip.label,
                "now": flip.now,
                "at": flip.at,
                "inside_range": flip.inside_range,
                "sentence": flip.sentence,
            }
            for flip in verdict.flips
        ],
        "flips_sentence": verdict.flips_sentence,
        "close_calls": [
            {
                "name": call.name,
                "label": call.label,
                "now": call.now,
                "low": call.low,
                "high": call.high,
                "sentence": call.sentence,
            }
            for call in close_calls(comparison, verdict)
        ],
        "rests_on_old_prices": [
            {
                "option": price.option,
                "name": price.name,
                "kind": price.kind,
                "as_of": price.as_of,
                "age_days": price.age_days,
                "survives": price.survives,
                "sentence": price.sentence,
            }
            for price in verdict.rests_on_old_prices
        ],
    }


def range_dict(found: Range | None) -> dict[str, float | None] | None:
    """P10, central value and P90; null where there is none, and an end that is beyond all bounds (a wait) is null
    too."""
    return found and {name: _finite(getattr(found, name)) for name in ("low", "central", "high")}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _hard_dict(hard: HardVerdict) -> dict[str, Any]:
    return {
        "sentence": hard.sentence,
        "cheapest": hard.cheapest,
        "next": hard.next,
        "difference_usd": range_dict(hard.difference_usd if hard.next else None),
        "chance": hard.chance,
    }
