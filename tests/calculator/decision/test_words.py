"""Words of the verdict: probabilities and signs."""

from calculator.decision.words import share


def test_probability_is_never_rounded_to_certainty() -> None:
    assert share(0.9999) == "more than 99%"
    assert share(0.0001) == "less than 1%"
    assert (share(1.0), share(0.0), share(0.968)) == ("100%", "0%", "97%")
