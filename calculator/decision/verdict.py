"""Both verdicts: Mac or PC with GPUs, and own, rent or API; each among the options that can do the job, and no other.

The headline is the base case: present values of the ledgers, to the cent. Beside it stand P10 to P90 of the paired
futures, the share of them in which the answer holds, the same in invoices alone, and what turns it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from calculator.catalog import Catalog
from calculator.catalog.models import LanguageModel
from calculator.cost.tco import convention_of
from calculator.decision import words
from calculator.decision.break_even import break_even, break_evens
from calculator.decision.comparison import HardVerdict, OptionResult, Verdict, Verdicts
from calculator.decision.in_house import in_house, keeper_of
from calculator.decision.paired_futures import PairedFutures
from calculator.decision.ranking import hard_usd, named, nearest, ranked, tco_of, value_usd
from calculator.decision.stand_ins import stand_ins
from calculator.decision.turning import Turning, turning
from calculator.decision.weights import formats_sentence
from calculator.number import Range
from calculator.risk.candidates import Candidates
from calculator.risk.flips import Exact
from calculator.risk.monte_carlo import Odds
from calculator.risk.present_values import PresentValues
from calculator.scenario.presets import claimed_inputs

__all__ = ["break_evens", "verdicts_of"]

MIDDLE_TOLERANCE = 0.1
"""Share of the base case by which the middle of the futures may lie away before it is named."""
_KINDS: tuple[tuple[Literal["mac", "workstation"], str], ...] = (("mac", "Mac"), ("workstation", "PC with GPUs"))
_NONE = Range(0.0, 0.0, 0.0, "USD")


def verdicts_of(
    results: Sequence[OptionResult],
    *,
    candidates: Candidates,
    odds: Odds | PairedFutures | None,
    catalog: Catalog,
    model: LanguageModel,
    exact: Exact | None = None,
) -> Verdicts:
    """Both verdicts over the options that can do the job, and the price of keeping everything in house.

    candidates: the costed options; their scenario is the one that is answered. odds: their futures, None where none was
    drawn: then ranges have no width, and nothing is said about chances or about what turns the answer. exact: present
    values with one input changed, sized anew (risk/flips.py); None leaves out what would turn the answer.
    """
    paired = PairedFutures(odds) if isinstance(odds, Odds) else odds
    base = {row.id: row.tco.present_value_cost_usd for row in results if row.tco is not None}
    case = _Case(results, candidates, paired, catalog, model, exact, PresentValues(candidates, base_usd=base))
    able = ranked(results)
    overall = case.verdict(able) if able else _nothing(results)
    scenario = candidates.scenario
    more, reason = in_house(able, results)
    said = ""
    if more is not None and (keeper := keeper_of(able)) is not None and keeper is not able[0]:
        said = words.in_house(
            named(keeper),
            named(able[0]),
            span=case.span,
            more_usd=value_usd(keeper) - value_usd(able[0]),
            more_usd_per_month=more,
            rate=0.0 if scenario.money == "cash" else scenario.discount_rate,
        )
        overall = replace(overall, detail=f"{overall.detail} {said}".strip())
    convention = words.convention_sentence(
        convention_of(scenario), months=scenario.months, is_cash=scenario.money == "cash"
    )
    return Verdicts(overall, case.mac_or_pc(), convention, more, reason, said)


@dataclass(frozen=True, slots=True)
class _Case:
    """What every verdict of one comparison reads."""

    results: Sequence[OptionResult]
    candidates: Candidates
    odds: PairedFutures | None
    catalog: Catalog
    model: LanguageModel
    exact: Exact | None
    values: PresentValues

    @property
    def span(self) -> str:
        scenario = self.candidates.scenario
        return words.span(scenario.months, is_cash=scenario.money == "cash")

    def verdict(self, able: Sequence[OptionResult], *, kinds: bool = False) -> Verdict:
        """The verdict on options in their order by cost; `kinds`: between the best Mac and the best PC, these two."""
        best = able[0]
        if len(able) == 1:
            return self._of_one(best)
        second = able[1]
        usd, next_usd = value_usd(best), value_usd(second)
        difference = next_usd - usd
        gap, middle = self._gap(best, second, difference)
        is_close = gap.low <= 0
        chance = self._chance(best, able)
        name, other = named(best), named(second)
        if is_close:
            sentence = words.too_close((name, usd), (other, next_usd), span=self.span)
            said = words.gap_too_close(name, difference, low_usd=gap.low, high_usd=gap.high)
        elif kinds:
            said_second = (other, next_usd)
            sentence = words.cheaper_kind(name, usd, span=self.span, difference_usd=difference, second=said_second)
            said = words.gap(gap.low, gap.high)
        else:
            sentence = words.cheapest(name, usd, span=self.span, difference_usd=difference, second=other)
            said = words.gap(gap.low, gap.high)
        turns = self._turning(best, second, also=stand_ins(self.candidates, best.id) if kinds else ())
        parts = [
            said if self.odds is not None else "",
            "" if chance is None else words.how_often(name, chance, is_sure=not is_close, is_pair=kinds),
            self._middle(best, second, middle_usd=middle, turns=turns),
            _payback(best, second) if kinds else "",
            "" if kinds else words.cannot([named(row) for row in self.results if not row.eligible]),
        ]
        formats = self._formats(best, second)
        return Verdict(
            sentence=" ".join(filter(None, (self._on_claims(sentence), _bought(best), formats))),
            detail=" ".join(filter(None, parts)),
            cheapest=best.id,
            next=second.id,
            difference_usd=gap,
            chance=chance,
            too_close=is_close,
            hard=self._hard(able, best=best, kinds=kinds),
            flips=turns.flips,
            flips_sentence=turns.sentence,
            rests_on_old_prices=turns.old_prices,
            formats_sentence=formats,
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
        able = {kind: ranked(found) for kind, found in rows.items()}
        if all(able.values()):
            return self.verdict(ranked([found[0] for found in able.values()]), kinds=True)
        sentences: list[str] = []
        details: list[str] = []
        for kind, noun in _KINDS:
            if not able[kind]:
                near, text, mending = nearest(rows[kind])
                sentences.append(words.kind_fails(noun, name=named(near), reason=text))
                details.append(words.mend(mending, name=noun if not any(able.values()) else ""))
        left = next(((noun, able[kind]) for kind, noun in _KINDS if able[kind]), None)
        if left is None:
            return Verdict(
                " ".join(sentences),
                " ".join(dict.fromkeys(filter(None, details))),
                None,
                None,
                _NONE,
                None,
                False,
                _NO_HARD,
            )
        noun, (row, *others) = left
        formats = self._formats(row, others[0]) if others else ""
        sentences.append(words.best_of_kind(noun, name=named(row), usd=value_usd(row), span=self.span))
        found = self._of_one(row)
        return Verdict(
            " ".join(filter(None, (*sentences, _bought(row), formats))),
            " ".join(filter(None, details)),
            row.id,
            None,
            _NONE,
            None,
            False,
            found.hard,
            formats_sentence=formats,
        )

    def _of_one(self, best: OptionResult) -> Verdict:
        """The verdict where one option alone can do the job."""
        usd = hard_usd(best)
        hard = HardVerdict(words.without_people_alone(usd), best.id, None, _NONE, None)
        sentence = words.only_one(named(best), value_usd(best), span=self.span, is_alone=len(self.results) == 1)
        detail = words.cannot([named(row) for row in self.results if not row.eligible])
        return Verdict(
            " ".join(filter(None, (self._on_claims(sentence), _bought(best)))),
            detail,
            best.id,
            None,
            _NONE,
            None,
            False,
            hard,
        )

    def _on_claims(self, sentence: str) -> str:
        """The sentence, with whose figures it rests on where they are another's claims."""
        return words.on_claims(sentence) if claimed_inputs(self.candidates.scenario) else sentence

    def _gap(
        self, best: OptionResult, second: OptionResult, base_usd: float, *, hard: bool = False
    ) -> tuple[Range, float]:
        """The difference of the base case with P10 and P90 of the futures, and their middle."""
        if self.odds is None:
            return Range(base_usd, base_usd, base_usd, "USD"), base_usd
        found = self.odds.difference_usd(second.id, best.id, hard=hard)
        return Range(found.low, base_usd, found.high, "USD"), found.central

    def _chance(self, best: OptionResult, rows: Sequence[OptionResult], *, hard: bool = False) -> float | None:
        """Share of the futures in which the option costs least of these; in a tie it does."""
        if self.odds is None:
            return None
        return self.odds.chance(best.id, [row.id for row in rows], hard=hard)

    def _hard(self, rows: Sequence[OptionResult], *, best: OptionResult, kinds: bool) -> HardVerdict:
        """The same in invoices alone, from its own draws."""
        order = sorted(rows, key=lambda row: (hard_usd(row), row.id))
        first, second = order[:2]
        gap, _ = self._gap(first, second, hard_usd(second) - hard_usd(first), hard=True)
        chance = self._chance(first, order, hard=True)
        pair = ((named(first), hard_usd(first)), (named(second), hard_usd(second)))
        if gap.low <= 0:
            sentence = words.without_people_too_close(*pair, low_usd=gap.low, high_usd=gap.high)
        else:
            is_same = first.id == best.id
            sentence = words.without_people(*pair, is_the_same=is_same, chance=chance, is_pair=kinds)
        return HardVerdict(sentence, first.id, second.id, gap, chance, self._formats(first, second))

    def _formats(self, first: OptionResult, second: OptionResult) -> str:
        return formats_sentence(first, second, model=self.model, catalog=self.catalog)

    def _turning(self, best: OptionResult, second: OptionResult, *, also: Sequence[str]) -> Turning:
        """What turns the pair, and the old prices it rests on; empty without futures."""
        if self.odds is None or self.exact is None:
            return Turning()
        return turning(
            self.candidates,
            pair=(best.id, second.id),
            names={row.id: row.name for row in self.results},
            other=named(second),
            exact=self.exact,
            stand_ins=also,
            values=self.values,
        )

    def _middle(self, best: OptionResult, second: OptionResult, *, middle_usd: float, turns: Turning) -> str:
        """The middle of the futures where it lies more than a tenth away from the base case; else empty."""
        if self.odds is None:
            return ""
        said: list[str] = []
        base, middle = value_usd(best), self.odds.median_usd(best.id)
        if _is_away(middle, base):
            reason = turns.longest_tail(best.id, upwards=middle > base)
            said.append(words.middle_differs(named(best), middle_usd=middle, base_usd=base, reason=reason))
        difference = value_usd(second) - base
        if _is_away(middle_usd, difference):
            said.append(words.middle_gap(middle_usd=middle_usd, base_usd=difference, second=named(second)))
        return " ".join(said)


_NO_HARD = HardVerdict("", None, None, _NONE, None)


def _nothing(results: Sequence[OptionResult]) -> Verdict:
    """The verdict where nothing can do the job: the nearest option, its reason, and what would mend it."""
    if not results:
        return Verdict("No option is compared.", "", None, None, _NONE, None, False, _NO_HARD)
    near, text, mending = nearest(results)
    sentence = words.none_can(len(results), name=named(near), reason=text)
    return Verdict(sentence, words.mend(mending), None, None, _NONE, None, False, _NO_HARD)


def _payback(best: OptionResult, second: OptionResult) -> str:
    """When the dearer purchase of the two has cost less than the other, or why it never does."""
    dearer, other = sorted((best, second), key=lambda row: tco_of(row).monthly_usd[0])
    return break_even(dearer, other).reason


def _bought(row: OptionResult) -> str:
    shares = row.eligibility.shares
    bought = shares.bought_fraction if shares is not None and row.kind != "api" else 0.0
    return words.bought(bought) if bought > 0 else ""


def _is_away(middle: float, base: float) -> bool:
    return abs(middle - base) > MIDDLE_TOLERANCE * abs(base) and round(middle) != round(base)
