"""Capability of one option for a scenario: format, memory and speed, before any demand or money.

A machine that cannot hold the model at the concurrency wanted is tried with fewer requests at once; one that cannot
hold it at all "does not fit", which is an answer, not an error.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from calculator.catalog import Catalog
from calculator.catalog.deployment import Deployment, HostSettings, Workload, format_on
from calculator.catalog.hardware import hardware_of
from calculator.catalog.models import LanguageModel, Runtime, WeightClass, WeightFormat
from calculator.catalog.options import ApiTariff, CloudOffer, Machine
from calculator.evidence import Remark
from calculator.physics.beyond_memory import beyond_memory
from calculator.physics.measured import MeasuredSpeed, Phase, measured_speed
from calculator.physics.memory.another_size import custom_model
from calculator.physics.prediction import Prediction, memory_and_speeds, writing_speed
from calculator.physics.speed.prefill import time_to_first_token
from calculator.physics.speed.speed import Speed
from calculator.scenario.scenario import ANOTHER_SIZE, Scenario
from calculator.service.kept_sessions import evicted_remark, kept_fraction, reading_anew
from calculator.service.measurement_advice import mean_context_tokens, unused_measurements
from calculator.service.speeds import scaled_speed, scaled_speeds, speed_ratio
from calculator.service.tariff import tariff_for
from calculator.units import S_PER_H, plain_number


@dataclass(frozen=True, slots=True)
class Capability:
    """What one machine can do for the scenario's questions; `prediction` has no speeds where the model does not fit.

    `batch_decode` is the aggregate over `concurrent_count`. `weight_class` is the precision that it runs.
    `fewer_bits` names a precision that would fit where the one asked for does not. `kept_fraction`: share of the open
    sessions whose read text stays in memory between their turns, so that the cached share holds for them.
    """

    option: Machine | CloudOffer
    format: WeightFormat | None
    runtime: Runtime
    prediction: Prediction | None
    batch_decode: Speed | None
    concurrent_count: int
    weight_class: str
    remarks: tuple[Remark, ...]
    fewer_bits: str = ""
    kept_fraction: float = 1.0

    @property
    def runs(self) -> bool:
        """Whether it fits and has speeds."""
        found = self.prediction
        return found is not None and found.decode is not None and found.prefill is not None


def scenario_model(scenario: Scenario, catalog: Catalog) -> LanguageModel:
    """The model that the scenario names, or the dense one of another size. Raises UnknownIdError."""
    if scenario.model == ANOTHER_SIZE:
        return custom_model(parameters_b=scenario.another_size_b)
    return catalog.model(scenario.model)


def reference_tariff(scenario: Scenario, catalog: Catalog) -> ApiTariff | None:
    """Price of the same open weights per token, for what a machine cannot serve; None if nobody hosts them."""
    return tariff_for(scenario, catalog)


def capability_of(
    option: Machine | CloudOffer,
    *,
    scenario: Scenario,
    model: LanguageModel,
    measurements: Sequence[MeasuredSpeed] = (),
    catalog: Catalog,
) -> Capability:
    """One box and the scenario's questions: format, memory, speed."""
    runtime = catalog.runtime(option.runtime)
    deployments = _deployments(option, runtime, scenario=scenario, model=model, catalog=catalog)
    if not deployments:
        weight_class = scenario.weight_class_of(option.id)
        text = f"{runtime.name} has no {weight_class} format here. Known: {', '.join(runtime.formats)}."
        remark = Remark(code="no-format", text=f"{option.name}: {text}", level="problem")
        return Capability(option, None, runtime, None, None, 0, weight_class, (remark,))
    wanted = scenario.concurrent_request_count
    tried = (
        (bits, one, *_largest_that_fits(one, scenario=scenario, catalog=catalog)) for bits, one in deployments[:-1]
    )
    last = deployments[-1]
    weight_class, deployment, prediction, count = next(
        (row for row in tried if row[2].memory.fits),
        None,
    ) or (*last, *_largest_that_fits(last[1], scenario=scenario, catalog=catalog))
    format = deployment.format
    if prediction.memory.fits and prediction.prefill is None:  # known by a measurement only
        prediction = _with_measurements(prediction, deployment=deployment, scenario=scenario, measurements=measurements)
    remarks = [row for row in prediction.remarks if row.code != "no-matrix-rate" or prediction.prefill is None]
    if prediction.memory.fits and prediction.prefill is None:
        return Capability(option, format, runtime, prediction, None, 0, weight_class, tuple(remarks))
    if not prediction.memory.fits or prediction.decode is None or prediction.prefill is None:
        workload = Workload(
            prompt_tokens=scenario.input_tokens(), context_tokens=scenario.context_tokens(), batch_count=wanted
        )
        beyond = beyond_memory(deployment, workload, fit=prediction.memory, catalog=catalog)
        if beyond is not None:
            remarks.append(beyond.remark)
        fewer = _fewer_bits(option, weight_class, scenario=scenario, model=model, catalog=catalog)
        return Capability(option, format, runtime, prediction, None, 0, weight_class, tuple(remarks), fewer)
    if count < wanted:
        requests = "request" if count == 1 else "requests"
        text = f"{option.name} holds {count} {requests} of this length at once, not {wanted}; the others wait."
        remarks.append(Remark(code="fewer-at-once", text=text, level="warning"))

    prediction = _with_measurements(prediction, deployment=deployment, scenario=scenario, measurements=measurements)
    if unused := unused_measurements(prediction, deployment, scenario, measurements, catalog, name=option.name):
        remarks.append(unused)
    prediction = scaled_speeds(prediction, scenario, option.id)
    kept = kept_fraction(deployment, count, scenario=scenario, catalog=catalog)
    if kept < 1:
        remarks.append(evicted_remark(option.name, kept, scenario=scenario))
        prediction = reading_anew(prediction, kept, scenario=scenario)
    decode = prediction.decode
    assert decode is not None
    batch_decode = decode
    if count > 1:
        batch = Workload(batch_count=count, decode_context_tokens=mean_context_tokens(scenario))
        batch_decode = scaled_speed(
            writing_speed(deployment, batch, fit=prediction.memory, calibration=catalog.calibration),
            speed_ratio(scenario, option.id, phase="decode"),
        )
        if batch_decode.central < decode.central:  # a measured single stream may be above the fitted batch
            batch_decode = decode
    return Capability(
        option, format, runtime, prediction, batch_decode, count, weight_class, tuple(remarks), kept_fraction=kept
    )


def _deployments(
    option: Machine | CloudOffer, runtime: Runtime, *, scenario: Scenario, model: LanguageModel, catalog: Catalog
) -> list[tuple[WeightClass, Deployment]]:
    """The model at the precision asked for; most bits first where the best that fits is asked for."""
    asked = scenario.weight_class_of(option.id)
    classes = MOST_BITS_FIRST if asked == BEST_THAT_FITS else (asked,)
    hardware = hardware_of(option, chips=catalog.chips)
    host = HostSettings(second_tenant_gb=scenario.second_tenant_gb, wired_limit_gb=scenario.macos_wired_limit_gb)
    return [
        (
            weight_class,
            Deployment(
                model,
                format=format_on(runtime, catalog.format(runtime.formats[weight_class]), catalog=catalog),
                runtime=runtime,
                hardware=hardware,
                split=option.split,
                host=host,
            ),
        )
        for weight_class in classes
        if weight_class in runtime.formats
    ]


def _fewer_bits(
    option: Machine | CloudOffer, weight_class: str, *, scenario: Scenario, model: LanguageModel, catalog: Catalog
) -> str:
    """The most bits below the precision asked for that would fit; empty where none would."""
    best = scenario.changed(weight_class=BEST_THAT_FITS, weight_classes={})
    runtime = catalog.runtime(option.runtime)
    below = MOST_BITS_FIRST[MOST_BITS_FIRST.index(weight_class) + 1 :] if weight_class in MOST_BITS_FIRST else ()
    for other, deployment in _deployments(option, runtime, scenario=best, model=model, catalog=catalog):
        if other in below and _largest_that_fits(deployment, scenario=scenario, catalog=catalog)[0].memory.fits:
            return other
    return ""


def overloaded_at_peak(name: str, *, scenario: Scenario, load_fraction: float) -> Remark | None:
    """The warning that the busiest hour needs more than the machine can do; None where it does not.

    `load_fraction` at that hour: the month's times the peak factor. The backlog is how much longer people wait after
    each such hour.
    """
    if load_fraction < 1.0:
        return None
    backlog_s = (load_fraction - 1.0) * S_PER_H
    text = (
        f"{name} is overloaded: the busiest hour ({plain_number(scenario.busiest_hour_ratio())} times the mean hour) "
        f"needs {load_fraction:,.0%} of its capacity, so the queue grows by {backlog_s:,.0f} s every hour. Costs "
        "assume demand is spread evenly over the day."
    )
    return Remark(code="overloaded-at-peak", text=text, level="warning")


def _largest_that_fits(deployment: Deployment, *, scenario: Scenario, catalog: Catalog) -> tuple[Prediction, int]:
    """The prediction at the highest concurrency that fits, and that concurrency (the one wanted where none fits)."""

    def at(count: int) -> Prediction:
        workload = Workload(
            prompt_tokens=scenario.input_tokens(),
            context_tokens=scenario.context_tokens(),
            decode_context_tokens=mean_context_tokens(scenario),
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


def _with_measurements(
    prediction: Prediction, *, deployment: Deployment, scenario: Scenario, measurements: Sequence[MeasuredSpeed]
) -> Prediction:
    """Measured speeds take the place of fitted ones where somebody measured this very case."""
    if not measurements:
        return prediction

    def found(phase: Phase, context_tokens: float) -> Speed | None:
        return measured_speed(measurements, deployment, phase=phase, context_tokens=context_tokens)

    decode = found("decode", mean_context_tokens(scenario)) or prediction.decode
    prefill = found("prefill", scenario.input_tokens() / 2) or prediction.prefill
    first = prediction.time_to_first_token
    if prefill is not None and prefill is not prediction.prefill:
        first = time_to_first_token(
            prefill, prompt_tokens=scenario.input_tokens(), cached_fraction=scenario.cached_prompt_fraction
        )
    return replace(prediction, decode=decode, prefill=prefill, time_to_first_token=first)


BEST_THAT_FITS = "best-that-fits"
MOST_BITS_FIRST: tuple[WeightClass, ...] = ("16-bit", "8-bit", "6-bit", "5-bit", "4-bit")
