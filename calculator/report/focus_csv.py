"""FOCUS 1.2 download: the forecast as billing rows, for tools that read the FinOps Open Cost and Usage Specification.

One row per part of a line and month. What is bought at once is a Purchase: BilledCost is its price, EffectiveCost 0;
its straight-line write-down follows as monthly rows with EffectiveCost alone. Everything that the specification does
not know stands in `x_` columns; `x_Forecast` says that nobody has been billed. Source: FOCUS 1.2, column definitions
(focus.finops.org), read 2026-11-26.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace

from calculator.decision.comparison import Comparison
from calculator.report.cells import harmless
from calculator.report.facts import provenance
from calculator.report.focus_terms import TAXES, UNITS, Service, frequency_of, service_of
from calculator.report.ledger_csv import month_edges
from calculator.report.live_lines import LiveLine, LiveOption, Part, live_options, value_of
from calculator.report.live_prices import price_of, tariff_named
from calculator.scenario.scenario import Scenario

MANDATORY = (
    *("BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodEnd"),
    *("BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargePeriodEnd"),
    *("ChargePeriodStart", "ContractedCost", "EffectiveCost", "InvoiceIssuerName", "ListCost", "PricingQuantity"),
    *("PricingUnit", "ProviderName", "PublisherName", "ServiceCategory", "ServiceName"),
)
"""Columns that every FOCUS 1.2 data set has, by their ids."""
RECOMMENDED = ("ChargeFrequency", "InvoiceId", "ServiceSubcategory")
"""Columns that it recommends; a forecast belongs to no invoice."""
CUSTOM = (
    *("x_ScenarioId", "x_Scenario", "x_Model", "x_Option", "x_OptionName", "x_Line", "x_Month", "x_Sku"),
    *(
        "x_HardOrSoft",
        "x_Forecast",
        "x_PricesAsOf",
        "x_Version",
        "x_CatalogueHash",
        "x_MeasurementsHash",
        "x_Money",
        "x_Labour",
    ),
)
NUMBERS = frozenset(("BilledCost", "ContractedCost", "EffectiveCost", "ListCost", "PricingQuantity"))
"""Columns of numbers; all others are texts."""
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Charge:
    """One row before it is written: dollars are positive costs."""

    option: LiveOption
    line: LiveLine
    month: int
    category: str
    billed_usd: float
    effective_usd: float
    quantity: float | None
    unit: str
    sku: str = ""
    says: str = ""


def focus_csv(comparison: Comparison) -> str:
    """Every charge of every option that can do the job, in dollars; an option's BilledCost sums to its cash cost."""
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=[*MANDATORY, *RECOMMENDED, *CUSTOM], lineterminator="\n")
    writer.writeheader()
    dates = [f"{day}T00:00:00Z" for day in month_edges(comparison.scenario)]
    stamps = provenance(comparison)
    for option in live_options(comparison):
        for charge in charges_of(option, comparison):
            row = _row(charge, comparison.scenario, dates) | {
                "BillingAccountId": comparison.scenario_id,
                "x_ScenarioId": comparison.scenario_id,
                "x_Model": stamps["model"],
                "x_PricesAsOf": stamps["prices_as_of"],
                "x_Version": stamps["version"],
                "x_CatalogueHash": stamps["catalogue_hash"],
                "x_MeasurementsHash": stamps["measurements_hash"],
                "x_Money": stamps["money"],
                "x_Labour": stamps["labour"],
            }
            writer.writerow({name: cell if name in NUMBERS else harmless(cell or "") for name, cell in row.items()})
    return out.getvalue()


def charges_of(option: LiveOption, comparison: Comparison) -> Iterator[Charge]:
    """The charges of one option: by line, by part of it, by month; each purchase followed by its write-down."""
    months = comparison.scenario.months
    for line in option.lines:
        for part in line.parts or (None,):
            flow = line.flow
            if part is not None:
                keys = {factor.key for factor in part.product.factors} | {part.product.index or "discount_rate"}
                values = {
                    key: price_of(key, candidate=option.candidate, scenario=comparison.scenario).value for key in keys
                }
                flow = value_of(part, values, months=months)
            for month, usd in enumerate(flow.tolist()):
                if usd:
                    charge = _charge(option, line, part, month=month, usd=-usd)
                    yield charge
                    if charge.effective_usd != charge.billed_usd:
                        yield from _write_down(charge, comparison.scenario)


def _charge(option: LiveOption, line: LiveLine, part: Part | None, *, month: int, usd: float) -> Charge:
    """One payment. Taxes have no quantity; money that comes in for a machine is a credit."""
    kind, prepaid = (
        line.line.kind,
        line.line.kind in ("capital", "later capital") or line.line.name.endswith("reservation"),
    )
    keys = [factor.key for factor in part.product.factors] if part else []
    is_tax = kind == "tax" or "sales_tax_fraction" in keys
    category = "Tax" if is_tax else "Purchase" if prepaid else "Credit" if usd < 0 else "Usage"
    quantity = None if category in ("Tax", "Credit") else 1.0 if part is None else float(-part.quantity[month])
    unit = "" if quantity is None else UNITS[part.product.unit if part else "machine"]
    sku = next((key.rpartition(".")[2].removesuffix("_usd_per_mtok") for key in keys if key.endswith("_mtok")), "")
    return Charge(option, line, month, category, usd, 0.0 if prepaid else usd, quantity, unit, sku)


def _write_down(charge: Charge, scenario: Scenario) -> Iterator[Charge]:
    """The straight-line write-down of a purchase over the months that it serves; of its tax likewise."""
    served = scenario.months - charge.month
    if charge.line.line.name.endswith("reservation"):
        served = min(served, scenario.reserved_months)
    for month in range(charge.month + 1, charge.month + served + 1):
        yield replace(
            charge,
            month=month,
            category="Tax" if charge.category == "Tax" else "Usage",
            billed_usd=0.0,
            effective_usd=charge.billed_usd / served,
            quantity=None if charge.quantity is None else charge.quantity / served,
            says=", straight-line write-down",
        )


def _row(charge: Charge, scenario: Scenario, dates: list[str]) -> dict[str, str | None]:
    entry, line = charge.option.candidate.option, charge.line.line
    tariff = tariff_named(charge.option.candidate, scenario)
    service: Service = service_of(line, entry.name, host=tariff.provider if tariff else "")
    first = charge.month if line.in_advance else max(charge.month - 1, 0)
    cost = charge.effective_usd if charge.says else charge.billed_usd
    sku = f" ({charge.sku.replace('_', ' ')})" if charge.sku else ""
    issuer = TAXES if charge.category == "Tax" and line.kind == "tax" else service.provider
    return {
        "BilledCost": _number(charge.billed_usd),
        "BillingAccountName": scenario.name or "Scenario",
        "BillingCurrency": "USD",
        "BillingPeriodStart": dates[first],
        "BillingPeriodEnd": dates[first + 1],
        "ChargePeriodStart": dates[first],
        "ChargePeriodEnd": dates[first + 1],
        "ChargeCategory": charge.category,
        "ChargeClass": None,
        "ChargeDescription": f"{entry.name}: {line.name}{sku}{charge.says}",
        "ContractedCost": _number(cost),
        "EffectiveCost": _number(charge.effective_usd),
        "ListCost": _number(cost),
        "InvoiceIssuerName": issuer,
        "ProviderName": issuer,
        "PublisherName": issuer,
        "PricingQuantity": None if charge.quantity is None else _number(charge.quantity),
        "PricingUnit": charge.unit or None,
        "ServiceCategory": service.category,
        "ServiceName": service.name,
        "ServiceSubcategory": service.subcategory,
        "InvoiceId": None,
        "ChargeFrequency": frequency_of(line, is_once=charge.line.is_once and not charge.says),
        "x_Scenario": scenario.name,
        "x_Option": entry.id,
        "x_OptionName": entry.name,
        "x_Line": line.name,
        "x_Month": str(charge.month),
        "x_Sku": charge.sku or None,
        "x_HardOrSoft": line.hardness,
        "x_Forecast": "true",
    }


def _number(value: float) -> str:
    """A decimal number without an exponent."""
    text = f"{value:.{_DIGITS}f}".rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text
