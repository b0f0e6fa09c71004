"""Candidate of a comparison: one option that can do the work, what its cost needs, and all of them together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from calculator.catalog import Catalog
from calculator.catalog.catalog import Option
from calculator.catalog.distributions import Distributions
from calculator.catalog.options import ApiTariff
from calculator.catalog.routed import Routed
from calculator.catalog.tax import TaxTables
from calculator.cost.parts import CostPart, cost_of_parts
from calculator.cost.tco import Tco, cost_of
from calculator.evidence import Quantity
from calculator.number import Range
from calculator.scenario.scenario import Scenario
from calculator.service.usage import Usage


@dataclass(frozen=True, slots=True)
class Candidate:
    """One option that can do the work: what its cost needs, and how uncertain its speeds and watts are.

    Speeds are those of the option itself; None where they do not matter (an API). Watts and prices take their ranges
    from the catalogue. parts: of a routed option, which has nothing else.
    """

    option: Option
    usage: Usage | None = None
    reference_api: ApiTariff | None = None
    decode_tokens_per_s: Range | None = None
    prefill_tokens_per_s: Range | None = None
    parts: "tuple[CandidatePart, ...]" = ()

    @property
    def is_api_alone(self) -> bool:
        """Whether it is a mixed fleet without machines: then only the tokens' prices and an account's care count."""
        return self.usage is not None and self.usage.machine_count == 0


@dataclass(frozen=True, slots=True)
class CandidatePart:
    """One part of a routed option: itself as a candidate, the scenario of its demand, and its ratios (CostPart)."""

    candidate: Candidate
    scenario: Scenario
    ratios: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Candidates:
    """The options that can do the work, and what they are costed and drawn by.

    options: one candidate per option, in the order of the comparison.
    scenario: the demand and the prices that all of them meet.
    defaults: the catalogue's defaults of the scenario with their ranges.
    rules: how each input is drawn, and which inputs go together.
    tax_tables: published depreciation percentages; needed where the scenario deducts by MACRS.
    constants: the catalogue's, for how fast each kind of price ages; without them no range widens.
    prices_as_of: the day of looking (YYYY-MM-DD) where the scenario names none; empty: prices do not age.
    """

    options: tuple[Candidate, ...]
    scenario: Scenario
    defaults: Mapping[str, Quantity] = field(repr=False)
    rules: Distributions = field(repr=False)
    tax_tables: TaxTables | None = field(default=None, repr=False)
    constants: Mapping[str, Quantity] = field(default_factory=dict[str, Quantity], repr=False)
    prices_as_of: str = ""

    @classmethod
    def of(
        cls, options: Sequence[Candidate], *, scenario: Scenario, catalog: Catalog, prices_as_of: str = ""
    ) -> "Candidates":
        """The options under the catalogue's rules; looked at on the day of its compilation unless a day is given."""
        return cls(
            options=tuple(options),
            scenario=scenario,
            defaults=catalog.defaults,
            rules=catalog.distributions,
            tax_tables=catalog.tax,
            constants=catalog.constants,
            prices_as_of=prices_as_of or catalog.compiled,
        )

    def day_of_looking(self) -> str:
        """The day by which prices are old or fresh: the scenario's, else the caller's; empty where there is none."""
        return self.scenario.prices_as_of or self.prices_as_of

    def __iter__(self) -> Iterator[Candidate]:
        return iter(self.options)

    def __len__(self) -> int:
        return len(self.options)

    def only(self, ids: Sequence[str]) -> "Candidates":
        """Those of the named options, in their own order."""
        return replace(self, options=tuple(one for one in self.options if one.option.id in ids))

    def under(self, scenario: Scenario) -> "Candidates":
        """The same options under another scenario whose hours and speeds are the same."""
        return replace(
            self, scenario=scenario, options=tuple(_moved(one, self.scenario, scenario) for one in self.options)
        )

    def leaves(self) -> Iterator[tuple[Candidate, "Candidates"]]:
        """Every candidate that is costed on its own, with its scenario: of a routed option its parts."""
        for one in self.options:
            if not one.parts:
                yield one, self
            for part in one.parts:
                yield part.candidate, replace(self, scenario=part.scenario, options=(part.candidate,))

    def cost(self, candidate: Candidate, *, values: Mapping[str, float] | None = None) -> Tco:
        """The cost of one of them at the central values, or with some of them replaced."""
        if candidate.parts:
            return cost_of_parts(
                [cost_part(part) for part in candidate.parts],
                scenario=self.scenario,
                values=values,
                tax_tables=self.tax_tables,
            )
        assert not isinstance(candidate.option, Routed)
        return cost_of(
            candidate.option,
            scenario=self.scenario,
            usage=candidate.usage,
            reference_api=candidate.reference_api,
            values=values,
            tax_tables=self.tax_tables,
        )


def cost_part(part: CandidatePart) -> CostPart:
    one = part.candidate
    assert not isinstance(one.option, Routed)
    return CostPart(one.option, part.scenario, one.usage, one.reference_api, part.ratios)


def _moved(candidate: Candidate, before: Scenario, after: Scenario) -> Candidate:
    """A routed option whose parts follow a change of the whole scenario; any other as it is."""
    if not candidate.parts:
        return candidate
    names = [name for name in Scenario.model_fields if getattr(before, name) != getattr(after, name)]
    parts = [
        replace(
            part,
            scenario=part.scenario.model_copy(
                update={name: _scaled(getattr(after, name), part.ratios.get(name)) for name in names}
            ),
        )
        for part in candidate.parts
    ]
    return replace(candidate, parts=tuple(parts))


def _scaled(value: Any, ratio: float | None) -> Any:
    return value if ratio is None else value * ratio
