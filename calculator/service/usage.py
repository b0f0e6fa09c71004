"""How hard one machine works in month 1: hours by state, what it serves, watts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    """How hard one option works in month 1 (from occupancy.py and physics/speed/power.py); all figures are per machine.

    Hours serve the share `served_fraction` of the demand of month 1. `capacity_ratio` is the demand that the machines
    could serve at most, as a multiple of month 1's; None derives it from the hours. Watts are at the wall.
    """

    prefill_h_per_month: float = 0.0
    decode_h_per_month: float = 0.0
    on_h_per_month: float = 0.0
    served_fraction: float = 1.0
    capacity_ratio: float | None = None
    prefill_w: float = 0.0
    decode_w: float = 0.0
    idle_w: float = 0.0
    sleep_w: float = 0.0
    machine_count: int = 1
