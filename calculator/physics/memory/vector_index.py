"""Vector index: bytes that retrieval keeps in memory beside the model."""

import math
from typing import Literal

from calculator.errors import ScenarioError

IndexKind = Literal["flat", "hnsw", "ivf-pq"]
_LINK_BYTES, _LABEL_BYTES, _CENTROID_BYTES, _CODEBOOK_SIZE = 4, 8, 4, 256


def index_bytes(
    vector_count: int,
    *,
    dimension_count: int,
    index: IndexKind = "flat",
    number_bytes: float = 4.0,
    link_count: int = 16,
    code_bytes: int = 64,
    payload_bytes: float = 0.0,
) -> int:
    """Bytes of an index over `vector_count` vectors, each with `payload_bytes` of text kept beside it.

    flat: n x d x number_bytes (4 for 32-bit floats, 2, 1, or 0.125 for binary). hnsw: flat + per vector 2 M links of
    4 bytes on the ground level, M/(M-1) x 4 on the levels above, and a label of 8 (hnswlib's layout). ivf-pq: per
    vector its code and an id of 8; 4 sqrt(n) centroids and codebooks of 256 entries, 4 bytes per dimension. Retrieval
    embeds a document as several chunks: count those. Raises ScenarioError for sizes that cannot be.
    """
    if vector_count < 0 or dimension_count < 1 or link_count < 2 or number_bytes <= 0:
        raise ScenarioError(
            f"an index of {vector_count} vectors of {dimension_count} dimensions with {number_bytes} bytes a number "
            f"and {link_count} links cannot be built; counts must be positive and links at least 2."
        )
    vectors = vector_count * dimension_count * number_bytes
    payload = vector_count * payload_bytes
    if index == "flat":
        return math.ceil(vectors + payload)
    if index == "hnsw":
        links = 2 * link_count * _LINK_BYTES + link_count / (link_count - 1) * _LINK_BYTES
        return math.ceil(vectors + vector_count * (links + _LABEL_BYTES) + payload)
    centroids = math.ceil(4 * math.sqrt(vector_count)) * dimension_count * _CENTROID_BYTES
    codebooks = _CODEBOOK_SIZE * dimension_count * _CENTROID_BYTES
    return math.ceil(vector_count * (code_bytes + _LABEL_BYTES) + centroids + codebooks + payload)
