"""Resale: what a machine brings when it is sold."""

from typing import Annotated

from pydantic import Field

from calculator.scenario.knob import DEFAULTS, Display, Part


class Resale(Part):
    """What a machine brings at its sale, and what the sale costs."""

    resale_fraction: Annotated[
        float,
        Field(ge=0, le=1),
        Display("resale", "Resale value of a Mac or mini PC", unit="%", shown=100),
    ] = DEFAULTS["resale_fraction"]
    """Share of today's price that it brings after 36 months, before fees."""

    gpu_resale_fraction: Annotated[
        float,
        Field(ge=0, le=1),
        Display("resale", "Resale value of a PC's GPUs", unit="%", shown=100),
    ] = DEFAULTS["gpu_resale_fraction"]
    """Share of today's price that the graphics cards bring after 36 months, before fees; your own share holds for the
    whole box. The article says 'scrap'."""

    pc_rest_resale_fraction: Annotated[
        float,
        Field(ge=0, le=1),
        Display("resale", "Resale value of a PC without its GPUs", unit="%", shown=100),
    ] = DEFAULTS["pc_rest_resale_fraction"]
    """Share of today's price that a PC without its graphics cards brings after 36 months, before fees."""

    resale_market_index: Annotated[
        float,
        Field(ge=0, le=5),
        Display("resale", "Resale market index", step=0.05),
    ] = DEFAULTS["resale_market_index"]
    """Price of a new replacement at the sale, as a multiple of today's."""

    resale_fee_fraction: Annotated[
        float,
        Field(ge=0, le=1),
        Display("resale", "Selling fee", unit="%", shown=100),
    ] = DEFAULTS["resale_fee_fraction"]
    """Share of the sale that the marketplace keeps."""
