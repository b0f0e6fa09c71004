"""The sentence on how many machines: its numbers are those of the fleet, and it says what stops one machine."""

import math
import re

import pytest

from calculator import Scenario, load_catalog
from calculator.decision.compare import compare
from calculator.decision.machine_count import count_reason
from calculator.service.latency import Latency
from calculator.service.sizing import Fleet, Limit, Promise, Throughput

CATALOG = load_catalog()
FELT = Latency(*[1.0] * 11)
PROMISE = Promise(first_token_p95_s=30.0, answer_p95_s=90.0, stream_tokens_per_s=12.0)


def fleet(needed: int | None, *, count: int | None = None, limit: Limit = "first token") -> Fleet:
    return Fleet(count or needed, needed, Throughput(10 / 3600, limit), 45 / 3600, 10 / 45, FELT)


def said(found: Fleet, *, asked: int | None = None, months: tuple[int, ...] = (), bought: bool = False) -> str:
    return count_reason(found, promise=PROMISE, asked_count=asked, further_months=months, rest_is_bought=bought)


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ("first token", "one person in twenty waits longer than 30 s"),
        ("answer", "one answer in twenty takes longer than 90 s"),
        ("stream", "answers grow more slowly than 12 tokens a second"),
        ("load", "it is busy without a break"),
    ],
)
def test_it_says_what_stops_one_machine(limit: Limit, words: str) -> None:
    expected = f"The busiest hour brings 45 requests, and one machine takes 10 before {words}, so 5 are needed."
    assert said(fleet(5, limit=limit)) == expected


def test_it_says_when_one_is_enough_when_the_rest_is_bought_and_when_a_number_was_chosen() -> None:
    assert said(fleet(1)).endswith("so one is enough.")
    assert said(fleet(5, count=1), bought=True).endswith("The API takes the rest, so one machine is bought and not 5.")
    assert said(fleet(5, count=2), asked=2).startswith("You chose 2 machines. ")
    assert said(fleet(5, count=2), asked=2).endswith("so 5 would be needed.")
    assert said(fleet(1, count=2), asked=2).endswith("so one would be enough.")
    assert said(fleet(5), asked=5).endswith("so that is just what it takes.")
    assert said(fleet(None)) == ""


def test_it_names_the_months_in_which_growth_needs_one_more() -> None:
    assert said(fleet(5), months=(14,)).endswith("Growth needs one more in month 14.")
    assert said(fleet(5), months=(4, 9, 14, 20, 31)).endswith("Growth needs 5 more by month 31, the first in month 4.")


def test_its_numbers_are_those_of_the_count() -> None:
    scenario = Scenario(requests_per_working_day=2_000, demand_growth_rate=0.5)
    rows = [row for row in compare(scenario, CATALOG, draw_count=0).options if row.eligible]
    boxes = [row for row in rows if row.kind != "api"]
    assert len(boxes) >= 3
    for row in boxes:
        judged = row.eligibility
        found = re.search(r"brings ([\d,.]+) requests?, and one machine takes ([\d,.]+) ", judged.machine_count_reason)
        assert found, judged.machine_count_reason
        comes, takes = (float(one.replace(",", "")) for one in found.groups())
        assert judged.machine_count in {math.ceil(comes / takes * slack) for slack in (0.95, 1.0, 1.05)}


@pytest.mark.parametrize(
    ("comes", "takes", "words"),
    [
        (40, 55.13, ("40", "55")),
        (40.2, 39.8, ("40.2", "39.8")),
        (0.5, 1234.5, ("0.5", "1,234")),
        (9.994, 12, ("9.99", "12")),
        (10, 12, ("10", "12")),
        (9_999.1, 9_998.9, ("9,999.10", "9,998.90")),
        (12_000.4, 12_000.2, ("12,000.40", "12,000.20")),
        (10_000.4, 9_999.6, ("10,000.40", "9,999.60")),
        (999.8, 1_000.2, ("999.8", "1,000.20")),
    ],
)
def test_two_numbers_of_requests_are_whole_unless_that_makes_them_alike(
    comes: float, takes: float, words: tuple[str, str]
) -> None:
    found = Fleet(2, 2, Throughput(takes / 3600, "load"), comes / 3600, takes / comes, FELT)
    sentence = said(found)
    assert sentence.startswith(f"The busiest hour brings {words[0]} requests, and one machine takes {words[1]} before")


def test_one_request_is_singular_and_the_api_takes_the_rest_only_of_several() -> None:
    one = Fleet(1, 1, Throughput(2 / 3600, "load"), 1 / 3600, 2.0, FELT)
    assert said(one).startswith("The busiest hour brings 1 request, and one machine takes 2 before")
    assert said(one, bought=True).endswith("so one is enough.")
    assert said(fleet(2, count=1), bought=True).endswith("The API takes the rest, so one machine is bought and not 2.")
    assert said(fleet(3, count=4), asked=4).endswith("so 3 would be enough.")
    assert said(fleet(1), asked=1).startswith("You chose 1 machine. ")


def test_beyond_what_is_counted_nothing_is_said() -> None:
    assert said(fleet(65)) == ""
    assert said(fleet(64)).endswith("so 64 are needed.")
