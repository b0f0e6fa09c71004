"""What turns one verdict, in words: switching values, a price or a pair of inputs beyond them, and prices that are
old."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from calculator.catalog.freshness import NOUNS
from calculator.decision import input_words, words
from calculator.decision.comparison import Flip, OldPrice
from calculator.risk.candidates import Candidates
from calculator.risk.distributions import Spread
from calculator.risk.flips import Ends, Exact, Flips, SwitchingValue, flips
from calculator.risk.old_prices import OldPrice as Aged
from calculator.risk.old_prices import old_prices
from calculator.risk.present_values import Block, PresentValues
from calculator.risk.prices_now import own_prices

_Ends = Mapping[str, Mapping[str, Ends]]


@dataclass(frozen=True, slots=True)
class Turning:
    """What turns a pair of options, in words, and the cost of each at both ends of every input's range."""

    flips: tuple[Flip, ...] = ()
    sentence: str = ""
    old_prices: tuple[OldPrice, ...] = ()
    ends: _Ends = field(default_factory=dict[str, Mapping[str, Ends]], repr=False)
    names: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    def longest_tail(self, option: str, *, upwards: bool) -> str:
        """The input whose long tail moves the middle of an option's cost most that way, in words; empty where none
        does."""
        lean = {name: ends.lean_usd if upwards else -ends.lean_usd for name, ends in self.ends.get(option, {}).items()}
        name = max(lean, key=lambda key: lean[key], default=None)
        return input_words.label(name, names=self.names) if name is not None and lean[name] > 0 else ""


def turning(
    candidates: Candidates,
    *,
    pair: tuple[str, str],
    names: Mapping[str, str],
    other: str,
    exact: Exact | None = None,
    stand_ins: Sequence[str] = (),
    values: PresentValues | None = None,
) -> Turning:
    """What turns the pair (the cheaper one, the other), and which old prices of the two it rests on.

    names: the options' names by id, of one machine; other: what the other one is called where there are several of it.
    stand_ins: who else speaks for the cheaper one's side (other Macs beside the best Mac). values: present values that
    the other verdict has found already.
    """
    values = values or PresentValues(candidates)
    aged = old_prices(candidates.only(pair))
    ranges = {price.option_id: _range_at_age(price, candidates, values.spreads(pair)) for price in aged}
    found = flips(candidates, pair=pair, exact=exact, stand_ins=stand_ins, values=values, also=list(ranges.values()))
    turns = [*found.inside, *([found.beyond] if found.beyond else [])]
    told = tuple(_flip(turn, names) for turn in turns)
    rows = values.rows_usd(pair, list(ranges.values()), now=values.now(pair)) if ranges else {}
    survives = {
        option_id: bool(np.min(rows[pair[1]][at] - rows[pair[0]][at]) > 0) for at, option_id in enumerate(ranges)
    }
    old = tuple(_old_price(price, survives=survives[price.option_id], other=other) for price in aged)
    return Turning(told, _sentence(found, told, other=other, names=names), old, found.ends, names)


def _flip(turn: SwitchingValue, names: Mapping[str, str]) -> Flip:
    text = input_words.flip(turn.name, now=turn.now, at=turn.at, names=names)
    label = input_words.label(turn.name, names=names)
    return Flip(turn.name, label, turn.now, turn.at, turn.inside_range, text)


def _sentence(found: Flips, told: Sequence[Flip], *, other: str, names: Mapping[str, str]) -> str:
    if found.inside:
        return words.flips([flip.sentence for flip in told], name=other)
    together = [input_words.end(turn.name, at=turn.at, names=names) for turn in found.together or ()]
    return words.no_flip(together=together, price=told[0].sentence if told else "", name=other)


def _range_at_age(price: Aged, candidates: Candidates, spreads: Mapping[str, Spread]) -> Block:
    """Both ends of the range that the option's prices have at their age."""
    candidate = next(one for one in candidates if one.option.id == price.option_id)
    names = [name for name in own_prices(candidate, scenario=candidates.scenario) if name in spreads]
    return {name: np.array([spreads[name].low, spreads[name].high]) for name in names}


def _old_price(price: Aged, *, survives: bool, other: str) -> OldPrice:
    """survives: whether the cheaper one stays so at both ends of that range."""
    sentence = words.old_price(
        NOUNS.get(price.kind, f"{price.kind} price"),
        price.name,
        as_of=price.as_of,
        age_days=price.age_days,
        turns_to="" if survives else other,
    )
    return OldPrice(price.option_id, price.name, price.kind, price.as_of, price.age_days, survives, sentence)
