"""Names of models as people write them find the catalogue's entry, and others find none."""

import pytest

from calculator.catalog import load_catalog
from calculator.catalog.model_names import model_id_of, plain_name
from calculator.errors import UnknownIdError

CATALOG = load_catalog()


@pytest.mark.parametrize(
    ("name", "model_id"),
    [
        ("llama3.1:8b", "llama-3-8b"),
        ("llama3:8b-instruct-q4_K_M", "llama-3-8b"),
        ("meta-llama/Meta-Llama-3.1-8B-Instruct", "llama-3-8b"),
        ("llama-3.3-70b", "llama-3-70b"),
        ("llama3.3:70b-instruct-q4_K_M", "llama-3-70b"),
        ("meta-llama/Llama-3.3-70B-Instruct", "llama-3-70b"),
        ("mlx-community/Llama-3.3-70B-Instruct-4bit", "llama-3-70b"),
        ("RedHatAI/Llama-3.3-70B-Instruct-FP8", "llama-3-70b"),
        ("deepseek-r1:70b", "llama-3-70b"),
        ("deepseek-ai/DeepSeek-R1-Distill-Llama-70B", "llama-3-70b"),
        ("deepseek-r1:32b", "qwen2.5-32b"),
        ("deepseek-ai/DeepSeek-R1", "deepseek-v3-671b"),
        ("deepseek-ai/DeepSeek-V3-0324", "deepseek-v3-671b"),
        ("deepseek-ai/DeepSeek-V3.2-Exp", "deepseek-v3.2-671b"),
        ("gpt-oss:20b", "gpt-oss-20b"),
        ("openai/gpt-oss-120b", "gpt-oss-120b"),
        ("gpt-oss-20b-mxfp4.gguf", "gpt-oss-20b"),
        ("qwen3:30b", "qwen3-30b-a3b"),
        ("Qwen/Qwen3-30B-A3B-Instruct-2507", "qwen3-30b-a3b"),
        ("qwen3-coder:30b", "qwen3-30b-a3b"),
        ("unsloth/Qwen3-Coder-30B-A3B-Instruct-GGUF", "qwen3-30b-a3b"),
        ("qwen2.5:7b-instruct-q4_K_M", "qwen2.5-7b"),
        ("Qwen/Qwen2.5-Coder-32B-Instruct-AWQ", "qwen2.5-32b"),
        ("Qwen/Qwen3.6-35B-A3B", "qwen3.6-35b-a3b"),
        ("gemma3:27b-it-qat", "gemma-3-27b"),
        ("google/gemma-3-4b-it", "gemma-3-4b"),
        ("google/gemma-4-31B-it", "gemma-4-31b"),
        ("mistral:7b", "mistral-7b-v0.3"),
        ("mistralai/Mistral-Small-3.2-24B-Instruct-2506", "mistral-small-3.1-24b"),
        ("mixtral:8x7b", "mixtral-8x7b"),
        ("mistralai/Mixtral-8x7B-Instruct-v0.1", "mixtral-8x7b"),
        ("phi4-mini", "phi-4-mini"),
        ("zai-org/GLM-4.5-Air-FP8", "glm-4.5-air"),
        ("MiniMaxAI/MiniMax-M2.1", "minimax-m2"),
        ("nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16", "nemotron-3-nano-30b-a3b"),
        ("llama2:7b", "llama-2-7b"),
        ("codellama:34b", "codellama-34b"),
        ("TinyLlama/TinyLlama-1.1B-Chat-v1.0", "tinyllama-1.1b"),
    ],
)
def test_model_of_a_name_that_people_use(name: str, model_id: str) -> None:
    assert CATALOG.model(name).id == model_id


@pytest.mark.parametrize("name", ["gpt-5", "llama-3.2-90b-vision", "gemma-3-12b", "", "mistral-large"])
def test_model_of_another_shape_is_refused(name: str) -> None:
    assert model_id_of(name, models=CATALOG.models, names=CATALOG.model_names) is None
    with pytest.raises(UnknownIdError):
        CATALOG.model(name)


def test_every_id_is_its_own_name_and_every_name_is_plain() -> None:
    for model_id in CATALOG.models:
        assert CATALOG.model(model_id).id == model_id
    for name, meant in CATALOG.model_names.items():
        assert plain_name(name) == name, name
        assert name != meant
