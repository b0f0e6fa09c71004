"""Frozen answer of a comparison: its options, verdict and remarks, as everything shown and exported reads them."""

from dataclasses import dataclass
from typing import Literal

from calculator.cost.tco import Tco
from calculator.errors import UnknownIdError
from calculator.evidence import Remark
from calculator.physics.memory.memory_fit import MemoryFit
from calculator.physics.speed.speed import Speed
from calculator.risk.candidates import Candidates
from calculator.scenario.scenario import Scenario
from calculator.service.occupancy import Service


@dataclass(frozen=True, slots=True, repr=False)
class OptionResult:
    """One option, answered in the product's order: does it fit, how fast is it, what does it cost."""

    id: str
    name: str
    kind: Literal["own", "rent", "api"]
    available: bool
    format_id: str
    format_name: str
    runtime_id: str
    split: str
    fits: bool
    memory: MemoryFit | None
    decode: Speed | None
    prefill: Speed | None
    time_to_first_token: Speed | None
    service: Service | None
    power_w: dict[str, float]
    tco: Tco | None
    total_low_usd: float | None
    total_high_usd: float | None
    remarks: tuple[Remark, ...]

    def __repr__(self) -> str:
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
class Verdict:
    """The answer as a sentence with its range.

    `without_soft` is the same answer in hard dollars alone: people's time left out. `hard_difference_usd` is what the
    next option costs more then, present value.
    """

    sentence: str
    detail: str
    cheapest: str | None
    runner_up: str | None
    difference_usd: float
    difference_low_usd: float
    difference_high_usd: float
    too_close: bool
    convention: str
    without_soft: str = ""
    hard_cheapest: str | None = None
    hard_difference_usd: float = 0.0


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
    verdict: Verdict
    break_even: tuple[BreakEven, ...]
    remarks: tuple[Remark, ...]
    candidates: Candidates
    draw_count: int = 0

    def __getitem__(self, option_id: str) -> OptionResult:
        """The option of that id. Raises UnknownIdError, which names those that were compared."""
        for option in self.options:
            if option.id == option_id:
                return option
        raise UnknownIdError("option", option_id, [option.id for option in self.options])

    def __repr__(self) -> str:
        return self.verdict.sentence
