"""Deployment and workload: ids resolved once, defaults that follow from each other, refusals in one sentence."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.catalog import load_catalog
from calculator.catalog.deployment import (
    Deployment,
    HostSettings,
    Workload,
    engine_of,
    format_on,
    loads,
    usual_runtime,
)
from calculator.errors import PhantomError, ScenarioError, UnknownIdError

CATALOG = load_catalog()


def test_formats_of_one_name_are_the_runtimes_own() -> None:
    nvfp4 = CATALOG.format("nvfp4")
    assert format_on(CATALOG.runtime("mlx-lm"), nvfp4, catalog=CATALOG).id == "mlx-nvfp4"
    assert format_on(CATALOG.runtime("vllm"), nvfp4, catalog=CATALOG) is nvfp4
    assert CATALOG.format("mlx-4bit-g64").id == "mlx-4bit"


def test_engine_of_ollama_follows_the_weights() -> None:
    assert engine_of("ollama", CATALOG.format("q4_k_m")) == "llama.cpp"
    assert engine_of("ollama", CATALOG.format("mlx-4bit")) == "mlx-lm"


def test_deployment_of_a_machine_takes_its_own_runtime_and_split() -> None:
    found = Deployment.of("dual-rtx-4090-am5", "llama-3-70b", "q4_k_m", catalog=CATALOG)
    machine = CATALOG.machines["dual-rtx-4090-am5"]
    assert (found.runtime.id, found.split) == (machine.runtime, machine.split)
    assert (found.hardware.chip_count, found.hardware.memory_gib, found.hardware.id) == (2, 24, machine.id)
    assert found.hardware.power == machine.power
    assert (found.kv_bits, found.link, found.host) == (16, None, HostSettings())


def test_deployment_of_a_bare_chip_takes_the_usual_runtime_and_the_largest_memory() -> None:
    found = Deployment.of("apple-m2-ultra-76", "llama-3-8b", "mlx-4bit", catalog=CATALOG)
    assert (found.runtime.id, found.split) == ("mlx-lm", "layer")
    assert found.hardware.memory_gib == max(CATALOG.chips["apple-m2-ultra-76"].memory_options_gib)
    assert found.hardware.power is None
    smaller = Deployment.of("apple-m2-ultra-76", "llama-3-8b", "mlx-4bit", memory_gib=64, catalog=CATALOG)
    assert smaller.hardware.memory_gib == 64


def test_deployment_takes_a_model_of_ones_own_and_aliases_of_formats() -> None:
    own = CATALOG.model("llama-3-8b").model_copy(update={"id": "mine"})
    named = next(entry for entry in CATALOG.formats.values() if entry.aliases and entry.scheme == "gguf")
    found = Deployment.of("nvidia-rtx-4090", own, named.aliases[0], catalog=CATALOG)
    assert found.model is own
    assert found.format is named
    on_mac = Deployment.of("apple-m4-max-40", own, "nvfp4", catalog=CATALOG)
    assert on_mac.format.id == "mlx-nvfp4"
    assert on_mac.with_own_format(CATALOG) is on_mac


@pytest.mark.parametrize(
    ("chip", "format_id", "runtime"),
    [
        ("apple-m4-max-40", "q4_k_m", "llama.cpp"),
        ("apple-m4-max-40", "mlx-4bit", "mlx-lm"),
        ("nvidia-rtx-4090", "awq-int4", "vllm"),
        ("nvidia-rtx-4090", "exl2-4.0bpw", "exllamav2"),
        ("nvidia-rtx-4090", "exl3-4.0bpw", "exllamav3"),
        ("amd-strix-halo-128", "bf16", "llama.cpp"),
    ],
)
def test_usual_runtime_follows_format_and_vendor(chip: str, format_id: str, runtime: str) -> None:
    assert usual_runtime(CATALOG.chips[chip], CATALOG.format(format_id)) == runtime


@pytest.mark.parametrize(
    ("wrong", "error", "says"),
    [
        ({"machine": "no-such"}, UnknownIdError, "machine 'no-such' is not in the catalogue"),
        ({"machine": "M4 Ultra"}, PhantomError, "M4 Ultra"),
        ({"model": "llama-3-7ob"}, UnknownIdError, "llama-3-70b"),
        ({"format": "q4_k_z"}, UnknownIdError, "format 'q4_k_z'"),
        ({"runtime": "nope"}, UnknownIdError, "runtime 'nope'"),
        ({"chip_count": 0}, ScenarioError, "count is 0; it must lie in 1..64"),
        ({"chip_count": 65}, ScenarioError, "count is 65"),
        ({"memory_gib": float("nan")}, ScenarioError, "memory_gib is nan; it must be above 0"),
        ({"memory_gib": 0.0}, ScenarioError, "memory_gib is 0"),
    ],
)
def test_deployment_refuses_with_one_sentence(wrong: dict[str, Any], error: type[Exception], says: str) -> None:
    asked: dict[str, Any] = {"machine": "nvidia-rtx-4090", "model": "llama-3-8b", "format": "q4_k_m"} | wrong
    with pytest.raises(error, match=re.escape(says)):
        Deployment.of(**asked, catalog=CATALOG)


def test_workload_fills_what_is_not_given_from_the_prompt() -> None:
    work = Workload(prompt_tokens=4000, cached_fraction=0.25, depth_tokens=100)
    assert (work.context(), work.decode_context()) == (4000, 4000)
    assert (work.uncached_tokens(), work.prefill_depth_tokens()) == (3000, 1100)
    longer = Workload(prompt_tokens=4000, context_tokens=9000, decode_context_tokens=0.0)
    assert (longer.context(), longer.decode_context()) == (9000, 0.0)


@given(prompt=st.integers(1, 10**7), cached=st.floats(0, 1))
def test_workload_reads_at_least_one_token_and_never_more_than_the_prompt(prompt: int, cached: float) -> None:
    work = Workload(prompt_tokens=prompt, cached_fraction=cached)
    assert 1 <= work.uncached_tokens() <= prompt
    assert 0 <= work.prefill_depth_tokens() <= prompt


@pytest.mark.parametrize("runtime", CATALOG.runtimes)
def test_runtime_loads_its_own_formats_and_what_it_does_not_load_is_refused_with_those_it_does(runtime: str) -> None:
    one = CATALOG.runtime(runtime)
    for name in {*one.formats.values(), *one.own_formats}:
        assert loads(one, CATALOG.format(name))
    machine = "mac-studio-m5-ultra-96" if "apple" in one.vendors else "dual-rtx-4090-am5"
    for key, format in CATALOG.formats.items():
        if not loads(one, format):
            with pytest.raises(ScenarioError) as refused:
                Deployment.of(machine, "llama-3-8b", key, runtime=runtime, catalog=CATALOG)
            said = str(refused.value)
            assert f"{one.name}, which serves on {CATALOG.machines[machine].name}, does not load {format.name}" in said
            assert all(own in said for own in one.formats.values())
            loaded_by = said.rpartition("is loaded by ")[2]
            assert loaded_by.removesuffix(".")
            assert one.name not in loaded_by.removesuffix(".").split(", ")


def test_mlx_files_on_graphics_cards_and_packed_checkpoints_on_a_mac_are_refused_and_not_answered_for_another() -> None:
    for machine, format in (
        *(("dual-rtx-4090-am5", "mlx-4bit"), ("nvidia-rtx-4090", "mlx-8bit"), ("amd-strix-halo-128", "mlx-4bit")),
        *(("mac-studio-m5-ultra-96", "awq-int4"), ("mac-studio-m5-ultra-96", "exl2-4.0bpw")),
    ):
        with pytest.raises(ScenarioError, match="does not load"):
            Deployment.of(machine, "llama-3-8b", format, catalog=CATALOG)
    assert Deployment.of("mac-studio-m5-ultra-96", "llama-3-8b", "q4_k_m", catalog=CATALOG).runtime.id == "llama.cpp"
    assert Deployment.of("dual-rtx-4090-am5", "llama-3-8b", "exl2-4.0bpw", catalog=CATALOG).runtime.id == "exllamav2"
