"""Depreciation tables of the tax law (tax.toml): percentages a year, and the part kept in the year of a sale."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from calculator.errors import CatalogError


@dataclass(frozen=True, slots=True, eq=False)
class TaxTables:
    """MACRS, five-year property: shares of the cost by tax year and convention; shares kept in the year of the sale.

    `sold_in_year` holds one number for the half-year convention and four (by quarter) for the mid-quarter one.
    """

    macrs: Mapping[str, tuple[float, ...]]
    sold_in_year: Mapping[str, Any]

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "TaxTables":
        """The tables of a parsed tax.toml; raises CatalogError where a key is missing."""
        try:
            macrs = {name: tuple(map(float, row)) for name, row in data["macrs"].items()}
            return cls(macrs=macrs, sold_in_year=dict(data["sold_in_year"]))
        except KeyError as missing:
            raise CatalogError(f"tax.toml: {missing} is missing. Restore it from the repository.") from None
