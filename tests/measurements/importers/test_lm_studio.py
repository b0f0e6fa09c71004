"""LM Studio importer: the line, the block, the API's JSON, any content at all."""

import json

from hypothesis import given
from hypothesis import strategies as st

from measurements.importers import lm_studio
from measurements.importers.facts import Facts
from measurements.importers.reading import import_content
from tests.measurements.importers.examples import (
    ALL_FACTS,
    FIXTURES,
    KNOWN,
    check_sane,
    json_values,
    many,
    read_example,
    spoilt,
    with_odd_values,
)

LINE = {"chip": "nvidia-rtx-4090", "models": {"": "qwen3-32b"}, "format": "q4_k_m", "prompt_tokens": 300}
API_ROW = {
    "id": "chatcmpl-i3",
    "object": "chat.completion",
    "model": "qwen3-32b",
    "usage": {"prompt_tokens": 24, "completion_tokens": 53, "total_tokens": 77},
    "stats": {"tokens_per_second": 51.43, "time_to_first_token": 0.111, "generation_time": 0.954},
    "model_info": {"arch": "qwen3", "quant": "Q4_K_M", "format": "gguf", "context_length": 4096},
}


def test_block_states_the_prompt_and_the_line_asks_for_it() -> None:
    block, line = read_example("lm_studio.txt", chip="nvidia-rtx-4090", prompt_tokens=300)
    assert block.result.decode_tokens_per_s is not None
    assert line.result.decode_tokens_per_s is not None
    assert (block.result.decode_tokens_per_s.central, block.workload.prompt_tokens) == (26.39, 260)
    assert (line.result.decode_tokens_per_s.central, line.workload.prompt_tokens) == (22.72, 300)
    assert (block.model.model, block.model.format, line.workload.generated_tokens) == ("qwen3-32b", "q4_k_m", 1866)


def test_figures_on_lines_of_their_own_are_the_line() -> None:
    content = "qwen3-32b Q4_K_M\n\n38.39 tok/sec\n1681 tokens\n0.63s to first token\n"
    (record,) = import_content(content, facts=Facts(**LINE), known=KNOWN).records  # type: ignore[arg-type]
    assert record.result.decode_tokens_per_s is not None
    assert record.result.time_to_first_token_s is not None
    assert (record.result.decode_tokens_per_s.central, record.workload.generated_tokens) == (38.39, 1681)
    assert record.result.time_to_first_token_s.central == 0.63


def test_api_json_states_everything_but_the_chip() -> None:
    found = import_content(json.dumps(API_ROW, indent=2), facts=Facts(), known=KNOWN)
    assert found.missing == ("chip",)
    (record,) = import_content(json.dumps(API_ROW), facts=Facts(chip="nvidia-rtx-4090"), known=KNOWN).records
    assert record.result.decode_tokens_per_s is not None
    assert (record.result.decode_tokens_per_s.central, record.workload.generated_tokens) == (51.43, 53)
    assert (record.model.model, record.model.format) == ("qwen3-32b", "q4_k_m")


@many
@given(st.lists(with_odd_values(API_ROW) | json_values, max_size=3))
def test_lm_studio_objects_never_raise(rows: list[object]) -> None:
    check_sane(lm_studio.import_objects([("x", row) for row in rows], facts=ALL_FACTS, known=KNOWN))


@many
@given(spoilt((FIXTURES / "lm_studio.txt").read_text("utf-8")) | st.text(max_size=200))
def test_lm_studio_never_raises(content: str) -> None:
    check_sane(lm_studio.import_text(content, facts=ALL_FACTS, known=KNOWN))
