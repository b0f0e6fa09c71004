"""Capability of one option for a scenario: format, memory, speed and the working month, before any money.

A machine that cannot hold the model at the concurrency wanted is tried with fewer requests at once; one that cannot
hold it at all "does not fit", which is an answer, not an error.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from calculator.catalog import Catalog
from calculator.catalog.deployment import Deployment, HostSettings, Workload, format_on
from calculator.catalog.hardware import hardware_of
from calculator.catalog.options import ApiTariff, CloudOffer, LanguageModel, Machine, Runtime, WeightFormat
from calculator.evidence import Remark
from calculator.physics.beyond_memory import beyond_memory
from calculator.physics.measured import MeasuredSpeed, Phase, measured_speed
from calculator.physics.memory.another_size import custom_model
from calculator.physics.prediction import Prediction, memory_and_speeds
from calculator.physics.speed.decode import decode_speed
from calculator.physics.speed.prefill import time_to_first_token
from calculator.physics.speed.speed import Speed
from calculator.scenario.scenario import ANOTHER_SIZE, Scenario
from calculator.service.occupancy import Service, on_h_per_month, request_work, requests_per_month, service
from calculator.service.speeds import scaled_speed, scaled_speeds, speed_ratio
from calculator.service.usage import Usage
from calculator.units import S_PER_H


@dataclass(frozen=True, slots=True)
class Capability:
    """A machine or rented machine, measured against the scenario's demand.

    `service` and `usage` are None where the model does not fit. `batch_decode` is the aggregate over
    `concurrent_count`.
    """

    option: Machine | CloudOffer
    format: WeightFormat | None
    runtime: Runtime
    prediction: Prediction | None
    batch_decode: Speed | None
    concurrent_count: int
    service: Service | None
    usage: Usage | None
    remarks: tuple[Remark, ...]


def scenario_model(scenario: Scenario, catalog: Catalog) -> LanguageModel:
    """The model that the scenario names, or the dense one of another size. Raises UnknownIdError."""
    if scenario.model == ANOTHER_SIZE:
        return custom_model(parameters_b=scenario.another_size_b)
    return catalog.model(scenario.model)


def reference_tariff(scenario: Scenario, catalog: Catalog) -> ApiTariff | None:
    """Price of the same open weights per token, for what a machine cannot serve; None if nobody hosts them."""
    for offer in catalog.apis.values():
        if offer.kind == "same-model":
            for tariff in offer.tariffs:
                if tariff.model == scenario.model:
                    return tariff
    return None


def capability_of(
    option: Machine | CloudOffer,
    *,
    scenario: Scenario,
    model: LanguageModel,
    measurements: Sequence[MeasuredSpeed] = (),
    catalog: Catalog,
) -> Capability:
    """One box at the scenario's demand."""
    runtime = catalog.runtime(option.runtime)
    format_id = runtime.formats.get(scenario.weight_class)
    if format_id is None:
        text = f"{runtime.name} has no {scenario.weight_class} format here. Known: {', '.join(runtime.formats)}."
        remark = Remark(code="no-format", text=f"{option.name}: {text}", level="problem")
        return Capability(option, None, runtime, None, None, 0, None, None, (remark,))
    format = catalog.format(format_id)
    deployment = Deployment(
        model,
        format=format_on(runtime, format, catalog=catalog),
        runtime=runtime,
        hardware=hardware_of(option, chips=catalog.chips),
        split=option.split,
        host=HostSettings(second_tenant_gb=scenario.second_tenant_gb, wired_limit_gb=scenario.macos_wired_limit_gb),
    )
    wanted = scenario.concurrent_request_count
    prediction, count = _largest_that_fits(deployment, scenario=scenario, catalog=catalog)
    remarks: list[Remark] = list(prediction.remarks)
    if not prediction.memory.fits or prediction.decode is None or prediction.prefill is None:
        workload = Workload(
            prompt_tokens=scenario.input_tokens(), context_tokens=scenario.context_tokens(), batch_count=wanted
        )
        beyond = beyond_memory(deployment, workload, fit=prediction.memory, catalog=catalog)
        if beyond is not None:
            remarks.append(beyond.remark)
        return Capability(option, format, runtime, prediction, None, 0, None, None, tuple(remarks))
    if count < wanted:
        requests = "request" if count == 1 else "requests"
        text = f"{option.name} holds {count} {requests} of this length at once, not {wanted}; the others wait."
        remarks.append(Remark(code="fewer-at-once", text=text, level="warning"))

    prediction = _with_measurements(prediction, deployment=deployment, scenario=scenario, measurements=measurements)
    prediction = scaled_speeds(prediction, scenario, option.id)
    decode, prefill = prediction.decode, prediction.prefill
    assert decode is not None
    assert prefill is not None
    batch_decode = decode
    if count > 1:
        batch = Workload(batch_count=count, decode_context_tokens=_mean_context(scenario))
        batch_decode = scaled_speed(
            decode_speed(deployment, batch, calibration=catalog.calibration),
            speed_ratio(scenario, option.id, phase="decode"),
        )
        if batch_decode.central < decode.central:  # a measured single stream may be above the fitted batch
            batch_decode = decode
    work = request_work(
        input_tokens=scenario.input_tokens(),
        cached_fraction=scenario.cached_prompt_fraction,
        answer_tokens=scenario.answer_tokens,
        prefill_tokens_per_s=prefill.central,
        decode_tokens_per_s=decode.central,
        batch_decode_tokens_per_s=batch_decode.central,
        concurrent_count=count,
    )
    days = scenario.working_days_per_year
    month = service(
        work,
        requests_per_month=requests_per_month(
            requests_per_working_day=scenario.requests_per_working_day, working_days_per_year=days
        ),
        on_h=on_h_per_month(on_h_per_day=scenario.on_h_per_day, working_days_per_year=days),
    )
    if busy := overloaded_at_peak(
        option.name, scenario=scenario, load_fraction=float(month.load_fraction) * scenario.busiest_hour_ratio()
    ):
        remarks.append(busy)
    return Capability(
        option, format, runtime, prediction, batch_decode, count, month, _usage(option, month), tuple(remarks)
    )


def overloaded_at_peak(name: str, *, scenario: Scenario, load_fraction: float) -> Remark | None:
    """The warning that the busiest hour needs more than the machine can do; None where it does not.

    `load_fraction` at that hour: the month's times the peak factor. The backlog is how much longer people wait after
    each such hour.
    """
    if load_fraction < 1.0:
        return None
    backlog_s = (load_fraction - 1.0) * S_PER_H
    text = (
        f"{name} is overloaded: the busiest hour ({scenario.busiest_hour_ratio():g} times the mean hour) needs "
        f"{load_fraction:,.0%} of its capacity, so the queue grows by {backlog_s:,.0f} s every hour. "
        "Costs assume demand is spread evenly over the day."
    )
    return Remark(code="overloaded-at-peak", text=text, level="warning")


def _largest_that_fits(deployment: Deployment, *, scenario: Scenario, catalog: Catalog) -> tuple[Prediction, int]:
    """The prediction at the highest concurrency that fits, and that concurrency (the one wanted where none fits)."""

    def at(count: int) -> Prediction:
        workload = Workload(
            prompt_tokens=scenario.input_tokens(),
            context_tokens=scenario.context_tokens(),
            decode_context_tokens=_mean_context(scenario),
            held_count=count,
            cached_fraction=scenario.cached_prompt_fraction,
        )
        return memory_and_speeds(deployment, workload, catalog=catalog)

    wanted = scenario.concurrent_request_count
    best = at(wanted)
    if best.memory.fits or wanted == 1:
        return best, wanted
    low, high, found = 1, wanted - 1, None
    while low <= high:
        middle = (low + high) // 2
        trial = at(middle)
        if trial.memory.fits:
            found, low = (trial, middle), middle + 1
        else:
            high = middle - 1
    return found or (best, wanted)


def _mean_context(scenario: Scenario) -> int:
    """Tokens in the cache while the middle of the answer is written."""
    return scenario.input_tokens() + scenario.answer_tokens // 2


def _with_measurements(
    prediction: Prediction, *, deployment: Deployment, scenario: Scenario, measurements: Sequence[MeasuredSpeed]
) -> Prediction:
    """Measured speeds take the place of fitted ones where somebody measured this very case."""
    if not measurements:
        return prediction

    def found(phase: Phase, context_tokens: float) -> Speed | None:
        return measured_speed(measurements, deployment, phase=phase, context_tokens=context_tokens)

    decode = found("decode", _mean_context(scenario)) or prediction.decode
    prefill = found("prefill", scenario.input_tokens() / 2) or prediction.prefill
    first = prediction.time_to_first_token
    if prefill is not None and prefill is not prediction.prefill:
        first = time_to_first_token(
            prefill, prompt_tokens=scenario.input_tokens(), cached_fraction=scenario.cached_prompt_fraction
        )
    return replace(prediction, decode=decode, prefill=prefill, time_to_first_token=first)


def _usage(option: Machine | CloudOffer, month: Service) -> Usage:
    """Hours and watts of a machine as cost/ wants them; a rented one's electricity is in its price."""
    load_fraction = float(month.load_fraction)
    usage = Usage(
        prefill_h_per_month=float(month.prefill_h),
        decode_h_per_month=float(month.decode_h),
        on_h_per_month=float(month.on_h),
        served_fraction=float(month.served_fraction),
        capacity_ratio=1 / load_fraction if load_fraction else math.inf,
    )
    if isinstance(option, CloudOffer):
        return usage
    power = option.power
    return replace(
        usage,
        prefill_w=power.prefill_w.central,
        decode_w=power.decode_w.central,
        idle_w=power.idle_w.central,
        sleep_w=power.sleep_w.central if power.sleep_w else 0.0,
    )
