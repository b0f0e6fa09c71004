"""Content of the memo: the answer's own sentences and figures, under each setting of the switches."""

import dataclasses
import json
import math
import re
from collections.abc import Sequence
from typing import Any

import pytest

from calculator import Scenario, load_catalog
from calculator.analysis.budget import fiscal_periods
from calculator.decision.compare import compare
from calculator.decision.comparison import Comparison
from calculator.decision.words import of_100, signed
from calculator.number import Range
from calculator.report import memo_facts
from calculator.report.currency import shown
from calculator.report.facts import shown_cost_usd
from calculator.report.html_report import html_report
from calculator.report.memo_facts import memo_dict
from calculator.risk.candidates import Candidates
from calculator.risk.spent_by_month import SpentBand, spent_bands

CATALOG = load_catalog()
OPTIONS = ("mac-studio-m5-ultra-96", "dual-rtx-4090-am5", "cloud-h100", "api-same-model")


def _compared(**values: object) -> Comparison:
    return compare(Scenario.parse({"options": OPTIONS, **values}), CATALOG, as_of="2026-11-26", draw_count=256)


@pytest.mark.parametrize("money", ["present-value", "cash"])
@pytest.mark.parametrize("labour", ["with", "without"])
def test_costs_are_those_that_the_switches_show(money: str, labour: str) -> None:
    found = _compared(money=money, labour=labour)
    memo = memo_dict(found, CATALOG, font="serif")
    costs = {row["name"]: row["cost"] for row in memo["options"]}
    for option in found.options:
        assert costs[option.name] == shown(shown_cost_usd(option, found) or 0.0, scenario=found.scenario)
    assert all(row["range"] for row in memo["options"])
    for row in memo["options"]:
        assert row["cost"] in memo["cost_chart"]
    verdict = found.verdict
    assert memo["recommendation"] == (verdict.hard.sentence if labour == "without" else verdict.sentence)


def test_budget_and_years_are_the_recommended_options_cash() -> None:
    found = _compared()
    memo = memo_dict(found, CATALOG, font="serif")
    assert found.verdict.cheapest is not None
    best = found[found.verdict.cheapest]
    assert best.tco is not None
    assert memo["budget"]["option"] == best.name
    assert [row["label"] for row in memo["budget"]["rows"]] == [
        label for label, _, _ in fiscal_periods(found.scenario, by_quarter=True)
    ]
    assert memo["budget"]["rows"][0]["label"] == "FY2026 Q4"
    assert memo["budget"]["whole"]["cash"] == shown(best.tco.hard_cost_usd, scenario=found.scenario)
    head, *rows = memo["years"]
    assert head == ["Cost line", "FY2026", "FY2027", "FY2028", "FY2029", "Total"]
    assert {row[0].removesuffix(" (staff hours)") for row in rows[:-2]} == set(best.tco.lines)
    sums = {row[0]: row[-1] for row in rows[-2:]}
    assert sums == {"Cash out": memo["budget"]["whole"]["cash"], "Staff hours": memo["budget"]["whole"]["staff"]}
    assert memo_dict(_compared(months=60), CATALOG, font="serif")["budget"]["unit"] == "fiscal year"


def test_long_wait_is_in_the_words_of_the_page() -> None:
    found = _compared(first_token_p95_target_s=0)
    longs = {"mac-studio-m5-ultra-96": (5400.0, 7200.0, 9000.0), "dual-rtx-4090-am5": (3570.0, 3600.0, math.inf)}
    options = tuple(
        dataclasses.replace(
            one, eligibility=dataclasses.replace(one.eligibility, first_token_p95_s=Range(*longs[one.id], "s"))
        )
        if one.id in longs
        else one
        for one in found.options
    )
    slow = dataclasses.replace(found, options=options)
    waits = {row["name"]: row["wait"] for row in memo_dict(slow, CATALOG, font="serif")["options"]}
    assert waits[found["mac-studio-m5-ultra-96"].name] == "1.5 hours to 2.5 hours"
    assert waits[found["dual-rtx-4090-am5"].name] == "59.5 minutes or more"
    assert waits[found["api-same-model"].name] == "host's"
    assert "1.5 hours to 2.5 hours" in html_report(slow, CATALOG)


@pytest.mark.parametrize("labour", ["with", "without"])
def test_memo_says_how_the_pair_was_chosen_where_invoices_alone_are_shown(labour: str) -> None:
    said = "These two are the best Mac and the best PC with staff hours counted."
    details = memo_dict(_compared(labour=labour), CATALOG, font="serif")["details"]
    assert [said in one for one in details].count(True) == (labour == "without")


def test_chart_of_the_spending_shades_the_two_leaders() -> None:
    assert memo_dict(_compared(), CATALOG, font="serif")["spend_chart"].count("<polygon") == 2
    without = compare(Scenario(options=OPTIONS), CATALOG, as_of="2026-11-26", draw_count=0)
    assert "<polygon" not in memo_dict(without, CATALOG, font="serif")["spend_chart"]


def test_chart_of_the_spending_says_how_many_options_it_leaves_out() -> None:
    assert memo_dict(_compared(), CATALOG, font="serif")["spend_note"] == ""
    more = _compared(options=(*OPTIONS, "mac-studio-m5-ultra-256"))
    memo = memo_dict(more, CATALOG, font="serif")
    assert memo["spend_chart"].count("<polyline") == 4
    assert memo["spend_note"] == (
        "The chart by month draws the 4 cheapest; 1 more option is in the chart of costs and in the table."
    )
    assert memo["spend_note"] in html_report(more, CATALOG)


def test_question_restates_model_demand_and_term() -> None:
    question = memo_dict(_compared(), CATALOG, font="serif")["question"]
    assert question.startswith("Which of 4 options should serve Llama 3 / 3.1 / 3.3 70B for 36 months")
    assert "200 requests a working day" in question


def test_other_currency_is_used_throughout() -> None:
    memo = memo_dict(_compared(currencies={"EUR": {"per_usd": 0.9, "as_of": "2026-11-20"}}), CATALOG, font="serif")
    assert all(row["cost"].startswith("EUR ") for row in memo["options"])
    assert "EUR " in memo["spend_chart"]
    assert "0.9 EUR per dollar" in memo["currency_note"]


def test_option_that_cannot_do_the_job_is_named_with_its_reason_and_never_ranked() -> None:
    found = _compared(first_token_p95_target_s=2.5)
    memo = memo_dict(found, CATALOG, font="serif")
    unable = [option for option in found.options if not option.eligible]
    assert unable
    assert {row["name"] for row in memo["not_ranked"]} == {option.name for option in unable}
    assert not {row["name"] for row in memo["options"]} & {option.name for option in unable}


def test_bands_of_both_leaders_are_drawn_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def counted(candidates: Candidates, option_ids: Sequence[str], **named: Any) -> dict[str, SpentBand]:
        asked.append(len(option_ids))
        return spent_bands(candidates, option_ids, **named)

    monkeypatch.setattr(memo_facts, "spent_bands", counted)
    memo_dict(_compared(), CATALOG, font="serif")
    assert asked == [2]


def test_nobody_can_do_the_job() -> None:
    found = compare(Scenario(model="deepseek-v3", options=("mac-mini-m5-pro-64",)), CATALOG, draw_count=64)
    memo = memo_dict(found, CATALOG, font="serif")
    assert memo["budget"] is None
    assert memo["options"] == memo["years"] == []
    assert memo["question"].startswith("Can Mac mini M5 Pro 64 GB serve DeepSeek")
    assert json.loads(json.dumps(memo)) == memo


def test_sources_have_readable_names_and_numbers() -> None:
    for row in memo_dict(_compared(), CATALOG, font="serif")["sources"]:
        assert not re.search(r"\[\d|e\+0", " ".join(row.values()))
        assert row["source"]


@pytest.mark.parametrize("labour", ["with", "without"])
def test_odds_of_both_verdicts_are_in_it(labour: str) -> None:
    found = _compared(labour=labour)
    pair, overall = memo_dict(found, CATALOG, font="serif")["odds"]
    assert found.verdicts.mac_or_pc is not None
    for said, verdict, question in (
        (pair, found.verdicts.mac_or_pc, "Mac or PC with GPUs?"),
        (overall, found.verdict, "Own, rent or API?"),
    ):
        one = verdict if labour == "with" else verdict.hard
        assert one.cheapest is not None
        assert one.chance is not None
        assert said.startswith(f"{question} {found[one.cheapest].name} is the cheape")
        assert of_100(one.chance) in said
        low, high = (signed(usd) for usd in (one.difference_usd.low, one.difference_usd.high))
        assert said.endswith(f"; in 8 of 10 the gap is {low} to {high}.")
    assert found.verdicts.keep_in_house_sentence in " ".join(memo_dict(found, CATALOG, font="serif")["details"])


def test_several_machines_are_counted_in_table_and_charts() -> None:
    found = _compared(machine_count=7)
    memo = memo_dict(found, CATALOG, font="serif")
    several = [f"7 x {one.name}" for one in found.options if one.eligible and one.eligibility.machine_count == 7]
    assert several
    names = [row["name"] for row in memo["options"]]
    for one in several:
        name = one if one in names else one.replace("7 x ", "7 x (") + ")"
        assert name in names
        assert name in memo["cost_chart"]
    assert memo["spend_chart"].count("7 x ") >= len(several)


def test_price_of_ones_own_is_said_under_the_question() -> None:
    found = _compared(figures={"mac-studio-m5-ultra-96.price_usd": 5781.0}, name="A firm of eight")
    said = memo_dict(found, CATALOG, font="serif")["changes"]
    assert said.startswith(
        "2 changes from “A firm of eight”: your price of Mac Studio M5 Ultra 96 GB before tax, $5,781"
    )
    assert said in html_report(found, CATALOG)
    unchanged = compare(Scenario(), CATALOG, draw_count=0)
    assert memo_dict(unchanged, CATALOG, font="serif")["changes"] == ""
