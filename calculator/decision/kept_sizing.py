"""Kept sizing: what a machine can do, and how many keep the promise, found once while only money changes.

A price, a wage or a rate of tax changes what machines cost, but neither their speed nor their number. All other fields
of the scenario are the key.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from calculator.catalog import Catalog
from calculator.catalog.options import CloudOffer, Machine
from calculator.decision.question import Question
from calculator.finance.kept_draws import KeptDraws
from calculator.physics.measured import MeasuredSpeed
from calculator.service.capability import Capability, capability_of
from calculator.service.serving import Serving, serving_of
from calculator.service.usage import WhenFull

NOT_READ: frozenset[str] = frozenset(
    (
        *("api_administration_h_per_year", "api_batch_discount_fraction", "api_batch_fraction"),
        *("api_cache_write_fraction", "api_host", "api_price_trend_rate", "api_retry_fraction"),
        *("availability_fraction", "book_method"),
        *("built_failure_rate", "care_growth_rate", "cloud_administration_h_per_year", "cloud_price_trend_rate"),
        *("cloud_rate", "cooling_cop_ratio", "cooling_season_fraction", "currencies", "debt_rate"),
        *("demand_charge_usd_per_kw_month", "depreciation_fractions", "depreciation_years", "discount_rate"),
        *("disposal_usd", "downtime_usd_per_h", "electrical_work_usd", "electricity_escalation_rate"),
        *("electricity_usd_per_kwh", "failure_growth_rate", "fiscal_year_end_month", "further_care_fraction"),
        *("gpu_resale_fraction", "grid", "inflation_rate", "insurance_rate", "labour", "leases"),
        *("mac_administration_h_per_year", "market_carbon_g_per_kwh", "money", "name", "pc_administration_h_per_year"),
        *("pc_rest_resale_fraction", "peak_hours_fraction", "peak_price_ratio", "prices_as_of", "pue_ratio"),
        *("repair_fraction", "resale_fee_fraction", "resale_fraction", "resale_market_index"),
        *("reserved_discount_fraction", "reserved_months", "reserved_upfront_fraction", "sales_tax_fraction"),
        *("self_built_failure_rate", "software_usd_per_month", "space_usd_per_month", "spot_interruption_fraction"),
        *("start_month", "tax_mode", "tax_rate", "timing", "used_warranty_months", "wage_escalation_rate"),
        *("wage_usd_per_h", "warranty_months", "warranty_usd"),
    )
)
"""Fields of a scenario that sizing does not read; a test holds the list."""


@dataclass(frozen=True, slots=True)
class Sizing:
    """One option sized: what it can do, and how it serves by each rule and number of machines, each found once."""

    found: Capability
    held: tuple[Catalog, Sequence[MeasuredSpeed]] = field(repr=False)  # so that no others take their ids
    _servings: dict[tuple[WhenFull, int | None], Serving] = field(
        default_factory=dict[tuple[WhenFull, int | None], Serving], repr=False
    )

    def serving(self, question: Question, *, when_full: WhenFull, count: int | None = None) -> Serving:
        """The fewest machines that keep the promise, or those asked for; `count` of them where one is named."""
        key = (when_full, count)
        if key not in self._servings:
            scenario = question.scenario
            if count is not None:
                counts = {**scenario.machine_counts, self.found.option.id: count}
                scenario = scenario.model_copy(update={"machine_counts": counts})
            self._servings[key] = serving_of(self.found, scenario=scenario, when_full=when_full)
        return self._servings[key]


def sizing_of(option: Machine | CloudOffer, question: Question) -> Sizing:
    """The option's sizing; found again where the same was asked before, or only money has changed since."""

    def fresh() -> Sizing:
        return Sizing(_capability(option, question), (question.catalog, question.measurements))

    key = question.scenario.model_dump_json(exclude=_LEFT_OUT)
    return _SIZINGS.answer(option.id, key, id(question.catalog), id(question.measurements), compute=fresh)


def _capability(option: Machine | CloudOffer, question: Question) -> Capability:
    return capability_of(
        option,
        scenario=question.scenario,
        model=question.model,
        measurements=question.measurements,
        catalog=question.catalog,
    )


_LEFT_OUT = set(NOT_READ)
_SIZINGS: KeptDraws[Sizing] = KeptDraws(most=2_048)
"""An answer sizes up to a dozen options, and each of two again where an input decides how many machines there are; 100
people ask about 600 or more. About 4 kB each."""
