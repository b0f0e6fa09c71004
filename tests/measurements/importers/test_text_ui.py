"""Importer of text-generation-webui and tabbyAPI: cached tokens, rates over whole requests, any content at all."""

from hypothesis import given
from hypothesis import strategies as st

from measurements.importers import text_ui
from measurements.importers.facts import Facts
from measurements.importers.reading import import_content
from tests.measurements.importers.examples import ALL_FACTS, FIXTURES, KNOWN, check_sane, many, read_example, spoilt

FACTS = Facts(chip="nvidia-rtx-4090", models={"": "qwen3-32b"}, format="exl3-4.0bpw")
WEB_UI = "Output generated in 10.28 seconds (48.56 tokens/s, 499 tokens, context 3550, seed 1197861167)\n"


def test_tabby_counts_the_cached_tokens_as_depth() -> None:
    (record,) = read_example("tabby_api.txt", chip="nvidia-rtx-4090", models={"": "qwen3-32b"}, format="exl3-4.0bpw")
    assert record.result.decode_tokens_per_s is not None
    assert record.result.prefill_tokens_per_s is not None
    assert (record.result.decode_tokens_per_s.central, record.result.prefill_tokens_per_s.central) == (49.5, 810.5)
    work = record.workload
    assert (work.depth_tokens, work.prompt_tokens, work.generated_tokens) == (1024, 512, 512)


def test_rate_over_the_whole_request_is_refused() -> None:
    found = import_content(WEB_UI, facts=FACTS, known=KNOWN)
    assert found.records == ()
    assert "includes reading the prompt" in found.refused[0].reason


def test_loaders_own_timings_above_it_are_read() -> None:
    timings = (
        "prompt eval time =     992.40 ms /   110 tokens (    9.02 ms per token,   110.84 tokens per second)\n"
        "       eval time =    8627.28 ms /   250 tokens (   34.51 ms per token,    28.98 tokens per second)\n"
    )
    found = import_content(timings + WEB_UI, facts=FACTS, known=KNOWN)
    assert (len(found.records), found.refused) == (1, ())


@many
@given(spoilt((FIXTURES / "tabby_api.txt").read_text("utf-8")) | st.text(max_size=200))
def test_text_ui_never_raises(content: str) -> None:
    check_sane(text_ui.import_text(content, facts=ALL_FACTS, known=KNOWN))
