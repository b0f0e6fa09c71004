"""Flat-rate subscriptions: a price per seat and month, and what the vendor publishes of its limits."""

import difflib
from typing import Self

from pydantic import Field, model_validator

from calculator.errors import ScenarioError
from calculator.evidence import Entry, Quantity

MODEL_SIGN = ":"
"""Between a plan and the model whose limit counts: chatgpt-plus:gpt-6-luna."""


class PlanPrice(Entry):
    """One dated price of a seat, billed month by month; rows are added, never overwritten.

    `annual_usd_per_month` is what a month costs where a year is paid; absent where only one price is published.
    """

    seat_usd_per_month: Quantity
    annual_usd_per_month: Quantity | None = None


class PlanLimit(Entry):
    """What one seat takes of one model in a window; without `requests_per_window` the vendor says there is no limit."""

    model: str = ""
    requests_per_window: Quantity | None = None
    window_h: Quantity | None = None
    api: str = Field(default="", description="'provider/model' at whose price what exceeds the limit is bought")


class Subscription(Entry):
    """A flat rate per seat and month. subscriptions/<id>.toml

    `limits` are those that count requests, the first one unless another model is named; empty where the vendor
    publishes none, and then what a seat takes is not known. `published` is what it says, in its own words. `api` is the
    same provider's price per token, for what exceeds the limit; empty where it sells no tokens.
    """

    id: str
    name: str
    vendor: str
    prices: tuple[PlanPrice, ...] = Field(min_length=1)
    seats_least_count: int = Field(default=1, ge=1)
    limits: tuple[PlanLimit, ...] = ()
    window_h: Quantity | None = None
    published: str = ""
    api: str = ""
    setup_h: Quantity
    note: str = ""

    @model_validator(mode="after")
    def _limits_have_their_window(self) -> Self:
        for limit in self.limits:
            if limit.requests_per_window is not None and limit.window_h is None and self.window_h is None:
                raise ValueError(f"the limit of {limit.model or self.id!r} has no window; add window_h.")
        names = [limit.model for limit in self.limits]
        if len(names) != len(set(names)):
            raise ValueError(f"limits name {names}; name each model once.")
        return self

    @property
    def price(self) -> PlanPrice:
        """The newest price."""
        return max(self.prices, key=lambda row: row.seat_usd_per_month.as_of)

    @property
    def limit(self) -> PlanLimit | None:
        """The limit that counts: the first; None where none is published."""
        return self.limits[0] if self.limits else None

    def limit_window_h(self) -> Quantity | None:
        """Hours of the window of the limit that counts; the plan's own where it has none."""
        return self.limit.window_h if self.limit is not None and self.limit.window_h is not None else self.window_h

    @property
    def excess_api(self) -> str:
        """'provider/model' at whose price what exceeds the limit is bought; empty where there is none."""
        return (self.limit.api if self.limit is not None else "") or self.api

    def of_model(self, model: str) -> "Subscription":
        """The same plan where the limit of another of its models counts. Raises ScenarioError for one without."""
        names = [limit.model for limit in self.limits if limit.model]
        if model not in names:
            near = difflib.get_close_matches(model, names, n=1, cutoff=0.3)
            hint = f"Did you mean {self.id}{MODEL_SIGN}{near[0]}? " if near else ""
            known = f"Known: {', '.join(names)}." if names else "It publishes none by model."
            raise ScenarioError(f"{self.id} publishes no limit of {model[:40]!r}. {hint}{known}")
        first = next(limit for limit in self.limits if limit.model == model)
        rest = tuple(limit for limit in self.limits if limit is not first)
        return self.model_copy(
            update={
                "id": f"{self.id}{MODEL_SIGN}{model}",
                "name": f"{self.name}, {model}",
                "limits": (first, *rest),
            }
        )
