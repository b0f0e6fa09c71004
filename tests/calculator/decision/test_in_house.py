"""Price of keeping everything in house: by the same convention, and none where nothing does."""

from dataclasses import replace

import pytest

from calculator import Comparison, Scenario, compare, load_catalog
from calculator.analysis.appraisal import appraise
from calculator.decision.in_house import in_house, keeper_of

CATALOG = load_catalog()
MAC, SMALL = "mac-studio-m5-ultra-256", "mac-studio-m5-ultra-96"
AM5, API = "dual-rtx-4090-am5", "api-same-model"


def verdict_on(**values: object) -> Comparison:
    return compare(Scenario.parse(values), CATALOG, draw_count=64)


def test_million_requests_on_one_machine_keep_nothing_in_house() -> None:
    found = verdict_on(requests_per_working_day=1_000_000, machine_count=1).verdicts
    assert found.overall.cheapest == API
    assert found.keep_in_house_usd_per_month is None
    assert found.keep_in_house_reason.startswith("No machine of your own can do the job with up to 64 machines.")


def test_machine_that_buys_from_an_api_keeps_nothing_in_house_and_says_its_share() -> None:
    found = verdict_on(
        options=(SMALL, AM5, API), requests_per_working_day=3000, when_full="buy-from-api", first_token_p95_target_s=0
    )
    assert found.verdicts.keep_in_house_usd_per_month is None
    assert "sends 45 % of the work to an API" in found.verdicts.keep_in_house_reason
    assert found.verdicts.mac_or_pc is not None
    shares = found[SMALL].eligibility.shares
    assert shares is not None
    assert f"It buys {shares.bought_fraction:.0%}".replace("%", " %") in found.verdicts.mac_or_pc.sentence


def test_price_of_keeping_it_in_house_is_the_appraisals_to_the_dollar() -> None:
    default = verdict_on()
    usd = next(row.usd_per_month for row in appraise(default.candidates).in_house if row.option == SMALL)
    assert default.verdicts.keep_in_house_usd_per_month == pytest.approx(usd, rel=1e-9)
    assert f"that is ${usd:,.0f} a month" in default.verdict.detail
    alone = verdict_on(options=(SMALL, AM5)).verdicts
    assert alone.keep_in_house_usd_per_month == 0.0
    assert "in house" not in alone.overall.detail


@pytest.mark.parametrize("rate", [0.1, 0.0])
@pytest.mark.parametrize("money", ["present-value", "cash"])
def test_price_per_month_and_over_the_plan_are_the_same_money_against_the_same_option(money: str, rate: float) -> None:
    found = verdict_on(money=money, discount_rate=rate)
    keeper, cheapest = found[SMALL].tco, found[API].tco
    assert keeper is not None
    assert cheapest is not None
    is_cash = money == "cash"
    whole = (
        keeper.total_cost_usd - cheapest.total_cost_usd
        if is_cash
        else keeper.present_value_cost_usd - cheapest.present_value_cost_usd
    )
    monthly = found.verdicts.keep_in_house_usd_per_month
    assert monthly is not None
    months = found.scenario.months
    grows = 1.0 if is_cash else (1 + rate) ** (1 / 12)
    level = sum(monthly / grows**month for month in range(1, months + 1))  # what the payments are worth today
    assert level == pytest.approx(whole, rel=1e-9)
    said = found.verdicts.keep_in_house_sentence
    assert said.startswith(f"Keeping your data in house costs ${whole:,.0f} more over 36 months in ")
    assert f"{found[SMALL].name} instead of {found[API].name}." in said
    how = "That" if is_cash or not rate else "In equal monthly payments at 10 % a year that"
    assert said.endswith(f"{how} is ${monthly:,.0f} a month.")
    assert said in found.verdict.detail


def test_nothing_is_said_where_the_cheapest_keeps_it_in_house() -> None:
    assert verdict_on(options=(SMALL, AM5)).verdicts.keep_in_house_sentence == ""


def test_no_machine_of_ones_own_is_compared() -> None:
    found = verdict_on(options=(API, "cloud-h100")).verdicts
    assert found.keep_in_house_usd_per_month is None
    assert found.keep_in_house_reason == "No machine of your own is compared, so nothing keeps your data in house."


@pytest.mark.parametrize(("leaves", "keeps"), [(0.0, True), (1e-9, True), (1.1e-9, False)])
def test_keeper_lets_nothing_out_but_what_rounding_leaves(leaves: float, keeps: bool) -> None:
    row = verdict_on(options=(SMALL, API))[SMALL]
    assert row.eligibility.shares is not None
    shares = replace(row.eligibility.shares, leaves_house_fraction=leaves)
    changed = replace(row, eligibility=replace(row.eligibility, shares=shares))
    assert (keeper_of([changed]) is not None) == keeps
    assert keeper_of([replace(changed, kind="api")]) is None
    unknown = replace(changed, eligibility=replace(row.eligibility, shares=None))
    assert keeper_of([unknown]) is None
    said = in_house([unknown], [unknown])
    assert said[0] is None
    assert "sends 100 % of the work to an API" in said[1]
