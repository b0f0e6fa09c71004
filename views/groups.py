"""What an amount is spent on, in six groups, and which of them make one option cheaper than another."""

import math
from collections.abc import Iterator

from calculator.decision.comparison import Comparison, OptionResult
from calculator.finance.ledger import Line
from views.look import shown_usd, usd

GROUPS = ("Purchase", "Power and cooling", "Staff", "Rent, API, software", "Repair, insurance, tax", "Resale")
"""What an amount is spent on; the last one comes back."""
_OF_KIND = {"capital": 0, "later capital": 0, "sale": 5, "later sale": 5, "tax": 4}
_POWER = ("energy", "cooling", "demand charge", "further demand charge")
_KEPT_WHOLE = ("repair", "further repair", "insurance")
_IN_WORDS = ("hardware", "power", "staff hours", "rent and API", "repair and tax", "resale")
_TELLING = 0.15  # of the difference


def group_of(line: Line) -> int:
    """The place of a ledger line in GROUPS.

    >>> [GROUPS[group_of(Line(name, "hard", ()))] for name in ("energy idle", "rental", "repair")]
    ['Power and cooling', 'Rent, API, software', 'Repair, insurance, tax']
    """
    if line.hardness == "soft":
        return 2
    if line.kind != "running":
        return _OF_KIND[line.kind]
    name = line.name.rpartition(": ")[2]  # of a routed option the part stands before it
    if name.startswith(_POWER):
        return 1
    return 4 if name.startswith(_KEPT_WHOLE) else 3


def counted_flows(option: OptionResult, comparison: Comparison) -> Iterator[tuple[Line, tuple[float, ...]]]:
    """The lines that are counted, with their signed dollars by month, in the money shown."""
    assert option.tco is not None
    scenario, tco = comparison.scenario, option.tco
    flows = tco.flows if scenario.money == "cash" else tco.discounted_flows
    for entry, flow in zip(tco.entries, flows, strict=True):
        if scenario.labour == "with" or entry.hardness == "hard":
            yield entry, flow


def parts_usd(option: OptionResult, comparison: Comparison) -> list[float]:
    """Dollars of each group, positive; what comes back is negative. They sum to the cost shown."""
    parts = [0.0] * len(GROUPS)
    for line, flow in counted_flows(option, comparison):
        parts[group_of(line)] -= math.fsum(flow)
    return parts


def why_cheaper(best: OptionResult, second: OptionResult, comparison: Comparison) -> str:
    """Which one or two groups make the first option cheaper than the second; resale counts with the purchase.

    The amounts, as they are shown, sum to the difference as it is shown: what is left over is said as the rest.
    """
    mine, theirs = parts_usd(best, comparison), parts_usd(second, comparison)
    gaps = [other - own for own, other in zip(mine, theirs, strict=True)]
    gaps[0], gaps[5] = gaps[0] + gaps[5], 0.0
    whole = math.fsum(gaps)
    telling = sorted((gap, place) for place, gap in enumerate(gaps) if gap > _TELLING * abs(whole))[::-1][:2]
    if whole <= 0 or not telling:
        return ""
    said = [f"{usd(gap)} less for {_words(place)}" for gap, place in telling]
    against = min(range(len(gaps)), key=lambda place: gaps[place])
    has_against = gaps[against] < -_TELLING * whole
    but = f", against {usd(-gaps[against])} more for {_words(against)}" if has_against else ""
    named = [*(gap for gap, _ in telling), *([gaps[against]] if has_against else [])]
    left = round(shown_usd(whole) - math.fsum(map(shown_usd, named)), 2)
    rest = "" if not left else f", and {usd(abs(left))} {'less' if left > 0 else 'more'} for the rest"
    return f"Why: {' and '.join(said)}{but}{rest}."


def _words(place: int) -> str:
    return "hardware net of resale" if place == 0 else _IN_WORDS[place]
