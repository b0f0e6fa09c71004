"""Words after a figure of spare memory: only where it is not what may be used less what is needed."""

from dataclasses import replace

from calculator import Scenario
from calculator.physics.memory.spare_words import FULLEST_CARD, spare_words
from tests.views.other_pages import comparison_of


def test_spare_memory_that_is_no_difference_says_how_it_is_counted() -> None:
    found = comparison_of(Scenario(options=("mac-studio-m5-ultra-96", "dual-rtx-4090-am5")))
    mac, cards = (option.memory for option in found.options)
    assert mac is not None
    assert cards is not None
    assert spare_words(mac) == ""
    assert cards.headroom_bytes != cards.usable_bytes - cards.peak_bytes
    assert cards.headroom_bytes == 2 * (cards.tightest_usable_bytes - cards.tightest_peak_bytes)
    assert spare_words(cards) == f" {FULLEST_CARD}"
    assert spare_words(replace(cards, headroom_bytes=10**9)) == " in whole layers"
