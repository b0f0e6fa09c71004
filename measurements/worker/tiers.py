"""Tiers of the probe: fast, real, host and rag, measured with mlx-lm's own code. For the worker process only.

Decode is counted over intervals between tokens (N+1 tokens, N intervals). Trials go round the depths, so heat and other
programs affect all depths alike; the first round is a warm-up and does not count.
"""

# mlx and mlx-lm carry no usable types
# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy as np
from mlx_lm.generate import generate_step, generation_stream

from measurements.worker import backend as this
from measurements.worker import random_weights as synthetic
from measurements.worker.memory_plan import CACHE_MULTIPLE, plan_real, planned_model, vocabulary_count
from measurements.worker.session import Session


def run(session: Session) -> None:
    """Send hello, then run the spec's tier."""
    backend = this.backend_of_this_process()
    device = {key: value for key, value in mx.device_info().items() if isinstance(value, int | float | str)}
    if backend != "cpu":
        session.memory_now = lambda: mx.get_active_memory() + mx.get_cache_memory()
    session.limit_bytes = session.limit_bytes or this.machine_limit_bytes(device)
    cache_bytes = this.last_level_cache_bytes(backend, session.spec["last_level_cache_bytes"])
    session.spec["last_level_cache_bytes"] = cache_bytes
    session.compiles_first = backend == "cuda"
    session.emit(
        "hello",
        process=os.getpid(),
        backend=backend,
        device=device,
        limit_bytes=session.limit_bytes,
        last_level_cache_bytes=cache_bytes,
        versions=this.versions(),
        wheel_tag=this.wheel_tag(),
    )
    {"fast": run_fast, "real": run_real, "host": run_host, "rag": run_rag}[session.spec["tier"]](session)


def run_fast(session: Session) -> None:
    """Time the real architecture with aliased random layers at synthetic depths."""
    spec, backend = session.spec, this.backend_of_this_process()
    synthetic.balance_routing(seed=spec["seed"])
    made = planned_model(session, backend)
    _fill(session, made)
    session.emit("built", held_bytes=mx.get_active_memory(), wired=False, distinct_layers=made.distinct_layer_count)
    _rounds(session, lambda depth, trial: _fast_trial(session, made.model, depth=depth, trial=trial))


def _fill(session: Session, made: synthetic.AliasedModel) -> None:
    total, began = made.distinct_bytes(), time.monotonic()
    for filled in made.materialise():
        session.check()
        session.progress("filling weights", filled, total, since=began)


def run_real(session: Session) -> None:
    """Load real weights and time stream_generate after real prompts of each depth."""
    import mlx_lm

    from measurements.worker import fetch

    spec = session.spec
    path = spec["path"]
    if not path:
        folder = fetch.fetch_repository(session)
        path, spec["config"] = str(folder.path), folder.config
    session.emit("model", config=spec["config"])
    plan_real(session, this.backend_of_this_process(), Path(path))
    session.emit("progress", what="loading weights", done=0, total=1)
    began = time.perf_counter()
    model, tokenizer = mlx_lm.load(path, tokenizer_config={"trust_remote_code": False})[:2]
    seconds = time.perf_counter() - began
    tokenizer.eos_token_ids = set()  # a random prompt must not end early
    weights = sum(array.nbytes for _, array in synthetic.tree_flatten(model.parameters()))
    wired = this.backend_of_this_process() == "metal"
    session.emit("built", held_bytes=mx.get_active_memory(), wired=wired, load_s=seconds, weights_bytes=weights)
    vocabulary = vocabulary_count(spec["config"])
    chance = np.random.default_rng(spec["seed"])

    def trial_at(depth: int, trial: int) -> None:
        prompt = chance.integers(0, vocabulary, max(depth, 2)).tolist()
        _real_trial(session, mlx_lm, model, tokenizer, prompt, depth=depth, trial=trial)

    _rounds(session, trial_at)


def run_host(session: Session) -> None:
    """Time the kernels of decode and prefill: chains of matrix-vector products of two sizes, and a matrix product."""
    small = this.backend_of_this_process() == "cpu"
    sizes = (1024, 2048) if small else (4096, 8192)
    cache_bytes = session.spec["last_level_cache_bytes"]
    chains = {
        size: _chain(size, at_least_bytes=max(CACHE_MULTIPLE * cache_bytes, 8 * size * size * 2)) for size in sizes
    }
    matrix = mx.random.normal((sizes[-1], sizes[-1])).astype(mx.bfloat16)
    rows = mx.random.normal((256 if small else 2048, sizes[-1])).astype(mx.bfloat16)
    mx.eval(*(array for chain in chains.values() for array in chain), matrix, rows)
    session.emit("built", held_bytes=mx.get_active_memory(), wired=False)
    trials, started = session.spec["trial_count"], time.monotonic()
    for trial in range(-1, trials):
        for size, chain in chains.items():
            session.check()
            vector = mx.random.normal((1, size)).astype(mx.bfloat16)
            mx.eval(vector)
            with session.compiling(when=trial < 0):
                wall, cpu = _timed(lambda vector=vector, chain=chain: mx.eval(_product_chain(vector, chain)))
            if trial >= 0:
                session.emit(
                    "sample",
                    phase="layers",
                    size=size,
                    layer_count=len(chain),
                    bytes_per_layer=size * size * 2,
                    trial=trial,
                    wall_s=wall,
                    cpu_s=cpu,
                )
        wall, cpu = _timed(lambda: mx.eval(rows @ matrix))
        if trial >= 0:
            flops = 2 * rows.shape[0] * sizes[-1] ** 2
            session.emit("sample", phase="matrix", flops=flops, trial=trial, wall_s=wall, cpu_s=cpu)
        session.progress("measuring", trial + 2, trials + 1, since=started)


def run_rag(session: Session) -> None:
    """Time the three parts of a retrieval question separately: embedding, search and prefill."""
    from measurements.worker import retrieval as rag

    spec = session.spec
    rag.time_embedding(session)
    rag.time_search(session)
    if not spec["config"] or not spec["retrieved_tokens"]:
        return
    synthetic.balance_routing(seed=spec["seed"])
    made = planned_model(session, this.backend_of_this_process())
    _fill(session, made)
    session.emit("built", held_bytes=mx.get_active_memory(), wired=False, distinct_layers=made.distinct_layer_count)
    started = time.monotonic()
    for trial in range(-1, spec["trial_count"]):
        cache = synthetic.mlx_cache.make_prompt_cache(made.model)
        wall = cpu = 0.0
        for start in range(0, spec["retrieved_tokens"], spec["chunk_tokens"]):
            session.check()
            size = min(spec["chunk_tokens"], spec["retrieved_tokens"] - start)
            with session.compiling(when=trial < 0 and start == 0):
                one_wall, one_cpu = _read_chunk(
                    made.model, cache, size=size, batch=1, vocabulary=vocabulary_count(spec["config"])
                )
            wall, cpu = wall + one_wall, cpu + one_cpu
        if trial >= 0:
            session.emit(
                "sample",
                phase="retrieved-prefill",
                tokens=spec["retrieved_tokens"],
                trial=trial,
                wall_s=wall,
                cpu_s=cpu,
            )
        session.progress("reading retrieved text", trial + 2, spec["trial_count"] + 1, since=started)


def _rounds(session: Session, trial_at: Callable[[int, int], None]) -> None:
    """Run a warm-up round and the trials, each over all depths; stop early at the time limit."""
    spec, longest = session.spec, 0.0
    total = (spec["trial_count"] + 1) * len(spec["depths"])
    for trial in range(-1, spec["trial_count"]):
        began = time.monotonic()
        for number, depth in enumerate(spec["depths"], start=1):
            session.check()
            with session.compiling(when=trial < 0 and number == 1):
                trial_at(depth, trial)
            done = (trial + 1) * len(spec["depths"]) + number
            spent = time.monotonic() - began
            session.emit(
                "progress", what="measuring", done=done, total=total, left_s=round((total - done) * spent / number, 1)
            )
        if trial >= 0:  # the first round compiles kernels and does not predict the next
            longest = max(longest, time.monotonic() - began)
        if trial >= 0 and trial + 1 < spec["trial_count"] and session.left_s() < 1.2 * longest:
            session.emit("shortened", trials=trial + 1, wanted=spec["trial_count"])
            return
        time.sleep(spec["pause_s"])


def _fast_trial(session: Session, model: Any, *, depth: int, trial: int) -> None:
    spec = session.spec
    batch, step = spec["batch_count"], spec["chunk_tokens"]
    cache = synthetic.filled_cache(model, depth_tokens=depth, step_tokens=step, batch_count=batch)
    kv = sum(one.nbytes for one in cache)
    tokens = _generated(session, model, cache, batch=batch, count=spec["generated_tokens"] + 1)
    next(tokens)
    wall, cpu = _timed(lambda: [session.check() for _ in tokens])
    if trial >= 0:
        session.emit(
            "sample",
            phase="decode",
            depth=depth,
            trial=trial,
            tokens=spec["generated_tokens"] * batch,
            wall_s=wall,
            cpu_s=cpu,
            kv_bytes=kv,
        )
    session.check()
    mx.reset_peak_memory()
    before = mx.get_active_memory()
    wall, cpu = _read_chunk(model, cache, size=step, batch=batch, vocabulary=vocabulary_count(spec["config"]))
    if trial >= 0:
        peak = mx.get_peak_memory()
        session.emit(
            "sample",
            phase="prefill",
            depth=depth,
            trial=trial,
            tokens=step * batch,
            wall_s=wall,
            cpu_s=cpu,
            transient_bytes=max(0, peak - before),
            peak_bytes=peak,
        )
    del cache
    mx.clear_cache()


def _generated(session: Session, model: Any, cache: list[Any], *, batch: int, count: int) -> Iterator[Any]:
    """Tokens one by one: from generate_step for one sequence, from the same pipelined step for several."""
    if batch == 1:
        yield from generate_step(mx.array([1]), model, max_tokens=count, prompt_cache=cache)
        return

    def step(tokens: mx.array) -> mx.array:
        with mx.stream(generation_stream):
            return mx.argmax(model(tokens[:, None], cache=cache)[:, -1, :], axis=-1)

    current = step(mx.ones(batch, mx.int32))
    mx.async_eval(current)
    for _ in range(count):
        following = step(current)
        mx.async_eval(following)
        mx.eval(current)
        yield current
        current = following


def _read_chunk(model: Any, cache: list[Any], *, size: int, batch: int, vocabulary: int) -> tuple[float, float]:
    """Wall and CPU seconds of one prefill step as in generate_step, which evaluates only the caches."""
    tokens = mx.random.randint(0, vocabulary, (batch, size))
    mx.eval(tokens)

    def read() -> None:
        with mx.stream(generation_stream):
            model(tokens, cache=cache)
            mx.eval([one.state for one in cache])

    return _timed(read)


def _real_trial(
    session: Session, mlx_lm: Any, model: Any, tokenizer: Any, prompt: list[int], *, depth: int, trial: int
) -> None:
    spec, moments = session.spec, []
    mx.reset_peak_memory()
    began, cpu_began = time.perf_counter(), time.process_time()
    cpu_first = cpu_began
    for _ in mlx_lm.stream_generate(
        model,
        tokenizer,
        prompt,
        max_tokens=spec["generated_tokens"] + 1,
        prefill_step_size=spec["chunk_tokens"],
        prompt_progress_callback=lambda done, total: session.check(),
    ):
        moments.append(time.perf_counter())
        if len(moments) == 1:
            cpu_first = time.process_time()
        session.check()
    cpu_last = time.process_time()
    if trial < 0 or len(moments) < 2:
        return
    session.emit(
        "sample",
        phase="prefill",
        depth=0,
        prompt=depth,
        trial=trial,
        tokens=len(prompt),
        wall_s=moments[0] - began,
        cpu_s=cpu_first - cpu_began,
        peak_bytes=mx.get_peak_memory(),
    )
    session.emit(
        "sample",
        phase="decode",
        depth=0,
        prompt=depth,
        trial=trial,
        tokens=len(moments) - 1,
        wall_s=moments[-1] - moments[0],
        cpu_s=cpu_last - cpu_first,
    )


def _timed(work: Callable[[], Any]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def _chain(size: int, *, at_least_bytes: int) -> list[mx.array]:
    count = max(8, -(-at_least_bytes // (size * size * 2)))
    return [(mx.random.normal((size, size)) / size**0.5).astype(mx.bfloat16) for _ in range(count)]


def _product_chain(vector: mx.array, chain: list[mx.array]) -> mx.array:
    for matrix in chain:
        vector = vector @ matrix.T
    return vector
