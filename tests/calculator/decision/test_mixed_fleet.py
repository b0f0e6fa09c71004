"""Mixed fleet: the number of machines is the brute-force optimum, none is the hosted API, and every export agrees."""

import io
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from calculator import Scenario, compare, load_catalog
from calculator.decision.comparison import Comparison
from calculator.decision.mixed_fleet import MOST_MIXED
from calculator.errors import ScenarioError
from calculator.report.answer_json import comparison_dict
from calculator.report.ledger_csv import tidy_csv
from calculator.risk.monte_carlo import simulate
from calculator.scenario.files import read_scenario
from tests.calculator.mixed_fleets import chosen, wrong

CATALOG = load_catalog()
FILE = Path(__file__).parents[2] / "fixtures" / "mixed_fleet.toml"
MAC, SPARK, API = "mac-studio-m5-ultra-96", "dgx-spark", "api-same-model"


def _found(**values: Any) -> Comparison:
    return compare(read_scenario(FILE).changed(**values), CATALOG, draw_count=0)


@pytest.mark.parametrize("block", range(6))
def test_number_of_machines_is_the_optimum_of_all_in_random_questions(block: int) -> None:
    """60 of the 200 that `bench/mixed_fleet.py` asks."""
    rows = [row for seed in range(10 * block, 10 * block + 10) for row in chosen(seed)]
    assert rows
    assert not wrong(rows)


def test_base_load_stays_here_and_the_rest_is_bought() -> None:
    found = _found()
    mac = found[MAC].eligibility
    assert mac.shares is not None
    assert mac.machine_count is not None
    assert 1 < mac.machine_count < MOST_MIXED
    assert 0 < mac.shares.leaves_house_fraction == mac.shares.bought_fraction < 0.5
    assert mac.further_months == ()
    assert f"{mac.machine_count} cost least" in mac.machine_count_reason
    assert f"{mac.machine_count - 1} would cost $" in mac.machine_count_reason


@pytest.mark.parametrize(
    ("requests", "words"), [(6_000, "1 costs least."), (14_000, "2 cost least."), (1_000, "none costs least.")]
)
def test_number_of_machines_agrees_with_its_verb(requests: int, words: str) -> None:
    assert words in _found(requests_per_working_day=requests)[MAC].eligibility.machine_count_reason


def test_without_any_machine_it_costs_what_the_hosted_api_costs_to_the_cent() -> None:
    found = _found()
    spark, api = found[SPARK], found[API]
    assert spark.eligibility.machine_count == 0
    assert spark.tco is not None
    assert api.tco is not None
    assert spark.tco.lines == api.tco.lines
    assert spark.tco.flows == api.tco.flows
    assert spark.eligibility.shares == api.eligibility.shares
    assert not [remark for remark in spark.remarks if remark.code == "stale-price"]


def test_setup_of_the_account_is_the_one_that_a_person_gives() -> None:
    figures = {f"{API}.setup_h": 40.0, f"{API}.price_ratio": 3, f"{SPARK}.setup_h": 99.0}
    found = _found(figures=figures)
    spark, api = found[SPARK].tco, found[API].tco
    assert spark is not None
    assert api is not None
    assert spark.lines == api.lines


def test_limit_on_what_leaves_the_house_forbids_having_no_machine() -> None:
    row = _found(leaves_house_fraction_max=0.6)[SPARK]
    assert row.eligibility.machine_count
    assert row.eligible
    shares = row.eligibility.shares
    assert shares is not None
    assert shares.leaves_house_fraction <= 0.6


def test_number_of_one_option_goes_before_the_cheapest() -> None:
    row = _found(machine_counts={MAC: 2})[MAC]
    assert row.eligibility.machine_count == 2
    assert row.eligibility.machine_count_reason.startswith("You chose 2 machines.")


def test_draws_without_width_are_the_base_case_and_no_price_of_a_machine_is_drawn_where_none_is_bought() -> None:
    found = _found()
    odds = simulate(found.candidates, count=16, spreads={})
    for row in found.options:
        assert row.tco is not None
        assert odds.present_value_usd[row.id] == pytest.approx(row.tco.present_value_cost_usd, rel=1e-9)
    names = set(simulate(found.candidates, count=16).inputs)
    assert not [name for name in names if name.startswith(f"{SPARK}.")]
    assert f"{MAC}.price_usd" in names


def test_verdict_with_turns_names_the_api_alone_in_words() -> None:
    found = compare(read_scenario(FILE).changed(options=(SPARK, "api-frontier"), figures={}), CATALOG)
    assert found.verdict.sentence.startswith("Cheapest: API alone (no NVIDIA DGX Spark 128 GB), $")
    assert not found.verdict.rests_on_old_prices


def test_csv_and_json_are_equal_to_the_cent() -> None:
    found = compare(read_scenario(FILE), CATALOG)
    frame = pd.read_csv(io.StringIO(tidy_csv(found)), comment="#")
    for row in comparison_dict(found)["options"]:
        in_csv = -frame.loc[frame["option"] == row["id"], "amount_usd"].sum()
        assert in_csv == pytest.approx(row["total_cost_usd"], abs=0.005)


def test_another_word_is_refused() -> None:
    with pytest.raises(ScenarioError, match="it must be auto, cheapest or a whole number"):
        Scenario.parse({"machine_count": "cheap"})


def test_machines_that_bring_more_at_their_sale_than_they_cost_are_bought_up_to_the_most_that_are_tried() -> None:
    """Each one more costs less, beyond what the busiest hour needs, too: the search may not end before 20."""
    sold_well = {"resale_market_index": 5.0, "wage_usd_per_h": 0.0}
    count = _found(**sold_well)[MAC].eligibility.machine_count
    one_less, most = (_found(machine_counts={MAC: number}, **sold_well)[MAC].tco for number in (19, 20))
    assert one_less is not None
    assert most is not None
    assert most.present_value_cost_usd < one_less.present_value_cost_usd
    assert count == MOST_MIXED == 20


def test_number_that_is_not_allowed_is_no_neighbour_of_the_one_chosen() -> None:
    """One machine fewer would cost less, but more leaves the house than is allowed: it is not spoken of."""
    chosen = _found(leaves_house_fraction_max=0.6)[SPARK].eligibility
    assert chosen.machine_count
    fewer, same = (
        _found(machine_counts={SPARK: count}, when_full="buy-from-api")[SPARK]
        for count in (chosen.machine_count - 1, chosen.machine_count)
    )
    assert fewer.tco is not None
    assert same.tco is not None
    assert fewer.eligibility.shares is not None
    assert fewer.eligibility.shares.leaves_house_fraction > 0.6
    assert fewer.tco.present_value_cost_usd < same.tco.present_value_cost_usd
    assert f" {chosen.machine_count} cost least. {chosen.machine_count + 1} would cost $" in chosen.machine_count_reason
    assert chosen.machine_count_reason.count("would cost") == 1
