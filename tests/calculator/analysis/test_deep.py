"""Analysis behind a verdict: the same numbers as its parts, and lists of three for each range in JSON."""

import json

import pytest

from calculator import Scenario, compare, load_catalog
from calculator.analysis.deep import advice, analyse, analysis_dict
from calculator.errors import CalculatorError
from calculator.risk.monte_carlo import simulate
from calculator.risk.sensitivity import SwitchPoint
from calculator.risk.value_of_information import Information

CATALOG = load_catalog()
COMPARISON = compare(Scenario(), CATALOG)
FOUND = analyse(COMPARISON, CATALOG, count=300)


def test_ranges_and_odds_are_those_of_the_simulation() -> None:
    odds = simulate(COMPARISON.candidates, count=300)
    assert FOUND.cheapest_probability == odds.cheapest_probability()
    assert {name: odds.total(name) for name in FOUND.total_usd} == FOUND.total_usd
    assert [row.dearer for row in FOUND.differences] == [name for name in FOUND.total_usd if name != row_cheapest()]


def row_cheapest() -> str | None:
    return COMPARISON.verdict.cheapest


def test_ranges_are_lists_of_low_central_high_in_json() -> None:
    answer = json.loads(json.dumps(analysis_dict(FOUND), allow_nan=False))
    for name, found in FOUND.total_usd.items():
        assert answer["total_usd"][name] == [found.low, found.central, found.high]
    assert answer["differences"][0]["usd"][1] == FOUND.differences[0].usd.central


def test_analysis_of_one_option_has_no_rivals() -> None:
    alone = compare(Scenario(options=("api-same-model",)), CATALOG)
    found = analyse(alone, CATALOG, count=64)
    assert (found.tornado, found.switching, found.total_effects, found.differences) == ((), (), {}, ())


def test_analysis_of_nothing_that_fits_is_refused_with_the_verdict() -> None:
    none = compare(Scenario(model="another-size", options=("api-same-model",)), CATALOG)
    with pytest.raises(CalculatorError, match="The only option compared cannot do the job"):
        analyse(none, CATALOG)


@pytest.mark.parametrize(
    ("known", "says"),
    [
        (Information("a", 0.2, {"wage_usd_per_h": 0.1}, 0.0), "No measurement would change the choice"),
        (Information("a", 900.0, {"wage_usd_per_h": 5.0}, 6.0), "no single input decides alone"),
        (Information("a", 900.0, {"wage_usd_per_h": 500.0}, 6.0), "first, worth at most $500"),
    ],
)
def test_advice_names_what_to_measure_and_what_it_may_cost(known: Information, says: str) -> None:
    assert says in advice(known, ())


def test_advice_says_a_turn_with_its_unit_in_the_words_of_the_pages() -> None:
    known = Information("a", 900.0, {"mac.price_usd": 500.0}, 6.0)
    turn = SwitchPoint("gpu_resale_fraction", 0.7, 0.95, "mac", in_range=True, bounds=(0.0, 1.0))
    assert advice(known, (turn,), names={"mac": "Mac Studio"}) == (
        "Knowing everything is worth at most $900; measure the price of Mac Studio before tax first, worth at most $500. "
        "The answer flips where resale value of a PC's GPUs is 95 %."
    )
