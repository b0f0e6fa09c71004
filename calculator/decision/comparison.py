"""Frozen answer of a comparison: its options, verdict and remarks, as everything shown and exported reads them."""

import hashlib
from dataclasses import dataclass
from typing import Literal

from calculator.cost.tco import Tco
from calculator.decision.eligibility import Eligibility
from calculator.decision.option_money import OptionMoney
from calculator.errors import UnknownIdError
from calculator.evidence import Quantity, Remark
from calculator.number import Range
from calculator.physics.memory.memory_fit import MemoryFit
from calculator.physics.speed.speed import Speed
from calculator.risk.candidates import Candidates
from calculator.scenario.scenario import Scenario
from calculator.service.occupancy import Service


@dataclass(frozen=True, slots=True, repr=False)
class OptionResult:
    """One option, answered in the product's order: does it fit, is it fast enough, what does it cost.

    Ranges of money: central is the base case, the ledger's own sum; low and high are P10 and P90 of the futures.
    """

    id: str
    name: str
    kind: Literal["own", "rent", "api"]
    available: bool
    format_id: str
    format_name: str
    runtime_id: str
    split: str
    weight_class: str
    fits: bool
    memory: MemoryFit | None
    decode: Speed | None
    prefill: Speed | None
    time_to_first_token: Speed | None
    basis_of_speed: str
    service: Service | None
    eligibility: Eligibility
    power_w: dict[str, float]
    tco: Tco | None
    remarks: tuple[Remark, ...]
    money: OptionMoney | None = None

    @property
    def total_usd(self) -> Range | None:
        """Nominal dollars."""
        return self.money and self.money.range("total_usd")

    @property
    def present_value_usd(self) -> Range | None:
        """Present value."""
        return self.money and self.money.range("present_value_usd")

    @property
    def hard_present_value_usd(self) -> Range | None:
        """Present value without people's time."""
        return self.money and self.money.range("hard_present_value_usd")

    @property
    def hard_total_usd(self) -> Range | None:
        """Nominal dollars without people's time."""
        return self.money and self.money.range("hard_total_usd")

    @property
    def median_present_value_usd(self) -> float | None:
        """The middle of the futures; None where none were drawn."""
        return self.money and self.money.median_present_value_usd

    @property
    def eligible(self) -> bool:
        """Whether it can do the job; only then is it ranked."""
        return not self.eligibility.reasons

    def __repr__(self) -> str:
        if not self.eligible:
            return f"{self.name}: cannot do the job. {self.eligibility.reasons[0].text}"
        if self.tco is None:
            return f"{self.name}: no cost, see its remarks."
        return f"{self.name}: ${self.tco.present_value_cost_usd:,.0f} in present value over {self.tco.months} months."


@dataclass(frozen=True, slots=True)
class BreakEven:
    """When the dearer purchase has paid for itself against another option, or why it never does."""

    option: str
    against: str
    month: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class Flip:
    """One input that turns a verdict: its name and label, its value now, and the value at which the two cost the
    same."""

    name: str
    label: str
    now: float
    at: float
    inside_range: bool
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class CloseCall:
    """A price, its value now, and between which values (low, high) a verdict's pair is too close to call.

    An end is None where there is none within ten times of the price.
    """

    name: str
    label: str
    now: float
    low: float | None
    high: float | None
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class OldPrice:
    """A price beyond twice its shelf life: whose, of which day, how old, and whether the answer survives its range."""

    option: str
    name: str
    kind: str
    as_of: str
    age_days: int
    survives: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class HardVerdict:
    """The same verdict in invoices alone: people's time left out. `difference_usd` is what `next` costs more."""

    sentence: str
    cheapest: str | None
    next: str | None
    difference_usd: Range
    chance: float | None
    formats_sentence: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One verdict: which of the eligible options costs least, by how much, how surely, and what turns it.

    difference_usd: what `next` costs more than `cheapest`; central is the base case, the ledgers' own sums, low and
    high are P10 and P90 of the paired futures. chance: share of the futures in which `cheapest` costs least of all that
    the verdict ranks (of Mac or PC: of these two); of `hard` likewise. too_close: P10 to P90 holds 0, or base case and
    middle of the futures name different winners. formats_sentence: the bits that its first two run, and the published
    loss of quality, where they differ; of one kind alone, its first two.
    """

    sentence: str
    detail: str
    cheapest: str | None
    next: str | None
    difference_usd: Range
    chance: float | None
    too_close: bool
    hard: HardVerdict
    flips: tuple[Flip, ...] = ()
    flips_sentence: str = ""
    rests_on_old_prices: tuple[OldPrice, ...] = ()
    formats_sentence: str = ""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Both verdicts: Mac or PC with GPUs, where both kinds are compared, and all options; and the price of in house.

    keep_in_house_usd_per_month: level per month, what the cheapest eligible option that keeps everything in house costs
    more than the cheapest of all; None where none does, and then `keep_in_house_reason` says why.
    keep_in_house_sentence: the same over the whole plan and per month, and against what; empty where it costs nothing.
    """

    overall: Verdict
    mac_or_pc: Verdict | None
    convention: str
    keep_in_house_usd_per_month: float | None = None
    keep_in_house_reason: str = ""
    keep_in_house_sentence: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Comparison:
    """Everything that is shown and exported.

    `candidates` are the options that can do the work, as the analysis needs them; `draw_count` futures stand behind the
    ranges and the verdict.
    """

    scenario: Scenario
    scenario_id: str
    catalogue_hash: str
    catalogue_compiled: str
    version: str
    options: tuple[OptionResult, ...]
    verdicts: Verdicts
    break_even: tuple[BreakEven, ...]
    remarks: tuple[Remark, ...]
    candidates: Candidates
    draw_count: int = 0
    prices_as_of: str = ""
    grid: Quantity | None = None
    """Carbon intensity of the scenario's grid, location-based."""
    model_name: str = ""
    """The model of the question by its name, or its size where it is one of another size."""

    @property
    def measurements_hash(self) -> str:
        """Twelve digits that name the measurements behind the speeds; empty where all are predicted."""
        speeds = (speed for option in self.options for speed in (option.decode, option.prefill) if speed)
        used = sorted({record for speed in speeds for record in speed.record_ids})
        return hashlib.sha256("\n".join(used).encode()).hexdigest()[:12] if used else ""

    @property
    def verdict(self) -> Verdict:
        """The verdict over all options."""
        return self.verdicts.overall

    def __getitem__(self, option_id: str) -> OptionResult:
        """The option of that id. Raises UnknownIdError, which names those that were compared."""
        for option in self.options:
            if option.id == option_id:
                return option
        raise UnknownIdError("option", option_id, [option.id for option in self.options])

    def __repr__(self) -> str:
        return self.verdict.sentence
