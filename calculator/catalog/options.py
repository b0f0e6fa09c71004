"""Chips, machines, rented GPUs and hosted APIs: one pydantic type per folder of TOML files."""

from typing import Literal, Self

from pydantic import Field, model_validator

from calculator.catalog.models import MAKERS, Split, Vendor
from calculator.evidence import Entry, IsoDate, Quantity
from calculator.units import Positive


class Geometry(Entry):
    """What bandwidth and matrix rate follow from, so that they can be recomputed. Absent where sources contradict it.

    bandwidth (GB/s) = bus_width_bits x pin_rate_gbit_per_s / 8. Dense 16-bit rate (TFLOPS) = tensor cores x boost_ghz x
    tensor_flop_per_clock / 1000, half of that where fp32_accumulate is half.
    """

    bus_width_bits: int = Field(ge=1)
    pin_rate_gbit_per_s: Positive
    boost_ghz: Positive | None = None
    tensor_flop_per_clock: int | None = None
    fp32_accumulate: Literal["full", "half"] | None = None
    source: str


class Chip(Entry):
    """One GPU, card or system on a chip: what decides speed and memory. chips/<id>.toml

    `matrix_tflops` is the dense 16-bit rate with 32-bit accumulation; absent where no vendor or measurement gives it.
    """

    id: str
    name: str
    vendor: Vendor
    family: str = Field(description="architecture that shares its efficiency: apple-m2, nvidia-ada, amd-rdna3.5 ...")
    released: IsoDate
    status: str
    memory_kind: Literal["unified", "discrete"]
    memory_options_gib: tuple[Positive, ...]
    gpu_core_count: int | None = None
    tensor_core_count: int | None = None
    bandwidth_gb_per_s: Quantity
    matrix_tflops: Quantity | None = None
    fp32_tflops: Quantity | None = None
    board_max_w: Quantity | None = None
    host_link_gb_per_s: Quantity | None = None
    peer_link_gb_per_s: Quantity | None = None
    gpu_addressable_gib: Quantity | None = Field(
        default=None, description="the most that the GPU can address, where that is less than the memory"
    )
    embodied_kg: Quantity | None = Field(
        default=None, description="CO2e of making one chip or card, where its maker or a study states it"
    )
    geometry: Geometry | None = None
    note: str = ""

    @property
    def maker(self) -> str:
        """The vendor's name."""
        return MAKERS[self.vendor]

    @property
    def family_name(self) -> str:
        """The family in words: Apple M5, NVIDIA Blackwell server, AMD RDNA 3.5."""
        rest = self.family.removeprefix(f"{self.vendor}-").replace("-", " ").capitalize()
        return f"{self.maker} {rest.replace('Rdna', 'RDNA ')}"


class Price(Entry):
    """One dated observation of what a thing costs; rows are added, never overwritten."""

    kind: Literal["list", "street", "used", "refurbished", "estimate"]
    price_usd: Quantity
    ingredients_as_of: IsoDate | None = Field(
        default=None, description="of an estimate: the date of the oldest price it is made of; it is as old as that"
    )

    @model_validator(mode="after")
    def _estimate_has_the_age_of_its_ingredients(self) -> Self:
        if self.kind == "estimate" and self.ingredients_as_of is None:
            raise ValueError("an estimate needs ingredients_as_of, the date of the oldest price it is made of; add it.")
        return self

    @property
    def aged_from(self) -> str:
        """The date from which its age counts: of an estimate that of its oldest ingredient."""
        return self.ingredients_as_of or self.price_usd.as_of

    @property
    def is_estimate(self) -> bool:
        """Whether nobody asked this price: it was put together from others."""
        return self.ingredients_as_of is not None


class Power(Entry):
    """Watts by state. Wall watts of the whole box, unless `scope` says otherwise; scopes are never mixed."""

    scope: Literal["wall", "board", "package"]
    sleep_w: Quantity | None = None
    idle_w: Quantity
    prefill_w: Quantity
    decode_w: Quantity
    max_w: Quantity | None = Field(
        default=None, description="the maker's maximum for the same scope; no load may exceed it by over 10 %"
    )


class OtherCards(Entry):
    """Cards of another kind in the same box; memory_gib is of one."""

    chip: str
    chip_count: int = Field(ge=1, le=16)
    memory_gib: Positive


class Machine(Entry):
    """A whole computer that one can buy. machines/<id>.toml"""

    id: str
    name: str
    kind: Literal["mac", "workstation", "mini-pc"]
    status: str
    chip: str
    chip_count: int = Field(ge=1, le=16)
    memory_gib: Positive = Field(description="GB per chip: the unified memory, or the VRAM of one card")
    other_cards: tuple[OtherCards, ...] = ()
    system_ram_gib: Positive | None = Field(default=None, description="only where it is apart from the GPU's memory")
    system_ram_gb_per_s: Quantity | None = Field(
        default=None, description="what the processor reads of it, by channels and transfers"
    )
    storage_gb_per_s: Quantity | None = None
    power: Power
    prices: tuple[Price, ...] = Field(min_length=1)
    bought: Literal["new", "used"]
    age_when_bought_years: Quantity | None = None
    cards_bought: Literal["new", "used"] | None = Field(
        default=None, description="a self-built PC's cards where they are bought otherwise than the rest of it"
    )
    gpu_price_fraction: Quantity | None = Field(
        default=None, description="share of the newest price that is the cards; the rest of a PC keeps its value apart"
    )
    embodied_kg: Quantity | None = Field(
        default=None, description="CO2e of everything but its use, where its maker or a study states it"
    )
    setup_h: Quantity
    runtime: str
    split: Split = "layer"
    note: str = ""

    def purchase_price(self) -> Price:
        """The newest row of the kind one would pay: used for a used machine, else street, list or estimate."""
        wanted = ("used", "refurbished", "estimate") if self.bought == "used" else ("street", "list", "estimate")
        rows = [row for row in self.prices if row.kind in wanted] or list(self.prices)
        return max(rows, key=lambda row: row.aged_from)

    def list_price(self) -> Price:
        """The newest list price; the purchase price where no list price is known."""
        rows = [row for row in self.prices if row.kind == "list"]
        return max(rows, key=lambda row: row.price_usd.as_of) if rows else self.purchase_price()


class HourlyRate(Entry):
    """One dated observation of a rental price; one with a `host` is that host's alone and stands for no market."""

    kind: Literal["on-demand", "spot", "reserved", "serverless"]
    rate_usd_per_h: Quantity
    host: str = ""
    committed_months: int | None = Field(default=None, ge=1, description="of a reservation: for how long it binds")


class CloudOffer(Entry):
    """A machine rented by the hour. cloud/<id>.toml"""

    id: str
    name: str
    provider: str
    chip: str
    chip_count: int = Field(ge=1, le=16)
    memory_gib: Positive
    system_ram_gib: Positive | None = None
    rates: tuple[HourlyRate, ...] = Field(min_length=1)
    billing_minutes: Quantity
    startup_minutes: Quantity
    storage_gb: Quantity
    storage_usd_per_gb_month: Quantity
    setup_h: Quantity
    runtime: str
    split: Split = "tensor"
    note: str = ""

    def rate(self, kind: str = "on-demand") -> HourlyRate:
        """The newest row of the kind asked for, else on demand, else of any kind; the market's before a single host's."""
        rows = next(
            rows
            for wanted in (kind, "on-demand", None)
            if (rows := [row for row in self.rates if wanted in (row.kind, None)])
        )
        return max(rows, key=lambda row: (not row.host, row.rate_usd_per_h.as_of))


class PriceTier(Entry):
    """Price of long requests: above so many tokens of input, all tokens of a request cost this, not only the rest."""

    above_input_tokens: int = Field(ge=1)
    input_usd_per_mtok: Positive
    output_usd_per_mtok: Positive
    cached_input_usd_per_mtok: Positive | None = None
    cache_write_usd_per_mtok: Positive | None = None


class ApiTariff(Entry):
    """What one host asks per million tokens for one model, as read on one day."""

    model: str = Field(description="our model id, or the vendor's own name for a closed model")
    provider: str
    provider_model: str
    input_usd_per_mtok: Quantity
    output_usd_per_mtok: Quantity
    cached_input_usd_per_mtok: Quantity | None = None
    cache_write_usd_per_mtok: Quantity | None = Field(
        default=None, description="of input that the host keeps for later requests; absent where it costs as input does"
    )
    tiers: tuple[PriceTier, ...] = Field(default=(), description="by rising `above_input_tokens`")
    note: str = ""


class ApiQuote(Entry):
    """What one host asks for one model, as read on one day: a row of api_quotes.toml, never overwritten."""

    host: str
    host_name: str
    host_model: str
    input_usd_per_mtok: Positive
    output_usd_per_mtok: Positive
    cached_input_usd_per_mtok: Positive | None = None
    cache_write_usd_per_mtok: Positive | None = None
    tiers: tuple[PriceTier, ...] = ()
    source: str
    as_of: IsoDate
    note: str = ""

    @model_validator(mode="after")
    def _tiers_rise(self) -> Self:
        starts = [tier.above_input_tokens for tier in self.tiers]
        if starts != sorted(set(starts)):
            raise ValueError(f"tiers of {self.key} start above {starts}; write them in rising order, each once.")
        return self

    @property
    def key(self) -> str:
        """`host/host_model`, by which HostedModel names it."""
        return f"{self.host}/{self.host_model}"

    def prices(self) -> tuple[float | tuple[PriceTier, ...] | None, ...]:
        """Input, output, cached input and cache writes, USD per million tokens, and the tiers of long requests."""
        cached, kept = self.cached_input_usd_per_mtok, self.cache_write_usd_per_mtok
        return self.input_usd_per_mtok, self.output_usd_per_mtok, cached, kept, self.tiers


class HostedModel(Entry):
    """Who hosts one of our models: `host/host_model` of api_quotes.toml, hosts of the same weights only."""

    model: str
    hosts: tuple[str, ...] = Field(min_length=1)
    note: str = ""


class ApiOffer(Entry):
    """A hosted API, paid per token. api/<id>.toml

    kind `same-model`: the same open weights, hosted: one tariff per model id. `same-capability`: a closed model about
    as capable as the open ones. `frontier`: a closed model that is more capable. `named`: any model at any host of the
    price package, by name. The last three are the same whatever open model the scenario names; the kinds are never
    blended.
    """

    id: str
    name: str
    kind: Literal["same-model", "same-capability", "frontier", "named"]
    hosted: tuple[HostedModel, ...] = ()
    tariffs: tuple[ApiTariff, ...] = Field(
        default=(), description="written by the loader from `hosted` and api_quotes.toml"
    )
    quotes: dict[str, tuple[ApiQuote, ...]] = Field(
        default_factory=dict[str, tuple[ApiQuote, ...]], description="written by the loader: every host's newest quote"
    )
    setup_h: Quantity
    note: str = ""


class ElectricityTariff(Entry):
    """A flat electricity price of a region and sector; the newest row of an id counts. electricity.toml"""

    id: str
    region: str
    sector: Literal["residential", "commercial", "industrial", "all"]
    electricity_usd_per_kwh: Quantity


class GridCarbon(Entry):
    """Carbon intensity of a grid, location-based; the newest row of an id counts. grid_carbon.toml"""

    id: str
    region: str
    carbon_g_per_kwh: Quantity


class ResaleObservation(Entry):
    """One observed share of a price kept, of the list price or of what the same thing cost new that day. resale.toml"""

    id: str
    item: str
    age_years: Quantity
    kept_fraction: Quantity
    of: Literal["list price", "new price of the same day"] = "list price"
    channel: str = ""


class UsableMemory(Entry):
    """How much unified memory macOS lets the GPU have by default. macos_limits.toml"""

    macos: str
    memory_gib: Positive
    usable_gib: Quantity
