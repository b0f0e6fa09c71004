"""Loss of quality by weight format: published scores of packed models, and the row nearest to a model and two formats.

A row holds one score of one format and that of the same model in the `against` format, read in one study: scores of
different studies are never subtracted. Perplexity and KL divergence are better low, a benchmark is better high.

    loss of perplexity = score / baseline - 1
    loss of a benchmark = 1 - score / baseline
    loss by KL divergence d (nats) = e^d - 1: by how much less likely the packed model makes what the original would say
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from calculator.catalog.models import LanguageModel, WeightFormat
from calculator.evidence import Entry, IsoDate
from calculator.units import BITS_PER_BYTE, PARAMETERS_PER_BILLION, NonNegative, Positive, plain_number

if TYPE_CHECKING:
    from calculator.catalog.catalog import Catalog

Metric = Literal["perplexity", "benchmark", "kl-divergence"]
Nearness = Literal["this model", "the same family", "a model of similar size", "another model"]

METRICS: tuple[Metric, ...] = ("perplexity", "benchmark", "kl-divergence")
"""Where two studies are equally near, the one that people know better is named."""

NEARNESS: tuple[Nearness, ...] = ("this model", "the same family", "a model of similar size", "another model")
FAMILY_SIZE_RATIO = 4.0
SIMILAR_SIZE_RATIO = 2.0
SIXTEEN_BITS = "16-bit"


class QualityLoss(Entry):
    """One published score of a packed model beside that of the original: a row of quality.toml.

    `model` is our id where the catalogue has the model (or one of the same shapes), else empty; `model_name` is what
    the source measured. `baseline` is the score in the format `against`; for a KL divergence 0, the original itself.
    """

    format: str
    against: str
    model: str = ""
    model_name: str
    family: str = ""
    parameters_billion: Positive
    metric: Metric
    test: str = Field(description="text or benchmark, and how it was scored")
    baseline: NonNegative
    score: Positive
    source: str
    as_of: IsoDate
    note: str = ""

    def loss_fraction(self) -> float:
        """What is lost against the baseline, as a share; negative where the packed model scored better."""
        if self.metric == "kl-divergence":
            return math.expm1(self.score)
        ratio = self.score / self.baseline
        return ratio - 1 if self.metric == "perplexity" else 1 - ratio

    @property
    def study(self) -> tuple[str, str, str, Metric]:
        """What two rows must share before their scores may be compared."""
        return self.source, self.model_name, self.test, self.metric


@dataclass(frozen=True, slots=True)
class QualityDifference:
    """What the smaller of two formats loses against the larger, by one study.

    loss_fraction: negative where the smaller one scored better. measured_against: the larger format as the study has
    it; another of the same width stands in where the study lacks the one asked for. nearness: of the study's model.
    """

    smaller: str
    larger: str
    measured_against: str
    loss_fraction: float
    nearness: Nearness
    row: QualityLoss


def quality_loss(
    format_a: WeightFormat, format_b: WeightFormat, *, model: LanguageModel, catalog: "Catalog"
) -> QualityDifference | None:
    """The published loss of the smaller format against the larger one, by the study nearest to the model.

    Near is: this model; one of its family, up to four times larger or smaller; one of at most twice or half the size;
    any. The smaller format must be the study's own; for one of 8 or 16 bits another of that width may stand in.
    None where the formats are the same, or no study has both.
    """
    if format_a.id == format_b.id:
        return None
    smaller, larger = sorted((format_a, format_b), key=lambda one: (one.bits_per_weight.central, one.id))
    found = list(_differences(smaller, larger, model, catalog))
    return min(found, key=lambda one: _rank(one, model), default=None)


def quality_sentence(difference: QualityDifference, *, catalog: "Catalog") -> str:
    """One sentence for people, with the source and its date."""
    row = difference.row
    smaller, larger = _short_name(difference.smaller, catalog), _short_name(difference.measured_against, catalog)
    share = f"{abs(difference.loss_fraction):.1%}".replace("%", " %")
    if difference.loss_fraction <= 0:
        effect = f"{smaller} scores no worse than {larger} on {row.model_name}"
    elif row.metric == "perplexity":
        effect = f"{smaller} raises the perplexity of {row.model_name} by {share} over {larger}"
    elif row.metric == "benchmark":
        effect = f"{smaller} loses {share} of the benchmark score of {row.model_name} against {larger}"
    else:
        effect = f"{smaller} makes the words that {row.model_name} would choose about {share} less likely than {larger}"
    opening = "Published" if difference.nearness == "this model" else "Published for the nearest model measured"
    return f"{opening}: {effect} ({catalog.sources[row.source].title}, {row.as_of})."


def quality_contradictions(row: QualityLoss, *, catalog: "Catalog") -> Iterator[str]:
    """What in a row of quality.toml cannot be, each with its repair."""
    for key in (row.format, row.against):
        if key not in catalog.formats:
            yield f"format is {key!r}; no formats/{key}.toml. Add it or correct the id."
    if row.model and row.model not in catalog.models:
        yield f"model is {row.model!r}; no models/{row.model}.toml. Leave it empty or correct the id."
    if (row.baseline == 0) != (row.metric == "kl-divergence"):
        yield (
            f"baseline is {plain_number(row.baseline)} for {row.metric}; only a KL divergence has the baseline 0. "
            "Correct one."
        )


def _differences(
    smaller: WeightFormat, larger: WeightFormat, model: LanguageModel, catalog: "Catalog"
) -> Iterator[QualityDifference]:
    """Every study that has the smaller format and something as wide as the larger one."""
    for row in catalog.quality:
        if row.format != smaller.id:
            continue
        for against, loss in _against(row, larger, catalog):
            yield QualityDifference(
                smaller=smaller.id,
                larger=larger.id,
                measured_against=against,
                loss_fraction=loss,
                nearness=_nearness(row, model),
                row=row,
            )


def _against(row: QualityLoss, larger: WeightFormat, catalog: "Catalog") -> Iterator[tuple[str, float]]:
    """The study's formats that are the larger one or may stand in for it, each with the loss against it."""
    if _stands_for(catalog.formats[row.against], larger):
        yield row.against, row.loss_fraction()
    for other in catalog.quality:
        in_study = other.study == row.study and other.format != row.format
        if in_study and _stands_for(catalog.formats[other.format], larger):
            yield other.format, _between(row, other)


def _stands_for(one: WeightFormat, larger: WeightFormat) -> bool:
    """Whether one format may be read for another: itself, or from 8 bits on one as wide; those differ little."""
    return one.id == larger.id or one.bits == larger.bits >= BITS_PER_BYTE


def _between(row: QualityLoss, other: QualityLoss) -> float:
    """What `row` loses against `other`, two scores of one study."""
    if row.metric == "kl-divergence":
        return math.expm1(row.score - other.score)
    ratio = row.score / other.score
    return ratio - 1 if row.metric == "perplexity" else 1 - ratio


def _short_name(format_id: str, catalog: "Catalog") -> str:
    """The format's name without its details, its width in front where the name lacks it."""
    entry = catalog.formats[format_id]
    if entry.weight_class == SIXTEEN_BITS:
        return "16 bits"
    name = entry.name.split(",")[0].split(" (")[0]
    return name if "bit" in name else f"{plain_number(entry.bits)}-bit {name}"


def _nearness(row: QualityLoss, model: LanguageModel) -> Nearness:
    if row.model == model.id:
        return "this model"
    ratio = _size_ratio(row, model)
    if row.family == model.family and ratio <= FAMILY_SIZE_RATIO:
        return "the same family"
    return "a model of similar size" if ratio <= SIMILAR_SIZE_RATIO else "another model"


def _size_ratio(row: QualityLoss, model: LanguageModel) -> float:
    """How many times larger or smaller, 1 or more."""
    return math.exp(abs(math.log(row.parameters_billion * PARAMETERS_PER_BILLION / model.parameter_count())))


def _rank(one: QualityDifference, model: LanguageModel) -> tuple[float, ...]:
    """Nearest model first, then the very format, a metric people know, the nearest size, the newest study."""
    year, month, day = (*(int(part) for part in one.row.as_of.split("-")), 0, 0)[:3]
    return (
        NEARNESS.index(one.nearness),
        one.measured_against != one.larger,
        METRICS.index(one.row.metric),
        _size_ratio(one.row, model),
        *(-year, -month, -day),
    )
