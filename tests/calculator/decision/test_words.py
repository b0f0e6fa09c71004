"""Words of the verdict: probabilities and signs."""

import pytest

from calculator.decision.words import cheapest, cost, never_cheaper, no_host, share, signed


def test_probability_is_never_rounded_to_certainty() -> None:
    assert share(0.9999) == "more than 99%"
    assert share(0.0001) == "less than 1%"
    assert (share(1.0), share(0.0), share(0.968)) == ("100%", "0%", "97%")


@pytest.mark.parametrize("usd", [-0.4, -0.0, 0.0, 0.4])
def test_nothing_has_no_sign(usd: float) -> None:
    assert signed(usd) == "$0"
    assert "$-" not in cost(usd)


def test_equal_amounts_are_not_compared() -> None:
    # 2.2 is not below 1.8, but both are shown as $2
    text = never_cheaper("A", "B", own_usd=2.2, other_usd=1.8, months=36, short_usd=900)
    assert "costs $2.20 in the first month, B $1.80" in text
    assert "$2, B $2" not in text
    saved = never_cheaper("A", "B", own_usd=2, other_usd=5, months=36, short_usd=0.2)
    assert "saves $3" in saved
    assert "$0" not in saved
    text = cheapest("A", 737, months=36, difference_usd=0.3, second="B")
    assert "less than $1 less than B" in text


def test_model_of_another_size_without_a_host_is_named_in_words() -> None:
    assert no_host("another-size", offer="Hosted API") == (
        "No host offers a model of another size, so Hosted API is left out. Name a model to compare it."
    )
