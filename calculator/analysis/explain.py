"""Explanation of one number: the arithmetic of one line of one option, with its inputs and their sources."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from calculator.catalog import Catalog
from calculator.catalog.api_quotes import tariff_key
from calculator.catalog.catalog import Option
from calculator.catalog.options import ApiOffer, ApiTariff, CloudOffer, Machine
from calculator.catalog.plans import Subscription
from calculator.catalog.routed import Routed
from calculator.cost.parts import line_of_part
from calculator.cost.tariffs import tier_of
from calculator.cost.tco import tariff_of
from calculator.decision.comparison import Comparison
from calculator.decision.routed_option import routed_parts
from calculator.errors import ScenarioError
from calculator.evidence import Quantity
from calculator.finance.courses import AnyCourse, Course
from calculator.finance.ledger import calendar_usd
from calculator.risk.candidates import Candidate
from calculator.scenario.check_ids import FIGURES_OF_KIND
from calculator.scenario.own_catalog import catalog_of
from calculator.scenario.scenario import Scenario
from calculator.service.capability import reference_tariff
from calculator.service.tariff import excess_tariff
from calculator.units import digits, unit_of_name


@dataclass(frozen=True, slots=True)
class Ingredient:
    """One input of a line: its value and unit, where it comes from, and the words that go with it."""

    name: str
    value: float
    unit: str
    basis: str
    source: str
    as_of: str
    note: str
    key: str = ""
    """The name under which a person may replace the catalogue's figure; empty where it is not one."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """One line of one option: its arithmetic in words, its inputs, and what it comes to.

    Dollars are signed as in the ledger. `first_usd` is paid at the purchase, `month_1_usd` in the first calendar month,
    `last_usd` in the last one.
    """

    option: str
    line: str
    formula: str
    inputs: tuple[Ingredient, ...]
    first_usd: float
    month_1_usd: float
    last_usd: float
    total_usd: float
    hardness: str
    growth: str


def explain(comparison: Comparison, option_id: str, line: str, *, catalog: Catalog) -> Explanation:
    """The arithmetic of one line. Raises UnknownIdError for an unknown option or line, ScenarioError without a cost."""
    rows = {row.id: row for row in comparison.options}
    if option_id not in rows:
        raise ScenarioError(f"{option_id!r} is not among the options compared: {', '.join(rows)}.")
    tco = rows[option_id].tco
    if tco is None:
        why = [reason.text for reason in rows[option_id].eligibility.reasons] or [
            remark.text for remark in rows[option_id].remarks
        ]
        raise ScenarioError(f"{option_id} cannot do the job, so it has no cost. {' '.join(why)}")
    entries = {entry.name: index for index, entry in enumerate(tco.entries)}
    if line not in entries:
        raise ScenarioError(f"{line!r} is not a line of {option_id}. Its lines: {', '.join(entries)}.")
    catalog = catalog_of(comparison.scenario, catalog)
    entry = tco.entries[entries[line]]
    flow = calendar_usd(entry, tco.flows[entries[line]])
    option, scenario = _owner(catalog.option(option_id), line, comparison.scenario, catalog)
    reference = excess_tariff(option, catalog) or reference_tariff(scenario, catalog)
    candidate = Candidate(option, reference_api=reference)  # one that cannot do the job, too
    evidence = _evidence(candidate, scenario=scenario, catalog=catalog)
    keys = _keys(candidate, scenario=scenario)
    return Explanation(
        option=option_id,
        line=line,
        formula=entry.formula,
        inputs=tuple(
            replace(
                _ingredient(
                    name,
                    float(value),
                    evidence=evidence,
                    scenario=scenario,
                    catalog=catalog,
                    owner=option.id,
                ),
                key=keys.get(name, ""),
            )
            for name, value in entry.inputs.items()
        ),
        first_usd=flow[0],
        month_1_usd=flow[1],
        last_usd=flow[-1],
        total_usd=sum(flow),
        hardness=entry.hardness,
        growth=_growth(entry.terms[0].course if entry.terms else None),
    )


def explanation_text(found: Explanation) -> str:
    """The explanation for a terminal."""
    dollars = "staff hours, soft dollars" if found.hardness == "soft" else "hard dollars"
    lines = [
        f"{found.line} of {found.option} ({dollars})",
        f"  = {found.formula}{found.growth}",
        "",
    ]
    for item in found.inputs:
        where = ", ".join(filter(None, (item.basis, item.source, item.as_of)))
        lines.append(
            f"  {item.name} = {digits(item.value, 6)} {'' if item.unit == '1' else item.unit}".rstrip()
            + (f"  [{where}]" if where else "")
        )
        if item.note:
            lines.append(f"      {item.note}")
        if item.key:
            lines.append(f"      to replace it: {item.key}")
    lines += [
        "",
        f"  at the purchase {_signed(found.first_usd)}, in month 1 {_signed(found.month_1_usd)}, "
        f"in the last month {_signed(found.last_usd)}; in all {_signed(found.total_usd)}",
    ]
    return "\n".join(lines)


def _owner(option: Option, line: str, scenario: Scenario, catalog: Catalog) -> tuple[Option, Scenario]:
    """Whose line it is and of which demand: of a routed option one of its parts."""
    if not isinstance(option, Routed):
        return option, scenario
    parts = routed_parts(option, scenario)
    part = next(one for one in parts if line.startswith(line_of_part(one.option_id, "")))
    return catalog.option(part.option_id), part.scenario


def _evidence(candidate: Candidate, *, scenario: Scenario, catalog: Catalog) -> dict[str, Quantity]:
    """What the catalogue says about each of the option's own figures, or the person where they gave their own."""
    option = candidate.option
    assert not isinstance(option, Routed)  # one of its parts is asked
    found: dict[str, Quantity | None] = {"setup_h": option.setup_h}
    tariff: ApiTariff | None = candidate.reference_api
    if isinstance(option, Machine):
        found |= {
            "price_usd": option.purchase_price().price_usd,
            "list_price_usd": option.list_price().price_usd,
            "gpu_price_fraction": option.gpu_price_fraction,
            "prefill_w": option.power.prefill_w,
            "decode_w": option.power.decode_w,
            "idle_w": option.power.idle_w,
            "sleep_w": option.power.sleep_w,
            "age_when_bought_years": option.age_when_bought_years,
        }
    elif isinstance(option, CloudOffer):
        found |= {
            "rate_usd_per_h": option.rate(scenario.cloud_rate).rate_usd_per_h,
            "storage_gb": option.storage_gb,
            "storage_usd_per_gb_month": option.storage_usd_per_gb_month,
        }
    elif isinstance(option, Subscription):
        found |= {"seat_usd_per_month": option.price.seat_usd_per_month}
    else:
        tariff = tariff_of(option, scenario, candidate.reference_api)
    if tariff is not None:
        found |= _prices(tariff, scenario)
    return {name: quantity for name, quantity in found.items() if quantity is not None}


def _keys(candidate: Candidate, *, scenario: Scenario) -> dict[str, str]:
    """The key of each figure that a person may replace, by the name that it has in a line."""
    option = candidate.option
    keys = {name: f"figures.{option.id}.{name}" for name in FIGURES_OF_KIND[type(option)]}
    tariff = candidate.reference_api
    if isinstance(option, ApiOffer):
        tariff = tariff_of(option, scenario, candidate.reference_api)
    if tariff is not None:
        keys |= {name: f"figures.{tariff_key(tariff)}.{figure}" for name, figure in _TARIFF_FIGURE_OF.items()}
    return keys


_TARIFF_FIGURE_OF = {
    "input_usd_per_mtok": "input_usd_per_mtok",
    "output_usd_per_mtok": "output_usd_per_mtok",
    "cached_usd_per_mtok": "cached_input_usd_per_mtok",
    "kept_usd_per_mtok": "cache_write_usd_per_mtok",
    "price_ratio": "price_ratio",
}


def _prices(tariff: ApiTariff, scenario: Scenario) -> dict[str, Quantity]:
    """The prices of the tier that a request of this scenario pays, with the host's evidence."""
    base = {"input": tariff.input_usd_per_mtok, "output": tariff.output_usd_per_mtok}
    base["cached"] = tariff.cached_input_usd_per_mtok or tariff.input_usd_per_mtok
    base["kept"] = tariff.cache_write_usd_per_mtok or tariff.input_usd_per_mtok
    tier = tier_of(tariff, scenario)
    found: dict[str, Quantity] = {}
    for kind, quantity in base.items():
        field = _TARIFF_FIGURE_OF[f"{kind}_usd_per_mtok"] if quantity is not base["input"] else "input_usd_per_mtok"
        usd, note = quantity.central, quantity.note
        if tier is not None:
            usd = getattr(tier, field) or usd
            note = f"the price of requests with more than {tier.above_input_tokens:,} tokens of input; {note}"
        own = scenario.figures.get(f"{tariff_key(tariff)}.{field}")
        yours = {} if own is None else {"basis": "yours", "source": "", "as_of": "", "note": _OWN}
        changes = {"central": usd if own is None else own, "note": note, **yours}
        found[f"{kind}_usd_per_mtok"] = quantity.model_copy(update=changes)
    if (ratio := scenario.figures.get(f"{tariff_key(tariff)}.price_ratio")) is not None:
        changes = {"central": ratio, "unit": "1", "basis": "yours", "source": "", "as_of": "", "note": _OWN}
        found["price_ratio"] = tariff.input_usd_per_mtok.model_copy(update=changes)
    return found


def _ingredient(
    name: str, value: float, *, evidence: Mapping[str, Quantity], scenario: Scenario, catalog: Catalog, owner: str
) -> Ingredient:
    """A figure with its origin. A catalogue's evidence is shown only beside the catalogue's very value."""
    unit = _unit(name)
    if f"{owner}.{name}" in scenario.figures:
        return Ingredient(name, value, unit, "yours", "", "", _OWN)
    if name in _GIVEN:
        return Ingredient(name, value, unit, "yours", "", "", _GIVEN[name])
    quantity = evidence.get(name) or catalog.defaults.get(name)
    if quantity is not None and math.isclose(value, quantity.central, rel_tol=_SAME):
        titles = [
            catalog.sources[part].title for part in filter(None, quantity.source.split("+")) if part in catalog.sources
        ]
        return Ingredient(name, value, unit, quantity.basis, "; ".join(titles), quantity.as_of, quantity.note)
    own = getattr(scenario, name) if name in type(scenario).model_fields else None
    if isinstance(own, int | float) and math.isclose(value, own, rel_tol=_SAME):  # machine_count may be a word
        return Ingredient(name, value, unit, "yours" if quantity else "chosen", "", "", "")
    says = next((text for part, text in _COMPUTED.items() if part in name), "from this scenario")
    return Ingredient(name, value, unit, "computed", "", "", says)


def _unit(name: str) -> str:
    return next((unit for part, unit in _UNITS.items() if name.startswith(part) or name.endswith(part)), None) or (
        unit_of_name(name) or ""
    )


_SAME = 1e-9
_OWN = "your own figure in place of the catalogue's"
_GIVEN = {
    "worth_usd": "what you say it would bring today, after fees",
    "lease_usd_per_month": "the lease that you were offered",
    "lease_buyout_usd": "the lease that you were offered",
    "borne_fraction": "the share that you say this work bears",
    "startup_s": "the minutes of a start that you gave",
}
_UNITS = {
    "_mtok_per_month": "Mtok/month",
    "_h_per_month": "h/month",
    "_usd_per_kw_month": "USD/kW/month",
    "peak_kw": "kW",
    "cold_starts_per_month": "1/month",
    "storage_usd_per_gb_month": "USD/GB/month",
    "first_month_of_": "month",
    "first_quiet_month_of_": "month",
    "kept_fraction_of_": "1",
    "share_month_": "1",
}
_COMPUTED = {
    "paid_h_per_month": "hours on and the start-up in whole billing steps, or 730",
    "_h_per_month": "month 1: from speed, demand and hours on",
    "_mtok_per_month": "month 1: requests * tokens",
    "cold_starts_per_month": "month 1: requests that find it off",
    "cold_fraction": "share of the requests that find it off, by their rate, the busy hours and the seconds kept warm",
    "machine_count": "machines that are bought at a time",
    "seat_count": "those you gave, else as many as ask at the same time; never fewer than the plan asks",
    "kept_fraction": "kept after 36 months, to the power of months / 36; of a PC, cards and the rest each by its share",
    "held_months": "from the purchase to the horizon",
    "on_demand_usd_per_h": "on-demand rate, for months that no whole commitment fills",
    "age_at_sale_months": "age when bought and the months kept",
    "capacity_ratio": "what the machine can do at most, over the demand of month 1",
    "missed_month_1_fraction": "month 1: demand above the capacity, and hours out of service",
    "availability_fraction": "availability * (1 - share of hours without spot machine); 1 where lost hours have a price",
    "price_ratio": "1 unless you gave a ratio of your own",
    "peak_kw": "the watts of its most hungry state",
    "energy_usd_per_month": "month 1: the energy lines together",
    "share_month_": "by the deduction that tax_mode names; MACRS percentages from catalog/tax.toml",
    "cost_usd": "what was bought: hardware, sales tax, electrical work, warranty",
    "sale_usd": "the resale line",
    "left_on_books_usd": "what was bought less what has been deducted",
    "costs_of_all_months_usd": "all lines of this kind over all months, later purchases included; income is negative",
    "first_quiet_month_of_": "the month in which a quiet hour's demand passes what the machines before it can serve",
    "quiet_h_fraction": "hours on outside the busiest one, over all hours on",
    "rented_h_ratio": "machine-hours paid over hours on times machines: quiet hours need fewer",
    "first_month_of_": "the month in which demand passes what the machines before it can serve",
    "resale_fee_fraction": "its worth is after fees already",
    "electrical_work_usd": "only for a PC with GPUs",
    "space_usd_per_month": "your own figure",
    "cards_warranty_months": "of cards that are bought otherwise than the rest of the PC",
    "age_when_bought_years": "0: bought new",
    "warranty_months": "a machine that you have already has none left",
}
"""Where a computed figure comes from, by a part of its name; the first that fits."""


def _growth(course: AnyCourse | None) -> str:
    """How the line moves with time, in words."""
    if not isinstance(course, Course):
        return ""
    smooth = f"; {float(course.growth_rate):+.1%} a year, month by month" if course.growth_rate else ""
    steps = f"; {float(course.step_rate):+.1%} at the start of each further year" if course.step_rate else ""
    return (smooth + steps).replace("%", " %")


def _signed(usd: float) -> str:
    return f"-${-usd:,.2f}" if round(usd, 2) < 0 else f"${abs(usd):,.2f}"
