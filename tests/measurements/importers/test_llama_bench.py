"""llama-bench importer: every version of its output, its refusals, and any content at all."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from measurements.importers import llama_bench
from measurements.importers.facts import Facts
from measurements.importers.reading import import_content, read_upload
from measurements.records.trusted_speeds import is_usable
from tests.measurements.importers.examples import (
    ALL_FACTS,
    FIXTURES,
    KNOWN,
    LLAMA_ROW,
    SAMPLES,
    check_sane,
    json_values,
    many,
    read_example,
    spoilt,
    with_odd_values,
)


def test_llama_bench_of_2025_10_names_chip_model_format_and_depth() -> None:
    records = read_example("llama_bench_2025-10.jsonl")
    assert len(records) == 6
    decode = [record for record in records if record.result.decode_tokens_per_s]
    assert [record.workload.depth_tokens for record in decode] == [0, 1024, 16384]
    assert [record.result.decode_tokens_per_s.central for record in decode if record.result.decode_tokens_per_s] == [
        195.653,
        188.791,
        126.861,
    ]
    first = records[0]
    assert (first.host.chip, first.model.model, first.model.format) == ("amd-strix-halo-128", "llama-3.2-1b", "q4_k_m")
    assert (first.engine.name, first.engine.version, first.measured_at) == (
        "llama.cpp",
        "b6865",
        "2025-10-28T12:54:10Z",
    )
    assert first.result.prefill_tokens_per_s is not None
    assert first.result.prefill_tokens_per_s.central == 4703.28
    assert first.result.weights_bytes == 799_862_912


def test_llama_bench_of_2025_07_keeps_every_sample() -> None:
    prefill, decode = read_example("llama_bench_2025-07.jsonl", chip="amd-strix-halo-128")
    assert prefill.result.prefill_tokens_per_s is not None
    # sorted 315.643 315.82 315.908 317.197 317.221: the third is the median
    assert prefill.result.prefill_tokens_per_s.central == 315.908
    assert prefill.result.prefill_tokens_per_s.samples == (317.221, 317.197, 315.643, 315.82, 315.908)
    assert decode.workload.generated_tokens == 1


def test_llama_bench_asks_for_a_chip_that_the_driver_does_not_tell() -> None:
    found = import_content(read_upload(FIXTURES / "llama_bench_2025-07.jsonl"), facts=Facts(), known=KNOWN)
    assert (found.records, found.missing, len(found.waiting)) == ((), ("chip",), 2)
    assert found.question() == "The file does not state, for 2 rows: the chip (--chip apple-m4-max-40). Add it."


@pytest.mark.parametrize("name", ["llama_bench_2026-04.json", "llama_bench_2026-08.json"])
def test_llama_bench_of_2026_reads_the_same_figures_in_both_schemas(name: str) -> None:
    prefill, decode = read_example(name)
    assert prefill.host.chip == "nvidia-rtx-4080"
    assert prefill.model.model == "qwen2.5-7b"
    assert decode.result.decode_tokens_per_s is not None
    assert decode.result.decode_tokens_per_s.central == 119.03
    assert {remark.code for remark in decode.remarks} == {"depth-0"}


def test_llama_bench_csv_has_the_mean_and_a_range_from_the_deviation() -> None:
    prefill, decode = read_example("llama_bench.csv")
    assert prefill.result.prefill_tokens_per_s is not None
    assert decode.result.decode_tokens_per_s is not None
    # 7285.676949 -+ 1.2815516 * 100.064434 = 7157.439 and 7413.915
    assert prefill.result.prefill_tokens_per_s.central == 7285.676949
    assert prefill.result.prefill_tokens_per_s.low == pytest.approx(7157.439, abs=0.01)
    assert prefill.result.prefill_tokens_per_s.high == pytest.approx(7413.915, abs=0.01)
    assert decode.result.decode_tokens_per_s.central == 119.915244
    assert decode.workload.kv_bits == 16


def test_llama_bench_markdown_needs_chip_and_model_and_reads_gib_and_build() -> None:
    content = read_upload(FIXTURES / "llama_bench_depth.md")
    assert import_content(content, facts=Facts(), known=KNOWN).missing == ("chip", "model")
    records = read_example("llama_bench_depth.md", chip="nvidia-rtx-4090", models={"": "qwen2.5-7b"})
    assert [record.workload.depth_tokens for record in records] == [0, 0, 512, 512]
    # 4.36 GiB * 2**30 = 4_681_514_353 bytes, not 4.36e9
    assert records[0].result.weights_bytes == round(4.36 * 2**30) == 4_681_514_353
    assert records[3].result.decode_tokens_per_s is not None
    assert (records[3].result.decode_tokens_per_s.central, records[3].engine.version) == (116.71, "b8240")


def test_llama_bench_markdown_of_2024_warns_of_layers_on_the_cpu() -> None:
    partly, whole_model = read_example("llama_bench_spaced.md", chip="nvidia-rtx-4090", models={"": "llama-2-7b"})
    assert [remark.code for remark in partly.remarks] == ["partial-offload"]
    assert [remark.code for remark in whole_model.remarks] == ["depth-0"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"n_prompt": 512, "n_gen": 128}, "mixes"),
        ({"n_prompt": 0, "n_gen": 0}, "both 0"),
        ({"embeddings": True}, "embeddings"),
        ({"avg_ts": 0}, "above 0"),
        ({"avg_ts": 1e308}, "above 0"),
        ({"avg_ts": "fast"}, "above 0"),
        ({"n_gen": 10**12}, "generated_tokens"),
        ({"gpu_info": "NVIDIA GeForce RTX 4090, NVIDIA GeForce RTX 3090"}, "several kinds of chip"),
    ],
)
def test_llama_bench_refuses_one_row_and_keeps_the_others(changes: dict[str, object], said: str) -> None:
    rows = json.loads(read_upload(FIXTURES / "llama_bench_2026-04.json"))
    rows[1] |= changes
    found = import_content(json.dumps(rows), facts=Facts(), known=KNOWN)
    assert len(found.records) == 1
    assert [refusal.place for refusal in found.refused] == ["object 2"]
    assert said in found.refused[0].reason


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"n_cpu_moe": 3}, "some experts ran on the CPU"),
        ({"no_kv_offload": True}, "cache was in system memory"),
        ({"tensor_buft_overrides": "exps=CPU"}, "tensors were kept in system memory"),
        ({"n_gpu_layers": 0}, "no layer was on the GPU"),
        ({"n_gpu_layers": 20}, "n_gpu_layers was 20"),
    ],
)
def test_llama_bench_row_with_the_processor_in_it_is_kept_and_not_used(changes: dict[str, object], said: str) -> None:
    rows = json.loads(read_upload(FIXTURES / "llama_bench_2026-04.json"))
    rows[1] |= changes
    found = import_content(json.dumps(rows), facts=Facts(), known=KNOWN)
    assert found.refused == ()
    assert [is_usable(record) for record in found.records] == [True, False]
    (remark,) = [remark for remark in found.records[1].remarks if remark.code == "partial-offload"]
    assert said in remark.text


def test_llama_bench_counts_equal_cards_unless_one_was_chosen() -> None:
    rows = json.loads(read_upload(FIXTURES / "llama_bench_2026-04.json"))
    for row, split in zip(rows, ("layer", "none"), strict=True):
        row |= {"gpu_info": "NVIDIA GeForce RTX 4090, NVIDIA GeForce RTX 4090", "split_mode": split}
    found = import_content(json.dumps(rows), facts=Facts(), known=KNOWN)
    assert [record.host.chip_count for record in found.records] == [2, 1]


def test_markdown_with_a_bar_in_a_name_is_read() -> None:
    content = read_upload(FIXTURES / "llama_bench_depth.md").replace("qwen2 7B", r"qwen2 \| 7B")
    found = import_content(content, facts=SAMPLES["llama_bench_depth.md"][0], known=KNOWN)
    assert (len(found.records), found.refused) == (4, ())
    assert found.records[0].model.model_name == "qwen2 | 7B Q4_K - Medium"


@many
@example([LLAMA_ROW | {"samples_ts": [1e308, 1e308]}])  # their median is not finite
@given(st.lists(with_odd_values(LLAMA_ROW) | json_values, max_size=3))
def test_llama_bench_objects_never_raise(rows: list[object]) -> None:
    check_sane(llama_bench.import_objects([("x", row) for row in rows], facts=ALL_FACTS, known=KNOWN))
    check_sane(import_content("\n".join(json.dumps(row) for row in rows), facts=ALL_FACTS, known=KNOWN))


@many
@given(
    spoilt((FIXTURES / "llama_bench.csv").read_text("utf-8"))
    | st.text(max_size=200).map(lambda t: "n_gen,avg_ts,n_prompt\n" + t)
)
@example('n_gen,avg_ts,n_prompt\n"unclosed')
@example("n_gen,avg_ts,n_prompt\n" + "x" * 200_000)
def test_llama_bench_csv_never_raises(content: str) -> None:
    check_sane(llama_bench.import_csv(content, facts=ALL_FACTS, known=KNOWN))


@many
@given(spoilt((FIXTURES / "llama_bench_depth.md").read_text("utf-8")) | st.text(max_size=200))
def test_llama_bench_markdown_never_raises(content: str) -> None:
    check_sane(llama_bench.import_markdown(content, facts=ALL_FACTS, known=KNOWN))
