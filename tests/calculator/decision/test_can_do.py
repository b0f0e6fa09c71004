"""Whether an option can do the job, in one list of words for page and files."""

import csv
import io
from dataclasses import replace
from typing import Any

import openpyxl
import pytest

from calculator import Scenario, load_catalog
from calculator.decision.can_do import can_do, can_do_sentence, can_do_text
from calculator.decision.compare import compare
from calculator.report.answer_json import comparison_dict
from calculator.report.facts import facts_dict
from calculator.report.html_report import html_report
from calculator.report.memo_facts import memo_dict
from calculator.report.summary_csv import summary_csv
from calculator.report.workbook import workbook_bytes
from calculator.units import BYTES_PER_GB
from tests.views.comparison_case import comparison, memory, option, tco
from views.decide_frame import decide_frame

API = "api-same-model"


@pytest.mark.parametrize(
    ("usable_gb", "chance", "word", "note"),
    [
        (206, 0.97, "yes", "162 GB spare"),
        (46, 0.97, "tight", "2.0 GB spare"),
        (206, 0.7, "unsure", "fast enough in 70 of 100 cases"),
        (46, 0.7, "unsure", "fast enough in 70 of 100 cases"),
    ],
)
def test_status_of_an_able_option_is_yes_tight_or_unsure(usable_gb: float, chance: float, word: str, note: str) -> None:
    one = option("a", "A", fit=memory(usable_gb=usable_gb), cost=tco(months=12, monthly_usd={"rental": 1.0}))
    one = replace(one, eligibility=replace(one.eligibility, keeps_promise_chance=chance))
    assert (can_do(one).state, can_do(one).note) == (word, note)


def test_status_of_an_option_that_cannot_do_the_job_is_no() -> None:
    case = comparison(overloaded=API)
    for one in ("dual-rtx-4090-threadripper", API):
        assert (can_do(case[one]).state, can_do(case[one]).note) == ("no", "")
    assert can_do(comparison()[API]).state == "yes"  # a host has no memory to show


def test_page_and_files_say_the_same_words() -> None:
    catalog = load_catalog()
    found = compare(Scenario(first_token_p95_target_s=14), catalog, as_of="2026-11-26", draw_count=64)
    said = {row.id: can_do(row).words for row in found.options}
    assert {"yes", "perhaps", "no"} <= set(said.values())
    assert {row["id"]: row["can"] for row in decide_frame(found)["rows"]} == said
    table = csv.DictReader(io.StringIO(summary_csv(found)))
    assert {row["option"]: row["can_do_the_job"] for row in table} == said
    assert {row["id"]: row["can_do_the_job"] for row in comparison_dict(found)["options"]} == said
    assert {key: row["can_do_the_job"] for key, row in facts_dict(found)["options"].items()} == said
    memo = memo_dict(found, catalog, font="serif")
    able = {row.name: said[row.id] for row in found.options if said[row.id] != "no"}
    assert {row["name"]: row["can"] for row in memo["options"]} == able
    assert "<td>perhaps</td>" in html_report(found, catalog)
    book: Any = openpyxl.load_workbook(io.BytesIO(workbook_bytes(found, catalog)))
    for sheet in ("Summary", "Machines"):
        cells = {row[0]: row[2] for row in book[sheet].iter_rows(values_only=True)}
        assert {name: cells[name] for name in said} == said


def test_cell_says_the_reason_in_few_words_and_the_sentence_beside_it_in_whole() -> None:
    case = comparison(overloaded=API)
    (reason,) = case[API].eligibility.reasons
    assert can_do_text(case[API]) == f"no: {reason.text}"  # nobody has said it shorter
    short = replace(
        case[API].eligibility, reasons=(replace(reason, short="3.5 times the work"), replace(reason, short="b"))
    )
    assert can_do_text(replace(case[API], eligibility=short)) == "no: 3.5 times the work; b"
    assert can_do_sentence(replace(case[API], eligibility=short)) == f"{reason.text} {reason.text}"
    assert can_do_text(comparison()[API]) == "yes"
    assert can_do_sentence(comparison()[API]) == ""
    tight = option("a", "A", fit=memory(usable_gb=46), cost=tco(months=12, monthly_usd={"rental": 1.0}))
    sure = replace(tight, eligibility=replace(tight.eligibility, keeps_promise_chance=0.97))
    assert (can_do_text(sure), can_do_sentence(sure)) == ("yes, but tight", "Yes, but tight: 2.0 GB spare.")
    free = replace(tight, tco=None)
    assert (can_do_text(free), can_do_sentence(free)) == ("no: it has no cost here", "It has no cost here.")


@pytest.mark.parametrize(("spare_gb", "note"), [(9.9, "9.9 GB spare"), (10.0, "10 GB spare"), (12.4, "12 GB spare")])
def test_spare_memory_has_a_decimal_below_ten_gigabytes(spare_gb: float, note: str) -> None:
    one = option("a", "A", fit=memory(usable_gb=44 + spare_gb), cost=tco(months=12, monthly_usd={"rental": 1.0}))
    one = replace(one, eligibility=replace(one.eligibility, keeps_promise_chance=None))
    assert can_do(one).note == note


def test_spare_memory_of_several_cards_says_that_it_is_the_fullest_ones() -> None:
    found = compare(
        Scenario(options=("mac-studio-m5-ultra-96", "dual-rtx-4090-am5")),
        load_catalog(),
        draw_count=0,
        with_turns=False,
    )
    mac, cards = found.options
    assert mac.memory is not None
    assert cards.memory is not None
    assert can_do(mac).note == f"{mac.memory.headroom_bytes / BYTES_PER_GB:,.0f} GB spare"
    assert can_do(cards).note == f"{cards.memory.headroom_bytes / BYTES_PER_GB:,.1f} GB spare by the fullest card"


def test_ninety_cases_of_a_hundred_are_enough_and_five_percent_are_not_tight() -> None:
    one = option("a", "A", fit=memory(usable_gb=206), cost=tco(months=12, monthly_usd={"rental": 1.0}))
    for chance, state in ((0.9, "yes"), (0.899, "unsure")):
        changed = replace(one, eligibility=replace(one.eligibility, keeps_promise_chance=chance))
        assert can_do(changed).state == state
    one = replace(one, eligibility=replace(one.eligibility, keeps_promise_chance=None))
    for left, state in ((5, "yes"), (4, "tight")):
        assert one.memory is not None
        fit = replace(one.memory, headroom_bytes=left, usable_bytes=100)
        assert can_do(replace(one, memory=fit)).state == state
