"""Names of chips, models and formats: recognised, or refused as ambiguous."""

import pytest

from measurements.records.identify import chip_of_name, format_of_name, model_of_name
from tests.measurements.importers.examples import KNOWN


@pytest.mark.parametrize(
    ("name", "cores", "chip"),
    [
        ("NVIDIA GeForce RTX 4090", 0, "nvidia-rtx-4090"),
        ("NVIDIA GeForce RTX 4090 Laptop GPU", 0, None),
        ("NVIDIA H100 80GB HBM3", 0, "nvidia-h100-sxm-80"),
        ("NVIDIA RTX PRO 6000 Blackwell Workstation Edition", 0, "nvidia-rtx-pro-6000"),
        ("Apple M2 Ultra", 76, "apple-m2-ultra-76"),
        ("Apple M2 Ultra", 60, None),
        ("Apple M2 Ultra", 0, None),
        ("apple-m2-ultra-76", 0, "apple-m2-ultra-76"),
        ("", 0, None),
    ],
)
def test_chip_of_name_never_guesses(name: str, cores: int, chip: str | None) -> None:
    assert chip_of_name(name, chips=KNOWN.chips, gpu_core_count=cores) == chip


@pytest.mark.parametrize(
    ("name", "model", "form"),
    [
        ("llama 70B Q4_K - Medium", None, "q4_k_m"),
        ("Meta-Llama-3.1-70B-Instruct-Q4_K_M.gguf", "llama-3-70b", "q4_k_m"),
        ("llama-2-70b.Q8_0.gguf", "llama-2-70b", "q8_0"),
        ("Qwen3-30B-A3B-UD-Q4_K_XL.gguf", None, "q4_k_xl"),
        ("mlx-community/Qwen3.5-4B-MLX-4bit", "qwen3.5-4b", "mlx-4bit"),
        ("gpt-oss 20B MXFP4 MoE", None, "mxfp4"),
        ("model-IQ4_XS.gguf", None, "iq4_xs"),
        ("openai/gpt-oss-120b", None, None),
    ],
)
def test_model_and_format_of_name_never_guess(name: str, model: str | None, form: str | None) -> None:
    assert (model_of_name(name, models=KNOWN.models), format_of_name(name)) == (model, form)
