"""Uploaded config.json: one sentence for a file that is none."""

import json
import os
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calculator.errors import CalculatorError
from measurements.models.ask_mlx_lm import BusyError, load_config
from measurements.models.uploaded_config import model_of_config

EXAMPLES = 10_000 if os.environ.get("THOROUGH") else 60


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "is not valid JSON"),
        (b"[]", "has no model_type"),
        (b"\xff", "is not valid JSON"),
        (b'{"model_type": "llama", "model_type": "x"}', "the key 'model_type' appears twice"),
        (b'{"model_type": "llama", "n_layer": 1000000000}', "n_layer is 1000000000"),
        (b" " * 1_000_001, "has more than 1,000,000 bytes"),
    ],
)
def test_config_that_is_none_is_one_sentence(content: bytes, said: str) -> None:
    with pytest.raises(CalculatorError, match=said):
        model_of_config("x.json", content)


LLAMA = json.dumps(load_config("llama-3.2-1b"))


def _llama(**changes: Any) -> bytes:
    return json.dumps({**json.loads(LLAMA), **changes}).encode()


@pytest.mark.parametrize("limit", ["abc", -5, 0, [1], True, 1e300, {}])
def test_context_limit_that_is_none_is_named_before_anything_is_started(
    monkeypatch: pytest.MonkeyPatch, limit: Any
) -> None:
    monkeypatch.setattr("measurements.models.uploaded_config.layouts_of", _never)
    with pytest.raises(CalculatorError, match=r"max_position_embeddings is .*; it must be a number of tokens in 1\.\."):
        model_of_config("config.json", _llama(max_position_embeddings=limit))


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (b'{"a": ' + b"9" * 5_000 + b"}", "number of thousands of digits"),
        (b"[" * 100_000, "nested too deeply"),
        (_llama(max_position_embeddings="9" * 5_000), r"max_position_embeddings is '9{59}\.\.\.;"),
        (json.dumps({"model_type": "x" * 5_000}).encode(), r"model_type is 'x{59}\.\.\.;"),
        (_llama(num_hidden_layers="9" * 5_000), r"num_hidden_layers is '9{59}\.\.\.;"),
    ],
)
def test_what_is_told_of_a_config_stays_short_and_in_words(config: bytes, said: str) -> None:
    with pytest.raises(CalculatorError, match=said) as refused:
        model_of_config("config.json", config)
    assert len(str(refused.value)) < 400
    assert "set_int_max_str_digits" not in str(refused.value)


def test_refused_config_starts_nothing_again(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Any] = []

    def refused(configs: list[Any]) -> list[Any]:
        started.append(configs)
        return [{"error": "this cannot be built. Check the config."}]

    monkeypatch.setattr("measurements.models.uploaded_config.layouts_of", refused)
    content = _llama(refused_once=1)
    for _ in range(5):
        with pytest.raises(CalculatorError, match="this cannot be built"):
            model_of_config("config.json", content)
    assert len(started) == 1


def test_config_is_asked_again_where_the_server_was_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(_: list[Any]) -> list[Any]:
        raise BusyError("Other models are being read on this server. Try again in a minute.")

    content = _llama(busy_once=1)
    with monkeypatch.context() as patch:
        patch.setattr("measurements.models.uploaded_config.layouts_of", busy)
        with pytest.raises(BusyError):
            model_of_config("config.json", content)
    monkeypatch.setattr("measurements.models.uploaded_config.layouts_of", lambda _: [{"error": "asked again."}])  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    with pytest.raises(CalculatorError, match="asked again"):
        model_of_config("config.json", content)


@pytest.mark.parametrize(
    "failure", [KeyError("qk_nope_head_dim"), OverflowError("int too large"), TypeError("not a list")]
)
def test_size_that_no_model_has_is_a_sentence(monkeypatch: pytest.MonkeyPatch, failure: Exception) -> None:
    def fails(*_: Any) -> Any:
        raise failure

    monkeypatch.setattr("measurements.models.uploaded_config.layouts_of", lambda _: [{}])  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    monkeypatch.setattr("measurements.models.uploaded_config.language_model_of", fails)
    with pytest.raises(CalculatorError, match="holds sizes that no model has"):
        model_of_config("config.json", _llama(fails=repr(failure)))


HOSTILE = ["abc", "", -5, 0, None, True, 1.5, -1e308, 10**30, [], {}, [1, 2], [[]], "9" * 5_000, 2**63]
PLANNED_BY_HAND = json.dumps(load_config("deepseek-v4-flash"))


@given(data=st.data())
@settings(max_examples=EXAMPLES, deadline=None)
def test_config_with_any_value_is_a_model_or_a_sentence(data: st.DataObject) -> None:
    """deepseek_v4 is planned here without mlx-lm, so that each example costs milliseconds."""
    config = json.loads(PLANNED_BY_HAND)
    for key in data.draw(st.lists(st.sampled_from(sorted(config)), min_size=1, max_size=3, unique=True)):
        value = data.draw(st.sampled_from([*HOSTILE, ...]))
        if value is ...:
            del config[key]
        elif key != "model_type":
            config[key] = value
    try:
        model_of_config("config.json", json.dumps(config).encode())
    except CalculatorError as error:
        assert len(str(error)) < 1_500
        assert "pydantic" not in str(error)


def _never(_: Any) -> Any:
    raise AssertionError("a process was started")
