"""Version of the product, printed in every export; equal to pyproject.toml (tested)."""

VERSION = "0.2.0"
