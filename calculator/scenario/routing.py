"""Routing: a share of the requests goes to another model at another place, by count or by length."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import Field, model_validator

from calculator.errors import ScenarioError
from calculator.evidence import Record

_ROUNDING = 1e-9


class Route(Record):
    """One option made of two: `base` serves what is not routed, `to` the rest, with `model` where it is another one.

    Either `share` of the requests is routed, all lengths alike, or those that read more than `longer_than_tokens`. How
    many these are follows from `input_variation_ratio`, the standard deviation of what a request reads over its mean.
    """

    base: Annotated[str, Field(max_length=200)]
    to: Annotated[str, Field(max_length=200)]
    name: Annotated[str, Field(max_length=120)] = ""
    model: Annotated[str, Field(max_length=200)] = ""
    share: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    longer_than_tokens: Annotated[int, Field(ge=0, le=10_000_000)] | None = None
    input_variation_ratio: Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)] | None = None

    @model_validator(mode="after")
    def _is_routed_by_one_rule(self) -> Self:
        if self.base == self.to:
            raise ValueError(f"base and to are both {self.base[:40]!r}; name two options.")
        if (self.share is None) == (self.longer_than_tokens is None):
            raise ValueError("give either share or longer_than_tokens, not both and not none.")
        if self.longer_than_tokens is not None and self.input_variation_ratio is None:
            raise ValueError(
                "longer_than_tokens needs input_variation_ratio, the standard deviation of what a request reads over its "
                "mean; `python -m calculator demand FILE` prints both from your logs. 0: all are alike."
            )
        if self.share is not None and self.input_variation_ratio is not None:
            raise ValueError("input_variation_ratio changes nothing beside share. Remove one of them.")
        return self


@dataclass(frozen=True, slots=True)
class Split:
    """Share of the requests that is routed, and what a request of each part reads over the mean of all."""

    share: float
    base_length_ratio: float
    to_length_ratio: float


def split_of(route: Route, *, mean_tokens: float) -> Split:
    """How the requests are split.

    By length L with lognormal lengths of mean m and coefficient of variation c: s^2 = ln(1 + c^2),
    z = (ln(L / m) + s^2 / 2) / s; routed share 1 - F(z), routed tokens m F(s - z), F the normal distribution.
    Both parts together read what all requests read. Where c is 0 all or none are routed.
    """
    if route.share is not None:
        return Split(route.share, 1.0, 1.0)
    limit, variation = route.longer_than_tokens or 0, route.input_variation_ratio or 0.0
    if limit <= 0 or variation < _ROUNDING:
        return Split(1.0 if mean_tokens > limit else 0.0, 1.0, 1.0)
    spread = math.sqrt(math.log1p(variation**2))
    z = (math.log(limit / mean_tokens) + spread**2 / 2) / spread
    share, tokens = _normal(-z), _normal(spread - z)
    rest, rest_tokens = _normal(z), _normal(z - spread)
    if tokens < _ROUNDING or not share:  # long ones hold more tokens than their share, short ones fewer
        return Split(0.0, 1.0, 1.0)
    if rest < _ROUNDING:
        return Split(1.0, 1.0, 1.0)
    return Split(share, rest_tokens / rest, tokens / share)


def refuse_chains(routing: Mapping[str, Route], *, options: Mapping[str, object]) -> None:
    """Raise ScenarioError where a route leads to another route, or has an id that the catalogue has given away."""
    for key, route in routing.items():
        if key in options:
            raise ScenarioError(f"routing.{key}: {key!r} is an id of the catalogue. Choose another id.")
        for end in (route.base, route.to):
            if end in routing:
                raise ScenarioError(f"routing.{key}: {end!r} is a route itself. Name an option of the catalogue.")


def _normal(z: float) -> float:
    """Share of the normal distribution below z."""
    return 0.5 * math.erfc(-z / math.sqrt(2))
