"""Comparison of the options: the one frozen answer that page, CSV and command line all read."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from calculator.catalog import Catalog
from calculator.catalog.freshness import stale_price
from calculator.catalog.options import ApiOffer, ApiTariff, CloudOffer, Machine
from calculator.catalog.tax import TaxTables
from calculator.cost.rented import rate_remark
from calculator.cost.tax_lines import tax_remark
from calculator.cost.tco import cost_of
from calculator.decision import words
from calculator.decision.comparison import BreakEven, Comparison, OptionResult, Verdict
from calculator.decision.verdict import break_evens, verdict_of
from calculator.evidence import Remark
from calculator.number import Range
from calculator.physics.measured import MeasuredSpeed
from calculator.physics.speed.speed import Speed
from calculator.risk.candidates import Candidate, Candidates
from calculator.risk.monte_carlo import FAST_COUNT, ranges
from calculator.scenario.check_ids import refuse_unknown
from calculator.scenario.scenario import ANOTHER_SIZE, Scenario
from calculator.service.capability import Capability, capability_of, reference_tariff, scenario_model
from calculator.version import VERSION

__all__ = ["BreakEven", "Comparison", "OptionResult", "Verdict", "compare"]


def compare(
    scenario: Scenario,
    catalog: Catalog,
    measurements: Sequence[MeasuredSpeed] = (),
    *,
    as_of: str | None = None,
    draw_count: int = FAST_COUNT,
) -> Comparison:
    """All options of the scenario at the same demand.

    `as_of` is the day of looking (YYYY-MM-DD), against which prices are old or fresh; the catalogue's own unless given.
    `draw_count` futures are behind the ranges and the verdict: as many as analysis.py draws where a person reads them
    (page, command line, CSV), so that all say the same; few where thousands of answers are asked for.

    Raises UnknownIdError, PhantomError or ScenarioError for an option, a model, a grid, a tariff or a figure that the
    catalogue does not know. What does not fit, is unmet or out of date is a remark on the result.
    """
    refuse_unknown(scenario, catalog)
    results, able = _answered(scenario, catalog, measurements, as_of=as_of)
    candidates = Candidates(tuple(able), scenario, catalog.defaults, catalog.distributions, catalog.tax)
    odds = ranges(candidates, count=draw_count) if candidates else None
    if odds is not None:
        total = {one.option.id: odds.total(one.option.id) for one in candidates}
        results = [
            replace(row, total_low_usd=total[row.id].low, total_high_usd=total[row.id].high) if row.id in total else row
            for row in results
        ]
    model, reference = scenario_model(scenario, catalog), reference_tariff(scenario, catalog)
    return Comparison(
        scenario=scenario,
        scenario_id=scenario.id(),
        catalogue_hash=catalog.hash,
        catalogue_compiled=catalog.compiled,
        version=VERSION,
        options=tuple(results),
        verdict=verdict_of(results, odds=odds, scenario=scenario, model_name=model.name),
        break_even=break_evens(results),
        remarks=_remarks(scenario, reference, names={row.id: row.name for row in results}),
        candidates=candidates,
        draw_count=draw_count,
    )


def _answered(
    scenario: Scenario, catalog: Catalog, measurements: Sequence[MeasuredSpeed] = (), *, as_of: str | None = None
) -> tuple[list[OptionResult], list[Candidate]]:
    """Each option's own answer, and for those that can do the work what the uncertainty and the appraisal need."""
    model = scenario_model(scenario, catalog)
    reference = reference_tariff(scenario, catalog)
    results: list[OptionResult] = []
    candidates: list[Candidate] = []
    for option_id in dict.fromkeys(scenario.options):
        option = catalog.option(option_id)
        if isinstance(option, ApiOffer):
            result, costed = _hosted(option, scenario=scenario, reference=reference, tax_tables=catalog.tax)
        else:
            found = capability_of(option, scenario=scenario, model=model, catalog=catalog, measurements=measurements)
            result, costed = _boxed(found, scenario=scenario, reference=reference, tax_tables=catalog.tax)
        stale = stale_price(option, catalog=catalog, as_of=as_of or catalog.compiled, model=scenario.model)
        results.append(replace(result, remarks=(*result.remarks, stale)) if stale else result)
        if costed is not None:
            candidates.append(costed)
    return results, candidates


def _boxed(
    found: Capability, *, scenario: Scenario, reference: ApiTariff | None, tax_tables: TaxTables
) -> tuple[OptionResult, Candidate | None]:
    """A machine or rented machine: its result, and what the uncertainty needs where it has a cost."""
    option, prediction = found.option, found.prediction
    tco = None
    costed: Candidate | None = None
    if (
        found.usage is not None
        and prediction is not None
        and prediction.decode is not None
        and prediction.prefill is not None
    ):
        tco = cost_of(option, scenario=scenario, usage=found.usage, reference_api=reference, tax_tables=tax_tables)
        costed = Candidate(
            option,
            usage=found.usage,
            reference_api=reference,
            decode_tokens_per_s=_range(prediction.decode),
            prefill_tokens_per_s=_range(prediction.prefill),
        )
    power = option.power if isinstance(option, Machine) else None
    remarks = (*found.remarks, *(tco.remarks if tco else ()))
    if tco is not None and isinstance(option, CloudOffer) and (rate := rate_remark(option, scenario=scenario)):
        remarks = (*remarks, rate)
    if isinstance(option, Machine) and (watts := _idles_hungrier(option, scenario)):
        remarks = (*remarks, watts)
    result = OptionResult(
        id=option.id,
        name=option.name,
        kind="own" if isinstance(option, Machine) else "rent",
        available=tco is not None,
        format_id=found.format.id if found.format else "",
        format_name=found.format.name if found.format else "",
        runtime_id=found.runtime.id,
        split=option.split,
        fits=prediction is not None and prediction.memory.fits,
        memory=prediction.memory if prediction else None,
        decode=prediction.decode if prediction else None,
        prefill=prediction.prefill if prediction else None,
        time_to_first_token=prediction.time_to_first_token if prediction else None,
        service=found.service,
        power_w={"idle": power.idle_w.central, "prefill": power.prefill_w.central, "decode": power.decode_w.central}
        if power
        else {},
        tco=tco,
        total_low_usd=None,
        total_high_usd=None,
        remarks=remarks,
    )
    return result, costed


def _idles_hungrier(machine: Machine, scenario: Scenario) -> Remark | None:
    """The warning that a person's own watts contradict each other: more at rest than at work; None elsewhere."""
    given = {
        state: scenario.figures.get(f"{machine.id}.{state}_w", getattr(machine.power, f"{state}_w").central)
        for state in ("idle", "prefill", "decode")
    }
    busy_w = min(given["prefill"], given["decode"])
    if given["idle"] <= busy_w:
        return None
    text = words.watts_contradict(machine.name, idle_w=given["idle"], busy_w=busy_w)
    return Remark(code="watts-contradict", text=text, level="warning")


def _hosted(
    offer: ApiOffer, *, scenario: Scenario, reference: ApiTariff | None, tax_tables: TaxTables
) -> tuple[OptionResult, Candidate | None]:
    """A hosted API: no memory and no speed of ours to state; no host for the model is an answer too."""
    remarks: tuple[Remark, ...] = ()
    tco, costed = None, None
    if offer.kind != "same-model" or reference is not None:
        tco = cost_of(offer, scenario=scenario, reference_api=reference, tax_tables=tax_tables)
        remarks, costed = tco.remarks, Candidate(offer, reference_api=reference)
    else:
        text = words.no_host(scenario.model, offer=offer.name)
        remarks = (Remark(code="no-host", text=text, level="problem"),)
    result = OptionResult(
        id=offer.id,
        name=offer.name,
        kind="api",
        available=tco is not None,
        format_id="",
        format_name="",
        runtime_id="",
        split="",
        fits=tco is not None,
        memory=None,
        decode=None,
        prefill=None,
        time_to_first_token=None,
        service=None,
        power_w={},
        tco=tco,
        total_low_usd=None,
        total_high_usd=None,
        remarks=remarks,
    )
    return result, costed


def _remarks(scenario: Scenario, reference: ApiTariff | None, *, names: Mapping[str, str]) -> tuple[Remark, ...]:
    remarks: list[Remark] = []
    if scenario.model == ANOTHER_SIZE and reference is None:
        text = words.no_reference_price()
        remarks.append(Remark(code="no-reference-price", text=text, level="warning"))
    for name, usd in scenario.already_own_usd.items():
        if name in names:
            text = words.already_owned(names[name], usd)
            remarks.append(Remark(code="already-own", text=text, level="info"))
    if tax := tax_remark(scenario):
        remarks.append(tax)
    for name, (_, p50, _) in scenario.ranges.items():
        value = scenario.figures[name] if name in scenario.figures else getattr(scenario, name)
        if value != p50:
            text = words.range_beside_value(name, value=value, middle=p50)
            remarks.append(Remark(code="range-beside-value", text=text, level="warning"))
    return tuple(remarks)


def _range(speed: Speed) -> Range:
    return Range(speed.low, speed.central, speed.high, speed.unit)
