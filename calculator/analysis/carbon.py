"""Carbon of one's own machines: electricity by place and by contract, a share of what was emitted in making them, and
the Software Carbon Intensity of a million tokens (ISO/IEC 21031:2024).

    SCI = (E I + M) / R        E energy (kWh), I grid (g CO2e per kWh), M embodied share (g), R million tokens served here
    M = TE * TS * RS           TE embodied carbon of the machines, TS months kept / life expected (at most 1), RS = 1:
                               nobody else uses them; of a machine shared with other work, the share that is borne

I is location-based (what the grid emits on average, `grid`) and market-based (what one's own contract says,
`market_carbon_g_per_kwh`), never mixed. What is not known is None, never 0: a rented GPU's or a host's electricity, the
embodied carbon of a machine whose maker publishes none, a contract that nobody told.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from calculator.catalog.options import Machine
from calculator.decision.comparison import Comparison, OptionResult
from calculator.evidence import Quantity
from calculator.number import Range
from calculator.risk.candidates import Candidate
from calculator.units import G_PER_KG, MONTHS_PER_YEAR, TOKENS_PER_MTOK, digits

UNIT = "g/Mtok"


@dataclass(frozen=True, slots=True)
class CarbonAccount:
    """What one option of one's own emits over the months compared; kg CO2e, and g CO2e per million tokens.

    embodied_kg: of all its machines, whole; embodied_share_kg: the months' part of it. electricity_...: energy x grid.
    sci_...: electricity and the embodied share per million tokens; None where the embodied carbon is not known.
    electricity_..._g_per_mtok: the part of it that is electricity, known without.
    """

    energy_kwh: Range
    served_mtok: float
    grid_source: str
    grid_as_of: str
    embodied_kg: Range | None
    embodied_share_kg: Range | None
    embodied_source: str
    electricity_location_kg: Range
    electricity_market_kg: Range | None
    electricity_location_g_per_mtok: Range | None
    sci_location_g_per_mtok: Range | None
    sci_market_g_per_mtok: Range | None


LEAST_SERVED_MTOK = 1e-6
"""One token: below it there is nothing to divide by."""


def software_carbon_intensity_g_per_mtok(
    *, energy_kwh: float, carbon_g_per_kwh: float, embodied_share_g: float, served_mtok: float
) -> float:
    """SCI = (E I + M) / R, g CO2e per million tokens; R above 0. Source: ISO/IEC 21031:2024."""
    return (energy_kwh * carbon_g_per_kwh + embodied_share_g) / served_mtok


def carbon_accounts(comparison: Comparison) -> dict[str, CarbonAccount]:
    """Each machine of one's own that can do the job, by id; none where the comparison knows no grid."""
    if comparison.grid is None:
        return {}
    rows = {row.id: row for row in comparison.options}
    return {
        one.option.id: _account(one.option, one, rows[one.option.id], comparison)
        for one in comparison.candidates
        if isinstance(one.option, Machine)
    }


def _account(machine: Machine, one: Candidate, row: OptionResult, comparison: Comparison) -> CarbonAccount:
    assert row.tco is not None
    assert comparison.grid is not None
    grid, contract = comparison.grid, comparison.scenario.market_carbon_g_per_kwh
    life = comparison.candidates.constants["embodied_life_years"]
    energy = _energy(machine, one, comparison, central_kwh=row.tco.energy_kwh)
    here, bought = row.tco.served_here_fraction, row.tco.bought_fraction
    served = row.tco.served_tokens * here / (here + bought) / TOKENS_PER_MTOK if here else 0.0
    part = comparison.scenario.shared_with_other_work.get(machine.id, 1.0)
    machine_months = _machine_months(row, comparison.scenario.months, part=part)
    embodied = machine.embodied_kg
    if (own := comparison.scenario.figures.get(f"{machine.id}.embodied_kg")) is not None:
        embodied = Quantity(low=own, central=own, high=own, unit="kg", basis="yours", as_of=comparison.prices_as_of)
    share = None if embodied is None else _share(embodied, machine_months, life)
    location = Range(grid.low, grid.central, grid.high, "g/kWh")
    market = None if contract < 0 else Range(contract, contract, contract, "g/kWh")
    return CarbonAccount(
        energy_kwh=energy,
        served_mtok=served,
        grid_source=grid.source,
        grid_as_of=grid.as_of,
        embodied_kg=None if embodied is None else _times(_range(embodied), len(machine_months), "kg"),
        embodied_share_kg=share,
        embodied_source="" if embodied is None else embodied.source,
        electricity_location_kg=_product(energy, location),
        electricity_market_kg=None if market is None else _product(energy, market),
        electricity_location_g_per_mtok=_intensity(energy, location, Range(0, 0, 0, "kg"), served),
        sci_location_g_per_mtok=None if share is None else _intensity(energy, location, share, served),
        sci_market_g_per_mtok=None if share is None or market is None else _intensity(energy, market, share, served),
    )


def _energy(machine: Machine, one: Candidate, comparison: Comparison, *, central_kwh: float) -> Range:
    """Energy with every watt at the low and at the high end of its range; the person's own watts stay."""
    power, figures = machine.power, comparison.scenario.figures
    states = {"idle_w": power.idle_w, "prefill_w": power.prefill_w, "decode_w": power.decode_w}
    ends: list[float] = []
    for end in ("low", "high"):
        values = {
            f"{machine.id}.{name}": float(getattr(watts, end))
            for name, watts in states.items()
            if f"{machine.id}.{name}" not in figures
        }
        ends.append(comparison.candidates.cost(one, values=values).energy_kwh)
    return Range(min(ends[0], central_kwh), central_kwh, max(ends[1], central_kwh), "kWh")


def _machine_months(row: OptionResult, months: int, *, part: float) -> list[tuple[int, float]]:
    """For how many of the months each machine is there: the first ones all, further ones from their month on; and the
    part of it that this work bears, `part` of the first ones."""
    count = row.eligibility.machine_count
    first = [(months, part)] * (1 if count is None else count)
    return first + [(months - month + 1, 1.0) for month in row.eligibility.further_months]


def _share(embodied: Quantity, machine_months: list[tuple[int, float]], life: Quantity) -> Range:
    """M = sum over machines of TE x min(1, months / life) x part: least with the longest life."""

    def of(kg: float, years: float) -> float:
        return sum(kg * part * min(1.0, kept / (years * MONTHS_PER_YEAR)) for kept, part in machine_months)

    return Range(
        of(embodied.low, life.high), of(embodied.central, life.central), of(embodied.high, life.low), unit="kg"
    )


def _range(quantity: Quantity) -> Range:
    return Range(quantity.low, quantity.central, quantity.high, quantity.unit)


def _times(range_: Range, factor: float, unit: str) -> Range:
    return Range(range_.low * factor, range_.central * factor, range_.high * factor, unit)


def _product(energy: Range, grid: Range) -> Range:
    """kWh x g/kWh in kg, end by end."""
    return Range(
        energy.low * grid.low / G_PER_KG,
        energy.central * grid.central / G_PER_KG,
        energy.high * grid.high / G_PER_KG,
        "kg",
    )


def _intensity(energy: Range, grid: Range, share_kg: Range, served_mtok: float) -> Range | None:
    if served_mtok < LEAST_SERVED_MTOK:
        return None
    low, central, high = (
        software_carbon_intensity_g_per_mtok(
            energy_kwh=kwh, carbon_g_per_kwh=grams, embodied_share_g=kg * G_PER_KG, served_mtok=served_mtok
        )
        for kwh, grams, kg in (
            (energy.low, grid.low, share_kg.low),
            (energy.central, grid.central, share_kg.central),
            (energy.high, grid.high, share_kg.high),
        )
    )
    return Range(low, central, high, UNIT)


def carbon_facts(accounts: Mapping[str, CarbonAccount]) -> dict[str, str]:
    """The accounts as header rows of a CSV: low, central, high; 'not known' where a figure is missing."""
    facts: dict[str, str] = {}
    for key, account in accounts.items():
        for name in ("sci_location_g_per_mtok", "sci_market_g_per_mtok", "electricity_location_g_per_mtok"):
            found: Range | None = getattr(account, name)
            facts[f"{name}.{key}"] = (
                "not known"
                if found is None
                else f"{digits(found.low, 4)} {digits(found.central, 4)} {digits(found.high, 4)}"
            )
    return facts
