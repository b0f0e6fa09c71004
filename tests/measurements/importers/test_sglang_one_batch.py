"""Importer of SGLang's bench_one_batch: the warm-up is left out, lengths from the command, any content at all."""

from hypothesis import given
from hypothesis import strategies as st

from measurements.importers import sglang_one_batch
from measurements.importers.facts import Facts
from measurements.importers.reading import import_content, read_upload
from tests.measurements.importers.examples import ALL_FACTS, FIXTURES, KNOWN, check_sane, many, read_example, spoilt


def test_one_batch_leaves_the_warm_up_out() -> None:
    (record,) = read_example("sglang_one_batch.txt", chip="nvidia-rtx-4090")
    assert record.result.decode_tokens_per_s is not None
    assert record.result.prefill_tokens_per_s is not None
    assert (record.result.decode_tokens_per_s.central, record.result.prefill_tokens_per_s.central) == (339.57, 9316.59)
    work = record.workload
    assert (work.batch_count, work.prompt_tokens, work.generated_tokens) == (4, 1024, 512)
    assert (record.engine.name, record.model.model, record.model.format) == ("sglang", "qwen3-32b", "awq-int4")


def test_one_batch_without_a_command_computes_the_prompt() -> None:
    content = "\n".join(read_upload(FIXTURES / "sglang_one_batch.txt").splitlines()[1:])
    facts = Facts(chip="nvidia-rtx-4090", models={"": "qwen3-32b"}, format="awq-int4")
    assert import_content(content, facts=facts, known=KNOWN).missing == ("answer",)
    facts = Facts(chip="nvidia-rtx-4090", models={"": "qwen3-32b"}, format="awq-int4", answer_tokens=512)
    (record,) = import_content(content, facts=facts, known=KNOWN).records
    # 9316.59 token/s * 0.43965 s / 4 = 1024.01
    assert record.workload.prompt_tokens == 1024


@many
@given(spoilt((FIXTURES / "sglang_one_batch.txt").read_text("utf-8")) | st.text(max_size=200))
def test_sglang_one_batch_never_raises(content: str) -> None:
    check_sane(sglang_one_batch.import_text(content, facts=ALL_FACTS, known=KNOWN))
