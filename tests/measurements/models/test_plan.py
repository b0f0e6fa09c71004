"""Plan command: known bytes, own configurations, and one sentence for a wrong request."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from calculator.catalog import load_catalog
from calculator.errors import UnknownIdError
from measurements.__main__ import main
from measurements.models.ask_mlx_lm import PlanError, checked_config, load_config
from measurements.models.plan import Plan, plan
from measurements.models.plan import main as plan_command
from measurements.probe.run import ROOT

mlx = pytest.mark.skipif(importlib.util.find_spec("mlx_lm") is None, reason="mlx-lm is not installed")


pytestmark = pytest.mark.mlx
CATALOG = load_catalog()


@mlx
def test_plan_of_llama_3_70b_in_8_bit_has_the_known_bytes() -> None:
    found, model = plan("llama-3-70b", format_id="mlx-8bit", catalog=load_catalog(), context_tokens=32_768)
    # 70.554e9 parameters x 8.5 bit / 8 = 74.96 GB; 80 layers x 8 heads x 2 x 128 x 2 byte x 32,768 = 10.737 GB
    assert found.weights_bytes == pytest.approx(74.97e9, rel=0.005)
    assert found.kv_cache_bytes == 80 * 8 * 2 * 128 * 2 * 32_768
    assert found.peak_bytes == found.weights_bytes + found.kv_cache_bytes + found.transient_bytes
    assert (found.layers, found.parameters, found.exact_by) == (80, 70_553_706_496, "mlx-lm")
    assert model.tensors == load_catalog().model("llama-3-70b").tensors


@pytest.mark.alone
@mlx
def test_plan_command_prints_what_the_issue_asks_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "qwen3-0.6b", "--format", "mlx-4bit", "--context-tokens", "1000", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {
        "parameters",
        "active_parameters",
        "weights_bytes",
        "kv_cache_bytes",
        "transient_bytes",
        "peak_bytes",
        "layers",
        "seconds",
    }
    assert found["seconds"] < 1
    assert found["kv_cache_bytes"] == 28 * 8 * 2 * 128 * 2 * 1024  # 1,000 tokens in steps of 256
    assert main(["plan", "qwen3-0.6b", "--json", "--details"]) == 0
    details = json.loads(capsys.readouterr().out)
    assert (details["exact_by"], details["recommended_prefill_step_tokens"]) == ("mlx-lm", 2048)
    assert main(["plan", "qwen3-0.6b"]) == 0
    assert "work space" in capsys.readouterr().out


@mlx
def test_plan_takes_a_users_own_config(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = {key: value for key, value in load_config("qwen3-0.6b").items() if key != "_about"}
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert main(["plan", str(tmp_path), "--json"]) == 0
    own = json.loads(capsys.readouterr().out)
    assert main(["plan", "qwen3-0.6b", "--json"]) == 0
    shipped = json.loads(capsys.readouterr().out)
    assert {**own, "seconds": 0} == {**shipped, "seconds": 0}
    assert main(["plan", str(tmp_path), "--json", "--details"]) == 0
    assert json.loads(capsys.readouterr().out)["model"] == tmp_path.name.lower()


@mlx
@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('{"model_type": "step3p7", "num_hidden_layers": 2}', "'step3p7', which this mlx-lm does not know"),
        ('{"model_type": "llama", "num_hidden_layers": 2}', "could not build the model"),
        ('{"num_hidden_layers": 2}', "has no model_type"),
        ('{"model_type": "../../os", "num_hidden_layers": 2}', "must be a plain name"),
        ('{"model_type": "llama", "num_hidden_layers": 10000000}', "whole number in 1..1000"),
        ("{", "is not valid JSON"),
        ("[1, 2]", "has no model_type"),
    ],
)
def test_plan_of_a_strange_config_is_one_sentence(
    content: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "config.json"
    path.write_text(content)
    assert main(["plan", str(path)]) == 2
    said = capsys.readouterr().err.strip()
    assert sentence in said
    assert len(said.splitlines()) == 1
    assert "Traceback" not in said


def test_plan_of_an_unknown_model_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "llama-3-71b"]) == 2
    assert "Did you mean llama-3-70b" in capsys.readouterr().err
    with pytest.raises(UnknownIdError):
        load_config("no-such-model")
    with pytest.raises(PlanError, match="context-tokens is 0"):
        plan_command(["llama-3-8b", "--context-tokens", "0"])


def test_unknown_command_and_missing_file_are_sentences(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plam"]) == 2
    assert "is not a command" in capsys.readouterr().err
    assert main(["plan", str(tmp_path / "absent.json")]) == 2
    assert "cannot be read" in capsys.readouterr().err
    with pytest.raises(PlanError):
        checked_config(None, name="x")


@mlx
def test_planning_never_imports_mlx_here() -> None:
    """The page plans through this module; mlx stays in the worker's process."""
    code = (
        "import sys; from calculator.catalog import load_catalog; from measurements.models.plan import plan\n"
        "plan('qwen3-0.6b', format_id='mlx-4bit', catalog=load_catalog())\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('mlx', 'mlx_lm', 'transformers')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


CONFIGS = ROOT / "tests/fixtures/configs"


def _planned(name: str, format_id: str, **asked: Any) -> Plan:
    found, _ = plan(str(CONFIGS / f"{name}.json"), format_id=format_id, catalog=CATALOG, **asked)
    return found


@mlx
@pytest.mark.parametrize("key", ["quantization_config", "quantization"])
@pytest.mark.parametrize("format_id", ["mlx-4bit", "q4_k_m", "as-released"])
def test_null_means_not_quantised(key: str, format_id: str, tmp_path: Path) -> None:
    config = {**load_config("qwen3-0.6b"), key: None}
    (tmp_path / "config.json").write_text(json.dumps(config))
    got, _ = plan(str(tmp_path), format_id=format_id, catalog=CATALOG)
    expected, _ = plan("qwen3-0.6b", format_id=format_id, catalog=CATALOG)
    assert got.weights_bytes == expected.weights_bytes
    published = _planned("qwen3-14b-null-quant", "mlx-4bit")
    assert published.parameters == 14_768_307_200
    assert published.weights_bytes == pytest.approx(8.31e9, rel=0.001)


@mlx
def test_format_of_vllm_is_planned_for_vllm() -> None:
    """121.8 GB in FP8 and 6.44 GB of embedding and head in 16 bits."""
    found = _planned("devstral-2-123b", "fp8")
    assert (found.format, found.runtime) == ("fp8", "vllm")
    assert found.weights_bytes == pytest.approx(128.3e9, rel=0.001)
    assert _planned("devstral-2-123b", "as-released").weights_bytes == pytest.approx(128.25e9, rel=0.001)
    on_mac = _planned("devstral-2-123b", "fp8", runtime_id="mlx-lm")
    assert (on_mac.format, on_mac.runtime, on_mac.exact_by) == ("mlx-mxfp8", "mlx-lm", "mlx-lm")


@mlx
def test_wrapper_of_a_known_model_is_planned_and_says_what_is_left_out() -> None:
    found = _planned("voxtral-mini-3b", "mlx-4bit")
    assert found.parameters == 3_611_483_136
    assert found.weights_bytes == pytest.approx(2.03e9, rel=0.002)
    assert (found.tower_bytes, found.towers_included) == (2 * 662_134_784, False)
    assert any("planned is the llama model within it" in one for one in found.remarks)
    assert any("an audio tower (1.32 GB in 16 bits): not counted" in one for one in found.remarks)
    assert _planned("voxtral-mini-3b", "mlx-4bit", runtime_id="mlx-vlm").towers_included


@mlx
def test_towers_are_counted_where_the_runtime_loads_them() -> None:
    """Qwen2.5-VL-7B has 8.29 billion parameters, 7.62 of them in the language model."""
    without, loaded = (_planned("qwen2.5-vl-7b", "bf16", runtime_id=one) for one in ("mlx-lm", "vllm"))
    assert loaded.weights_bytes - without.weights_bytes == without.tower_bytes
    assert loaded.weights_bytes == 2 * 8_292_166_656


@mlx
def test_shapes_that_mlx_lm_lacks_are_read_for_other_runtimes_where_they_are_plain() -> None:
    for format_id, size in (("q4_k_m", 19.7e9), ("awq-int4", 21.8e9)):
        found = _planned("exaone-4.5-33b", format_id)
        assert found.weights_bytes == pytest.approx(size, rel=0.01)
        assert any("the shapes are read from the file" in one for one in found.remarks)
    with pytest.raises(PlanError, match=r"'exaone4_5', which this mlx-lm does not know.*--format q4_k_m"):
        _planned("exaone-4.5-33b", "mlx-4bit")
    for format_id in ("mlx-4bit", "q4_k_m", "awq-int4"):  # cross attention is not plain
        with pytest.raises(PlanError, match="'mllama', which this mlx-lm does not know"):
            _planned("llama-3.2-90b-vision", format_id)


@mlx
def test_plan_that_cannot_be_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, said in (
        (["llama-3-8b", "--format", "mxfp4-native"], "not published in MXFP4"),
        (["llama-3-8b", "--format", "awq-int4", "--runtime", "llama.cpp"], "does not load awq-int4"),
        (["llama-3-8b", "--format", "awq-int4", "--runtime", "vlmm"], "Did you mean vllm"),
        (["deepseek-v3-671b", "--format", "as-released", "--runtime", "ollama"], "loads files converted from it"),
    ):
        assert main(["plan", *arguments]) == 2
        error = capsys.readouterr().err.strip()
        assert said in error
        assert len(error.splitlines()) == 1


@mlx
def test_plan_command_adds_towers_and_remarks_where_there_are_any(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(CONFIGS / "devstral-small-2-24b.json"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["parameters"] == 23_572_403_200
    assert found["weights_bytes"] == pytest.approx(13.26e9, rel=0.001)
    assert found["tower_bytes"] == 2 * 438_958_080
    assert found["towers_included"] is False
    assert main(["plan", str(CONFIGS / "devstral-small-2-24b.json"), "--format", "as-released"]) == 0
    assert "as released: FP8, a scale per matrix" in capsys.readouterr().out
