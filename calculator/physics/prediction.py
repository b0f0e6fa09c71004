"""Prediction: what a deployment can do with a workload. Memory first, then speed, in one frozen answer.

`predict` gives the whole answer, `memory_and_speeds` only what a comparison needs.
"""

from dataclasses import dataclass, replace

from calculator.catalog import Catalog
from calculator.catalog.calibration import Calibration
from calculator.catalog.deployment import FULL_BITS, Deployment, Link, Workload
from calculator.catalog.models import Split
from calculator.catalog.options import Chip
from calculator.errors import ScenarioError
from calculator.evidence import Remark
from calculator.physics.beyond_memory import BeyondMemory, beyond_memory
from calculator.physics.kept_answers import KeptAnswers
from calculator.physics.memory.cache_pool import CachePool, cache_pool
from calculator.physics.memory.draft_model import with_draft
from calculator.physics.memory.memory_fit import MemoryFit, memory_fit
from calculator.physics.mixed_cards import is_mixed, mixed_memory_fit, mixed_speed
from calculator.physics.speed.classes import has_matrix_rate
from calculator.physics.speed.decode import decode_speed
from calculator.physics.speed.links import boxes_remarks, linked_decode_speed, linked_prefill_speed
from calculator.physics.speed.load_time import LoadTime, load_time
from calculator.physics.speed.power import PowerUse, capped_decode_speed, power_use
from calculator.physics.speed.prefill import prefill_speed, time_to_first_token
from calculator.physics.speed.speculative import Drafts, speculative_decode_speed
from calculator.physics.speed.speed import Speed
from calculator.physics.speed.tensor_split import layer_split_problem, runtime_remark, split_remark

MOST_TOKENS, MOST_STREAMS, MOST_STEP_TOKENS, _MOST_GB = 10_000_000, 4096, 1_000_000, 100_000
_KEPT, _KEPT_SPEEDS = KeptAnswers["Prediction"](), KeptAnswers[Speed]()


@dataclass(frozen=True, slots=True)
class Prediction:
    """One model on one machine. Speeds are None where the model does not fit."""

    machine: str
    chip_count: int
    model: str
    format: str
    runtime: str
    split: Split
    prompt_tokens: float
    context_tokens: int
    batch_count: int
    memory: MemoryFit
    decode: Speed | None
    """Tokens per second, summed over the batch, with the decode context in each cache."""
    prefill: Speed | None
    """Tokens per second of reading one prompt."""
    time_to_first_token: Speed | None
    """Seconds from the prompt to the first token."""
    remarks: tuple[Remark, ...]
    box_count: int = 1
    link: Link | None = None
    beyond: BeyondMemory | None = None
    """The speed all the same, where the model does not fit."""
    load_cold: LoadTime | None = None
    """From the drive."""
    load_warm: LoadTime | None = None
    """From the page cache."""
    power: PowerUse | None = None
    pool: CachePool | None = None
    """What vLLM or SGLang have for the cache, and what fits in it."""


def predict(
    deployment: Deployment,
    workload: Workload,
    catalog: Catalog,
    *,
    drafts: Drafts | None = None,
    draft: Deployment | None = None,
) -> Prediction:
    """Memory, speeds, load times and watts of a deployment under a workload.

    Parameters
    ----------
    deployment
        Model, format, runtime and hardware: `Deployment.of("rtx-5090-pc", "llama-3-8b", "q4_k_m", catalog=catalog)`.
    workload
        Prompt, context and streams.
    catalog
        Where constants and the fitted speeds come from.
    drafts
        Tokens guessed ahead and the share of them that is kept; none unless given.
    draft
        A separate model that guesses, on the same box: its weights and cache are counted.

    Raises ScenarioError, with one sentence, for a figure out of bounds, a link that cannot be, or a layer split over more
    chips than the model has layers.
    """
    _refuse_out_of_bounds(deployment, workload)
    if problem := layer_split_problem(deployment):
        raise ScenarioError(problem)
    deployment = deployment.with_own_format(catalog)
    found = memory_and_speeds(deployment, workload, catalog=catalog)
    if draft is not None:
        found = _beside_draft(found, draft, workload, catalog=catalog)
    if drafts is not None and found.decode is not None:
        if deployment.link is not None or deployment.host.power_limit_w is not None:
            raise ScenarioError(
                "draft_tokens cannot be combined with link or power_limit_w; nothing is known of both at once. "
                "Leave one out."
            )
        written = speculative_decode_speed(deployment, workload, drafts=drafts, calibration=catalog.calibration)
        remark = Remark(code="drafts", text=f"Decode with drafts: {written.note}.", level="info")
        found = replace(found, decode=written, remarks=(*found.remarks, remark))
    else:
        found = _adjusted(found, deployment, workload, catalog=catalog)
    return _operated(found, deployment, workload, catalog=catalog)


def memory_and_speeds(deployment: Deployment, workload: Workload, *, catalog: Catalog) -> Prediction:
    """Memory, then speeds if it fits, without link, power limit, load times and watts. The last ones are kept."""
    return _KEPT.answer(
        (deployment, workload, catalog), lambda: _memory_and_speeds(deployment, workload, catalog=catalog)
    )


def _memory_and_speeds(deployment: Deployment, workload: Workload, *, catalog: Catalog) -> Prediction:
    deployment = deployment.with_own_format(catalog)
    fit_of = mixed_memory_fit if is_mixed(deployment) else memory_fit
    memory = fit_of(deployment, workload, catalog=catalog)
    decode = prefill = first = None
    impossible = runtime_remark(deployment) or (None if is_mixed(deployment) else split_remark(deployment))
    if memory.fits and impossible is None:
        decode = writing_speed(deployment, workload, fit=memory, calibration=catalog.calibration)
    chips = [group.chip for group in deployment.hardware.groups()]
    if memory.fits and impossible is None and all(has_matrix_rate(chip) for chip in chips):
        prefill = _reading_speed(deployment, workload, fit=memory, calibration=catalog.calibration)
        first = time_to_first_token(
            prefill, prompt_tokens=workload.prompt_tokens, cached_fraction=workload.cached_fraction
        )
    hardware = deployment.hardware
    remarks = memory.remarks
    if decode is not None and prefill is None:
        unknown = next((chip for chip in chips if not has_matrix_rate(chip)), hardware.chip)
        remarks = (*remarks, _no_matrix_rate(unknown))
    return Prediction(
        machine=hardware.id or hardware.chip.id,
        chip_count=hardware.chip_count,
        model=deployment.model.id,
        format=deployment.format.id,
        runtime=deployment.runtime.id,
        split=deployment.split,
        prompt_tokens=workload.prompt_tokens,
        context_tokens=workload.context(),
        batch_count=workload.batch_count,
        memory=memory,
        decode=decode,
        prefill=prefill,
        time_to_first_token=first,
        remarks=remarks if impossible is None else (impossible, *remarks),
        box_count=hardware.box_count(),
    )


def writing_speed(deployment: Deployment, workload: Workload, *, fit: MemoryFit, calibration: Calibration) -> Speed:
    """Decoding speed of the box, of mixed cards by the layers that `fit` gives each. The last ones are kept."""
    if not is_mixed(deployment):
        return _KEPT_SPEEDS.answer(
            (deployment, workload, calibration), lambda: decode_speed(deployment, workload, calibration=calibration)
        )
    return mixed_speed(
        deployment,
        [card.layer_count for card in fit.cards],
        speed_on=lambda one: decode_speed(one, workload, calibration=calibration),
    )


def _reading_speed(deployment: Deployment, workload: Workload, *, fit: MemoryFit, calibration: Calibration) -> Speed:
    """Prefill speed of the box, likewise."""
    if not is_mixed(deployment):
        return prefill_speed(deployment, workload, calibration=calibration)
    return mixed_speed(
        deployment,
        [card.layer_count for card in fit.cards],
        speed_on=lambda one: prefill_speed(one, workload, calibration=calibration),
    )


def _beside_draft(found: Prediction, draft: Deployment, workload: Workload, *, catalog: Catalog) -> Prediction:
    """The prediction with a draft model in the same memory; no speeds where both do not fit."""
    memory = with_draft(found.memory, draft, workload, catalog=catalog)
    of_the_split = (remark for remark in found.remarks if remark not in found.memory.remarks)
    found = replace(found, memory=memory, remarks=(*of_the_split, *memory.remarks))
    return found if memory.fits else replace(found, decode=None, prefill=None, time_to_first_token=None)


def draft_time_fraction(deployment: Deployment, draft: Deployment, workload: Workload, *, catalog: Catalog) -> float:
    """Time of one token of the draft as a share of a plain step of the model, at most 1: the speeds' quotient.

    Both at one stream and the same depth; single-stream speeds of small models err most (docs/model/speed.md).
    """
    one = replace(workload, batch_count=1)
    mine, its = (
        decode_speed(one_of.with_own_format(catalog), one, calibration=catalog.calibration).central
        for one_of in (deployment, draft)
    )
    return min(1.0, mine / its)


def _no_matrix_rate(chip: Chip) -> Remark:
    text = (
        f"Nobody published the 16-bit matrix rate of the {chip.name}, so how fast it reads a prompt is unknown. "
        "Measure it, for example with llama-bench -p 512, and import the result."
    )
    return Remark(code="no-matrix-rate", text=text, level="warning")


def _refuse_out_of_bounds(deployment: Deployment, workload: Workload) -> None:
    host = deployment.host
    given: dict[str, tuple[float | None, float, float]] = {
        "prompt_tokens": (workload.prompt_tokens, 1, MOST_TOKENS),
        "batch": (workload.batch_count, 1, MOST_STREAMS),
        "held_count": (workload.held_count, 1, MOST_STREAMS),
        "context_tokens": (workload.context_tokens, 1, MOST_TOKENS),
        "longest_prompt_tokens": (workload.longest_prompt_tokens, 1, MOST_TOKENS),
        "decode_context_tokens": (workload.decode_context_tokens, 0, MOST_TOKENS),
        "depth_tokens": (workload.depth_tokens, 0, MOST_TOKENS),
        "cached_fraction": (workload.cached_fraction, 0, 1),
        "prefill_step": (workload.prefill_step_tokens, 1, MOST_STEP_TOKENS),
        "second_tenant_gb": (host.second_tenant_gb, 0, _MOST_GB),
        "wired_limit_gb": (host.wired_limit_gb, 0, 1_000_000),
        "desktop_gib": (host.desktop_gib, 0, _MOST_GB),
        "max_num_seqs": (host.sequence_count, 1, MOST_STREAMS),
    }
    for name, (got, low, high) in given.items():
        if got is not None and not low <= got <= high:  # also refuses NaN
            raise ScenarioError(f"{name} is {got}; it must lie in {low}..{high:,}.")


def _adjusted(found: Prediction, deployment: Deployment, workload: Workload, *, catalog: Catalog) -> Prediction:
    """The speeds over a named link and under a power limit; a limit of cards that take turns costs decoding nothing."""
    limit_w, hardware = deployment.host.power_limit_w, deployment.hardware
    if deployment.link is None and limit_w is None:
        return found
    decode, prefill, first = found.decode, found.prefill, found.time_to_first_token
    if decode is not None:
        decode = linked_decode_speed(decode, deployment, batch_count=workload.batch_count, catalog=catalog)
    if prefill is not None and deployment.link is not None:
        prefill = linked_prefill_speed(prefill, deployment, catalog=catalog)
        first = time_to_first_token(
            prefill, prompt_tokens=workload.prompt_tokens, cached_fraction=workload.cached_fraction
        )
    remarks = found.remarks
    if decode is not None and limit_w is not None:
        capped = capped_decode_speed(decode, chip=hardware.chip, power_limit_w=limit_w, constants=catalog.constants)
        takes_turns = deployment.split == "layer" and hardware.chip_count > 1
        decode = decode if takes_turns else capped
        text = "The power limit slows decoding only here; reading a prompt loses more, and nobody published how much."
        remarks = (*remarks, Remark(code="power-limit", text=text, level="info"))
    return replace(
        found, decode=decode, prefill=prefill, time_to_first_token=first, link=deployment.link, remarks=remarks
    )


def _operated(found: Prediction, deployment: Deployment, workload: Workload, *, catalog: Catalog) -> Prediction:
    """What `predict` adds: the speed beyond the memory, load times, watts, and remarks on several boxes."""
    size, hardware = found.memory.weights_bytes, deployment.hardware
    beyond = beyond_memory(deployment, workload, fit=found.memory, catalog=catalog)
    remarks = (*found.remarks, *boxes_remarks(hardware, split=deployment.split))
    if beyond is not None:
        remarks = (*remarks, beyond.remark)
    if deployment.kv_bits < FULL_BITS:
        text = (
            "The writing speed counts the bytes of the packed cache; what unpacking costs rests on few published rows. "
            f"The reading speed is that of a {FULL_BITS}-bit cache."
        )
        remarks = (*remarks, Remark(code="kv-bits-speed", text=text, level="info"))
    power = None
    if hardware.power is not None:
        power = power_use(hardware.power, box_count=found.box_count, decode=found.decode, prefill=found.prefill)
    pool = cache_pool(deployment, workload, fit=found.memory)
    return replace(
        found,
        pool=pool,
        beyond=beyond,
        remarks=remarks,
        load_cold=load_time(size, hardware=hardware, catalog=catalog),
        load_warm=load_time(size, hardware=hardware, catalog=catalog, is_warm=True),
        power=power,
    )
