"""Look of figures: a colour per option and per cost line, and the notation of each unit."""

import math
import zlib
from dataclasses import dataclass
from typing import Literal

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


def style_of(option_id: str) -> Style:
    """The option's style, the same in every session whatever else is compared."""
    return _STYLES.get(option_id) or _SPARE[zlib.crc32(option_id.encode()) % len(_SPARE)]


def usd(amount: float) -> str:
    """An amount as $12,345 or -$1,200, with cents below ten dollars; a dash for NaN."""
    if math.isnan(amount):
        return "-"
    return f"{'-' if amount < 0 else ''}${abs(amount):,.{_digits(amount)}f}"


def shown_usd(amount: float) -> float:
    """The amount as `usd` shows it, for sums of what a person reads."""
    return round(amount, _digits(amount))


def _digits(amount: float) -> int:
    return 2 if 0 < abs(amount) < 10 else 0


def gb(count: float) -> str:
    """A number of bytes in decimal gigabytes, as 12.3 GB."""
    return f"{count / BYTES_PER_GB:,.1f} GB"


def markdown_text(text: str) -> str:
    """Text escaped for Markdown: no formula, link, image, icon or directive."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]()<>#+!|~$:&" else letter for letter in text)
