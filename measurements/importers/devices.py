"""Devices of a result: how many, of which kind, and whether another host took part.

Read in this order: the row's own column, the flags of the command, the log around it. What the text leaves open where
it shows that there were several is asked for; several devices are never taken as one chip.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from measurements.importers.command_line import ALIASES
from measurements.importers.facts import Facts, text
from measurements.importers.surroundings import Surroundings, is_remote

_PROCESSOR_BACKENDS = {"cpu", "blas", "cpu,blas", "blas,cpu", "accelerate", "openblas", "zdnn", "cpu,rpc"}
_SOFTWARE = ("llvmpipe", "swiftshader", "lavapipe")
_COMMAS = re.compile(r",(?![^()]*\))")  # not those in "llvmpipe (LLVM 17.0.6, 256 bits)"
_ANY_DEVICE = ("auto", "cuda", "gpu", "mps", "metal", "vulkan")
_SPLITS_OVER_SEVERAL = ("row", "tensor", "graph", "attn")


@dataclass(frozen=True, slots=True)
class Devices:
    """The devices of one result. `count` 0: the text shows several and does not say how many. `problem`: why it cannot
    be one kind of chip, in a sentence."""

    count: int
    names: tuple[str, ...] = ()
    remote: bool = False
    processor: bool = False
    problem: str = ""


def devices_of(fields: Mapping[str, Any], *, around: Surroundings, facts: Facts) -> Devices:
    """The devices of a result from its own fields (those of llama-bench's JSON; none are needed) and its text."""
    backends = text(fields.get("backends")).lower().replace(" ", "")
    listed = [name.strip() for name in _COMMAS.split(text(fields.get("gpu_info"))) if name.strip()]
    names = listed or around.device_names()
    chosen = _chosen(fields, around)
    if backends in _PROCESSOR_BACKENDS or _names_processor(chosen) or _all_software(names):
        return Devices(1, processor=True)
    remote = any(is_remote(name) for name in (*chosen, *listed)) or (not chosen and around.remote())
    used = _names_used(chosen, names, fields=fields, around=around)
    kinds = sorted(set(used))
    if len(kinds) > 1 and not remote:
        sentence = f"The test ran on several kinds of chip ({', '.join(kinds)}); only equal chips can be imported."
        return Devices(len(used), tuple(used), problem=sentence)
    if chosen and facts.chip_count >= len(chosen):  # the row's own count is the better one
        return Devices(len(chosen), tuple(used), remote)
    stated = len(chosen) or len(used) or (1 if _split(fields, around) == "none" else _count_around(around))
    return _counted(stated, names=used, remote=remote, facts=facts, open_end=_is_open(fields, around, backends, listed))


def _counted(stated: int, *, names: list[str], remote: bool, facts: Facts, open_end: bool) -> Devices:
    """The count: the user's, else the text's, else one where nothing speaks of several, else 0."""
    if facts.chip_count:
        if stated > facts.chip_count:
            sentence = (
                f"The text shows {stated} devices, but {facts.chip_count} was stated. Correct the number of chips."
            )
            return Devices(facts.chip_count, tuple(names), remote, problem=sentence)
        return Devices(facts.chip_count, tuple(names), remote)
    if remote or (stated <= 1 and open_end):
        return Devices(0, tuple(names), remote)
    return Devices(max(1, stated), tuple(names), remote)


def _is_open(fields: Mapping[str, Any], around: Surroundings, backends: str, listed: list[str]) -> bool:
    """Whether several devices may have worked although none are counted: a split over rows, RPC built in and no
    command to see that it was not used, a heading that says two."""
    if _split(fields, around) == "none":
        return False
    rpc_built_in = "rpc" in backends.split(",") and not around.command.tool and not listed
    return (
        rpc_built_in
        or around.command.launched
        or _split(fields, around) in _SPLITS_OVER_SEVERAL
        or around.several_stated > 1
    )


def _count_around(around: Surroundings) -> int:
    parallel = 1
    for fact in ("tensor_parallel", "pipeline_parallel", "data_parallel"):
        parallel *= max(1, around.command.whole(fact) or 1)
    return parallel if parallel > 1 else around.stated_count()


def _chosen(fields: Mapping[str, Any], around: Surroundings) -> list[str]:
    """The devices that the row or the command names: ["CUDA0", "CUDA1"]; empty for "auto"."""
    stated = text(fields.get("devices")) or _flag(around, "devices")
    chosen = [name.strip() for name in re.split(r"[/,;]", stated) if name.strip()]
    if chosen and chosen[0].lower() not in _ANY_DEVICE:
        return chosen[:1] if _split(fields, around) == "none" else chosen
    shares = text(fields.get("tensor_split")) or _flag(around, "tensor_split")
    parts = [part for part in re.split(r"[/,;]", shares) if part.strip()]
    if len(parts) > 1 and re.fullmatch(r"[\d./,; ]{1,300}", shares) and _split(fields, around) != "none":
        return [f"device {number}" for number, part in enumerate(parts) if part.strip(" 0.")]
    return []


def _flag(around: Surroundings, fact: str) -> str:
    """The value of a flag; "" for a sweep of llama-bench, whose values stand in a column."""
    value = next((around.command.flags[name] for name in ALIASES[fact] if name in around.command.flags), "")
    return "" if "," in value and around.command.tool == "llama-bench" else value


def _names_processor(chosen: list[str]) -> bool:
    return bool(chosen) and all(name.lower() in ("none", "cpu", "blas") for name in chosen)


def _names_used(chosen: list[str], names: list[str], *, fields: Mapping[str, Any], around: Surroundings) -> list[str]:
    """The kinds of the devices that were used, as far as they are known."""
    if chosen:
        numbers = [int(found[0]) for name in chosen if (found := re.search(r"\d{1,3}$", name))]
        if len(numbers) == len(chosen) and all(number < len(names) for number in numbers):
            return [names[number] for number in numbers]
        return names[:1] * len(chosen) if len(set(names)) == 1 else []
    if _split(fields, around) == "none" and names:
        main = text(fields.get("main_gpu")) or around.command.value("main_gpu") or "0"
        return [names[int(main)]] if main.isdecimal() and int(main) < len(names) else names[:1]
    return names


def _split(fields: Mapping[str, Any], around: Surroundings) -> str:
    return (text(fields.get("split_mode")) or around.command.value("split") or "").lower()


def _all_software(names: list[str]) -> bool:
    return bool(names) and all(any(word in name.lower() for word in _SOFTWARE) for name in names)
