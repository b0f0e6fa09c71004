"""The at most five things to know before one signs, worst first, about the options that the verdicts name."""

from collections.abc import Iterator
from typing import Any

from calculator.decision.comparison import Comparison, HardVerdict, Verdict
from calculator.decision.unasked_wait import unasked_wait
from calculator.evidence import Remark

MOST = 5
_LEVELS = {"problem": 0, "warning": 1, "info": 2}


def before_you_sign(comparison: Comparison) -> list[dict[str, Any]]:
    """At most five remarks: problems before warnings, the winner's before the runner-up's, each sentence once.

    They are about the question, and about the options between which one decides: the first two of each verdict. What
    is to be said of all others stands on Sources.
    """
    found = sorted(_ranked_remarks(comparison), key=lambda row: row[0])
    texts = dict.fromkeys((remark.level, name, _without_name(remark.text, name)) for _, name, remark in found)
    return [{"level": level, "about": name, "text": text} for level, name, text in list(texts)[:MOST]]


def all_notes(comparison: Comparison) -> list[dict[str, Any]]:
    """Every remark once, problems first: its level, the option that it is about, and what it says."""
    found = sorted(_ranked_remarks(comparison, every=True), key=lambda row: row[0])
    once = {remark.text: (remark.level, name) for _, name, remark in reversed(found)}
    return [
        {"level": level, "about": name, "text": _without_name(text, name)}
        for text, (level, name) in reversed(once.items())
    ]


def more_to_know(comparison: Comparison) -> int:
    """How many remarks there are in all, for the page that lists them."""
    return len(all_notes(comparison))


def _ranked_remarks(comparison: Comparison, *, every: bool = False) -> Iterator[tuple[tuple[int, int], str, Remark]]:
    leading = leading_ids(comparison)
    for remark in comparison.remarks:
        if every or remark.level != "info":
            yield (_LEVELS[remark.level], 0), "", remark
    for option in comparison.options:
        if not every and option.id not in leading:
            continue
        place = leading.index(option.id) + 1 if option.id in leading else len(leading) + 1
        wait = unasked_wait(option.eligibility, comparison.scenario) if option.eligible else None
        for remark in (*([wait] if wait else []), *option.remarks):
            if every or remark.level != "info":
                yield (_LEVELS[remark.level], place), option.name, remark


def leading_ids(comparison: Comparison) -> list[str]:
    """The options that the verdicts rest on, in the money shown: the winners of both, then the runners-up."""
    found = [verdict for verdict in (comparison.verdicts.overall, comparison.verdicts.mac_or_pc) if verdict]
    shown: list[Verdict | HardVerdict] = [
        verdict if comparison.scenario.labour == "with" else verdict.hard for verdict in found
    ]
    ids = [*(verdict.cheapest for verdict in shown), *(verdict.next for verdict in shown)]
    return [option for option in dict.fromkeys(ids) if option is not None]


def _without_name(text: str, name: str) -> str:
    """The sentence without the option's name before it, which the page prints in bold."""
    bare = text.removeprefix(f"{name}: ") if name else text
    return bare[:1].upper() + bare[1:]
