"""Assumptions about a row that names no format of ours, or a program around an engine that we know.

Used where a table is predicted (`accuracy`), never by the fit: a row with an assumed condition teaches nothing. Each
rule is one that its makers state, or the arithmetic of the row's own columns; where none applies there is no guess.
"""

import re

from calculator.calibration.rows import PublishedRow
from calculator.catalog import Catalog
from calculator.catalog.model_names import model_id_of
from calculator.catalog.models import LanguageModel, Runtime, WeightFormat
from calculator.errors import UnknownIdError
from calculator.physics.memory.weights import weights_bytes
from calculator.units import BYTES_PER_GB

ENGINE_OF_WRAPPER = {
    "lm-studio": "llama.cpp",
    "lmstudio": "llama.cpp",
    "llamafile": "llama.cpp",
    "koboldcpp": "llama.cpp",
    "ik_llama.cpp": "llama.cpp",
    "ik-llama.cpp": "llama.cpp",
    "llama-cpp-python": "llama.cpp",
    "jan": "llama.cpp",
    "gpt4all": "llama.cpp",
    "localai": "llama.cpp",
    "tabbyapi": "exllamav2",
    "mlx": "mlx-lm",
    "mlx-vlm": "mlx-lm",
    "mlx-server": "mlx-lm",
    "rapid-mlx": "mlx-lm",
    "vllm-mlx": "mlx-lm",
    "mlx-serve": "mlx-lm",
}
"""Programs that run another's engine, by their own documentation; predicted as that engine."""

FOUR_BITS_UNSTATED = ("llama.cpp", "ollama")
"""Both fetch Q4_K_M where no quantisation is named (`llama-cli -hf`, `ollama pull`)."""

RELEASED_AS = {"gpt-oss": "mxfp4"}
LARGEST_DISAGREEMENT = 1.25  # between a stated file or width and the nearest format of ours


def model_of(row: PublishedRow, catalog: Catalog) -> str | None:
    """The id of the model that the row's id or its raw words name as people do ("llama3.1:8b"), or None."""
    for name in (row.model_id, row.model_words):
        found = model_id_of(name, models=catalog.models, names=catalog.model_names) if name else None
        if found is not None:
            return found
    return None


def runtime_of(row: PublishedRow, catalog: Catalog) -> Runtime | None:
    """The runtime that the row names, or the engine inside the program that it names."""
    name = row.runtime_id.lower()
    return catalog.runtimes.get(ENGINE_OF_WRAPPER.get(name, name))


def format_of(row: PublishedRow, *, model: LanguageModel, runtime: Runtime, catalog: Catalog) -> WeightFormat | None:
    """The format that a row most likely means, or None.

    In this order: the id without what follows it ("mlx-4bit-dwq"), the format in which the model was released, the
    one of the runtime's kind whose file has the stated size, the runtime's own of the stated width, the runtime's
    default.
    """
    words = row.format_id.lower().strip()
    found = _longest_known(words, catalog)
    if found is not None:
        return found
    for start, name in RELEASED_AS.items():
        if model.id.startswith(start):
            return catalog.format(name)
    kinds = {catalog.format(name).scheme for name in runtime.formats.values()} - {"plain"}
    if row.file_size_gb:
        sizes = {
            entry.id: float(weights_bytes(model, format=entry)) / BYTES_PER_GB
            for entry in catalog.formats.values()
            if entry.scheme in kinds | {"plain"}
        }
        return _nearest(sizes, row.file_size_gb, catalog)
    bits = _bits_of(words) or row.weights_bits
    if bits:
        own = [catalog.format(name) for name in runtime.formats.values()]
        return _nearest({entry.id: entry.bits_per_weight.central for entry in own}, bits, catalog)
    return catalog.format(runtime.formats["4-bit"]) if not words and runtime.id in FOUR_BITS_UNSTATED else None


def _longest_known(words: str, catalog: Catalog) -> WeightFormat | None:
    """The catalogue's format with which the id begins, cut at its hyphens and underscores from the end."""
    while words:
        try:
            return catalog.format(words)
        except UnknownIdError:
            cut = max(words.rfind("-"), words.rfind("_"))
            words = words[:cut] if cut > 0 else ""
    return None


def _bits_of(words: str) -> float | None:
    """Bits per weight by the id's own number: "exl2-4.65bpw", "gptq-int8", "w8a8", "fp16"."""
    found = re.search(r"(\d+(?:\.\d+)?)-?(?:bpw|bits?)", words) or re.search(r"(?:int|fp|bf|q|w)(\d+)", words)
    bits = float(found[1]) if found else 0.0
    return bits if 1.0 <= bits <= 32.0 else None


def _nearest(figures: dict[str, float], wanted: float, catalog: Catalog) -> WeightFormat | None:
    """The format whose figure is nearest to the wanted one in proportion; None where even that is far off."""
    if not figures or wanted <= 0:
        return None
    name = min(figures, key=lambda one: (max(figures[one] / wanted, wanted / figures[one]), one))
    ratio = figures[name] / wanted
    return catalog.format(name) if 1 / LARGEST_DISAGREEMENT < ratio < LARGEST_DISAGREEMENT else None
