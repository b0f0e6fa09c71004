"""Frozen answer of a comparison: its options, verdict and remarks, as everything shown and exported reads them."""

from dataclasses import dataclass
from typing import Literal

from calculator.cost.tco import Tco
from calculator.evidence import Remark
from calculator.physics.memory.memory_fit import MemoryFit
from calculator.physics.speed.speed import Speed
from calculator.risk.candidates import Candidates
from calculator.scenario.scenario import Scenario
from calculator.service.occupancy import Service


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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
