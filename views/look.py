"""Look of figures: a colour per option and per cost line, and the notation of each unit."""

import math
import zlib
from dataclasses import dataclass
from typing import Literal

from calculator.decision.comparison import OptionResult
from calculator.physics.speed.speed import Speed
from calculator.units import BYTES_PER_GB

Hue = Literal["blue", "violet", "orange", "green", "yellow", "gray", "pink", "teal", "brown", "indigo"]
Dash = Literal["solid", "dash", "dot"]

# Streamlit replaces these codes in a figure by theme.chartCategoricalColors of the mode (light or dark), which has these
# hues in this order (.streamlit/config.toml, tested).
HUES: dict[Hue, str] = {
    "blue": "#000001",
    "violet": "#000002",
    "orange": "#000003",
    "green": "#000004",
    "yellow": "#000005",
    "gray": "#000006",
    "pink": "#000007",
    "teal": "#000008",
    "brown": "#000009",
    "indigo": "#000010",
}


@dataclass(frozen=True, slots=True)
class Style:
    """The colour and dash of an option in every chart and card."""

    hue: Hue
    dash: Dash

    @property
    def code(self) -> str:
        """The colour code that the theme replaces."""
        return HUES[self.hue]


_STYLES: dict[str, Style] = {
    "mac-studio-m5-ultra-96": Style("blue", "solid"),
    "mac-studio-m5-ultra-256": Style("violet", "solid"),
    "mac-studio-m2-ultra-192-used": Style("indigo", "solid"),
    "dual-rtx-4090-am5": Style("orange", "solid"),
    "dual-rtx-4090-threadripper": Style("brown", "solid"),
    "cloud-h100": Style("green", "solid"),
    "api-same-model": Style("teal", "solid"),
    "api-frontier": Style("gray", "solid"),
}
_SPARE: tuple[Style, ...] = tuple(Style(hue, dash) for dash in ("dash", "dot") for hue in HUES)

# Middle tones that stand out from white and from near-black alike (contrast of at least 3 with both, tested).
_LINE_COLOURS = {
    "hardware": "#5b7fa6",
    "sales tax": "#7d95b0",
    "electrical work": "#6a7ba8",
    "warranty": "#5f8fb5",
    "setup": "#b0578d",
    "administration": "#c46a9f",
    "energy": "#bf8016",
    "cooling": "#a8792b",
    "demand charge": "#b5832f",
    "repair": "#b5605a",
    "insurance": "#9c6b66",
    "rental": "#2f9e77",
    "storage": "#3f958a",
    "api tokens": "#94801d",
    "overflow": "#7f8f3a",
    "resale": "#7d6bd0",
    "space": "#7a828c",
    "software": "#6f8a8f",
    "disposal": "#8f7a66",
}
_OTHER_LINE_COLOURS = ("#957f9b", "#7f8a6a", "#8a7f72")


def style_of(option_id: str) -> Style:
    """The option's style, the same in every session whatever else is compared."""
    return _STYLES.get(option_id) or _SPARE[zlib.crc32(option_id.encode()) % len(_SPARE)]


def block_of(line: str) -> str:
    """The chart block of a ledger line: energy in all states is one block, tokens of all kinds another."""
    if line.startswith("energy "):
        return "energy"
    return "API tokens" if line.endswith(" tokens") else line


def line_colour(line: str) -> str:
    """The colour of a cost line, the same in every session."""
    known = next((colour for name, colour in _LINE_COLOURS.items() if line.lower().startswith(name)), None)
    return known or _OTHER_LINE_COLOURS[zlib.crc32(line.encode()) % len(_OTHER_LINE_COLOURS)]


def usd(amount: float) -> str:
    """An amount as $12,345 or -$1,200, with cents below ten dollars; a dash for NaN."""
    if math.isnan(amount):
        return "-"
    digits = 2 if 0 < abs(amount) < 10 else 0
    return f"{'-' if amount < 0 else ''}${abs(amount):,.{digits}f}"


def usd_range(low: float | None, high: float | None) -> str:
    """A range as $4,100 to $6,300; empty if there is none."""
    return "" if low is None or high is None else f"{usd(low)} to {usd(high)}"


def gb(count: float) -> str:
    """A number of bytes in decimal gigabytes, as 12.3 GB."""
    return f"{count / BYTES_PER_GB:,.1f} GB"


def speed_range(speed: Speed | None) -> str:
    """A speed range as 9.0 to 14.2 or 16 to 30, in the speed's own unit; a dash if unknown."""
    if speed is None:
        return "-"
    digits = 0 if speed.low >= 10 else 1 if speed.low >= 1 else 2
    low, high = f"{speed.low:,.{digits}f}", f"{speed.high:,.{digits}f}"
    return low if low == high else f"{low} to {high}"


def fit_sentence(option: OptionResult) -> str:
    """The fit as 'fits, 12.3 GB to spare' or 'does not fit by 12.3 GB'."""
    if option.memory is None:
        return "fits" if option.fits else "not available"
    if option.memory.fits:
        return f"fits, {gb(option.memory.headroom_bytes)} to spare"
    return f"does not fit by {gb(-option.memory.headroom_bytes)}"


def markdown_text(text: str) -> str:
    """Text escaped for Markdown: no formula, link, image, icon or directive."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]()<>#+!|~$:&" else letter for letter in text)
