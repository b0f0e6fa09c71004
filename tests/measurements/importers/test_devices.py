"""Devices of a result: column, flag, log; several are never one chip."""

import pytest

from measurements.importers.devices import devices_of
from measurements.importers.facts import Facts
from tests.measurements.importers.test_surroundings import seen

TWO = (
    "ggml_cuda_init: found 2 CUDA devices:\n  Device 0: NVIDIA GeForce RTX 4090, compute capability 8.9\n"
    "  Device 1: NVIDIA GeForce RTX {}, compute capability 8.6\n"
)


@pytest.mark.parametrize(
    ("fields", "text", "count"),
    [
        ({}, "", 1),
        ({"devices": "CUDA0/CUDA1"}, "", 2),
        ({"devices": "auto"}, TWO.format(4090), 2),
        ({"devices": "CUDA1"}, TWO.format(4090), 1),
        ({"split_mode": "none"}, TWO.format(4090), 1),
        ({"tensor_split": "3.00/1.00"}, "", 2),
        ({"tensor_split": "0.00"}, "", 1),
        ({"tensor_split": "1.00/0.00"}, TWO.format(4090), 1),
        ({}, "llama-bench -m x.gguf -dev CUDA0/CUDA1/CUDA2", 3),
        ({}, "llama-cli -m x.gguf -ts 1,1", 2),
        ({}, "CUDA_VISIBLE_DEVICES=0,1,2 llama-bench -m x.gguf", 3),
        ({}, "export HIP_VISIBLE_DEVICES=0,1", 2),
        ({"gpu_info": "NVIDIA A100, NVIDIA A100", "split_mode": "layer"}, "", 2),
        ({"backends": "ROCm,RPC"}, "$ llama-bench -m x.gguf -ngl 99", 1),
    ],
)
def test_number_of_devices_is_read(fields: dict[str, str], text: str, count: int) -> None:
    found = devices_of(fields, around=seen(text), facts=Facts())
    assert (found.count, found.problem, found.remote) == (count, "", False)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"devices": "RPC0/RPC1", "backends": "Vulkan,RPC"}, ""),
        ({"devices": "RPC1", "backends": "Vulkan,RPC"}, ""),
        ({"backends": "CUDA,RPC"}, "llama-bench -m x.gguf --rpc 10.0.0.1:50052"),
        ({"gpu_info": "NVIDIA GeForce RTX 4090, 10.0.0.2:50052"}, ""),
        ({"backends": "Metal,BLAS,RPC"}, ""),
        ({"split_mode": "row"}, ""),
        ({"split_mode": "graph"}, ""),
        ({}, "### 2x RTX 3090, Llama 70B"),
        ({}, "### Dual RTX 5090 Qwen3 32B"),
        ({}, "mpirun -np 2 llama-bench -m x.gguf"),
    ],
)
def test_number_that_is_left_open_is_asked_for(fields: dict[str, str], text: str) -> None:
    assert devices_of(fields, around=seen(text), facts=Facts()).count == 0
    assert devices_of(fields, around=seen(text), facts=Facts(chip_count=2)).count in (1, 2)


def test_kinds_are_told_apart() -> None:
    mixed = seen(TWO.format(3090))
    assert "several kinds of chip" in devices_of({}, around=mixed, facts=Facts()).problem
    one = devices_of({"devices": "CUDA1"}, around=mixed, facts=Facts())
    assert (one.count, one.names, one.problem) == (1, ("NVIDIA GeForce RTX 3090",), "")
    main = devices_of({"split_mode": "none", "main_gpu": "1"}, around=mixed, facts=Facts())
    assert main.names == ("NVIDIA GeForce RTX 3090",)


def test_fewer_than_the_text_shows_is_refused() -> None:
    found = devices_of({"devices": "RPC0/RPC1"}, around=seen(""), facts=Facts(chip_count=1))
    assert "shows 2 devices, but 1 was stated" in found.problem


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"backends": "CPU"}, ""),
        ({"backends": "BLAS"}, ""),
        ({"devices": "none", "backends": "CUDA"}, ""),
        ({"devices": "CPU"}, ""),
        ({"gpu_info": "llvmpipe (LLVM 17.0.6, 256 bits)"}, ""),
        ({}, "llama-cli -m x.gguf --device none"),
    ],
)
def test_processor_alone_is_no_chip(fields: dict[str, str], text: str) -> None:
    assert devices_of(fields, around=seen(text), facts=Facts(chip="nvidia-rtx-4090")).processor
