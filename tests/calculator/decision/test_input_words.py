"""Inputs in words: every input that is drawn has a name without an id and a value with its unit."""

import doctest
import re

import pytest

from calculator import Scenario, compare, load_catalog
from calculator.decision import input_words
from calculator.risk.candidates import spreads_of
from calculator.scenario.own_figures import FIGURE_LABELS
from calculator.scenario.scenario import knobs

COMPARISON = compare(Scenario(), load_catalog(), draw_count=16)
NAMES = {row.id: row.name for row in COMPARISON.options}


def test_examples_of_the_docstrings_hold() -> None:
    assert doctest.testmod(input_words).failed == 0


@pytest.mark.parametrize("name", list(spreads_of(COMPARISON.candidates)))
def test_every_drawn_input_is_said_without_an_id(name: str) -> None:
    said = input_words.flip(name, now=1.0, at=0.5, names=NAMES)
    assert "_" not in said
    assert "{" not in said
    assert not any(option in said for option in NAMES)
    assert " below " in said


@pytest.mark.parametrize(
    "name",
    [
        *spreads_of(COMPARISON.candidates),
        *(knob.name for knob in knobs().values() if knob.unit),
        *(f"box.{figure}" for figure in FIGURE_LABELS),
    ],
)
def test_every_drawn_input_has_a_unit_in_words(name: str) -> None:
    words, factor = input_words.unit(name)
    assert re.fullmatch(r"(%|[A-Za-z]+)( [a-zA-Z']+)*", words), words
    assert "_" not in words
    assert factor == (100 if words.startswith("%") else 1)


@pytest.mark.parametrize("percent", range(101))
def test_share_in_percent_has_no_dust_and_an_amount_stays_as_it_is(percent: int) -> None:
    assert input_words.in_unit(percent / 100, input_words.unit("discount_rate")) == percent
    assert input_words.in_unit(percent / 7, input_words.unit("wage_usd_per_h")) == percent / 7


def test_flip_says_the_side_the_value_and_the_value_now() -> None:
    said = input_words.flip("pc_administration_h_per_year", now=15, at=3.0, names={})
    assert said == "administration of a PC with GPUs below 3 h a year (now 15 h a year)"
    said = input_words.flip("mac.price_usd", now=5499, at=9512.4, names={"mac": "Mac Studio"})
    assert said == "price of Mac Studio before tax above $9,512 (now $5,499)"
    said = input_words.flip("electricity_usd_per_kwh", now=0.135, at=0.2, names={})
    assert said == "electricity price above $0.2 per kWh (now $0.135 per kWh)"


def test_shared_machine_says_what_is_counted_and_what_is_not() -> None:
    said = input_words.shared_machine("The laptop", 0.25)
    assert said.startswith("The laptop: it was bought anyway, so only what this work adds counts: energy above idling")
    assert "25% of its care and repairs. Its price, resale, setup" in said


def test_price_band_says_who_wins_beyond_each_end_and_what_is_in_between() -> None:
    names, wins = {"mac": "Mac Studio"}, ("the Mac", "the PC")
    said = input_words.price_band("mac.price_usd", now=5499, low=6395, high=39437, wins=wins, names=names)
    assert said == (
        "Price of Mac Studio before tax (now $5,499): up to $6,395 the Mac is clearly cheaper, from $39,437 the PC is; in between "
        "the two are too close to call."
    )
    said = input_words.price_band("mac.price_usd", now=5499, low=None, high=7400, wins=wins, names=names)
    assert said.endswith(": from $7,400 the PC is clearly cheaper; below that the two are too close to call.")
    said = input_words.price_band("mac.price_usd", now=5499, low=9706, high=None, wins=wins, names=names)
    assert said.endswith(": up to $9,706 the Mac is clearly cheaper; above that the two are too close to call.")


def test_index_of_the_used_market_says_what_it_multiplies() -> None:
    assert input_words.value("resale_market_index", 1.8) == "1.8 times today's"


def test_prices_for_a_size_and_a_month_are_said_in_one_way() -> None:
    assert input_words.value("box.storage_usd_per_gb_month", 0.1) == "$0.1 per GB a month"
    assert input_words.value("demand_charge_usd_per_kw_month", 12) == "$12 per kW a month"
    assert input_words.unit("box.storage_usd_per_gb_month") == ("USD per GB a month", 1)


def test_every_figure_has_its_words_for_small_and_large_numbers_without_an_exponent() -> None:
    for figure in input_words._FIGURES:  # pyright: ignore[reportPrivateUsage]
        for amount in (0.0, 0.000013, 0.5, 12.0, 1234.5, 1e6):
            assert not re.search(r"\de[-+]?\d", input_words.value(f"box.{figure}", amount)), figure


def test_figure_whose_pattern_names_no_digits_is_written_to_six() -> None:
    for amount, text in ((1.23456789, "1.23457"), (123_456_789.0, "123,456,789"), (0.25, "0.25")):
        assert f"{input_words._Figure(amount):g}" == text  # pyright: ignore[reportPrivateUsage]
