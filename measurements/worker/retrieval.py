"""Times of retrieval: embedding a question and searching the index. For the worker process only.

The embedding model has the shape of all-MiniLM-L6-v2 with random weights, so its time has a meaning and its recall
has none. The search is exact, with NumPy and, if installed, with faiss and usearch on the same vectors. The third
part, prefill of the retrieved text, is in tiers.run_rag and usually takes longest.
"""

# mlx, faiss and usearch carry no usable types
# pyright: basic, reportMissingImports=false, reportCallIssue=false, reportArgumentType=false
import importlib
import time
from collections.abc import Callable
from typing import Any

import mlx.core as mx
import numpy as np
from mlx import nn

from measurements.worker.memory_plan import MEMORY_USE_LIMIT_FRACTION
from measurements.worker.session import EndedError, Session

# sentence-transformers/all-MiniLM-L6-v2, config.json (6 layers, 384, 12 heads, 1536, 30522), read 2026-11-22
LAYER_COUNT, HIDDEN_DIM, HEAD_COUNT, FEED_FORWARD_DIM, VOCABULARY_COUNT = 6, 384, 12, 1536, 30_522
QUESTION_TOKENS = 32
FLOAT_BYTES = 4


class Encoder(nn.Module):
    """A BERT encoder with mean pooling and the shape of all-MiniLM-L6-v2."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(VOCABULARY_COUNT, HIDDEN_DIM)
        self.encoder = nn.TransformerEncoder(
            LAYER_COUNT, HIDDEN_DIM, HEAD_COUNT, mlp_dims=FEED_FORWARD_DIM, activation=nn.gelu
        )

    def __call__(self, tokens: mx.array) -> mx.array:
        vectors = mx.mean(self.encoder(self.words(tokens), None), axis=1)
        return vectors / mx.linalg.norm(vectors, axis=-1, keepdims=True)


def time_embedding(session: Session) -> None:
    """Time the step from tokens to a unit vector, one sample per question."""
    model = Encoder()
    mx.eval(model.parameters())
    count, started = session.spec["query_count"], time.monotonic()
    for number in range(-1, count):
        session.check()
        tokens = mx.random.randint(0, VOCABULARY_COUNT, (1, QUESTION_TOKENS))
        mx.eval(tokens)
        began = time.perf_counter()
        mx.eval(model(tokens))
        if number >= 0:
            session.emit(
                "sample", phase="embed", trial=number, tokens=QUESTION_TOKENS, wall_s=time.perf_counter() - began
            )
        session.progress("embedding questions", number + 2, count + 1, since=started)


def time_search(session: Session) -> None:
    """Time the search for the nearest of N unit vectors in memory, one sample per question and engine."""
    spec = session.spec
    count, dim, top = spec["vector_count"], spec["vector_dim"], min(spec["top_count"], max(spec["vector_count"], 1))
    if not count:
        return
    refuse_too_large(count * dim * FLOAT_BYTES, session.limit_bytes)
    vectors = random_unit_vectors(count, dim, seed=spec["seed"])
    queries = random_unit_vectors(spec["query_count"], dim, seed=spec["seed"] + 1)
    session.emit("progress", what="index in memory", done=1, total=1, index_bytes=vectors.nbytes)
    engines: dict[str, Callable[[Any], Any]] = {"numpy": lambda query: exact_nearest(vectors, query, top)}
    engines |= _optional_engines(vectors, top)
    for engine, search in engines.items():
        search(queries[0])
        for number, query in enumerate(queries):
            session.check()
            began = time.perf_counter()
            search(query)
            session.emit(
                "sample", phase="search", engine=engine, trial=number, vectors=count, wall_s=time.perf_counter() - began
            )


def refuse_too_large(index_bytes: int, limit_bytes: int) -> None:
    """Raises EndedError if an index would take more than the allowed share of the memory."""
    if limit_bytes and index_bytes > MEMORY_USE_LIMIT_FRACTION * limit_bytes:
        raise EndedError(
            "refused",
            f"The index would hold {index_bytes / 1e9:.2f} GB; it may use {MEMORY_USE_LIMIT_FRACTION:.0%} "
            f"of the limit of {limit_bytes / 1e9:.2f} GB. Choose fewer vectors.",
        )


def random_unit_vectors(count: int, dim: int, *, seed: int) -> Any:
    """Random vectors of length 1, float32 [count, dim]; made in slices to avoid a second copy of a large index."""
    chance = np.random.default_rng(seed)
    vectors = np.empty((count, dim), np.float32)
    for start in range(0, count, 65_536):
        piece = chance.standard_normal((min(65_536, count - start), dim), np.float32)
        vectors[start : start + len(piece)] = piece / np.linalg.norm(piece, axis=1, keepdims=True)
    return vectors


def exact_nearest(vectors: Any, query: Any, count: int) -> Any:
    """Row numbers of the `count` largest inner products, largest first."""
    products = vectors @ query
    best = np.argpartition(products, -count)[-count:]
    return best[np.argsort(products[best])[::-1]]


def _optional_engines(vectors: Any, top: int) -> dict[str, Callable[[Any], Any]]:
    found: dict[str, Callable[[Any], Any]] = {}
    try:
        faiss = importlib.import_module("faiss")
    except ImportError:
        pass
    else:
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(vectors)
        found["faiss"] = lambda query: index.search(query[None, :], top)
    try:
        usearch = importlib.import_module("usearch.index")
    except ImportError:
        pass
    else:
        found["usearch"] = lambda query: usearch.search(vectors, query, top, usearch.MetricKind.IP, exact=True)
    return found
