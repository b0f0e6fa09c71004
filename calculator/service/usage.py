"""How hard one machine works in month 1: hours by state, what it serves, watts."""

from dataclasses import dataclass
from typing import Literal

WhenFull = Literal["buy-another", "buy-from-api"]
"""What happens to demand beyond capacity: a further machine is bought, or the rest is bought from the API."""


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours outside the busiest one, in which fewer rented machines are switched on.

    machine_count: machines they need in month 1, on the mean. demand_ratio: demand of one of them over that of the busiest hour.
    h_fraction: share of the hours on that they are.
    """

    machine_count: float
    demand_ratio: float
    h_fraction: float


@dataclass(frozen=True, slots=True)
class Usage:
    """How hard one option works in month 1 (from occupancy.py and physics/speed/power.py); all figures are per machine.

    prefill_h_per_month, decode_h_per_month: hours for the share `served_fraction` of the demand of month 1.
    on_h_per_month: hours on, those of days without demand included; working_h_per_month: those with demand, None where
        they are the same. capacity_ratio: demand that ONE machine takes, as a multiple of the whole demand of month 1;
    None derives it from the
        hours. quiet_capacity_ratio: the same outside the busiest hour, where the two differ and what is beyond is
    bought hour by hour. peak_fraction: share of the day's demand that comes in the busiest hour; used with
    quiet_capacity_ratio only. hour_levels: the same for more than two kinds of hours, where the hourly profile is
    known: share of the demand, and the demand that one machine takes in these hours as a multiple of it. quiet: of
    machines rented by the hour; None where all are paid all hours. machine_count: machines at the start.
    is_count_final: no further ones are bought. Without any machine all is bought from the API; setup_h: hours to set
    that up. Watts are at the wall.
    """

    prefill_h_per_month: float = 0.0
    decode_h_per_month: float = 0.0
    on_h_per_month: float = 0.0
    served_fraction: float = 1.0
    capacity_ratio: float | None = None
    quiet_capacity_ratio: float | None = None
    peak_fraction: float = 1.0
    hour_levels: tuple[tuple[float, float], ...] = ()
    working_h_per_month: float | None = None
    quiet: QuietHours | None = None
    prefill_w: float = 0.0
    decode_w: float = 0.0
    idle_w: float = 0.0
    sleep_w: float = 0.0
    machine_count: int = 1
    is_count_final: bool = False
    when_full: WhenFull | None = None
    setup_h: float = 0.0

    @property
    def rented_h_ratio(self) -> float:
        """Machine-hours paid over hours on times machines: (N + N_quiet (h - 1)) / (N h) with h hours on a day."""
        if self.quiet is None:
            return 1.0
        return 1 - self.quiet.h_fraction * (1 - self.quiet.machine_count / self.machine_count)
