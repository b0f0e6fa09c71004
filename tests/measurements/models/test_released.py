"""Released weights: every method by hand, published checkpoints, and one sentence for what is not known."""

import csv
import json
from typing import Any

import pytest

from calculator.catalog import load_catalog
from calculator.catalog.deployment import format_on
from calculator.errors import CatalogError
from calculator.physics.memory.weights import weights_bytes
from measurements.models.architecture import language_model_of
from measurements.models.describe import with_about
from measurements.models.layouts import layouts_of
from measurements.models.packing import Checkpoint
from measurements.models.released import checkpoint_of
from measurements.probe.run import ROOT
from tests.measurements.models.test_plain_layout import DENSE

FIXTURES = ROOT / "tests/fixtures"
CATALOG = load_catalog()
UP, HEAD, EMBEDDING = (
    {"path": path, "shape": [256, 512], "quantizable": True}
    for path in ("model.layers.1.mlp.up_proj.weight", "lm_head.weight", "model.embed_tokens.weight")
)
NUMBERS, ROWS, COLUMNS = 256 * 512, 256, 512


def _checkpoint(**settings: Any) -> Checkpoint:
    found = checkpoint_of({"model_type": "x", "quantization_config": settings})
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("settings", "size"),
    [
        ({"quant_method": "gptq", "bits": 4, "group_size": 128}, NUMBERS // 2 + ROWS * 4 * 20 // 8 + COLUMNS * 4),
        ({"quant_method": "gptq", "bits": 8, "group_size": -1}, NUMBERS + ROWS * 24 // 8 + COLUMNS * 4),
        ({"quant_method": "awq", "bits": 4, "group_size": 64}, NUMBERS // 2 + ROWS * 8 * 20 // 8),
        ({"quant_method": "awq", "w_bit": 4, "q_group_size": 128}, NUMBERS // 2 + ROWS * 4 * 20 // 8),
        ({"quant_method": "auto-round", "bits": 2, "group_size": 32}, NUMBERS // 4 + ROWS * 16 * 18 // 8),
        ({"quant_method": "fp8", "weight_block_size": [128, 128]}, NUMBERS + 2 * 4 * 4),
        ({"quant_method": "fp8", "weight_block_size": [32, 32], "scale_fmt": "ue8m0"}, NUMBERS + 8 * 16),
        ({"quant_method": "fp8", "weight_block_size": None}, NUMBERS + 8),
        ({"quant_method": "fbgemm_fp8"}, NUMBERS + ROWS * 4),
        ({"quant_method": "mxfp8"}, NUMBERS + NUMBERS // 32),
        ({"quant_method": "bitsandbytes", "load_in_4bit": True}, NUMBERS // 2 + NUMBERS // 64 * 4),
        ({"quant_method": "bitsandbytes", "load_in_8bit": True}, NUMBERS + ROWS * 4),
        ({"quant_method": "eetq"}, NUMBERS + ROWS * 2),
        (
            {"quant_method": "quark", "global_quant_config": {"weight": {"dtype": "fp4", "group_size": 32}}},
            NUMBERS * 17 // 32,
        ),
        (
            {"quant_method": "quark", "global_quant_config": {"weight": {"dtype": "fp8_e4m3"}}},
            NUMBERS + 8,
        ),
        ({"quant_method": "exl3", "bits": 3, "head_bits": 6}, NUMBERS * 3 // 8 + (ROWS + COLUMNS) * 2),
    ],
)
def test_bytes_of_a_matrix_by_hand(settings: dict[str, Any], size: int) -> None:
    found = _checkpoint(**settings)
    assert found.tensor_bytes(UP, "ffn_up") == size
    assert found.tensor_bytes(EMBEDDING, "embedding") == 0
    assert (found.tensor_bytes(HEAD, "output") > 0) == (settings["quant_method"] == "exl3")


def test_nvfp4_by_its_own_name_is_modelopts() -> None:
    assert _checkpoint(quant_method="nvfp4").tensor_bytes(UP, "ffn_up") == NUMBERS * 9 // 16 + 8


def test_double_quantisation_packs_the_scales() -> None:
    found = _checkpoint(quant_method="bitsandbytes", load_in_4bit=True, bnb_4bit_use_double_quant=True)
    assert found.tensor_bytes(UP, "ffn_up") == NUMBERS // 2 + NUMBERS // 64 + NUMBERS // 64 // 256 * 4
    assert "double" in found.weights.words


def test_modules_left_out_stay_16_bits_wide_and_exceptions_have_their_own() -> None:
    for name in ("modules_to_not_convert", "ignore", "ignored_layers"):
        assert _checkpoint(quant_method="fp8", **{name: ["mlp.up_proj"]}).tensor_bytes(UP, "ffn_up") == 0
    rules = {"-:model.layers.1.*": {}}
    assert _checkpoint(quant_method="gptq", bits=4, dynamic=rules).tensor_bytes(UP, "ffn_up") == 0
    eight = _checkpoint(quant_method="gptq", bits=4, dynamic={r"+:.*up_proj.*": {"bits": 8}})
    assert eight.tensor_bytes(UP, "ffn_up") == NUMBERS + ROWS * 4 * 24 // 8 + COLUMNS * 4
    only = _checkpoint(quant_method="gptq", bits=4, modules_in_block_to_quantize=[["self_attn.q_proj"]])
    assert only.tensor_bytes(UP, "ffn_up") == 0
    extra = {"model.layers.1.mlp.up_proj": {"bits": 16}}
    assert _checkpoint(quant_method="auto-round", bits=4, extra_config=extra).tensor_bytes(UP, "ffn_up") == 0
    assert _checkpoint(quant_method="gptq", bits=4, lm_head=True).tensor_bytes(HEAD, "output") > 0


def test_mlx_checkpoint_is_read_module_by_module() -> None:
    quantization = {"group_size": 64, "bits": 4, "lm_head": False, "model.embed_tokens": {"group_size": 64, "bits": 8}}
    found = checkpoint_of({"model_type": "x", "quantization": quantization})
    assert found is not None
    assert found.tensor_bytes(UP, "ffn_up") == NUMBERS * 9 // 16
    assert found.tensor_bytes(EMBEDDING, "embedding") == NUMBERS * 17 // 16
    assert found.tensor_bytes(HEAD, "output") == 0
    assert found.tensor_bytes({**UP, "shape": [4, 100]}, "ffn_up") == 0  # 64 does not divide 100


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"quantization_config": None},
        {"text_config": {"quantization_config": None}},
        {"quantization_config": {"quant_method": "compressed-tensors", "format": "dense", "config_groups": {}}},
    ],
)
def test_null_and_nothing_are_not_packed(config: dict[str, Any]) -> None:
    assert checkpoint_of({"model_type": "x", **config}) is None


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"quant_method": "aqlm"}, "'aqlm', whose layout is not known"),
        ({"bits": 4}, "'\\(none\\)', whose layout is not known"),
        ({"quant_method": "quark", "global_quant_config": None}, "type '\\(none\\)'"),
        ({"quant_method": "gptq", "bits": "four"}, "bits is 'four'"),
        ({"quant_method": "exl3", "bits": 99}, "must lie in 1..16"),
        ({"quant_method": "fp8", "weight_block_size": [None, 1]}, "two whole numbers"),
        ({"quant_method": "fp8", "ignore": ["re:("]}, "no regular expression"),
    ],
)
def test_what_is_not_known_is_one_sentence(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(CatalogError, match=said):
        checkpoint_of({"model_type": "x", "quantization_config": settings})


def _released_bytes(config: dict[str, Any], runtime: str) -> int:
    [layout] = layouts_of([config])
    model = language_model_of(with_about("x.json", config, None), layout)
    format = format_on(CATALOG.runtime(runtime), CATALOG.format("as-released"), model=model, catalog=CATALOG)
    return weights_bytes(model, format=format)


@pytest.mark.mlx
def test_checkpoint_within_a_wrapper_gives_the_bytes_of_the_same_one_alone() -> None:
    packed = {**DENSE, "quantization_config": {"quant_method": "gptq", "bits": 4, "group_size": 32}}
    wrapped = {"model_type": "nobody_wraps", "text_config": packed, "quantization_config": None}
    alone = _released_bytes(dict(packed), "vllm")
    assert _released_bytes(wrapped, "vllm") == alone
    matrices = 3 * (2 * 64 * 128 + 2 * 64 * 32 + 3 * 64 * 160)
    assert alone > 2 * 2 * 100 * 64 + matrices // 2
    assert alone < 2 * 2 * 100 * 64 + matrices  # under 8 bits


ROWS_OF_SIZES = list(csv.DictReader((FIXTURES / "released_checkpoints.csv").open(encoding="utf-8")))


@pytest.mark.mlx
@pytest.mark.parametrize("row", ROWS_OF_SIZES, ids=[row["repository"] for row in ROWS_OF_SIZES])
def test_published_checkpoint_has_its_size_with_towers(row: dict[str, str]) -> None:
    """Within 0.5 % of the published bytes; two cards are contradicted by other readings, and held to those."""
    if row["model"].startswith("configs/"):
        config = json.loads((FIXTURES / row["model"]).read_text("utf-8"))
        [layout] = layouts_of([config])
        model = language_model_of(with_about(row["model"], config, None), layout)
    else:
        model = CATALOG.model(row["model"])
    runtime = CATALOG.runtime("vllm" if row["repository"].startswith("moonshotai") else "mlx-lm")
    format = format_on(runtime, CATALOG.format(row["format"]), model=model, catalog=CATALOG)
    size = weights_bytes(model, format=format) + model.tower_bytes()
    if row["other_reading_bytes"]:
        assert size == pytest.approx(int(row["other_reading_bytes"]), rel=0.01)
    else:
        assert size == pytest.approx(int(row["safetensors_bytes"]), rel=0.005)


def test_published_checkpoints_are_all_22_and_two_are_contradicted() -> None:
    assert len(ROWS_OF_SIZES) == 22
    assert sum(bool(row["other_reading_bytes"]) for row in ROWS_OF_SIZES) == 2
