"""Words of the verdicts: shares, signs, names and amounts that differ by cents."""

import pytest

from calculator.decision import words
from calculator.scenario.question import ANOTHER_SIZE


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
        "This rests on the list price of Mac Studio from 2025-08-25, 15 months old: the cheaper option stays cheaper across its range."
    )
    said = words.old_price("hourly rate", "H100", as_of="2026-10-06", age_days=51, turns_to="Mac Studio")
    assert said.endswith("51 days old: at one end of its range Mac Studio would be cheaper.")


def test_without_a_single_flip_the_sentence_names_two_inputs_or_a_price_or_says_that_none_does() -> None:
    both = words.no_flip(together=("a at 1", "b at 2"), price="price of A above $9 (now $5)", name="B")
    assert "Two together do: a at 1 and b at 2." in both
    assert "Beyond its range, one would: price of A above $9" in both
    assert "Nor do any two" in words.no_flip(together=(), price="", name="B")


SPAN = words.span(36, is_cash=False)
MAC, PC = ("Mac Studio", 9_000.4), ("Dual 4090", 11_500.0)
SENTENCES = [
    (words.span(24, is_cash=True), "24 months in cash"),
    (SPAN, "36 months in today's money"),
    (
        words.cheapest("Mac Studio", 9_000, span=SPAN, difference_usd=2_500, second="Dual 4090"),
        "Cheapest: Mac Studio, $9,000 over 36 months in today's money, $2,500 less than Dual 4090.",
    ),
    (
        words.cheapest("Mac Studio", -90, span=SPAN, difference_usd=0.4, second="Dual 4090"),
        "Cheapest: Mac Studio, -$90 (it brings in more than it costs) over 36 months in today's money, less than $1 "
        "less than Dual 4090.",
    ),
    (
        words.cheaper_kind("Mac Studio", 9_000, span=SPAN, difference_usd=2_500, second=PC),
        "Mac or PC: Mac Studio costs $2,500 less than Dual 4090, $9,000 against $11,500 over 36 months in today's money.",
    ),
    (
        words.too_close(MAC, PC, span=SPAN),
        "Too close to call: Mac Studio costs $9,000, Dual 4090 $11,500 over 36 months in today's money.",
    ),
    (
        words.only_one("Mac Studio", 9_000, span=SPAN, is_alone=True),
        "Mac Studio is the only option compared: $9,000 over 36 months in today's money.",
    ),
    (
        words.only_one("Mac Studio", 9_000, span=SPAN, is_alone=False),
        "Only Mac Studio can do the job: $9,000 over 36 months in today's money.",
    ),
    (words.on_claims("It is cheap."), "It is cheap, on the article's own figures."),
    (
        words.none_can(1, name="Mac Studio", reason="The model is too large."),
        "The only option compared cannot do the job. It is Mac Studio: the model is too large.",
    ),
    (
        words.none_can(2, name="Mac Studio", reason="GPU memory is too small."),
        "Neither option can do the job. Nearest is Mac Studio: GPU memory is too small.",
    ),
    (
        words.kind_fails("Mac", name="Mac Studio", reason="A prompt takes too long."),
        "No Mac in this comparison can do the job. Mac Studio: a prompt takes too long.",
    ),
    (
        words.best_of_kind("PC", name="Dual 4090", usd=11_500, span=SPAN),
        "The cheapest PC that can is Dual 4090, $11,500 over 36 months in today's money.",
    ),
    (words.mend("Two machines."), "What would change that: two machines."),
    (words.mend(""), ""),
    (words.gap(-90, 4_000), "In 8 of 10 futures the gap is between -$90 and $4,000."),
    (
        words.gap_too_close("Mac Studio", 500, low_usd=-90, high_usd=0),
        "In the base case Mac Studio costs $500 less; in 8 of 10 futures the gap is between -$90 and $0.",
    ),
    (
        words.gap_too_close("Mac Studio", 500, low_usd=-900, high_usd=-0.6),
        "In the base case Mac Studio costs $500 less, but in 8 of 10 futures it costs $1 to $900 more.",
    ),
    (
        words.how_often("Mac Studio", 0.91, is_sure=True),
        "It stays the cheapest in 91 of 100 futures when prices, hours and speeds vary within their ranges.",
    ),
    (
        words.how_often("Mac Studio", 0.55, is_sure=False, is_pair=True),
        "Mac Studio is the cheaper one in 55 of 100 futures when prices, hours and speeds vary within their ranges.",
    ),
    (
        words.middle_differs("Mac Studio", middle_usd=12_000, base_usd=9_000, reason="resale"),
        "In the median future Mac Studio costs $12,000, not $9,000, mostly because of the long tail of one input: resale.",
    ),
    (
        words.middle_differs("Mac Studio", middle_usd=12_000, base_usd=9_000, reason=""),
        "In the median future Mac Studio costs $12,000, not $9,000.",
    ),
    (
        words.middle_gap(middle_usd=300, base_usd=-50, second="Dual 4090"),
        "In the median future Dual 4090 costs $300 more, not -$50.",
    ),
    (
        words.in_house("Mac Studio", "an API", span=SPAN, more_usd=4_000, more_usd_per_month=120, rate=0.055),
        "Keeping your data in house costs $4,000 more over 36 months in today's money: Mac Studio instead of an API. "
        "In equal monthly payments at 5.5 % a year that is $120 a month.",
    ),
    (
        words.in_house("Mac Studio", "an API", span=SPAN, more_usd=4_000, more_usd_per_month=120, rate=0.0551234),
        "Keeping your data in house costs $4,000 more over 36 months in today's money: Mac Studio instead of an API. "
        "In equal monthly payments at 5.512 % a year that is $120 a month.",
    ),
    (
        words.in_house("Mac Studio", "an API", span=SPAN, more_usd=4_000, more_usd_per_month=120, rate=0.0),
        "Keeping your data in house costs $4,000 more over 36 months in today's money: Mac Studio instead of an API. "
        "That is $120 a month.",
    ),
    (
        words.no_own_compared(),
        "No machine of your own is compared, so nothing keeps your data in house.",
    ),
    (
        words.own_cannot("Mac Studio", reason="Too slow at the peak hour.", most=16),
        "No machine of your own can do the job with up to 16 machines. Mac Studio: too slow at the peak hour.",
    ),
    (
        words.own_buys("Mac Studio", leaves_fraction=0.12),
        "No machine of your own that can do the job serves all of it: Mac Studio sends 12 % of the work to an API.",
    ),
    (words.bought(0.12), "It buys 12 % of its tokens from an API."),
    (
        words.formats_differ(("Mac Studio", "4 bits"), ("Dual 4090", "8 bits"), loss="It loses 1 %."),
        "Mac Studio runs the model at 4 bits, Dual 4090 at 8 bits. It loses 1 %.",
    ),
    (
        words.formats_differ(("Mac Studio", "4 bits"), ("Dual 4090", "8 bits"), loss=""),
        "Mac Studio runs the model at 4 bits, Dual 4090 at 8 bits. No published loss of quality between the two is "
        "known.",
    ),
    (
        words.without_people(MAC, PC, is_the_same=True, chance=0.8, is_pair=True),
        "Counting only invoices, not staff hours, Mac Studio is still cheaper in 80 of 100 futures: $9,000 against "
        "$11,500 for Dual 4090.",
    ),
    (
        words.without_people(MAC, PC, is_the_same=False, chance=None, is_pair=False),
        "Counting only invoices, not staff hours, Mac Studio would be the cheapest: $9,000 against $11,500 for Dual "
        "4090.",
    ),
    (
        words.without_people_too_close(MAC, PC, low_usd=-5, high_usd=80),
        "Counting only invoices, not staff hours, it is too close to call: Mac Studio costs $9,000, Dual 4090 $11,500; "
        "in 8 of 10 futures the gap is between -$5 and $80.",
    ),
    (words.without_people_alone(700), "Counting only invoices, not staff hours, it costs $700."),
    (words.cannot(()), ""),
    (words.cannot(("A",)), "Not ranked, because it cannot do the job: A."),
    (words.cannot(("A", "B")), "Not ranked, because they cannot do the job: A, B."),
    (words.flips(("wage below $20",), name="Dual 4090"), "Dual 4090 would be cheaper with one change: wage below $20."),
    (
        words.flips(("wage below $20", "power above $1"), name="Dual 4090"),
        "Dual 4090 would be cheaper with any one of these: wage below $20; power above $1.",
    ),
    (
        words.no_flip(together=(), price="a price of $9", name="B"),
        "No single input makes B cheaper within its range. Beyond its range, one would: a price of $9.",
    ),
    (
        words.old_price("list price", "A", as_of="2026-09-27", age_days=61, turns_to=""),
        "This rests on the list price of A from 2026-09-27, 2 months old: the cheaper option stays cheaper across its range.",
    ),
    (
        words.old_price("list price", "A", as_of="2026-09-28", age_days=60, turns_to=""),
        "This rests on the list price of A from 2026-09-28, 60 days old: the cheaper option stays cheaper across its range.",
    ),
    (words.cheaper_from("A", "B", month=12, by_resale=False), "A is cheaper than B from month 12."),
    (
        words.cheaper_from("A", "B", month=30, by_resale=True),
        "A is cheaper than B from month 30 (2.5 years), and only because of its resale.",
    ),
    (words.cheaper_at_once("A", "B"), "A is cheaper than B from the first month."),
    (
        words.never_cheaper("A", "B", own_usd=3, other_usd=7.6, months=36, short_usd=-10),
        "A never catches up with B within 36 months: it saves $5 in the first month, too little for its price. It ends "
        "-$10 short, resale included.",
    ),
    (
        words.never_cheaper("A", "B", own_usd=7, other_usd=7, months=36, short_usd=10),
        "A never catches up with B: running it costs $7 in the first month, B $7.",
    ),
    (
        words.watts_contradict("A", idle_w=1_200, busy_w=900),
        "A: the idle power (1,200 W) is higher than the active power (900 W), so serving would appear to save energy. "
        "Please check both values.",
    ),
    (
        words.no_host("Llama 3 8B", offer="Hosted API"),
        "We have no hosted price for Llama 3 8B, so Hosted API is left out. Choose another model or enter your own API "
        "price.",
    ),
    (
        words.no_host(ANOTHER_SIZE, offer="Hosted API"),
        "No host offers a model of another size, so Hosted API is left out. Name a model to compare it.",
    ),
    (words.option_name("Mac Studio", machine_count=0), "API alone (no Mac Studio)"),
]


@pytest.mark.parametrize(("said", "sentence"), SENTENCES, ids=range(len(SENTENCES)))
def test_sentence_says_who_what_and_how_much(said: str, sentence: str) -> None:
    assert said == sentence


def test_convention_names_the_span_the_ranges_and_peoples_time() -> None:
    plain = words.convention_sentence("Discounted at 5 %.", months=24, is_cash=False)
    assert plain == (
        "Today's money is the present value over 24 months. Discounted at 5 %. Amounts are the base case; ranges run "
        "from the 10th to the 90th percentile of the futures; staff hours count at the hourly rate."
    )
    cash = words.convention_sentence("Discounted at 5 %.", months=24, is_cash=True)
    assert cash.startswith("Cash is the plain sum of what is paid over 24 months; nothing is discounted. Amounts")


@pytest.mark.parametrize(
    ("chance", "text"),
    [
        (0.0, "0 of 100 futures"),
        (0.005, "fewer than 1 of 100 futures"),  # 50 of 10,000
        (0.0051, "1 of 100 futures"),
        (0.9949, "99 of 100 futures"),
        (0.995, "more than 99 of 100 futures"),
        (0.58, "58 of 100 futures"),
    ],
)
def test_futures_at_the_ends_are_neither_none_nor_all(chance: float, text: str) -> None:
    assert words.of_100(chance) == text


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (0.0009, "less than 0.1 %"),
        (0.001, "0.1 %"),
        (0.0999, "10.0 %"),
        (0.1, "10 %"),
        (0.994, "99 %"),
        (0.995, "99.5 %"),
        (0.9989, "99.9 %"),
    ],
)
def test_percent_has_a_decimal_where_a_whole_number_says_too_little(fraction: float, text: str) -> None:
    assert words.percent(fraction) == text


def test_gain_is_called_one_and_cents_below_half_a_dollar_are_not() -> None:
    assert words.cost(-0.4) == "$0"
    assert words.cost(-0.6) == "-$1 (it brings in more than it costs)"
    assert (words.dollars(0.0), words.dollars(0.6), words.dollars(-0.2)) == ("$0", "$1", "$0")
    assert words.dollars(0.5) == "less than $1"
