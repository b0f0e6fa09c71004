"""What does a token cost in energy, and what does a power cap cost in speed? A few pure functions of watts and rates.

Watts come with their scope (wall, board, package; catalog `Power.scope`), and an energy has the scope of its watts.
Formulas take floats or NumPy arrays of draws and return the same.
"""

from typing import Any

from calculator.units import S_PER_H, TOKENS_PER_MTOK, W_PER_KW

Number = Any
"""float, or an ndarray of draws."""


def joules_per_token(power_w: Number, *, tokens_per_s: Number) -> Number:
    """Energy of one token in J, of the scope of `power_w`: watts over tokens per second.

    Measured on one model (27B in 3 bits, decoding alone): 7.6 J on an RTX 4090 board, 9.6 J on an RTX 3090 board
    (club-3090 sweeps, 2026-05). A Mac Studio M3 Ultra on 70B Q4_K_M: 18 J at the wall (beowulf-ai-cluster, 2025-12).
    """
    return power_w / tokens_per_s


def kwh_per_mtok(power_w: Number, *, tokens_per_s: Number) -> Number:
    """Energy of a million tokens in kWh: 1e6 tokens x J per token / 3.6e6."""
    return joules_per_token(power_w, tokens_per_s=tokens_per_s) * TOKENS_PER_MTOK / (W_PER_KW * S_PER_H)


def speed_at_power_cap_fraction(cap_fraction: float, *, knee_fraction: float, slope_ratio: float) -> float:
    """Share of the uncapped decoding speed that is left under a power cap of `cap_fraction` of the board's maximum.

    1 - slope x (knee - cap) below the knee, 1 above it, never below 0. Constants per architecture (constants.toml,
    `*_power_cap_*`): an RTX 4090 at 260 of 450 W keeps 93 %, an RTX 3090 at 220 of 350 W 56 % (club-3090 sweeps,
    2026-05). Holds for a card that works alone or in a tensor split down to 55 % of the maximum; in a layer split the
    cards take turns and a cap costs little. Raises nothing: a cap of 0 gives what is left, 0 or more.
    """
    return max(0.0, 1.0 - slope_ratio * max(0.0, knee_fraction - cap_fraction))
