"""Facts of a pasted command: tools behind any prompt, flags with and without =, sweeps, launchers, any line at all."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurements.importers.command_line import Command, command_of, continued
from tests.measurements.importers.examples import many


@pytest.mark.parametrize(
    ("line", "tool", "model"),
    [
        ("$ ./build/bin/llama-bench -m models/x.gguf -p 512", "llama-bench", "models/x.gguf"),
        (r"PS C:\\ai> .\\llama-bench.exe -m C:\\x.gguf", "llama-bench", r"C:\\x.gguf"),
        ("root@host:/# llama-server -hf org/repo:Q4_K_M --port 80", "llama-server", "org/repo:Q4_K_M"),
        (">>> ollama run llama3.1:8b --verbose", "ollama run", "llama3.1:8b"),
        ("python -m mlx_lm benchmark --model=org/m-4bit -p 8", "mlx_lm.benchmark", "org/m-4bit"),
        ("mlx_lm.generate --model org/m-8bit -m 100", "mlx_lm.generate", "org/m-8bit"),
        ("sudo docker run vllm/vllm:latest vllm serve org/m --tp 2", "vllm serve", "org/m"),
        ("make llama-bench && CUDA_VISIBLE_DEVICES=0 ./llama-bench -m 'a b.gguf'", "llama-bench", "a b.gguf"),
        ("python3 -m sglang.bench_one_batch --model-path org/m --batch 4", "sglang.bench_one_batch", "org/m"),
    ],
)
def test_command_of_finds_tool_and_model(line: str, tool: str, model: str) -> None:
    found = command_of(line)
    assert found is not None
    assert (found.tool, found.model()) == (tool, model)


@pytest.mark.parametrize(
    "line",
    ["I ran llama-bench on my card", "main: n_ctx = 2048", "the llama-server log", "vllm is fast", "", "ollama run"],
)
def test_tool_in_a_sentence_is_no_command(line: str) -> None:
    assert command_of(line) is None


def test_flag_with_one_value_counts_and_a_sweep_does_not() -> None:
    command = command_of("llama-bench -m x.gguf -ngl 0,99 -p 512 -p 1024 -sm row -ctk q8_0 -fa 1 > out.txt -b 1")
    assert command is not None
    assert command.value("layers") is None
    assert command.states("layers")
    assert command.value("prompt") is None
    assert (command.value("split"), command.value("cache_k"), command.value("flash")) == ("row", "q8_0", "1")
    assert not command.states("batch")  # behind the redirection


def test_negative_number_is_a_value() -> None:
    command = command_of("llama-cli -m x.gguf -ngl -1 -nkvo")
    assert command is not None
    assert (command.whole("layers"), command.value("cpu_cache")) == (-1, "")


def test_command_goes_on_in_the_next_line() -> None:
    command = continued(Command("vllm serve"), "  org/model \\")
    command = continued(command, "  --tensor-parallel-size 4")
    assert (command.model(), command.whole("tensor_parallel")) == ("org/model", 4)


def test_launcher_and_visible_devices_are_seen() -> None:
    command = command_of("CUDA_VISIBLE_DEVICES=0,1 mpirun -np 2 llama-bench -m x.gguf")
    assert command is not None
    assert (command.launched, command.visible) == (True, "0,1")


@many
@given(
    st.text(max_size=200)
    | st.lists(st.sampled_from(["llama-bench", "-m", "'", '"', "-ngl", "=", ",", "x"])).map(" ".join)
)
def test_command_of_never_raises(line: str) -> None:
    found = command_of(line)
    assert found is None or isinstance(found.model(), str)


@pytest.mark.parametrize("letters", ["llama-bench ", "'", '"', "-m ", "CUDA_VISIBLE_DEVICES=", "mlx_lm"])
def test_hostile_command_ends_soon(letters: str) -> None:
    began = time.process_time()
    command_of(letters * 500_000)
    assert time.process_time() - began < 1
