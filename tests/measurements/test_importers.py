"""Do the importers read what other tools really print, ask for what is missing, and survive anything else?"""

import json
import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from calculator.catalog import load_catalog
from measurements.importers import llama_bench, mlx_lm_text, own, reading, vllm_bench
from measurements.importers.facts import Collector, Facts, Known, number, whole
from measurements.importers.reading import decode, import_content, read_upload
from measurements.records.gate import gate_of
from measurements.records.identify import chip_of_name, format_of_name, model_of_name
from measurements.records.record import Measurement, MeasurementError
from measurements.records.store import Store, export_lines
from tests.measurements.examples import a_measurement

FOLDER = Path(__file__).parent.parent / "fixtures" / "importers"
EXAMPLE_COUNT = 10_000 if os.environ.get("THOROUGH") else 150
KNOWN = Known(
    chips=(
        "amd-strix-halo-128",
        "apple-m2-ultra-76",
        "nvidia-h100-sxm-80",
        "nvidia-rtx-4080",
        "nvidia-rtx-4090",
        "nvidia-rtx-pro-6000",
    ),
    models=(
        "llama-2-7b",
        "llama-2-70b",
        "llama-3-70b",
        "llama-3.2-1b",
        "qwen2.5-7b",
        "qwen3-0.6b",
        "qwen3.5-4b",
        "qwen3-32b",
    ),
)
ALL_FACTS = Facts(
    chip="nvidia-rtx-4090", models={"": "llama-3-70b"}, format="q4_k_m", batch_count=1, measured_at="2026-08"
)


def _read(name: str, **facts: object) -> "tuple[Measurement, ...]":
    found = import_content(read_upload(FOLDER / name), facts=Facts(**facts), known=KNOWN)  # type: ignore[arg-type]
    assert (found.refused, found.missing) == ((), ())
    return found.records


# --- llama-bench


def test_llama_bench_of_2025_10_names_chip_model_format_and_depth() -> None:
    records = _read("llama_bench_2025-10.jsonl")
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
    prefill, decode = _read("llama_bench_2025-07.jsonl", chip="amd-strix-halo-128")
    assert prefill.result.prefill_tokens_per_s is not None
    # sorted 315.643 315.82 315.908 317.197 317.221: the third is the median
    assert prefill.result.prefill_tokens_per_s.central == 315.908
    assert prefill.result.prefill_tokens_per_s.samples == (317.221, 317.197, 315.643, 315.82, 315.908)
    assert decode.workload.generated_tokens == 1


def test_llama_bench_asks_for_a_chip_that_the_driver_does_not_tell() -> None:
    found = import_content(read_upload(FOLDER / "llama_bench_2025-07.jsonl"), facts=Facts(), known=KNOWN)
    assert (found.records, found.missing, len(found.waiting)) == ((), ("chip",), 2)
    assert found.question() == "The file does not state, for 2 rows: the chip (--chip apple-m4-max-40). Add it."


@pytest.mark.parametrize("name", ["llama_bench_2026-04.json", "llama_bench_2026-08.json"])
def test_llama_bench_of_2026_reads_the_same_figures_in_both_schemas(name: str) -> None:
    prefill, decode = _read(name)
    assert prefill.host.chip == "nvidia-rtx-4080"
    assert prefill.model.model == "qwen2.5-7b"
    assert decode.result.decode_tokens_per_s is not None
    assert decode.result.decode_tokens_per_s.central == 119.03
    assert {remark.code for remark in decode.remarks} == {"depth-0"}


def test_llama_bench_csv_has_the_mean_and_a_range_from_the_deviation() -> None:
    prefill, decode = _read("llama_bench.csv")
    assert prefill.result.prefill_tokens_per_s is not None
    assert decode.result.decode_tokens_per_s is not None
    # 7285.676949 -+ 1.2815516 * 100.064434 = 7157.439 and 7413.915
    assert prefill.result.prefill_tokens_per_s.central == 7285.676949
    assert prefill.result.prefill_tokens_per_s.low == pytest.approx(7157.439, abs=0.01)
    assert prefill.result.prefill_tokens_per_s.high == pytest.approx(7413.915, abs=0.01)
    assert decode.result.decode_tokens_per_s.central == 119.915244
    assert decode.workload.kv_bits == 16


def test_llama_bench_markdown_needs_chip_and_model_and_reads_gib_and_build() -> None:
    content = read_upload(FOLDER / "llama_bench_depth.md")
    assert import_content(content, facts=Facts(), known=KNOWN).missing == ("chip", "model")
    records = _read("llama_bench_depth.md", chip="nvidia-rtx-4090", models={"": "qwen2.5-7b"})
    assert [record.workload.depth_tokens for record in records] == [0, 0, 512, 512]
    # 4.36 GiB * 2**30 = 4_681_514_353 bytes, not 4.36e9
    assert records[0].result.weights_bytes == round(4.36 * 2**30) == 4_681_514_353
    assert records[3].result.decode_tokens_per_s is not None
    assert (records[3].result.decode_tokens_per_s.central, records[3].engine.version) == (116.71, "b8240")


def test_llama_bench_markdown_of_2024_warns_of_layers_on_the_cpu() -> None:
    partly, whole_model = _read("llama_bench_spaced.md", chip="nvidia-rtx-4090", models={"": "llama-2-7b"})
    assert [remark.code for remark in partly.remarks] == ["partial-offload"]
    assert [remark.code for remark in whole_model.remarks] == ["depth-0"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"n_prompt": 512, "n_gen": 128}, "mixes"),
        ({"n_prompt": 0, "n_gen": 0}, "both 0"),
        ({"embeddings": True}, "embeddings"),
        ({"n_cpu_moe": 3}, "experts ran on the CPU"),
        ({"no_kv_offload": True}, "cache was in system memory"),
        ({"avg_ts": 0}, "above 0"),
        ({"avg_ts": "fast"}, "above 0"),
        ({"n_gen": 10**12}, "generated_tokens"),
        ({"gpu_info": "NVIDIA GeForce RTX 4090, NVIDIA GeForce RTX 3090"}, "several kinds of chip"),
    ],
)
def test_llama_bench_refuses_one_row_and_keeps_the_others(changes: dict[str, object], said: str) -> None:
    rows = json.loads(read_upload(FOLDER / "llama_bench_2026-04.json"))
    rows[1] |= changes
    found = import_content(json.dumps(rows), facts=Facts(), known=KNOWN)
    assert len(found.records) == 1
    assert [refusal.place for refusal in found.refused] == ["object 2"]
    assert said in found.refused[0].reason


def test_llama_bench_counts_equal_cards_unless_one_was_chosen() -> None:
    rows = json.loads(read_upload(FOLDER / "llama_bench_2026-04.json"))
    for row, split in zip(rows, ("layer", "none"), strict=True):
        row |= {"gpu_info": "NVIDIA GeForce RTX 4090, NVIDIA GeForce RTX 4090", "split_mode": split}
    found = import_content(json.dumps(rows), facts=Facts(), known=KNOWN)
    assert [record.host.chip_count for record in found.records] == [2, 1]


# --- mlx_lm.benchmark


def test_mlx_lm_text_is_normalised_to_intervals() -> None:
    (record,) = _read("mlx_lm_2026-03.txt", chip="apple-m2-ultra-76")
    assert (record.model.model, record.model.format) == ("qwen3.5-4b", "mlx-4bit")
    assert record.result.decode_tokens_per_s is not None
    assert record.result.prefill_tokens_per_s is not None
    # median of the five generation_tps is 39.020; 64 tokens over 63 intervals: 39.020 * 63/64 = 38.4103125
    assert record.result.decode_tokens_per_s.central == pytest.approx(38.4103125)
    assert record.result.prefill_tokens_per_s.central == 359.048
    assert record.result.peak_bytes == 3_504_000_000
    assert (record.workload.prompt_tokens, record.workload.generated_tokens) == (1024, 64)
    assert [remark.code for remark in record.remarks] == ["normalised"]


def test_mlx_lm_text_with_total_time_asks_for_what_no_line_says() -> None:
    content = read_upload(FOLDER / "mlx_lm_2026-08.txt")
    assert import_content(content, facts=Facts(), known=KNOWN).missing == ("chip", "model", "format")
    (record,) = _read("mlx_lm_2026-08.txt", chip="amd-strix-halo-128", models={"": "qwen3-0.6b"}, format="bf16")
    assert record.result.decode_tokens_per_s is not None
    assert record.result.decode_tokens_per_s.central == pytest.approx(33.633 * 127 / 128)


def test_mlx_lm_text_of_the_oldest_form_is_read() -> None:
    (record,) = _read("mlx_lm_2025-08.txt", chip="apple-m2-ultra-76", models={"": "qwen3-0.6b"}, format="mlx-4bit")
    assert (record.workload.prompt_tokens, record.workload.generated_tokens, record.workload.batch_count) == (
        1024,
        64,
        1,
    )


def test_mlx_lm_text_of_a_batch_is_not_normalised() -> None:
    content = read_upload(FOLDER / "mlx_lm_2026-03.txt").replace("batch_size=1", "batch_size=4")
    (record,) = import_content(content, facts=Facts(chip="apple-m2-ultra-76"), known=KNOWN).records
    assert record.result.decode_tokens_per_s is not None
    assert (record.result.decode_tokens_per_s.central, record.workload.batch_count) == (39.020, 4)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("generation_tokens=64", "generation_tokens=1", "at least two"),
        ("generation_tps=38.757", "generation_tps=0.000", "above 0"),
        ("generation_tps=38.813", "generation_tps=83.813", "do not match"),
        ("Timing with", "Timing without", "No 'Timing"),
    ],
)
def test_mlx_lm_text_that_was_changed_is_refused(old: str, new: str, said: str) -> None:
    content = read_upload(FOLDER / "mlx_lm_2026-03.txt").replace(old, new)
    found = import_content(content, facts=Facts(chip="apple-m2-ultra-76"), known=KNOWN)
    assert found.records == ()
    assert said in found.refused[0].reason


# --- vLLM


def test_vllm_single_stream_is_the_reciprocal_of_time_per_token() -> None:
    alone, _ = _read("vllm_appended.json", chip="nvidia-rtx-4090")
    assert alone.result.decode_tokens_per_s is not None
    assert alone.result.time_to_first_token_s is not None
    assert alone.result.prefill_tokens_per_s is not None
    # 1000 / 11.8 ms = 84.7458; slowest tenth 11.8 + 1.2815516*2.1 = 14.4913 ms -> 69.0070
    assert alone.result.decode_tokens_per_s.central == pytest.approx(84.7458, abs=1e-4)
    assert alone.result.decode_tokens_per_s.low == pytest.approx(69.0070, abs=1e-3)
    assert alone.result.time_to_first_token_s.central == pytest.approx(0.0421)
    assert alone.result.prefill_tokens_per_s.central == pytest.approx(256 / 0.0421)
    assert (alone.workload.prompt_tokens, alone.workload.generated_tokens, alone.measured_at) == (
        256,
        256,
        "2026-08-14",
    )
    assert (alone.model.model, alone.model.format) == ("qwen3-32b", "awq-int4")


def test_vllm_aggregate_is_never_a_single_stream() -> None:
    _, eight = _read("vllm_appended.json", chip="nvidia-rtx-4090")
    assert eight.result.decode_tokens_per_s is not None
    assert (eight.result.decode_tokens_per_s.central, eight.workload.batch_count) == (301.4, 8)
    assert eight.result.prefill_tokens_per_s is None
    assert [remark.code for remark in eight.remarks] == ["whole-request", "failed-requests"]


def test_vllm_without_concurrency_asks_for_it() -> None:
    content = read_upload(FOLDER / "vllm_short.json")
    assert import_content(content, facts=Facts(), known=KNOWN).missing == ("chip", "model", "format", "batch")
    (record,) = _read(
        "vllm_short.json", chip="nvidia-rtx-4090", models={"": "llama-3-70b"}, format="awq-int4", batch_count=1
    )
    assert record.workload.batch_count == 1


@pytest.mark.parametrize(
    "changes", [{"completed": 0}, {"median_tpot_ms": 0}, {"output_throughput": "inf"}, {"total_output_tokens": 100}]
)
def test_vllm_that_rates_nothing_is_refused(changes: dict[str, object]) -> None:
    fields = json.loads(read_upload(FOLDER / "vllm_short.json")) | changes
    found = import_content(json.dumps(fields), facts=ALL_FACTS, known=KNOWN)
    assert found.records == ()
    assert len(found.refused) == 1


# --- own


def test_export_then_import_is_the_identity(store: Store, tmp_path: Path) -> None:
    records = [a_measurement(str(number), notes="=1+1 \u2028 \x07 tab\t'") for number in range(5)]
    records += list(_read("llama_bench_2025-10.jsonl")) + list(_read("vllm_appended.json", chip="nvidia-rtx-4090"))
    store.append_all(records)
    file = tmp_path / "export.jsonl"
    file.write_text("\n".join(export_lines(store.records())) + "\n", "utf-8")
    found = import_content(read_upload(file), facts=Facts(), known=Known())
    assert (found.format, found.refused) == ("this tool", ())
    assert list(found.records) == records
    other = Store(str(tmp_path / "other.sqlite"))
    assert other.append_all(list(found.records)) == ["added"] * len(records)
    assert list(export_lines(other.records())) == list(export_lines(store.records()))
    assert store.append_all(list(found.records)) == ["known"] * len(records)


def test_exported_line_that_was_changed_is_refused() -> None:
    record = a_measurement()
    line = f'{{"id":"{record.id()}","measurement":{record.canonical_json()}}}'
    found = import_content(line.replace("12.1", "21.1") + "\n" + line, facts=Facts(), known=Known())
    assert [refusal.place for refusal in found.refused] == ["object 1"]
    assert "changed after the export" in found.refused[0].reason
    assert found.records == (record,)


# --- published tables


def test_published_table_gives_each_speed_its_own_context() -> None:
    catalog = load_catalog()
    found = import_content(read_upload(FOLDER / "published.csv"), facts=Facts(), known=Known(), catalog=catalog)
    assert found.format == "published table"
    decode, prefill = (record for record in found.records if record.provenance.place == "mlx-0001")
    assert decode.result.decode_tokens_per_s is not None
    assert prefill.result.prefill_tokens_per_s is not None
    assert (
        decode.result.decode_tokens_per_s.central,
        decode.workload.depth_tokens,
        decode.workload.generated_tokens,
    ) == (52.47, 2048, 128)
    assert (
        prefill.result.prefill_tokens_per_s.central,
        prefill.workload.depth_tokens,
        prefill.workload.prompt_tokens,
    ) == (1780.63, 0, 2048)
    assert (decode.kind, decode.host.chip, decode.engine.name) == ("published", "apple-m4-max-40", "mlx-lm")
    assert decode.provenance.source.startswith("github.com/ml-explore")


def test_published_rows_that_are_no_speed_or_not_covered_are_refused() -> None:
    found = import_content(read_upload(FOLDER / "published.csv"), facts=Facts(), known=Known(), catalog=load_catalog())
    reasons = {refusal.place: refusal.reason for refusal in found.refused}
    assert "a rate over whole requests" in reasons["ale-0002"]
    assert "model not named" in reasons["iss-0006"]


def test_published_row_that_beats_the_bandwidth_is_refused() -> None:
    content = read_upload(FOLDER / "published.csv").replace(",52.47,", ",524.7,")
    found = import_content(content, facts=Facts(), known=Known(), catalog=load_catalog())
    kept = [record for record in found.records if record.provenance.place == "mlx-0001"]
    assert [record.result.decode_tokens_per_s for record in kept] == [None]  # its prefill stays


# --- every format


def test_gate_refuses_a_row_with_its_reason() -> None:
    found = import_content(
        read_upload(FOLDER / "llama_bench_2025-10.jsonl"),
        facts=Facts(),
        known=KNOWN,
        gate=lambda record: "too fast" if record.workload.depth_tokens == 1024 else None,
    )
    assert len(found.records) == 4
    assert [(refusal.place, refusal.reason) for refusal in found.refused] == [
        ("object 3", "too fast"),
        ("object 4", "too fast"),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "unknown format"),
        ("hello", "unknown format"),
        ("{}", "unknown format"),
        ("[1, 2]", "unknown format"),
        ("{", "broken JSON"),
        ('{"n_prompt": NaN}', "unknown format"),
        ("[" * 200_000, "broken JSON"),
        ('{"n_prompt": ' + "9" * 5000 + "}", "broken JSON"),
        ('{"avg_ts": 3.0, "tokens": 5}', "unknown format"),
    ],
)
def test_file_that_no_parser_knows_is_refused_with_a_sentence(content: str, said: str) -> None:
    found = import_content(content, facts=Facts(), known=KNOWN)
    assert (found.records, len(found.refused)) == ((), 1)
    assert said in found.refused[0].reason


def test_jsonl_cut_off_in_the_middle_keeps_what_was_whole() -> None:
    content = read_upload(FOLDER / "llama_bench_2025-10.jsonl")
    found = import_content(content[: len(content) // 2], facts=Facts(), known=KNOWN)
    assert len(found.records) == 3
    assert [refusal.place for refusal in found.refused] == ["after object 3"]


SAMPLES = {
    "llama_bench_2025-10.jsonl": (Facts(), 6),
    "llama_bench_2026-04.json": (Facts(), 2),
    "llama_bench.csv": (Facts(), 2),
    "llama_bench_depth.md": (Facts(chip="nvidia-rtx-4090", models={"": "qwen2.5-7b"}), 4),
    "mlx_lm_2026-03.txt": (Facts(chip="apple-m2-ultra-76"), 1),
    "vllm_appended.json": (Facts(chip="nvidia-rtx-4090"), 2),
}


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.encode("utf-16"),  # what PowerShell's > writes
        lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: ("\n\n" + text + "\n\n").encode(),
    ],
    ids=["utf-16", "utf-16-be", "mark", "crlf", "blank-lines"],
)
def test_file_in_another_dress_is_the_same_file(name: str, spoil: Callable[[str], bytes]) -> None:
    facts, count = SAMPLES[name]
    content = spoil(read_upload(FOLDER / name))
    found = import_content(decode(content, name=name), facts=facts, known=KNOWN)
    assert (len(found.records), found.refused, found.missing) == (count, (), ())


def test_array_cut_off_in_the_middle_keeps_what_was_whole() -> None:
    content = read_upload(FOLDER / "llama_bench_2026-04.json")
    found = import_content(content[: len(content) * 3 // 5], facts=Facts(), known=KNOWN)
    assert len(found.records) == 1
    assert [refusal.place for refusal in found.refused] == ["after object 1"]


def test_nan_of_one_row_leaves_the_others() -> None:
    """Python's writers print NaN where no request was complete; the file goes on behind it."""
    lines = read_upload(FOLDER / "vllm_appended.json").splitlines()
    first = json.loads(lines[0]) | {"median_tpot_ms": float("nan"), "request_rate": float("inf")}
    found = import_content("\n".join([json.dumps(first), *lines[1:]]), facts=Facts(chip="nvidia-rtx-4090"), known=KNOWN)
    assert len(found.records) == 1
    assert [refusal.place for refusal in found.refused] == ["object 1"]
    record = a_measurement()
    own_line = record.canonical_json().replace("12.1", "NaN", 1)
    assert "finite" in import_content(own_line, facts=Facts(), known=Known()).refused[0].reason


def test_markdown_with_a_bar_in_a_name_is_read() -> None:
    content = read_upload(FOLDER / "llama_bench_depth.md").replace("qwen2 7B", r"qwen2 \| 7B")
    found = import_content(content, facts=SAMPLES["llama_bench_depth.md"][0], known=KNOWN)
    assert (len(found.records), found.refused) == (4, ())
    assert found.records[0].model.model_name == "qwen2 | 7B Q4_K - Medium"


@pytest.mark.parametrize(
    ("name", "spoil", "said"),
    [
        # 4.36 GiB, the size of this file, stated as bytes of 4.36 GB
        (
            "llama_bench_2026-04.json",
            lambda text: re.sub(r'"model_size": \d+', '"model_size": 4360000000', text),
            "GiB were read as GB",
        ),
        # 3.504 GB of peak: below the weights of this model in 8 bits, 4.5 GB
        ("mlx_lm_2026-03.txt", lambda text: text.replace("4bit", "8bit"), "of the weights"),
    ],
)
def test_gib_read_as_gb_is_refused(name: str, spoil: Callable[[str], str], said: str) -> None:
    catalog = load_catalog()
    facts = Facts(chip="apple-m2-ultra-76") if name.startswith("mlx") else Facts()
    known = Known(tuple(catalog.chips), tuple(catalog.models))
    content = read_upload(FOLDER / name)
    assert import_content(content, facts=facts, known=known, gate=gate_of(catalog)).refused == ()
    found = import_content(spoil(content), facts=facts, known=known, gate=gate_of(catalog))
    assert found.records == ()
    assert said in found.refused[0].reason


@pytest.mark.parametrize(
    "line", ["|" * 2_000_000, "prompt_tps= generation_tps= " * 50_000, '{"n_prompt": "' + "9" * 2_000_000]
)
def test_huge_line_ends_soon(line: str) -> None:
    began = time.process_time()
    _sane(import_content(line, facts=ALL_FACTS, known=KNOWN))
    assert time.process_time() - began < 5


def test_device_without_an_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LARGEST_FILE_BYTES", 1_000)
    with pytest.raises(MeasurementError, match="goes on beyond 1,000 bytes"):
        read_upload(Path("/dev/zero"))


def test_upload_that_is_no_text_or_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "x.json"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(MeasurementError, match="not UTF-8"):
        read_upload(file)
    monkeypatch.setattr(reading, "LARGEST_FILE_BYTES", 2)
    with pytest.raises(MeasurementError, match="the limit is 2"):
        read_upload(file)
    with pytest.raises(MeasurementError, match="cannot be read"):
        read_upload(tmp_path / "none")


@pytest.mark.parametrize(
    ("name", "cores", "chip"),
    [
        ("NVIDIA GeForce RTX 4090", 0, "nvidia-rtx-4090"),
        ("NVIDIA GeForce RTX 4090 Laptop GPU", 0, None),
        ("NVIDIA H100 80GB HBM3", 0, "nvidia-h100-sxm-80"),
        ("NVIDIA RTX PRO 6000 Blackwell Workstation Edition", 0, "nvidia-rtx-pro-6000"),
        ("Apple M2 Ultra", 76, "apple-m2-ultra-76"),
        ("Apple M2 Ultra", 60, None),
        ("Apple M2 Ultra", 0, None),
        ("apple-m2-ultra-76", 0, "apple-m2-ultra-76"),
        ("", 0, None),
    ],
)
def test_chip_of_name_never_guesses(name: str, cores: int, chip: str | None) -> None:
    assert chip_of_name(name, chips=KNOWN.chips, gpu_core_count=cores) == chip


@pytest.mark.parametrize(
    ("name", "model", "form"),
    [
        ("llama 70B Q4_K - Medium", None, "q4_k_m"),
        ("Meta-Llama-3.1-70B-Instruct-Q4_K_M.gguf", "llama-3-70b", "q4_k_m"),
        ("llama-2-70b.Q8_0.gguf", "llama-2-70b", "q8_0"),
        ("Qwen3-30B-A3B-UD-Q4_K_XL.gguf", None, "q4_k_xl"),
        ("mlx-community/Qwen3.5-4B-MLX-4bit", "qwen3.5-4b", "mlx-4bit"),
        ("gpt-oss 20B MXFP4 MoE", None, "mxfp4"),
        ("model-IQ4_XS.gguf", None, "iq4_xs"),
        ("openai/gpt-oss-120b", None, None),
    ],
)
def test_model_and_format_of_name_never_guess(name: str, model: str | None, form: str | None) -> None:
    assert (model_of_name(name, models=KNOWN.models), format_of_name(name)) == (model, form)


@pytest.mark.parametrize(
    "value", [True, None, "1_000", " ", "nan", "inf", "1e999", 10**400, "0x10", "１２", [], float("nan")]
)
def test_number_takes_only_plain_finite_numbers(value: object) -> None:
    assert number(value) is None
    assert whole(value) is None


# --- anything at all: no parser may raise

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=8,
)
many = settings(max_examples=EXAMPLE_COUNT, deadline=None, suppress_health_check=list(HealthCheck))


def _with_odd_values(row: dict[str, object]) -> "st.SearchStrategy[dict[str, object]]":
    return st.dictionaries(st.sampled_from(sorted(row)), json_values, max_size=6).map(lambda odd: {**row, **odd})


def _sane(found: "reading.Imported") -> None:
    for record in found.records:
        assert Measurement.model_validate(record.model_dump(mode="json")) == record
    assert all(refusal.reason for refusal in found.refused)


LLAMA_ROW = json.loads((FOLDER / "llama_bench_2026-04.json").read_text("utf-8"))[1]
VLLM_ROW = json.loads((FOLDER / "vllm_appended.json").read_text("utf-8").splitlines()[0])
OWN_ROW = {"measurement": a_measurement().model_dump(mode="json")}


@many
@given(st.lists(_with_odd_values(LLAMA_ROW) | json_values, max_size=3))
def test_llama_bench_objects_never_raise(rows: list[object]) -> None:
    _sane(llama_bench.import_objects([("x", row) for row in rows], facts=ALL_FACTS, known=KNOWN))
    _sane(import_content("\n".join(json.dumps(row) for row in rows), facts=ALL_FACTS, known=KNOWN))


@many
@given(st.lists(_with_odd_values(VLLM_ROW) | json_values, max_size=3))
def test_vllm_objects_never_raise(rows: list[object]) -> None:
    _sane(vllm_bench.import_objects([("x", row) for row in rows], facts=ALL_FACTS, known=KNOWN))


@many
@given(
    st.lists(_with_odd_values(OWN_ROW["measurement"]).map(lambda row: {"measurement": row}) | json_values, max_size=3)
)
def test_own_objects_never_raise(rows: list[object]) -> None:
    _sane(own.import_objects([("x", row) for row in rows]))


def _spoilt(content: str) -> "st.SearchStrategy[str]":
    """The real text with parts cut out, doubled and replaced."""
    cut = st.integers(0, len(content))
    odd = st.text(max_size=12) | st.sampled_from(["|", "=", ",", "\n", '"', "9" * 400, "-1", "1e999", "nan", "\0", "±"])
    return st.tuples(cut, cut, odd, cut).map(
        lambda p: content[: p[0]] + p[2] + content[p[1] :] + p[2] + content[p[3] : p[3] + 80]
    )


@many
@given(
    _spoilt((FOLDER / "llama_bench.csv").read_text("utf-8"))
    | st.text(max_size=200).map(lambda t: "n_gen,avg_ts,n_prompt\n" + t)
)
@example('n_gen,avg_ts,n_prompt\n"unclosed')
@example("n_gen,avg_ts,n_prompt\n" + "x" * 200_000)
def test_llama_bench_csv_never_raises(content: str) -> None:
    _sane(llama_bench.import_csv(content, facts=ALL_FACTS, known=KNOWN))


@many
@given(_spoilt((FOLDER / "llama_bench_depth.md").read_text("utf-8")) | st.text(max_size=200))
def test_llama_bench_markdown_never_raises(content: str) -> None:
    _sane(llama_bench.import_markdown(content, facts=ALL_FACTS, known=KNOWN))


@many
@given(_spoilt((FOLDER / "mlx_lm_2026-03.txt").read_text("utf-8")) | st.text(max_size=200))
def test_mlx_lm_text_never_raises(content: str) -> None:
    _sane(mlx_lm_text.import_text(content, facts=ALL_FACTS, known=KNOWN))


@many
@given(
    st.text(max_size=300)
    | st.binary(max_size=200).map(lambda raw: raw.decode("utf-8", "replace"))
    | _spoilt(json.dumps(LLAMA_ROW))
)
def test_any_content_never_raises(content: str) -> None:
    _sane(import_content(content, facts=ALL_FACTS, known=KNOWN))


def test_collector_turns_a_bad_record_into_a_refusal() -> None:
    collector = Collector("x")
    collector.add("row 1", {"kind": "imported", "measured_at": "2026", "engine": {"name": "x\0"}})
    assert [refusal.place for refusal in collector.imported().refused] == ["row 1"]
