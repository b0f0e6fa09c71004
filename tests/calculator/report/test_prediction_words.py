"""Words of `predict`: load times, watts and the speed beyond the memory, as JSON and as lines."""

import json
from dataclasses import replace

import pytest

from calculator.catalog import load_catalog
from calculator.catalog.deployment import Deployment, Workload
from calculator.physics.prediction import predict
from calculator.report.prediction_words import operation_dict, operation_lines, title_line

CATALOG = load_catalog()
MAC = Deployment.of("mac-studio-m2-ultra-192-used", "llama-3-70b", "mlx-8bit", catalog=CATALOG)
CARDS = Deployment.of("dual-rtx-4090-am5", "llama-3-70b", "q4_k_m", catalog=CATALOG)


def test_title_names_split_and_chips_only_where_there_are_several() -> None:
    one, two = (predict(deployment, Workload(), CATALOG) for deployment in (MAC, CARDS))
    assert title_line(one) == "llama-3-70b mlx-8bit on mac-studio-m2-ultra-192-used (mlx-lm)"
    assert title_line(two) == "llama-3-70b q4_k_m on dual-rtx-4090-am5 (2 chips, layer split, llama.cpp)"


def test_load_times_and_watts_are_said_in_one_line_each() -> None:
    lines = operation_lines(predict(MAC, Workload(), CATALOG))
    assert lines[0].startswith("  load time of the weights: 10 s from disk, ")
    assert lines[0].endswith(" s from the page cache")
    assert lines[1].startswith("  power (wall): idle ")
    assert "J per token written" in lines[1]


def test_cards_and_what_limits_them_are_named() -> None:
    fast = replace(CARDS, hardware=replace(CARDS.hardware, storage_gb_per_s=1000.0))
    lines = operation_lines(predict(fast, Workload(), CATALOG))
    assert lines[0].startswith("  cards: 40 layers, ")
    assert "is the tightest" in lines[0]
    assert "from disk (limited by the cards' link)" in lines[1]


def test_operation_dict_is_json_with_the_published_keys() -> None:
    found = json.loads(json.dumps(operation_dict(predict(MAC, Workload(), CATALOG)), allow_nan=False))
    keys = {"cards", "tightest_card", "box_count", "cache_pool", "link", "load_s", "power", "beyond_memory"}
    assert set(found) == keys
    assert set(found["load_s"]["cold"]) == {"low", "central", "high", "bound_by", "note"}
    assert set(found["power"]["decode_w"]) == {"low", "central", "high"}
    assert found["power"]["decode_j_per_token"]["central"] == pytest.approx(
        found["power"]["decode_w"]["central"] / _decode_tokens_per_s()
    )


def test_operation_dict_of_what_does_not_fit_has_the_speed_beyond() -> None:
    found = operation_dict(predict(replace(CARDS, format=CATALOG.format("q8_0")), Workload(), CATALOG))
    assert found["beyond_memory"]["how"] == "layers in system RAM"
    assert found["beyond_memory"]["decode_tok_s"]["unit"] == "token/s"
    assert found["power"]["decode_j_per_token"] is None


def _decode_tokens_per_s() -> float:
    decode = predict(MAC, Workload(), CATALOG).decode
    assert decode is not None
    return decode.central
