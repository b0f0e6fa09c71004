"""Stored measurements by names for people: what was measured, on which chip, a label that tells records apart, and what a file lacks."""

from collections.abc import Mapping, Sequence

from calculator import Catalog
from calculator.physics.memory.format_words import plain_name
from calculator.units import digits
from views.desk import StoredRow

_MISSING = {
    "chip_count": "number of chips",
    "batch": "number of requests at once",
    "prompt": "length of the prompt",
    "answer": "length of the answer",
}


def names_of(catalog: Catalog) -> dict[str, str]:
    """What a person calls the catalogue's models, formats and chips, by id."""
    names = {key: one.name for table in (catalog.chips, catalog.models) for key, one in table.items()}
    return names | {key: plain_name(one) for key, one in catalog.formats.items()}


def labels_of(rows: Sequence[StoredRow], names: Mapping[str, str]) -> dict[str, str]:
    """A text that tells the records apart, by id: day, what, chip and speeds, and a number where all these are equal."""
    seen: dict[str, int] = {}
    found: dict[str, str] = {}
    for row in rows:
        rates = [
            f"{word} {digits(rate, 4)} tokens/s"
            for word, rate in (("writes", row.decode_tokens_per_s), ("reads", row.prefill_tokens_per_s))
            if rate is not None
        ]
        said = ", ".join(rates) or row.other or row.status
        text = f"{row.measured_at[:10]} · {what_of(row, names)} · {chips_of(row, names) or 'unknown chip'} · {said}"
        seen[text] = seen.get(text, 0) + 1
        found[row.id] = text if seen[text] == 1 else f"{text} · no. {seen[text]}"
    return found


def what_of(row: StoredRow, names: Mapping[str, str]) -> str:
    """Model and format by name, or what was measured where there is no model."""
    parts = ", ".join(names.get(part, part) for part in (row.model, row.format) if part)
    return parts or {"host": "the machine"}.get(row.kind, row.kind)


def chips_of(row: StoredRow, names: Mapping[str, str]) -> str:
    """The chip by name, with how many of them where there are several; empty where nobody knows it."""
    name = names.get(row.chip, row.chip)
    return f"{row.chip_count} x {name}" if name and row.chip_count > 1 else name


def missing_text(missing: Sequence[str], names: str) -> str:
    """Which facts the file lacks; a name for a model that may be several is a fact that only a person can settle."""
    is_named = "model" in missing and bool(names)
    lacking = [_MISSING.get(fact, fact) for fact in missing if not (is_named and fact == "model")]
    said = f"This file does not state the {', '.join(lacking)}." if lacking else ""
    named = f"It names its model {names}, which could be one of several: say which." if is_named else ""
    return " ".join(filter(None, (said, named if said else named.replace("It names", "This file names", 1))))
