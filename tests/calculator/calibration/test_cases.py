"""Cases: rows of a table matched to the catalogue, and their rates as each row states them."""

import pytest

from calculator.calibration.cases import Case, case_of, decode_rate, decode_step, prefill_prompt, prompts_together
from calculator.calibration.fitting import TABLE
from calculator.calibration.rows import PublishedRow, read_table
from calculator.catalog import load_catalog
from calculator.physics.memory.weights import weights_bytes
from tests.calculator.calibration.published import cases_from

CATALOG = load_catalog()


@pytest.fixture(scope="module")
def rows() -> list[PublishedRow]:
    return read_table(TABLE)


RECORD = {
    "id": "x-1",
    "device_id": "nvidia-rtx-4090",
    "device_count": "1",
    "model_id": "llama-3-8b",
    "runtime_id": "llama.cpp",
    "format_id": "q4_k_m",
    "prompt_tokens": "512",
    "context_depth": "0",
    "batch": "1",
    "decode_tok_s": "130",
    "source": "github.com/new/one",
    "notes": "",
    "plausible": "True",
}
case = cases_from(RECORD)


def test_rate_over_whole_requests_is_predicted_from_both_phases() -> None:
    # a stream of 256 answer tokens after 512: 256 / (prompt + 256 steps)
    wall = case(notes="TP=1 PP=1; instances=1; kind=single_stream_wall (end-to-end wall rate, includes TTFT)")
    known = CATALOG.calibration
    prompt, step = prefill_prompt(wall, known).central_ms, decode_step(wall, known).central_ms
    assert decode_rate(wall, known).tokens_per_s == pytest.approx(256_000 / (prompt + 256 * step))
    assert decode_rate(case(), known).tokens_per_s == pytest.approx(1000 / decode_step(case(), known).central_ms)


def test_prompts_of_a_server_with_continuous_batching_share_its_steps() -> None:
    # 32 requests of 205 tokens fill four steps of 2,048 on vLLM and SGLang; llama.cpp's server reads slot after slot
    notes = "kind=aggregate_output; 200 tokens generated per request"
    asked = {"batch": "32", "prompt_tokens": "205", "notes": notes, "format_id": "f16"}
    servers = {name: case(runtime_id=name, **asked) for name in ("vllm", "sglang", "llama.cpp")}
    assert {name: prompts_together(one) for name, one in servers.items()} == {"vllm": 32, "sglang": 32, "llama.cpp": 1}
    known = CATALOG.calibration
    alone = case(runtime_id="vllm", **{**asked, "batch": "1"})
    assert prefill_prompt(servers["vllm"], known).central_ms < 0.9 * prefill_prompt(alone, known).central_ms


def test_copies_of_a_model_add_up() -> None:
    known = CATALOG.calibration
    notes = "TP=1 PP=1; instances=4; kind=aggregate_output; 256 tokens generated per request"
    four = decode_rate(case(device_count="4", batch="32", runtime_id="vllm", format_id="awq-int4", notes=notes), known)
    one = decode_rate(
        case(device_count="1", batch="8", runtime_id="vllm", format_id="awq-int4", notes=notes.replace("=4", "=1")),
        known,
    )
    assert four.tokens_per_s == pytest.approx(4 * one.tokens_per_s)


def test_row_of_another_year_is_predicted_for_its_year() -> None:
    known = CATALOG.calibration
    assert (
        decode_rate(case(runtime_version="b2824"), known).tokens_per_s
        < decode_rate(case(runtime_version="b10500"), known).tokens_per_s
    )


def test_every_mapped_row_of_the_main_runtimes_is_predicted(rows: list[PublishedRow]) -> None:
    for runtime in ("llama.cpp", "ollama", "mlx-lm", "vllm", "exllamav2"):
        mapped = [one for one in rows if one.runtime_id == runtime and one.device_id and one.model_id and one.format_id]
        covered = [one for one in mapped if isinstance(case_of(one, CATALOG), Case)]
        assert mapped
        assert len(covered) >= 0.9 * len(mapped), runtime


def test_a_mixture_that_nobody_published_is_as_wide_as_the_rows_own_file() -> None:
    stated = case(format_id="q8_k_xl", model_id="gemma-4-31b", file_size_gb="35")
    assert weights_bytes(stated.deployment.model, format=stated.deployment.format) == pytest.approx(35e9, rel=1e-3)
    known = CATALOG.format("q8_k_xl").bits_per_weight.central
    assert case(format_id="q8_k_xl").deployment.format.bits_per_weight.central == known
    wrong = case(format_id="q8_k_xl", file_size_gb="16.1")  # 16 bits: another file, for the gate to refuse
    assert wrong.deployment.format.bits_per_weight.central == known
