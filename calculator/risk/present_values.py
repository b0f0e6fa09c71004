"""Present values of options where some inputs have other values, each found once however many verdicts ask for it.

Both verdicts of a comparison often share an option, and another option's price changes nothing in its cost.
"""

import functools
from collections.abc import Mapping, Sequence
from itertools import accumulate, chain, pairwise
from types import MappingProxyType

import numpy as np

from calculator.cost.staff_lines import is_staff_input
from calculator.risk.candidate import Candidate
from calculator.risk.candidates import Candidates, cost_usd, costs, spreads_of
from calculator.risk.distributions import Draws, Spread, scenario_spreads
from calculator.risk.prices_now import main_prices, values_now

Block = Mapping[str, Draws]
"""Cases to cost: values by input, as many of each; all other inputs are as now."""
_Key = tuple[tuple[str, bytes], ...]


class PresentValues:
    """Present values of the candidates of one comparison, in dollars, by option and block of cases.

    base_usd: those where nothing is changed, as far as they are known.
    """

    def __init__(self, candidates: Candidates, *, base_usd: Mapping[str, float] = MappingProxyType({})) -> None:
        self._candidates = candidates
        self._spreads: dict[tuple[str, ...], dict[str, Spread]] = {}
        owners = {one.option.id: _owners(one) for one in candidates}
        all_owners = frozenset[str]().union(*owners.values())
        self._others = {option: all_owners - own for option, own in owners.items()}
        self._read: dict[str, dict[str, bool]] = {option: {} for option in owners}
        self._found: dict[str, dict[_Key, Draws]] = {option: {} for option in owners}
        self._base_usd = base_usd

    @functools.cached_property
    def _of_scenario(self) -> dict[str, Spread]:
        whole = self._candidates
        return scenario_spreads(whole.scenario, defaults=whole.defaults, rules=whole.rules)

    def spreads(self, options: Sequence[str]) -> dict[str, Spread]:
        """Every uncertain input of these options."""
        key = tuple(options)
        if key not in self._spreads:
            self._spreads[key] = spreads_of(self._candidates.only(options), of_scenario=self._of_scenario)
        return self._spreads[key]

    def now(self, options: Sequence[str]) -> dict[str, float]:
        """The value now of every uncertain input of these options, and of their main prices."""
        some = self._candidates.only(options)
        return values_now(some, self.spreads(options)) | dict(main_prices(some))

    def rows_usd(
        self, options: Sequence[str], blocks: Sequence[Block], *, now: Mapping[str, float]
    ) -> dict[str, list[Draws]]:
        """Each option's present value in each block of cases. Raises KeyError where one is not among the candidates.

        now: the value now of every input that the blocks name.
        """
        keyed = [(block, _key(block)) for block in blocks]
        return {option: self._of_option(option, keyed, now) for option in options}

    def points_usd(
        self, options: Sequence[str], points: Sequence[Mapping[str, float]], *, now: Mapping[str, float]
    ) -> dict[str, list[float]]:
        """Each option's present value at each point (values by input), to 1e-9 of what `rows_usd` finds."""
        return {option: self._at_points(option, points, now) for option in options}

    def _at_points(self, option: str, points: Sequence[Mapping[str, float]], now: Mapping[str, float]) -> list[float]:
        blocks = [{name: np.array([usd]) for name, usd in one.items() if self._reads(option, name)} for one in points]
        keys, base = [_key(one) for one in blocks], self._base_usd
        found = self._found[option] if option not in base else {(): np.array([base[option]]), **self._found[option]}
        missing = [one for key, one in dict(zip(keys, blocks, strict=True)).items() if key not in found]
        under = self._candidates.only((option,))
        (candidate,) = under
        if len(missing) == 1 and not candidate.parts:  # as numbers, which takes half the time of arrays
            usd = cost_usd(under, {name: float(row[0]) for name, row in missing[0].items()})
            found = {**found, _key(missing[0]): np.array([usd])}
        elif missing:
            keyed = [(one, _key(one)) for one in missing]
            found = {**found, **dict(zip((key for _, key in keyed), self._of_option(option, keyed, now), strict=True))}
        return [float(found[key][0]) for key in keys]

    def _reads(self, option: str, name: str) -> bool:
        """Whether the option's cost may read the input: all but another's own figures."""
        known = self._read[option]
        if name not in known:
            known[name] = "." not in name or name.rpartition(".")[0] not in self._others[option]
        return known[name]

    def _of_option(self, option: str, keyed: Sequence[tuple[Block, _Key]], now: Mapping[str, float]) -> list[Draws]:
        found, missing = self._found[option], dict[_Key, Block]()
        keys = [tuple([pair for pair in key if self._reads(option, pair[0])]) for _, key in keyed]
        for (block, whole), key in zip(keyed, keys, strict=True):
            if key not in found and key not in missing:
                missing[key] = block if len(key) == len(whole) else {name: block[name] for name, _ in key}
        if missing:
            found.update(zip(missing, self._costed(option, missing, now), strict=True))
        return [
            found[key] if key else np.full(np.shape(next(iter(block.values()), found[key])), found[key])
            for key, (block, _) in zip(keys, keyed, strict=True)
        ]

    def _costed(self, option: str, blocks: Mapping[_Key, Block], now: Mapping[str, float]) -> list[Draws]:
        """The option's present value in each block, in one pass."""
        sizes = [len(next(iter(block.values()))) if block else 1 for block in blocks.values()]
        edges, count = [0, *accumulate(sizes)], sum(sizes)
        cuts = [slice(start, end) for start, end in pairwise(edges)]
        names = list(dict.fromkeys(chain.from_iterable(blocks.values())))
        table = np.empty((len(names), count))
        table[:] = np.array([now[name] for name in names])[:, None]
        values = dict(zip(names, table, strict=True))
        for block, cut in zip(blocks.values(), cuts, strict=True):
            for name, column in block.items():
                values[name][cut] = column
        cases = tuple(zip(sizes, map(_without_staff, blocks), strict=True))
        others = tuple([(name, now[name]) for name in names if not is_staff_input(name)])
        found = costs(self._candidates.only((option,)), values, values_key=(cases, others))[option]
        flat = np.broadcast_to(found.present_value_cost_usd, (count,))
        return [flat[cut] for cut in cuts]


def _key(block: Block) -> _Key:
    return tuple([(name, row.tobytes()) for name, row in block.items()])


def _without_staff(key: _Key) -> _Key:
    return tuple([pair for pair in key if not is_staff_input(pair[0])])


def _owners(candidate: Candidate) -> frozenset[str]:
    """Whose own figures the option's cost reads: its own, or of a routed option its parts'."""
    return frozenset(part.candidate.option.id for part in candidate.parts) or frozenset((candidate.option.id,))
