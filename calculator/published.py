"""What does one row of a measurement table really say? Words of its source, turned into conditions that can be predicted.

A table has the columns of measurements/published.csv. Much of what decides a speed stands only in `notes` or in the
raw names: how the cards shared the work, whether the rate counts the whole request, how many tokens were generated,
the power limit. And some normalised ids contradict the raw words beside them (a 4-bit model of the "Llama-3.2" series
filed under mlx-3bit): the words win, and the row carries a remark. Nothing is judged here; measurements/gate.py judges.
"""

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from calculator.catalog.types import Split
from calculator.errors import CalculatorError

RateKind = Literal["decode", "request"]
"""decode: tokens after the first, per second. request: answer tokens over the whole request, prompt processing included."""

PrefillKind = Literal["throughput", "mean wait"]
"""throughput: prompt tokens processed per second. mean wait: one prompt's tokens over the mean time to first token of a batch."""

REQUIRED_COLUMNS = ("id", "device_id", "device_count", "model_id", "runtime_id", "format_id", "batch", "decode_tok_s", "source")

ANSWER_TOKENS_UNSTATED = 256  # the sweep behind most rows of kind `request` generated 256; it says so on its batched rows
DEPTH_TOKENS_UNSTATED = 256  # a "short prompt" and half of a short answer
LLAMA_CPP_BUILDS = ((2796, 2024.36), (5863, 2025.53), (7315, 2025.94), (7948, 2026.10), (10428, 2026.62), (10549, 2026.64))
"""Build number and decimal year of llama.cpp releases, from rows of the table that state both."""


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """One published measurement and the conditions it was taken under. Unknown is None, never zero.

    `depth_tokens` are in the cache when decoding starts (None: not stated), `context_tokens` is the mean depth while
    decoding, `prefill_depth_tokens` what was in the cache before the prompt came. `step_tokens` is the prompt's chunk where stated. `instance_count` copies of the model
    each ran on `device_count / instance_count` chips. `remarks` lists where the raw words overruled a normalised id.
    """

    id: str
    device_id: str
    device_count: int
    model_id: str
    runtime_id: str
    format_id: str
    file_size_gb: float | None
    prompt_tokens: int | None
    answer_tokens: int
    depth_tokens: int | None
    context_tokens: float
    prefill_depth_tokens: int
    batch_count: int
    instance_count: int
    split: Split
    rate_kind: RateKind
    prefill_kind: PrefillKind
    prefill_tokens_per_s: float | None
    decode_tokens_per_s: float | None
    peak_memory_gb: float | None
    power_w: float | None
    power_scope: str
    power_limit_w: float | None
    year: float | None
    backend: str
    step_tokens: int | None
    plausible: bool
    speculative: bool
    source: str
    publisher: str
    notes: str
    remarks: tuple[str, ...]


def read_table(path: Path) -> list[PublishedRow]:
    """Every row of a CSV file; raises CalculatorError where the file is missing or lacks a column."""
    if not path.is_file():
        raise CalculatorError(f"{path} does not exist; give the path of a CSV with the columns of measurements/published.csv.")
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        missing = [name for name in REQUIRED_COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise CalculatorError(f"{path.name} lacks the column {', '.join(missing)}; it needs those of measurements/published.csv.")
        return rows_of(reader)


def rows_of(records: Iterable[Mapping[str, str]]) -> list[PublishedRow]:
    """Rows from dictionaries of text, as csv.DictReader gives them."""
    return [_row(record) for record in records]


def publisher_of(source: str) -> str:
    """Who published: the owner of a repository, else the site. Rows of one publisher share machine, method and habits.

    >>> publisher_of("github.com/antirez/ds4 speed-bench/m4_max.csv @8d57")
    'github.com/antirez'
    """
    words = source.strip().split()
    if not words:
        return ""
    parts = words[0].removeprefix("https://").split("/")
    return "/".join(parts[:2]) if parts[0] in ("github.com", "huggingface.co") else parts[0].lower()


def _row(record: Mapping[str, str]) -> PublishedRow:
    notes, source = record.get("notes") or "", record.get("source") or ""
    runtime_id, raw_format = record["runtime_id"] or "", record["format_id"] or ""
    prompt_tokens, depth = _whole(record, "prompt_tokens"), _whole(record, "context_depth")
    prefill, decode = _number(record, "prefill_tok_s"), _number(record, "decode_tok_s")
    batch_count = _whole(record, "batch") or 1
    device_count = _whole(record, "device_count") or 1
    remarks: list[str] = []
    format_id, why = _format_of_words(record, raw_format, runtime_id)
    if why:
        remarks.append(why)
    speculative = _true(record, "speculative")
    if speculative and re.search(r"without speculation|w/o speculation|no speculation", notes, re.I):
        speculative = False
        remarks.append("marked speculative, but the notes say that this rate is the baseline without speculation")
    elif not speculative and re.search(r"\bmtp\b", (record.get("model") or "").lower()) and runtime_id == "ollama":
        speculative = True
        remarks.append("the model's name says MTP: the rate may be speculative")
    answer_tokens, counts_from_empty = _answer_tokens(notes, source, prompt_tokens)
    depth_known = depth if depth is not None else None
    start = depth_known if depth_known is not None else (prompt_tokens or DEPTH_TOKENS_UNSTATED)
    if counts_from_empty:
        start = 0
    return PublishedRow(
        id=record["id"], device_id=record["device_id"] or "", device_count=device_count, model_id=record["model_id"] or "",
        runtime_id=runtime_id, format_id=format_id, file_size_gb=_number(record, "file_size_gb"), prompt_tokens=prompt_tokens,
        answer_tokens=answer_tokens, depth_tokens=depth_known, context_tokens=start + answer_tokens / 2,
        prefill_depth_tokens=_prefill_depth(notes, source, prompt_tokens, depth_known), batch_count=batch_count,
        instance_count=int(_found(r"instances=(\d+)", notes) or 1), split=_split(notes, runtime_id),
        rate_kind=_rate_kind(notes, source, prefill=prefill, batch_count=batch_count),
        prefill_kind="mean wait" if "kind=aggregate_output" in notes and batch_count > 1 else "throughput",
        prefill_tokens_per_s=prefill, decode_tokens_per_s=decode, peak_memory_gb=_number(record, "peak_memory_gb"),
        power_w=_number(record, "power_w"), power_scope=_power_scope(notes) if record.get("power_w") else "",
        power_limit_w=_found(r"power (?:limit|cap) (\d+)", notes), year=_year(record), backend=_backend(record.get("runtime") or "", notes),
        step_tokens=_whole_found(r"\bub=(\d+)", notes), plausible=_true(record, "plausible", default=True),
        speculative=speculative, source=source, publisher=publisher_of(source), notes=notes, remarks=tuple(remarks),
    )  # fmt: skip


def _format_of_words(record: Mapping[str, str], raw_format: str, runtime_id: str) -> tuple[str, str]:
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
        return "mlx-4bit", f"{raw_format} was read from the model's name; Ollama's mlx tags hold 4 bits where none are named"
    stated = "bf16" if bits[1] == "16" else f"mlx-{bits[1]}bit"
    if raw_format.startswith(stated):
        return raw_format, ""
    return stated, f"{raw_format}, but the source's own words say {bits[0].strip()}"


def _answer_tokens(notes: str, source: str, prompt_tokens: int | None) -> tuple[int, bool]:
    """Tokens generated while the rate was taken, and whether they started from an empty cache whatever the prompt."""
    if "tgN starts from empty KV" in notes:
        return prompt_tokens or ANSWER_TOKENS_UNSTATED, True
    for pattern in (r"(\d+) tokens generated", r"\btg(\d+)", r"TG=(\d+)", r"n_gen=(\d+)", r"decode (\d+) tokens", r"-g (\d+)"):
        count = _found(pattern, notes)
        if count:
            return int(count), False
    return int(_found(r"/tg(\d+)", source) or ANSWER_TOKENS_UNSTATED), False


def _prefill_depth(notes: str, source: str, prompt_tokens: int | None, depth: int | None) -> int:
    """Tokens in the cache before the prompt: benches state the depth either as that or as the prompt itself."""
    if not depth or prompt_tokens is None:
        return 0
    if re.search(r"@ d\d|at this depth", notes) or re.search(r"_d\d+ @", source):
        same = abs(depth - prompt_tokens) <= max(0.02 * depth, 64)
        return 0 if same and "kind=" in notes and "llamacpp" not in source else depth
    return 0


def _split(notes: str, runtime_id: str) -> Split:
    lower = notes.lower()
    if "no tensor parallel" in lower or "layer split" in lower or re.search(r"split: layer|pp=[2-9]|-sm layer", lower):
        return "layer"
    if re.search(r"\btp=[2-9]|\(tp\b|tensor parallel|split: (row|tensor)|-sm (row|tensor)|\"graph\"", lower):
        return "tensor"
    return "tensor" if runtime_id in ("vllm", "sglang", "mlc-llm", "mlx-lm") else "layer"


def _rate_kind(notes: str, source: str, *, prefill: float | None, batch_count: int) -> RateKind:
    """A row that states its prefill apart from its "wall rate" cannot have counted it twice: at 261,888 tokens it would be 0.7 tok/s."""
    if "kind=aggregate_output" in notes:
        return "request"
    if "kind=single_stream_wall" in notes and prefill is None and batch_count == 1 and not re.search(r"/?_?tg\d+ @", source):
        return "request"
    return "decode"


def _backend(runtime_words: str, notes: str) -> str:
    """Which compute library, server or unusual split: "llama.cpp rocwmma hipblaslt" is another program than "llama.cpp vulkan"."""
    if "split: row" in notes:
        return "row split"
    lower = runtime_words.lower()
    for word in ("rocwmma hipblaslt", "hip hipblaslt", "rocwmma", "hip", "vulkan_amdvlk", "vulkan_radv", "vulkan", "ik_llama", "vllm-mlx", "rapid-mlx", "mlx-serve", "lm studio", "turboquant", "fork", "docker"):
        if word in lower:
            return word
    return ""


def _power_scope(notes: str) -> str:
    """What the meter saw; "" where the notes do not say. Scopes must never be mixed."""
    lower = notes.lower()
    if "package" in lower:
        return "package"
    if re.search(r"sum of gpu boards|/card gpu-only|gpu draw|power cap|gpu watts|gpu only", lower):
        return "board"
    return "wall" if re.search(r"at the wall|power = wall|wall power|at wall|whole system|whole pc", lower) else ""


def _year(record: Mapping[str, str]) -> float | None:
    """Decimal year of the software: by llama.cpp build number where stated, else the source's date."""
    build = _found(r"\bb(\d{4,5})\b", record.get("runtime_version") or "")
    if build:
        builds = LLAMA_CPP_BUILDS
        for (low, start), (high, end) in zip(builds, builds[1:], strict=False):
            if build <= high:
                return start + (end - start) * (build - low) / (high - low)
        return builds[-1][1]
    date = re.match(r"(20\d\d)(?:-(\d\d))?", record.get("source_date") or "")
    return float(date[1]) + (float(date[2]) - 0.5) / 12 if date and date[2] else (float(date[1]) + 0.5 if date else None)


def _found(pattern: str, text: str) -> float | None:
    match = re.search(pattern, text)
    return float(match[1]) if match else None


def _whole_found(pattern: str, text: str) -> int | None:
    found = _found(pattern, text)
    return None if found is None else int(found)


def _number(record: Mapping[str, str], name: str) -> float | None:
    text = (record.get(name) or "").strip()
    if not text or text.lower() == "nan":
        return None
    try:
        return float(text)
    except ValueError:
        raise CalculatorError(f"{name} of row {record.get('id')} is {text!r}; it must be a number or empty.") from None


def _whole(record: Mapping[str, str], name: str) -> int | None:
    number = _number(record, name)
    return None if number is None else round(number)


def _true(record: Mapping[str, str], name: str, *, default: bool = False) -> bool:
    text = (record.get(name) or "").strip().lower()
    return default if not text else text in ("true", "1", "1.0", "yes")
