"""Rules of drawing (distributions.toml): the shape of each uncertain input, and which inputs go together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from calculator.errors import CatalogError

Kind = Literal["lognormal", "share", "pert", "discrete"]


@dataclass(frozen=True, slots=True, eq=False)
class Distributions:
    """How each input is drawn, and which go together.

    kinds: shape by input. when_set: what stays uncertain once a person typed a value: certain, scale or shift.
    correlations: pairs of inputs with their rank correlation. seed: of every draw.
    limits: what a figure of the catalogue can never pass, by figure (least, greatest).
    """

    seed: int
    kinds: Mapping[str, Kind]
    when_set: Mapping[str, str]
    correlations: tuple[tuple[str, str, float], ...]
    limits: Mapping[str, tuple[float, float]]

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Distributions":
        """The rules of a parsed distributions.toml; raises CatalogError where a key is missing."""
        try:
            return cls(
                seed=int(data["seed"]),
                kinds={name: row["kind"] for name, row in data["inputs"].items()},
                when_set={name: row["when_set"] for name, row in data["inputs"].items()},
                correlations=tuple((*row["between"], float(row["rank"])) for row in data["correlations"]),
                limits={name: (float(row["floor"]), float(row["ceiling"])) for name, row in data["limits"].items()},
            )
        except KeyError as missing:
            raise CatalogError(f"distributions.toml: {missing} is missing. Add it.") from None
