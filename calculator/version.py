"""Which version of the product computed this? Printed in every export; equal to pyproject.toml (tested)."""

VERSION = "0.1.0"
