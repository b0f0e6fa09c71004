"""What may a person ask? Every knob of the page, once: its unit, bounds, help text and section.

The page builds its widgets, the command line its `--set`, and the URL its parameters from this one class. Default values
live in catalog/defaults.toml with their evidence; what is a plain choice (which model, how many months) stands here.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self, cast

from pydantic import Field, ValidationError, model_validator
from pydantic.fields import FieldInfo

from calculator.catalog.loader import load_defaults
from calculator.catalog.options import WeightClass
from calculator.errors import ScenarioError, plain_number, sentences
from calculator.evidence import Record
from calculator.scenario.own_figures import (
    FIGURE_BOUNDS,
    MOST_USD,
    NOT_DRAWN,
    ExchangeRate,
    Finite,
    Lease,
    cases_problem,
    currency_problem,
    range_problem,
)

SCHEMA_VERSION = 1
ANOTHER_SIZE = "another-size"
"""The model id that stands for a dense model with `another_size_b` billion parameters."""
Section = Literal[
    "question", "demand", "labour", "energy", "resale", "money", "cloud", "time", "repair", "extras", "books",
]  # fmt: skip


_DEFAULTS = load_defaults()


def _knob(section: Section, label: str, help_text: str, *, unit: str, step: float, shown: float = 1.0) -> Any:
    """What the page needs to draw a field; `shown` is the factor between the model's unit and the one displayed (100 for %)."""
    return {"section": section, "label": label, "help": help_text, "unit": unit, "step": step, "shown": shown}


def _evidenced(name: str, low: float, high: float, knob: dict[str, Any]) -> Any:
    return Field(
        default=_DEFAULTS[name], ge=low, le=high, allow_inf_nan=False, description=knob["help"], json_schema_extra=knob
    )


def _chosen(default: float, low: float, high: float, knob: dict[str, Any]) -> Any:
    return Field(default=default, ge=low, le=high, description=knob["help"], json_schema_extra=knob)


OptionIds = Annotated[tuple[str, ...], Field(min_length=1, max_length=12)]
DEFAULT_OPTIONS = (
    "mac-studio-m5-ultra-256", "mac-studio-m2-ultra-192-used", "dual-rtx-4090-threadripper", "cloud-h100", "api-same-model",
)  # fmt: skip


class Scenario(Record):
    """One question, complete: what is served, how much of it, at which prices, for how long.

    Frozen and validated once; `Scenario.parse` turns pydantic's errors into sentences (ScenarioError).
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    name: str = Field(default="A firm of eight", max_length=120)
    options: OptionIds = DEFAULT_OPTIONS

    # --- question
    model: str = Field(
        default="llama-3-70b",
        description="A model of the catalogue, or 'another-size'.",
        json_schema_extra=_knob("question", "Model", "Which open-weights model is served.", unit="", step=1),
    )
    another_size_b: float = _chosen(
        70,
        0.1,
        3000,
        _knob(
            "question",
            "Parameters of another size",
            "Billions of parameters; used when the model is 'another size': a dense model with grouped-query attention.",
            unit="billion",
            step=1,
        ),
    )
    weight_class: WeightClass = Field(
        default="4-bit",
        description="Precision of the weights, the same for every option.",
        json_schema_extra=_knob(
            "question",
            "Weight precision",
            "The same for every option; each runtime loads its own format of this class.",
            unit="",
            step=1,
        ),
    )
    second_tenant_gb: float = _chosen(
        0,
        0,
        1000,
        _knob(
            "question",
            "Second tenant",
            "Memory that something else needs beside the model, a vector database for example. It shares unified memory on a Mac and sits in system RAM on a PC.",
            unit="GB",
            step=5,
        ),
    )
    macos_wired_limit_gb: float = _chosen(
        0,
        0,
        1000,
        _knob(
            "question", "macOS wired limit", "iogpu.wired_limit_mb in GB; 0 leaves Apple's default.", unit="GB", step=1
        ),
    )

    # --- demand
    requests_per_working_day: float = _evidenced(
        "requests_per_working_day",
        0,
        1_000_000,
        _knob(
            "demand",
            "Requests per working day",
            "Questions that the whole team asks on a working day.",
            unit="requests",
            step=10,
        ),
    )
    prompt_tokens: int = _chosen(
        300, 1, 1_000_000, _knob("demand", "Prompt", "Tokens of instruction and question.", unit="tokens", step=50)
    )
    retrieved_tokens: int = _chosen(
        3500,
        0,
        1_000_000,
        _knob(
            "demand", "Retrieved text", "Tokens of documents put before the question (RAG).", unit="tokens", step=250
        ),
    )
    answer_tokens: int = _chosen(
        400, 1, 100_000, _knob("demand", "Answer", "Tokens that the model writes.", unit="tokens", step=50)
    )
    cached_prompt_fraction: float = _chosen(
        0,
        0,
        1,
        _knob(
            "demand",
            "Prompt already cached",
            "Share of prompt and retrieved tokens whose keys and values are still in memory, or billed at the cached price.",
            unit="%",
            step=5,
            shown=100,
        ),
    )
    concurrent_request_count: int = _chosen(
        2, 1, 256, _knob("demand", "At once", "Requests that must be served at the same time.", unit="requests", step=1)
    )
    on_h_per_day: float = _chosen(
        10,
        0.5,
        24,
        _knob("demand", "Machine on", "Hours per working day in which the machine is on.", unit="h", step=0.5),
    )
    working_days_per_year: int = _chosen(
        252, 1, 365, _knob("demand", "Working days", "Days per year on which it is used.", unit="days/year", step=1)
    )
    demand_growth_rate: float = _evidenced(
        "demand_growth_rate",
        -0.9,
        10,
        _knob("demand", "Growth of demand", "Change of requests per year.", unit="%/year", step=5, shown=100),
    )
    peak_factor_ratio: float = _evidenced(
        "peak_factor_ratio",
        1,
        24,
        _knob(
            "demand",
            "Peak factor",
            "Requests in the busiest hour of the day over those of the mean hour in which the machine is on. 1 is an even day.",
            unit="",
            step=0.1,
        ),
    )
    answer_variation_ratio: float = _evidenced(
        "answer_variation_ratio",
        0,
        1.5,
        _knob(
            "demand",
            "Variation of answers",
            "Standard deviation of the answers' length over its mean: 0 where all are alike, 1 where many are short and a few very long.",
            unit="",
            step=0.05,
        ),
    )
    first_token_p95_target_s: float = _chosen(
        0,
        0,
        36_000,
        _knob(
            "demand",
            "Target: first token",
            "At the peak hour 19 of 20 requests see their first token within this time; 0 sets no target.",
            unit="s",
            step=1,
        ),
    )
    answer_p95_target_s: float = _chosen(
        0,
        0,
        36_000,
        _knob(
            "demand",
            "Target: whole answer",
            "At the peak hour 19 of 20 answers are complete within this time; 0 sets no target.",
            unit="s",
            step=5,
        ),
    )
    stream_target_tokens_per_s: float = _chosen(
        0,
        0,
        10_000,
        _knob(
            "demand",
            "Target: speed of an answer",
            "Tokens per second at which one person sees an answer grow at the peak hour; 0 sets no target.",
            unit="tokens/s",
            step=1,
        ),
    )

    # --- labour
    wage_usd_per_h: float = _evidenced(
        "wage_usd_per_h",
        0,
        1000,
        _knob(
            "labour",
            "Hourly rate",
            "Loaded cost of an hour of whoever looks after the machine. The article bills $200.",
            unit="$/h",
            step=5,
        ),
    )
    wage_escalation_rate: float = _evidenced(
        "wage_escalation_rate",
        -0.2,
        0.5,
        _knob("labour", "Wage growth", "Change of the hourly rate per year.", unit="%/year", step=0.1, shown=100),
    )
    mac_administration_h_per_year: float = _evidenced(
        "mac_administration_h_per_year",
        0,
        2000,
        _knob(
            "labour", "Care of a Mac", "Hours a year for updates, restarts and model changes.", unit="h/year", step=1
        ),
    )
    pc_administration_h_per_year: float = _evidenced(
        "pc_administration_h_per_year",
        0,
        2000,
        _knob(
            "labour",
            "Care of a PC with GPUs",
            "Hours a year for drivers, updates, restarts and model changes. The article claims 20.",
            unit="h/year",
            step=1,
        ),
    )
    cloud_administration_h_per_year: float = _evidenced(
        "cloud_administration_h_per_year",
        0,
        2000,
        _knob(
            "labour", "Care of a rented GPU", "Hours a year for images, start and stop, keys.", unit="h/year", step=1
        ),
    )
    api_administration_h_per_year: float = _evidenced(
        "api_administration_h_per_year",
        0,
        2000,
        _knob(
            "labour", "Care of an API account", "Hours a year for keys, invoices, model changes.", unit="h/year", step=1
        ),
    )

    # --- energy
    electricity_usd_per_kwh: float = _evidenced(
        "electricity_usd_per_kwh",
        0,
        2,
        _knob("energy", "Electricity price", "Price of a kilowatt-hour, taxes included.", unit="$/kWh", step=0.005),
    )
    electricity_escalation_rate: float = _evidenced(
        "electricity_escalation_rate",
        -0.2,
        0.5,
        _knob("energy", "Electricity price growth", "Nominal change per year.", unit="%/year", step=0.1, shown=100),
    )
    site: Literal["office", "server-room"] = Field(
        default="office",
        description="Office: air conditioning by its coefficient of performance. Server room: power usage effectiveness. Never both.",
        json_schema_extra=_knob("energy", "Where it stands", "Decides how cooling is counted.", unit="", step=1),
    )
    cooling_cop_ratio: float = _evidenced(
        "cooling_cop_ratio",
        0.5,
        20,
        _knob("energy", "Air conditioner COP", "Heat moved per kWh (office only).", unit="", step=0.5),
    )
    cooling_season_fraction: float = _evidenced(
        "cooling_season_fraction",
        0,
        1,
        _knob(
            "energy",
            "Cooled share of the year",
            "Share of the year in which the office is cooled.",
            unit="%",
            step=5,
            shown=100,
        ),
    )
    pue_ratio: float = _evidenced(
        "pue_ratio", 1, 3, _knob("energy", "PUE", "Power usage effectiveness (server room only).", unit="", step=0.01)
    )

    grid: str = Field(
        default="us", max_length=40, description="Whose electricity it is, for its carbon: an id of grid_carbon.toml."
    )

    # --- resale
    resale_fraction: float = _evidenced(
        "resale_fraction",
        0,
        1,
        _knob(
            "resale",
            "Resale value: Mac or mini PC",
            "Share of the list price kept after 36 months, before fees.",
            unit="%",
            step=1,
            shown=100,
        ),
    )
    gpu_resale_fraction: float = _evidenced(
        "gpu_resale_fraction",
        0,
        1,
        _knob(
            "resale",
            "Resale value: PC with GPUs",
            "Share of the list price kept after 36 months, before fees. The article says 'scrap'.",
            unit="%",
            step=1,
            shown=100,
        ),
    )
    resale_market_index: float = _evidenced(
        "resale_market_index",
        0,
        5,
        _knob("resale", "Market index at sale", "Price of a new replacement against today's.", unit="", step=0.05),
    )
    resale_fee_fraction: float = _evidenced(
        "resale_fee_fraction",
        0,
        1,
        _knob("resale", "Selling fee", "Share of the sale that the marketplace keeps.", unit="%", step=1, shown=100),
    )

    # --- money
    discount_rate: float = _evidenced(
        "discount_rate",
        -0.5,
        1,
        _knob(
            "money",
            "Discount rate",
            "Nominal, per year; the monthly rate is (1+r)^(1/12)-1.",
            unit="%/year",
            step=0.5,
            shown=100,
        ),
    )
    inflation_rate: float = _evidenced(
        "inflation_rate",
        -0.2,
        0.5,
        _knob("money", "Inflation", "Used for the view in today's money only.", unit="%/year", step=0.1, shown=100),
    )
    sales_tax_fraction: float = _evidenced(
        "sales_tax_fraction",
        0,
        0.5,
        _knob("money", "Sales tax on hardware", "0 where the tax is recovered.", unit="%", step=0.25, shown=100),
    )

    # --- cloud
    rental: Literal["working-hours", "always-on"] = Field(
        default="working-hours",
        description="Rented GPUs are paid for the hours the machine must be on, or around the clock.",
        json_schema_extra=_knob(
            "cloud", "Rented GPU is paid", "Only the hours on, or around the clock.", unit="", step=1
        ),
    )
    cloud_rate: Literal["on-demand", "reserved", "spot"] = Field(
        default="on-demand",
        description="Which hourly rate is paid: on demand, reserved (a commitment, paid around the clock) or spot (may be taken away).",
        json_schema_extra=_knob(
            "cloud",
            "Hourly rate",
            "On demand; reserved: a commitment that is paid around the clock, at its own rate where the catalogue has one, else at the discount below; spot: may be taken away for the share of hours below.",
            unit="",
            step=1,
        ),
    )
    reserved_discount_fraction: float = _evidenced(
        "reserved_discount_fraction",
        0,
        1,
        _knob(
            "cloud",
            "Discount of a reservation",
            "What a committed hour costs less than one on demand; used where the catalogue has no reserved rate.",
            unit="%",
            step=5,
            shown=100,
        ),
    )
    reserved_months: int = _chosen(
        12,
        1,
        84,
        _knob(
            "cloud",
            "Length of a commitment",
            "Months for which a reservation is paid whether it is used or not; it is renewed at the price of that day.",
            unit="months",
            step=12,
        ),
    )
    reserved_upfront_fraction: float = _chosen(
        0,
        0,
        1,
        _knob(
            "cloud",
            "Reservation paid at once",
            "Share of each commitment that is paid at its start; the rest month by month.",
            unit="%",
            step=50,
            shown=100,
        ),
    )
    spot_interruption_fraction: float = _evidenced(
        "spot_interruption_fraction",
        0,
        0.9,
        _knob(
            "cloud",
            "Spot machine taken away",
            "Share of the hours on in which a spot machine is gone or starting again. What it misses is bought from the API, or counted as lost hours.",
            unit="%",
            step=1,
            shown=100,
        ),
    )
    api_price_trend_rate: float = _evidenced(
        "api_price_trend_rate",
        -0.95,
        1,
        _knob(
            "cloud", "API price trend", "Change per year of the same model's price.", unit="%/year", step=5, shown=100
        ),
    )
    cloud_price_trend_rate: float = _evidenced(
        "cloud_price_trend_rate",
        -0.95,
        1,
        _knob("cloud", "GPU rental price trend", "Change per year.", unit="%/year", step=5, shown=100),
    )

    # --- time
    months: int = _chosen(36, 12, 84, _knob("time", "Months", "How long the machine is kept.", unit="months", step=6))
    start_month: str = Field(
        default="2026-12",
        pattern=r"^20\d\d-(0[1-9]|1[0-2])$",
        description="Month of purchase.",
        json_schema_extra=_knob("time", "Start", "Month of purchase, YYYY-MM.", unit="", step=1),
    )

    # --- repair: what breaks, and what happens meanwhile
    built_failure_rate: float = _evidenced(
        "built_failure_rate",
        0,
        1,
        _knob(
            "repair",
            "Failures of a bought box",
            "Share of Macs and other factory-built boxes that need a repair in a year.",
            unit="%/year",
            step=0.5,
            shown=100,
        ),
    )
    self_built_failure_rate: float = _evidenced(
        "self_built_failure_rate",
        0,
        1,
        _knob(
            "repair",
            "Failures of a self-built PC",
            "Share of self-built PCs that need a repair in a year.",
            unit="%/year",
            step=0.5,
            shown=100,
        ),
    )
    repair_fraction: float = _evidenced(
        "repair_fraction",
        0,
        1,
        _knob(
            "repair",
            "Cost of a repair",
            "Share of the purchase price that a repair out of warranty costs.",
            unit="%",
            step=5,
            shown=100,
        ),
    )
    warranty_months: int = _chosen(
        12, 0, 84, _knob("repair", "Warranty", "Months in which a repair costs nothing.", unit="months", step=6)
    )
    when_full: Literal["buy-from-api", "buy-another"] = Field(
        default="buy-from-api",
        description="When demand outgrows the machine: the rest is bought from the API, or a further machine is bought.",
        json_schema_extra=_knob(
            "repair",
            "When demand outgrows it",
            "The rest is bought from the API, or another machine of the same kind is bought in that month.",
            unit="",
            step=1,
        ),
    )
    availability_fraction: float = _chosen(
        1,
        0.5,
        1,
        _knob(
            "repair",
            "Availability",
            "Share of its hours in which the machine really works. What it misses is bought from the API, or counted as lost hours, never both.",
            unit="%",
            step=0.5,
            shown=100,
        ),
    )
    downtime_usd_per_h: float = _chosen(
        0,
        0,
        100_000,
        _knob(
            "repair",
            "Cost of an hour without it",
            "If above 0, hours without the machine cost this much; if 0, their requests are bought from the API.",
            unit="$/h",
            step=10,
        ),
    )

    # --- extras: cost lines that are 0 unless you have them
    electrical_work_usd: float = _chosen(
        0,
        0,
        1_000_000,
        _knob("extras", "Electrical work", "Circuit, UPS, rack: once, per PC with GPUs.", unit="$", step=100),
    )
    warranty_usd: float = _chosen(
        0,
        0,
        100_000,
        _knob(
            "extras",
            "Extended warranty",
            "AppleCare or the like, once per machine, for the months of warranty above.",
            unit="$",
            step=50,
        ),
    )
    disposal_usd: float = _chosen(
        0, 0, 100_000, _knob("extras", "Disposal", "Cost of getting rid of the machine, data wiped.", unit="$", step=50)
    )
    insurance_rate: float = _chosen(
        0,
        0,
        1,
        _knob("extras", "Insurance", "Share of the purchase price per year.", unit="%/year", step=0.1, shown=100),
    )
    space_usd_per_month: float = _chosen(
        0,
        0,
        100_000,
        _knob("extras", "Space or colocation", "Rent of the place where the machine stands.", unit="$/month", step=10),
    )
    software_usd_per_month: float = _chosen(
        0,
        0,
        100_000,
        _knob("extras", "Software", "Licences and monitoring of an own or rented machine.", unit="$/month", step=10),
    )
    demand_charge_usd_per_kw_month: float = _chosen(
        0,
        0,
        200,
        _knob("extras", "Demand charge", "Charge for the highest power of the month.", unit="$/kW/month", step=1),
    )
    peak_hours_fraction: float = _chosen(
        0,
        0,
        1,
        _knob(
            "extras",
            "Hours at the peak price",
            "Share of the machine's hours that fall into the peak window of a time-of-use tariff.",
            unit="%",
            step=5,
            shown=100,
        ),
    )
    peak_price_ratio: float = _chosen(
        1,
        0,
        10,
        _knob("extras", "Peak price", "Peak price of electricity as a multiple of the price above.", unit="", step=0.1),
    )
    api_batch_fraction: float = _chosen(
        0,
        0,
        1,
        _knob(
            "extras", "Requests that can wait", "Share of API requests sent as a batch.", unit="%", step=5, shown=100
        ),
    )
    api_batch_discount_fraction: float = _evidenced(
        "api_batch_discount_fraction",
        0,
        1,
        _knob("extras", "Batch discount", "What a batch costs less.", unit="%", step=5, shown=100),
    )
    api_retry_fraction: float = _chosen(
        0,
        0,
        1,
        _knob(
            "extras", "Retries", "Share of API requests that are sent, and paid, twice.", unit="%", step=1, shown=100
        ),
    )

    # --- books
    timing: Literal["month-end", "mid-month", "annual-end"] = Field(
        default="month-end",
        description="When the money of a month is counted: at its end, in its middle, or at the end of its year.",
        json_schema_extra=_knob("books", "Timing of flows", "When the money of a month is counted.", unit="", step=1),
    )
    tax_mode: Literal["none", "expense", "macrs-half-year", "macrs-mid-quarter", "straight-line", "custom"] = Field(
        default="none",
        description="How the purchase is deducted from taxable income; none leaves tax out.",
        json_schema_extra=_knob(
            "books",
            "Tax",
            "How the purchase is deducted: none leaves tax out, expense deducts it at once (bonus depreciation, section 179), MACRS is the United States' five-year table (mid-quarter where over 40 % of a year's purchases fall into its last quarter), straight line and custom are for elsewhere.",
            unit="",
            step=1,
        ),
    )
    tax_rate: float = _evidenced(
        "tax_rate",
        0,
        0.9,
        _knob(
            "books",
            "Tax rate",
            "Share of profit that is paid as tax; used where tax is counted.",
            unit="%",
            step=1,
            shown=100,
        ),
    )
    fiscal_year_end_month: int = _chosen(
        12, 1, 12, _knob("books", "Fiscal year ends in month", "1 to 12; 12 is December.", unit="", step=1)
    )
    depreciation_years: float = _chosen(
        5,
        1,
        20,
        _knob("books", "Years of straight-line depreciation", "Used where tax is straight line.", unit="years", step=1),
    )
    depreciation_fractions: tuple[Annotated[float, Field(ge=0, le=1)], ...] = Field(
        default=(), description="Share of the price deducted in each tax year, where tax is custom."
    )
    book_method: Literal["straight-line", "sum-of-years", "declining-balance", "fixed-share"] = Field(
        default="straight-line",
        description="How the books write a machine down to what it is expected to bring; no effect on cash.",
        json_schema_extra=_knob(
            "books",
            "Depreciation in the books",
            "How the profit and loss statement spreads the price: in equal parts, by the sum of years' digits, by double declining balance, or by a fixed share of the balance. Cash and verdict do not change.",
            unit="",
            step=1,
        ),
    )
    debt_rate: float = _evidenced(
        "debt_rate",
        0,
        0.5,
        _knob(
            "books",
            "Cost of debt",
            "What a bank asks per year; lease and purchase are compared at it, after tax.",
            unit="%/year",
            step=0.5,
            shown=100,
        ),
    )
    leases: Mapping[str, Lease] = Field(
        default_factory=dict, description="Machines that are leased rather than bought: their id and the terms."
    )
    currencies: Mapping[str, ExchangeRate] = Field(
        default_factory=dict,
        max_length=1,
        description="The currency in which amounts are shown beside dollars, at your own rate of a day: at most one.",
    )
    already_own_usd: Mapping[str, Annotated[float, Field(ge=0, le=MOST_USD, allow_inf_nan=False)]] = Field(
        default_factory=dict,
        description="Machines that you have already: their id and what they would bring today, after fees. They enter at that value; what you once paid is spent.",
    )
    figures: Mapping[str, Annotated[float, Field(allow_inf_nan=False)]] = Field(
        default_factory=dict,
        description="Your own figures of an option in place of the catalogue's: '<option id>.<figure>' = value, a price you were offered for example.",
    )
    ranges: Mapping[str, tuple[Finite, Finite, Finite]] = Field(
        default_factory=dict,
        description="Your own P10, P50 and P90 of a value, by its name, or of an option's figure: '<option id>.<figure>'.",
    )

    cases: Mapping[str, tuple[tuple[Finite, Finite], ...]] = Field(
        default_factory=dict,
        description="A value that takes one of several, each with its weight: [[1.0, 0.7], [0.6, 0.3]].",
    )

    @model_validator(mode="before")
    @classmethod
    def _truth_is_no_number(cls, values: Any) -> Any:
        nested = [
            (f"{table}.{name}", value)
            for table in ("figures", "already_own_usd")
            for name, value in _items(_items(values).get(table)).items()
        ]
        for name, value in (*_items(values).items(), *nested):
            if isinstance(value, bool):
                raise ValueError(f"{name} is {value}; neither true nor false can stand here. Write a number or text.")
        return values

    @model_validator(mode="before")
    @classmethod
    def _range_sets_its_value(cls, values: Any) -> Any:
        """A value given as three is a range; a value of which only the range is given is its P50."""
        numbers = {name for name in cls.model_fields if _is_number(cls, name)}
        threes: dict[str, Any] = {
            name: row for name, row in _items(values).items() if name in numbers and isinstance(row, list | tuple)
        }
        ranges: dict[str, Any] = {**_items(_items(values).get("ranges")), **threes}
        whole = {
            name: cast("Any", row)
            for name, row in ranges.items()
            if name not in NOT_DRAWN and isinstance(row, list | tuple)
        }
        p50 = {name: row[1] for name, row in whole.items() if len(row) == 3}
        if not p50 and not threes:
            return values
        kept: dict[str, Any] = {name: value for name, value in _items(values).items() if name not in threes}
        if figures := {name: value for name, value in p50.items() if "." in name}:
            kept["figures"] = {**figures, **_items(kept.get("figures"))}
        return {**{name: value for name, value in p50.items() if name in numbers}, **kept, "ranges": ranges}

    @model_validator(mode="after")
    def _ranges_lie_in_bounds_and_order(self) -> Self:
        for name in (*self.ranges, *self.cases):
            if "." in name and name in self.ranges:
                bounds = FIGURE_BOUNDS.get(
                    name.rpartition(".")[2], (float("-inf"), float("inf"))
                )  # an unknown one is refused with the figures
            elif name in NOT_DRAWN:
                raise ValueError(f"{name} {NOT_DRAWN[name]}, so it has no range of its own. Give one value.")
            elif not _is_number(type(self), name):
                raise ValueError(
                    f"{name} has no range of its own; ranges can be given for numbers of the scenario and for '<option id>.<figure>'."
                )
            else:
                bounds = _bounds(type(self).model_fields[name])
            if problem := range_problem(name, bounds, self.ranges.get(name)) or cases_problem(
                name, bounds, self.cases.get(name)
            ):
                raise ValueError(problem)
        return self

    @model_validator(mode="after")
    def _tables_fit_together(self) -> Self:
        for name in self.leases:
            if name in self.already_own_usd:
                raise ValueError(
                    f"{name} is owned already or leased, not both. Remove it from leases or already_own_usd."
                )
        for name, rate in self.currencies.items():
            if problem := currency_problem(name, rate):
                raise ValueError(problem)
        return self

    @model_validator(mode="after")
    def _figures_are_known(self) -> Self:
        for name, value in self.figures.items():
            owner, _, figure = name.rpartition(".")
            if figure not in FIGURE_BOUNDS:
                raise ValueError(f"figures.{name}: {figure!r} is not a figure. Allowed: {', '.join(FIGURE_BOUNDS)}.")
            if not owner:
                raise ValueError(
                    f"figures.{name} names no option. Write figures.<option>.{name}, one of {', '.join(self.options)}."
                )
            if owner not in self.options and "/" not in owner:
                raise ValueError(f"figures.{name}: {owner!r} is not among the options {', '.join(self.options)}.")
            low, high = FIGURE_BOUNDS[figure]
            if not low <= value <= high:
                raise ValueError(
                    f"figures.{name} is {value:g}; it must lie in {plain_number(low)}..{plain_number(high)}."
                )
        return self

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> "Scenario":
        """Validate; raises ScenarioError with one sentence per problem."""
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            raise ScenarioError(" ".join(sentences(error, cls))) from None

    def changed(self, **values: Any) -> "Scenario":
        """A copy with other values, validated."""
        return Scenario.parse({**self.model_dump(), **values})

    def id(self) -> str:
        """Twelve hexadecimal digits that name this scenario: a hash of all its values."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def input_tokens(self) -> int:
        """Tokens that must be read per request: prompt and retrieved text."""
        return self.prompt_tokens + self.retrieved_tokens

    def context_tokens(self) -> int:
        """Tokens in the cache when the answer is complete."""
        return self.input_tokens() + self.answer_tokens

    def busiest_hour_ratio(self) -> float:
        """The peak factor, cut where one hour would hold more than the day: min(peak factor, hours on), at least 1."""
        return min(self.peak_factor_ratio, max(self.on_h_per_day, 1.0))


@dataclass(frozen=True)
class Knob:
    """How a field is shown: label, unit, help, bounds and step, in displayed units."""

    name: str
    section: str
    label: str
    help: str
    unit: str
    low: float
    high: float
    step: float
    shown: float
    default: Any


def knobs() -> dict[str, Knob]:
    """Every field that a person may change, in the page's order."""
    found: dict[str, Knob] = {}
    for name, info in Scenario.model_fields.items():
        extra = info.json_schema_extra
        if not isinstance(extra, dict):
            continue
        extra = cast("dict[str, Any]", extra)
        low, high = _bounds(info)
        found[name] = Knob(
            name=name, section=extra["section"], label=extra["label"], help=extra["help"], unit=extra["unit"],
            low=low, high=high, step=extra["step"], shown=extra["shown"], default=info.default,
        )  # fmt: skip
    return found


def _is_number(kind: type[Scenario], name: str) -> bool:
    info = kind.model_fields.get(name)
    annotation: object = info.annotation if info is not None else None
    return annotation is int or annotation is float


def _items(table: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", table) if isinstance(table, Mapping) else {}


def _bounds(info: FieldInfo) -> tuple[float, float]:
    low, high = float("-inf"), float("inf")
    for item in info.metadata:
        low, high = getattr(item, "ge", low), getattr(item, "le", high)
    return low, high
