"""trtllm-bench importer: cards, concurrency, one stream, any content at all."""

from hypothesis import given
from hypothesis import strategies as st

from measurements.importers import trtllm_bench
from measurements.importers.facts import Facts
from measurements.importers.reading import import_content, read_upload
from tests.measurements.importers.examples import ALL_FACTS, FIXTURES, KNOWN, check_sane, many, read_example, spoilt


def test_report_states_cards_model_format_and_streams() -> None:
    (record,) = read_example("trtllm_bench.txt")
    assert record.result.decode_tokens_per_s is not None
    assert (record.result.decode_tokens_per_s.central, record.workload.batch_count) == (307.2, 8)
    assert (record.host.chip, record.host.chip_count) == ("nvidia-h100-sxm-80", 2)
    assert (record.model.model, record.model.format) == ("llama-3-70b", "fp8")
    assert [remark.code for remark in record.remarks] == ["whole-request"]


def test_one_stream_takes_the_speed_after_the_first_token() -> None:
    content = read_upload(FIXTURES / "trtllm_bench.txt").replace("requests:  7.8000", "requests:  1.0000") + (
        "Average time-to-first-token [TTFT] (ms):          128.0000\n"
        "Per User Output Speed (tps/user):                 84.7500\n"
    )
    (record,) = import_content(content, facts=Facts(), known=KNOWN).records
    assert record.result.decode_tokens_per_s is not None
    assert record.result.prefill_tokens_per_s is not None
    assert record.result.decode_tokens_per_s.central == 84.75
    assert record.result.prefill_tokens_per_s.central == 1024 / 0.128


@many
@given(spoilt((FIXTURES / "trtllm_bench.txt").read_text("utf-8")) | st.text(max_size=200))
def test_trtllm_bench_never_raises(content: str) -> None:
    check_sane(trtllm_bench.import_text(content, facts=ALL_FACTS, known=KNOWN))
