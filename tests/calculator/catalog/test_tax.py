"""Depreciation tables of the tax law: each year sums to the whole cost."""

import pytest

from calculator.catalog import Catalog
from calculator.catalog.tax import TaxTables
from calculator.errors import CatalogError


def test_every_table_deducts_the_whole_cost_over_six_tax_years(catalog: Catalog) -> None:
    assert len(catalog.tax.macrs) == 5
    for name, shares in catalog.tax.macrs.items():
        assert len(shares) == 6, name
        assert sum(shares) == pytest.approx(1), name


def test_half_year_table_is_that_of_the_irs(catalog: Catalog) -> None:
    # five-year property, 200 % declining balance, half a year in the first: 1/5 x 2 x 1/2 = 20 %, then (1 - 0.2) x 2/5
    assert catalog.tax.macrs["half-year"] == (0.2, 0.32, 0.192, 0.1152, 0.1152, 0.0576)


def test_first_year_of_the_mid_quarter_tables_falls_with_the_quarter(catalog: Catalog) -> None:
    first = [catalog.tax.macrs[f"mid-quarter-{quarter}"][0] for quarter in (1, 2, 3, 4)]
    assert first == [0.35, 0.25, 0.15, 0.05]  # 40 % of a year x 3.5, 2.5, 1.5, 0.5 quarters / 4


def test_share_kept_in_the_year_of_the_sale_grows_by_quarter(catalog: Catalog) -> None:
    assert catalog.tax.sold_in_year["half-year"] == 0.5
    assert catalog.tax.sold_in_year["mid-quarter"] == [0.125, 0.375, 0.625, 0.875]


@pytest.mark.parametrize("key", ["macrs", "sold_in_year"])
def test_missing_table_is_named_with_its_file(key: str) -> None:
    tables = {"macrs": {"half-year": [1]}, "sold_in_year": {"half-year": 0.5}}
    with pytest.raises(CatalogError, match=rf"^tax\.toml: '{key}' is missing\. Restore it"):
        TaxTables.of({name: table for name, table in tables.items() if name != key})
