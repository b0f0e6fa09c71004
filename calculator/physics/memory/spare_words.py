"""What a figure of spare memory means where it is not what may be used less what is needed: on several cards."""

from calculator.physics.memory.finetuning import FineTuneFit
from calculator.physics.memory.memory_fit import MemoryFit

FULLEST_CARD = "by the fullest card"


def spare_words(fit: MemoryFit | FineTuneFit) -> str:
    """What follows the figure: nothing where spare = usable - needed, else how it is counted.

    A layer lies whole on one card, so the room left on others is of no use to it: equal cards have the fullest one's
    spare times the cards, cards of several kinds that of the layers that would still fit.
    """
    if fit.headroom_bytes == fit.usable_bytes - fit.peak_bytes:
        return ""
    if isinstance(fit, MemoryFit):
        left = fit.tightest_usable_bytes - fit.tightest_peak_bytes
        if fit.headroom_bytes != len(fit.cards) * left:
            return " in whole layers"
    return f" {FULLEST_CARD}"
