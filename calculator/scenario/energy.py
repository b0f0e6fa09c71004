"""Energy: electricity price, cooling and grid."""

from typing import Annotated, Literal

from pydantic import Field

from calculator.scenario.knob import DEFAULTS, Display, Part


class Energy(Part):
    """Price of electricity, how cooling is counted, and whose grid it is."""

    electricity_usd_per_kwh: Annotated[
        float,
        Field(ge=0, le=2),
        Display("energy", "Electricity price", unit="$/kWh", step=0.005),
    ] = DEFAULTS["electricity_usd_per_kwh"]
    """Price of a kilowatt-hour, taxes included."""

    electricity_escalation_rate: Annotated[
        float,
        Field(ge=-0.2, le=0.5),
        Display("energy", "Electricity price growth", unit="%/year", step=0.1, shown=100),
    ] = DEFAULTS["electricity_escalation_rate"]
    """Nominal change per year."""

    site: Annotated[
        Literal["office", "server-room"],
        Display("energy", "Where it stands", help="Decides how cooling is counted."),
    ] = "office"
    """Office: air conditioning by its coefficient of performance. Server room: power usage effectiveness. Never
    both."""

    cooling_cop_ratio: Annotated[
        float,
        Field(ge=0.5, le=20),
        Display("energy", "Air conditioner COP", step=0.5),
    ] = DEFAULTS["cooling_cop_ratio"]
    """Heat moved per kWh (office only)."""

    cooling_season_fraction: Annotated[
        float,
        Field(ge=0, le=1),
        Display("energy", "Cooled share of the year", unit="%", step=5, shown=100),
    ] = DEFAULTS["cooling_season_fraction"]
    """Share of the year in which the office is cooled."""

    pue_ratio: Annotated[
        float,
        Field(ge=1, le=3),
        Display("energy", "PUE", step=0.01),
    ] = DEFAULTS["pue_ratio"]
    """Power usage effectiveness (server room only)."""

    off_hours: Annotated[
        Literal["off", "sleep", "idle"],
        Display("energy", "Outside its hours", help="Switched off, asleep, or idling."),
    ] = "sleep"
    """What a machine of your own does outside its hours: off, asleep (where its watts asleep are known), or idling."""

    grid: Annotated[
        str,
        Field(max_length=40),
    ] = "us"
    """Whose electricity it is, for its carbon: an id of grid_carbon.toml (location-based)."""

    market_carbon_g_per_kwh: Annotated[
        float,
        Field(ge=-1, le=2000),
    ] = -1
    """What your own supply contract states, g CO2e per kWh (market-based); -1: not known."""
