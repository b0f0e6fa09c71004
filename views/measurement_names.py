"""Stored measurements by names for people: what was measured, on which chip, and a label that tells records apart."""

from collections.abc import Mapping, Sequence

from calculator import Catalog
from calculator.physics.memory.format_words import plain_name
from views.desk import StoredRow


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
            f"{word} {rate:,.4g} tokens/s"
            for word, rate in (("writes", row.decode_tokens_per_s), ("reads", row.prefill_tokens_per_s))
            if rate is not None
        ]
        said = ", ".join(rates) or row.other or row.status
        chip = names.get(row.chip, row.chip) or "unknown chip"
        text = f"{row.measured_at[:10]} · {what_of(row, names)} · {chip} · {said}"
        seen[text] = seen.get(text, 0) + 1
        found[row.id] = text if seen[text] == 1 else f"{text} · no. {seen[text]}"
    return found


def what_of(row: StoredRow, names: Mapping[str, str]) -> str:
    """Model and format by name, or what was measured where there is no model."""
    parts = ", ".join(names.get(part, part) for part in (row.model, row.format) if part)
    return parts or {"host": "the machine"}.get(row.kind, row.kind)
