"""Machines of Fit & speed: those compared and those of routes, each asked what it is asked there."""

from calculator import Scenario
from calculator.decision.memory_words import SEVERAL_CARDS
from tests.views.other_pages import comparison_of
from tests.views.pages import CATALOG
from views.fit_boxes import answered, boxes, different_boxes, hosted_sentences, machines, several_cards

MAC, CARDS, API = "mac-studio-m5-ultra-96", "dual-rtx-4090-am5", "api-same-model"
PLAIN = Scenario(options=(MAC, CARDS, "cloud-h100", API))
ROUTE = {"base": MAC, "to": CARDS, "share": 0.25, "model": "gpt-oss-120b"}
ROUTED = Scenario.parse({"options": ("mix", MAC, API), "routing": {"mix": ROUTE}})


def test_boxes_are_the_options_whose_speed_is_ours_to_say() -> None:
    assert [box.key for box in boxes(PLAIN, CATALOG)] == list(PLAIN.options[:3])


def test_both_machines_of_a_route_are_boxes_with_their_own_share_and_model() -> None:
    first, second, alone = boxes(ROUTED, CATALOG)
    assert (first.key, second.key, alone.key) == (f"mix/{MAC}", f"mix/{CARDS}", MAC)
    assert (first.scenario.model, second.scenario.model) == (ROUTED.model, "gpt-oss-120b")
    assert second.scenario.requests_per_working_day == 0.25 * ROUTED.requests_per_working_day
    assert [box.key for box in different_boxes(ROUTED, CATALOG)] == [f"mix/{MAC}", f"mix/{CARDS}"]
    assert [one.id for one in machines(ROUTED, CATALOG)] == [MAC, CARDS]


def test_answer_of_a_part_is_its_own_and_that_of_an_option_the_comparisons() -> None:
    found = comparison_of(ROUTED)
    rows = {box.key: row for box, row in answered(found, CATALOG, ())}
    assert rows[MAC] is found[MAC]
    part = comparison_of(boxes(ROUTED, CATALOG)[1].scenario.changed(options=(CARDS,), routing={}))[CARDS]
    assert rows[f"mix/{CARDS}"].memory == part.memory
    assert rows[f"mix/{CARDS}"].eligibility.first_token_p95_s == part.eligibility.first_token_p95_s
    assert rows[f"mix/{CARDS}"].memory != found["mix"].memory


def test_sentence_says_why_a_host_has_no_row() -> None:
    assert hosted_sentences(comparison_of(PLAIN), CATALOG) == [
        "Hosted API (same open model): no row here, as memory and speed are the host's."
    ]
    only = Scenario(options=(MAC,))
    assert hosted_sentences(comparison_of(only), CATALOG) == []


def test_how_memory_counts_on_several_cards_is_said_where_a_machine_or_a_route_has_them() -> None:
    assert several_cards(PLAIN, CATALOG) == SEVERAL_CARDS
    assert several_cards(Scenario.parse({"options": ("mix",), "routing": {"mix": ROUTE}}), CATALOG) == SEVERAL_CARDS
    assert several_cards(Scenario(options=(MAC, "cloud-h100", API)), CATALOG) == ""
