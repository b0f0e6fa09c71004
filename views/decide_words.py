"""Short sentences of the Decide page: both verdicts at a glance, and the wait for the first word."""

from typing import Any, Literal

from calculator.catalog.options import Machine
from calculator.decision.comparison import Comparison, OptionResult, Verdict
from calculator.decision.eligibility import wait_words
from calculator.decision.shown_verdict import (
    MAC_OR_PC,
    OVERALL,
    ShownVerdict,
    odds_sentence,
    pair_sentence,
    shown_verdict,
)
from calculator.decision.words import option_name
from calculator.units import MONTHS_PER_YEAR
from views.groups import why_cheaper
from views.look import style_of, usd
from views.money import by_cost, is_ranked, shown_usd_of

_KICKERS = {"mac_or_pc": MAC_OR_PC, "overall": OVERALL}


def seconds_range(option: OptionResult) -> list[str]:
    """The wait for the first word in the busiest hour, 19 of 20 people: base case, then the range of the speeds."""
    found = option.eligibility.first_token_p95_s
    return [] if found is None else list(wait_words(found))


def hero_of(comparison: Comparison, which: Literal["mac_or_pc", "overall"]) -> dict[str, Any] | None:
    """One verdict as a headline, its range, its odds as shares of a bar, and the sentences below it."""
    verdict = comparison.verdicts.mac_or_pc if which == "mac_or_pc" else comparison.verdicts.overall
    if verdict is None:
        return None
    hero: dict[str, Any] = {"kicker": _KICKERS[which], "flips": _flips(verdict, comparison), "odds": []}
    shown = shown_verdict(verdict, comparison.scenario)
    if shown.cheapest is None:
        return hero | {"title": "Nothing here can do the job", "range": verdict.sentence, "notes": [verdict.detail]}
    best = comparison[shown.cheapest]
    notes = [
        shown.formats_sentence,
        _old(verdict),
        _privacy(comparison) if which == "overall" else "",
        _on_claims(verdict),
    ]
    if shown.next is None:
        return hero | _one_left(best, verdict, comparison, which=which) | {"notes": [note for note in notes if note]}
    second = comparison[shown.next]
    if which == "overall" and _is_first_question(comparison):
        return hero | {
            "title": _title(shown, comparison, which=which),
            "amount": _amount(shown, comparison, which=which),
            "hue": style_of(best.id).hue,
            "range": _nothing_else(comparison),
            "flips": "",
            "notes": [note for note in notes if note],
            "close": shown.is_close,
        }
    notes[:0] = [
        odds_sentence(shown, name_of(best), is_pair=which == "mac_or_pc"),
        _why_close(shown),
        pair_sentence(comparison) if which == "mac_or_pc" else "",
        "" if shown.is_close else why_cheaper(best, second, comparison),
    ]
    return hero | {
        "title": _title(shown, comparison, which=which),
        "amount": _amount(shown, comparison, which=which),
        "hue": style_of(best.id).hue,
        "range": _range_line(shown, comparison, which=which),
        "odds": _odds(shown, best, second),
        "notes": [note for note in notes if note],
        "close": shown.is_close,
    }


def name_of(option: OptionResult) -> str:
    """What the page calls an option: with its number of machines."""
    return option_name(option.name, machine_count=option.eligibility.machine_count if is_ranked(option) else None)


def _price(option: OptionResult, comparison: Comparison) -> str:
    return usd(shown_usd_of(option, comparison.scenario))


def _title(shown: ShownVerdict, comparison: Comparison, *, which: str) -> str:
    best = comparison[str(shown.cheapest)]
    if shown.is_close:
        return "Too close to call"
    if which == "mac_or_pc":
        return _kind_word(best, comparison)
    return name_of(best)


def _amount(shown: ShownVerdict, comparison: Comparison, *, which: str) -> str:
    if shown.is_close:
        return ""
    if which == "mac_or_pc":
        return f"by {usd(shown.gap.central)}"
    return _price(comparison[str(shown.cheapest)], comparison)


def _kind_word(best: OptionResult, comparison: Comparison) -> str:
    """The Mac or the PC: the headline of the first question, by the machine's own kind."""
    return "The Mac" if best.id in _machines_of("mac", comparison) else "The PC"


def _machines_of(kind: str, comparison: Comparison) -> set[str]:
    """The machines of one kind that have a cost, by id."""
    found = (one.option for one in comparison.candidates)
    return {option.id for option in found if isinstance(option, Machine) and option.kind == kind}


def _one_left(best: OptionResult, verdict: Verdict, comparison: Comparison, *, which: str) -> dict[str, Any]:
    """The headline without a second: the only option of all, the only one of its kind, or a kind of which several
    can."""
    if which == "overall":
        return _headline(name_of(best), best, comparison) | {"range": "The only one that can do the job."}
    why = f"{verdict.sentence.split('. ')[0].removesuffix('.')}."
    is_mac = best.id in _machines_of("mac", comparison)
    alike = _machines_of("mac" if is_mac else "workstation", comparison)
    able = [option for option in by_cost(comparison) if is_ranked(option) and option.id in alike]
    if len(able) < 2:
        return _headline(f"Only {name_of(best)}", best, comparison) | {"range": why}
    noun = "Mac" if is_mac else "PC"
    found = _headline(f"Only {noun}s", able[0], comparison)
    return found | {
        "amount": f"from {found['amount']}",
        "range": f"{why} The cheapest {noun} that can is {name_of(able[0])}.",
    }


def _headline(title: str, option: OptionResult, comparison: Comparison) -> dict[str, Any]:
    return {"title": title, "amount": _price(option, comparison), "hue": style_of(option.id).hue}


def _range_line(shown: ShownVerdict, comparison: Comparison, *, which: str) -> str:
    best, second = comparison[str(shown.cheapest)], comparison[str(shown.next)]
    first, other = f"{name_of(best)} {_price(best, comparison)}", f"{name_of(second)} {_price(second, comparison)}"
    span = _years(comparison.scenario.months)
    if which == "mac_or_pc" or shown.is_close:
        return f"{first}, {other} over {span}."
    return f"over {span}, {usd(shown.gap.central)} less than {name_of(second)}."


def _why_close(shown: ShownVerdict) -> str:
    """What "too close to call" means here; nothing where a winner is named or no futures are drawn."""
    if not shown.is_close or shown.chance is None:
        return ""
    if shown.gap.high < 0:
        return "We name no winner because the base case and most futures disagree about which one is cheaper."
    return "We name no winner: in some of these futures one is cheaper, in others the other."


def _is_first_question(comparison: Comparison) -> bool:
    """Whether both verdicts compare the same two machines, since nothing else that is compared can do the job."""
    pair, overall = comparison.verdicts.mac_or_pc, comparison.verdicts.overall
    if pair is None or pair.next is None or {pair.cheapest, pair.next} != {overall.cheapest, overall.next}:
        return False
    return all(option.kind == "own" for option in comparison.options if is_ranked(option))


def _nothing_else(comparison: Comparison) -> str:
    """Why the second verdict has nothing to compare that the first has not."""
    if all(option.kind == "own" for option in comparison.options):
        return "There is nothing to rent and no API in this comparison, so the first answer stands. Add one below."
    return "No rented machine and no API in this comparison can do the job, so the first answer stands."


def _odds(shown: ShownVerdict, best: OptionResult, second: OptionResult) -> list[list[Any]]:
    """The bar under a verdict: the share of the futures in which it holds, then the rest."""
    if shown.chance is None:
        return []
    return [[round(shown.chance, 3), style_of(best.id).hue], [round(1 - shown.chance, 3), style_of(second.id).hue]]


def _privacy(comparison: Comparison) -> str:
    """What keeping everything in house costs, where it is not what is cheapest anyway."""
    verdicts = comparison.verdicts
    more, said = verdicts.keep_in_house_usd_per_month, verdicts.keep_in_house_sentence
    if more is None:
        return verdicts.keep_in_house_reason
    if round(more) <= 0 or not said:
        return "Nothing leaves your house with it."
    counted = said if comparison.scenario.labour == "with" else f"Counting staff hours, {said[:1].lower()}{said[1:]}"
    return f"{counted} This is the price of privacy."


def _flips(verdict: Verdict, comparison: Comparison) -> str:
    """What flips the verdict; it is searched with staff hours, and says so where the headline leaves them out."""
    if comparison.scenario.labour == "with" or not verdict.flips_sentence:
        return verdict.flips_sentence
    said = verdict.flips_sentence
    return f"Counting staff hours: {said[0].lower() if said.startswith('No ') else said[0]}{said[1:]}"


def _old(verdict: Verdict) -> str:
    """An old price on which the verdict rests and turns; one that changes nothing is no news here."""
    return next((price.sentence for price in verdict.rests_on_old_prices if not price.survives), "")


def _on_claims(verdict: Verdict) -> str:
    return "This is on the article's own figures." if "on the article's own figures" in verdict.sentence else ""


def _years(months: int) -> str:
    years = months / MONTHS_PER_YEAR
    return f"{years:.0f} years" if years.is_integer() and years > 1 else f"{months} months"
