"""Plan command: known bytes, own configurations, and one sentence for a wrong request."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from calculator.catalog import load_catalog
from calculator.errors import UnknownIdError
from measurements.__main__ import main
from measurements.models.ask_mlx_lm import PlanError, checked_config, load_config
from measurements.models.plan import main as plan_command
from measurements.models.plan import plan
from measurements.probe.run import ROOT

mlx = pytest.mark.skipif(importlib.util.find_spec("mlx_lm") is None, reason="mlx-lm is not installed")


pytestmark = pytest.mark.mlx


@mlx
def test_plan_of_llama_3_70b_in_8_bit_has_the_known_bytes() -> None:
    found, model = plan("llama-3-70b", format_id="mlx-8bit", catalog=load_catalog(), context_tokens=32_768)
    # 70.554e9 parameters x 8.5 bit / 8 = 74.96 GB; 80 layers x 8 heads x 2 x 128 x 2 byte x 32,768 = 10.737 GB
    assert found.weights_bytes == pytest.approx(74.97e9, rel=0.005)
    assert found.kv_cache_bytes == 80 * 8 * 2 * 128 * 2 * 32_768
    assert found.peak_bytes == found.weights_bytes + found.kv_cache_bytes + found.transient_bytes
    assert (found.layers, found.parameters, found.exact_by) == (80, 70_553_706_496, "mlx-lm")
    assert model.tensors == load_catalog().model("llama-3-70b").tensors


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
