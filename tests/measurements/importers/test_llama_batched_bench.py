"""Importer of llama-batched-bench and sweep-bench: sums over sequences, depth, a shared prompt, any content at all."""

import json

from hypothesis import given
from hypothesis import strategies as st

from measurements.importers import llama_batched_bench
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

BATCHED_ROW = {
    "n_kv_max": 2048,
    "n_batch": 2048,
    "n_ubatch": 512,
    "is_pp_shared": 0,
    "n_gpu_layers": 99,
    "pp": 128,
    "tg": 128,
    "pl": 4,
    "n_kv": 1024,
    "t_pp": 0.1,
    "speed_pp": 5120.0,
    "t_tg": 2.0,
    "speed_tg": 256.0,
    "t": 2.1,
    "speed": 487.6,
}
FACTS = Facts(chip="nvidia-rtx-4080", models={"": "qwen2.5-7b"}, format="q4_k_m")


def test_batched_bench_keeps_the_sum_of_each_batch() -> None:
    records = read_example("llama_batched_bench.md", chip="nvidia-rtx-4080")
    assert [record.workload.batch_count for record in records] == [1, 2, 4, 8]
    decode = [record.result.decode_tokens_per_s.central for record in records if record.result.decode_tokens_per_s]
    prefill = [record.result.prefill_tokens_per_s.central for record in records if record.result.prefill_tokens_per_s]
    assert decode == [105.81, 185.40, 345.31, 549.80]
    assert prefill == [7177.30, 8169.78, 8056.49, 8058.80]
    assert {(record.workload.prompt_tokens, record.workload.generated_tokens) for record in records} == {(512, 128)}
    assert {(record.model.model, record.model.format) for record in records} == {("qwen2.5-7b", "q4_k_m")}


def test_shared_prompt_gives_no_prefill() -> None:
    content = read_upload(FIXTURES / "llama_batched_bench.md").replace("is_pp_shared = 0", "is_pp_shared = 1")
    records = import_content(content, facts=Facts(chip="nvidia-rtx-4080"), known=KNOWN).records
    assert [record.result.prefill_tokens_per_s is None for record in records] == [False, True, True, True]


def test_sweep_bench_reads_and_writes_at_a_depth() -> None:
    records = read_example("llama_sweep_bench.md", chip="nvidia-rtx-4080")
    assert [record.workload.depth_tokens for record in records] == [0, 512, 1024]
    assert {record.workload.batch_count for record in records} == {1}


def test_batched_bench_json_lines_are_the_table() -> None:
    (record,) = import_content(json.dumps(BATCHED_ROW), facts=FACTS, known=KNOWN).records
    assert record.result.decode_tokens_per_s is not None
    assert (record.result.decode_tokens_per_s.central, record.workload.batch_count) == (256.0, 4)


def test_batched_bench_without_layers_on_the_card_is_not_used() -> None:
    content = read_upload(FIXTURES / "llama_batched_bench.md").replace("n_gpu_layers = 99", "n_gpu_layers = 0")
    records = import_content(content, facts=Facts(chip="nvidia-rtx-4080"), known=KNOWN).records
    assert len(records) == 4
    assert not any(is_usable(record) for record in records)


@many
@given(st.lists(with_odd_values(BATCHED_ROW) | json_values, max_size=3))
def test_batched_bench_objects_never_raise(rows: list[object]) -> None:
    check_sane(llama_batched_bench.import_objects([("x", row) for row in rows], facts=ALL_FACTS, known=KNOWN))


@many
@given(spoilt((FIXTURES / "llama_batched_bench.md").read_text("utf-8")) | st.text(max_size=200))
def test_llama_batched_bench_never_raises(content: str) -> None:
    check_sane(llama_batched_bench.import_text(content, facts=ALL_FACTS, known=KNOWN))
