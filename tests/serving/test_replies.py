"""Replies to the addresses under /api, without a web server: the same from a process of their own as from here."""

import json
import pickle

import pytest

from serving.answers import Answers
from serving.replies import DOORS, PATHS, Reply, replies
from views.link import read_link

REPLY_OF = replies(Answers(read_link, tuple))
TWO = {"options": ["mac-studio-m5-ultra-96", "api-same-model"]}


@pytest.mark.parametrize("path", PATHS)
def test_every_refusal_is_json_where_the_answer_would_be(path: str) -> None:
    refused = REPLY_OF(path, {"wage_usd_per_h": ["-1"], "machine": ["none"]})
    assert refused.status == 422
    if path.endswith(".json"):
        assert refused.kind == "application/json"
        assert json.loads(refused.content)["error"]
    else:
        assert refused.kind.startswith("text/plain")
        assert refused.content.endswith(b"\n")


def test_reply_crosses_to_another_process_as_it_is() -> None:
    for reply in (REPLY_OF("/api/compare.csv", TWO), Reply.refusal("/api/compare.csv", "No.", headers={"a": "b"})):
        assert pickle.loads(pickle.dumps(reply)) == reply


def test_a_question_is_left_as_it_was_asked() -> None:
    asked = {**TWO, "layout": ["wide", "summary"]}
    summary = REPLY_OF("/api/compare.csv", asked)
    assert asked == {**TWO, "layout": ["wide", "summary"]}
    assert summary.content == REPLY_OF("/api/compare.csv", {**TWO, "layout": ["summary"]}).content
    assert summary.content != REPLY_OF("/api/compare.csv", {**TWO, "layout": ["wide"]}).content


def test_layout_belongs_to_the_file_that_has_several() -> None:
    for door in DOORS:
        refused = REPLY_OF(door.path, {**TWO, "layout": ["tall"]})
        assert refused.status == 422
        several = f"layout is 'tall'; use {', '.join(door.files)}."
        assert (several in refused.content.decode()) == (len(door.files) > 1)


def test_no_other_path_is_answered() -> None:
    with pytest.raises(KeyError):
        REPLY_OF("/api/other.csv", {})
