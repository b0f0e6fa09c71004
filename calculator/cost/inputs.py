"""Values of a scenario for every cost formula: its own, or draws and trial values in their place."""

import functools
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar, cast

import numpy as np

from calculator.catalog.tax import TaxTables
from calculator.evidence import Quantity
from calculator.finance.courses import Course
from calculator.number import Number
from calculator.scenario.scenario import Scenario

Found = TypeVar("Found")
Growth = Literal[
    "",
    "demand_growth_rate",
    "api_price_trend_rate",
    "cloud_price_trend_rate",
    "failure_growth_rate",
    "care_growth_rate",
]
"""Rates that move smoothly from month to month: with time, or with the age of a machine."""
Step = Literal["", "wage_escalation_rate", "electricity_escalation_rate", "inflation_rate"]
"""Rates that move a price once a year."""


class ScenarioNumbers:
    """Every number of a scenario, as one number or one per draw; a test holds the list against the scenario."""

    another_size_b: Number
    second_tenant_gb: Number
    macos_wired_limit_gb: Number
    requests_per_working_day: Number
    prompt_tokens: Number
    retrieved_tokens: Number
    answer_tokens: Number
    cached_prompt_fraction: Number
    concurrent_request_count: Number
    on_h_per_day: Number
    working_days_per_year: Number
    on_days_per_year: Number
    reserved_context_tokens: Number
    demand_growth_rate: Number
    peak_factor_ratio: Number
    answer_variation_ratio: Number
    first_token_p95_target_s: Number
    answer_p95_target_s: Number
    stream_target_tokens_per_s: Number
    unserved_fraction_max: Number
    leaves_house_fraction_max: Number
    open_session_count: Number
    wage_usd_per_h: Number
    wage_escalation_rate: Number
    mac_administration_h_per_year: Number
    pc_administration_h_per_year: Number
    cloud_administration_h_per_year: Number
    api_administration_h_per_year: Number
    further_care_fraction: Number
    care_growth_rate: Number
    electricity_usd_per_kwh: Number
    electricity_escalation_rate: Number
    cooling_cop_ratio: Number
    cooling_season_fraction: Number
    pue_ratio: Number
    market_carbon_g_per_kwh: Number
    resale_fraction: Number
    gpu_resale_fraction: Number
    pc_rest_resale_fraction: Number
    resale_market_index: Number
    resale_fee_fraction: Number
    discount_rate: Number
    inflation_rate: Number
    sales_tax_fraction: Number
    keep_warm_s: Number
    reserved_discount_fraction: Number
    reserved_months: Number
    reserved_upfront_fraction: Number
    spot_interruption_fraction: Number
    api_cache_write_fraction: Number
    seat_count: Number
    api_price_trend_rate: Number
    cloud_price_trend_rate: Number
    months: Number
    built_failure_rate: Number
    self_built_failure_rate: Number
    repair_fraction: Number
    warranty_months: Number
    used_warranty_months: Number
    failure_growth_rate: Number
    availability_fraction: Number
    downtime_usd_per_h: Number
    electrical_work_usd: Number
    warranty_usd: Number
    disposal_usd: Number
    insurance_rate: Number
    space_usd_per_month: Number
    software_usd_per_month: Number
    demand_charge_usd_per_kw_month: Number
    peak_hours_fraction: Number
    peak_price_ratio: Number
    api_batch_fraction: Number
    api_batch_discount_fraction: Number
    api_retry_fraction: Number
    tax_rate: Number
    fiscal_year_end_month: Number
    depreciation_years: Number
    debt_rate: Number


@dataclass(frozen=True)
class Inputs(ScenarioNumbers):
    """The scenario's numbers as attributes, some of them replaced by draws or trial values.

    `given` maps a scenario field, or "<option id>.<name>" for what belongs to one option, to a number or an array of
    draws. `tax_tables` are needed where the scenario deducts by MACRS. Courses are kept by name, so that all options
    share them and each is summed once. `brief`: only what the lines cost is wanted, not what explains them.
    `values_key`: a short key of all that is given, people's time (staff_lines.py) apart; where it is None, kept dollars
    (kept_cash.py) are found by the arrays themselves.
    """

    scenario: Scenario
    given: Mapping[str, Number] = field(default_factory=dict[str, Number])
    tax_tables: TaxTables | None = field(default=None, repr=False)
    _courses: dict[tuple[str, str, str, int], Course] = field(
        default_factory=dict[tuple[str, str, str, int], Course], repr=False
    )
    brief: bool = field(default=False, repr=False)
    values_key: Hashable = field(default=None, repr=False)
    _found: dict[str, Any] = field(default_factory=dict[str, Any], repr=False)

    def __post_init__(self) -> None:
        own, given = vars(self.scenario), self.given
        vars(self).update({name: given[name] if name in given else own[name] for name in _NAMES})

    def of(self, owner: str, name: str, otherwise: Quantity | Number) -> Number:
        """What belongs to one option: its given value, the person's own figure, or the catalogue's central one.

        A person's own speeds stand in the usage already (service/speeds.py): here they are what is drawn around them.
        Version 0.1 knew them here alone.
        """
        key = f"{owner}.{name}"
        if key in self.given:
            return self.given[key]
        if key in self.scenario.figures and (name not in _SPEEDS or self.scenario.rules == 1):
            return self.scenario.figures[key]
        return otherwise.central if isinstance(otherwise, Quantity) else otherwise

    @functools.cached_property
    def drawn(self) -> bool:
        """Whether some value is an array of draws: then what only explains a line is left out."""
        return any(isinstance(value, np.ndarray) for value in self.given.values())

    @property
    def explains(self) -> bool:
        """Whether the lines bring what explains them."""
        return not (self.brief or self.drawn)

    @functools.cached_property
    def draw_count(self) -> int:
        """Draws of each value that is drawn; 1 where none is."""
        return max((value.size for value in self.given.values() if isinstance(value, np.ndarray)), default=1)

    def once(self, name: str, compute: Callable[[], Found]) -> Found:
        """What all options make of these inputs alike, made once; `name` tells it from other things."""
        if name not in self._found:
            self._found[name] = compute()
        return self._found[name]

    def course(
        self, *, growth: Growth = "", step: Step = "", growth_and: Growth = "", first_month: Number = 1
    ) -> Course:
        """The course that grows with the named rates; the same object for the same names and month (unless drawn)."""
        if not isinstance(first_month, int):
            return self._course(growth, growth_and, step, first_month)
        key = (growth, growth_and, step, first_month)
        if key not in self._courses:
            self._courses[key] = self._course(growth, growth_and, step, first_month)
        return self._courses[key]

    def _course(self, growth: Growth, growth_and: Growth, step: Step, first_month: Number) -> Course:
        rate = self._rate(growth)
        both = (1 + rate) * (1 + self._rate(growth_and)) - 1 if growth_and else rate
        return Course(both, self._rate(step), first_month)

    def _rate(self, name: Growth | Step) -> Number:
        return cast("Number", getattr(self, name)) if name else 0.0


_SPEEDS = ("prefill_speed_ratio", "decode_speed_ratio")
_NAMES = tuple(ScenarioNumbers.__annotations__)
