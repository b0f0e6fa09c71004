"""A format's name with its bits, and remarks on a format: what "as-released" is for this model, and bits per weight far above what the name says."""

import re

from calculator.catalog.models import LanguageModel, WeightFormat
from calculator.catalog.released_format import AS_RELEASED
from calculator.evidence import Remark
from calculator.units import BITS_PER_BYTE

_GGML_BITS = re.compile(r"\bI?Q(\d)")
MOST_RATIO = 1.6
"""Bits per weight above the class of the name times this are said: 6.4 of "4-bit", 12.8 of "8-bit"."""


def plain_name(format: WeightFormat) -> str:
    """The name with the bits first where it does not say them: '4 bits (Q4_K_M)'; one that says them stays as it is.

    llama.cpp's names carry their own number, which may be lower than the class of the weights: Q3_K_M is 3 bits.
    """
    if "bit" in format.name or format.scheme == "released" or "mixed" in format.name:
        return format.name
    own = _GGML_BITS.search(format.name)
    bits = own.group(1) if own else format.weight_class.removesuffix("-bit")
    return f"{bits} bit{'' if bits == '1' else 's'} ({format.name})"


def format_remarks(model: LanguageModel, *, format: WeightFormat, weights_bytes: int) -> tuple[Remark, ...]:
    """What a format's name does not say; nothing for one that is as wide as its name. `weights_bytes` without towers."""
    if format.id == AS_RELEASED and model.released_weights is None:
        text = (
            f"No packed checkpoint of {model.name} is known here (its config has no quantization_config), so as-released "
            "means 16 bits."
        )
        return (Remark(code="as-released", text=text, level="warning"),)
    bits = weights_bytes * BITS_PER_BYTE / model.parameter_count()
    if format.id == AS_RELEASED:
        text = f"{model.name} {format.name}; {bits:.1f} bits per weight in all."
        return (Remark(code="as-released", text=text, level="info"),)
    named = int(format.weight_class.split("-", maxsplit=1)[0])
    if bits <= named * MOST_RATIO:
        return ()
    text = (
        f"{format.name} takes {bits:.1f} bits per weight of {model.name}, not {named}: much of this model stays "
        "unpacked in it."
    )
    return (Remark(code="wider-than-named", text=text, level="warning"),)
