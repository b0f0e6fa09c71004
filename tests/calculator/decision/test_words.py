"""Words of the verdicts: shares, signs, names and amounts that differ by cents."""

import pytest

from calculator.decision import words


def test_probability_is_never_rounded_to_certainty() -> None:
    assert words.share(0.9999) == "more than 99%"
    assert words.share(0.0001) == "less than 1%"
    assert (words.share(1.0), words.share(0.0), words.share(0.968)) == ("100%", "0%", "97%")


def test_futures_are_counted_of_a_hundred_and_never_all_where_they_are_not() -> None:
    assert words.of_100(0.9641) == "96 of 100 futures"
    assert words.of_100(0.9999) == "more than 99 of 100 futures"
    assert words.of_100(0.0001) == "fewer than 1 of 100 futures"
    assert words.of_100(1.0) == "100 of 100 futures"


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (0.0, "0 %"),
        (0.0004, "less than 0.1 %"),
        (0.049, "4.9 %"),
        (0.49, "49 %"),
        (0.9993, "more than 99.9 %"),
        (1, "100 %"),
    ],
)
def test_percent_never_says_none_or_all_where_it_is_neither(fraction: float, text: str) -> None:
    assert words.percent(fraction) == text


def test_amounts_have_the_sign_before_the_dollar_and_no_zero_below_zero() -> None:
    assert (words.signed(-1234.4), words.signed(-0.3), words.signed(0.2)) == ("-$1,234", "$0", "$0")
    assert words.dollars(0.2) == "less than $1"


def test_two_running_costs_that_differ_by_cents_show_them() -> None:
    said = words.never_cheaper("A", "B", own_usd=2.31, other_usd=2.02, months=36, short_usd=10)
    assert said == "A never catches up with B: running it costs $2.31 in the first month, B $2.02."


def test_machines_are_counted_where_there_are_several() -> None:
    assert words.option_name("Mac Studio", machine_count=1) == "Mac Studio"
    assert words.option_name("Mac Studio", machine_count=None) == "Mac Studio"
    assert words.option_name("Mac Studio", machine_count=2) == "2 x Mac Studio"
    assert words.option_name("2x RTX 4090", machine_count=3) == "3 x (2x RTX 4090)"


def test_late_machine_is_named_with_its_month_and_the_price_of_buying_that_rest() -> None:
    said = words.late_machine("Mac Studio", month=35, usd=5499, bought_usd=12.4)
    assert said == (
        "Mac Studio: growth needs one more machine in month 35, for $5,499. Buying what the others cannot serve from an "
        "API instead would cost $12."
    )


def test_old_price_says_its_age_and_whether_the_answer_survives() -> None:
    said = words.old_price("list price", "Mac Studio", as_of="2025-08-25", age_days=458, turns_to="")
    assert said == (
        "This rests on the list price of Mac Studio from 2025-08-25, 15 months old: the answer holds across its range."
    )
    said = words.old_price("hourly rate", "H100", as_of="2026-10-06", age_days=51, turns_to="Mac Studio")
    assert said.endswith("51 days old: at one end of its range Mac Studio would be cheaper.")


def test_without_a_single_flip_the_sentence_names_two_inputs_or_a_price_or_says_that_none_does() -> None:
    both = words.no_flip(together=("a at 1", "b at 2"), price="price of A above $9 (now $5)", name="B")
    assert "Two together do: a at 1 and b at 2." in both
    assert "Beyond its range, B would be cheaper with price of A above $9" in both
    assert "Nor do any two" in words.no_flip(together=(), price="", name="B")
