"""Bytes that small models hold once they are really computed; a process of its own, because it imports mlx.

stdin: {"configs": {name: config}, "formats": [format | null ...], "prompt_tokens": n}
stdout: {name: {"evaluated": [bytes of all parameters after evaluation],
                "lazy": [growth of mlx's active memory by building alone],
                "held": [growth of mlx's active memory when those parameters are read from a file],
                "cache": bytes of the cache after a prompt and one more token}}

mlx's buffer cache is off: with it, a freed buffer may serve a smaller array and counts whole. What is left beside the
parameters are arrays that modules keep for themselves (tables of rotations). Read from a file, as mlx-lm does, every
parameter has a buffer of its own; the random first values of mamba and jamba share buffers.
"""

import gc
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from measurements.models.mlx_lm_stubs import stub_metal_kernels, stub_unused_modules

stub_unused_modules()  # as in the plan's worker: nothing here needs a tokenizer

from measurements.models.mlx_lm_process import Json, build, bytes_of, mlx_cache, mlx_tree, mx, text_only  # noqa: E402

stub_metal_kernels(mx)

_GATHER = mx.gather_mm


def gather_in_float32(left: Any, right: Any, *rest: Any, **named: Any) -> Any:
    """The product of experts: mlx's CPU has it in float32 alone. Input and result keep their type."""
    return _GATHER(left.astype(mx.float32), right.astype(mx.float32), *rest, **named).astype(left.dtype)


def computed(config: Json, format: Json | None, *, file: Path) -> tuple[Any, dict[str, int]]:
    """The model read back from a file, and the bytes of its making."""
    gc.collect()
    before = mx.get_active_memory()
    first = build(config, format)
    lazy = mx.get_active_memory() - before
    mx.eval(first.parameters())
    evaluated = bytes_of(first)
    mx.save_safetensors(str(file), dict(mlx_tree.tree_flatten(first.parameters())))
    del first
    gc.collect()
    before = mx.get_active_memory()
    model = build(config, format)
    model.load_weights(str(file), strict=True)
    mx.eval(model.parameters())
    gc.collect()
    return model, {"evaluated": evaluated, "lazy": lazy, "held": mx.get_active_memory() - before}


ONE_BY_ONE = {"olmo"}  # mlx-lm 0.32.2 cannot read more than one token at a time: it adds its mask's name to the scores


def cache_after(model: Any, *, prompt_tokens: int, one_by_one: bool) -> int:
    """Bytes of the real cache after a prompt in one step and one token more, all computed."""
    cache = mlx_cache.make_prompt_cache(model)
    prompt = list(range(1, prompt_tokens + 1))
    for tokens in (*([token] for token in prompt), [5]) if one_by_one else (prompt, [5]):
        mx.eval(model(mx.array([tokens]), cache=cache), [part.state for part in cache if not part.empty()])
    return sum(part.nbytes for part in cache)


def main() -> int:
    """Answer the request on stdin."""
    request = json.load(sys.stdin)
    mx.set_cache_limit(0)
    mx.gather_mm = gather_in_float32
    gc.freeze()  # what was imported need not be looked through again and again
    found: dict[str, Json] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, config in request["configs"].items():
            one: Json = {"evaluated": [], "lazy": [], "held": []}
            for format in request["formats"]:
                model, seen = computed(text_only(config), format, file=Path(folder) / "model.safetensors")
                for key, value in seen.items():
                    one[key].append(value)
                if format is None:
                    one["cache"] = cache_after(
                        model, prompt_tokens=request["prompt_tokens"], one_by_one=name in ONE_BY_ONE
                    )
                del model
            found[name] = one
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
