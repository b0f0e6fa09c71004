"""Names of modules and patterns: every spelling is meant, and a strange expression is refused."""

import time

import pytest

from calculator.errors import CatalogError
from measurements.models.module_names import Patterns, as_patterns, names_of

EXPERT = "language_model.model.layers.3.mlp.switch_mlp.gate_proj.weight"
SHARED = "model.layers.3.mlp.shared_experts.gate_proj.weight"
DENSE = "model.layers.0.mlp.gate_proj.weight"
QUERY = "model.layers.10.self_attn.q_proj.weight"


def test_names_have_the_spellings_of_publishers() -> None:
    assert "model.layers.3.mlp.experts.0.gate_proj" in names_of(EXPERT)
    assert "model.layers.3.block_sparse_moe.experts.0.w1" in names_of(EXPERT)
    assert "model.language_model.layers.10.self_attn.q_proj" in names_of(QUERY)
    assert "model.layers.0.self_attn.kv_b_proj" in names_of("model.layers.0.self_attn.embed_q.weight")
    assert not [name for name in names_of(EXPERT) if "switch_mlp" in name]


@pytest.mark.parametrize(
    ("pattern", "meant", "not_meant"),
    [
        ("lm_head", ["lm_head.weight"], [QUERY]),
        ("re:.*self_attn.*", [QUERY], [DENSE]),
        (r"re:.*mlp\.(gate|up|gate_up|down)_proj.*", [DENSE], [EXPERT, SHARED]),
        ("model.layers.1*", [QUERY], [DENSE]),
        ("model.layers.*.self_attn", [QUERY], [DENSE]),
        ("language_model.model.layers.3.mlp.shared_experts*", [SHARED], [EXPERT, DENSE]),
        ("self_attn", [QUERY], [DENSE]),
        ("gate", ["model.layers.3.mlp.gate.weight"], [DENSE, EXPERT]),
        ("model.layers.1", [], [QUERY]),
        ("*.ffn.shared_experts.*", [SHARED], [EXPERT]),
    ],
)
def test_pattern_means_what_its_publisher_meant(pattern: str, meant: list[str], not_meant: list[str]) -> None:
    found = Patterns([pattern])
    assert all(found.matches(path) for path in meant)
    assert not any(found.matches(path) for path in not_meant)


@pytest.mark.parametrize(
    ("pattern", "said"),
    [("re:(a+)+$", "too long to try"), ("re:(", "no regular expression"), ("re:" + ".*x" * 40, "too long to try")],
)
def test_expression_that_may_never_end_is_refused(pattern: str, said: str) -> None:
    with pytest.raises(CatalogError, match=said):
        Patterns([pattern])


def test_allowed_expressions_end_soon() -> None:
    worst = Patterns(["re:" + ".*a" * 8 + "$"])
    started = time.perf_counter()
    worst.matches("model.layers.0." + "a" * 60 + ".weight")
    assert time.perf_counter() - started < 60


def test_lists_in_lists_are_read_and_null_is_nothing() -> None:
    assert as_patterns([["a", "b"], "c", 3, None]) == ["a", "b", "c"]
    assert list(as_patterns(None)) == []
