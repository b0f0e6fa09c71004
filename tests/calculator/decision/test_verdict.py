"""Verdicts where the answer is odd: a gain, one option, draws against the central values, no host."""

import pytest

from calculator import Comparison, Scenario, compare, load_catalog
from calculator.analysis.appraisal import appraise
from calculator.report.terminal import comparison_text

CATALOG = load_catalog()


MAC, USED, PC = "mac-studio-m5-ultra-256", "mac-studio-m2-ultra-192-used", "dual-rtx-4090-threadripper"


def verdict_on(**values: object) -> Comparison:
    return compare(Scenario.parse(values), CATALOG)


@pytest.mark.parametrize("options", [(MAC,), (MAC, PC), (MAC, PC, "api-same-model")])
def test_verdict_on_a_gain_puts_the_sign_before_the_dollar_and_says_what_it_means(options: tuple[str, ...]) -> None:
    found = verdict_on(options=options, resale_market_index=5, resale_fee_fraction=0)
    assert "$-" not in found.verdict.sentence + found.verdict.detail
    best = min(row.tco.present_value_cost_usd for row in found.options if row.tco is not None)
    assert best < -1000
    assert f"-${-best:,.0f} (it brings in more than it costs)" in found.verdict.sentence


def test_verdict_against_most_futures_is_no_verdict() -> None:
    # central value 6 h a year, but 400 h in 97 of 100 futures: at the central values the Mac is cheaper, in the draws
    # not
    found = verdict_on(options=(USED, PC), cases={"mac_administration_h_per_year": ((400, 0.97), (6, 0.03))}).verdict
    assert found.difference_high_usd < 0
    assert found.too_close
    assert found.sentence.startswith("Too close to call")
    assert "does not hold" in found.detail


def test_verdict_too_close_names_the_option_whose_chance_it_gives() -> None:
    found = verdict_on(options=(MAC, PC), resale_market_index=5, resale_fee_fraction=0).verdict
    assert found.too_close
    assert "Mac Studio M5 Ultra 256 GB is the cheapest in " in found.detail


def test_price_of_keeping_it_in_house_is_the_appraisals_to_the_dollar() -> None:
    found = verdict_on()
    rows = appraise(found.candidates).in_house
    usd = next(row.usd_per_month for row in rows if row.option == found.verdict.runner_up)
    assert f"${usd:,.0f} a month more" in found.verdict.detail


def test_verdict_is_told_with_and_without_peoples_time() -> None:
    # 500 hours a year of care of a Mac: with them the PC is cheaper, in hard dollars the Mac is
    found = verdict_on(options=(USED, PC), mac_administration_h_per_year=500)
    costs = {row.id: row.tco for row in found.options if row.tco}
    hard = {name: tco.hard_present_value_cost_usd for name, tco in costs.items()}
    assert (found.verdict.cheapest, found.verdict.hard_cheapest) == (PC, USED)
    assert found.verdict.hard_difference_usd == pytest.approx(hard[PC] - hard[USED])
    assert found.verdict.without_soft.startswith("Without people's time Mac Studio M2 Ultra")
    assert "would be the cheapest" in found.verdict.without_soft
    assert found.verdict.without_soft in comparison_text(found)
    alone = verdict_on(options=(USED,)).verdict
    assert alone.without_soft.startswith("Without people's time it costs $")


def test_machine_that_is_there_already_is_said_to_enter_at_its_worth() -> None:
    found = verdict_on(options=(PC, "api-same-model"), already_own_usd={PC: 4600})
    (said,) = [remark.text for remark in found.remarks if remark.code == "already-own"]
    assert "counts at today's resale value ($4,600 after fees)" in said
    assert said in comparison_text(found)
    assert f"the cheapest on-premises option is {found.options[0].name}" in found.verdict.detail


def test_verdict_without_a_host_says_so_and_does_not_ask_for_fewer_bits() -> None:
    found = verdict_on(model="another-size", options=("api-same-model",)).verdict
    assert "No host" in found.detail
    assert "fewer bits" not in found.detail


def test_verdict_on_one_that_can_counts_the_others() -> None:
    one = verdict_on(model="deepseek-v3-671b", options=(PC, "api-same-model")).verdict
    assert "the other cannot serve" in one.sentence
    two = verdict_on(model="deepseek-v3-671b", options=(PC, MAC, "api-same-model")).verdict
    assert "the others cannot serve" in two.sentence
