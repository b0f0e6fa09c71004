"""Comparison of the options: the one frozen answer that page, CSV and command line all read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from calculator.catalog import Catalog
from calculator.catalog.freshness import stale_price
from calculator.catalog.models import LanguageModel
from calculator.catalog.options import ApiOffer, ApiTariff, CloudOffer, Machine
from calculator.cost.rented import rate_remark
from calculator.cost.tax_lines import tax_remark
from calculator.cost.tco import Tco, cost_of
from calculator.decision import words
from calculator.decision.comparison import BreakEven, Comparison, OptionResult, Verdict
from calculator.decision.eligibility import Eligibility, Reason, Shares, fleet_reasons, memory_reason, share_reasons
from calculator.decision.verdict import break_evens, verdicts_of
from calculator.evidence import Remark
from calculator.number import Range
from calculator.physics.measured import MeasuredSpeed
from calculator.physics.speed.speed import Speed
from calculator.risk.candidates import Candidate, Candidates
from calculator.risk.monte_carlo import FAST_COUNT, Odds, ranges
from calculator.scenario.check_ids import refuse_unknown
from calculator.scenario.scenario import ANOTHER_SIZE, Scenario
from calculator.service.capability import Capability, capability_of, reference_tariff, scenario_model
from calculator.service.serving import Serving, promise_of, serving_of
from calculator.service.sizing import MOST_MACHINES
from calculator.service.usage import WhenFull
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
    """All options of the scenario at the same demand, and which of those that can do the job costs least.

    `as_of` is the day of looking (YYYY-MM-DD), against which prices are old or fresh: the scenario's own goes first, then this
    one, then the catalogue's. `draw_count` futures are behind the ranges and the verdict.

    Raises UnknownIdError, PhantomError or ScenarioError for an option, a model, a grid, a tariff or a figure that the
    catalogue does not know. What does not fit, is unmet or out of date is a reason or a remark on the result.
    """
    refuse_unknown(scenario, catalog)
    day = scenario.prices_as_of or as_of or catalog.compiled
    model, reference = scenario_model(scenario, catalog), reference_tariff(scenario, catalog)
    question = _Question(scenario, catalog, model, reference, tuple(measurements), day)
    answered = [_answer(question, option_id) for option_id in dict.fromkeys(scenario.options)]
    able = tuple(one for row, one in answered if one is not None and row.eligible)
    candidates = Candidates.of(able, scenario=scenario, catalog=catalog, prices_as_of=day)
    odds = ranges(candidates, count=draw_count) if candidates else None
    results = [_with_ranges(row, odds) for row, _ in answered]
    return Comparison(
        scenario=scenario,
        scenario_id=scenario.id(),
        catalogue_hash=catalog.hash,
        catalogue_compiled=catalog.compiled,
        version=VERSION,
        options=tuple(results),
        verdicts=verdicts_of(results, candidates=candidates, odds=odds, catalog=catalog, model=model),
        break_even=break_evens(results),
        remarks=_remarks(scenario, reference, names={row.id: row.name for row in results}),
        candidates=candidates,
        draw_count=draw_count,
        prices_as_of=day,
    )


@dataclass(frozen=True, slots=True)
class _Question:
    """What every option is asked."""

    scenario: Scenario
    catalog: Catalog
    model: LanguageModel
    reference: ApiTariff | None
    measurements: tuple[MeasuredSpeed, ...]
    day: str


def _answer(question: _Question, option_id: str) -> tuple[OptionResult, Candidate | None]:
    """One option: its result, and what its cost needs where it has one."""
    option = question.catalog.option(option_id)
    if isinstance(option, ApiOffer):
        result, costed = _hosted(option, question)
    else:
        found = capability_of(
            option,
            scenario=question.scenario,
            model=question.model,
            measurements=question.measurements,
            catalog=question.catalog,
        )
        result, costed = _boxed(found, question)
    stale = stale_price(option, catalog=question.catalog, as_of=question.day, model=question.scenario.model)
    return (replace(result, remarks=(*result.remarks, stale)) if stale else result), costed


def _with_ranges(row: OptionResult, odds: Odds | None) -> OptionResult:
    """The result with P10 and P90 of its futures around the base case; one without odds has the base case alone."""
    if row.tco is None:
        return row
    base = (row.tco.total_cost_usd, row.tco.present_value_cost_usd, row.tco.hard_present_value_cost_usd)
    if odds is None or row.id not in odds.present_value_usd:
        total, value, hard = (Range(usd, usd, usd, "USD") for usd in base)
        return replace(row, total_usd=total, present_value_usd=value, hard_present_value_usd=hard)
    drawn = (odds.total(row.id), odds.present_value(row.id), odds.hard_present_value(row.id))
    total, value, hard = (Range(one.low, usd, one.high, "USD") for one, usd in zip(drawn, base, strict=True))
    return replace(
        row,
        total_usd=total,
        present_value_usd=value,
        hard_present_value_usd=hard,
        median_present_value_usd=drawn[1].central,
    )


def _boxed(found: Capability, question: _Question) -> tuple[OptionResult, Candidate | None]:
    """A machine or rented machine: its result, and what the uncertainty needs where it has a cost."""
    option, prediction, scenario = found.option, found.prediction, question.scenario
    serving, tco = _served(found, question) if found.runs else (None, None)
    reasons = _reasons(found, serving, tco, question)
    shares = _shares(option, tco) if tco is not None else None
    power = option.power if isinstance(option, Machine) else None
    remarks = (*found.remarks, *(tco.remarks if tco else ()))
    if tco is not None and isinstance(option, CloudOffer) and (rate := rate_remark(option, scenario=scenario)):
        remarks = (*remarks, rate)
    if isinstance(option, Machine) and (watts := _idles_hungrier(option, scenario)):
        remarks = (*remarks, watts)
    decode = prediction.decode if prediction else None
    result = OptionResult(
        id=option.id,
        name=option.name,
        kind="own" if isinstance(option, Machine) else "rent",
        available=tco is not None,
        format_id=found.format.id if found.format else "",
        format_name=found.format.name if found.format else "",
        runtime_id=found.runtime.id,
        split=option.split,
        weight_class=found.weight_class,
        fits=prediction is not None and prediction.memory.fits,
        memory=prediction.memory if prediction else None,
        decode=decode,
        prefill=prediction.prefill if prediction else None,
        time_to_first_token=prediction.time_to_first_token if prediction else None,
        basis_of_speed=decode.basis if decode else "",
        service=serving.service if serving else None,
        eligibility=Eligibility(
            reasons=reasons,
            machine_count=serving.fleet.machine_count if serving else None,
            further_months=_further_months(tco, scenario) if tco else (),
            shares=shares,
            first_token_p95_s=serving.first_token_p95_s if serving else None,
            answer_p95_s=serving.answer_p95_s if serving else None,
            stream_tokens_per_s=serving.stream_tokens_per_s if serving else None,
        ),
        power_w={"idle": power.idle_w.central, "prefill": power.prefill_w.central, "decode": power.decode_w.central}
        if power
        else {},
        tco=tco,
        remarks=remarks,
    )
    if tco is None or serving is None or prediction is None:
        return result, None
    candidate = Candidate(
        option,
        usage=serving.usage,
        reference_api=question.reference,
        decode_tokens_per_s=_range(prediction.decode) if prediction.decode else None,
        prefill_tokens_per_s=_range(prediction.prefill) if prediction.prefill else None,
    )
    return result, candidate


def _served(found: Capability, question: _Question) -> tuple[Serving, Tco | None]:
    """The machines and their cost; of the two rules for what they cannot take the cheaper one where that is asked for."""
    scenario = question.scenario
    rules: tuple[WhenFull, ...] = (
        ("buy-another", "buy-from-api") if scenario.when_full == "cheapest" else (scenario.when_full,)
    )
    tried = [serving_of(found, scenario=scenario, when_full=rule) for rule in rules]
    costed = [
        (one, _cost(found.option, one, question)) for one in tried if (one.fleet.machine_count or 0) <= MOST_MACHINES
    ]
    if not costed:
        return tried[0], None
    able = [pair for pair in costed if not _reasons(found, *pair, question)]
    return min(able or costed, key=lambda pair: pair[1].present_value_cost_usd)


def _cost(option: Machine | CloudOffer, serving: Serving, question: _Question) -> Tco:
    return cost_of(
        option,
        scenario=question.scenario,
        usage=serving.usage,
        reference_api=question.reference,
        tax_tables=question.catalog.tax,
    )


def _reasons(found: Capability, serving: Serving | None, tco: Tco | None, question: _Question) -> tuple[Reason, ...]:
    """Why the option cannot do the job; empty where it can."""
    if found.format is None or found.prediction is None:
        text = found.remarks[0].text if found.remarks else ""
        return (Reason("no-format", text, "Another precision of the weights."),)
    if not found.runs or serving is None:
        mend = f"{found.fewer_bits} weights fit." if found.fewer_bits else ""
        misfit = memory_reason(found.prediction.memory, format_name=found.format.name, mend=mend)
        return (misfit,) if misfit else ()
    promise, rest_is_bought = promise_of(question.scenario), serving.when_full == "buy-from-api"
    fleet = serving.fleet
    if serving.needed_at_the_end is not None and serving.needed_at_the_end > MOST_MACHINES and not rest_is_bought:
        fleet = replace(fleet, machine_count=serving.needed_at_the_end, needed_count=serving.needed_at_the_end)
    reasons = fleet_reasons(fleet, promise=promise, rest_is_bought=rest_is_bought)
    if tco is not None:
        reasons += share_reasons(
            _shares(found.option, tco),
            promise=promise,
            mend_unserved=f"{serving.needed_at_the_end:,} of these machines." if serving.needed_at_the_end else "",
            mend_leaving="A machine of your own that serves everything.",
        )
    return tuple(reasons)


def _shares(option: Machine | CloudOffer, tco: Tco) -> Shares:
    here, bought = tco.served_here_fraction, tco.bought_fraction
    return Shares(
        served_here_fraction=here,
        bought_fraction=bought,
        unserved_fraction=max(0.0, 1 - here - bought),
        leaves_house_fraction=bought if isinstance(option, Machine) else here + bought,
    )


def _further_months(tco: Tco, scenario: Scenario) -> tuple[int, ...]:
    """The months in which a further machine comes, as the ledger has them."""
    for entry in tco.entries:
        if entry.name in ("further machines", "further rental"):
            months = [int(float(m)) for name, m in entry.inputs.items() if name.startswith("first_month_of_")]
            return tuple(month for month in months if month <= scenario.months)
    return ()


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


def _hosted(offer: ApiOffer, question: _Question) -> tuple[OptionResult, Candidate | None]:
    """A hosted API: no memory and no speed of ours to state; no host for the model is an answer too."""
    scenario, reference = question.scenario, question.reference
    remarks: tuple[Remark, ...] = ()
    reasons: list[Reason] = []
    tco, costed, shares = None, None, None
    if offer.kind != "same-model" or reference is not None:
        tco = cost_of(offer, scenario=scenario, reference_api=reference, tax_tables=question.catalog.tax)
        remarks, costed = tco.remarks, Candidate(offer, reference_api=reference)
        shares = Shares(0.0, 1.0, 0.0, 1.0)
        reasons = share_reasons(
            shares, promise=promise_of(scenario), mend_unserved="", mend_leaving="Allow work to leave the house."
        )
    else:
        text = words.no_host(scenario.model, offer=offer.name)
        remarks = (Remark(code="no-host", text=text, level="problem"),)
        reasons = [Reason("no-price", text, "A price of your own, or another model.")]
    result = OptionResult(
        id=offer.id,
        name=offer.name,
        kind="api",
        available=tco is not None,
        format_id="",
        format_name="",
        runtime_id="",
        split="",
        weight_class="",
        fits=tco is not None,
        memory=None,
        decode=None,
        prefill=None,
        time_to_first_token=None,
        basis_of_speed="",
        service=None,
        eligibility=Eligibility(reasons=tuple(reasons), shares=shares),
        power_w={},
        tco=tco,
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
