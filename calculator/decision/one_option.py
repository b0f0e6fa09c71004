"""One option, answered: does it fit, how many machines keep the promise, what does it cost, and if it cannot, why."""

from collections.abc import Sequence
from dataclasses import replace

from calculator.catalog.freshness import price_read, stale_remark
from calculator.catalog.options import ApiOffer, CloudOffer, Machine
from calculator.catalog.plans import Subscription
from calculator.catalog.routed import Routed
from calculator.cost.rented import rate_remark
from calculator.cost.tco import Tco, cost_of
from calculator.decision import words
from calculator.decision.comparison import OptionResult
from calculator.decision.eligibility import Eligibility, Reason, fleet_reasons, memory_reason, share_reasons
from calculator.decision.hosted_option import hosted, subscribed
from calculator.decision.kept_sizing import Sizing, sizing_of
from calculator.decision.machine_count import count_reason
from calculator.decision.memory_words import not_loaded
from calculator.decision.mixed_fleet import Served, cheapest_fleet, present_value_usd, served_by, shares_of
from calculator.decision.question import Question
from calculator.decision.routed_option import routed
from calculator.decision.scaled_to_zero import cold_reasons, cold_remark, first_token_p95_s
from calculator.evidence import Remark
from calculator.number import Range
from calculator.physics.memory.format_words import plain_name
from calculator.physics.speed.speed import Speed
from calculator.risk.candidates import Candidate
from calculator.risk.old_prices import own_prices_of, price_behind
from calculator.risk.promise import keeps_promise_chance
from calculator.scenario.own_machine import own_remark
from calculator.scenario.scenario import Scenario
from calculator.service.capability import Capability, reference_tariff
from calculator.service.latency import Targets
from calculator.service.peak_hour import targets_of, work_of
from calculator.service.serving import Serving, promise_of
from calculator.service.sizing import MOST_MACHINES
from calculator.service.usage import WhenFull

__all__ = ["Question", "answer_of", "sized_anew"]


def answer_of(
    question: Question, option_id: str, *, found: Capability | None = None
) -> tuple[OptionResult, Candidate | None]:
    """One option: its result, and what its cost needs where it has one. `found`: its capability, where it is known."""
    option = question.catalog.option(option_id)
    if isinstance(option, ApiOffer):
        result, costed = hosted(option, question)
    elif isinstance(option, Subscription):
        result, costed = subscribed(option, question)
    elif isinstance(option, Routed):
        return routed(option, question, answer=answer_of)
    else:
        sizing = (
            sizing_of(option, question) if found is None else Sizing(found, (question.catalog, question.measurements))
        )
        result, costed = _boxed(sizing, question)
    scenario = question.scenario
    if costed is not None:
        read = price_behind(costed, scenario)
    elif isinstance(option, ApiOffer):  # nobody hosts the model
        read = None
    else:
        read = price_read(option, cloud_rate=scenario.cloud_rate, own=own_prices_of(scenario))
    stale = read and stale_remark(option.name, read, catalog=question.catalog, as_of=question.day)
    return (replace(result, remarks=(*result.remarks, stale)) if stale else result), costed


def _boxed(sizing: Sizing, question: Question) -> tuple[OptionResult, Candidate | None]:
    """A machine or rented machine: its result, and what the uncertainty needs where it has a cost."""
    found, scenario = sizing.found, question.scenario
    option, prediction = found.option, found.prediction
    served = _served(sizing, question) if found.runs else Served(None, None, None)
    serving, bill = served.serving, served.bill
    tco, shares = (bill.tco, shares_of(option, bill)) if bill is not None else (None, None)
    reasons = _reasons(found, served, question)
    power = option.power if isinstance(option, Machine) else None
    remarks = (*found.remarks, *(tco.remarks if tco else ()))
    if tco is not None and isinstance(option, CloudOffer) and (rate := rate_remark(option, scenario=scenario)):
        remarks = (*remarks, rate)
    if isinstance(option, Machine) and (watts := _idles_hungrier(option, scenario)):
        remarks = (*remarks, watts)
    remarks = (*remarks, *own_remark(option), *(cold_remark(option, serving, scenario) if serving else ()))
    if serving is not None and tco is not None and (late := _late_machine(option, serving, tco, question)):
        remarks = (*remarks, late)
    decode = prediction.decode if prediction else None
    result = OptionResult(
        id=option.id,
        name=option.name,
        kind="own" if isinstance(option, Machine) else "rent",
        available=tco is not None,
        format_id=found.format.id if found.format else "",
        format_name=plain_name(found.format) if found.format else "",
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
            machine_count=served.machine_count,
            further_months=_further_months(tco, scenario) if tco else (),
            shares=shares,
            first_token_p95_s=first_token_p95_s(option, serving, scenario) if serving else None,
            answer_p95_s=serving.answer_p95_s if serving else None,
            stream_tokens_per_s=serving.stream_tokens_per_s if serving else None,
            keeps_promise_chance=_chance(found, serving, scenario) if serving else None,
            machine_count_reason=served.why or (_count_reason(option, serving, tco, scenario) if serving else ""),
        ),
        power_w={"idle": power.idle_w.central, "prefill": power.prefill_w.central, "decode": power.decode_w.central}
        if power
        else {},
        tco=tco,
        remarks=remarks,
    )
    if tco is None or served.usage is None or prediction is None:
        return result, None
    candidate = Candidate(
        option,
        usage=served.usage,
        reference_api=question.reference,
        decode_tokens_per_s=_range(prediction.decode) if prediction.decode else None,
        prefill_tokens_per_s=_range(prediction.prefill) if prediction.prefill else None,
    )
    return result, candidate


def _served(sizing: Sizing, question: Question) -> Served:
    """The machines and their cost: those asked for, the fewest, or the cheapest number; of the two rules for what they
    cannot take the cheaper one where that is asked for."""
    scenario, found = question.scenario, sizing.found
    if scenario.wants_cheapest_count(found.option.id):
        return cheapest_fleet(sizing, question, judged=lambda one: _reasons(found, one, question))
    rules: tuple[WhenFull, ...] = (
        ("buy-another", "buy-from-api") if scenario.when_full == "cheapest" else (scenario.when_full,)
    )
    tried = [sizing.serving(question, when_full=rule) for rule in rules]
    costed = [
        served_by(found.option, one, question) for one in tried if (one.fleet.machine_count or 0) <= MOST_MACHINES
    ]
    if len(costed) <= 1:
        return costed[0] if costed else Served(tried[0], tried[0].usage, None)
    able = [one for one in costed if not _reasons(found, one, question)]
    return min(able or costed, key=present_value_usd)


def _reasons(found: Capability, served: Served, question: Question) -> tuple[Reason, ...]:
    """Why the option cannot do the job; empty where it can."""
    serving, bill = served.serving, served.bill
    if served.machine_count == 0 and bill is not None:
        shares = shares_of(found.option, bill)
        return tuple(
            share_reasons(shares, promise=promise_of(question.scenario), mend_unserved="", mend_leaving=_MEND_LEAVING)
        )
    if found.format is None or found.prediction is None:
        text = found.remarks[0].text if found.remarks else ""
        return (Reason("no-format", text, "Another precision of the weights.", not_loaded(found.weight_class)),)
    if not found.runs or serving is None:
        if found.prediction.memory.fits:
            if cannot := next((row.text for row in found.remarks if row.code in _CANNOT_RUN), ""):
                return (Reason("no-speed", cannot, _MEND_SPLIT, "it does not run so"),)
            unknown = next((row.text for row in found.remarks if row.code == "no-matrix-rate"), "Its speed is unknown.")
            return (Reason("no-speed", unknown, "A measurement of your own.", "its speed is unknown"),)
        mend = f"{found.fewer_bits} weights fit." if found.fewer_bits else ""
        misfit = memory_reason(found.prediction.memory, format_name=plain_name(found.format), mend=mend)
        return (misfit,) if misfit else ()
    promise, rest_is_bought = promise_of(question.scenario), serving.when_full == "buy-from-api"
    fleet = serving.fleet
    if serving.needed_at_the_end is not None and serving.needed_at_the_end > MOST_MACHINES and not rest_is_bought:
        fleet = replace(fleet, machine_count=serving.needed_at_the_end, needed_count=serving.needed_at_the_end)
    reasons = fleet_reasons(fleet, promise=promise, rest_is_bought=rest_is_bought)
    if bill is not None:
        needed = serving.needed_at_the_end or 0
        reasons += share_reasons(
            shares_of(found.option, bill),
            promise=promise,
            mend_unserved=f"{needed:,} of these machines." if needed > (fleet.machine_count or 0) else _MEND_DOWN,
            mend_leaving=_MEND_LEAVING,
        )
    reasons += cold_reasons(found.option, serving, question.scenario)
    too_small = any(reason.code in ("overloaded-at-peak", "beyond-this-tool") for reason in reasons)
    return tuple(reason for reason in reasons if not (too_small and reason.code == "unserved"))


_MEND_LEAVING = "A machine of your own that serves everything."
_MEND_SPLIT = "Another split, another number of chips, or other software."
_CANNOT_RUN = ("split-not-whole", "split-not-offered", "runtime-not-on-chip")
"""Remarks that say why there is no speed although the model fits."""
_LATE = 2 / 3  # of the horizon
_MEND_DOWN = "Buy from an API what it misses while it is down, or allow that share to stay undone."


def _late_machine(option: Machine | CloudOffer, serving: Serving, tco: Tco, question: Question) -> Remark | None:
    """A single further machine that growth needs only in the last third: its month, and what buying that rest would
    cost."""
    months, horizon = _further_months(tco, question.scenario), question.scenario.months
    if len(months) != 1 or months[0] <= horizon * _LATE or question.reference is None:
        return None
    instead = cost_of(
        option,
        scenario=question.scenario,
        usage=replace(serving.usage, when_full="buy-from-api"),
        reference_api=question.reference,
        tax_tables=question.catalog.tax,
    )
    usd = -sum(amount for name, amount in tco.lines.items() if name.startswith("further "))
    bought_usd = -instead.lines.get("overflow to API", 0.0)
    text = words.late_machine(option.name, month=months[0], usd=usd, bought_usd=bought_usd)
    return Remark(code="late-machine", text=text, level="info")


def _chance(found: Capability, serving: Serving, scenario: Scenario) -> float | None:
    """Chance that the promise is kept over the speeds' range; None where nothing is promised or no number keeps it."""
    fleet, prediction, targets = serving.fleet, found.prediction, targets_of(scenario)
    if targets == Targets() or fleet.needed_count is None or not fleet.machine_count:
        return None
    if prediction is None or prediction.decode is None or prediction.prefill is None:
        return None
    return keeps_promise_chance(
        work_of(found, scenario=scenario),
        decode_tokens_per_s=_range(prediction.decode),
        prefill_tokens_per_s=_range(prediction.prefill),
        machine_count=fleet.machine_count,
        peak_requests_per_s=serving.taken_requests_per_s,
        answer_variation_ratio=scenario.answer_variation_ratio,
        targets=targets,
    )


def sized_anew(question: Question, name: str, value: float, *, options: Sequence[str]) -> dict[str, float]:
    """Present value of those of the options that can do the job where one input has another value: sized and costed
    anew."""
    scenario = question.scenario
    # a value within the bounds of its field contradicts nothing, so it is not validated: that takes a fifth of the time
    if "." in name:
        changed = scenario.model_copy(update={"figures": {**scenario.figures, name: value}})
    else:
        typed = (*scenario.typed, name)
        changed = scenario.model_copy(update={name: _whole(name, value), "typed": typed})
    asked = replace(question, scenario=changed, reference=reference_tariff(changed, question.catalog))
    found = {option_id: _able_usd(asked, option_id) for option_id in options}
    return {option_id: usd for option_id, usd in found.items() if usd is not None}


def _able_usd(question: Question, option_id: str) -> float | None:
    """Present value of the option if it can do the job, without what only its row shows."""
    option = question.catalog.option(option_id)
    if not isinstance(option, Machine | CloudOffer):
        row, _ = answer_of(question, option_id)
        return row.tco.present_value_cost_usd if row.eligible and row.tco is not None else None
    sizing = sizing_of(option, question)
    if not sizing.found.runs:
        return None
    served = _served(sizing, question)
    if served.bill is None or _reasons(sizing.found, served, question):
        return None
    return present_value_usd(served)


def _whole(name: str, value: float) -> float:
    """The value as its field takes it: a count of tokens or days is a whole number."""
    return round(value) if Scenario.model_fields[name].annotation is int else value


def _count_reason(option: Machine | CloudOffer, serving: Serving, tco: Tco | None, scenario: Scenario) -> str:
    return count_reason(
        serving.fleet,
        promise=promise_of(scenario),
        asked_count=scenario.machine_count_of(option.id),
        further_months=_further_months(tco, scenario) if tco else (),
        rest_is_bought=serving.when_full == "buy-from-api",
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


def _range(speed: Speed) -> Range:
    return Range(speed.low, speed.central, speed.high, speed.unit)
