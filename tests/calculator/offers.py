"""A Mac, a PC, a rented GPU and an API with round figures, so that every expected number can be worked by hand."""

import tomllib
from pathlib import Path

import calculator.catalog
from calculator.catalog import load_catalog
from calculator.catalog.options import ApiOffer, ApiTariff, CloudOffer, HourlyRate, Machine, Power, Price
from calculator.evidence import Quantity
from calculator.number import Range
from calculator.physics.measured import MeasuredSpeed
from calculator.risk.candidates import Candidate, Candidates
from calculator.scenario.scenario import Scenario
from calculator.service.usage import Usage


def known(value: float, unit: str, *, low: float | None = None, high: float | None = None) -> Quantity:
    """A figure for tests: known exactly unless a range is given."""
    return Quantity(
        low=value if low is None else low,
        central=value,
        high=value if high is None else high,
        unit=unit,
        basis="assumption",
        as_of="2026-11-22",
        note="for tests",
    )


def power(idle_w: float, prefill_w: float, decode_w: float) -> Power:
    """Wall watts by state."""
    return Power(
        scope="wall", idle_w=known(idle_w, "W"), prefill_w=known(prefill_w, "W"), decode_w=known(decode_w, "W")
    )


MAC = Machine(
    id="mac",
    name="A Mac",
    kind="mac",
    status="current",
    chip="c",
    chip_count=1,
    memory_gib=256,
    power=power(10, 300, 250),
    prices=(Price(kind="list", price_usd=known(10_000, "USD", low=9_500, high=11_000)),),
    bought="new",
    setup_h=known(4, "h", low=2, high=8),
    runtime="r",
)
PC = Machine(
    id="pc",
    name="A PC",
    kind="workstation",
    status="to build",
    chip="c",
    chip_count=2,
    memory_gib=24,
    system_ram_gib=128,
    power=power(150, 900, 600),
    prices=(Price(kind="list", price_usd=known(8_000, "USD", low=7_000, high=9_500)),),
    bought="new",
    setup_h=known(16, "h", low=8, high=40),
    runtime="r",
)
USED_MAC = MAC.model_copy(
    update={
        "id": "used-mac",
        "bought": "used",
        "age_when_bought_years": known(3, "year"),
        "prices": (
            Price(kind="list", price_usd=known(6_000, "USD")),
            Price(kind="used", price_usd=known(4_500, "USD")),
        ),
    }
)
CLOUD = CloudOffer(
    id="cloud",
    name="A rented GPU",
    provider="p",
    chip="c",
    chip_count=1,
    memory_gib=80,
    rates=(HourlyRate(kind="on-demand", rate_usd_per_h=known(3.0, "USD/h", low=2.0, high=4.5)),),
    billing_minutes=known(1, "min"),
    startup_minutes=known(6, "min"),
    storage_gb=known(200, "GB"),
    storage_usd_per_gb_month=known(0.1, "USD/GB/month"),
    setup_h=known(8, "h"),
    runtime="r",
)
TARIFF = ApiTariff(
    model="llama-3-70b",
    provider="host",
    provider_model="llama",
    input_usd_per_mtok=known(0.2, "USD/Mtok", low=0.1, high=0.7),
    output_usd_per_mtok=known(0.6, "USD/Mtok", low=0.3, high=0.9),
)
API = ApiOffer(id="api", name="An API", kind="same-model", tariffs=(TARIFF,), setup_h=known(2, "h"))

MAC_USAGE = Usage(
    prefill_h_per_month=20, decode_h_per_month=40, on_h_per_month=210, prefill_w=300, decode_w=250, idle_w=10
)
PC_USAGE = Usage(
    prefill_h_per_month=6, decode_h_per_month=35, on_h_per_month=210, prefill_w=900, decode_w=600, idle_w=150
)
SCENARIO = Scenario()
_ROWS = tomllib.loads((Path(calculator.catalog.__file__).parent / "defaults.toml").read_text("utf-8"))["defaults"]
DEFAULTS = {name: Quantity.model_validate(row) for name, row in _ROWS.items()}

CATALOG = load_catalog()

OFFERS = (
    Candidate(MAC, MAC_USAGE, TARIFF, Range(20, 25, 28), Range(150, 200, 300)),
    Candidate(PC, PC_USAGE, TARIFF, Range(17, 19, 22), Range(500, 700, 900)),
    Candidate(CLOUD, PC_USAGE, TARIFF, Range(30, 40, 50), Range(3000, 4000, 5000)),
    Candidate(API),
)


def candidates(*offers: Candidate, scenario: Scenario = SCENARIO) -> Candidates:
    """The offers under a scenario, drawn and taxed by the shipped catalogue's rules."""
    return Candidates(offers, scenario, DEFAULTS, CATALOG.distributions, CATALOG.tax)


def three(found: Range) -> tuple[float, float, float]:
    """Low, central, high."""
    return found.low, found.central, found.high


ALL = candidates(*OFFERS)
TWO = candidates(*OFFERS[:2])
MEASURED = MeasuredSpeed(
    phase="decode",
    chip="apple-m2-ultra-76",
    chip_count=1,
    model="llama-3-70b",
    format="mlx-4bit",
    runtime="mlx-lm",
    context_tokens=512,
    batch_count=1,
    low_tokens_per_s=11.0,
    central_tokens_per_s=12.0,
    high_tokens_per_s=13.0,
    trust="measured here",
    as_of="2026-11-22",
    series="a",
    reading_count=5,
)
"""A speed measured here: Llama 3 70B in four bits on the 76-core M2 Ultra, an example."""
