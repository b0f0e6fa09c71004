"""Why a model does not fit, in a few words for a table's cell and in a sentence beside it; both name the same gigabytes."""

from calculator.physics.memory.memory_fit import MemoryFit
from calculator.units import BYTES_PER_GB

SEVERAL_CARDS = (
    "On several cards, spare or missing memory is that of the fullest card times the number of cards: a layer lies "
    "whole on one card, so more room on the others does not help."
)


def memory_short(fit: MemoryFit) -> str:
    """How much memory a model that does not fit lacks: '19.2 GB short', or so much of the system RAM beside the cards."""
    lacks = _gb(_missing_bytes(fit))
    return f"{lacks} GB of system RAM short" if fit.headroom_bytes >= 0 else f"{lacks} GB short"


def memory_mend(fit: MemoryFit) -> str:
    """How much more memory would make it fit, and of which kind."""
    return f"{_gb(_missing_bytes(fit))} GB more {'system RAM' if fit.headroom_bytes >= 0 else 'memory'}."


def not_loaded(bits: str) -> str:
    """That the software of a machine has no weights of so many bits, for a table's cell: 'does not load 5-bit'."""
    return f"does not load {bits}"


def misfit(fit: MemoryFit) -> str:
    """Why it does not fit, to follow the name of its weights: 'needs 77.9 GB, and a model may use 50.5 GB here'.

    Three pools can be too small: all the memory a model may use, the fullest card, or the system RAM beside them. Where
    what is missing is not what is needed less what may be used, as on several cards, a second sentence says what it is.
    No full stop at the end.
    """
    if fit.headroom_bytes >= 0:
        return (
            f"needs {_gb(fit.host_needed_bytes)} GB of system RAM beside the cards, for other software and the rest of "
            f"the model, and there are {_gb(fit.host_usable_bytes or 0)} GB"
        )
    if fit.peak_bytes > fit.usable_bytes:
        needs = f"needs {_gb(fit.peak_bytes)} GB{_others(fit)}, and a model may use {_gb(fit.usable_bytes)} GB here"
    else:
        needs = (
            f"needs {_gb(fit.tightest_peak_bytes)} GB on the fullest card, and a model may use "
            f"{_gb(fit.tightest_usable_bytes)} GB of it"
        )
    return f"{needs}{_counted(fit)}"


def _missing_bytes(fit: MemoryFit) -> int:
    return fit.host_needed_bytes - (fit.host_usable_bytes or 0) if fit.headroom_bytes >= 0 else -fit.headroom_bytes


def _counted(fit: MemoryFit) -> str:
    """What the missing memory is on several cards; empty where it is what is needed less what may be used."""
    missing, fullest = -fit.headroom_bytes, fit.tightest_peak_bytes - fit.tightest_usable_bytes
    if missing == fit.peak_bytes - fit.usable_bytes:
        return ""
    if missing == fullest:
        return f". The {_gb(missing)} GB missing are those of the fullest card{_WHOLE}"
    if missing == len(fit.cards) * fullest:
        return f". The {_gb(missing)} GB missing are those of the fullest card, times {len(fit.cards)} cards{_WHOLE}"
    return f". The {_gb(missing)} GB missing are layers for which no card has room{_WHOLE}"


def _others(fit: MemoryFit) -> str:
    """The other software that a sum of memory holds, so that nobody takes it for the model."""
    shared = fit.second_tenant_bytes - fit.second_tenant_beside_bytes
    return f" with {_gb(shared)} GB of other software" if shared else ""


def _gb(count: int) -> str:
    return f"{count / BYTES_PER_GB:,.1f}"


_WHOLE = ": a layer lies whole on one card"
