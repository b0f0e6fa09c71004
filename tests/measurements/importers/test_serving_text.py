"""Importer of printed serving benchmarks: several streams, one stream, parallel cards, SGLang, any content at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurements.importers import serving_text
from measurements.importers.facts import Facts
from measurements.importers.reading import import_content, read_upload
from tests.measurements.importers.examples import ALL_FACTS, FIXTURES, KNOWN, check_sane, many, read_example, spoilt

CONTENT = read_upload(FIXTURES / "vllm_serving.txt")


def test_printed_block_of_32_streams_is_their_sum() -> None:
    (record,) = read_example("vllm_serving.txt", chip="nvidia-rtx-4090")
    assert record.result.decode_tokens_per_s is not None
    assert (record.result.decode_tokens_per_s.central, record.workload.batch_count) == (434.40, 32)
    assert (record.workload.prompt_tokens, record.workload.generated_tokens) == (2048, 2048)
    assert (record.engine.name, record.model.model, record.model.format) == ("vllm", "qwen3-32b", "awq-int4")


def test_printed_block_of_one_stream_is_the_reciprocal_of_the_time_per_token() -> None:
    content = CONTENT.replace("concurrency: 32", "concurrency: 1")
    (record,) = import_content(content, facts=Facts(chip="nvidia-rtx-4090"), known=KNOWN).records
    assert record.result.decode_tokens_per_s is not None
    # 1000 / 70.23 ms = 14.2389
    assert record.result.decode_tokens_per_s.central == pytest.approx(14.2389, abs=1e-4)


def test_concurrency_that_nobody_states_is_asked_for() -> None:
    content = "\n".join(line for line in CONTENT.splitlines() if "concurrency" not in line)
    found = import_content(content, facts=Facts(chip="nvidia-rtx-4090"), known=KNOWN)
    assert found.missing == ("batch",)
    stated = content.replace("--random-input-len", "--max-concurrency 16 --random-input-len")
    (record,) = import_content(stated, facts=Facts(chip="nvidia-rtx-4090"), known=KNOWN).records
    assert record.workload.batch_count == 16


@pytest.mark.parametrize(
    ("flags", "count"),
    [("--tensor-parallel-size 4", 4), ("-tp 2 -pp 2", 4), ("--tensor-parallel-size=2 --data-parallel-size=4", 8)],
)
def test_parallel_cards_of_the_server_are_counted(flags: str, count: int) -> None:
    for server in (f"vllm serve Qwen/Qwen3-32B-AWQ {flags}", f"vllm serve Qwen/Qwen3-32B-AWQ \\\n    {flags}"):
        content = CONTENT.replace("# vllm bench serve --model Qwen/Qwen3-32B-AWQ", f"{server}\n#")
        (record,) = import_content(content, facts=Facts(chip="nvidia-rtx-4090"), known=KNOWN).records
        assert record.host.chip_count == count


def test_sglang_names_itself_and_counts_concurrency() -> None:
    content = CONTENT.replace(
        "Successful requests:", "Backend:         sglang\nMax request concurrency:  4\nSuccessful requests:"
    )
    (record,) = import_content(content, facts=Facts(chip="nvidia-rtx-4090"), known=KNOWN).records
    assert (record.engine.name, record.workload.batch_count) == ("sglang", 4)


def test_two_blocks_are_two_records() -> None:
    found = import_content(
        CONTENT + CONTENT.replace("434.40", "500.00"), facts=Facts(chip="nvidia-rtx-4090"), known=KNOWN
    )
    rates = [record.result.decode_tokens_per_s.central for record in found.records if record.result.decode_tokens_per_s]
    assert rates == [434.40, 500.00]


def test_cut_block_says_what_it_lacks() -> None:
    found = import_content(CONTENT[: CONTENT.index("Output token")], facts=Facts(chip="nvidia-rtx-4090"), known=KNOWN)
    assert found.records == ()
    assert "lacks output_throughput and median_tpot_ms" in found.refused[0].reason


@many
@given(spoilt((FIXTURES / "vllm_serving.txt").read_text("utf-8")) | st.text(max_size=200))
def test_serving_text_never_raises(content: str) -> None:
    check_sane(serving_text.import_text(content, facts=ALL_FACTS, known=KNOWN))
