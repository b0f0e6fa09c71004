"""Names of models as people write them: `llama3.1:8b`, `meta-llama/Llama-3.3-70B-Instruct`, `gpt-oss:20b`.

A name is stripped of what does not change the shapes (the publisher, the file, the packing, "instruct") and looked up
in model_names.toml, which says what has the shapes of what. What is not there is not guessed.
"""

import re
from collections.abc import Mapping

_UNCHANGED_SHAPES = (
    r"instruct|chat|it|base|hf|gguf|mlx|latest|thinking|reasoning|preview|qat|ud|text|"
    r"\d{4}|v\d{2}\.\d{2}|"  # dates of a release: 2507, 0528
    r"i?q\d(?:-\w{1,3}){0,2}|\d(?:\.\d+)?-?(?:bit|bpw)|dwq|"
    r"bf16|f16|fp16|fp8|fp4|int[48]|w\da\d+|awq|gptq|nvfp4|mxfp[48]|exl[23]|a\d+b(?=-.*a\d+b)"
)


def plain_name(name: str) -> str:
    """The name without publisher, file, packing and the words that leave the shapes as they are, in small letters.

    >>> plain_name("meta-llama/Llama-3.3-70B-Instruct")
    'llama-3.3-70b'
    >>> plain_name("qwen2.5:7b-instruct-q4_K_M")
    'qwen2.5-7b'
    """
    words = name.strip().lower().rsplit("/", 1)[-1].removesuffix(".gguf")
    words = re.sub(r"[\s:_]+", "-", words)
    words = re.sub(r"^meta-", "", words)
    words = re.sub(r"^(llama|gemma|phi|codellama)-?(?=\d)", r"\1-", words)
    while True:
        shorter = re.sub(rf"-(?:{_UNCHANGED_SHAPES})$", "", words)
        shorter = re.sub(r"-(?:instruct|it|chat|thinking|ud)(?=-)", "", shorter)
        if shorter == words:
            return words
        words = shorter


def model_id_of(name: str, *, models: Mapping[str, object], names: Mapping[str, str]) -> str | None:
    """The id of the catalogue's model that this name means; None where no entry has its shapes for certain."""
    for candidate in (name, plain_name(name)):
        if candidate in models:
            return candidate
        if candidate in names:
            return names[candidate]
    return None
