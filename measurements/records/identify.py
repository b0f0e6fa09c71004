"""Catalogue ids of the chips, models and formats that other tools name; None if the name is ambiguous.

"Apple M2 Ultra" is ambiguous (60 or 76 cores), and so is "llama 70B Q4_K" (Llama 2 or Llama 3). The caller then asks
the user for the fact.
"""

import re
from collections.abc import Iterable

_DRIVER_NAMES = {
    # name as nvidia-smi or rocminfo prints it: catalogue id
    "nvidia a100-sxm4-80gb": "nvidia-a100-sxm-80",
    "nvidia a100 80gb pcie": "nvidia-a100-pcie-80",
    "nvidia h100 80gb hbm3": "nvidia-h100-sxm-80",
    "nvidia h100 pcie": "nvidia-h100-pcie-80",
    "nvidia rtx pro 6000 blackwell workstation edition": "nvidia-rtx-pro-6000",
    "radeon 8060s graphics": "amd-strix-halo-128",
    "amd radeon 8060s": "amd-strix-halo-128",
}
_NOT_PART_OF_A_NAME = {"nvidia", "geforce", "generation", "graphics", "laptop"}
_CLASS_WORDS = (
    (r"(?<![0-9])(?:mxfp4)(?![0-9a-z])", "mlx-mxfp4"),
    (r"(?<![0-9])([34568])-?bit(?![0-9a-z])", "mlx-{}bit"),
    (r"(?<![0-9a-z])bf16(?![0-9a-z])", "bf16"),
)
_GGUF = re.compile(
    r"(?:^|[-_. @:])(i?q\d(?:_[0-9a-z]+)*(?: - (?:small|medium|large))?|f16|bf16|f32|mxfp4)(?=$|[-_. )])", re.I
)
_LLAMA_3 = re.compile(r"llama-3\.[13]-(8b|70b)")
_SIZES = {" - small": "_s", " - medium": "_m", " - large": "_l"}


def chip_of_name(name: str, *, chips: Iterable[str], gpu_core_count: int = 0) -> str | None:
    """The catalogue id of a chip as a driver or a system report names it, or None.

    >>> chip_of_name("NVIDIA GeForce RTX 4090", chips=["nvidia-rtx-4090"])
    'nvidia-rtx-4090'
    """
    known, plain = set(chips), " ".join(name.lower().split())
    if plain in known:
        return plain
    if plain in _DRIVER_NAMES:
        return _DRIVER_NAMES[plain] if _DRIVER_NAMES[plain] in known else None
    words = [word for word in re.split(r"[^a-z0-9]+", plain) if word]
    if words[:1] == ["apple"]:
        chip_id = "-".join([*words, str(gpu_core_count)])
        return chip_id if gpu_core_count and chip_id in known else None
    if "laptop" in words:
        return None
    chip_id = "nvidia-" + "-".join(word for word in words if word not in _NOT_PART_OF_A_NAME)
    return chip_id if chip_id in known else None


def model_of_name(name: str, *, models: Iterable[str]) -> str | None:
    """The longest catalogue id contained in a file name or a repository id; None if there is none.

    >>> model_of_name("Meta-Llama-3.1-70B-Instruct-Q4_K_M.gguf", models=["llama-2-70b", "llama-3-70b"])
    'llama-3-70b'
    """
    plain = re.sub(r"[^a-z0-9.]+", "-", name.lower().rsplit("/", 1)[-1])
    plain = _LLAMA_3.sub(r"llama-3-\1", plain)
    text = f"-{plain}-"
    found = [model for model in models if f"-{model}-" in text or f"-{model}." in text]
    return max(found, key=len) if found else None


def format_of_name(name: str) -> str | None:
    """The weight format in a GGUF file name, llama.cpp type or MLX repository id; None if none is named.

    >>> format_of_name("llama 7B Q4_K - Medium"), format_of_name("mlx-community/Qwen3-4B-8bit")
    ('q4_k_m', 'mlx-8bit')
    """
    plain = name.strip().removesuffix(".gguf")
    gguf = list(_GGUF.finditer(plain))
    if gguf:
        words = gguf[-1].group(1).lower()
        for long, short in _SIZES.items():
            words = words.replace(long, short)
        return words
    for pattern, form in _CLASS_WORDS:
        found = re.search(pattern, plain.lower())
        if found:
            return form.format(*found.groups())
    return None
