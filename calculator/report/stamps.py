"""Stamps of an address: by which catalogue and which measurements it was made, and a remark where ours are others."""

from collections.abc import Mapping, Sequence

from calculator.catalog import Catalog
from calculator.evidence import Remark

CATALOGUE = "catalogue_hash"
MEASUREMENTS = "measurements_hash"
_LONGEST_SHOWN = 40


def catalogue_remarks(
    query: Mapping[str, Sequence[str]], *, catalog: Catalog, asked: str = "The question"
) -> tuple[Remark, ...]:
    """That the address was made with another catalogue than the answer; nothing where it is the same or unsaid.

    asked: what the sentence calls it.
    """
    stamp = _stamp(query, CATALOGUE)
    if stamp in ("", catalog.hash):
        return ()
    text = (
        f"{asked} was made with catalogue {stamp[:_LONGEST_SHOWN]}; the answer uses {catalog.hash} of {catalog.compiled}. "
        "Prices or sources have changed since, so figures may differ."
    )
    return (Remark(code="other-catalogue", text=text, level="warning"),)


def measurement_remarks(
    query: Mapping[str, Sequence[str]], *, measurements_hash: str, asked: str = "The question"
) -> tuple[Remark, ...]:
    """The same of measured speeds; an empty stamp is that of a page that had none."""
    stamp = _stamp(query, MEASUREMENTS)
    if MEASUREMENTS not in query or stamp == measurements_hash:
        return ()
    theirs, ours = (_speeds(one[:_LONGEST_SHOWN]) for one in (stamp, measurements_hash))
    text = f"{asked} was made with {theirs}; the answer uses {ours}. Figures may differ."
    return (Remark(code="other-measurements", text=text, level="warning"),)


def _speeds(stamp: str) -> str:
    return f"measured speeds (set {stamp})" if stamp else "predicted speeds only"


def _stamp(query: Mapping[str, Sequence[str]], name: str) -> str:
    """The last stamp of that name, as it may stand in a sentence: what cannot be printed is replaced."""
    stamp = next(iter(query.get(name, ())[-1:]), "").strip()
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in stamp)
