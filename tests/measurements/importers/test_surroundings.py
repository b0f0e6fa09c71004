"""What stands around a result: headings, devices, layers, builds; nothing stale, any line at all."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurements.importers.surroundings import Surroundings, build_near, builds_of, is_remote
from tests.measurements.importers.examples import many


def seen(text: str) -> Surroundings:
    around = Surroundings()
    for line in text.splitlines():
        around.see(line)
    return around


def test_last_heading_that_names_a_model_counts_with_those_above_it() -> None:
    assert seen("## Llama 3.2 3B\n### Q4_K_M\n#### Results\n").names() == ["Llama 3.2 3B", "Q4_K_M"]
    assert seen("## Llama 3.2 3B\n## Qwen3-8B-Q8_0.gguf\n## Notes").names() == ["Qwen3-8B-Q8_0.gguf"]
    assert seen("**gemma-3-27b-it**\n").names() == ["gemma-3-27b-it"]


def test_word_that_is_only_a_format_takes_no_models_place() -> None:
    assert seen("$ llama-cli -m Qwen3-32B.gguf\n### Q8_0\nQ0.0\n").names() == ["Qwen3-32B.gguf", "Q8_0"]


def test_new_command_ends_the_model_of_the_last_one() -> None:
    assert seen("ollama run llama3.1:8b --verbose\nollama run mistral --verbose").names() == ["mistral"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            "ggml_cuda_init: found 2 CUDA devices:\n  Device 0: NVIDIA GeForce RTX 3090, compute capability 8.6, VMM: yes\n"
            "  Device 1: NVIDIA GeForce RTX 4090, compute capability 8.9, VMM: yes",
            ["NVIDIA GeForce RTX 3090", "NVIDIA GeForce RTX 4090"],
        ),
        (
            "ggml_vulkan: Found 1 Vulkan devices:\nggml_vulkan: 0 = AMD Radeon RX 7900 XTX (RADV NAVI31) (radv) | uma: 0",
            ["AMD Radeon RX 7900 XTX"],
        ),
        ("ggml_metal_init: GPU name:   Apple M2 Ultra", ["Apple M2 Ultra"]),
        (
            "GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-1)\nGPU 1: NVIDIA H100 80GB HBM3 (UUID: GPU-2)",
            ["NVIDIA H100 80GB HBM3"] * 2,
        ),
        ("|   0  NVIDIA GeForce RTX 4090        Off |   00000000:01:00.0 Off |", ["NVIDIA GeForce RTX 4090"]),
        (
            "llama_model_load_from_file_impl: using device CUDA1 (NVIDIA GeForce RTX 4090) (0000:02:00.0) - 23993 MiB free",
            ["NVIDIA GeForce RTX 4090"],
        ),
    ],
)
def test_devices_of_a_log_are_read(text: str, names: list[str]) -> None:
    around = seen(text)
    assert (around.device_names(), around.stated_count()) == (names, len(names))


@pytest.mark.parametrize(
    "text",
    [
        "llama-bench -m x.gguf -rpc 10.0.0.1:50052",
        "llama_model_load: using device RPC[10.0.0.2:50052] (RPC[10.0.0.2:50052]) - 120000 MiB free",
    ],
)
def test_other_host_is_seen(text: str) -> None:
    assert seen(text).remote()


@pytest.mark.parametrize(
    ("name", "remote"),
    [
        ("RPC0", True),
        ("RPC[192.168.1.2:50052]", True),
        ("192.168.1.2:50052", True),
        ("CUDA0", False),
        ("Apple M2", False),
    ],
)
def test_remote_names(name: str, remote: bool) -> None:
    assert is_remote(name) is remote


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("load_tensors: offloaded 20/33 layers to GPU", "20 of 33 layers were on the GPU"),
        ("load_tensors: offloaded 33/33 layers to GPU", ""),
        ("ollama  a80c  2 GB  30%/70% CPU/GPU  Forever", "30 % of the model was in system memory"),
        ("CUDA_VISIBLE_DEVICES= ./llama-cli -m x.gguf", "no GPU was visible"),
        ("koboldcpp.exe --usecpu --model x.gguf", "no GPU was used"),
        ("vllm serve org/m --cpu-offload-gb 8", "weights were kept in system memory"),
        ("llama-server -m x.gguf -ngl 99", ""),
    ],
)
def test_share_of_the_processor_is_told(text: str, why: str) -> None:
    assert seen(text).cpu_share() == why


def test_build_is_the_line_below_the_table_else_above() -> None:
    lines = ["build: aaaaaaa (1)", "table", "build: bbbbbbb (2)", "table", "text", "version: 3333 (ccccccc)"]
    builds = builds_of(lines)
    assert [build.number for build in builds] == ["1", "2", "3333"]
    below, above = build_near(builds, begin=2, end=4), build_near(builds, begin=4, end=5)
    assert below is not None
    assert above is not None
    assert (below.number, above.number) == ("2", "2")


@many
@given(st.text(max_size=200))
def test_any_line_can_be_seen(line: str) -> None:
    around = seen(line)
    assert isinstance(around.names(), list)
    assert around.stated_count() >= 0


@pytest.mark.parametrize(
    "letters",
    ["using device X (", "# a ", "**a** ", "Device 0: ", "model: ", "a:", "|  0  NVIDIA ", "x.gguf ", "2x rtx ", "model ",
     "GPU name: Apple ", "99%/1% CPU/GPU ", "10.0.0.1", "build: abcdef0 "],
)  # fmt: skip
def test_hostile_lines_are_seen_soon(letters: str) -> None:
    began = time.process_time()
    for separator in ("", "\n"):
        for line in ((letters + separator) * (1_000_000 // len(letters))).splitlines()[:100_000]:
            Surroundings().see(line)
    assert time.process_time() - began < 5
