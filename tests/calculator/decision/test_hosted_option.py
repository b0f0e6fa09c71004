"""Hosted options: an API without a host, a subscription with what its vendor says of its limits."""

from calculator import Scenario, compare, load_catalog
from calculator.decision.eligibility import Shares
from calculator.decision.hosted_option import hosted, subscribed
from calculator.decision.question import Question
from calculator.scenario.scenario import knobs
from calculator.service.capability import reference_tariff, scenario_model

CATALOG = load_catalog()


def _question(scenario: Scenario) -> Question:
    model, reference = scenario_model(scenario, CATALOG), reference_tariff(scenario, CATALOG)
    return Question(scenario, CATALOG, model, reference, (), CATALOG.compiled)


def test_api_without_a_host_has_no_cost_and_says_so() -> None:
    row, candidate = hosted(CATALOG.apis["api-same-model"], _question(Scenario.parse({"model": "another-size"})))
    assert candidate is None
    assert row.tco is None
    assert [reason.code for reason in row.eligibility.reasons] == ["no-price"]


def test_model_without_a_hosted_price_is_called_by_its_name() -> None:
    mine = CATALOG.models["llama-3-8b"].model_copy(update={"name": "Our own 8B"}).model_dump(mode="json")
    scenario = Scenario.parse({"model": "ours-8b", "own_models": {"ours-8b": mine}, "options": ("api-same-model",)})
    (remark,) = [one for one in compare(scenario, CATALOG, draw_count=0).options[0].remarks if one.code == "no-host"]
    assert remark.text.startswith("We have no hosted price for Our own 8B, so ")


def test_plan_quotes_its_vendor_and_keeps_the_price_of_its_tokens() -> None:
    row, candidate = subscribed(CATALOG.subscriptions["chatgpt-plus"], _question(Scenario()))
    assert candidate is not None
    assert candidate.reference_api is not None
    assert candidate.reference_api.provider_model == "gpt-6.1-sol"
    (said,) = [remark.text for remark in row.remarks if remark.code == "plan-limits"]
    assert "GPT-6.1 Sol 15-160" in said


def test_seat_is_stale_in_a_comparison_like_any_other_price() -> None:
    found = compare(Scenario.parse({"options": ("cursor-pro", "chatgpt-plus")}), CATALOG, draw_count=0)
    assert "stale-price" in {remark.code for remark in found["cursor-pro"].remarks}


def test_api_serves_all_of_it_outside_and_says_what_it_costs() -> None:
    row, candidate = hosted(CATALOG.apis["api-same-model"], _question(Scenario()))
    assert candidate is not None
    assert row.tco is not None
    assert (row.available, row.fits, row.kind) == (True, True, "api")
    assert row.eligible
    assert row.eligibility.shares == Shares(0.0, 1.0, 0.0, 1.0)
    strict, _ = hosted(CATALOG.apis["api-same-model"], _question(Scenario(leaves_house_fraction_max=0.5)))
    (reason,) = strict.eligibility.reasons
    assert (reason.code, reason.mend) == ("leaves-the-house", "Allow work to leave the house.")


def test_api_without_a_host_is_not_available_and_fits_nothing() -> None:
    row, _ = hosted(CATALOG.apis["api-same-model"], _question(Scenario.parse({"model": "another-size"})))
    assert (row.available, row.fits) == (False, False)
    assert [remark.code for remark in row.remarks] == ["no-host"]


def test_shares_of_a_plan_are_those_of_its_cost() -> None:
    row, _ = subscribed(CATALOG.subscriptions["chatgpt-plus"], _question(Scenario(leaves_house_fraction_max=0.0)))
    assert row.tco is not None
    shares = row.eligibility.shares
    assert shares is not None
    bought = row.tco.bought_fraction
    assert shares == Shares(0.0, bought, 1 - bought, bought)
    assert "leaves-the-house" in [reason.code for reason in row.eligibility.reasons]


def test_plan_without_a_published_limit_asks_for_it_in_words() -> None:
    plan = CATALOG.subscriptions["claude-max-20x"]
    row, _ = subscribed(plan, _question(Scenario()))
    (reason,) = [one for one in row.eligibility.reasons if one.code == "limit-not-published"]
    assert reason.mend == f"Enter the requests that a seat of {plan.name} takes in a window."


def test_seats_that_are_not_enough_name_the_inputs_as_the_page_does() -> None:
    asked = {"subscription_excess": "refuse", "seat_count": 1, "requests_per_working_day": 50_000}
    row, _ = subscribed(CATALOG.subscriptions["chatgpt-plus"], _question(Scenario.parse(asked)))
    (reason,) = [one for one in row.eligibility.reasons if one.code == "unserved"]
    seats, excess = (knobs()[name].label for name in ("seat_count", "subscription_excess"))
    assert reason.mend == f'More seats under "{seats}", or buy what exceeds them under "{excess}".'
