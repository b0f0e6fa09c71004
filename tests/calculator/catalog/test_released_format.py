"""The format as-released: the maker's checkpoint as each runtime loads it, or one sentence."""

import pytest

from calculator.catalog import load_catalog
from calculator.catalog.checkpoint import ReleasedWeights
from calculator.catalog.deployment import Deployment, format_on
from calculator.catalog.models import LanguageModel, WeightFormat
from calculator.errors import ScenarioError
from calculator.physics.memory.weights import weights_bytes

CATALOG = load_catalog()
RELEASED = CATALOG.format("as-released")


def _on(model: LanguageModel | str, runtime: str, format: WeightFormat = RELEASED) -> WeightFormat:
    shapes = CATALOG.model(model) if isinstance(model, str) else model
    return format_on(CATALOG.runtime(runtime), format, model=shapes, catalog=CATALOG)


def test_kimis_checkpoint_is_the_published_one_to_the_byte() -> None:
    """Kimi-K2.6's file list: 595,148,192,736 bytes with its tower, on vLLM."""
    model = CATALOG.model("kimi-k2.5")
    assert weights_bytes(model, format=_on(model, "vllm")) + model.tower_bytes() == 595_148_192_736
    assert _on(model, "vllm").weight_class == "4-bit"


def test_mlx_lm_repacks_unpacks_or_keeps_what_was_released() -> None:
    """Integers in groups get a 16-bit scale and bias per group, FP8 becomes 16 bits, MXFP4 stays."""
    kimi, deepseek, oss = (CATALOG.model(one) for one in ("kimi-k2.5", "deepseek-v3-671b", "gpt-oss-20b"))
    experts = 384 * 3 * 2048 * 7168 * 60
    rest = kimi.parameter_count() - experts
    router_bias = 60 * 384 * 2  # 32 bits wide
    assert weights_bytes(kimi, format=_on(kimi, "mlx-lm")) == experts * 5 // 8 + rest * 2 + router_bias
    assert weights_bytes(deepseek, format=_on(deepseek, "mlx-lm")) == weights_bytes(
        deepseek, format=CATALOG.format("bf16")
    )
    assert weights_bytes(oss, format=_on(oss, "mlx-lm")) == weights_bytes(oss, format=CATALOG.format("mxfp4-native"))


def test_model_without_a_packed_release_is_16_bits_and_its_name_says_so() -> None:
    found = _on("llama-3-8b", "vllm")
    assert found.name == "as released: 16 bits"
    assert found.weight_class == "16-bit"
    model = CATALOG.model("llama-3-8b")
    assert weights_bytes(model, format=found) == weights_bytes(model, format=CATALOG.format("bf16"))


@pytest.mark.parametrize(
    ("runtime", "method", "mlx", "said"),
    [
        ("llama.cpp", "fp8", "unpacked", "llama.cpp loads files converted from it"),
        ("ollama", "fp8", "unpacked", "Ollama loads files converted from it"),
        ("vllm", "exl3", "refused", "vLLM does not load"),
        ("exllamav3", "awq", "affine", "ExLlamaV3 does not load"),
        ("vllm", "mlx", "stored", "vLLM does not load"),
        ("mlx-lm", "gptq", "refused", "mlx-lm does not load"),
    ],
)
def test_runtime_that_cannot_load_the_checkpoint_says_so(runtime: str, method: str, mlx: str, said: str) -> None:
    values = {"method": method, "words": "packed", "bits": 4, "mlx": mlx}
    released = ReleasedWeights.model_validate(values)
    model = CATALOG.model("llama-3-8b").model_copy(update={"id": f"x-{method}", "released_weights": released})
    with pytest.raises(ScenarioError, match=said):
        _on(model, runtime)


def test_checkpoint_whose_bytes_are_not_known_repeats_why() -> None:
    released = ReleasedWeights(method="aqlm", words="aqlm", bits=16, mlx="refused", problem="Its layout is not known.")
    model = CATALOG.model("llama-3-8b").model_copy(update={"id": "x-aqlm", "released_weights": released})
    with pytest.raises(ScenarioError, match="layout is not known"):
        _on(model, "vllm")


def test_mxfp4_of_a_model_that_was_not_published_so_is_never_16_bits() -> None:
    """A dense 70B: 68.5 billion packed at 4.25 bits and 2.1 billion at 16."""
    native, packed = CATALOG.format("mxfp4-native"), _on("llama-3-70b", "vllm", CATALOG.format("mxfp4"))
    assert packed.id == "mxfp4-linear"
    assert weights_bytes(CATALOG.model("llama-3-70b"), format=packed) == pytest.approx(40.57e9, rel=0.001)
    assert weights_bytes(CATALOG.model("qwen3-30b-a3b"), format=packed) == pytest.approx(17.15e9, rel=0.001)
    assert _on("gpt-oss-20b", "vllm", CATALOG.format("mxfp4")) is native
    with pytest.raises(ScenarioError, match="not published in MXFP4"):
        Deployment.of("nvidia-rtx-4090", "qwen3-8b", "mxfp4-native", runtime="vllm", catalog=CATALOG)
