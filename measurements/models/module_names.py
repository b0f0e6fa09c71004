"""Names of modules as checkpoints write them, and the patterns with which a quantization_config picks them.

mlx-lm renames what it loads ("switch_mlp" for the experts, "embed_q" for half of kv_b_proj) and each publisher puts
another prefix before the layers. `names_of` gives every spelling that a pattern may mean. Patterns: a name, a name's
end or part, a glob ("model.layers.3*"), or "re:" and a regular expression. A stranger may have written the file, so
expressions that can run for ever (a repeated group) are refused.
"""

import functools
import re
from collections.abc import Iterable, Sequence

from calculator.errors import CatalogError

_PREFIXES = (
    "",
    "model.",
    "language_model.",
    "language_model.model.",
    "model.language_model.",
    "backbone.",
    "transformer.",
)
_OWN_PREFIX = re.compile(r"^(language_model\.|model\.|backbone\.|transformer\.)*")
_EXPERTS = re.compile(r"\b(switch_mlp|switch_glu)\.")
_W_NAMES = {"gate_proj": "w1", "down_proj": "w2", "up_proj": "w3"}
_MOST_QUANTIFIERS, _LONGEST = 8, 400
_REPEATED_GROUP = re.compile(r"\)[*+{]")


@functools.lru_cache(maxsize=20_000)
def names_of(path: str) -> tuple[str, ...]:
    """All spellings of the module at this path of mlx-lm's model, without ".weight"."""
    core = _OWN_PREFIX.sub("", path.removesuffix(".weight"))
    cores = {core}
    if _EXPERTS.search(core):  # no checkpoint writes mlx-lm's name, and "mlp.gate_proj" would be found in it
        cores = {_EXPERTS.sub("experts.0.", core), _EXPERTS.sub("experts.", core)}
    cores |= {name.replace("mlp.", "block_sparse_moe.") for name in cores if "mlp." in name}
    cores |= {name.replace("block_sparse_moe.", "mlp.") for name in cores}
    cores |= {name.replace("mlp.", "ffn.").replace("self_attn.", "attn.") for name in cores}
    for long, short in _W_NAMES.items():
        cores |= {f"{name.removesuffix(long)}{short}" for name in cores if "expert" in name and name.endswith(long)}
    for half in ("embed_q", "unembed_out"):
        cores |= {f"{name.removesuffix(half)}kv_b_proj" for name in cores if name.endswith(half)}
    cores |= {"head"} if core == "lm_head" else set()
    return tuple(f"{prefix}{name}" for name in sorted(cores) for prefix in _PREFIXES)


class Patterns:
    """Patterns of a list such as `ignore`; `matches` says whether one means a module."""

    def __init__(self, patterns: Iterable[str]) -> None:
        given = list(dict.fromkeys(patterns))
        self._plain = {one for one in given if not one.startswith("re:") and "*" not in one}
        globs = [_glob(one) for one in given if "*" in one and not one.startswith("re:")]
        self._expressions = [_expression(one[3:]) for one in given if one.startswith("re:")]
        self._expressions += [re.compile("|".join(globs))] if globs else []

    def matches(self, path: str) -> bool:
        """Whether one of the patterns means the module at this path: itself, a part of its name, or what holds it."""
        return any(self._matches_name(name) for name in names_of(path))

    def _matches_name(self, name: str) -> bool:
        parts = name.split(".")
        for first in range(len(parts)):
            for last in range(first + 1, len(parts) + 1):
                if ".".join(parts[first:last]) in self._plain:
                    return True
        return any(one.match(name) for one in self._expressions)


def _glob(pattern: str) -> str:
    """A glob as an expression that may end within a name: "model.layers.*.self_attn" means all below it, too."""
    return (
        "(?:" + re.sub(r"(\\\*)+", ".*", re.escape(pattern)) + r"(?:\.|$))"
        if pattern[-1] != "*"
        else ("(?:" + re.sub(r"(\\\*)+", ".*", re.escape(pattern.rstrip("*"))) + ")")
    )


def _expression(text: str) -> re.Pattern[str]:
    merged = re.sub(r"(\.\*\??)+", ".*", text)
    if (
        len(merged) > _LONGEST
        or sum(merged.count(one) for one in "*+{") > _MOST_QUANTIFIERS
        or _REPEATED_GROUP.search(merged)
    ):
        raise CatalogError(
            f"quantization_config has the pattern {text[:80]!r}, which may take too long to try. Write it simpler."
        )
    try:
        return re.compile(merged)
    except re.error as error:
        raise CatalogError(
            f"quantization_config has the pattern {text[:80]!r}, which is no regular expression ({error}). Correct it."
        ) from None


def as_patterns(value: object) -> Sequence[str]:
    """The strings of a list, or of lists in a list; nothing for null or for anything else."""
    if not isinstance(value, list):
        return ()
    found: list[str] = []
    for one in value:  # pyright: ignore[reportUnknownVariableType]
        found += [one] if isinstance(one, str) else as_patterns(one)  # pyright: ignore[reportUnknownArgumentType]
    return found
