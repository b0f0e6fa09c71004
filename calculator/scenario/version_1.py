"""Scenarios of version 0.1 (schema 1), read so that their dollars stay.

Version 2 sizes machines to a promise, resells from today's price and takes the host in the middle. A scenario that was
stored before says none of that, so what it meant is written out.
"""

from collections.abc import Mapping
from typing import Any

from calculator.catalog.loader import load_defaults

OPTIONS = (
    "mac-studio-m5-ultra-256",
    "mac-studio-m2-ultra-192-used",
    "dual-rtx-4090-threadripper",
    "cloud-h100",
    "api-same-model",
)
"""The options that version 0.1 compared where none were named."""
PINNED: dict[str, Any] = {
    "first_token_p95_target_s": 0.0,
    "when_full": "buy-from-api",
    "options": OPTIONS,
    "machine_count": 1,
    "api_host": "cheapest",
    "failure_growth_rate": 0.0,
    "care_growth_rate": 0.0,
    "further_care_fraction": 1.0,
    "rules": 1,
}
"""What version 0.1 did without saying so; a value that the scenario names itself goes first."""
PLAIN_DEFAULTS: dict[str, Any] = {
    "name": "A firm of eight",
    "model": "llama-3-70b",
    "another_size_b": 70,
    "weight_class": "4-bit",
    "prompt_tokens": 300,
    "retrieved_tokens": 3500,
    "answer_tokens": 400,
    "concurrent_request_count": 2,
    "on_h_per_day": 10,
    "working_days_per_year": 252,
    "months": 36,
    "warranty_months": 12,
    "availability_fraction": 1,
    "first_token_p95_target_s": 0,
    "when_full": "buy-from-api",
}
"""Defaults of version 0.1 that had no evidence of their own; every other one was 0, empty, or stands in defaults.toml."""
CHANGED = (
    "This scenario is of version 0.1 and was read as that version meant it: one machine of each option, what it cannot "
    "serve bought from the cheapest host, resale from the list price, no promise on waiting times."
)
"""What a person is told who opens one."""


def converted(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a version 1 scenario as version 2 says them; `typed` are those that differ from version 1's defaults."""
    given = {name: value for name, value in values.items() if name != "schema_version"}
    evidenced = load_defaults()
    typed = tuple(
        name
        for name, value in given.items()
        if isinstance(value, int | float | str)
        and name not in ("name", "typed", "rules")
        and value != PLAIN_DEFAULTS.get(name, evidenced.get(name, value if name not in PLAIN_DEFAULTS else None))
    )
    when_down = "lose" if float(given.get("downtime_usd_per_h") or 0) > 0 else "buy-from-api"
    warranty = given.get("warranty_months", PLAIN_DEFAULTS["warranty_months"])
    pinned = {**PINNED, "when_down": when_down, "used_warranty_months": warranty, "typed": typed}
    return {**pinned, **given, "schema_version": 2}
