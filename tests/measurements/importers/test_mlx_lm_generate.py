"""mlx_lm.generate importer: both lines, the prompt alone, several answers, any content at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurements.importers import mlx_lm_generate
from measurements.importers.facts import Facts
from measurements.importers.reading import import_content, read_upload
from tests.measurements.importers.examples import ALL_FACTS, FIXTURES, KNOWN, check_sane, many, read_example, spoilt


def test_mlx_lm_generate_is_normalised_to_intervals() -> None:
    (record,) = read_example("mlx_lm_generate.txt", chip="apple-m2-ultra-76")
    assert record.result.decode_tokens_per_s is not None
    assert record.result.prefill_tokens_per_s is not None
    # 64 tokens over 63 intervals: 38.813 * 63/64 = 38.2065
    assert record.result.decode_tokens_per_s.central == pytest.approx(38.2065, abs=1e-4)
    assert (record.result.prefill_tokens_per_s.central, record.result.peak_bytes) == (358.377, 3_503_000_000)
    assert (record.workload.prompt_tokens, record.workload.generated_tokens) == (1024, 64)
    assert (record.model.model, record.model.format) == ("qwen3.5-4b", "mlx-4bit")


def test_prompt_alone_is_a_prefill_alone() -> None:
    content = "before\n\nPrompt: 8192 tokens, 676.212 tokens-per-sec\nPeak memory: 12.257 GB\n\nafter\n\n" * 2
    facts = Facts(chip="apple-m2-ultra-76", models={"": "qwen3-32b"}, format="mlx-4bit")
    records = import_content(content, facts=facts, known=KNOWN).records
    assert len(records) == 2
    assert all(record.result.decode_tokens_per_s is None for record in records)
    assert {record.workload.prompt_tokens for record in records} == {8192}


def test_answer_without_its_prompt_asks_for_the_prompt() -> None:
    lines = read_upload(FIXTURES / "mlx_lm_generate.txt").splitlines()
    content = "\n".join(line for line in lines if not line.startswith("Prompt:"))
    found = import_content(content, facts=Facts(chip="apple-m2-ultra-76"), known=KNOWN)
    assert found.missing == ("prompt",)


@many
@given(spoilt((FIXTURES / "mlx_lm_generate.txt").read_text("utf-8")) | st.text(max_size=200))
def test_mlx_lm_generate_never_raises(content: str) -> None:
    check_sane(mlx_lm_generate.import_text(content, facts=ALL_FACTS, known=KNOWN))
