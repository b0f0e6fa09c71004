"""People: the hourly rate and the hours a year of administration."""

from typing import Annotated

from pydantic import Field

from calculator.scenario.knob import DEFAULTS, Display, Part


class People(Part):
    """People's time: its price and the hours of administration per kind of option."""

    wage_usd_per_h: Annotated[
        float,
        Field(ge=0, le=1000),
        Display("labour", "Hourly rate", unit="$/h", step=5),
    ] = DEFAULTS["wage_usd_per_h"]
    """Loaded cost of an hour of whoever looks after the machine. The article bills $200."""

    wage_escalation_rate: Annotated[
        float,
        Field(ge=-0.2, le=0.5),
        Display("labour", "Wage growth", unit="%/year", step=0.1, shown=100),
    ] = DEFAULTS["wage_escalation_rate"]
    """Change of the hourly rate per year."""

    mac_administration_h_per_year: Annotated[
        float,
        Field(ge=0, le=2000),
        Display("labour", "Administration of a Mac", unit="h/year"),
    ] = DEFAULTS["mac_administration_h_per_year"]
    """Hours a year for updates, restarts and model changes."""

    pc_administration_h_per_year: Annotated[
        float,
        Field(ge=0, le=2000),
        Display("labour", "Administration of a PC with GPUs", unit="h/year"),
    ] = DEFAULTS["pc_administration_h_per_year"]
    """Hours a year for drivers, updates, restarts and model changes. The article claims 20."""

    cloud_administration_h_per_year: Annotated[
        float,
        Field(ge=0, le=2000),
        Display("labour", "Administration of a rented GPU", unit="h/year"),
    ] = DEFAULTS["cloud_administration_h_per_year"]
    """Hours a year for images, starting and stopping, and keys."""

    api_administration_h_per_year: Annotated[
        float,
        Field(ge=0, le=2000),
        Display("labour", "Administration of an API account", unit="h/year"),
    ] = DEFAULTS["api_administration_h_per_year"]
    """Hours a year for keys, invoices and model changes."""

    further_care_fraction: Annotated[
        float,
        Field(ge=0, le=1),
        Display("labour", "Administration of each further machine", unit="%", step=5, shown=100),
    ] = DEFAULTS["further_care_fraction"]
    """Hours of each further equal machine as a share of the first one's; it adds the same share of the space."""

    care_growth_rate: Annotated[
        float,
        Field(ge=-0.5, le=2),
        Display("labour", "Growth of administration with age", unit="%/year", shown=100),
    ] = DEFAULTS["care_growth_rate"]
    """By how much the hours of administration grow with each year of a machine's age."""
