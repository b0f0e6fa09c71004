"""FOCUS 1.2 download: the rules of the specification, row by row, and the ledger's dollars to the cent.

The rules are those of the column definitions of FOCUS 1.2 that data alone can show.
"""

import io
import re
from typing import Any

import pandas as pd
import pytest

from calculator import Scenario, load_catalog
from calculator.decision.compare import compare
from calculator.decision.comparison import Comparison
from calculator.report.focus_csv import CUSTOM, MANDATORY, NUMBERS, RECOMMENDED, focus_csv

CATALOG = load_catalog()
OPTIONS = ("mac-studio-m5-ultra-96", "dual-rtx-4090-am5", "cloud-h100", "api-same-model")
CASES: dict[str, dict[str, Any]] = {
    "defaults": {"options": OPTIONS},
    "taxed, grown, insured": {
        "options": OPTIONS,
        "tax_mode": "macrs-half-year",
        "tax_rate": 0.25,
        "demand_growth_rate": 1.0,
        "requests_per_working_day": 3000,
        "warranty_usd": 150,
        "insurance_rate": 0.01,
        "disposal_usd": 30,
        "demand_charge_usd_per_kw_month": 9,
    },
    "leased, owned, reserved, overflowing": {
        "options": OPTIONS,
        "cloud_rate": "reserved",
        "reserved_upfront_fraction": 0.4,
        "months": 30,
        "leases": {"mac-studio-m5-ultra-96": {"usd_per_month": 210, "buyout_usd": 700}},
        "already_own_usd": {"dual-rtx-4090-am5": 3000},
        "when_down": "buy-from-api",
        "availability_fraction": 0.97,
        "downtime_usd_per_h": 5,
    },
}
CASES["subscribed, routed"] = {
    "options": ("chatgpt-business", "half", "api-same-model"),
    "routing": {"half": {"base": "mac-studio-m5-ultra-96", "to": "api-same-model", "share": 0.5}},
    "tax_mode": "expense",
    "tax_rate": 0.2,
}
CATEGORIES = {"Usage", "Purchase", "Tax", "Credit", "Adjustment"}
SUBCATEGORIES = {
    "AI and Machine Learning": {"Generative AI"},
    "Compute": {"Other (Compute)"},
    "Management and Governance": {"Support", "Other (Management and Governance)"},
    "Storage": {"Other (Storage)"},
    "Other": {"Other (Other)"},
}
DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-01T00:00:00Z")
NUMBER = re.compile(r"-?\d+(\.\d+)?")
UNIT = re.compile(r"(\d+ )?[A-Z][A-Za-z]*(-[A-Z][a-z]+)?")


@pytest.fixture(scope="module", params=CASES)
def found(request: pytest.FixtureRequest) -> Comparison:
    return compare(Scenario.parse(CASES[request.param]), CATALOG, as_of="2026-11-26", draw_count=0)


@pytest.fixture(scope="module")
def rows(found: Comparison) -> Any:
    """Every cell as it is written; an empty cell is null."""
    return pd.read_csv(io.StringIO(focus_csv(found)), dtype=str, keep_default_na=False)


def test_columns_are_the_mandatory_and_recommended_ones_and_custom_ones_are_marked(rows: Any) -> None:
    assert list(rows.columns) == [*MANDATORY, *RECOMMENDED, *CUSTOM]
    assert len(MANDATORY) == 21
    assert all(re.fullmatch(r"x_[A-Z][A-Za-z]+", name) for name in CUSTOM)


@pytest.mark.parametrize("column", [*MANDATORY, *RECOMMENDED])
def test_column_is_null_only_where_it_may_be(rows: Any, column: str) -> None:
    empty = rows[column] == ""
    if column in ("ChargeClass", "InvoiceId"):  # nothing is a correction, nothing is billed
        assert empty.all()
    elif column in ("PricingQuantity", "PricingUnit"):
        charged = rows["ChargeCategory"].isin(("Usage", "Purchase"))
        assert not empty[charged].any()
        assert empty[rows["ChargeCategory"] == "Tax"].all()
    else:
        assert not empty.any()


def test_cells_have_the_formats_of_the_specification(rows: Any) -> None:
    for column in NUMBERS:
        assert all(NUMBER.fullmatch(cell) for cell in rows[column] if cell)
    for column in ("BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd"):
        assert all(map(DATE.fullmatch, rows[column]))
    assert (rows["BillingPeriodStart"] < rows["BillingPeriodEnd"]).all()
    assert (rows["ChargePeriodStart"] < rows["ChargePeriodEnd"]).all()
    assert (rows["ChargePeriodStart"] >= rows["BillingPeriodStart"]).all()
    assert set(rows["BillingCurrency"]) == {"USD"}
    assert set(rows["ChargeCategory"]) <= CATEGORIES
    assert set(rows["ChargeFrequency"]) <= {"One-Time", "Recurring", "Usage-Based"}
    assert not ((rows["ChargeCategory"] == "Purchase") & (rows["ChargeFrequency"] == "Usage-Based")).any()
    for category, group in rows.groupby("ServiceCategory"):
        assert set(group["ServiceSubcategory"]) <= SUBCATEGORIES[str(category)]
    assert (rows.groupby("ServiceName")["ServiceCategory"].nunique() == 1).all()
    assert all(UNIT.fullmatch(cell) for cell in rows["PricingUnit"] if cell)


def test_purchases_cost_nothing_at_once_and_are_written_down_in_full(rows: Any) -> None:
    numbers = rows.assign(**{name: pd.to_numeric(rows[name]) for name in NUMBERS})
    bought = numbers[numbers["ChargeCategory"] == "Purchase"]
    assert (bought["EffectiveCost"] == 0).all()
    assert (bought["BilledCost"] > 0).all()
    credits = numbers[numbers["ChargeCategory"] == "Credit"]
    assert (credits["EffectiveCost"] == credits["BilledCost"]).all()
    covered = numbers[(numbers["BilledCost"] == 0) & (numbers["EffectiveCost"] != 0)]
    assert set(covered["ChargeCategory"]) <= {"Usage", "Tax"}
    sums: Any = numbers.groupby("x_Option")[["BilledCost", "EffectiveCost"]].sum()
    assert sums["EffectiveCost"].to_numpy() == pytest.approx(sums["BilledCost"].to_numpy(), abs=0.005)


def test_billed_cost_is_the_ledger_to_the_cent(found: Comparison, rows: Any) -> None:
    numbers = rows.assign(BilledCost=pd.to_numeric(rows["BilledCost"]))
    able = [option for option in found.options if option.eligible]
    assert set(numbers["x_Option"]) == {option.id for option in able}
    for option in able:
        assert option.tco is not None
        mine = numbers[numbers["x_Option"] == option.id]
        assert mine["BilledCost"].sum() == pytest.approx(option.tco.total_cost_usd, abs=0.005)
        hard = mine.loc[mine["x_HardOrSoft"] == "hard", "BilledCost"].sum()
        assert hard == pytest.approx(option.tco.hard_cost_usd, abs=0.005)
        by_line: Any = mine.groupby("x_Line")["BilledCost"].sum()
        for name, usd in option.tco.lines.items():
            assert -by_line.get(name, 0.0) == pytest.approx(usd, abs=0.005)
        by_month: Any = mine.groupby(mine["x_Month"].astype(int))["BilledCost"].sum()
        for month, usd in enumerate(option.tco.monthly_usd):
            assert -by_month.get(month, 0.0) == pytest.approx(usd, abs=0.005)


def test_energy_is_in_kilowatt_hours_and_tokens_by_kind(found: Comparison, rows: Any) -> None:
    energy = rows[rows["x_Line"].str.startswith("energy ")]
    assert set(energy["PricingUnit"]) <= {"Kilowatt-Hours"}
    for option, group in energy.groupby("x_Option"):
        tco = found[str(option)].tco
        assert tco is not None
        assert sum(map(float, group["PricingQuantity"])) == pytest.approx(tco.energy_kwh, rel=1e-9)
    tokens = rows[rows["x_Line"].str.endswith(" tokens") & ~rows["x_Line"].str.contains(": ")]  # not of a routed option
    assert set(tokens["PricingUnit"]) == {"1000000 Tokens"}
    assert {"input", "output"} <= set(tokens["x_Sku"])


def test_every_row_says_that_it_is_a_forecast_and_of_what(found: Comparison, rows: Any) -> None:
    for column, value in {
        "x_Forecast": "true",
        "x_ScenarioId": found.scenario_id,
        "x_Model": CATALOG.models[found.scenario.model].name,
        "BillingAccountId": found.scenario_id,
        "x_Version": found.version,
        "x_CatalogueHash": found.catalogue_hash,
        "x_PricesAsOf": "2026-11-26",
        "x_Money": "present-value",
        "x_Labour": "with",
    }.items():
        assert set(rows[column]) == {value}
