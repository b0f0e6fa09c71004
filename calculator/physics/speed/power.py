"""Energy of a token, and what a power cap costs in speed: pure functions of watts and rates.

Watts come with their scope (wall, board, package; catalog `Power.scope`), and an energy has the scope of its watts.
Formulas take floats or NumPy arrays of draws and return the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from calculator.catalog.options import Chip, Power
from calculator.errors import ScenarioError
from calculator.evidence import Quantity
from calculator.number import Number, Range
from calculator.physics.speed.speed import Speed
from calculator.units import S_PER_H, TOKENS_PER_MTOK, W_PER_KW, plain_number


@dataclass(frozen=True, slots=True)
class PowerUse:
    """Watts by state and J per token of one scope (wall: the whole box; board: cards alone), for `box_count` boxes
    together.

    Joules are None where the model does not fit.
    """

    scope: str
    box_count: int
    idle_w: Range
    prefill_w: Range
    decode_w: Range
    prefill_j_per_token: Range | None
    decode_j_per_token: Range | None


def power_use(power: Power, *, box_count: int, decode: Speed | None, prefill: Speed | None) -> PowerUse:
    """Watts of a machine as its file has them, and what a token takes: J = W / (token/s), the low end with the high
    speed.

    Watts and speeds are taken as independent, which makes the range of J wide. Several boxes: all draw the same, an
    upper value for a layer split, where they take turns.
    """

    def watts(given: Quantity) -> Range:
        return Range(given.low * box_count, given.central * box_count, given.high * box_count, "W")

    def joules(given: Quantity, speed: Speed | None) -> Range | None:
        if speed is None:
            return None
        at = watts(given)
        return Range(
            float(joules_per_token(at.low, tokens_per_s=speed.high)),
            float(joules_per_token(at.central, tokens_per_s=speed.central)),
            float(joules_per_token(at.high, tokens_per_s=speed.low)),
            "J/token",
        )

    return PowerUse(
        power.scope,
        box_count,
        watts(power.idle_w),
        watts(power.prefill_w),
        watts(power.decode_w),
        joules(power.prefill_w, prefill),
        joules(power.decode_w, decode),
    )


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


def capped_decode_speed(speed: Speed, *, chip: Chip, power_limit_w: float, constants: Mapping[str, Quantity]) -> Speed:
    """Decoding speed of cards that work alone or in a tensor split, each limited to `power_limit_w`.

    speed x speed_at_power_cap_fraction, its range with that of knee and slope. Raises ScenarioError where no sweep of
    the chip's family was published (only Ada and Ampere), and outside 55 to 100 % of the board's maximum.
    """
    family = chip.family.removeprefix("nvidia-")
    knee, slope = (constants.get(f"{family}_power_cap_{name}") for name in ("knee_fraction", "slope_ratio"))
    if chip.board_max_w is None or knee is None or slope is None:
        raise ScenarioError(
            f"power_limit_w cannot be applied to {chip.name}: power sweeps exist only for the families of the RTX 3090 "
            "and the RTX 4090. Leave it out."
        )
    most = chip.board_max_w.central
    if not LEAST_CAP_FRACTION * most <= power_limit_w <= most:
        raise ScenarioError(
            f"power_limit_w is {plain_number(power_limit_w)}; for {chip.name} it must lie in "
            f"{LEAST_CAP_FRACTION * most:.0f}..{plain_number(most)} W, the range of the published sweep."
        )
    cap = power_limit_w / most
    low, central, high = (
        speed_at_power_cap_fraction(cap, knee_fraction=at_knee, slope_ratio=at_slope)
        for at_knee, at_slope in ((knee.high, slope.high), (knee.central, slope.central), (knee.low, slope.low))
    )
    return replace(
        speed,
        low=speed.low * low,
        central=speed.central * central,
        high=speed.high * high,
        note=(
            f"{speed.note}; {plain_number(power_limit_w)} of {plain_number(most)} W per card keep {central:.0%} of the "
            "speed"
        ),
    )


LEAST_CAP_FRACTION = 0.55
"""Below it the sweeps fall off a cliff that the line does not follow."""
