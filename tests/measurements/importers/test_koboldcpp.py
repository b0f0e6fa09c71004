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


@many
@given(spoilt((FIXTURES / "koboldcpp.txt").read_text("utf-8")) | st.text(max_size=200))
def test_koboldcpp_never_raises(content: str) -> None:
    check_sane(koboldcpp.import_text(content, facts=ALL_FACTS, known=KNOWN))
