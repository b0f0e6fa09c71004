"""All shipped models, rebuilt lazily by the real mlx-lm in one process."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from calculator.catalog import Catalog

FORMATS = (
    "bf16",
    "mlx-4bit",
    "mlx-mxfp4",
)  # affine and block formats differ in group and in what a predicate prescribes


CONTEXTS = (300, 32_768)


BY_HAND = ("deepseek-v4-flash", "deepseek-v4-pro")


@dataclass(frozen=True)
class Rebuilt:
    """mlx-lm's answers by model id."""

    answers: Mapping[str, Any]
    catalog: Catalog
