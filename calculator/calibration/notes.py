"""Notes beside a measurement: words, raw names and sources, read by fixed rules.

rows.py calls each rule for its field of a row; a rule finds nothing rather than guess.
"""

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Literal

from calculator.catalog.models import Split
from calculator.physics.speed.classes import LinkKind

RateKind = Literal["decode", "request"]
"""decode: tokens after the first, per second.

request: answer tokens over the whole request, prompt processing included.
"""

ANSWER_TOKENS_UNSTATED = 256  # what the sweep behind most rows of kind `request` says on its batched rows
PART_OF_YEAR = {"early": 1 / 6, "mid": 1 / 2, "late": 5 / 6}
LLAMA_CPP_BUILDS = (
    (2796, 2024.36),
    (5863, 2025.53),
    (7315, 2025.94),
    (7948, 2026.10),
    (10428, 2026.62),
    (10549, 2026.64),
)
"""Build number and decimal year of llama.cpp releases, from rows of the table that state both."""


def format_of_words(record: Mapping[str, str], raw_format: str, runtime_id: str) -> tuple[str, str]:
    """The weight format by the source's own words, and why where that differs from the normalised id."""
    model_words, quant_words = record.get("model") or "", record.get("quant") or ""
    words = f"{quant_words} {model_words}"
    if (record["model_id"] or "").startswith("gpt-oss") and raw_format and raw_format != "mxfp4":
        return "mxfp4", f"{raw_format}, but gpt-oss was released in MXFP4 and no file of it is larger"
    if not raw_format.startswith("mlx-"):
        return raw_format, ""
    bits = re.search(r"(\d+)\s*-?\s*bit", words, re.I) or re.search(r"^\s*(?:q|int)(\d)", quant_words, re.I)
    if "mixed" in quant_words.lower():
        return raw_format, ""
    if bits is None:
        if quant_words or runtime_id != "ollama":
            return raw_format, ""
        return (
            "mlx-4bit",
            f"{raw_format} was read from the model's name; Ollama's mlx tags hold 4 bits where none are named",
        )
    stated = "bf16" if bits[1] == "16" else f"mlx-{bits[1]}bit"
    if raw_format.startswith(stated):
        return raw_format, ""
    return stated, f"{raw_format}, but the source's own words say {bits[0].strip()}"


def answer_tokens_of(notes: str, source: str, prompt_tokens: int | None) -> tuple[int, bool]:
    """Tokens generated while the rate was taken, and whether they started from an empty cache whatever the prompt."""
    if "tgN starts from empty KV" in notes:
        return prompt_tokens or ANSWER_TOKENS_UNSTATED, True
    for pattern in (
        r"(\d+) tokens generated",
        r"\btg(\d+)",
        r"TG=(\d+)",
        r"n_gen=(\d+)",
        r"decode (\d+) tokens",
        r"-g (\d+)",
    ):
        count = number_after(pattern, notes)
        if count:
            return int(count), False
    return int(number_after(r"/tg(\d+)", source) or ANSWER_TOKENS_UNSTATED), False


def prefill_depth_tokens(notes: str, source: str, prompt_tokens: int | None, depth: int | None) -> int:
    """Tokens in the cache before the prompt: benches state the depth either as that or as the prompt itself."""
    if not depth or prompt_tokens is None:
        return 0
    if re.search(r"@ d\d|at this depth", notes) or re.search(r"_d\d+ @", source):
        same = abs(depth - prompt_tokens) <= max(0.02 * depth, 64)
        return 0 if same and "kind=" in notes and "llamacpp" not in source else depth
    return 0


def split_of(notes: str, runtime_id: str) -> Split:
    lower = notes.lower()
    if (
        "no tensor parallel" in lower
        or "layer split" in lower
        or re.search(r"split: layer|\bpp ?=? ?[2-9]\b|-sm layer|pipeline", lower)
    ):
        return "layer"
    if re.search(r"\btp=[2-9]|\(tp\b|tensor parallel|split: (row|tensor)|-sm (row|tensor)|\"graph\"", lower):
        return "tensor"
    return "tensor" if runtime_id in ("vllm", "sglang", "mlc-llm", "mlx-lm") else "layer"


def stream_count_of(notes: str) -> float | None:
    """Mean streams in flight where a source gives them with decimals; a table's batch is that figure, rounded."""
    for pattern in (
        r"= (\d+(?:\.\d+)?) mean decoding streams",
        r"mean decoding streams = .*? ms = (\d+(?:\.\d+)?)",
        r"mean requests in flight (\d+(?:\.\d+)?)",
    ):
        count = number_after(pattern, notes)
        if count:
            return max(1.0, count)
    return None


def cache_bits_of(notes: str) -> int:
    """Bits of one cached number: 16 unless the notes name a packed cache."""
    if re.search(r"\bfp8 kv|kv (?:cache )?fp8|q8_0 kv|q8 kv|kv (?:cache )?q8|-ctk q8_0|8-bit kv", notes, re.I):
        return 8
    return 4 if re.search(r"q4_0 kv|q4 kv|kv (?:cache )?q4|-ctk q4_0|4-bit kv", notes, re.I) else 16


def is_eager(notes: str) -> bool:
    """Whether vLLM ran without CUDA graphs: every kernel of a step is then launched by Python."""
    return bool(re.search(r"(?<!non-)\beager\b|enforce[-_]eager", notes, re.I))


def link_of(notes: str) -> LinkKind | None:
    """How the cards were joined, where the notes say it."""
    if re.search(r"no nvlink|\bpcie\b", notes, re.I):
        return "card link"
    return "fabric" if re.search(r"\bnvlink\b", notes, re.I) else None


def rate_kind_of(notes: str, source: str, *, prefill: float | None, batch_count: int) -> RateKind:
    """A row that states its prefill apart from its "wall rate" cannot have counted it twice: at 261,888 tokens it
    would be 0.7 tok/s.
    """
    if "kind=aggregate_output" in notes:
        return "request"
    if (
        "kind=single_stream_wall" in notes
        and prefill is None
        and batch_count == 1
        and not re.search(r"/?_?tg\d+ @", source)
    ):
        return "request"
    return "decode"


def backend_of(runtime_words: str, notes: str) -> str:
    """Which compute library, server or unusual split: "llama.cpp rocwmma hipblaslt" is another program than
    "llama.cpp vulkan".

    Mesa's Vulkan driver (radv) is what AMD's chips use unless told otherwise, and so no other program; ROCm 7 takes
    hipBLASLt by itself, which before had to be switched on.
    """
    if "split: row" in notes:
        return "row split"
    lower = runtime_words.lower()
    if "vulkan_radv" in lower:
        return ""
    if "hip" in lower and "rocm-7" in notes:
        return "hip hipblaslt"
    for word in (
        "rocwmma hipblaslt",
        "hip hipblaslt",
        "rocwmma",
        "hip",
        "vulkan_amdvlk",
        "vulkan",
        "ik_llama",
        "vllm-mlx",
        "rapid-mlx",
        "mlx-serve",
        "lm studio",
        "turboquant",
        "fork",
        "docker",
    ):
        if word in lower:
            return word
    return ""


def power_scope_of(notes: str) -> str:
    """What the meter saw; "" where the notes do not say. Scopes must never be mixed."""
    lower = notes.lower()
    if "package" in lower:
        return "package"
    if re.search(r"sum of gpu boards|/card gpu-only|gpu draw|power cap|gpu watts|gpu only", lower):
        return "board"
    return "wall" if re.search(r"at the wall|power = wall|wall power|at wall|whole system|whole pc", lower) else ""


def year_of(record: Mapping[str, str]) -> float | None:
    """Decimal year of the software: by llama.cpp build number where stated, else the source's date."""
    build = number_after(r"\bb(\d{4,5})\b", record.get("runtime_version") or "")
    if build:
        builds = LLAMA_CPP_BUILDS
        for (low, start), (high, end) in pairwise(builds):
            if build <= high:
                return start + (end - start) * (build - low) / (high - low)
        return builds[-1][1]
    date = re.match(r"(20\d\d)(?:-(\d\d))?", record.get("source_date") or "")
    if date:
        return float(date[1]) + (float(date[2]) - 0.5) / 12 if date[2] else float(date[1]) + 0.5
    words = re.search(r"\b(early|mid|late)-(20\d\d) kernels", record.get("notes") or "")
    return float(words[2]) + PART_OF_YEAR[words[1]] if words else None


def number_after(pattern: str, text: str) -> float | None:
    match = re.search(pattern, text)
    return float(match[1]) if match else None
