"""The catalogue: every machine, model, price and constant, each with its evidence, loaded and checked once."""

from calculator.catalog.loader import Catalog, load_catalog

__all__ = ["Catalog", "load_catalog"]
