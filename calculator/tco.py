"""What does one option cost? The one place where physics and finance meet."""

from dataclasses import dataclass, field
from typing import Any, Literal

from calculator.evidence import Remark

Number = Any
Hardness = Literal["hard", "soft"]


@dataclass(frozen=True, slots=True)
class CashFlow:
    """One row of the ledger: money that moves in one month. Outgoing is negative; soft dollars are people's time."""

    month: int
    line: str
    amount_usd: float
    hardness: Hardness


@dataclass(frozen=True, slots=True)
class Tco:
    """The ledger of one option and the folds over it. All costs are positive dollars; the ledger's amounts are signed.

    `lines` gives each line's nominal total (signed, as the ledger); `monthly_usd` the signed flow per month 0..months;
    `cumulative_usd` its running sum. `served_tokens` are nominal tokens over the horizon (input and output).
    """

    months: int
    ledger: tuple[CashFlow, ...]
    lines: dict[str, float]
    monthly_usd: tuple[float, ...]
    cumulative_usd: tuple[float, ...]
    total_cost_usd: float
    hard_cost_usd: float
    present_value_cost_usd: float
    equivalent_annual_cost_usd: float
    usd_per_mtok: float
    marginal_usd_per_mtok: float
    energy_kwh: float
    served_tokens: float
    remarks: tuple[Remark, ...] = field(default=())
