"""Prompts that a server read once: a series is told by a run that no arithmetic allows, and predicted without them."""

import pytest

from calculator.calibration.cases import Case, case_of, decode_rate, decode_step, prefill_prompt
from calculator.calibration.fitting import TABLE, usable_cases
from calculator.calibration.prompt_cache import with_prompt_cache
from calculator.calibration.rows import read_table
from calculator.catalog import load_catalog
from tests.calculator.calibration.published import cases_from, row_from

CATALOG = load_catalog()
IMPOSSIBLE = "1500"
"""Token/s of 128 streams of 512 and 256 tokens, which is 4,500 tokens read or written a second: about 98 TFLOPS of an
11.9B model, where an RTX 3090 has 71."""


RECORD = {
    "id": "x-1",
    "device_id": "nvidia-rtx-3090",
    "device_count": "1",
    "model_id": "gemma-4-12b",
    "runtime_id": "vllm",
    "format_id": "awq-int4",
    "prompt_tokens": "512",
    "batch": "128",
    "decode_tok_s": IMPOSSIBLE,
    "source": "github.com/new/one",
    "notes": "kind=aggregate_output; 256 tokens generated per request",
    "plausible": "True",
}
case = cases_from(RECORD)


def marked(*cases: Case) -> list[bool]:
    return [one.prompt_is_cached for one in with_prompt_cache(cases)]


def test_run_that_beats_the_arithmetic_marks_its_series() -> None:
    slower = case(id="x-2", batch="32", decode_tok_s="300", format_id="fp8", device_count="2")
    assert marked(slower) == [False]
    assert marked(slower, case()) == [True, True]


@pytest.mark.parametrize(
    "values",
    [
        {"source": "github.com/other/one"},
        {"model_id": "llama-3-8b"},
        {"prompt_tokens": "1024"},
        {"runtime_id": "sglang"},
        {"notes": "decode only"},
        {"batch": "1", "decode_tok_s": "50"},
    ],
)
def test_what_is_of_no_series_stays_as_it_is(values: dict[str, str]) -> None:
    other = case(**{"id": "x-2", "decode_tok_s": "300", **values})
    assert marked(case(), other) == [True, False]


def test_rate_that_the_chip_reaches_proves_nothing() -> None:
    # 71 TFLOPS / (2 x 10.9e9 operations x 3 tokens per answer token): at most about 1,070 token/s
    assert marked(case(decode_tok_s="1000")) == [False]
    assert marked(case(decode_tok_s="1150")) == [True]
    assert marked(case(decode_tok_s="1150", device_count="2")) == [False]
    assert marked(case(decode_tok_s="1150", format_id="fp8")) == [False], (
        "8-bit numbers may be multiplied twice as fast"
    )


def test_models_with_recurrent_layers_and_other_servers_are_never_marked() -> None:
    assert marked(case(model_id="qwen3.6-27b", decode_tok_s="5000")) == [False]
    assert marked(case(runtime_id="llama.cpp", format_id="q4_k_m", decode_tok_s="5000")) == [False]


def test_cached_prompt_is_waited_for_once() -> None:
    (cached,) = with_prompt_cache([case()])
    known = CATALOG.calibration
    prompt, step = prefill_prompt(cached, known).central_ms, decode_step(cached, known).central_ms
    alone = prefill_prompt(case(batch="1", decode_tok_s="50"), known).central_ms
    assert prompt == pytest.approx(alone)
    assert decode_rate(cached, known).tokens_per_s == pytest.approx(128 * 256_000 / (prompt + 256 * step))


def test_fit_does_not_see_them() -> None:
    possible = row_from(RECORD, id="x-2", prompt_tokens="256", decode_tok_s="300")
    decode, _ = usable_cases([row_from(RECORD), possible], CATALOG)
    assert [one.row.id for one in decode] == ["x-2"]


def test_shipped_rows_have_one_such_series() -> None:
    cases = [found for one in read_table(TABLE) if isinstance(found := case_of(one, CATALOG), Case)]
    series = {
        (one.row.model_id, one.row.runtime_id, one.row.prompt_tokens)
        for one in with_prompt_cache(cases)
        if one.prompt_is_cached
    }
    assert series == {("gemma-4-12b", "vllm", 512)}
