"""Ollama importer: the lines of --verbose, the API's JSON, part of the model on the processor, any content at all."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurements.importers import ollama
from measurements.importers.facts import Facts
from measurements.importers.reading import import_content, read_upload
from measurements.records.trusted_speeds import is_usable
from tests.measurements.importers.examples import (
    ALL_FACTS,
    FIXTURES,
    KNOWN,
    SAMPLES,
    check_sane,
    json_values,
    many,
    read_example,
    spoilt,
    with_odd_values,
)

OLLAMA_ROW = json.loads((FIXTURES / "ollama_api.json").read_text("utf-8"))


def test_ollama_rates_are_counts_over_durations() -> None:
    (record,) = read_example("ollama_verbose.txt", chip="apple-m2-ultra-76", models={"": "llama-3.2-1b"})
    decode, prefill = record.result.decode_tokens_per_s, record.result.prefill_tokens_per_s
    assert decode is not None
    assert prefill is not None
    # 180 / 1.38544025 s = 129.9226, 17 / 0.957094334 s = 17.7621
    assert (decode.central, prefill.central) == (pytest.approx(129.9226, abs=1e-4), pytest.approx(17.7621, abs=1e-4))
    assert (record.workload.prompt_tokens, record.workload.generated_tokens) == (17, 180)
    assert (record.engine.name, record.model.format, record.model.model_name) == (
        "ollama",
        "q8_0",
        "llama3.2:1b-instruct-q8_0",
    )


def test_ollama_json_has_nanoseconds_model_and_day() -> None:
    (record,) = read_example("ollama_api.json", chip="nvidia-rtx-4090")
    assert record.result.decode_tokens_per_s is not None
    # 352 / 7.513699061 s = 46.8478
    assert record.result.decode_tokens_per_s.central == pytest.approx(46.8478, abs=1e-4)
    assert (record.model.model, record.model.format, record.measured_at) == ("qwen3-32b", "q4_k_m", "2026-08-14")


def test_ollama_minutes_and_microseconds_are_seconds() -> None:
    content = (
        read_upload(FIXTURES / "ollama_verbose.txt").replace("1.38544025s", "1m12.5s").replace("957.094334ms", "900µs")
    )
    (record,) = import_content(content, facts=SAMPLES["ollama_verbose.txt"][0], known=KNOWN).records
    assert record.result.decode_tokens_per_s is not None
    assert record.result.prefill_tokens_per_s is not None
    assert record.result.decode_tokens_per_s.central == pytest.approx(180 / 72.5)
    assert record.result.prefill_tokens_per_s.central == pytest.approx(17 / 900e-6)


def test_ollama_asks_for_what_the_tag_leaves_open_and_prints_it() -> None:
    content = read_upload(FIXTURES / "ollama_verbose.txt").replace("llama3.2:1b-instruct-q8_0", "mistral")
    found = import_content(content, facts=Facts(), known=KNOWN)
    assert found.missing == ("chip", "model", "format")
    assert '"mistral"' in found.question()
    mapped = Facts(chip="nvidia-rtx-4090", models={"mistral": "llama-2-7b"}, format="q4_0")
    assert import_content(content, facts=mapped, known=KNOWN).records[0].model.model == "llama-2-7b"


def test_ollama_models_of_two_runs_stay_apart() -> None:
    content = read_upload(FIXTURES / "ollama_verbose.txt")
    second = content.replace("llama3.2:1b-instruct-q8_0", "qwen3:32b-q4_K_M").replace("129.92", "40.00")
    found = import_content(content + second, facts=Facts(chip="nvidia-rtx-4090"), known=KNOWN)
    assert [record.model.model for record in found.records] == ["llama-3.2-1b", "qwen3-32b"]
    assert found.names == ()
    second = content.replace("llama3.2:1b-instruct-q8_0", "nobody-made-this:7b")
    assert import_content(second, facts=Facts(chip="nvidia-rtx-4090"), known=KNOWN).names == ("nobody-made-this:7b",)


@pytest.mark.parametrize("processor", ["48%/52% CPU/GPU", "100% CPU"])
def test_ollama_on_the_processor_is_kept_and_not_used(processor: str) -> None:
    listing = f"NAME  ID  SIZE  PROCESSOR  UNTIL\nllama3.2:1b  a80c4f17  2.2 GB    {processor}  4 minutes from now\n"
    content = read_upload(FIXTURES / "ollama_verbose.txt").replace(">>> write", f"{listing}>>> write")
    (record,) = import_content(content, facts=SAMPLES["ollama_verbose.txt"][0], known=KNOWN).records
    assert not is_usable(record)
    assert {"partial-offload", "on-processor"} & {remark.code for remark in record.remarks}


@many
@given(st.lists(with_odd_values(OLLAMA_ROW) | json_values, max_size=3))
def test_ollama_objects_never_raise(rows: list[object]) -> None:
    check_sane(ollama.import_objects([("x", row) for row in rows], facts=ALL_FACTS, known=KNOWN))


@many
@given(spoilt((FIXTURES / "ollama_verbose.txt").read_text("utf-8")) | st.text(max_size=200))
def test_ollama_never_raises(content: str) -> None:
    check_sane(ollama.import_text(content, facts=ALL_FACTS, known=KNOWN))


PS = "NAME  ID  SIZE  PROCESSOR  CONTEXT  UNTIL\n{model}    365c0bd3c000    42 GB    {shares}    4096    4 minutes from now\n"
RUN = read_upload(FIXTURES / "ollama_verbose.txt")


def _codes(content: str) -> list[list[str]]:
    found = import_content(content, facts=SAMPLES["ollama_verbose.txt"][0], known=KNOWN)
    assert not found.refused
    return [[remark.code for remark in record.remarks] for record in found.records]


@pytest.mark.parametrize(
    ("shares", "codes"),
    [("40%/60% CPU/GPU", ["partial-offload"]), ("100% CPU", ["on-processor"]), ("100% GPU", [])],
)
def test_ollama_ps_tells_where_the_model_of_a_later_or_earlier_run_lay(shares: str, codes: list[str]) -> None:
    table = "$ ollama ps\n" + PS.format(model="llama3.2:1b-instruct-q8_0", shares=shares)
    assert _codes(f"{table}\n{RUN}") == [codes]
    assert _codes(f"{RUN}\n{table}") == [codes]
    assert _codes(f"{table}\n{RUN}\n{RUN}") == [codes, codes]


def test_ollama_ps_of_another_model_says_nothing_of_this_run_and_the_last_row_above_counts() -> None:
    other = "$ ollama ps\n" + PS.format(model="qwen3:32b", shares="40%/60% CPU/GPU")
    assert _codes(f"{other}\n{RUN}") == [[]]
    spilt, whole = (
        PS.format(model="llama3.2:1b-instruct-q8_0", shares=shares) for shares in ("9%/91% CPU/GPU", "100% GPU")
    )
    assert _codes(f"{spilt}\n{RUN}\n{whole}\n{RUN}") == [["partial-offload"], []]
