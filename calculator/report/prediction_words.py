"""What `predict` says beyond bytes and speeds: load times, watts, joules per token, and what happens beyond the memory."""

from dataclasses import asdict
from typing import Any

from calculator.physics.memory.memory_fit import CardFit
from calculator.physics.prediction import Prediction
from calculator.physics.speed.power import PowerUse, Range
from calculator.physics.speed.speed import Speed
from calculator.units import BYTES_PER_GB


def operation_dict(prediction: Prediction) -> dict[str, Any]:
    """The part of `predict --json` that concerns running the machine; null where nothing is known."""
    beyond = prediction.beyond
    return {
        "cards": [asdict(card) for card in prediction.memory.cards], "tightest_card": prediction.memory.tightest_card,
        "box_count": prediction.box_count, "link": prediction.link,
        "load_s": {
            name: found and {"low": found.low_s, "central": found.central_s, "high": found.high_s, "bound_by": found.bound_by, "note": found.note}
            for name, found in (("cold", prediction.load_cold), ("warm", prediction.load_warm))
        },
        "power": prediction.power and asdict(prediction.power),
        "beyond_memory": beyond and {
            "how": beyond.how, "offload": beyond.offload and asdict(beyond.offload),
            "decode_tok_s": asdict(beyond.decode), "prefill_tok_s": beyond.prefill and asdict(beyond.prefill),
        },
    }  # fmt: skip


def operation_lines(prediction: Prediction) -> list[str]:
    """The same for a terminal."""
    lines: list[str] = []
    cards = prediction.memory.cards
    if len(cards) > 1:
        held = "; ".join(f"{_card(card)}" for card in cards)
        lines.append(
            f"  {'boxes' if prediction.box_count > 1 else 'cards'}: {held}; number {prediction.memory.tightest_card} is the tightest"
        )
    cold, warm = prediction.load_cold, prediction.load_warm
    if cold is not None and warm is not None:
        lines.append(
            f"  load {_s(cold.low_s)}-{_s(cold.high_s)} s cold ({cold.bound_by}), {_s(warm.low_s)}-{_s(warm.high_s)} s from the page cache ({warm.bound_by}), weights only"
        )
    if prediction.power is not None:
        lines.append(_power_line(prediction.power))
    beyond = prediction.beyond
    if beyond is not None:
        prefill = f", prefill {_range(beyond.prefill)} token/s" if beyond.prefill else ""
        lines.append(f"  {beyond.how}: decode {_range(beyond.decode)} token/s{prefill}")
    return lines


def _card(card: CardFit) -> str:
    layers = f"{card.layer_count} layers, " if card.layer_count is not None else ""
    return f"{layers}{card.peak_bytes / BYTES_PER_GB:,.1f} of {card.usable_bytes / BYTES_PER_GB:,.1f} GB"


def _power_line(power: PowerUse) -> str:
    boxes = f", {power.box_count} boxes" if power.box_count > 1 else ""
    text = f"  power ({power.scope}{boxes}): idle {_w(power.idle_w)}, prefill {_w(power.prefill_w)}, decode {_w(power.decode_w)} W"
    if power.decode_j_per_token is not None and power.prefill_j_per_token is not None:
        text += (
            f"; {_w(power.decode_j_per_token)} J per token written, {_w(power.prefill_j_per_token)} J per token read"
        )
    return text


def _range(speed: Speed) -> str:
    return f"{speed.low:,.2g}-{speed.high:,.2g}" if speed.high < 100 else f"{speed.low:,.0f}-{speed.high:,.0f}"


def _w(found: Range) -> str:
    digits = 0 if found.central >= 10 else 1 if found.central >= 1 else 2
    if found.low == found.high:
        return f"{found.central:,.{digits}f}"
    return f"{found.low:,.{digits}f}-{found.high:,.{digits}f}"


def _s(seconds: float) -> str:
    return f"{seconds:,.0f}" if seconds >= 10 else f"{seconds:.1f}"
