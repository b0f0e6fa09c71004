"""Types and bounds of a person's own figures, ranges, cases, leases and currency."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, cast

from pydantic import Field

from calculator.evidence import Record
from calculator.units import plain_number

Finite = Annotated[float, Field(allow_inf_nan=False)]
MOST_USD = 1e7
_LONGEST_KEY = 200
FIGURE_BOUNDS: dict[str, tuple[float, float]] = {
    "price_usd": (0, MOST_USD),
    "list_price_usd": (0, MOST_USD),
    "age_when_bought_years": (0, 30),
    "gpu_price_fraction": (0, 1),
    "embodied_kg": (0, 1e6),
    "setup_h": (0, 10_000),
    "prefill_w": (0, 1e5),
    "decode_w": (0, 1e5),
    "idle_w": (0, 1e5),
    "sleep_w": (0, 1e5),
    "prefill_speed_ratio": (0.01, 100),
    "decode_speed_ratio": (0.01, 100),
    "rate_usd_per_h": (0, 1e4),
    "billing_minutes": (0.01, 1e5),
    "startup_minutes": (0, 1e4),
    "seat_usd_per_month": (0, 1e5),
    "requests_per_window": (0, 1e7),
    "storage_gb": (0, 1e6),
    "storage_usd_per_gb_month": (0, 100),
    "input_usd_per_mtok": (0, 1e5),
    "output_usd_per_mtok": (0, 1e5),
    "cached_input_usd_per_mtok": (0, 1e5),
    "cache_write_usd_per_mtok": (0, 1e5),
    "price_ratio": (0, 1e4),
}
"""What `figures` may replace, and between which bounds. Speeds and `price_ratio` are multiples of the catalogue's."""

FIGURE_LABELS: dict[str, str] = {
    "price_usd": "price ($)",
    "gpu_price_fraction": "graphics cards' share of the price",
    "setup_h": "setup hours",
    "prefill_speed_ratio": "prefill speed (x predicted)",
    "decode_speed_ratio": "decode speed (x predicted)",
    "prefill_watt_ratio": "prefill watts (x stated)",
    "decode_watt_ratio": "decode watts (x stated)",
    "idle_watt_ratio": "idle watts (x stated)",
    "rate_usd_per_h": "hourly rate ($/h)",
    "billing_minutes": "billed minutes per start",
    "startup_minutes": "start-up minutes",
    "seat_usd_per_month": "price of a seat ($ a month)",
    "requests_per_window": "requests of a seat in a window",
    "storage_gb": "storage (GB)",
    "storage_usd_per_gb_month": "storage price ($/GB a month)",
    "input_usd_per_mtok": "price of input tokens ($ per million)",
    "output_usd_per_mtok": "price of output tokens ($ per million)",
    "cached_input_usd_per_mtok": "price of cached input tokens ($ per million)",
    "cache_write_usd_per_mtok": "price of input tokens that the host keeps ($ per million)",
    "price_ratio": "price (x stated)",
}
"""What an option's own figure is called in a sentence."""

NOT_DRAWN: dict[str, str] = {
    **dict.fromkeys(
        (
            "months",
            "warranty_months",
            "used_warranty_months",
            "reserved_months",
            "fiscal_year_end_month",
            "depreciation_years",
        ),
        "is a term",
    ),
    **dict.fromkeys(
        (
            "another_size_b",
            "second_tenant_gb",
            "macos_wired_limit_gb",
            "concurrent_request_count",
            "reserved_context_tokens",
            "open_session_count",
        ),
        "decides what fits",
    ),
    **dict.fromkeys(
        ("peak_factor_ratio", "answer_variation_ratio"),
        "decides how many machines are bought, before anything is drawn",
    ),
    **dict.fromkeys(("first_token_p95_target_s", "answer_p95_target_s", "stream_target_tokens_per_s"), "is a target"),
    **dict.fromkeys(("unserved_fraction_max", "leaves_house_fraction_max"), "is a limit"),
    "keep_warm_s": "is a setting",
    "seat_count": "is a setting",
    "on_days_per_year": "follows the working days unless you set it",
    "market_carbon_g_per_kwh": "moves no dollar",
    "debt_rate": "is what a bank asks, and judges a lease only",
}
"""Numbers of the scenario that cannot be given as P10, P50, P90, and why. Every other one can, and every figure."""


class Lease(Record):
    """Terms of a lease that runs as long as the scenario; without a buy-out price the machine goes back."""

    usd_per_month: Annotated[float, Field(ge=0, le=MOST_USD, allow_inf_nan=False)]
    in_advance: bool = True
    buyout_usd: Annotated[float, Field(ge=0, le=MOST_USD, allow_inf_nan=False)] | None = None


PER_USD = (1e-6, 1e6)
"""How much of a currency one dollar may buy; what lies outside is a slip, and amounts in it would vanish or run over."""


class ExchangeRate(Record):
    """What a dollar cost in a currency on a day; results are computed in dollars and only shown in it."""

    per_usd: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    as_of: str


def long_key_problem(values: Mapping[str, Any]) -> str:
    """What is wrong with a table that has a key longer than any id, at any depth; "" where none has.

    A refusal tells a key back.
    """
    for table, rows in values.items():
        waiting: list[Any] = [rows]
        while waiting:
            one = waiting.pop()
            if isinstance(one, Mapping):
                inner = cast("Mapping[Any, Any]", one)
                if (longest := max((len(str(key)) for key in inner), default=0)) > _LONGEST_KEY:
                    return (
                        f"{table[:_LONGEST_KEY]} holds a key of {longest:,} characters; at most {_LONGEST_KEY} are read. "
                        "Shorten it."
                    )
                waiting += inner.values()
            elif isinstance(one, list):
                waiting += cast("list[Any]", one)
    return ""


def range_problem(name: str, bounds: tuple[float, float], given: tuple[float, float, float] | None) -> str | None:
    """What is wrong with a person's own P10, P50, P90 of a value; None where nothing is."""
    if given is None:
        return None
    low, central, high = given
    if not low <= central <= high:
        return (
            f"ranges.{name} is {plain_number(low)}, {plain_number(central)}, {plain_number(high)}; it must be low <= "
            "central <= high."
        )
    return _outside(f"ranges.{name}", bounds, given)


_MOST_WEIGHT = 10_000_000.0  # so that sums and shares of weights are exact enough


def cases_problem(name: str, bounds: tuple[float, float], given: Sequence[tuple[float, float]] | None) -> str | None:
    """What is wrong with a value that takes one of several, each with its weight; None where nothing is."""
    if given is None:
        return None
    if not given:
        return f"cases.{name} is empty; it must hold at least one value with its weight: [[1.0, 1]]."
    weights = [weight for _, weight in given]
    if min(weights) < 0 or sum(weights) <= 0:
        return f"cases.{name} has the weights {weights}; none may be negative, and one must be above 0."
    if max(weights) > _MOST_WEIGHT:
        return (
            f"cases.{name} has the weight {plain_number(max(weights))}; it must be at most "
            f"{plain_number(_MOST_WEIGHT)}."
        )
    return _outside(f"cases.{name}", bounds, [value for value, _ in given])


def currency_problem(name: str, rate: ExchangeRate) -> str | None:
    """What is wrong with a currency and the day of its rate; None where nothing is."""
    if not (len(name) == _CODE_LETTERS and name.isascii() and name.isalpha() and name.isupper()):
        return f"currencies.{name[:20]}: a currency is named by three capital letters. Write EUR for example."
    least, most = PER_USD
    if not least <= rate.per_usd <= most:
        return (
            f"currencies.{name}.per_usd is {plain_number(rate.per_usd)}; it must lie in "
            f"{least:f}..{plain_number(most)}. Write how many {name} one dollar buys."
        )
    try:
        date.fromisoformat(rate.as_of)
    except ValueError:
        return f"currencies.{name}.as_of is {rate.as_of[:20]!r}; it must be a date YYYY-MM-DD, the day of the rate."
    return None


def _outside(name: str, bounds: tuple[float, float], values: Sequence[float]) -> str | None:
    low, high = bounds
    wrong = next((value for value in values if not low <= value <= high), None)
    if wrong is None:
        return None
    return f"{name} holds {plain_number(wrong)}; it must lie in {plain_number(low)}..{plain_number(high)}."


_CODE_LETTERS = 3
