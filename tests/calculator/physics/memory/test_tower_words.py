"""Words on towers: their bytes, and whether they are counted."""

from calculator.catalog import load_catalog
from calculator.catalog.checkpoint import Tower
from calculator.physics.memory.tower_words import tower_names, tower_remarks

CATALOG = load_catalog()


def test_tower_is_named_with_its_bytes_whether_it_is_counted_or_not() -> None:
    model = CATALOG.model("qwen3.5-9b")
    [left_out] = tower_remarks(model, runtime=CATALOG.runtime("mlx-lm"), included=False)
    [counted] = tower_remarks(model, runtime=CATALOG.runtime("vllm"), included=True)
    assert "a vision tower (0.91 GB in 16 bits): not counted" in left_out.text
    assert "counted, because vLLM loads it" in counted.text
    assert tower_remarks(CATALOG.model("llama-3-8b"), runtime=CATALOG.runtime("vllm"), included=True) == ()


def test_tower_of_unknown_size_is_a_warning_where_it_is_loaded() -> None:
    model = CATALOG.model("llama-3-8b").model_copy(update={"id": "x-tower", "towers": (Tower(kind="audio"),)})
    [loaded] = tower_remarks(model, runtime=CATALOG.runtime("vllm"), included=True)
    [other] = tower_remarks(model, runtime=CATALOG.runtime("llama.cpp"), included=False)
    assert (loaded.code, loaded.level, other.level) == ("towers-unknown", "warning", "info")
    assert "an audio tower whose size is not known" in loaded.text


def test_count_from_width_and_depth_alone_is_said() -> None:
    guessed = Tower(kind="vision", parameter_count=500_000_000, note="counted from width and depth alone")
    model = CATALOG.model("llama-3-8b").model_copy(update={"id": "x-guessed", "towers": (guessed,)})
    [remark] = tower_remarks(model, runtime=CATALOG.runtime("vllm"), included=True)
    assert "(1.00 GB in 16 bits, counted from width and depth alone)" in remark.text


def test_tower_names_say_each_kind_once() -> None:
    assert tower_names(["vision", "audio", "vision"]) == "a vision tower and an audio tower"
