"""Scenarios of version 0.1 (schema 1), read so that their dollars stay.

Version 0.2 sizes machines to a promise, resells from today's price and takes the host in the middle. A scenario that
was stored before says none of that, so what it meant is written out. Every value that it does not name is the default
of its own time (version_1.toml), not today's.
"""

import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, cast

from calculator.evidence import Remark

DEFAULTS_OF_VERSION_1: dict[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
"""Every field of version 0.1 that is a value, with its default then."""
OPTIONS: tuple[str, ...] = tuple(DEFAULTS_OF_VERSION_1["options"])
"""The options that version 0.1 compared where none were named."""
TABLES_OF_VERSION_1 = (
    "depreciation_fractions",
    "leases",
    "currencies",
    "already_own_usd",
    "figures",
    "ranges",
    "cases",
)
CHOICES_OF_VERSION_1 = {
    "weight_class": ("4-bit", "5-bit", "6-bit", "8-bit", "16-bit"),
    "when_full": ("buy-from-api", "buy-another"),
    "cloud_rate": ("on-demand", "reserved", "spot"),
}
"""Fields that version 0.2 gave a further choice, with the choices that there were."""
PINNED: dict[str, Any] = {
    "machine_count": 1,
    "api_host": "cheapest",
    "off_hours": "off",
    "failure_growth_rate": 0.0,
    "care_growth_rate": 0.0,
    "further_care_fraction": 1.0,
    "rules": 1,
}
"""What version 0.1 did without saying so; a value that the scenario names itself goes first."""
CHANGED = (
    "This scenario is of version 0.1 and was read as that version meant it: one machine of each option, what it cannot "
    "serve bought from the cheapest host, resale from the list price, no promise on waiting times. "
    "Set schema_version = 2 to have it answered by today's rules."
)
"""What a person is told who opens one."""


def version_1_remark(rules: int) -> Remark | None:
    """The sentence on what changed its meaning, for a scenario that keeps the rules of version 0.1; None for others."""
    return Remark(code="version-1", text=CHANGED, level="info") if rules == 1 else None


def is_of_version_1(values: Mapping[str, Any], *, fields: Collection[str]) -> bool:
    """Whether the values of a file are meant as version 0.1 meant them.

    A file that states no version is of version 0.1 as long as nothing in it is new: it was written when there was no
    other. `fields` are all that a scenario has today.
    """
    if "schema_version" in values:
        return values["schema_version"] in (1, "1")
    known = {*DEFAULTS_OF_VERSION_1, *TABLES_OF_VERSION_1}
    is_new = any(name in fields and name not in known for name in values)
    return not is_new and all(
        values[name] in choices for name, choices in CHOICES_OF_VERSION_1.items() if name in values
    )


def converted(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a version 1 scenario as version 2 says them.

    `typed` are those that differ from version 1's defaults, as that version told a person's own values from the rest.
    """
    given = {name: value for name, value in values.items() if name != "schema_version"}
    ranges: Any = given.get("ranges")
    own = set(cast("Mapping[str, Any]", ranges)) if isinstance(ranges, Mapping) else set[str]()
    defaults = {name: value for name, value in DEFAULTS_OF_VERSION_1.items() if name not in own}
    typed = tuple(
        name
        for name, value in given.items()
        if name in DEFAULTS_OF_VERSION_1
        and name not in ("name", "options")
        and isinstance(value, int | float | str)
        and value != DEFAULTS_OF_VERSION_1[name]
    )
    downtime_usd_per_h = given.get("downtime_usd_per_h", 0)
    pinned = {
        **PINNED,
        "when_down": "buy-from-api" if downtime_usd_per_h in (0, "0") else "lose",
        "used_warranty_months": given.get("warranty_months", DEFAULTS_OF_VERSION_1["warranty_months"]),
        "typed": typed,
    }
    return {**defaults, "options": OPTIONS, **pinned, **given, "schema_version": 2}
