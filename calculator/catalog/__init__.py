"""The catalogue: every machine, model, price and constant, each with its evidence, loaded and checked once."""

from calculator.catalog.catalog import Catalog
from calculator.catalog.loader import load_catalog

__all__ = ["Catalog", "load_catalog"]
