"""The mlx-lm process: tensors and caches that mlx-lm itself makes of a config.json.

MLX arrays are lazy: mlx-lm's own code builds, casts and quantises the model class, and nothing is computed, allocated
or downloaded. Run `python -m measurements.models.mlx_lm_process` with a JSON list of requests on stdin; it writes a
JSON list of answers to stdout. Besides the probe's worker, only this module and its stubs touch mlx.

request: {"config": {...}, "formats": [{"mode", "bits", "group_size"} | null ...], "contexts": [tokens ...],
          "prefill_step": n}
answer:  {"tensors", "caches", "weights_bytes": [...], "kv_cache_bytes": [...], "seconds"} or {"error": one sentence}
Source of the rules: the installed mlx-lm (checked with 0.32.2 on 2026-11-22).
"""

import contextlib
import gc
import importlib
import io
import json
import sys
import time
from typing import Any

from measurements.models.config_parts import inner_config, quantization_of, without_nulls
from measurements.models.mlx_lm_stubs import (
    stub_bits_per_weight,
    stub_metal_kernels,
    stub_unused_modules,
)

if __name__ == "__main__":  # not where the probe's worker imports this module: it needs the tokenizer
    stub_unused_modules()

# Imported as untyped modules: mlx-lm has no types, and the page's machine may have no mlx at all.
mx: Any = importlib.import_module("mlx.core")
if __name__ == "__main__":
    stub_metal_kernels(mx)
nn: Any = importlib.import_module("mlx.nn")
mlx_tree: Any = importlib.import_module("mlx.utils")
mlx_cache: Any = importlib.import_module("mlx_lm.models.cache")
mlx_lm: Any = importlib.import_module("mlx_lm.utils")

Json = dict[str, Any]
_CONFIG_ERRORS = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    IndexError,
    ZeroDivisionError,
    NotImplementedError,
    RuntimeError,
    AssertionError,
    ImportError,
    OverflowError,
    MemoryError,
    SystemExit,
)
"""What mlx-lm's constructors raise for an unusable config; one of its modules exits if a package is missing."""
_WITH_KEYS = (mlx_cache.KVCache, mlx_cache.RotatingKVCache, mlx_cache.ChunkedKVCache)
_TERNARY_PER_BYTE = 4
FINEST = {"mode": "nvfp4", "bits": 4, "group_size": 16}
"""The mode with the smallest groups: a tensor that it does not pack is packed by no format."""


def answer(request: Json) -> Json:
    """The answer to one request; every failure of mlx-lm with a strange config becomes a sentence."""
    config: Json = {}
    try:
        config = text_only(request["config"])
        config, wrapper = plannable(config)
        native = native_experts_of(request["config"])
        started = time.perf_counter()
        plain, packed = build(config, None), build(config, FINEST)
        tensors, plain_bytes = tensors_of(plain, packed), bytes_of(plain)
        caches = caches_of(plain)  # last: a forward pass may change parameters (gemma3n casts some to float32)
        found: Json = {
            "tensors": tensors,
            "caches": caches,
            "wrapper": wrapper,
            "weights_bytes": [
                bytes_of(build(config, each, native)) if each or native else plain_bytes
                for each in request.get("formats", [])
            ],
            "kv_cache_bytes": [
                sum(one["count"] * cache_bytes(one, tokens, request.get("prefill_step", 2048)) for one in caches)
                for tokens in request.get("contexts", [])
            ],
        }
        for one in caches:
            del one["make"]
        return {**found, "seconds": time.perf_counter() - started}
    except _CONFIG_ERRORS as error:
        return {"error": _sentence(config, error), "unknown": _is_unknown(error)}


def text_only(config: Json) -> Json:
    """The config of the language model alone: no vision tower, no original quantisation, top-level ties passed down."""
    config = without_nulls(json.loads(json.dumps(config)))
    text: Any = config.get("text_config")
    parts: list[Json] = [config, text] if isinstance(text, dict) else [config]
    for part in parts:
        for key in ("quantization_config", "quantization", "_about"):
            part.pop(key, None)
    if "tie_word_embeddings" in config:
        parts[-1].setdefault("tie_word_embeddings", config["tie_word_embeddings"])
    return config


def plannable(config: Json) -> tuple[Json, str]:
    """The config, or that of the language model within it where mlx-lm knows only that; then the wrapper's type."""
    inner = inner_config(config)
    if inner is None or _is_known(config) or not _is_known(inner):
        return config, ""
    return text_only(inner), str(config["model_type"])


def _is_known(config: Json) -> bool:
    try:
        mlx_lm._get_classes(config)
    except ValueError as error:
        if _is_unknown(error):
            return False
        raise
    return True


def native_experts_of(config: Json) -> str:
    """The format of the published experts, which mlx-lm keeps whatever the other tensors become (gpt-oss)."""
    return "mxfp4" if quantization_of(config).get("quant_method") == "mxfp4" else ""


def build(config: Json, quantization: Json | None, native: str = "") -> Any:
    """The real model, built lazily: bf16 where mlx-lm casts, packed by mlx-lm's own quantize_model and predicate."""
    model_class, args_class = mlx_lm._get_classes(config)
    model = model_class(args_class.from_dict(config))
    _drop_tied_head(model, config)
    keeps = getattr(model, "cast_predicate", None)

    def cast(path: str, array: Any) -> Any:
        is_cast = mx.issubdtype(array.dtype, mx.floating) and (keeps is None or keeps(path))
        return array.astype(mx.bfloat16) if is_cast else array

    model.update(mlx_tree.tree_map_with_path(cast, model.parameters()))
    if native:
        nn.quantize(model, 32, 4, mode=native, class_predicate=_is_expert)
    if quantization is not None:
        with contextlib.redirect_stdout(io.StringIO()):
            model, _ = mlx_lm.quantize_model(
                model, config, quantization["group_size"], quantization["bits"], quantization["mode"]
            )
    return model


def _is_expert(path: str, part: Any) -> bool:
    return hasattr(part, "to_quantized") and ".experts." in path


def _drop_tied_head(model: Any, config: Json) -> None:
    """Drop a tied head: classes such as gemma3 learn from a checkpoint without one that there is none."""
    tied = config.get("text_config", config).get("tie_word_embeddings", True)
    for part in (model, getattr(model, "language_model", None)):
        if part is not None and tied and type(part).__module__.endswith((".gemma3_text", ".recurrent_gemma")):
            part.sanitize({})


def bytes_of(model: Any) -> int:
    """Bytes of all parameters, exact because the shapes and types of lazy arrays are known."""
    return sum(array.nbytes for _, array in mlx_tree.tree_flatten(model.parameters()))


def tensors_of(plain: Any, packed: Any) -> list[Json]:
    """Every parameter: path, shape, bits per number, whether formats pack it, and a width prescribed by the model."""
    modules: dict[str, Any] = dict(packed.named_modules())
    found: list[Json] = []
    for path, array in mlx_tree.tree_flatten(plain.parameters()):
        owner, _, leaf = path.rpartition(".")
        module: Any = modules.get(owner)
        width = 0
        is_packed = bool(leaf == "weight" and module and "scales" in module)
        if is_packed and (module.mode, module.bits) != (FINEST["mode"], FINEST["bits"]):
            width = module.bits
        shape, bits = list(array.shape), array.itemsize * 8
        if array.dtype == mx.uint8 and leaf == "weight":  # bitnet: four 2-bit numbers per byte, along the first axis
            shape, bits = [shape[0] * _TERNARY_PER_BYTE, *shape[1:]], 8 // _TERNARY_PER_BYTE
        found.append(
            {
                "path": path,
                "shape": shape,
                "stored_bits": bits,
                "quantizable": is_packed,
                "mlx_bits": width,
            }
        )
    return found


def caches_of(model: Any) -> list[Json]:
    """The cache of every layer, from a lazy pass of one token (a recurrent layer would loop over a long one)."""
    made = mlx_cache.make_prompt_cache(model)
    model(mx.array([[1]]), cache=made)
    _fill_token_id_states(model, made)
    kinds: dict[str, Json] = {}
    for number, one in enumerate(made):
        for part in one.caches if isinstance(one, mlx_cache.CacheList) else (one,):
            if isinstance(part, _WITH_KEYS) and part.keys is None:
                continue  # a layer without attention holds nothing (nemotron-nas)
            described = _describe_cache(part)
            key = json.dumps(described)
            kinds.setdefault(key, {**described, "count": 0, "layers": [], "make": _maker(part)})
            kinds[key]["count"] += 1
            kinds[key]["layers"].append(number)
    return list(kinds.values())


def _fill_token_id_states(model: Any, made: list[Any]) -> None:
    """Pass single tokens until states that hold the last few token ids (longcat_flash_ngram) are full."""
    states = [one for one in made if isinstance(one, mlx_cache.ArraysCache)]
    if not any(mx.issubdtype(part.dtype, mx.integer) for one in states for part in one.cache if part is not None):
        return
    held = 0
    while (now := sum(one.nbytes for one in states)) > held:
        held = now
        model(mx.array([[1]]), cache=made)


def _describe_cache(one: Any) -> Json:
    if isinstance(one, mlx_cache.ArraysCache):
        return {"kind": "recurrent", "state_bytes": one.nbytes}
    if not isinstance(one, _WITH_KEYS):
        raise NotImplementedError(f"this tool does not know mlx-lm's cache {type(one).__name__}")
    keys, values = one.keys, one.values
    shape = {"kv_head_count": keys.shape[1], "key_dim": keys.shape[3], "value_dim": values.shape[3]}
    bits = {"bits": keys.dtype.size * 8}
    if isinstance(one, mlx_cache.RotatingKVCache):
        return {"kind": "sliding", **shape, **bits, "window_tokens": one.max_size}
    if isinstance(one, mlx_cache.ChunkedKVCache):
        return {"kind": "chunked", **shape, **bits, "window_tokens": one.chunk_size}
    return {"kind": "full", **shape, **bits}


def _maker(one: Any) -> Any:
    """A function that makes an empty cache of the same kind."""
    if isinstance(one, mlx_cache.RotatingKVCache):
        return lambda: mlx_cache.RotatingKVCache(max_size=one.max_size, keep=one.keep)
    if isinstance(one, mlx_cache.ChunkedKVCache):
        return lambda: mlx_cache.ChunkedKVCache(chunk_size=one.chunk_size)
    return mlx_cache.KVCache if isinstance(one, mlx_cache.KVCache) else None


def cache_bytes(described: Json, tokens: int, prefill_step: int) -> int:
    """Bytes that the real cache class holds after a prefill of `tokens` in steps, fed with lazy zeros."""
    if described["kind"] == "recurrent":
        return described["state_bytes"]
    one = described["make"]()
    dtype = mx.float32 if described["bits"] == 32 else mx.bfloat16
    for start in range(0, tokens, prefill_step):
        size = min(prefill_step, tokens - start)
        head = (1, described["kv_head_count"], size)
        if isinstance(one, mlx_cache.ChunkedKVCache):
            one.maybe_trim_front()
        one.update_and_fetch(
            mx.zeros((*head, described["key_dim"]), dtype), mx.zeros((*head, described["value_dim"]), dtype)
        )
    return one.nbytes


def _is_unknown(error: BaseException) -> bool:
    """Whether mlx-lm has no class for this model_type."""
    return isinstance(error, ValueError) and "not supported" in str(error)


def _sentence(config: Json, error: BaseException) -> str:
    kind = config.get("model_type", "(no model_type)")
    if _is_unknown(error):
        return f"model_type is {kind!r}, which this mlx-lm does not know. Use a newer mlx-lm or another model."
    if isinstance(error, NotImplementedError) and "this tool does not know" in str(error):
        return f"model_type is {kind!r}; {error}, so its memory cannot be planned. Plan another model."
    return (
        f"model_type is {kind!r}; mlx-lm could not build the model ({type(error).__name__}: {_first_line(error)}). Check "
        "the config."
    )


def _first_line(error: BaseException) -> str:
    """What the error says, without the pages of signatures that mlx adds."""
    return str(error).partition("\n")[0][:160]


def _answer_and_free(request: Json) -> Json:
    found = answer(request)
    gc.collect()
    return found


def main() -> int:
    """Answer the requests on stdin."""
    gc.disable()  # a model is thousands of live objects: searching them for garbage takes a third of the time
    stub_bits_per_weight(mlx_lm)
    with contextlib.redirect_stdout(sys.stderr):  # a module of mlx-lm that misses a package prints before it exits
        answers = [_answer_and_free(request) for request in json.load(sys.stdin)]
    print(json.dumps(answers))
    return 0


if __name__ == "__main__":
    sys.exit(main())
