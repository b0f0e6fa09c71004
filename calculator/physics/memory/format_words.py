"""Remark on a format that is wider than its name: bits per weight of the whole model against the class of the name."""

from calculator.catalog.models import LanguageModel, WeightFormat
from calculator.evidence import Remark
from calculator.units import BITS_PER_BYTE

MOST_RATIO = 1.6
"""Bits per weight above the class of the name times this are said: 6.4 of "4-bit", 12.8 of "8-bit"."""


def wider_remarks(model: LanguageModel, *, format: WeightFormat, weights_bytes: int) -> tuple[Remark, ...]:
    """A warning where the weights take far more bits than the format's class says; nothing for 16 bits."""
    named = int(format.weight_class.split("-", maxsplit=1)[0])
    bits = weights_bytes * BITS_PER_BYTE / model.parameter_count()
    if bits <= named * MOST_RATIO:
        return ()
    text = (
        f"{format.name} takes {bits:.1f} bits per weight of {model.name}, not {named}: much of this model stays "
        "unpacked in it."
    )
    return (Remark(code="wider-than-named", text=text, level="warning"),)
