"""Cases: published rows with the catalogue's entries they name, and what the laws say about them.

A row names a chip, a model, a format and a runtime by id; `case_of` finds them in the catalogue or says which is
missing. The rate of a row is compared as it was measured: a rate over whole requests is predicted from prefill and
decode together, copies of a model on several cards add up.
"""

import math
from dataclasses import dataclass, replace

from calculator.calibration import assumptions as assumed
from calculator.calibration.rows import PublishedRow
from calculator.calibration.solver import Observation
from calculator.catalog import Catalog
from calculator.catalog.calibration import Calibration
from calculator.catalog.deployment import Deployment, Workload, format_on
from calculator.catalog.hardware import Hardware
from calculator.catalog.models import LanguageModel, Runtime, WeightFormat
from calculator.errors import UnknownIdError
from calculator.physics.speed.classes import Conditions, default_step_tokens
from calculator.physics.speed.decode import decode_cells, decode_estimate, decode_terms
from calculator.physics.speed.law import Estimate, Term
from calculator.physics.speed.prefill import prefill_cells, prefill_estimate, prefill_terms
from calculator.units import BITS_PER_BYTE, BYTES_PER_GB, MS_PER_S

NOT_FITTED = ("assumed/", "here/", "age/unknown/")
"""Effects that come from constants.toml, from one's own measurements, or from nowhere."""
CONTINUOUS_BATCHING = frozenset({"vllm", "sglang"})
"""Servers that fill a step with the tokens of all prompts that wait and of all streams that write."""
PREFILL_SHARE_LIMIT = 0.6  # above it a rate over whole requests says more about prefill than about decoding


@dataclass(frozen=True, slots=True)
class Case:
    """A row with the deployment of the catalogue that it describes."""

    row: PublishedRow
    deployment: Deployment
    prompt_is_cached: bool = False
    """Whether a server read the prompt of a batch once for all (prompt_cache.py)."""

    @property
    def streams_each(self) -> float:
        """Mean streams in flight per copy of the model."""
        return max(1.0, self.row.stream_count / self.row.instance_count)

    def workload(self) -> Workload:
        """What one copy of the model did: its prompt where one is stated, its streams and their mean context."""
        row = self.row
        return Workload(
            prompt_tokens=float(row.prompt_tokens or 1),
            depth_tokens=float(row.prefill_depth_tokens),
            batch_count=max(1, round(self.streams_each)),
            decode_context_tokens=row.context_tokens,
        )

    def conditions(self, today: float) -> Conditions:
        """The software, seen from the decimal year `today`."""
        row = self.row
        return Conditions(
            age_years=0.0 if row.year is None else max(0.0, today - row.year),
            is_date_known=row.year is not None,
            backend=row.backend,
            served=row.rate_kind == "request",
            power_limit_w=row.power_limit_w,
            prompt_count=prompts_together(self),
            step_tokens=step_tokens_of(self),
            runtime_id=row.runtime_id,
            stream_count=self.streams_each,
            eager=row.eager,
            link=row.link,
        )


def case_of(row: PublishedRow, catalog: Catalog, *, assume: bool = False) -> Case | str:
    """The case, or the reason why the row is not covered.

    With `assume`, a model by a name that people use, a format that is not stated or unknown, and a program around an
    engine, are taken as what they most likely are (assumptions.py): for predictions, never for the fit.
    """
    if row.unreadable:
        return row.unreadable
    model_id = row.model_id
    if assume and model_id not in catalog.models:
        model_id = assumed.model_of(row, catalog) or model_id
    for name, value in (("device", row.device_id), ("model", model_id), ("runtime", row.runtime_id)):
        if not value:
            return f"{name} not named in our ids"
    if row.device_id not in catalog.chips:
        return f"device {row.device_id} is not in the catalogue"
    if model_id not in catalog.models:
        return f"model {model_id} is not in the catalogue"
    runtime = assumed.runtime_of(row, catalog) if assume else catalog.runtimes.get(row.runtime_id)
    if runtime is None:
        return f"runtime {row.runtime_id} is not in the catalogue"
    model, chip = catalog.models[model_id], catalog.chips[row.device_id]
    format = _format_of(row, model=model, runtime=runtime, catalog=catalog, assume=assume)
    if isinstance(format, str):
        return format
    hardware = Hardware(
        chip=chip, chip_count=max(1, row.device_count // row.instance_count), memory_gib=max(chip.memory_options_gib)
    )
    packed = _as_wide_as_its_file(format_on(runtime, format, catalog=catalog), row, model=model)
    deployment = Deployment(
        model, format=packed, runtime=runtime, hardware=hardware, split=row.split, kv_bits=row.cache_bits
    )
    return Case(row, deployment)


def _as_wide_as_its_file(format: WeightFormat, row: PublishedRow, *, model: LanguageModel) -> WeightFormat:
    """A format whose mixture nobody published, with the bits per weight of the file that the row states."""
    if format.scheme != "nominal" or not row.file_size_gb:
        return format
    bits = row.file_size_gb * BYTES_PER_GB * BITS_PER_BYTE / model.parameter_count()
    known = format.bits_per_weight
    if not known.low <= bits <= known.high:
        return format
    return format.model_copy(update={"bits_per_weight": known.model_copy(update={"central": bits})})


def _format_of(
    row: PublishedRow, *, model: LanguageModel, runtime: Runtime, catalog: Catalog, assume: bool
) -> WeightFormat | str:
    format_id = row.format_id or (runtime.formats["4-bit"] if row.runtime_id == "ollama" else "")
    try:
        return catalog.format(format_id)
    except UnknownIdError:
        found = assumed.format_of(row, model=model, runtime=runtime, catalog=catalog) if assume else None
        if found is not None:
            return found
        return f"format {format_id} is not in the catalogue" if format_id else "format not stated"


def decode_step(case: Case, calibration: Calibration) -> Estimate:
    """Time of one decoding step under the row's conditions, in ms."""
    conditions = case.conditions(calibration.year)
    return decode_estimate(case.deployment, case.workload(), conditions=conditions, calibration=calibration)


def prefill_prompt(case: Case, calibration: Calibration) -> Estimate:
    """Time of one prompt under the row's conditions, in ms; raises ValueError where the row states no prompt length."""
    row = case.row
    if row.prompt_tokens is None:
        raise ValueError(f"row {row.id} states no prompt length")
    conditions = case.conditions(calibration.year)
    return prefill_estimate(case.deployment, case.workload(), conditions=conditions, calibration=calibration)


def decode_cells_of(case: Case, calibration_year: float) -> tuple[str, ...]:
    """The cells of a row's decoding rate."""
    return decode_cells(case.deployment, case.workload(), conditions=case.conditions(calibration_year))


def prefill_cells_of(case: Case, calibration_year: float) -> tuple[str, ...]:
    """The cells of a row's prefill rate."""
    return prefill_cells(case.deployment, case.workload(), conditions=case.conditions(calibration_year))


@dataclass(frozen=True, slots=True)
class Rate:
    """A predicted rate as the row states it, tokens/s.

    With the standard deviation of its log and the rate that the bandwidth allows.
    """

    tokens_per_s: float
    deviation: float
    bound_tokens_per_s: float | None


def decode_rate(case: Case, calibration: Calibration) -> Rate:
    """Tokens/s as this row counts them: of the steps alone, or answer tokens over whole requests."""
    row = case.row
    step = decode_step(case, calibration)
    if row.rate_kind == "decode" or not row.prompt_tokens:
        streams = row.instance_count * case.streams_each
        return Rate(
            streams * MS_PER_S / step.central_ms,
            step.deviation,
            streams * MS_PER_S / step.floor_ms if step.floor_ms else None,
        )
    prompt = prefill_prompt(case, calibration)
    waiting, writing = _prompts_read(case) * prompt.central_ms, row.answer_tokens * step.central_ms
    total = waiting + writing
    deviation = math.hypot(waiting * prompt.deviation, writing * step.deviation) / total
    return Rate(row.instance_count * case.streams_each * row.answer_tokens * MS_PER_S / total, deviation, None)


def prefill_rate(case: Case, calibration: Calibration) -> Rate:
    """Prompt tokens/s as this row counts them.

    In a batch served first come, first served, the mean wait is (b + 1) / 2 prompts.
    """
    row = case.row
    prompt = prefill_prompt(case, calibration)
    prompts = (case.streams_each + 1) / 2 if row.prefill_kind == "mean wait" else 1.0
    return Rate(float(row.prompt_tokens or 0) * MS_PER_S / (prompt.central_ms * prompts), prompt.deviation, None)


def decode_observation(case: Case, calibration: Calibration | None, *, today: float) -> Observation | None:
    """What the fit learns from the row's decoding rate; None where it has none or mostly tells about prefill.

    Of a rate over whole requests the prefill by `calibration` is taken off first.
    """
    row = case.row
    if row.decode_tokens_per_s is None:
        return None
    step_ms = MS_PER_S * row.instance_count * case.streams_each / row.decode_tokens_per_s
    if row.rate_kind == "request" and row.prompt_tokens:
        if calibration is None:
            return None
        total = step_ms * row.answer_tokens
        rest = total - _prompts_read(case) * prefill_prompt(case, calibration).central_ms
        if total - _prompts_read(case) * _prompt_alone_ms(case, calibration) < (1 - PREFILL_SHARE_LIMIT) * total:
            return None
        step_ms = rest / row.answer_tokens
    terms, common = decode_terms(case.deployment, case.workload(), conditions=case.conditions(today))
    return _observation(row, step_ms, terms, common)


def _prompts_read(case: Case) -> float:
    """Prompts that were read for the streams in flight: each its own, or one for all from the cache."""
    return 1.0 if case.prompt_is_cached else case.streams_each


def _prompt_alone_ms(case: Case, calibration: Calibration) -> float:
    """Time of one of the row's prompts if it came alone."""
    conditions = replace(case.conditions(calibration.year), prompt_count=1)
    found = prefill_estimate(case.deployment, case.workload(), conditions=conditions, calibration=calibration)
    return found.central_ms


def prefill_observation(case: Case, *, today: float) -> Observation | None:
    """What the fit learns from the row's prefill rate; None where it has none."""
    row = case.row
    if row.prefill_tokens_per_s is None or not row.prompt_tokens:
        return None
    prompts = (case.streams_each + 1) / 2 if row.prefill_kind == "mean wait" else 1.0
    prompt_ms = MS_PER_S * row.prompt_tokens / (row.prefill_tokens_per_s * prompts)
    terms, common = prefill_terms(case.deployment, case.workload(), conditions=case.conditions(today))
    return _observation(row, prompt_ms, terms, common)


def prompts_together(case: Case) -> int:
    """Prompts that were read together: a benchmark's whole batch, and what a server with continuous batching has in
    flight; other servers read one after the other."""
    if case.prompt_is_cached:
        return 1
    together = case.row.rate_kind == "decode" or case.row.runtime_id in CONTINUOUS_BATCHING
    return max(1, round(case.streams_each)) if together else 1


def step_tokens_of(case: Case) -> int:
    """The chunk in which the prompt was processed: as stated, else the runtime's default on this chip."""
    return case.row.step_tokens or default_step_tokens(case.deployment.runtime, case.deployment.hardware.chip)


def _observation(row: PublishedRow, ms: float, terms: list[Term], common: list[tuple[str, float]]) -> Observation:
    fitted = tuple(pair for pair in common if not pair[0].startswith(NOT_FITTED))
    case = f"{row.device_id} {row.device_count} {row.model_id} {row.format_id} {row.runtime_id}"
    return Observation(row.id, math.log(ms), tuple(terms), fitted, row.publisher, f"{row.publisher} {case}")
