"""KoboldCpp importer: an answer's line, the benchmark's block counted once, any content at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurements.importers import koboldcpp
from measurements.importers.facts import Facts
from measurements.importers.reading import import_content
from tests.measurements.importers.examples import ALL_FACTS, FIXTURES, KNOWN, check_sane, many, read_example, spoilt

FACTS = Facts(chip="nvidia-rtx-4080", models={"": "qwen3-32b"}, format="iq4_xs")


def test_benchmark_and_its_line_are_one_record() -> None:
    (record,) = read_example("koboldcpp.txt", chip="nvidia-rtx-4080", models={"": "qwen3-32b"})
    assert record.result.decode_tokens_per_s is not None
    assert record.result.prefill_tokens_per_s is not None
    assert (record.result.decode_tokens_per_s.central, record.result.prefill_tokens_per_s.central) == (4.30, 767.28)
    assert (record.workload.prompt_tokens, record.workload.generated_tokens) == (16284, 100)
    assert (record.engine.name, record.model.format) == ("koboldcpp", "iq4_xs")


def test_line_with_a_warm_cache_counts_what_was_read_and_what_was_written() -> None:
    line = (
        "CtxLimit:1754/8192, Amt:78/387, Init:0.00s, Process:2.00s (500.00T/s), Generate:9.05s (42.76T/s), Total:11.05s"
    )
    (record,) = import_content(f"[12:00:00] {line}\n", facts=FACTS, known=KNOWN).records
    assert record.result.decode_tokens_per_s is not None
    # 78 written in 9.05 s = 8.62, not the 42.76 of the 387 asked for; 2.00 s * 500 = 1000 read of 1754 - 78
    assert record.result.decode_tokens_per_s.central == pytest.approx(78 / 9.05)
    assert (record.workload.prompt_tokens, record.workload.depth_tokens) == (1000, 676)


def test_line_of_2024_takes_what_was_written_from_the_line_above_it() -> None:
    content = (
        "Processing Prompt [BLAS] (1676 / 1676 tokens)\nGenerating (78 / 387 tokens)\n(EOS token triggered!)\n"
        "CtxLimit: 1754/8192, Process:25.05s (14.9ms/T = 66.89T/s), Generate:59.05s (152.6ms/T = 6.55T/s), Total:84.11s (4.60T/s)\n"
    )
    (record,) = import_content(content, facts=FACTS, known=KNOWN).records
    assert record.result.decode_tokens_per_s is not None
    assert record.result.decode_tokens_per_s.central == pytest.approx(78 / 59.05)
    assert (record.workload.prompt_tokens, record.workload.depth_tokens) == (1676, 0)


def test_benchmarks_file_is_read() -> None:
    content = (
        "Timestamp,Backend,Layers,Model,MaxCtx,GenAmount,ProcessingTime,ProcessingSpeed,GenerationTime,GenerationSpeed,"
        "TotalTime,Output,Flags\n2024-06-19 21:46:13.064748+00:00,koboldcpp_cublas.dll,81,Qwen3-32B-Q6_K,8192,100,79.72,"
        "101.50,15.95,6.27,95.67,1 1 1\n"
    )
    (record,) = import_content(content, facts=Facts(chip="nvidia-rtx-4080"), known=KNOWN).records
    assert record.result.decode_tokens_per_s is not None
    assert (record.result.decode_tokens_per_s.central, record.workload.prompt_tokens) == (6.27, 8092)
    assert (record.model.model, record.model.format) == ("qwen3-32b", "q6_k")


@many
@given(spoilt((FIXTURES / "koboldcpp.txt").read_text("utf-8")) | st.text(max_size=200))
def test_koboldcpp_never_raises(content: str) -> None:
    check_sane(koboldcpp.import_text(content, facts=ALL_FACTS, known=KNOWN))
