"""Shipped models: the catalogue's bytes and files are those of the real mlx-lm, asked once for all of them."""

import importlib.util
import subprocess
from threading import BoundedSemaphore
from typing import Any

import pytest

from calculator.catalog import load_catalog
from calculator.catalog.loader import FOLDER
from calculator.physics.memory.kv_cache import kv_cache_bytes
from calculator.physics.memory.weights import weights_bytes
from measurements.models import ask_mlx_lm as ask_mlx_lm_module
from measurements.models.architecture import language_model_of, toml_of
from measurements.models.ask_mlx_lm import (
    BusyError,
    PlanError,
    ask_mlx_lm,
    checked_config,
    load_config,
    shipped_config_ids,
)
from tests.measurements.models.rebuilt import CONTEXTS, FORMATS, Rebuilt

mlx = pytest.mark.skipif(importlib.util.find_spec("mlx_lm") is None, reason="mlx-lm is not installed")


pytestmark = pytest.mark.mlx


def test_models_all_ship_with_a_configuration() -> None:
    assert sorted(load_catalog().models) == shipped_config_ids()
    assert len(shipped_config_ids()) == 59


@mlx
def test_weights_bytes_of_every_model_equal_mlx_lm_to_the_byte(rebuilt: Rebuilt) -> None:
    wrong: dict[str, tuple[int, int]] = {}
    for name, answer in rebuilt.answers.items():
        for format_id, expected in zip(FORMATS, answer["weights_bytes"], strict=True):
            got = weights_bytes(rebuilt.catalog.model(name), format=rebuilt.catalog.format(format_id))
            if got != expected:
                wrong[f"{name} {format_id}"] = (got, expected)
    assert not wrong
    assert len(rebuilt.answers) == 57


@mlx
def test_kv_cache_bytes_of_every_model_equal_mlx_lm_to_the_byte(rebuilt: Rebuilt) -> None:
    wrong: dict[str, tuple[int, int]] = {}
    runtime = rebuilt.catalog.runtime("mlx-lm")
    for name, answer in rebuilt.answers.items():
        for tokens, expected in zip(CONTEXTS, answer["kv_cache_bytes"], strict=True):
            got = kv_cache_bytes(rebuilt.catalog.model(name), runtime=runtime, context_tokens=tokens)
            if got != expected:
                wrong[f"{name} at {tokens}"] = (got, expected)
    assert not wrong


@mlx
def test_catalogue_files_are_what_describe_writes(rebuilt: Rebuilt) -> None:
    for name, answer in rebuilt.answers.items():
        written = toml_of(language_model_of(load_config(name), answer))
        assert written == (FOLDER / "models" / f"{name}.toml").read_text("utf-8"), name


@mlx
def test_config_that_ends_the_process_costs_no_other_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that ends (a signal, no memory) is asked again, one request at a time."""
    real = ask_mlx_lm_module.subprocess.run

    def run(*arguments: Any, **options: Any) -> Any:
        if "ends-the-process" in options["input"]:
            return subprocess.CompletedProcess(arguments, -9, "", "Killed")
        return real(*arguments, **options)

    monkeypatch.setattr(ask_mlx_lm_module.subprocess, "run", run)
    good = {"config": load_config("qwen3-0.6b")}
    bad = {"config": {"model_type": "ends-the-process"}}
    first, lost, last = ask_mlx_lm([good, bad, good])
    assert first["tensors"] == last["tensors"]
    assert "ended with code -9: Killed" in lost["error"]
    with pytest.raises(PlanError, match="ended with code -9"):
        ask_mlx_lm([bad])


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"model_type": "llama", "quantization_config": "fp8"}, "quantization_config is 'fp8'; it must be an object"),
        ({"model_type": "llama", "text_config": {"num_hidden_layers": 5000}}, "whole number in 1..1000"),
        ({"model_type": "x", "llm_config": {"n_layers": True}}, "whole number in 1..1000"),
    ],
)
def test_config_of_a_strange_shape_is_one_sentence(config: dict[str, Any], said: str) -> None:
    with pytest.raises(PlanError, match=said):
        checked_config(config, name="x.json")
    assert checked_config({"model_type": "llama", "quantization_config": None, "n_layer": None}, name="x") == {
        "model_type": "llama",
        "n_layer": None,
    }


def test_so_many_processes_run_at_once_and_who_finds_none_free_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ask_mlx_lm_module, "_WORKERS", BoundedSemaphore(1))
    monkeypatch.setattr(ask_mlx_lm_module, "_LONGEST_WAIT_S", 0.01)
    held: list[bool] = []

    def run(*_: Any, **__: Any) -> Any:
        with pytest.raises(BusyError, match="Try again in a minute"):
            ask_mlx_lm([{"config": {}}])
        held.append(True)
        raise subprocess.TimeoutExpired("mlx", 1)

    monkeypatch.setattr(ask_mlx_lm_module.subprocess, "run", run)
    for _ in range(2):  # the turn is given back
        with pytest.raises(PlanError, match="did not answer"):
            ask_mlx_lm([{"config": {}}])
    assert held == [True, True]
