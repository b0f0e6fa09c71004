"""Notes: the words of a source, read by fixed rules."""

import pytest

from calculator.calibration.rows import PublishedRow, rows_of


def row(**values: str) -> PublishedRow:
    record = {
        "id": "x-1",
        "device_id": "apple-m4-max-40",
        "device_count": "1",
        "model_id": "llama-3-8b",
        "runtime_id": "llama.cpp",
        "format_id": "q4_k_m",
        "prompt_tokens": "512",
        "context_depth": "0",
        "batch": "1",
        "decode_tok_s": "50",
        "source": "github.com/a/b x.csv",
        "notes": "",
    }
    return rows_of([{**record, **values}])[0]


@pytest.mark.parametrize(
    ("format_id", "quant", "model", "runtime", "expected"),
    [
        ("mlx-3bit", "", "Llama-3.2-1B-Instruct-4bit", "mlx-lm", "mlx-4bit"),  # the 3 of Llama-3.2
        ("mlx-7bit", "", "Mistral-7B-Instruct-v0.3-4bit", "mlx-lm", "mlx-4bit"),
        ("mlx-1bit", "16-bit", "Llama-3-70B", "mlx-lm", "bf16"),
        ("mlx-3bit", "", "qwen3.6:27b-mlx", "ollama", "mlx-4bit"),
        ("mlx-4bit-g32", "q4 g32", "Qwen3-4B", "mlx-lm", "mlx-4bit-g32"),
        ("mlx-2bit", "mixed 2/3/8-bit", "DeepSeek-V4-Flash", "mlx-lm", "mlx-2bit"),
        ("q4_k_m", "Q4_K_M", "Llama 3 8B", "llama.cpp", "q4_k_m"),
    ],
)
def test_format_of_a_row_follows_its_own_words(
    format_id: str, quant: str, model: str, runtime: str, expected: str
) -> None:
    found = row(format_id=format_id, quant=quant, model=model, runtime_id=runtime)
    assert found.format_id == expected
    assert bool(found.remarks) == (format_id != expected)


def test_format_of_gpt_oss_is_mxfp4_whatever_the_file_says() -> None:
    assert row(model_id="gpt-oss-20b", format_id="f16", quant="gpt-oss ?B F16").format_id == "mxfp4"


def test_prefill_depth_is_told_apart_from_the_prompt() -> None:
    assert (
        row(
            prompt_tokens="2048", context_depth="8192", notes="llama-bench pp2048/tg32 @ d8192, fa=1"
        ).prefill_depth_tokens
        == 8192
    )
    assert (
        row(
            prompt_tokens="8221", context_depth="8192", runtime_id="vllm", notes="TP=2 PP=1; kind=single_stream_decode"
        ).prefill_depth_tokens
        == 0
    )
    assert (
        row(prompt_tokens="512", context_depth="512", notes="llama-batched-bench PP=512 TG=32 B=4").prefill_depth_tokens
        == 0
    )


@pytest.mark.parametrize(
    ("notes", "runtime", "expected"),
    [
        ("split: layer over 2 GPUs", "llama.cpp", "layer"),
        ("TP=4 PP=1; instances=1", "vllm", "tensor"),
        ("TP=1 PP=4", "vllm", "layer"),
        ("no tensor parallel; Q8 KV", "exllamav2", "layer"),
        ("", "llama.cpp", "layer"),
        ("", "vllm", "tensor"),
        ('split mode "graph" (tensor parallel)', "llama.cpp", "tensor"),
    ],
)
def test_split_of_a_row_follows_its_notes_or_the_runtime(notes: str, runtime: str, expected: str) -> None:
    assert row(notes=notes, runtime_id=runtime).split == expected


def test_rate_kind_tells_whole_requests_from_decoding() -> None:
    wall = (
        "TP=1 PP=1; instances=1; power limit 220 W/card; kind=single_stream_wall (end-to-end wall rate, includes TTFT)"
    )
    assert row(notes=wall).rate_kind == "request"
    assert row(notes=wall, prefill_tok_s="900").rate_kind == "decode"  # it states its prefill apart
    assert row(notes=wall).power_limit_w == 220
    batch = row(
        notes="TP=2 PP=1; instances=2; kind=aggregate_output; aggregate over batch, "
        "end-to-end (prefill time included), 256 tokens generated per request",
        batch="96",
    )
    assert (batch.rate_kind, batch.prefill_kind, batch.instance_count, batch.answer_tokens) == (
        "request",
        "mean wait",
        2,
        256,
    )


@pytest.mark.parametrize(
    ("notes", "expected"),
    [
        ("power = peak, whole system at the wall (PSU losses incl.)", "wall"),
        ("power = APU package average during tg (rocm-smi), not wall", "package"),
        ("kind=single_stream_wall; power = sum of GPU boards", "board"),
        ("power cap 250 W; actual GPU draw", "board"),
        ("llama-bench", ""),
    ],
)
def test_power_scope_is_never_guessed(notes: str, expected: str) -> None:
    assert row(power_w="250", notes=notes).power_scope == expected


def test_year_of_llama_cpp_comes_from_its_build() -> None:
    assert row(runtime_version="b2824", source_date="2026-01").year == pytest.approx(2024.37, abs=0.02)
    assert row(source_date="2026-08-13").year == pytest.approx(2026.625)
    assert row().year is None
    assert row(notes="second-hand forum report; early-2025 kernels").year == pytest.approx(2025 + 1 / 6)


@pytest.mark.parametrize(
    ("notes", "split"),
    [
        ("TP=1; PP=4; NVLink", "layer"),
        ("topology PP4, vLLM", "layer"),
        ("PP2 over PCIe", "layer"),
        ("TP=4; PP=1", "tensor"),
        ("llama-bench pp2048 @ d32768", "tensor"),
    ],
)
def test_pipeline_topologies_are_no_tensor_splits(notes: str, split: str) -> None:
    assert row(notes=notes, runtime_id="vllm", device_count="4").split == split


def test_streams_in_flight_are_read_with_their_decimals() -> None:
    assert row(batch="2", notes="aggregate / per-stream rate 262.89 = 1.78 mean decoding streams").stream_count == 1.78
    said = "mean decoding streams = output rate x the smaller of mean TPOT 97.57 and mean ITL 86.67 ms = 197.3 (ours)"
    assert row(batch="197", notes=said).stream_count == 197.3
    assert row(batch="10", notes="mean requests in flight 9.6 (by Little's law)").stream_count == 9.6
    assert row(batch="4", notes="closed loop").stream_count == 4.0


def test_cache_width_eager_mode_and_link_are_read() -> None:
    assert [row(notes=notes).cache_bits for notes in ("KV cache fp8; no caching", "Q4_0 KV cache", "KV bf16")] == [
        8,
        4,
        16,
    ]
    assert row(notes="closed loop, eager mode (no CUDA graphs)").eager
    assert not row(notes="non-eager; TensorRT-LLM on the same card").eager
    links = [row(notes=notes).link for notes in ("TP=2; PCIe x8", "across NUMA, no NVLink", "TP=8; NVLink", "TP=2")]
    assert links == ["card link", "card link", "fabric", None]
