"""ExLlama importer: lengths and contexts of version 3, positions of version 2, any content at all."""

from hypothesis import given
from hypothesis import strategies as st

from measurements.importers import exllama
from measurements.importers.facts import Facts
from measurements.importers.reading import import_content
from tests.measurements.importers.examples import ALL_FACTS, FIXTURES, KNOWN, check_sane, many, read_example, spoilt

FACTS = Facts(chip="nvidia-rtx-4090", models={"": "qwen3-32b"})


def test_exllamav3_lengths_are_prompts_and_contexts_are_depths() -> None:
    records = read_example("exllamav3_perf.txt", chip="nvidia-rtx-4090", models={"": "qwen3-32b"})
    prefill = {
        r.workload.prompt_tokens: r.result.prefill_tokens_per_s.central
        for r in records
        if r.result.prefill_tokens_per_s
    }
    decode = {
        r.workload.depth_tokens: r.result.decode_tokens_per_s.central for r in records if r.result.decode_tokens_per_s
    }
    assert prefill == {256: 1180.21, 4096: 1432.10}
    assert decode == {0: 38.91, 4096: 36.20}
    assert {(record.engine.name, record.model.format) for record in records} == {("exllamav3", "exl3-4.0bpw")}


def test_exllamav2_positions_are_depths() -> None:
    content = (
        " -- Model: /models/Qwen3-32B-4.0bpw-exl2\n -- Measuring prompt speed...\n"
        " ** Length  1920 tokens:   1345.6789 t/s\n -- Measuring token speed...\n"
        " ** Position  1921 + 127 tokens:   41.2345 t/s\n"
    )
    prefill, decode = import_content(content, facts=FACTS, known=KNOWN).records
    assert (prefill.workload.prompt_tokens, prefill.model.format) == (1920, "exl2-4.0bpw")
    assert (decode.workload.depth_tokens, decode.workload.generated_tokens) == (1921, 127)


def test_rate_that_includes_the_prompt_is_refused() -> None:
    content = (
        " -- Response generated in 8.56 seconds, 1024 tokens, 119.64 tokens/second (includes prompt eval.)\n x tokens/s"
    )
    found = import_content(content, facts=FACTS, known=KNOWN)
    assert found.records == ()
    assert "includes the time to read the prompt" in found.refused[0].reason


@many
@given(spoilt((FIXTURES / "exllamav3_perf.txt").read_text("utf-8")) | st.text(max_size=200))
def test_exllama_never_raises(content: str) -> None:
    check_sane(exllama.import_text(content, facts=ALL_FACTS, known=KNOWN))
