"""The longest context that fits: one token more does not, and the model's own limit counts."""

import pytest

from calculator.catalog import Catalog, load_catalog
from calculator.catalog.deployment import Deployment, Workload
from calculator.physics.memory.largest_context import largest_context
from calculator.physics.memory.memory_fit import memory_fit


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.mark.parametrize(
    ("machine", "model", "format"),
    [
        ("rtx-5090-pc", "qwen3-32b", "q4_k_m"),
        ("dual-rtx-4090-am5", "llama-3-70b", "q4_k_m"),
        ("mac-studio-m5-ultra-96", "llama-3-70b", "mlx-4bit"),
        ("rtx-5090-pc", "gemma-3-27b", "q4_k_m"),
    ],
)
@pytest.mark.parametrize("held", [1, 3])
def test_longest_context_fits_and_one_token_more_does_not(
    machine: str, model: str, format: str, held: int, catalog: Catalog
) -> None:
    deployment = Deployment.of(machine, model, format, catalog=catalog)
    found = largest_context(deployment, catalog, held_count=held)

    def fits(tokens: int) -> bool:
        workload = Workload(prompt_tokens=tokens, context_tokens=tokens, held_count=held)
        return memory_fit(deployment, workload, catalog=catalog).fits

    assert found.memory_tokens > 0
    assert fits(found.memory_tokens)
    assert not fits(found.memory_tokens + 1)
    assert found.tokens == min(found.memory_tokens, catalog.model(model).context_limit_tokens)
    assert found.fit.fits


def test_model_that_does_not_fit_has_no_context(catalog: Catalog) -> None:
    deployment = Deployment.of("rtx-5090-pc", "llama-3-70b", "bf16", catalog=catalog)
    found = largest_context(deployment, catalog)
    assert (found.memory_tokens, found.tokens) == (0, 0)
    assert found.fit.headroom_bytes < 0


def test_search_stops_at_the_most_that_is_asked(catalog: Catalog) -> None:
    deployment = Deployment.of("mac-studio-m5-ultra-96", "qwen3-4b", "mlx-4bit", catalog=catalog)
    assert largest_context(deployment, catalog, most_tokens=500).memory_tokens == 500


def test_sequences_held_are_one_unless_more_are_asked_for(catalog: Catalog) -> None:
    deployment = Deployment.of("rtx-5090-pc", "qwen3-32b", "q4_k_m", catalog=catalog)
    one, two = (largest_context(deployment, catalog, held_count=count).memory_tokens for count in (1, 2))
    assert largest_context(deployment, catalog).memory_tokens == one > two
