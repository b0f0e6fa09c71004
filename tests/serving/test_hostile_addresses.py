"""Hostile addresses: every route answers with a file or a short sentence, whatever stands in its parameters."""

import json
import os
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from calculator import Scenario, load_catalog
from calculator.catalog import Catalog
from calculator.decision.compare import compare
from calculator.decision.comparison import Comparison
from calculator.report.prediction_question import PredictionQuestion
from calculator.scenario.scenario import knobs
from serving.answers import Answers, Query
from serving.questions import ChoiceQuestion
from serving.replies import DOORS, replies
from serving.routes import api_routes
from views.link import read_link

EXAMPLES = 10_000 if os.environ.get("THOROUGH") else 60
CATALOG = load_catalog()
FOUND = compare(Scenario(options=("mac-studio-m5-ultra-96", "api-same-model")), CATALOG, draw_count=16)
TABLES = tuple(
    name
    for name in Scenario.model_fields
    if name not in knobs()
    and name not in ("name", "options", "typed", "schema_version", "rules", "grid", "prices_as_of")
)
LONGEST_SENTENCE = 3_000
LONGEST_ADDRESS = 60_000
"""The server reads about 64 kB of a request's head."""


class _Read(Answers):
    """Reads every address as the server does, and answers each that can be read with FOUND."""

    def comparison(self, query: Query) -> tuple[Comparison, Catalog]:
        """FOUND, where the scenario is one."""
        self.scenario(query)
        return FOUND, CATALOG


CLIENT = TestClient(Starlette(routes=[*api_routes(replies(_Read(read_link, tuple)))]))
DIGITS = "9" * 5_000
WORDS = st.sampled_from(
    [
        *(
            "",
            "abc",
            "-5",
            "0",
            "1e999",
            "NaN",
            "Infinity",
            "null",
            "true",
            "[]",
            "{}",
            "１２３",
            "\x00",
            "=1+1",
            "x" * 5_000,
        ),
        *(DIGITS, f"-{DIGITS}", f"[{DIGITS}]", f'{{"a": {DIGITS}}}', "[" * 5_000, '{"a":' * 2_000, "9" * 4_000),
        *(
            "dgx-spark",
            "qwen3-8b",
            "mac-studio-m5-ultra-96,dgx-spark",
            "../../etc/passwd",
            "<script>",
            "a\r\nset-cookie: b=c",
        ),
    ]
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["dgx-spark", "x" * 3_000])
)
KEYS = st.sampled_from(
    ["a", "dgx-spark", "dgx-spark.price_usd", "chip", "base", "to", "share", "price_usd", "x" * 3_000, ""]
)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)
VALUES = WORDS | st.text(max_size=60).filter(lambda text: text.isprintable()) | JSON.map(json.dumps)
NAMES = st.sampled_from(
    sorted(
        {
            *Scenario.model_fields,
            *PredictionQuestion.model_fields,
            *ChoiceQuestion.model_fields,
            "preset",
            "layout",
            "zzz",
        }
    )
) | st.sampled_from([*TABLES, "x" * 3_000])


def _asked(path: str, query: list[tuple[str, str]]) -> None:
    address = f"{path}?{urlencode(query)}"
    assume(len(address) < LONGEST_ADDRESS)
    answer = CLIENT.get(address)
    assert answer.status_code in (200, 422)
    if answer.status_code == 422:
        text = answer.json()["error"] if path.endswith(".json") and path != "/api/meta.json" else answer.text
        assert 0 < len(text) < LONGEST_SENTENCE
        for word in ("pydantic", "Traceback", "set_int_max_str_digits", "validation error", "/work/", "site-packages"):
            assert word not in text


@pytest.mark.parametrize("path", [*(door.path for door in DOORS), "/api/compare.json"])
@given(query=st.lists(st.tuples(NAMES, VALUES), max_size=3))
@settings(max_examples=max(8, EXAMPLES // 7), deadline=None)
def test_every_file_is_given_or_refused_in_a_sentence(path: str, query: list[tuple[str, str]]) -> None:
    _asked(path, query)


@pytest.mark.parametrize("table", TABLES)
@given(value=VALUES)
@settings(max_examples=max(8, EXAMPLES // 7), deadline=None)
def test_every_table_is_read_or_refused_in_a_sentence(table: str, value: str) -> None:
    _asked("/api/compare.json", [(table, value)])


@given(query=st.lists(st.tuples(st.sampled_from(sorted(PredictionQuestion.model_fields)), VALUES), max_size=4))
@settings(max_examples=EXAMPLES, deadline=None)
def test_every_prediction_is_given_or_refused_in_a_sentence(query: list[tuple[str, str]]) -> None:
    asked: dict[str, Any] = {"machine": "dgx-spark", "model": "qwen3-8b", **dict(query)}
    _asked("/api/predict.json", list(asked.items()))


@given(query=st.lists(st.tuples(NAMES, VALUES), min_size=1, max_size=3))
@settings(max_examples=max(8, EXAMPLES // 7), deadline=None)
def test_every_choice_is_given_or_refused_in_a_sentence(query: list[tuple[str, str]]) -> None:
    _asked("/api/choose.json", [("requests_per_working_day", "1000001"), *query])
