"""Sentences of the Decide page: headlines say what the verdict says, in the money shown, and never more than it knows."""

from dataclasses import replace
from typing import Any, Literal

import pytest

from calculator.cost.tco import in_cash
from calculator.decision.compare import compare
from calculator.decision.comparison import Comparison, HardVerdict, OldPrice, Verdict
from calculator.number import Range
from calculator.risk.candidate import Candidate
from calculator.scenario.presets import preset, preset_names
from calculator.scenario.scenario import Scenario
from tests.views.comparison_case import comparison, tco
from tests.views.pages import CATALOG
from views.decide_words import hero_of, name_of, seconds_range
from views.look import style_of, usd
from views.money import shown_usd_of

MAC, USED, API, H100 = "mac-studio-m5-ultra-256", "mac-studio-m2-ultra-192-used", "api-same-model", "cloud-h100"


def pair(case: Comparison, **changes: Any) -> Comparison:
    """The case with a Mac-or-PC verdict between its two Macs, changed as given."""
    verdict = replace(case.verdicts.overall, cheapest=USED, next=MAC, **changes)
    machines = tuple(Candidate(CATALOG.machines[one.id]) for one in case.options if one.id in CATALOG.machines)
    candidates = replace(case.candidates, options=machines)
    return replace(case, verdicts=replace(case.verdicts, mac_or_pc=verdict), candidates=candidates)


def overall(case: Comparison, **changes: Any) -> Comparison:
    return replace(case, verdicts=replace(case.verdicts, overall=replace(case.verdicts.overall, **changes)))


def hero(case: Comparison, which: Literal["mac_or_pc", "overall"] = "overall") -> dict[str, Any]:
    found = hero_of(case, which)
    assert found is not None
    return found


@pytest.mark.parametrize("money", ["present-value", "cash"])
@pytest.mark.parametrize("labour", ["with", "without"])
def test_headline_names_the_cheapest_with_its_cost_in_the_money_shown(
    money: Literal["present-value", "cash"], labour: Literal["with", "without"]
) -> None:
    case = comparison(money=money, labour=labour)
    found = hero(case)
    assert found["title"] == "Hosted API, same model"
    assert found["amount"] == usd(shown_usd_of(case[API], case.scenario))
    assert found["hue"] == style_of(API).hue
    gap = (case.verdict.difference_usd if labour == "with" else case.verdict.hard.difference_usd).central
    assert found["range"] == f"over 3 years, {usd(gap)} less than 2 x Mac Studio M2 Ultra 192 GB, used."
    assert found["notes"][0].startswith(f"Stays the cheapest in {93 if labour == 'with' else 90} of 100 futures")


def test_mac_or_pc_names_the_kind_and_the_gap_and_both_costs() -> None:
    case = pair(comparison())
    found = hero(case, "mac_or_pc")
    assert (found["title"], found["amount"]) == ("The Mac", f"by {usd(case.verdict.difference_usd.central)}")
    for one in (USED, MAC):
        assert f"{name_of(case[one])} {usd(shown_usd_of(case[one], case.scenario))}" in found["range"]
    turned = replace(case.verdicts, mac_or_pc=replace(case.verdict, cheapest="dual-rtx-4090-threadripper", next=MAC))
    cost = tco(months=36, purchase_usd=5000, monthly_usd={"administration": 40.0})
    options = tuple(replace(one, tco=cost) if one.tco is None else one for one in case.options)
    assert hero(replace(case, verdicts=turned, options=options), "mac_or_pc")["title"] == "The PC"


def test_machine_of_ones_own_is_a_mac_by_its_chip_and_not_by_its_name() -> None:
    own = {"box": {"chip": "apple-m5-ultra-80", "price_usd": 4000, "name": "the box"}}
    assert "apple-m5-ultra-80" in CATALOG.chips
    asked = Scenario.parse({"own_options": own, "options": ["box", "dual-rtx-4090-am5"]})
    case = compare(asked, CATALOG, draw_count=256, with_turns=False)
    assert hero(case, "mac_or_pc")["title"] == "The Mac"


def test_bar_under_a_verdict_shows_the_share_that_its_sentence_says() -> None:
    found = hero(comparison())
    assert found["odds"] == [[0.93, style_of(API).hue], [0.07, style_of(USED).hue]]
    assert "93 of 100 futures" in found["notes"][0]


def test_verdict_too_close_to_call_names_nobody_in_its_headline() -> None:
    found = hero(overall(comparison(), too_close=True))
    assert (found["title"], found["amount"], found["close"]) == ("Too close to call", "", True)
    assert "Hosted API, same model $" in found["range"]
    assert not found["notes"][0].startswith("Stays")


def test_invoices_alone_may_be_too_close_where_the_whole_is_not() -> None:
    hard = HardVerdict("Close.", API, USED, Range(-10.0, 200.0, 900.0, "USD"), 0.7)
    assert hero(overall(comparison(labour="without"), hard=hard))["title"] == "Too close to call"
    assert hero(overall(comparison(labour="with"), hard=hard))["title"] == "Hosted API, same model"


def test_what_was_searched_with_staff_hours_says_so_where_they_are_left_out() -> None:
    counted, bare = hero(comparison()), hero(comparison(labour="without"))
    assert counted["flips"] == "Care of an API account above 40 h a year turns it."
    assert bare["flips"] == "Counting staff hours: Care of an API account above 40 h a year turns it."
    none = overall(comparison(labour="without"), flips_sentence="No single input makes Mac cheaper within its range.")
    assert hero(none)["flips"] == "Counting staff hours: no single input makes Mac cheaper within its range."
    said = "eeping your data in house costs $3,720 more. This is the price of privacy."
    assert f"K{said}" in counted["notes"]
    assert f"Counting staff hours, k{said}" in bare["notes"]


def test_nothing_that_can_do_the_job_is_the_headline() -> None:
    nobody = Verdict(
        "No option can do the job.", "Add a machine.", None, None, Range(0, 0, 0, "USD"), None, False,
        HardVerdict("", None, None, Range(0, 0, 0, "USD"), None),
    )  # fmt: skip
    case = comparison()
    found = hero(replace(case, verdicts=replace(case.verdicts, overall=nobody, mac_or_pc=None)))
    assert found["title"] == "Nothing here can do the job"
    assert found["range"] == "No option can do the job."
    assert found["notes"] == ["Add a machine."]
    assert hero_of(replace(case, verdicts=replace(case.verdicts, mac_or_pc=None)), "mac_or_pc") is None


def test_only_option_of_its_kind_wins_without_a_gap() -> None:
    found = hero(comparison(), "mac_or_pc")
    assert found["title"] == "Only Mac Studio M5 Ultra 256 GB"
    assert found["range"] == "Mac or PC: no PC in this comparison can do the job."
    assert found["odds"] == []
    alone = hero(overall(comparison(), next=None))
    assert (alone["title"], alone["range"]) == ("Hosted API, same model", "The only one that can do the job.")


def test_kind_of_which_several_can_is_not_called_one_machine() -> None:
    case = pair(comparison())
    assert case.verdicts.mac_or_pc is not None
    of_kind = replace(case.verdicts.mac_or_pc, next=None, sentence="No PC with GPUs can do the job. 2x RTX 4090: no.")
    case = replace(case, verdicts=replace(case.verdicts, mac_or_pc=of_kind))
    found = hero(case, "mac_or_pc")
    cheapest = min((case[USED], case[MAC]), key=lambda one: shown_usd_of(one, case.scenario))
    assert (found["title"], found["hue"]) == ("Only Macs", style_of(cheapest.id).hue)
    assert found["amount"] == f"from {usd(shown_usd_of(cheapest, case.scenario))}"
    assert found["range"] == f"No PC with GPUs can do the job. The cheapest Mac that can is {name_of(cheapest)}."
    out = replace(case[MAC], eligibility=comparison(overloaded=MAC)[MAC].eligibility)
    alone = replace(case, options=tuple(out if one.id == MAC else one for one in case.options))
    assert hero(alone, "mac_or_pc")["title"] == f"Only {name_of(case[USED])}"


def test_different_bits_of_a_verdict_are_said_below_its_headline() -> None:
    asked = {"weight_class": "8-bit", "prompt_tokens": 8000, "retrieved_tokens": 24_000, "second_tenant_gb": 40}
    asked |= {"first_token_p95_target_s": 0, "weight_classes": {"mac-studio-m5-ultra-96": "4-bit"}}
    found = hero(compare(Scenario.parse(asked), CATALOG, draw_count=0, with_turns=False), "mac_or_pc")
    assert found["title"] == "Only Macs"
    assert any("Ultra 96 GB runs the model at 4-bit, Mac Studio M5 Ultra 256 GB at 8-bit." in x for x in found["notes"])
    two = {"options": (MAC, "dual-rtx-4090-am5"), "weight_classes": {MAC: "8-bit"}}
    for labour in ("with", "without"):
        both = compare(Scenario.parse(two | {"labour": labour}), CATALOG, draw_count=64, with_turns=False)
        assert any(
            "256 GB runs the model at 8-bit" in note or "256 GB at 8-bit" in note for note in hero(both)["notes"]
        )


def test_price_of_privacy_is_nothing_where_what_is_cheapest_stays_in_house() -> None:
    case = comparison()
    nothing = replace(case, verdicts=replace(case.verdicts, keep_in_house_usd_per_month=0.2))
    assert "Nothing leaves your house with it." in hero(nothing)["notes"]
    nobody = replace(
        case,
        verdicts=replace(
            case.verdicts, keep_in_house_usd_per_month=None, keep_in_house_reason="No option keeps all in house."
        ),
    )
    assert "No option keeps all in house." in hero(nobody)["notes"]
    assert "the price of privacy" not in " ".join(hero(case, "mac_or_pc")["notes"])


def test_old_price_is_news_only_where_the_verdict_turns_on_it() -> None:
    turning = OldPrice(USED, "A used Mac", "price", "2023-06", 1245, False, "At the price of 2023 this may turn.")
    kept = replace(turning, survives=True, sentence="It survives.")
    found = hero(overall(comparison(), rests_on_old_prices=(kept, turning)))
    assert "At the price of 2023 this may turn." in found["notes"]
    assert "It survives." not in found["notes"]


def test_span_is_in_years_where_it_is_whole_years() -> None:
    assert "over 4 years" in hero(comparison(months=48))["range"]
    assert "over 30 months" in hero(comparison(months=30))["range"]
    assert "over 12 months" in hero(comparison(months=12))["range"]


def test_wait_for_the_first_word_is_the_base_case_with_the_range_of_the_speeds() -> None:
    case = comparison()
    assert seconds_range(case[MAC]) == ["12 s", "9.0 s to 18 s"]
    assert seconds_range(case[API]) == []
    endless = replace(case[MAC].eligibility, first_token_p95_s=Range(9.0, float("inf"), float("inf"), "s"))
    assert seconds_range(replace(case[MAC], eligibility=endless)) == ["never", "the queue grows"]
    at_the_edge = replace(case[MAC].eligibility, first_token_p95_s=Range(3570.0, 3600.0, float("inf"), "s"))
    assert seconds_range(replace(case[MAC], eligibility=at_the_edge)) == ["1.0 hours", "59.5 minutes or more"]
    exact = replace(case[MAC].eligibility, first_token_p95_s=Range(12.0, 12.0, 12.0, "s"))
    assert seconds_range(replace(case[MAC], eligibility=exact)) == ["12 s", ""]


def test_name_says_how_many_machines_of_an_able_option() -> None:
    assert name_of(comparison()[USED]) == "2 x Mac Studio M2 Ultra 192 GB, used"
    assert name_of(comparison(overloaded=USED)[USED]) == "Mac Studio M2 Ultra 192 GB, used"
    assert name_of(comparison()[H100]) == "Rented H100 80 GB"


@pytest.mark.parametrize("labour", ["with", "without"])
@pytest.mark.parametrize("name", preset_names())
def test_sentences_of_every_example_are_whole(name: str, labour: str) -> None:
    scenario = preset(name).changed(labour=labour)
    case = compare(scenario, CATALOG, as_of="2026-11-26", draw_count=200, with_turns=False)
    for found in filter(None, (hero_of(case, "mac_or_pc"), hero_of(case, "overall"))):
        for text in (found["range"], *found["notes"], *filter(None, [found["flips"]])):
            assert text.endswith(".")
            assert not text.endswith("..")
            assert "nan" not in text
            assert "None" not in text
        assert not found["title"].endswith(".")


def test_case_under_cash_is_the_ledgers_plain_sum() -> None:
    case = comparison(money="cash")
    cost = case[API].tco
    assert cost is not None
    assert hero(case)["amount"] == usd(in_cash(cost).present_value_cost_usd) == usd(cost.total_cost_usd)


def test_too_close_to_call_says_why() -> None:
    wide = Range(-900.0, 200.0, 5200.0, "USD")
    held = hero(overall(comparison(), too_close=True, difference_usd=wide))["notes"]
    assert "We name no winner: in some of these futures one is cheaper, in others the other." in held
    turned = Range(-900.0, 200.0, -100.0, "USD")
    against = hero(overall(comparison(), too_close=True, difference_usd=turned))["notes"]
    assert any("the base case and most futures disagree" in note for note in against)
    assert not any("no winner" in note for note in hero(comparison())["notes"])


def test_second_verdict_says_why_it_has_nothing_to_compare() -> None:
    own = ("mac-studio-m5-ultra-96", "dual-rtx-4090-am5")
    found = compare(Scenario(options=own), CATALOG, draw_count=256)
    first, second = hero(found, "mac_or_pc"), hero(found)
    assert second["range"].startswith("There is nothing to rent and no API in this comparison")
    assert (second["odds"], second["flips"]) == ([], "")
    assert first["odds"]
    assert not set(first["notes"]) & set(second["notes"])
    barred = compare(Scenario(options=(*own, "api-same-model"), leaves_house_fraction_max=0.0), CATALOG, draw_count=256)
    assert hero(barred)["range"].startswith("No rented machine and no API in this comparison can do the job")
    both = compare(Scenario(options=(*own, "api-same-model")), CATALOG, draw_count=256)
    assert hero(both)["odds"]


def test_pair_of_invoices_alone_is_said_to_be_chosen_with_staff_hours() -> None:
    said = "These two are the best Mac and the best PC with staff hours counted."
    for labour in ("with", "without"):
        found = compare(Scenario.parse({"labour": labour}), CATALOG, draw_count=0)
        notes = hero(found, "mac_or_pc")["notes"]
        assert any(note.startswith(said) for note in notes) == (labour == "without")
        assert not any(said in note for note in hero(found, "overall")["notes"])
