"""Deployment and workload: what runs on which hardware, and what it is asked to do.

    deployment = Deployment.of("dual-rtx-4090-am5", "llama-3-70b", "q4_k_m", catalog=catalog)
    workload = Workload(prompt_tokens=4000, batch_count=4)
    predict(deployment, workload, catalog)

A variant is made with `dataclasses.replace`: `replace(deployment, split="tensor", link="p2p")`.
"""

from dataclasses import dataclass, replace
from typing import Literal, Self, get_args

from calculator.catalog.catalog import Catalog
from calculator.catalog.hardware import Hardware, hardware_of
from calculator.catalog.models import LanguageModel, Runtime, Split, WeightFormat
from calculator.catalog.options import Chip
from calculator.catalog.released_format import AS_RELEASED, NATIVE, PACKED_BY_OTHERS, released_format
from calculator.errors import ScenarioError
from calculator.units import plain_number

FULL_BITS = 16
"""Bits of one number in a cache that is not packed."""

Link = Literal["p2p", "no-p2p", "rdma", "tcp"]
"""p2p, no-p2p: cards with or without peer access. rdma, tcp: boxes joined by cable."""
LINKS: tuple[Link, ...] = get_args(Link)

ENGINE_OF_RUNTIME = {
    "ollama": "llama.cpp",
    "lm-studio": "llama.cpp",
    "lm-studio-mlx": "mlx-lm",
    "mlx-vlm": "mlx-lm",
    "exllama": "exllamav2",
}
"""Runtimes that are another's engine in a different box; with MLX weights Ollama and LM Studio run mlx-lm."""

ONLY_LOADED_BY = {"exl2": "exllamav2", "exl3": "exllamav3", "q4f16": "mlc-llm"}
"""Beginnings of formats that one runtime alone loads."""

_MOST_CHIPS, _MOST_MEMORY_GIB = 64, 100_000


@dataclass(frozen=True, slots=True)
class HostSettings:
    """How the box is set up around the model; the defaults are those of a machine that nobody changed."""

    second_tenant_gb: float = 0.0
    """Memory of other software such as a vector database, GB (1e9 bytes), 0 or more."""
    wired_limit_gb: float = 0.0
    """macOS's iogpu.wired_limit_mb in GB (1e9 bytes); 0 for macOS's default."""
    macos: str | None = None
    """Version of macOS whose default limit holds, such as "26.2"; the newest one read unless given."""
    desktop_gib: float | None = None
    """What a screen takes of the first card, GiB; a machine without a screen unless given."""
    power_limit_w: float | None = None
    """Limit of each card, W; the board's own unless given."""
    gpu_memory_utilization: float | None = None
    """Share of each card that vLLM or SGLang may take, above 0 and at most 1; the runtime's default unless given."""
    sequence_count: int | None = None
    """vLLM's --max-num-seqs; its default for the card unless given."""


UNCHANGED_HOST = HostSettings()


@dataclass(frozen=True, slots=True)
class Deployment:
    """One model in one format, run by one runtime on one box."""

    model: LanguageModel
    """The shapes of the model, from the catalogue or one's own."""
    format: WeightFormat
    """How the weights are packed."""
    runtime: Runtime
    """The software that serves."""
    hardware: Hardware
    """Chips, their number and their memory."""
    split: Split = "layer"
    """How several chips share the work: layers in turn (a pipeline), or every layer shared (tensor)."""
    link: Link | None = None
    """What joins the chips, where it is known; otherwise as most published measurements had it."""
    kv_bits: int = FULL_BITS
    """Bits of one cached number, one of the widths that the runtime offers."""
    host: HostSettings = UNCHANGED_HOST
    """How the box is set up around the model."""
    towers: bool | None = None
    """Whether encoders of images and sound are loaded; as the runtime does by default unless given."""

    @classmethod
    def of(
        cls,
        machine: str,
        model: str | LanguageModel,
        format: str,
        *,
        runtime: str | None = None,
        chip_count: int | None = None,
        memory_gib: float | None = None,
        catalog: Catalog,
    ) -> Self:
        """The deployment that these ids name.

        Parameters
        ----------
        machine
            A machine, a rented machine or a bare chip.
        model
            An id, or the shapes of a model of one's own.
        format
            A weight format or one of its aliases.
        runtime
            The machine's own where it loads the format, otherwise the usual one for chip and format, unless given.
        chip_count
            1..64 cards, or boxes where the memory is unified; the machine's own unless given.
        memory_gib
            GiB per chip, above 0 and at most 100,000; the machine's own (a chip's largest) unless given.

        Raises UnknownIdError, PhantomError or ScenarioError, each with one sentence; ScenarioError also for a format
        that the runtime does not load.
        """
        if chip_count is not None and not 1 <= chip_count <= _MOST_CHIPS:
            raise ScenarioError(f"count is {chip_count}; it must lie in 1..{_MOST_CHIPS}.")
        if memory_gib is not None and not 0 < memory_gib <= _MOST_MEMORY_GIB:  # also refuses NaN
            raise ScenarioError(
                f"memory_gib is {plain_number(memory_gib)}; it must be above 0 and at most {_MOST_MEMORY_GIB:,}. Enter "
                "GiB per chip."
            )
        box = catalog.chip_or_machine(machine)
        hardware = hardware_of(box, chips=catalog.chips, chip_count=chip_count, memory_gib=memory_gib)
        named = catalog.format(format)
        own = None if isinstance(box, Chip) else catalog.runtime(box.runtime)
        if own is not None and not _loads(own, named):
            own = None
        found = catalog.runtime(runtime or (own.id if own else usual_runtime(hardware.chip, named)))
        if named.scheme == "mlx" and found.mlx_weights_by:
            found = catalog.runtime(found.mlx_weights_by)
        _refuse_unread(found, named, where=box.name, catalog=catalog)
        shapes = catalog.model(model) if isinstance(model, str) else model
        return cls(
            model=shapes,
            format=format_on(found, named, model=shapes, catalog=catalog),
            runtime=found,
            hardware=hardware,
            split="layer" if isinstance(box, Chip) else box.split,
        )

    def with_own_format(self, catalog: Catalog) -> Self:
        """The same with the format that its name means on this runtime."""
        format = format_on(self.runtime, self.format, model=self.model, catalog=catalog)
        return self if format is self.format else replace(self, format=format)

    def loads_towers(self) -> bool:
        """Whether the model's towers are in memory: as asked, else as the runtime does."""
        return self.runtime.loads_towers if self.towers is None else self.towers


@dataclass(frozen=True, slots=True)
class Workload:
    """What a deployment is asked to do: the prompt it reads, the context it holds, the streams it writes."""

    prompt_tokens: float = 1024
    """Tokens of one prompt, 1 or more, the cached ones included."""
    context_tokens: int | None = None
    """Tokens of one sequence that the cache must hold, 1 or more; the prompt's unless given."""
    batch_count: int = 1
    """Streams that are written at once, 1 or more."""
    cached_fraction: float = 0.0
    """Share of the prompt, 0..1, that is in the cache already and is not read again."""
    depth_tokens: float = 0.0
    """Tokens in the cache before the prompt, 0 or more."""
    prefill_step_tokens: int | None = None
    """Tokens read at a time, 1 or more; it sizes the work space and the reading speed. The runtime's own unless given."""
    longest_prompt_tokens: int | None = None
    """Tokens of the longest prompt, which size the work space; the whole context unless given."""
    held_count: int | None = None
    """Sequences held in memory at once, 1 or more; the batch unless given."""
    decode_context_tokens: float | None = None
    """Tokens in each cache at which the decode speed is stated; the context unless given."""

    def context(self) -> int:
        """Tokens of one sequence that the cache must hold."""
        return int(self.prompt_tokens) if self.context_tokens is None else self.context_tokens

    def decode_context(self) -> float:
        """Tokens in each cache while the answer is written."""
        return self.context() if self.decode_context_tokens is None else self.decode_context_tokens

    def uncached_tokens(self) -> float:
        """Tokens of the prompt that are read, 1 at least."""
        return max(1.0, self.prompt_tokens * (1 - self.cached_fraction))

    def prefill_depth_tokens(self) -> float:
        """Tokens in the cache before the first one that is read."""
        return self.depth_tokens + self.prompt_tokens * self.cached_fraction


def engine_of(runtime_id: str, format: WeightFormat) -> str:
    """The engine that does the work: Ollama with GGUF weights is llama.cpp, with MLX weights mlx-lm."""
    if format.scheme == "mlx" and runtime_id in ("ollama", "lm-studio"):
        return "mlx-lm"
    return ENGINE_OF_RUNTIME.get(runtime_id, runtime_id)


def format_on(
    runtime: Runtime, format: WeightFormat, *, catalog: Catalog, model: LanguageModel | None = None
) -> WeightFormat:
    """The format that this name means on this runtime: "nvfp4" is MLX's own on mlx-lm.

    With the model, "mxfp4" on vLLM is the maker's packing where there is one and packed linear layers where there is
    none, and "as-released" is the maker's checkpoint. Raises ScenarioError where the model was not published so.
    """
    own = runtime.own_formats.get(format.id)
    found = catalog.format(own) if own else format
    if model is None:
        return found
    if own == NATIVE and not model.native_experts:
        return catalog.format(PACKED_BY_OTHERS)
    return released_format(found, model=model, runtime=runtime)


def usual_runtime(chip: Chip, format: WeightFormat) -> str:
    """Id of the runtime that most people use for that format on that chip."""
    if format.scheme == "gguf":
        return "llama.cpp"
    if chip.vendor == "apple":
        return "mlx-lm"
    exllama = {"exl2": "exllamav2", "exl3": "exllamav3"}.get(format.id.partition("-")[0])
    return exllama or ("vllm" if chip.vendor == "nvidia" else "llama.cpp")


def loads(runtime: Runtime, format: WeightFormat) -> bool:
    """Whether the runtime loads files of this format: GGUF llama.cpp and its kin, MLX mlx-lm and its kin, EXL and MLC their
    own, other packed checkpoints the servers of graphics cards, plain 16 bits all."""
    if format.id in runtime.formats.values() or format.id in runtime.own_formats:
        return True
    owner = ONLY_LOADED_BY.get(format.id.partition("-")[0])
    if owner is not None:
        return runtime.id == owner
    if format.scheme in ("gguf", "nominal"):
        return runtime.cache == "llama.cpp"
    if format.scheme == "mlx":
        return runtime.cache == "mlx" or bool(runtime.mlx_weights_by)
    return format.scheme == "plain" or format.id == AS_RELEASED or runtime.cache in ("paged", "contiguous")


def _refuse_unread(runtime: Runtime, format: WeightFormat, *, where: str, catalog: Catalog) -> None:
    if loads(runtime, format):
        return
    known = ", ".join(dict.fromkeys(runtime.formats.values()))
    others = [one.name for one in catalog.runtimes.values() if loads(one, format)]
    raise ScenarioError(
        f"{runtime.name}, which serves on {where}, does not load {format.name} ({format.id}). Formats for it: {known}. "
        f"{format.name} is loaded by {', '.join(others)}."
    )


def _loads(runtime: Runtime, format: WeightFormat) -> bool:
    """Whether a machine's own runtime is the one for this format: GGUF files and llama.cpp belong together."""
    if format.scheme == "plain" or format.id in runtime.own_formats or format.id in runtime.formats.values():
        return True
    return (format.scheme == "gguf") == (engine_of(runtime.id, format) == "llama.cpp")
