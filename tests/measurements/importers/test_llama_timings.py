"""Importer of llama.cpp's timings: every form, the cache, drafts, layers on the processor, any content at all."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurements.importers import llama_timings
from measurements.importers.facts import Facts
from measurements.importers.reading import import_content, read_upload
from measurements.records.trusted_speeds import is_usable
from tests.measurements.importers.examples import (
    ALL_FACTS,
    FIXTURES,
    KNOWN,
    check_sane,
    json_values,
    many,
    read_example,
    spoilt,
    with_odd_values,
)

SERVER_ROW = json.loads((FIXTURES / "llama_server.json").read_text("utf-8"))["timings"]
CARD = Facts(chip="nvidia-rtx-4090", prompt_tokens=600, answer_tokens=200)


def test_llama_timings_of_server_and_cli_are_read() -> None:
    server, cli = read_example("llama_timings.txt", chip="nvidia-rtx-4090")
    assert server.result.decode_tokens_per_s is not None
    assert server.result.prefill_tokens_per_s is not None
    # 250 / 8.62728 s = 28.9778, 611 / 0.9924 s = 615.6792
    assert server.result.decode_tokens_per_s.central == pytest.approx(28.9778, abs=1e-4)
    assert server.result.prefill_tokens_per_s.central == pytest.approx(615.6792, abs=1e-4)
    assert (server.workload.prompt_tokens, server.workload.generated_tokens) == (611, 250)
    assert (cli.workload.prompt_tokens, cli.workload.generated_tokens) == (69, 99)
    assert {record.model.model for record in (server, cli)} == {"qwen3-32b"}
    assert all(is_usable(record) for record in (server, cli))


def test_llama_server_json_counts_the_cache_as_depth_and_takes_the_model_along() -> None:
    (record,) = read_example("llama_server.json", chip="nvidia-rtx-4090")
    assert record.result.decode_tokens_per_s is not None
    # 50 / 1.75 s = 28.5714
    assert record.result.decode_tokens_per_s.central == pytest.approx(28.5714, abs=1e-4)
    assert (record.workload.depth_tokens, record.workload.prompt_tokens) == (10, 100)
    assert (record.model.model, record.model.format) == ("qwen3-32b", "q4_k_m")


def test_llama_server_with_drafts_is_speculative() -> None:
    row = SERVER_ROW | {"draft_n": 30, "draft_n_accepted": 20}
    facts = Facts(chip="nvidia-rtx-4090", models={"": "qwen3-32b"}, format="q4_k_m")
    (record,) = import_content(json.dumps(row), facts=facts, known=KNOWN).records
    assert not is_usable(record)


def test_line_in_brackets_asks_for_the_lengths() -> None:
    content = (
        "$ llama-cli -m Qwen3-32B-Q4_K_M.gguf -ngl 99\n> hi\nHello!\n\n[ Prompt: 225.6 t/s | Generation: 26.3 t/s ]\n"
    )
    found = import_content(content, facts=Facts(chip="nvidia-rtx-4090"), known=KNOWN)
    assert found.missing == ("prompt", "answer")
    (record,) = import_content(content, facts=CARD, known=KNOWN).records
    assert record.result.decode_tokens_per_s is not None
    assert (record.result.decode_tokens_per_s.central, record.workload.prompt_tokens) == (26.3, 600)


@pytest.mark.parametrize(
    ("flag", "log"),
    [
        ("-ngl 0", ""),
        ("-ngl 20", ""),
        ("-ngl 99 --n-cpu-moe 12", ""),
        ("-ngl 99 -cmoe", ""),
        ("-ngl 99 -ot exps=CPU", ""),
        ("-ngl 99 -nkvo", ""),
        ("-dev none", ""),
        ("", "load_tensors: offloaded 20/65 layers to GPU"),
        ("", "warning: no usable GPU found, --gpu-layers option will be ignored"),
    ],
)
def test_timings_with_the_processor_in_them_are_not_used(flag: str, log: str) -> None:
    lines = read_upload(FIXTURES / "llama_timings.txt").splitlines()[3:5]
    content = "\n".join([f"$ llama-cli -m Qwen3-32B-Q4_K_M.gguf -c 4096 {flag}", log, *lines])
    (record,) = import_content(content, facts=CARD, known=KNOWN).records
    assert not is_usable(record)


@many
@given(st.lists(with_odd_values(SERVER_ROW) | json_values, max_size=3))
def test_llama_timings_objects_never_raise(rows: list[object]) -> None:
    check_sane(llama_timings.import_objects([("x", row) for row in rows], facts=ALL_FACTS, known=KNOWN))


@many
@given(spoilt((FIXTURES / "llama_timings.txt").read_text("utf-8")) | st.text(max_size=200))
def test_llama_timings_never_raises(content: str) -> None:
    check_sane(llama_timings.import_text(content, facts=ALL_FACTS, known=KNOWN))
