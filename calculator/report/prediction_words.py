"""Words of `predict` beyond bytes and speeds: load times, watts, joules per token, and the speed beyond the memory."""

from dataclasses import asdict, fields
from typing import Any

from calculator.number import Range
from calculator.physics.memory.memory_fit import CardFit
from calculator.physics.prediction import Prediction
from calculator.physics.speed.load_time import LoadTime
from calculator.physics.speed.power import PowerUse
from calculator.physics.speed.speed import Speed
from calculator.units import BYTES_PER_GB, digits


def operation_dict(prediction: Prediction) -> dict[str, Any]:
    """The part of `predict --json` that concerns running the machine; null where nothing is known."""
    beyond = prediction.beyond
    return {
        "cards": [asdict(card) for card in prediction.memory.cards],
        "tightest_card": prediction.memory.tightest_card,
        "box_count": prediction.box_count,
        "cache_pool": prediction.pool and asdict(prediction.pool),
        "link": prediction.link,
        "load_s": {"cold": _load_dict(prediction.load_cold), "warm": _load_dict(prediction.load_warm)},
        "power": prediction.power and _power_dict(prediction.power),
        "beyond_memory": beyond
        and {
            "how": beyond.how,
            "offload": beyond.offload and asdict(beyond.offload),
            "decode_tok_s": asdict(beyond.decode),
            "prefill_tok_s": beyond.prefill and asdict(beyond.prefill),
        },
    }


def title_line(prediction: Prediction) -> str:
    """Model, format and machine; the number of chips and the split where there are several."""
    count = prediction.chip_count
    chips = f"{count} chips, {prediction.split} split, " if count > 1 else ""
    return f"{prediction.model} {prediction.format} on {prediction.machine} ({chips}{prediction.runtime})"


def operation_lines(prediction: Prediction) -> list[str]:
    """The same for a terminal."""
    lines: list[str] = []
    cards = prediction.memory.cards
    if len(cards) > 1:
        held = "; ".join(f"{_card(card)}" for card in cards)
        lines.append(
            f"  {'boxes' if prediction.box_count > 1 else 'cards'}: {held}; "
            f"number {prediction.memory.tightest_card} is the tightest"
        )
    pool = prediction.pool
    if pool is not None and pool.pool_bytes:
        lines.append(
            f"  cache pool {pool.pool_bytes / BYTES_PER_GB:,.1f} GB: {pool.cache_tokens:,} tokens, the longest context "
            f"{pool.largest_context_tokens:,}; {pool.concurrency:,.2f} requests of {prediction.context_tokens:,} tokens "
            "at once"
        )
    cold, warm = prediction.load_cold, prediction.load_warm
    if cold is not None and warm is not None:
        lines.append(
            f"  load time of the weights: {_seconds(cold)} s from disk{_limit(cold)}, "
            f"{_seconds(warm)} s from the page cache{_limit(warm)}"
        )
    if prediction.power is not None:
        lines.append(_power_line(prediction.power))
    beyond = prediction.beyond
    if beyond is not None:
        prefill = f", prefill {_range(beyond.prefill)} tokens/s" if beyond.prefill else ""
        lines.append(f"  {beyond.how}: decode {_range(beyond.decode)} tokens/s{prefill}")
    return lines


def _card(card: CardFit) -> str:
    layers = f"{card.layer_count} layers, " if card.layer_count is not None else ""
    return f"{layers}{card.peak_bytes / BYTES_PER_GB:,.1f} of {card.usable_bytes / BYTES_PER_GB:,.1f} GB"


def _power_line(power: PowerUse) -> str:
    boxes = f", {power.box_count} boxes" if power.box_count > 1 else ""
    text = (
        f"  power ({power.scope}{boxes}): idle {_w(power.idle_w)}, prefill {_w(power.prefill_w)}, "
        f"decode {_w(power.decode_w)} W"
    )
    if power.decode_j_per_token is not None and power.prefill_j_per_token is not None:
        text += (
            f"; {_w(power.decode_j_per_token)} J per token written, {_w(power.prefill_j_per_token)} J per token read"
        )
    return text


def _seconds(found: LoadTime) -> str:
    low, high = _s(found.low), _s(found.high)
    return low if low == high else f"{low}-{high}"


def _limit(found: LoadTime) -> str:
    return " (limited by the cards' link)" if found.bound_by == "host link" else ""


def _load_dict(found: LoadTime | None) -> dict[str, Any] | None:
    return found and {**_ends(found), "bound_by": found.bound_by, "note": found.note}


def _power_dict(power: PowerUse) -> dict[str, Any]:
    """Names end in the unit, so the ranges go without theirs."""
    return {
        name: _ends(value) if isinstance(value, Range) else value
        for name in (field.name for field in fields(power))
        for value in (getattr(power, name),)
    }


def _ends(found: Range) -> dict[str, float]:
    return {"low": found.low, "central": found.central, "high": found.high}


def _range(speed: Speed) -> str:
    return (
        f"{digits(speed.low, 2)}-{digits(speed.high, 2)}" if speed.high < 100 else f"{speed.low:,.0f}-{speed.high:,.0f}"
    )


def _w(found: Range) -> str:
    digits = 0 if found.central >= 10 else 1 if found.central >= 1 else 2
    if found.low == found.high:
        return f"{found.central:,.{digits}f}"
    return f"{found.low:,.{digits}f}-{found.high:,.{digits}f}"


def _s(seconds: float) -> str:
    return f"{seconds:,.0f}" if seconds >= 10 else f"{seconds:.1f}"
