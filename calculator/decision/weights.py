"""Different weights in one verdict: what each of two options runs, and the published loss of quality between them."""

from calculator.catalog import Catalog
from calculator.catalog.models import LanguageModel
from calculator.catalog.quality import quality_loss, quality_sentence
from calculator.decision import words
from calculator.decision.comparison import OptionResult


def formats_sentence(first: OptionResult, second: OptionResult, *, model: LanguageModel, catalog: Catalog) -> str:
    """Which bits each runs and what that costs in quality, where the two differ; empty where they do not, or none is
    ours.

    A hosted API does not publish its weights' format.
    """
    if not (first.weight_class and second.weight_class) or first.weight_class == second.weight_class:
        return ""
    loss = ""
    if first.format_id and second.format_id:
        found = quality_loss(
            catalog.formats[first.format_id],
            catalog.formats[second.format_id],
            model=model,
            catalog=catalog,
        )
        loss = quality_sentence(found, catalog=catalog) if found is not None else ""
    return words.formats_differ((first.name, first.weight_class), (second.name, second.weight_class), loss=loss)
