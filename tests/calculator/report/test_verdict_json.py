"""The contract of all faces: keys of both verdicts and of each option, and one set of figures in sentence, JSON and
CSV."""

import io
import json
from typing import Any

import pandas as pd
import pytest

from calculator import Comparison, Scenario, compare, load_catalog
from calculator.report.answer_json import comparison_dict
from calculator.report.facts import facts_dict
from calculator.report.ledger_csv import tidy_csv
from calculator.report.terminal import comparison_text

CATALOG = load_catalog()
MAC, AM5, API, RENTED = "mac-studio-m5-ultra-256", "dual-rtx-4090-am5", "api-same-model", "cloud-h100"
CASES: dict[str, dict[str, Any]] = {
    "default": {},
    "pair": {"options": (MAC, AM5)},
    "several machines": {"requests_per_working_day": 1500},
    "growth": {"demand_growth_rate": 0.8, "requests_per_working_day": 300},
    "bought": {"requests_per_working_day": 3000, "when_full": "buy-from-api", "first_token_p95_target_s": 0},
    "one cannot": {"first_token_p95_target_s": 15},
    "nobody": {"options": (MAC,), "model": "deepseek-v3-671b"},
}
VERDICT_KEYS = {
    "sentence",
    "detail",
    "cheapest",
    "next",
    "difference_usd",
    "chance",
    "too_close",
    "hard",
    "flips",
    "rests_on_old_prices",
}
OPTION_KEYS = {
    "eligible",
    "reasons",
    "machine_count",
    "served_fraction",
    "leaves_house_fraction",
    "bought_fraction",
    "first_token_p95_s",
    "answer_p95_s",
    "keeps_promise_chance",
    "present_value_usd",
    "median_present_value_usd",
    "hard_present_value_usd",
    "total_cost_usd",
    "lines",
    "weight_class",
    "basis_of_speed",
}


@pytest.fixture(scope="module", params=CASES)
def found(request: pytest.FixtureRequest) -> Comparison:
    return compare(Scenario.parse(CASES[request.param]), CATALOG, draw_count=128)


def answer_of(found: Comparison) -> dict[str, Any]:
    return json.loads(json.dumps(comparison_dict(found), allow_nan=False))


def test_json_has_the_keys_that_every_face_reads(found: Comparison) -> None:
    answer = answer_of(found)
    assert "verdict" not in answer
    assert {"verdicts", "keep_in_house_usd_per_month", "keep_in_house_reason", "prices_as_of"} <= set(answer)
    assert answer["prices_as_of"]
    verdicts = [one for one in (answer["verdicts"]["overall"], answer["verdicts"]["mac_or_pc"]) if one is not None]
    for verdict in verdicts:
        assert set(verdict) >= VERDICT_KEYS
        assert set(verdict["hard"]) >= {"sentence", "cheapest", "difference_usd", "chance"}
        for flip in verdict["flips"]:
            assert set(flip) >= {"name", "label", "now", "at", "inside_range"}
    for option in answer["options"]:
        assert set(option) >= OPTION_KEYS
        assert option["eligible"] == (not option["reasons"])
        assert all(set(reason) == {"code", "text", "mend"} for reason in option["reasons"])
        if option["kind"] == "api":
            assert option["first_token_p95_s"] is None
            assert option["answer_p95_s"] is None


def test_cheapest_of_every_verdict_is_eligible(found: Comparison) -> None:
    answer = answer_of(found)
    eligible = {option["id"] for option in answer["options"] if option["eligible"]}
    for verdict in filter(None, (answer["verdicts"]["overall"], answer["verdicts"]["mac_or_pc"])):
        for name in (verdict["cheapest"], verdict["next"], verdict["hard"]["cheapest"]):
            assert name is None or name in eligible


def test_figures_of_sentence_json_and_csv_are_the_same(found: Comparison) -> None:
    answer, scenario = answer_of(found), found.scenario
    ledger: Any = pd.read_csv(io.StringIO(tidy_csv(found)))
    monthly = (1 + scenario.discount_rate) ** (-ledger["month"] / 12)
    ledger["value_usd"] = -ledger["amount_usd"] * monthly
    values: dict[str, float] = ledger.groupby("option")["value_usd"].sum().to_dict()
    hard: dict[str, float] = ledger[ledger["hard_or_soft"] == "hard"].groupby("option")["value_usd"].sum().to_dict()
    rows = {option["id"]: option for option in answer["options"]}
    for name, option in rows.items():
        if option["present_value_usd"] is not None:
            assert option["present_value_usd"]["central"] == pytest.approx(values[name], rel=1e-9)
            assert option["hard_present_value_usd"]["central"] == pytest.approx(hard[name], rel=1e-9)
            total = -ledger.loc[ledger["option"] == name, "amount_usd"].sum()
            assert option["total_cost_usd"] == pytest.approx(total, rel=1e-9)
    for verdict in filter(None, (answer["verdicts"]["overall"], answer["verdicts"]["mac_or_pc"])):
        best, second = verdict["cheapest"], verdict["next"]
        if best is None or second is None:
            continue
        difference = values[second] - values[best]
        assert verdict["difference_usd"]["central"] == pytest.approx(difference, rel=1e-9)
        assert f"${values[best]:,.0f}" in verdict["sentence"]
        assert f"${difference:,.0f}" in verdict["sentence"] + verdict["detail"]
        gap = verdict["hard"]["difference_usd"]
        first, other = verdict["hard"]["cheapest"], verdict["hard"]["next"]
        assert gap["central"] == pytest.approx(hard[other] - hard[first], rel=1e-9)
        assert f"${hard[first]:,.0f}" in verdict["hard"]["sentence"]
        assert (
            f"{verdict['chance'] * 100:.0f} of 100 futures" in verdict["detail"]
            or not 0.005 < verdict["chance"] < 0.995
        )


def test_terminal_and_sidecar_say_the_sentences_of_the_json(found: Comparison) -> None:
    answer, facts = answer_of(found), facts_dict(found)
    text = comparison_text(found)
    assert facts["verdict"] == answer["verdicts"]["overall"]["sentence"]
    for verdict in filter(None, (answer["verdicts"]["overall"], answer["verdicts"]["mac_or_pc"])):
        assert verdict["sentence"] in text
        assert verdict["hard"]["sentence"] in text
        assert verdict["sentence"] in (facts["verdict"], facts["verdict_mac_or_pc"])
    assert answer["prices_as_of"] in text
    assert facts["prices_as_of"] == answer["prices_as_of"]
    for option in answer["options"]:
        for reason in option["reasons"]:
            assert reason["text"] in text
            assert reason["text"] in facts["options"][option["id"]]["not_ranked"]


def test_view_settings_order_what_is_shown_first_and_rename_no_key() -> None:
    values = {"options": (MAC, AM5, API)}
    usual, cash, invoices = (
        compare(Scenario.parse({**values, **more}), CATALOG, draw_count=64)
        for more in ({}, {"money": "cash"}, {"labour": "without"})
    )
    assert cash.scenario_id == invoices.scenario_id == usual.scenario_id
    assert answer_of(invoices)["verdicts"] == answer_of(usual)["verdicts"]
    for other in (cash, invoices):
        assert [set(row) for row in answer_of(other)["options"]] == [set(row) for row in answer_of(usual)["options"]]
    assert comparison_text(usual).startswith("Mac or PC") or comparison_text(usual).startswith("Too close")
    assert comparison_text(invoices).startswith("Counting only invoices")


def test_verdict_in_cash_is_the_one_at_a_discount_rate_of_zero() -> None:
    values = {"options": (MAC, AM5, API)}
    cash = compare(Scenario.parse({**values, "money": "cash"}), CATALOG, draw_count=64)
    at_zero = compare(Scenario.parse({**values, "discount_rate": 0.0}), CATALOG, draw_count=64)
    for mine, other in (
        (cash.verdicts.overall, at_zero.verdicts.overall),
        (cash.verdicts.mac_or_pc, at_zero.verdicts.mac_or_pc),
    ):
        assert mine is not None
        assert other is not None
        assert mine.cheapest == other.cheapest
        for gap, other_gap in (
            (mine.difference_usd, other.difference_usd),
            (mine.hard.difference_usd, other.hard.difference_usd),
        ):
            assert gap.low == pytest.approx(other_gap.low, rel=1e-12)
            assert gap.central == pytest.approx(other_gap.central, rel=1e-12)
            assert gap.high == pytest.approx(other_gap.high, rel=1e-12)
        assert mine.sentence == other.sentence.replace("in today's money", "in cash")
    total = cash[MAC].tco
    assert total is not None
    assert f"${total.total_cost_usd:,.0f}" in comparison_text(cash).splitlines()[0]
    assert "nothing is discounted" in comparison_text(cash)


def test_shares_of_a_hosted_api_and_of_a_rented_gpu_leave_the_house() -> None:
    answer = answer_of(compare(Scenario(options=(MAC, RENTED, API)), CATALOG, draw_count=64))
    rows = {option["id"]: option for option in answer["options"]}
    assert (rows[MAC]["leaves_house_fraction"], rows[MAC]["bought_fraction"]) == (0.0, 0.0)
    assert rows[RENTED]["leaves_house_fraction"] == 1.0
    assert rows[API]["leaves_house_fraction"] == 1.0
