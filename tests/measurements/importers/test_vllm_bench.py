"""vLLM importer: single streams, batches, refusals, and any content at all."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from measurements.importers import vllm_bench
from measurements.importers.facts import Facts
from measurements.importers.reading import import_content, read_upload
from tests.measurements.importers.examples import (
    ALL_FACTS,
    FIXTURES,
    KNOWN,
    VLLM_ROW,
    check_sane,
    json_values,
    many,
    read_example,
    with_odd_values,
)


def test_vllm_single_stream_is_the_reciprocal_of_time_per_token() -> None:
    alone, _ = read_example("vllm_appended.json", chip="nvidia-rtx-4090")
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
    _, eight = read_example("vllm_appended.json", chip="nvidia-rtx-4090")
    assert eight.result.decode_tokens_per_s is not None
    assert (eight.result.decode_tokens_per_s.central, eight.workload.batch_count) == (301.4, 8)
    assert eight.result.prefill_tokens_per_s is None
    assert [remark.code for remark in eight.remarks] == ["whole-request", "failed-requests"]


def test_vllm_without_concurrency_asks_for_it() -> None:
    content = read_upload(FIXTURES / "vllm_short.json")
    assert import_content(content, facts=Facts(), known=KNOWN).missing == ("chip", "model", "format", "batch")
    (record,) = read_example(
        "vllm_short.json", chip="nvidia-rtx-4090", models={"": "llama-3-70b"}, format="awq-int4", batch_count=1
    )
    assert record.workload.batch_count == 1


@pytest.mark.parametrize(
    "changes", [{"completed": 0}, {"median_tpot_ms": 0}, {"output_throughput": "inf"}, {"total_output_tokens": 100}]
)
def test_vllm_that_rates_nothing_is_refused(changes: dict[str, object]) -> None:
    fields = json.loads(read_upload(FIXTURES / "vllm_short.json")) | changes
    found = import_content(json.dumps(fields), facts=ALL_FACTS, known=KNOWN)
    assert found.records == ()
    assert len(found.refused) == 1


@many
@example([VLLM_ROW | {"max_concurrency": 1, "median_tpot_ms": 5e-324}])  # 1000 over it is not finite
@given(st.lists(with_odd_values(VLLM_ROW) | json_values, max_size=3))
def test_vllm_objects_never_raise(rows: list[object]) -> None:
    check_sane(vllm_bench.import_objects([("x", row) for row in rows], facts=ALL_FACTS, known=KNOWN))
