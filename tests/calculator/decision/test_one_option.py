"""One option answered: what it lacks where it cannot do the job, its machines and cost where it can."""

import re
from dataclasses import replace
from typing import Any

import pytest

from calculator import Scenario, load_catalog
from calculator.decision.comparison import OptionResult
from calculator.decision.one_option import Question, answer_of, sized_anew
from calculator.number import Range
from calculator.physics.memory.format_words import plain_name
from calculator.scenario.own_catalog import catalog_of
from calculator.service.capability import reference_tariff, scenario_model
from calculator.service.sizing import MOST_MACHINES

CATALOG = load_catalog()
SMALL, MAC, AM5 = "mac-studio-m5-ultra-96", "mac-studio-m5-ultra-256", "dual-rtx-4090-am5"
API, RENTED = "api-same-model", "cloud-h100"
BUSY: dict[str, Any] = {"requests_per_working_day": 20_000.0, "first_token_p95_target_s": 0.0}
"""More than one Mac can do in a day."""


def question(**values: Any) -> Question:
    scenario = Scenario.parse(values)
    return Question(
        scenario=scenario,
        catalog=CATALOG,
        model=scenario_model(scenario, CATALOG),
        reference=reference_tariff(scenario, CATALOG),
        measurements=(),
        day="2026-11-26",
    )


def answer(option: str, **values: Any) -> OptionResult:
    return answer_of(question(**values), option)[0]


def codes(option: str, **values: Any) -> list[str]:
    return [reason.code for reason in answer(option, **values).eligibility.reasons]


def usd(found: OptionResult) -> float:
    assert found.tco is not None
    return found.tco.present_value_cost_usd


@pytest.mark.parametrize("option", [SMALL, AM5, RENTED, API])
def test_default_options_can_do_the_job_and_have_a_cost(option: str) -> None:
    found, costed = answer_of(question(), option)
    assert found.eligible
    assert found.tco is not None
    assert costed is not None
    shares = found.eligibility.shares
    assert shares is not None
    assert shares.served_here_fraction + shares.bought_fraction + shares.unserved_fraction == pytest.approx(1.0)
    assert shares.leaves_house_fraction == pytest.approx(0.0 if found.kind == "own" else 1.0)


def test_model_that_does_not_fit_has_a_reason_and_no_cost() -> None:
    found, costed = answer_of(question(model="llama-3.1-405b"), SMALL)
    assert costed is None
    assert found.tco is None
    (reason,) = found.eligibility.reasons
    assert reason.code == "does-not-fit"
    assert reason.mend


def test_precision_that_the_runtime_lacks_is_no_format() -> None:
    (reason,) = answer(RENTED, model="qwen3-8b", weight_class="5-bit").eligibility.reasons
    assert reason.code == "no-format"
    assert reason.text == "Rented H100 80 GB by the hour: vLLM has no 5-bit format here. Known: 4-bit, 8-bit, 16-bit."
    assert reason.mend == "Another precision of the weights."
    assert reason.short == "does not load 5-bit"


def test_model_of_another_size_has_no_price_at_a_host() -> None:
    found = answer(API, model="another-size", another_size_b=14.0)
    assert [reason.code for reason in found.eligibility.reasons] == ["no-price"]
    assert [remark.code for remark in found.remarks] == ["no-host"]
    assert found.tco is None


def test_wait_that_an_idle_machine_misses_has_the_reason_of_its_target() -> None:
    assert codes(SMALL, first_token_p95_target_s=0.5) == ["first-token-too-slow"]
    assert codes(SMALL, first_token_p95_target_s=0, answer_p95_target_s=1) == ["answer-too-slow"]
    assert codes(SMALL, first_token_p95_target_s=0, stream_target_tokens_per_s=500) == ["stream-too-slow"]


def test_number_that_is_too_small_is_told_once_and_by_how_many() -> None:
    found = answer(SMALL, machine_count=1, **BUSY)
    (reason,) = found.eligibility.reasons  # not a second time as a share that is not served
    assert reason.code == "overloaded-at-peak"
    needed = int(reason.mend.split()[0].replace(",", ""))
    able, short = (answer(SMALL, machine_count=number, **BUSY) for number in (needed, needed - 1))
    assert able.eligible
    assert not short.eligible
    assert answer(SMALL, **BUSY).eligibility.machine_count == needed


def test_demand_of_a_data_centre_is_beyond_this_tool_and_not_costed() -> None:
    found = answer(SMALL, requests_per_working_day=1_000_000)
    assert [reason.code for reason in found.eligibility.reasons] == ["beyond-this-tool"]
    assert found.tco is None
    assert found.eligibility.machine_count is None or found.eligibility.machine_count > MOST_MACHINES


def test_nothing_may_leave_the_house() -> None:
    asked = {"leaves_house_fraction_max": 0.0}
    assert codes(SMALL, **asked) == []
    assert codes(RENTED, **asked) == ["leaves-the-house"]
    assert codes(API, **asked) == ["leaves-the-house"]
    assert codes(SMALL, when_full="buy-from-api", **BUSY, **asked) == ["leaves-the-house"]


def test_spot_machine_that_is_taken_away_leaves_work_undone() -> None:
    asked = {"cloud_rate": "spot", "spot_interruption_fraction": 0.2, "when_down": "lose"}
    assert codes("cloud-rtx-4090", model="llama-3-8b", **asked) == ["unserved"]
    assert codes("cloud-rtx-4090", model="llama-3-8b", unserved_fraction_max=0.9, **asked) == []


def test_cheapest_of_the_two_rules_is_the_lower_cost() -> None:
    by_rule = {rule: usd(answer(SMALL, when_full=rule, **BUSY)) for rule in ("buy-another", "buy-from-api", "cheapest")}
    assert by_rule["cheapest"] == min(by_rule["buy-another"], by_rule["buy-from-api"])
    assert by_rule["buy-another"] != by_rule["buy-from-api"]


def test_cheapest_rule_takes_one_that_keeps_everything_in_house_where_that_is_asked() -> None:
    found = answer(SMALL, when_full="cheapest", leaves_house_fraction_max=0.0, **BUSY)
    assert found.eligible
    assert usd(found) == usd(answer(SMALL, when_full="buy-another", **BUSY))


def test_further_machines_come_in_the_months_of_the_ledger() -> None:
    found = answer(SMALL, demand_growth_rate=1.0, **(BUSY | {"requests_per_working_day": 3_000.0}))
    months = found.eligibility.further_months
    assert months
    assert list(months) == sorted(months)
    assert all(1 < month <= found.tco.months for month in months if found.tco is not None)


def test_watts_that_contradict_each_other_are_a_warning() -> None:
    found = answer(SMALL, figures={f"{SMALL}.idle_w": 400.0, f"{SMALL}.decode_w": 100.0})
    assert "watts-contradict" in [remark.code for remark in found.remarks]
    assert "watts-contradict" not in [remark.code for remark in answer(SMALL).remarks]


def test_sized_anew_is_the_cost_of_the_changed_scenario_for_those_that_can() -> None:
    asked = question(**BUSY)
    costs = sized_anew(asked, "wage_usd_per_h", 40.0, options=(SMALL, API))
    assert costs == {name: usd(answer(name, wage_usd_per_h=40.0, **BUSY)) for name in (SMALL, API)}
    heavier = sized_anew(asked, "answer_tokens", 800.4, options=(SMALL,))  # a count of tokens is whole
    assert heavier[SMALL] == usd(answer(SMALL, answer_tokens=800, **BUSY))
    figure = sized_anew(asked, f"{SMALL}.price_usd", 3_000.0, options=(SMALL,))
    assert figure[SMALL] == usd(answer(SMALL, figures={f"{SMALL}.price_usd": 3_000.0}, **BUSY))
    assert sized_anew(asked, "first_token_p95_target_s", 0.01, options=(SMALL,)) == {}


def test_stale_price_is_told_by_the_day_of_looking() -> None:
    asked = question()
    later = replace(asked, day="2029-11-26")
    assert "stale-price" in [remark.code for remark in answer_of(later, SMALL)[0].remarks]
    assert usd(answer_of(later, SMALL)[0]) == usd(answer_of(asked, SMALL)[0])


def stale_remark(option: str, **values: Any) -> str:
    asked = replace(question(**values), day="2030-01-01")
    return next(one.text for one in answer_of(asked, option)[0].remarks if one.code == "stale-price")


@pytest.mark.parametrize("rate", ["on-demand", "spot"])
def test_age_of_a_rate_is_that_of_the_rate_in_the_bill(rate: str) -> None:
    as_of = CATALOG.clouds["cloud-rtx-4090"].rate(rate).rate_usd_per_h.as_of
    stale = stale_remark("cloud-rtx-4090", cloud_rate=rate, options=("cloud-rtx-4090",))
    assert f"hourly rate last checked {as_of}," in stale


@pytest.mark.parametrize("host", ["median", "cheapest"])
def test_age_of_token_prices_is_that_of_the_host_in_the_bill(host: str) -> None:
    values = {"api_host": host, "model": "llama-3-70b"}
    paid = question(**values).reference
    assert paid is not None
    oldest = min(paid.input_usd_per_mtok.as_of, paid.output_usd_per_mtok.as_of)
    assert f"API price last checked {oldest}," in stale_remark(API, **values)


@pytest.mark.parametrize("option", ["mac-studio-m5-ultra-96", "cloud-h100"])
def test_age_of_a_mix_without_machines_is_that_of_its_tokens(option: str) -> None:
    values: dict[str, Any] = {"machine_count": "cheapest", "requests_per_working_day": 5.0}
    assert stale_remark(option, **values).partition(" last")[0].endswith("API price")
    dear = {**values, "requests_per_working_day": 100.0, "machine_count": 1}
    assert not stale_remark(option, **dear).partition(" last")[0].endswith("API price")


def test_card_whose_prompt_speed_nobody_knows_is_not_ranked_and_a_measurement_mends_it() -> None:
    option = "r9700-pc"
    (reason,) = answer(option, model="qwen3-8b").eligibility.reasons
    assert (reason.code, reason.mend) == ("no-speed", "A measurement of your own.")
    assert "matrix rate" in reason.text


LATE: dict[str, Any] = {"demand_growth_rate": 0.5, "first_token_p95_target_s": 0.0, "months": 36}


def test_late_machine_is_told_with_its_price_and_what_the_api_would_take() -> None:
    """A growth that needs one more machine in the last third of the plan only."""
    told: dict[int, str] = {}
    for requests in range(200, 1_000, 50):
        found = answer(SMALL, requests_per_working_day=float(requests), **LATE)
        months = found.eligibility.further_months
        said = [remark.text for remark in found.remarks if remark.code == "late-machine"]
        assert bool(said) == (len(months) == 1 and months[0] > 24), requests
        if said:
            told[requests] = said[0]
            assert f"one more machine in month {months[0]}, for $" in said[0]
            assert found.tco is not None
            further = -sum(amount for name, amount in found.tco.lines.items() if name.startswith("further "))
            assert f"for ${further:,.0f}." in said[0]
            bought = re.search(r"from an API instead would cost \$([\d,]+)\.$", said[0])
            assert bought
            assert 0 <= int(bought[1].replace(",", "")) < further
    assert told


def test_count_says_why_for_the_rest_that_is_bought_and_for_a_number_that_was_asked() -> None:
    sized = answer(SMALL, **BUSY).eligibility
    assert sized.machine_count is not None
    assert sized.machine_count > 1
    assert f"so {sized.machine_count} are needed." in sized.machine_count_reason
    asked = answer(SMALL, machine_count=1, when_full="buy-from-api", **BUSY).eligibility
    assert asked.machine_count_reason.startswith("You chose 1 machine. ")


def test_cheapest_number_is_answered_with_its_neighbours() -> None:
    found = answer(SMALL, machine_count="cheapest", **BUSY)
    assert found.tco is not None
    count = found.eligibility.machine_count
    assert count is not None
    assert found.eligibility.machine_count_reason.startswith("Of 0 to ")
    for other in {count - 1, count + 1} - {0, -1}:
        beside = answer(SMALL, machine_count=other, when_full="buy-from-api", **BUSY)
        if beside.eligible:
            assert usd(beside) >= usd(found)


def test_cheapest_number_is_none_only_where_everything_may_leave_the_house() -> None:
    free, kept = (answer(SMALL, machine_count="cheapest", leaves_house_fraction_max=most) for most in (1.0, 0.0))
    assert free.eligibility.machine_count == 0
    assert kept.eligibility.machine_count == 1
    assert free.eligible
    assert kept.eligible


def test_speeds_of_the_row_are_those_that_are_drawn() -> None:
    found, costed = answer_of(question(), SMALL)
    assert costed is not None
    for drawn, speed in ((costed.decode_tokens_per_s, found.decode), (costed.prefill_tokens_per_s, found.prefill)):
        assert speed is not None
        assert drawn == Range(speed.low, speed.central, speed.high, speed.unit)
    assert found.basis_of_speed == (found.decode.basis if found.decode else None)
    (row, alone) = answer_of(question(), API)
    assert (row.decode, row.basis_of_speed) == (None, "")
    assert alone is not None


def test_chance_of_the_promise_falls_with_what_is_promised_and_is_none_without() -> None:
    def chance(**values: Any) -> float | None:
        return answer(SMALL, **values).eligibility.keeps_promise_chance

    seldom, often = chance(first_token_p95_target_s=15.0), chance(first_token_p95_target_s=30.0)
    assert seldom is not None
    assert often is not None
    assert 0 <= seldom < often <= 1
    assert chance(first_token_p95_target_s=0.0) is None  # nothing else is promised by default
    assert chance(first_token_p95_target_s=0.0, stream_target_tokens_per_s=5.0) is not None
    assert chance(first_token_p95_target_s=2.0) is None  # no number of machines keeps that


def test_fewer_bits_that_fit_are_the_mending_and_without_any_there_is_none() -> None:
    fewer = answer(SMALL, model="llama-3-70b", weight_class="16-bit")
    assert [reason.code for reason in fewer.eligibility.reasons] == ["does-not-fit"]
    assert re.search(r"\d-bit weights fit\.", fewer.eligibility.reasons[0].mend)
    assert plain_name(CATALOG.format(fewer.format_id)) == fewer.format_name
    large = answer(SMALL, model="deepseek-v3-671b")
    assert "weights fit" not in large.eligibility.reasons[0].mend


def test_watts_at_rest_are_held_against_the_lower_of_those_at_work() -> None:
    def warns(idle: float, prefill: float, decode: float) -> bool:
        figures = {f"{SMALL}.idle_w": idle, f"{SMALL}.prefill_w": prefill, f"{SMALL}.decode_w": decode}
        return "watts-contradict" in [remark.code for remark in answer(SMALL, figures=figures).remarks]

    assert warns(200.0, 300.0, 150.0)
    assert warns(200.0, 150.0, 300.0)
    assert not warns(200.0, 200.0, 300.0)
    assert not warns(100.0, 300.0, 200.0)


def test_share_that_stays_undone_is_mended_by_a_number_or_by_an_api() -> None:
    """One machine that takes everything and is down for a tenth of its hours needs no second one."""
    (reason,) = answer(
        SMALL, availability_fraction=0.9, when_down="lose", unserved_fraction_max=0.0
    ).eligibility.reasons
    assert reason.code == "unserved"
    assert reason.mend.startswith("Buy from an API what it misses while it is down")
    asked = {"machine_count": 1, "first_token_p95_target_s": 0.0, "demand_growth_rate": 1.0}
    short = answer(SMALL, unserved_fraction_max=0.0, requests_per_working_day=400.0, **asked)
    for one in short.eligibility.reasons:
        assert re.match(r"\d+ of these machines\.", one.mend), one


def test_machines_beyond_the_most_are_named_by_their_number_unless_the_rest_is_bought() -> None:
    many: dict[str, Any] = {
        "requests_per_working_day": 20_000.0,
        "demand_growth_rate": 9.0,
        "first_token_p95_target_s": 0,
    }
    found = answer(SMALL, **many)
    assert "beyond-this-tool" in [reason.code for reason in found.eligibility.reasons]
    assert codes(SMALL, when_full="buy-from-api", **many) == []


def test_route_is_answered_by_its_parts() -> None:
    asked = question(options=("mix", SMALL, API), routing={"mix": {"base": SMALL, "to": API, "share": 0.25}})
    asked = replace(asked, catalog=catalog_of(asked.scenario, CATALOG))
    found, costed = answer_of(asked, "mix")
    assert found.tco is not None
    assert costed is not None
    assert found.eligibility.shares is not None
    assert found.eligibility.shares.leaves_house_fraction == pytest.approx(0.25)


def test_split_over_more_cards_than_layers_says_so_and_is_not_ranked() -> None:
    octo = {"chip": "nvidia-rtx-3090", "chip_count": 8, "price_usd": 9000}
    asked = question(own_options={"octo": octo}, options=["octo"], model="llama-3-8b")
    shallow = asked.model.model_copy(update={"layer_count": 4})
    asked = replace(asked, catalog=catalog_of(asked.scenario, CATALOG), model=shallow)
    (reason,) = answer_of(asked, "octo")[0].eligibility.reasons
    assert reason.code == "no-speed"
    assert "over 8 cards leaves some without a layer: Llama 3 / 3.1 8B has 4. Choose 1 to 4 cards." in reason.text


def test_machine_that_comes_in_the_last_month_of_the_plan_is_told_and_one_after_it_is_not() -> None:
    growing = {"demand_growth_rate": 1.0, **(BUSY | {"requests_per_working_day": 3_000.0})}
    last = answer(SMALL, months=36, **growing).eligibility.further_months[-1]
    for months, is_told in ((last - 1, False), (last, True), (last + 1, True)):
        assert (last in answer(SMALL, months=months, **growing).eligibility.further_months) is is_told
