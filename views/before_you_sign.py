"""The at most five things to know before one signs, worst first: each with the option that it is about."""

from collections.abc import Iterator
from typing import Any

from calculator.decision.comparison import Comparison, OptionResult
from calculator.evidence import Remark
from views.money import cheapest_of, is_ranked

MOST = 5
_LEVELS = {"problem": 0, "warning": 1, "info": 2}


def before_you_sign(comparison: Comparison) -> list[dict[str, Any]]:
    """At most five remarks: problems before warnings, the winner's before the others', each sentence once.

    Remarks on options that cannot do the job stand in their own rows and are left out here.
    """
    found = sorted(_ranked_remarks(comparison), key=lambda row: row[0])
    texts = dict.fromkeys((remark.level, name, _without_name(remark.text, name)) for _, name, remark in found)
    return [{"level": level, "about": name, "text": text} for level, name, text in list(texts)[:MOST]]


def more_to_know(comparison: Comparison) -> int:
    """How many remarks there are in all, for the page that lists them."""
    return len({remark.text for _, _, remark in _ranked_remarks(comparison, every=True)})


def _ranked_remarks(comparison: Comparison, *, every: bool = False) -> Iterator[tuple[tuple[int, int], str, Remark]]:
    winners = [verdict for verdict in (comparison.verdicts.overall, comparison.verdicts.mac_or_pc) if verdict]
    leading = [cheapest_of(verdict, comparison.scenario)[0] for verdict in winners]
    for remark in comparison.remarks:
        if every or remark.level != "info":
            yield (_LEVELS[remark.level], 0), "", remark
    for option in comparison.options:
        if not every and not is_ranked(option):
            continue
        for remark in option.remarks:
            if every or remark.level != "info":
                yield (_LEVELS[remark.level], 1 if option.id in leading else 2), option.name, remark


def _without_name(text: str, name: str) -> str:
    """The sentence without the option's name before it, which the page prints in bold."""
    bare = text.removeprefix(f"{name}: ") if name else text
    return bare[:1].upper() + bare[1:]


def remarks_of(option: OptionResult) -> list[Remark]:
    """An option's remarks, problems first."""
    return sorted(option.remarks, key=lambda remark: _LEVELS[remark.level])
