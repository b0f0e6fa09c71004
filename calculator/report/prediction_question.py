"""One model on one machine, asked by the command line, the /api routes or an assistant, and its answer.

The three ask with the same names, so that one set of words is tested for all of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, ValidationError

from calculator.catalog import Catalog
from calculator.catalog.deployment import FULL_BITS, Deployment, HostSettings, Link, Split, Workload, format_on
from calculator.catalog.models import LanguageModel
from calculator.errors import ScenarioError, sentences
from calculator.evidence import Record
from calculator.physics.prediction import (
    MOST_STEP_TOKENS,
    MOST_STREAMS,
    MOST_TOKENS,
    Prediction,
    draft_time_fraction,
    predict,
)
from calculator.physics.speed.speculative import Drafts
from calculator.units import BYTES_PER_GB, BYTES_PER_MIB

_MOST_WIRED_LIMIT_MB = 100_000_000


class AskedRecord(Record):
    """Base of what a program asks: described by the text under each field, and no number is infinite."""

    model_config = ConfigDict(use_attribute_docstrings=True, allow_inf_nan=False, protected_namespaces=())

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> Self:
        """The question of a table of values; raises ScenarioError with one sentence per problem."""
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            raise ScenarioError("\n".join(sentences(error, cls))) from None


class PredictionQuestion(AskedRecord):
    """Does one model fit one machine, and how fast is it."""

    machine: str = Field(min_length=1, max_length=200)
    """Id of a machine, a rented machine or a bare chip."""
    model: str = Field(min_length=1, max_length=1_000)
    """Id of a language model."""
    format: str = Field(min_length=1, max_length=200)
    """Id of a weight format, or one of its usual names."""
    runtime: str | None = Field(None, max_length=200)
    """Id of the software that serves; the machine's own, or the usual one for chip and format, without it."""
    count: int | None = None
    """Cards; boxes where the memory is unified. 1 to 64; the machine's own without it."""
    memory_gib: float | None = None
    """Memory per chip in GiB, where the chip was sold with several."""
    prompt_tokens: int = Field(1024, ge=1, le=MOST_TOKENS)
    """Tokens of one prompt."""
    context_tokens: int | None = Field(None, ge=1, le=MOST_TOKENS)
    """Tokens in the cache while it writes; the prompt's without it."""
    batch: int = Field(1, ge=1, le=MOST_STREAMS)
    """Streams at once."""
    split: Split | None = None
    """How several chips share the work: layer (in turn, a pipeline) or tensor (every layer shared)."""
    link: Link | None = None
    """What joins the chips."""
    kv_bits: int = Field(FULL_BITS, ge=1, le=64)
    """Bits of one cached number, where the runtime packs the cache."""
    prefill_step: int | None = Field(None, ge=1, le=MOST_STEP_TOKENS)
    """Tokens read at a time; the runtime's own step without it."""
    max_num_seqs: int | None = Field(None, ge=1, le=MOST_STREAMS)
    """vLLM and SGLang: requests that they reserve room for."""
    gpu_memory_utilization: float | None = None
    """vLLM and SGLang: share of each card that they take, above 0 and at most 1."""
    towers: Literal["with", "without"] | None = None
    """Encoders of images and sound; as the runtime does without it."""
    second_tenant_gb: float = 0.0
    """Memory of other software, GB (1e9 bytes)."""
    wired_limit_mb: int | None = Field(None, ge=1, le=_MOST_WIRED_LIMIT_MB)
    """macOS: the value of iogpu.wired_limit_mb."""
    macos: str | None = Field(None, max_length=40)
    """macOS whose default limit holds (14, 26); the newest one known without it."""
    desktop_gib: float | None = None
    """What a screen takes of the first card, GiB; no screen without it."""
    power_limit_w: float | None = None
    """Limit per card in watts, where a power sweep was published."""
    draft_tokens: int | None = None
    """Speculative decoding: tokens guessed per step."""
    acceptance: float | None = None
    """Share of the guessed tokens that the draft gets right; it depends on the text and is not predicted."""
    draft_cost: float | None = None
    """Time of a guessed token as a share of a step."""
    draft_model: str | None = Field(None, max_length=1_000)
    """Id of a separate model that guesses: its weights and cache count."""
    draft_format: str | None = Field(None, max_length=200)
    """Format of the draft model; the model's own without it."""

    def answer(self, catalog: Catalog, *, model: Callable[[str], LanguageModel] | None = None) -> Prediction:
        """The prediction. `model` finds the shapes behind a name: the catalogue does without it, which reads no file.

        Raises UnknownIdError, PhantomError or ScenarioError.
        """
        find = model or catalog.model
        deployment = self._deployment(find(self.model), catalog)
        workload = Workload(
            prompt_tokens=self.prompt_tokens,
            context_tokens=self.context_tokens,
            batch_count=self.batch,
            prefill_step_tokens=self.prefill_step,
        )
        draft = self._draft(deployment, find, catalog)
        drafts = self._drafts(deployment, draft, workload, catalog)
        return predict(deployment, workload, catalog, drafts=drafts, draft=draft)

    def _deployment(self, model: LanguageModel, catalog: Catalog) -> Deployment:
        found = Deployment.of(
            self.machine,
            model,
            self.format,
            runtime=self.runtime,
            chip_count=self.count,
            memory_gib=self.memory_gib,
            catalog=catalog,
        )
        host = HostSettings(
            second_tenant_gb=self.second_tenant_gb,
            wired_limit_gb=(self.wired_limit_mb or 0) * BYTES_PER_MIB / BYTES_PER_GB,
            macos=self.macos,
            desktop_gib=self.desktop_gib,
            power_limit_w=self.power_limit_w,
            gpu_memory_utilization=self.gpu_memory_utilization,
            sequence_count=self.max_num_seqs,
        )
        return replace(
            found,
            split=self.split or found.split,
            link=self.link,
            kv_bits=self.kv_bits,
            host=host,
            towers=None if self.towers is None else self.towers == "with",
        )

    def _draft(
        self, deployment: Deployment, find: Callable[[str], LanguageModel], catalog: Catalog
    ) -> Deployment | None:
        """The draft model on the same box and runtime, where one is named."""
        if self.draft_model is None:
            if self.draft_format is not None:
                raise ScenarioError("draft_format needs draft_model, the model that guesses. Name it.")
            return None
        format = catalog.format(self.draft_format) if self.draft_format else deployment.format
        packed = format_on(deployment.runtime, format, catalog=catalog)
        return replace(deployment, model=find(self.draft_model), format=packed)

    def _drafts(
        self, deployment: Deployment, draft: Deployment | None, workload: Workload, catalog: Catalog
    ) -> Drafts | None:
        """What is guessed ahead; a draft model's time is that of its own speed, unless a share is given."""
        tokens, share, cost = self.draft_tokens, self.acceptance, self.draft_cost
        if tokens is None and share is None and not cost:
            return None
        if tokens is None or share is None:
            raise ScenarioError(
                "Speculative decoding needs both draft_tokens and acceptance; "
                "the acceptance depends on the text and is not predicted."
            )
        if cost is None:
            cost = 0.0 if draft is None else draft_time_fraction(deployment, draft, workload, catalog=catalog)
        return Drafts(tokens, share, cost)
