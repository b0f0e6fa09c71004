"""Both verdicts: who is ranked, by what, how surely, in what words; and where there is little or nothing to rank."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from calculator import Comparison, Scenario, compare, load_catalog
from calculator.decision.compare import compare as compare_all
from calculator.decision.comparison import OptionResult, Verdicts
from calculator.decision.verdict import _is_away, verdicts_of  # pyright: ignore[reportPrivateUsage]
from calculator.number import Range
from calculator.report.terminal import comparison_text
from calculator.risk.monte_carlo import Odds, ranges
from calculator.scenario.presets import preset

CATALOG = load_catalog()
MAC, SMALL, USED = "mac-studio-m5-ultra-256", "mac-studio-m5-ultra-96", "mac-studio-m2-ultra-192-used"
PC, AM5, API = "dual-rtx-4090-threadripper", "dual-rtx-4090-am5", "api-same-model"
COUNT = 256


def verdict_on(**values: object) -> Comparison:
    return compare(Scenario.parse(values), CATALOG, draw_count=COUNT)


def value_usd(found: Comparison, option: str, *, hard: bool = False) -> float:
    tco = found[option].tco
    assert tco is not None
    return tco.hard_present_value_cost_usd if hard else tco.present_value_cost_usd


@pytest.fixture(scope="module")
def default() -> Comparison:
    return verdict_on()


def test_overall_ranks_every_option_that_can_do_the_job_by_the_base_case(default: Comparison) -> None:
    verdict = default.verdicts.overall
    order = sorted(row.id for row in default.options if row.eligible)
    order.sort(key=lambda option: value_usd(default, option))
    assert [verdict.cheapest, verdict.next] == order[:2]
    difference = value_usd(default, order[1]) - value_usd(default, order[0])
    assert verdict.difference_usd.central == pytest.approx(difference, rel=1e-12)
    assert f"${value_usd(default, order[0]):,.0f} over 36 months in today's money" in verdict.sentence
    assert f"${difference:,.0f} less than" in verdict.sentence


def test_range_and_chance_are_those_of_the_paired_futures(default: Comparison) -> None:
    odds = ranges(default.candidates, count=COUNT)
    for verdict, ranked in (
        (default.verdicts.overall, [row.id for row in default.options if row.eligible]),
        (default.verdicts.mac_or_pc, [SMALL, AM5]),
    ):
        assert verdict is not None
        assert verdict.cheapest is not None
        assert verdict.next is not None
        gap = odds.present_value_usd[verdict.next] - odds.present_value_usd[verdict.cheapest]
        assert (verdict.difference_usd.low, verdict.difference_usd.high) == pytest.approx(
            tuple(np.quantile(gap, (0.1, 0.9)))
        )
        best = np.min([odds.present_value_usd[option] for option in ranked], axis=0)
        wins = np.mean(odds.present_value_usd[verdict.cheapest] <= best)
        assert verdict.chance == pytest.approx(float(wins))
        hard = odds.hard_present_value_usd
        assert verdict.hard.cheapest is not None
        assert verdict.hard.next is not None
        gap = hard[verdict.hard.next] - hard[verdict.hard.cheapest]
        found = verdict.hard.difference_usd
        assert (found.low, found.high) == pytest.approx(tuple(np.quantile(gap, (0.1, 0.9))))


def test_mac_or_pc_is_the_best_of_each_kind_and_no_other_box(default: Comparison) -> None:
    verdict = default.verdicts.mac_or_pc
    assert verdict is not None
    assert {verdict.cheapest, verdict.next} == {SMALL, AM5}
    assert verdict.sentence.startswith("Mac or PC: Mac Studio M5 Ultra 96 GB costs $")
    assert "never catches up" in verdict.detail
    with_box = verdict_on(options=(MAC, "dgx-spark", AM5)).verdicts.mac_or_pc
    assert with_box is not None
    assert {with_box.cheapest, with_box.next} == {MAC, AM5}
    assert verdict_on(options=(MAC, "dgx-spark", API)).verdicts.mac_or_pc is None


def test_mac_or_pc_where_one_kind_cannot_says_who_fails_and_why_and_names_the_other() -> None:
    found = verdict_on(options=(USED, AM5), first_token_p95_target_s=15)
    verdict = found.verdicts.mac_or_pc
    assert verdict is not None
    assert (verdict.cheapest, verdict.next, verdict.chance) == (AM5, None, None)
    assert verdict.sentence.startswith(
        "No Mac in this comparison can do the job. Mac Studio M2 Ultra 192 GB (used, 2023): "
    )
    assert "you asked for the first word within 15 s" in verdict.sentence
    assert f"The cheapest PC with GPUs that can is {found[AM5].name}, ${value_usd(found, AM5):,.0f}" in verdict.sentence
    assert verdict.detail.startswith("What would change that: ")


def test_option_that_cannot_do_the_job_is_never_the_cheapest_whatever_it_costs() -> None:
    found = verdict_on(options=(USED, MAC), first_token_p95_target_s=15)
    used = found[USED]
    assert not used.eligible
    assert found.verdict.cheapest == MAC
    assert found.verdict.sentence.startswith("Only Mac Studio M5 Ultra 256 GB can do the job: $")
    assert used.name in found.verdict.detail
    assert all(USED not in (row.option, row.against) for row in found.break_even)


def test_nothing_that_can_names_the_nearest_and_what_would_mend_it_and_never_a_cheapest() -> None:
    found = verdict_on(options=(SMALL,), model="deepseek-v3-671b").verdict
    assert (found.cheapest, found.next, found.hard.cheapest) == (None, None, None)
    assert found.sentence.startswith("The only option compared cannot do the job.")
    assert "does not fit" in found.sentence
    assert found.detail.startswith("What would change that: ")


def test_hard_sentence_is_too_close_where_its_own_odds_are() -> None:
    found = verdict_on(options=(MAC, AM5)).verdict
    assert found.hard.difference_usd.low <= 0
    assert "it is too close to call" in found.hard.sentence
    assert "still" not in found.hard.sentence


def test_without_wage_sentence_and_odds_agree_with_the_hard_ones() -> None:
    found = verdict_on(options=(MAC, AM5), wage_usd_per_h=0).verdict
    assert (found.cheapest, found.next) == (found.hard.cheapest, found.hard.next)
    assert found.chance == found.hard.chance
    for end in ("low", "central", "high"):
        assert getattr(found.difference_usd, end) == pytest.approx(getattr(found.hard.difference_usd, end), rel=1e-9)
    assert found.too_close == ("it is too close to call" in found.hard.sentence)


def test_hard_winner_may_be_another() -> None:
    # 500 hours a year of care of a Mac: with them the PC is cheaper, in invoices the Mac is
    found = verdict_on(options=(USED, PC), mac_administration_h_per_year=500, first_token_p95_target_s=0)
    verdict = found.verdict
    assert (verdict.cheapest, verdict.hard.cheapest) == (PC, USED)
    difference = value_usd(found, PC, hard=True) - value_usd(found, USED, hard=True)
    assert verdict.hard.difference_usd.central == pytest.approx(difference)
    assert verdict.hard.sentence in comparison_text(found)
    assert "Mac Studio M2 Ultra" in verdict.hard.sentence


@pytest.mark.parametrize("options", [(MAC,), (MAC, PC), (MAC, PC, API)])
def test_gain_puts_the_sign_before_the_dollar_and_says_what_it_means(options: tuple[str, ...]) -> None:
    found = verdict_on(options=options, resale_market_index=5, resale_fee_fraction=0)
    assert "$-" not in found.verdict.sentence + found.verdict.detail
    best = min(row.tco.present_value_cost_usd for row in found.options if row.tco is not None)
    assert best < -1000
    assert f"-${-best:,.0f} (it brings in more than it costs)" in found.verdict.sentence


def test_verdict_against_most_futures_is_no_verdict() -> None:
    # central value 6 h a year, but 400 h in 97 of 100 futures: in the base case the Mac is cheaper, in the draws not
    found = verdict_on(options=(MAC, PC), cases={"mac_administration_h_per_year": ((400, 0.97), (6, 0.03))}).verdict
    assert found.cheapest == MAC
    assert found.difference_usd.high < 0 < found.difference_usd.central
    assert found.too_close
    assert found.sentence.startswith("Too close to call")
    assert "in 8 of 10 futures it costs" in found.detail


def test_middle_of_the_futures_is_named_with_its_reason_where_it_lies_away(default: Comparison) -> None:
    median = default[API].median_present_value_usd
    assert median is not None
    assert median > 1.1 * value_usd(default, API)
    said = f"costs ${median:,.0f}, not ${value_usd(default, API):,.0f}"
    assert said in default.verdict.detail
    assert "administration of an API account" in default.verdict.detail


def test_several_machines_are_counted_in_the_sentence() -> None:
    found = verdict_on(options=(SMALL, API), requests_per_working_day=1500)
    count = found[SMALL].eligibility.machine_count
    assert count is not None
    assert count > 1
    assert f"{count} x Mac Studio M5 Ultra 96 GB" in found.verdict.sentence


def test_without_futures_nothing_is_said_about_chances(default: Comparison) -> None:
    found = verdicts_of(
        default.options,
        candidates=default.candidates,
        odds=None,
        catalog=CATALOG,
        model=CATALOG.model(default.scenario.model),
    ).overall
    assert found.chance is None
    assert found.flips == ()
    assert found.difference_usd.low == found.difference_usd.central == found.difference_usd.high
    assert "futures" not in found.sentence + found.detail


def test_machine_that_is_there_already_is_said_to_enter_at_its_worth() -> None:
    found = verdict_on(options=(PC, API), already_own_usd={PC: 4600})
    (said,) = [remark.text for remark in found.remarks if remark.code == "already-own"]
    assert "counts at today's resale value ($4,600 after fees)" in said
    assert said in comparison_text(found)


def test_verdict_on_the_articles_figures_says_whose_they_are_and_ours_does_not() -> None:
    claimed = compare_all(preset("article"), CATALOG, draw_count=0, with_turns=False).verdicts
    ours = compare_all(Scenario(), CATALOG, draw_count=0, with_turns=False).verdicts
    for found in (claimed.overall, claimed.mac_or_pc):
        assert found is not None
        assert found.sentence.split(". ")[0].rstrip(".").endswith(", on the article's own figures")
    assert "article's own" not in ours.overall.sentence


@pytest.mark.parametrize(
    ("middle", "base", "is_away"),
    [
        (110.0, 100.0, False),
        (111.0, 100.0, True),
        (89.0, 100.0, True),
        (-111.0, -100.0, True),
        (0.4, 0.0, False),  # both are no dollar
        (1.4, 1.0, False),
        (2.0, 1.0, True),
    ],
)
def test_middle_is_away_from_the_base_case_beyond_a_tenth_and_a_dollar(
    middle: float, base: float, is_away: bool
) -> None:
    assert _is_away(middle, base) == is_away


def test_invoices_say_still_where_the_same_option_wins_and_would_be_where_another_does(default: Comparison) -> None:
    seen: set[bool] = set()
    for wage in (0, 95, 400):
        verdict = verdict_on(wage_usd_per_h=wage).verdicts.overall
        if "too close" in verdict.hard.sentence:
            continue
        is_same = verdict.hard.cheapest == verdict.cheapest
        assert ("is still the cheapest" in verdict.hard.sentence) == is_same
        assert ("would be the cheapest" in verdict.hard.sentence) == (not is_same)
        seen.add(is_same)
    assert True in seen


def test_convention_is_that_of_the_money_asked_for() -> None:
    cash, today = (verdict_on(money=money).verdicts.convention for money in ("cash", "present-value"))
    assert cash.startswith("Cash is the plain sum")
    assert today.startswith("Today's money is the present value")


def test_part_that_an_able_machine_buys_is_said_and_that_of_an_api_is_not(default: Comparison) -> None:
    rest = {"requests_per_working_day": 3000, "when_full": "buy-from-api", "first_token_p95_target_s": 0}
    alone = verdict_on(options=(SMALL,), **rest)
    shares = alone[SMALL].eligibility.shares
    assert shares is not None
    assert shares.bought_fraction > 0.1
    assert f"It buys {100 * shares.bought_fraction:.0f} % of its tokens from an API." in alone.verdict.sentence
    assert "It buys" not in verdict_on(options=(API,)).verdict.sentence
    assert "It buys" not in verdict_on(options=(SMALL,)).verdict.sentence
    assert not alone.verdict.too_close
    assert not verdict_on(options=(PC,), model="llama-3.1-405b").verdict.too_close


def verdicts_on(found: Comparison, rows: Sequence[OptionResult], *, odds: Odds | None = None) -> Verdicts:
    """The verdicts on rows of a comparison, without what would turn them."""
    model = CATALOG.model(found.scenario.model)
    return verdicts_of(rows, candidates=found.candidates, odds=odds, catalog=CATALOG, model=model)


def test_no_option_at_all_is_no_verdict(default: Comparison) -> None:
    found = verdicts_on(default, ())
    assert found.overall.sentence == "No option is compared."
    assert (found.overall.cheapest, found.overall.chance, found.overall.too_close) == (None, None, False)
    assert found.overall.difference_usd == found.overall.hard.difference_usd == Range(0.0, 0.0, 0.0, "USD")
    assert found.mac_or_pc is None
    assert found.keep_in_house_sentence == ""


def test_two_options_of_the_same_cost_are_too_close_and_the_id_orders_them(default: Comparison) -> None:
    row = default[SMALL]
    found = verdicts_on(default, (replace(row, id=f"{row.id}-b", name="Another"), row)).overall
    assert (found.cheapest, found.next) == (row.id, f"{row.id}-b")
    assert found.difference_usd.central == 0
    assert found.too_close
    assert "it is too close to call" in found.hard.sentence
    apart = verdicts_on(default, (default[SMALL], default[AM5])).overall
    assert not apart.too_close
    assert "it is too close to call" not in apart.hard.sentence


def test_odds_without_exact_costs_say_chances_and_nothing_about_turning(default: Comparison) -> None:
    odds = ranges(default.candidates, count=COUNT)
    found = verdicts_on(default, default.options, odds=odds).overall
    assert found.chance == default.verdict.chance
    assert (found.flips, found.flips_sentence, found.rests_on_old_prices) == ((), "", ())
    able = [row.id for row in default.options if row.eligible]
    hard = odds.hard_present_value_usd
    least = np.min([hard[option] for option in able], axis=0)
    assert found.hard.cheapest is not None
    assert found.hard.chance == float(np.mean(hard[found.hard.cheapest] <= least))


def test_who_cannot_do_the_job_is_named_under_the_whole_verdict_alone() -> None:
    found = verdict_on(options=(USED, SMALL, AM5), first_token_p95_target_s=15)
    names = {row.name: row.eligible for row in found.options}
    assert sorted(names.values()) == [False, True, True]
    said = found.verdicts.overall.detail.split("Not ranked, because it cannot do the job: ")[1]
    assert [name for name in names if name in said] == [name for name, able in names.items() if not able]
    assert found.verdicts.mac_or_pc is not None
    assert "Not ranked" not in found.verdicts.mac_or_pc.detail


def test_where_neither_mac_nor_pc_can_both_reasons_are_said_and_nothing_is_ranked() -> None:
    found = verdict_on(options=(SMALL, AM5), model="deepseek-v3-671b").verdicts.mac_or_pc
    assert found is not None
    assert "No Mac in this comparison can do the job." in found.sentence
    assert "No PC with GPUs in this comparison can do the job." in found.sentence
    assert "that can is" not in found.sentence
    assert (found.cheapest, found.next, found.chance, found.too_close) == (None, None, None, False)
    assert found.difference_usd == Range(0.0, 0.0, 0.0, "USD")
    told = re.findall(r"What would change that for the ([^:]+): [\d.]+ GB more memory\.", found.detail)
    assert told == ["Mac", "PC with GPUs"]


def test_kind_that_is_left_alone_is_not_too_close_to_anything() -> None:
    found = verdict_on(options=(USED, AM5), first_token_p95_target_s=15).verdicts
    assert found.mac_or_pc is not None
    assert (found.mac_or_pc.too_close, found.overall.too_close) == (False, False)
    assert found.mac_or_pc.difference_usd == found.overall.difference_usd == Range(0.0, 0.0, 0.0, "USD")
    assert found.mac_or_pc.hard.cheapest == found.overall.hard.cheapest == AM5


@pytest.mark.parametrize("money", ["present-value", "cash"])
def test_price_of_keeping_it_in_house_is_the_difference_and_level_per_month(money: str) -> None:
    found = compare(Scenario.parse({"options": (SMALL, API), "money": money}), CATALOG, draw_count=0)
    own, api = found[SMALL].tco, found[API].tco
    assert own is not None
    assert api is not None
    if money == "cash":
        more_usd = own.total_cost_usd - api.total_cost_usd
    else:
        more_usd = own.present_value_cost_usd - api.present_value_cost_usd
    said = found.verdicts.keep_in_house_sentence
    per_month = found.verdicts.keep_in_house_usd_per_month
    assert more_usd > 0
    assert f"Keeping your data in house costs ${more_usd:,.0f} more over 36 months" in said
    assert f"instead of {found[API].name}. " in said
    assert per_month is not None
    rate = found.scenario.discount_rate
    how = f"In equal monthly payments at {100 * rate:.4g} % a year that" if money == "present-value" else "That"
    assert said.endswith(f"{how} is ${per_month:,.0f} a month.")
    assert said in found.verdicts.overall.detail


def test_middle_of_the_gap_is_named_where_it_lies_away_from_the_base_case(default: Comparison) -> None:
    odds = ranges(default.candidates, count=COUNT)
    verdict = default.verdict
    assert verdict.cheapest is not None
    assert verdict.next is not None
    gap = odds.present_value_usd[verdict.next] - odds.present_value_usd[verdict.cheapest]
    middle, base = float(np.median(gap)), verdict.difference_usd.central
    said = f"costs ${middle:,.0f} more, not ${base:,.0f}."
    assert (said in verdict.detail) == _is_away(middle, base)


def test_input_that_only_brings_another_mac_forward_turns_the_whole_verdict_and_not_mac_or_pc() -> None:
    pair, three = (SMALL, AM5), (SMALL, MAC, AM5)
    name = f"{SMALL}.price_usd"
    flips = [
        {flip.name: flip.at for flip in one.flips}
        for one in (verdict_on(options=pair).verdicts.mac_or_pc, verdict_on(options=three).verdicts.mac_or_pc)
        if one is not None
    ]
    at = flips[0][name]  # with one Mac the PC wins there
    assert name not in flips[1]
    for options, winner in ((pair, AM5), (three, MAC)):
        assert verdict_on(options=options, figures={name: at * 1.01}).verdict.cheapest == winner


def test_purchase_that_pays_back_is_the_one_that_takes_more_dollars_at_the_start() -> None:
    """The larger Mac costs more at first and less in each month, so it is the one that pays back."""
    found = verdict_on(options=(MAC, AM5))
    mac, pc = found[MAC], found[AM5]
    assert mac.tco is not None
    assert pc.tco is not None
    assert mac.tco.monthly_usd[0] < pc.tco.monthly_usd[0] < 0
    assert pc.tco.monthly_usd[1] < mac.tco.monthly_usd[1] < 0
    pairs = zip(mac.tco.cumulative_usd, pc.tco.cumulative_usd, strict=True)
    month = next(month for month, (own, other) in enumerate(pairs) if own > other)
    assert found.verdicts.mac_or_pc is not None
    assert f"{mac.name} is cheaper than {pc.name} from month {month}" in found.verdicts.mac_or_pc.detail
