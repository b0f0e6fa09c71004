"""Guard of model folders: code, links and false sizes are refused within a second, and nothing runs."""

import json
import os
import resource
import struct
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from measurements.models.folder_guard import (
    GuardError,
    checked_config,
    checked_folder,
    checked_repository,
    header_bytes,
    refuse_names,
)
from measurements.probe.run import ROOT

CONFIG = {"model_type": "llama", "hidden_size": 64}


def _safetensors(file: Path, *, tensors: Mapping[str, object] | None = None, data_bytes: int = 16) -> None:
    header = json.dumps(
        {"w": {"dtype": "BF16", "shape": [8], "data_offsets": [0, 16]}} if tensors is None else tensors
    ).encode()
    file.write_bytes(struct.pack("<Q", len(header)) + header + b"\1" * data_bytes)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model folder that may be loaded."""
    path = tmp_path / "model"
    path.mkdir()
    (path / "config.json").write_text(json.dumps(CONFIG))
    (path / "tokenizer_config.json").write_text("{}")
    _safetensors(path / "model.safetensors")
    return path


def test_plain_folder_is_taken_with_its_exact_bytes(folder: Path) -> None:
    found = checked_folder(folder)
    assert (found.config, found.weights_bytes, found.file_count) == (CONFIG, 16, 3)


def _auto_map(path: Path) -> None:
    (path / "config.json").write_text(json.dumps({**CONFIG, "auto_map": {"AutoModel": "evil.Model"}}))


def _deep_auto_map(path: Path) -> None:
    (path / "config.json").write_text(json.dumps({**CONFIG, "text_config": [{"x": {"auto_map": {}}}]}))


def _tokenizer_auto_map(path: Path) -> None:
    (path / "tokenizer_config.json").write_text(json.dumps({"auto_map": {"AutoTokenizer": ["evil.Tok", None]}}))


def _model_file(path: Path) -> None:
    (path / "config.json").write_text(json.dumps({**CONFIG, "model_file": "evil.py"}))


def _key_twice(path: Path) -> None:
    """Two readers of such a file may see two models."""
    text = json.dumps(CONFIG)
    (path / "config.json").write_text('{"hidden_size": 1, "hidden_size": 2, ' + text[1:])


def _python(path: Path) -> None:
    (path / "modeling.py").write_text(f"open({str(path / 'ran')!r}, 'w')")


def _python_below(path: Path) -> None:
    (path / "a" / "b").mkdir(parents=True)
    (path / "a" / "b" / "x.PY").write_text("")


def _pickle(path: Path) -> None:
    (path / "pytorch_model.bin").write_bytes(b"\x80\x04cposix\nsystem\n(S'touch ran'\ntR.")


def _link_out(path: Path) -> None:
    (path / "vocab.txt").symlink_to("/etc/passwd")


def _weights_link_out(path: Path) -> None:
    target = path.parent / "elsewhere.safetensors"
    _safetensors(target)
    (path / "more.safetensors").symlink_to(target)


def _folder_link_out(path: Path) -> None:
    (path / "extra").symlink_to(path.parent)


def _dangling_link(path: Path) -> None:
    (path / "x.json").symlink_to(path / "none.json")


def _link_loop(path: Path) -> None:
    (path / "loop.json").symlink_to(path / "loop.json")


def _pipe(path: Path) -> None:
    os.mkfifo(path / "model-2.safetensors")


def _header_of_500_gb(path: Path) -> None:
    (path / "model.safetensors").write_bytes(struct.pack("<Q", 500_000_000_000) + b"{}")


def _weights_of_500_gb(path: Path) -> None:
    _safetensors(
        path / "model.safetensors", tensors={"w": {"dtype": "BF16", "shape": [1], "data_offsets": [0, 500_000_000_000]}}
    )


def _offsets_missing(path: Path) -> None:
    _safetensors(path / "model.safetensors", tensors={"w": {"dtype": "BF16", "shape": [1]}})


def _empty_weights(path: Path) -> None:
    (path / "model.safetensors").write_bytes(b"")


def _header_no_json(path: Path) -> None:
    (path / "model.safetensors").write_bytes(struct.pack("<Q", 4) + b"\xff\xfe{}" + b"0" * 20)


def _header_a_list(path: Path) -> None:
    (path / "model.safetensors").write_bytes(struct.pack("<Q", 2) + b"[]")


def _broken_config(path: Path) -> None:
    (path / "config.json").write_text('{"model_type": ')


def _deep_config(path: Path) -> None:
    (path / "config.json").write_text("[" * 100_000)


def _config_a_list(path: Path) -> None:
    (path / "config.json").write_text("[]")


def _config_of_6_mb(path: Path) -> None:
    (path / "config.json").write_text('{"model_type": "' + "x" * 6_000_000 + '"}')


def _no_config(path: Path) -> None:
    (path / "config.json").unlink()


def _no_weights(path: Path) -> None:
    (path / "model.safetensors").unlink()


@pytest.mark.alone
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_auto_map, "'auto_map', which names code"),
        (_deep_auto_map, "'auto_map', which names code"),
        (_tokenizer_auto_map, "tokenizer_config.json contains 'auto_map'"),
        (_model_file, "'model_file', which names code"),
        (_python, "modeling.py may carry code"),
        (_python_below, "x.PY may carry code"),
        (_pickle, "pytorch_model.bin may carry code"),
        (_link_out, "vocab.txt is a link that leads out"),
        (_weights_link_out, "leads out of the model folder"),
        (_folder_link_out, "extra is a link that leads out"),
        (_dangling_link, "is a broken link"),
        (_link_loop, "is a broken link"),
        (_pipe, "neither a file nor a folder"),
        (_header_of_500_gb, "claims 500,000,000,000 bytes"),
        (_weights_of_500_gb, "promises 500,000,000,000 bytes"),
        (_offsets_missing, "no data_offsets"),
        (_empty_weights, "claims 0 bytes"),
        (_header_no_json, "not valid JSON"),
        (_header_a_list, "not a JSON object"),
        (_broken_config, "config.json is not valid JSON"),
        (_deep_config, "config.json is not valid JSON"),
        (_key_twice, "the key 'hidden_size' appears twice"),
        (_config_a_list, "has no model_type"),
        (_config_of_6_mb, "the limit is 5,000,000"),
        (_no_config, "config.json cannot be read"),
        (_no_weights, "contains no .safetensors"),
    ],
)
def test_hostile_folder_is_refused_and_nothing_runs(folder: Path, spoil: Callable[[Path], None], said: str) -> None:
    spoil(folder)
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    with pytest.raises(GuardError, match=said):
        checked_folder(folder)
    assert time.monotonic() - began < 1
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * (1 if sys.platform == "darwin" else 1024)
    assert grown < 100e6
    assert not (folder / "ran").exists()
    assert "evil" not in sys.modules


def test_sparse_file_of_500_gb_is_measured_not_read(folder: Path) -> None:
    tensors = {"w": {"dtype": "BF16", "shape": [250_000_000_000], "data_offsets": [0, 500_000_000_000]}}
    file = folder / "model.safetensors"
    _safetensors(file, tensors=tensors, data_bytes=0)
    try:
        os.truncate(file, file.stat().st_size + 500_000_000_000)
    except OSError:
        pytest.skip("this file system has no sparse files of that size")
    assert checked_folder(folder).weights_bytes == 500_000_000_000


def test_folder_of_thousands_of_files_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("measurements.models.folder_guard.MOST_FILES", 2)
    with pytest.raises(GuardError, match="more than 2 files"):
        checked_folder(folder)


def test_hugging_face_snapshot_may_link_into_its_own_blobs(tmp_path: Path) -> None:
    repository = tmp_path / "models--owner--name"
    snapshot, blobs = repository / "snapshots" / ("a" * 40), repository / "blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    (blobs / "1").write_text(json.dumps(CONFIG))
    _safetensors(blobs / "2")
    (snapshot / "config.json").symlink_to(blobs / "1")
    (snapshot / "model.safetensors").symlink_to(blobs / "2")
    assert checked_folder(snapshot).weights_bytes == 16
    (snapshot / "x.json").symlink_to("/etc/hostname")
    with pytest.raises(GuardError, match="leads out"):
        checked_folder(snapshot)


@pytest.mark.parametrize("name", ["../outside", "none", "model/config.json", "a\0b", "x" * 5000])
def test_missing_and_forbidden_folders_get_the_same_answer(folder: Path, name: str) -> None:
    (folder.parent.parent / "outside").mkdir(exist_ok=True)
    with pytest.raises(GuardError, match="is not a model folder that may be read here"):
        checked_folder(folder.parent / name, roots=[folder.parent])


@pytest.mark.parametrize(
    "name", ["", "x", "a/b/c", "../b", "a/../b", "a/b;rm", "http://x/y", "a/" + "b" * 200, "a b/c"]
)
def test_repository_id_must_be_owner_and_name(name: str) -> None:
    with pytest.raises(GuardError, match="owner/name"):
        checked_repository(name, revision="a" * 40)


@pytest.mark.parametrize("revision", ["", "main", "a" * 39, "A" * 40, "a" * 40 + "\n"])
def test_repository_revision_must_be_pinned(revision: str) -> None:
    assert checked_repository("mlx-community/Qwen3-4B-4bit", revision="a" * 40) == (
        "mlx-community/Qwen3-4B-4bit",
        "a" * 40,
    )
    with pytest.raises(GuardError, match="pinned revision"):
        checked_repository("mlx-community/Qwen3-4B-4bit", revision=revision)


def test_config_alone_is_checked_too(folder: Path) -> None:
    assert checked_config(folder / "config.json") == CONFIG
    _auto_map(folder)
    with pytest.raises(GuardError, match="auto_map"):
        checked_config(folder / "config.json")


def test_header_bytes_of_a_real_safetensors_file(tmp_path: Path) -> None:
    safetensors = pytest.importorskip("safetensors.numpy", reason="safetensors comes with mlx-lm")
    import numpy as np

    safetensors.save_file({"a": np.ones((3, 5), np.float32), "b": np.ones(7, np.float16)}, tmp_path / "x.safetensors")
    assert header_bytes(tmp_path / "x.safetensors") == 3 * 5 * 4 + 7 * 2


def test_benchmark_of_mlx_lm_is_never_called_and_remote_code_never_trusted() -> None:
    for file in (ROOT / "measurements").rglob("*.py"):
        text = file.read_text("utf-8")
        assert "trust_remote_code=True" not in text
        assert 'trust_remote_code": True' not in text
        assert "mlx_lm.benchmark" not in text.replace("`python -m mlx_lm.benchmark`", "") or not {
            "subprocess",
            "importlib.import_module",
        } & set(text.split())


@pytest.mark.parametrize(
    "name", ["Model.PY", "weights.Bin", "x.PKL", "tokenizer.pY", "model.py.", "model.py .", "A.SO"]
)
def test_ending_is_known_in_any_case_and_with_dots_behind_it(folder: Path, name: str) -> None:
    """macOS and Windows take them for the same file."""
    (folder / name).write_text("print('evil')")
    with pytest.raises(GuardError, match="may carry code"):
        checked_folder(folder)
    with pytest.raises(GuardError, match="may carry code"):
        refuse_names(["config.json", name])


@pytest.mark.parametrize("name", ["Config.json", "TOKENIZER_CONFIG.JSON", "extra.Json", "CONFIG.JSON."])
@pytest.mark.parametrize("key", ["auto_map", "Auto_Map", " MODEL_FILE"])
def test_key_that_names_code_is_found_in_any_case_and_in_files_of_any_case(folder: Path, name: str, key: str) -> None:
    (folder / name).write_text(json.dumps({**CONFIG, "deep": [{key: "evil.py"}]}))
    with pytest.raises(GuardError, match="names code to load"):
        checked_folder(folder)


def test_weights_of_any_case_are_measured(folder: Path) -> None:
    _safetensors(folder / "more.SafeTensors")
    assert checked_folder(folder).weights_bytes == 32
    (folder / "false.SAFETENSORS").write_bytes(struct.pack("<Q", 2**40) + b"{}")
    with pytest.raises(GuardError, match="broken or hostile"):
        checked_folder(folder)
