"""Both verdicts: Mac or PC with GPUs, and own, rent or API; each among the options that can do the job, and no other.

The headline is the base case: present values of the ledgers, to the cent. Beside it stand P10 to P90 of the paired
futures, the share of them in which the answer holds, the same in invoices alone, and what turns it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from calculator.catalog import Catalog
from calculator.cost.tco import Tco, convention_of
from calculator.decision import words
from calculator.decision.break_even import break_even
from calculator.decision.comparison import AgedPrice, HardVerdict, OptionResult, Verdict, Verdicts
from calculator.decision.turning import Turning, turning
from calculator.decision.weights import formats_sentence
from calculator.number import Range
from calculator.risk.candidates import Candidates
from calculator.risk.flips import Exact
from calculator.risk.monte_carlo import Odds, range_of
from calculator.service.sizing import MOST_MACHINES
from calculator.units import MONTHS_PER_YEAR

MIDDLE_TOLERANCE = 0.1
"""Share of the base case by which the middle of the futures may lie away before it is named."""
_KINDS: tuple[tuple[Literal["mac", "workstation"], str], ...] = (("mac", "Mac"), ("workstation", "PC with GPUs"))
_NONE = Range(0.0, 0.0, 0.0, "USD")
_NEAREST = (
    "leaves-the-house",
    "unserved",
    "overloaded-at-peak",
    "first-token-too-slow",
    "answer-too-slow",
    "stream-too-slow",
    "beyond-this-tool",
    "does-not-fit",
    "no-format",
    "no-price",
)
"""Reasons why not, those that are mended most easily first."""


def verdicts_of(
    results: Sequence[OptionResult],
    *,
    candidates: Candidates,
    odds: Odds | None,
    catalog: Catalog,
    exact: Exact | None = None,
    old_prices: Sequence[AgedPrice] = (),
) -> Verdicts:
    """Both verdicts over the options that can do the job, and the price of keeping everything in house.

    candidates: the costed options; their scenario is the one that is answered. odds: their futures, None where none was
    drawn: then ranges have no width, and nothing is said about chances or about what turns the answer. exact: present
    values with one input changed, sized anew (risk/flips.py). old_prices: those beyond twice their shelf life.
    """
    case = _Case(results, candidates, odds, catalog, exact, tuple(old_prices))
    ranked = case.ranked(results)
    overall = case.verdict(ranked) if ranked else _nothing(results, "")
    more, reason = _in_house(ranked, results)
    if more is not None and ranked and (keeper := _keeper(ranked)) is not None and keeper is not ranked[0]:
        said = words.in_house(_named(keeper), _usd(keeper), more_usd_per_month=more)
        overall = _with_detail(overall, said)
    convention = words.convention_sentence(convention_of(candidates.scenario), months=candidates.scenario.months)
    return Verdicts(overall, case.mac_or_pc(), convention, more, reason)


@dataclass(frozen=True, slots=True)
class _Case:
    """What every verdict of one comparison reads."""

    results: Sequence[OptionResult]
    candidates: Candidates
    odds: Odds | None
    catalog: Catalog
    exact: Exact | None
    old_prices: tuple[AgedPrice, ...]

    @property
    def months(self) -> int:
        return self.candidates.scenario.months

    def ranked(self, rows: Sequence[OptionResult]) -> list[OptionResult]:
        """Those that can do the job, cheapest first."""
        able = [row for row in rows if row.eligible and row.tco is not None]
        return sorted(able, key=lambda row: (_usd(row), row.id))

    def verdict(self, ranked: Sequence[OptionResult], *, kinds: bool = False) -> Verdict:
        """The verdict on options in their order by cost; `kinds`: between the best Mac and the best PC, these two."""
        best = ranked[0]
        if len(ranked) == 1:
            return self._of_one(best)
        second = ranked[1]
        usd, next_usd = _usd(best), _usd(second)
        difference = next_usd - usd
        gap, middle = self._gap(best, second, difference)
        is_close = gap.low <= 0
        chance = self._chance(best, ranked)
        name, other = _named(best), _named(second)
        if is_close:
            sentence = words.too_close((name, usd), (other, next_usd), months=self.months)
            said = words.gap_too_close(name, difference, low_usd=gap.low, high_usd=gap.high)
        elif kinds:
            said_second = (other, next_usd)
            sentence = words.cheaper_kind(name, usd, months=self.months, difference_usd=difference, second=said_second)
            said = words.gap(gap.low, gap.high)
        else:
            sentence = words.cheapest(name, usd, months=self.months, difference_usd=difference, second=other)
            said = words.gap(gap.low, gap.high)
        turns = self._turning(best, second)
        parts = [
            said if self.odds is not None else "",
            "" if chance is None else words.how_often(name, chance, is_sure=not is_close, is_pair=kinds),
            self._middle(best, second, middle_usd=middle, turns=turns),
            _payback(best, second) if kinds else "",
            "" if kinds else words.cannot([_named(row) for row in self.results if not row.eligible]),
        ]
        formats = formats_sentence(best, second, candidates=self.candidates, catalog=self.catalog)
        return Verdict(
            sentence=" ".join(filter(None, (sentence, _bought(best), formats))),
            detail=" ".join(filter(None, parts)),
            cheapest=best.id,
            next=second.id,
            difference_usd=gap,
            chance=chance,
            too_close=is_close,
            hard=self._hard(ranked, best=best, kinds=kinds),
            flips=turns.flips,
            flips_sentence=turns.sentence,
            rests_on_old_prices=turns.old_prices,
        )

    def mac_or_pc(self) -> Verdict | None:
        """The best Mac against the best PC with discrete GPUs; None where one of the kinds is not compared."""
        machines = self.catalog.machines
        rows = {
            kind: [row for row in self.results if row.id in machines and machines[row.id].kind == kind]
            for kind, _ in _KINDS
        }
        if not all(rows.values()):
            return None
        best = {kind: self.ranked(found)[:1] for kind, found in rows.items()}
        if all(best.values()):
            return self.verdict(self.ranked([row for found in best.values() for row in found]), kinds=True)
        sentences: list[str] = []
        details: list[str] = []
        for kind, noun in _KINDS:
            if not best[kind]:
                near, text, mending = _nearest(rows[kind])
                sentences.append(words.kind_fails(noun, name=_named(near), reason=text))
                details.append(words.mend(mending))
        left = next(((noun, best[kind][0]) for kind, noun in _KINDS if best[kind]), None)
        if left is None:
            return Verdict(
                " ".join(sentences), " ".join(filter(None, details)), None, None, _NONE, None, False, _NO_HARD
            )
        noun, row = left
        sentences.append(words.best_of_kind(noun, name=_named(row), usd=_usd(row), months=self.months))
        found = self._of_one(row)
        return Verdict(
            " ".join(filter(None, (*sentences, _bought(row)))),
            " ".join(filter(None, details)),
            row.id,
            None,
            _NONE,
            None,
            False,
            found.hard,
        )

    def _of_one(self, best: OptionResult) -> Verdict:
        """The verdict where one option alone can do the job."""
        usd = _hard_usd(best)
        hard = HardVerdict(words.without_people_alone(usd), best.id, None, _NONE, None)
        sentence = words.only_one(_named(best), _usd(best), months=self.months, is_alone=len(self.results) == 1)
        detail = words.cannot([_named(row) for row in self.results if not row.eligible])
        return Verdict(
            " ".join(filter(None, (sentence, _bought(best)))), detail, best.id, None, _NONE, None, False, hard
        )

    def _gap(
        self, best: OptionResult, second: OptionResult, base_usd: float, *, hard: bool = False
    ) -> tuple[Range, float]:
        """The difference of the base case with P10 and P90 of the futures, and their middle."""
        if self.odds is None:
            return Range(base_usd, base_usd, base_usd, "USD"), base_usd
        table = self.odds.hard_present_value_usd if hard else self.odds.present_value_usd
        found = range_of(np.asarray(table[second.id]) - np.asarray(table[best.id]))
        return Range(found.low, base_usd, found.high, "USD"), found.central

    def _chance(self, best: OptionResult, rows: Sequence[OptionResult], *, hard: bool = False) -> float | None:
        """Share of the futures in which the option costs least of these; in a tie it does."""
        if self.odds is None:
            return None
        table = self.odds.hard_present_value_usd if hard else self.odds.present_value_usd
        least = np.stack([table[row.id] for row in rows]).min(axis=0)
        return float(np.mean(table[best.id] <= least))

    def _hard(self, rows: Sequence[OptionResult], *, best: OptionResult, kinds: bool) -> HardVerdict:
        """The same in invoices alone, from its own draws."""
        ranked = sorted(rows, key=lambda row: (_hard_usd(row), row.id))
        first, second = ranked[:2]
        gap, _ = self._gap(first, second, _hard_usd(second) - _hard_usd(first), hard=True)
        chance = self._chance(first, ranked, hard=True)
        pair = ((_named(first), _hard_usd(first)), (_named(second), _hard_usd(second)))
        if gap.low <= 0:
            sentence = words.without_people_too_close(*pair, low_usd=gap.low, high_usd=gap.high)
        else:
            is_same = first.id == best.id
            sentence = words.without_people(*pair, is_the_same=is_same, chance=chance, is_pair=kinds)
        return HardVerdict(sentence, first.id, second.id, gap, chance)

    def _turning(self, best: OptionResult, second: OptionResult) -> Turning:
        """What turns the pair, and the old prices it rests on; empty without futures."""
        if self.odds is None:
            return Turning()
        names = {row.id: _named(row) for row in self.results}
        pair = (best.id, second.id)
        return turning(self.candidates, pair=pair, names=names, exact=self.exact, old_prices=self.old_prices)

    def _middle(self, best: OptionResult, second: OptionResult, *, middle_usd: float, turns: Turning) -> str:
        """The middle of the futures where it lies more than a tenth away from the base case; else empty."""
        if self.odds is None:
            return ""
        said: list[str] = []
        base, middle = _usd(best), float(np.median(self.odds.present_value_usd[best.id]))
        if _is_away(middle, base):
            reason = turns.longest_tail(best.id, upwards=middle > base)
            said.append(words.middle_differs(_named(best), middle_usd=middle, base_usd=base, reason=reason))
        difference = _usd(second) - base
        if _is_away(middle_usd, difference):
            said.append(words.middle_gap(middle_usd=middle_usd, base_usd=difference, second=_named(second)))
        return " ".join(said)


_NO_HARD = HardVerdict("", None, None, _NONE, None)


def _nothing(results: Sequence[OptionResult], detail: str) -> Verdict:
    """The verdict where nothing can do the job: the nearest option, its reason, and what would mend it."""
    if not results:
        return Verdict("No option is compared.", detail, None, None, _NONE, None, False, _NO_HARD)
    near, text, mending = _nearest(results)
    sentence = words.none_can(len(results), name=_named(near), reason=text)
    return Verdict(sentence, words.mend(mending), None, None, _NONE, None, False, _NO_HARD)


def _nearest(rows: Sequence[OptionResult]) -> tuple[OptionResult, str, str]:
    """Of options that cannot do the job the one that is mended most easily, its first reason, and what mends it."""

    def distance(row: OptionResult) -> tuple[int, int, str]:
        codes = [_NEAREST.index(reason.code) for reason in row.eligibility.reasons]
        return max(codes, default=len(_NEAREST)), len(codes), row.id

    near = min(rows, key=distance)
    reasons = near.eligibility.reasons
    return near, reasons[0].text if reasons else "It has no cost.", reasons[0].mend if reasons else ""


def _keeper(ranked: Sequence[OptionResult]) -> OptionResult | None:
    """The cheapest machine of one's own of which nothing leaves the house."""
    return next(
        (
            row
            for row in ranked
            if row.kind == "own" and row.eligibility.shares and row.eligibility.shares.leaves_house_fraction == 0
        ),
        None,
    )


def _in_house(ranked: Sequence[OptionResult], results: Sequence[OptionResult]) -> tuple[float | None, str]:
    """What keeping everything in house costs more, level per month; None with the reason where nothing does."""
    keeper = _keeper(ranked)
    if keeper is not None:
        return (
            _tco(keeper).equivalent_annual_cost_usd - _tco(ranked[0]).equivalent_annual_cost_usd
        ) / MONTHS_PER_YEAR, ""
    own = [row for row in results if row.kind == "own"]
    if not own:
        return None, words.no_own_compared()
    if able := [row for row in ranked if row.kind == "own"]:
        shares = able[0].eligibility.shares
        return None, words.own_buys(_named(able[0]), leaves_fraction=shares.leaves_house_fraction if shares else 1.0)
    near, text, _ = _nearest(own)
    return None, words.own_cannot(_named(near), reason=text, most=MOST_MACHINES)


def _payback(best: OptionResult, second: OptionResult) -> str:
    """When the dearer purchase of the two has cost less than the other, or why it never does."""
    dearer, other = sorted((best, second), key=lambda row: _tco(row).monthly_usd[0])
    return break_even(dearer, other).reason


def _bought(row: OptionResult) -> str:
    shares = row.eligibility.shares
    bought = shares.bought_fraction if shares is not None and row.kind != "api" else 0.0
    return words.bought(bought) if bought > 0 else ""


def _with_detail(verdict: Verdict, said: str) -> Verdict:
    return replace(verdict, detail=f"{verdict.detail} {said}".strip())


def _named(row: OptionResult) -> str:
    return words.option_name(row.name, machine_count=row.eligibility.machine_count)


def _tco(row: OptionResult) -> Tco:
    assert row.tco is not None
    return row.tco


def _usd(row: OptionResult) -> float:
    return _tco(row).present_value_cost_usd


def _hard_usd(row: OptionResult) -> float:
    return _tco(row).hard_present_value_cost_usd


def _is_away(middle: float, base: float) -> bool:
    return abs(middle - base) > MIDDLE_TOLERANCE * abs(base) and round(middle) != round(base)
