"""Ids and figures that a scenario mentions: refused where they would change nothing."""

from typing import Any

import pytest

from calculator import Scenario, compare, load_catalog
from calculator.errors import CalculatorError

CATALOG = load_catalog()
MAC = "mac-studio-m5-ultra-256"


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"grid": "atlantis"}, "grid 'atlantis'"),
        ({"leases": {"nope": {"usd_per_month": 3}}}, "'nope' is not in the catalogue"),
        ({"leases": {"cloud-h100": {"usd_per_month": 3}}}, "leases.cloud-h100"),
        ({"already_own_usd": {"nope": 3}}, "'nope' is not in the catalogue"),
        ({"already_own_usd": {"api-same-model": 3}}, "already_own_usd.api-same-model"),
        ({"figures": {"cloud-h100.price_usd": 5}}, "figures.cloud-h100.price_usd"),
        ({"figures": {"api-same-model.rate_usd_per_h": 5}}, "figures.api-same-model.rate_usd_per_h"),
        ({"figures": {f"{MAC}.input_usd_per_mtok": 5}}, f"figures.{MAC}.input_usd_per_mtok"),
        ({"figures": {"foo/bar.input_usd_per_mtok": 5}}, "figures.foo/bar.input_usd_per_mtok"),
    ],
)
def test_comparison_refuses_what_would_change_nothing(values: dict[str, Any], says: str) -> None:
    with pytest.raises(CalculatorError, match=says.replace("'", ".")):
        compare(Scenario.parse(values), CATALOG)
