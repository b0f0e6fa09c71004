"""Import facts and results: what the user adds to a file, and which of its rows were accepted, refused or are waiting.

A benchmark's output seldom names the chip and never the model's catalogue id. Nothing is guessed: the importer asks
for a missing fact by name and refuses an unusable row with its reason; the other rows are kept.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import ValidationError

from calculator.catalog import Catalog
from calculator.catalog.model_names import model_id_of
from calculator.errors import sentences
from measurements.records.identify import model_of_name
from measurements.records.record import Measurement, MeasurementError, now

MissingFact = Literal["chip", "chip_count", "model", "format", "batch", "prompt", "answer"]
HOW_TO_STATE: dict[MissingFact, str] = {
    "chip": "the chip (--chip apple-m4-max-40)",
    "chip_count": "the number of chips that worked together (--chip-count 2)",
    "model": "the model (--model llama-3-70b)",
    "format": "the weight format (--format q4_k_m)",
    "batch": "the number of requests at a time (--batch 8)",
    "prompt": "the length of the prompt (--prompt-tokens 2000)",
    "answer": "the length of the answer (--answer-tokens 200)",
}
LONGEST_RAW = 20_000  # what record.Words allows
MOST_WORDS_SHOWN = 12
Gate = Callable[[Measurement], str | None]
"""The reason to refuse a record, or None."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The user's facts about a file. `models` maps names in it to catalogue ids; the key "" is for all rows."""

    chip: str = ""
    chip_count: int = 0
    models: Mapping[str, str] = field(default_factory=dict[str, str])
    format: str = ""
    batch_count: int = 0
    prompt_tokens: int = 0
    answer_tokens: int = 0
    runtime_version: str = ""
    measured_at: str = ""
    source: str = ""
    licence: str = ""
    file_name: str = ""

    def model(self, *names: str, read: str | None = None) -> str:
        """The catalogue id of a row's model: what the user says of one of its names, what the file says, else what
        the user says of all rows; "" if nobody says it.

        names: the words for the model in the file. read: the catalogue id that was read from them.
        """
        stated = next((self.models[name] for name in names if name and name in self.models), "")
        return stated or read or self.models.get("", "")

    def provenance(self, tool: str, *, place: str, raw: str, tool_version: str = "") -> dict[str, str]:
        """The provenance of a row, as the record stores it."""
        return {
            "tool": tool,
            "tool_version": tool_version,
            "file_name": self.file_name,
            "place": place,
            "source": self.source,
            "licence": self.licence,
            "raw": raw[:LONGEST_RAW],
        }


@dataclass(frozen=True, slots=True)
class Known:
    """The catalogue ids that names are matched against."""

    chips: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    layer_counts: Mapping[str, int] = field(default_factory=dict[str, int])
    parameter_counts: Mapping[str, int] = field(default_factory=dict[str, int])
    model_names: Mapping[str, str] = field(default_factory=dict[str, str])

    def model_of(self, name: str) -> str | None:
        """The catalogue's model that a file or a repository is named after, or that people call by this name."""
        found = model_of_name(name, models=self.models)
        return found or model_id_of(name, models=dict.fromkeys(self.models), names=self.model_names)

    @classmethod
    def of(cls, catalog: Catalog) -> "Known":
        """The catalogue's chips and models, with the layers and parameters that a row can be held against."""
        return cls(
            chips=tuple(catalog.chips),
            models=tuple(catalog.models),
            layer_counts={name: model.layer_count for name, model in catalog.models.items()},
            parameter_counts={name: model.parameter_count() for name, model in catalog.models.items()},
            model_names=catalog.model_names,
        )


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused row: its place in the file and the reason, in one sentence."""

    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class Imported:
    """The result of reading a file. Rows that lack one of the `missing` facts are in `waiting`, not in `records`.

    `names` are the words for models that no catalogue id was found for; `template` is a CSV to fill in, where the
    file could not be read at all.
    """

    format: str
    records: tuple[Measurement, ...] = ()
    refused: tuple[Refusal, ...] = ()
    missing: tuple[MissingFact, ...] = ()
    waiting: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    template: str = ""

    def question(self) -> str:
        """The sentence that asks for the missing facts; "" if there are none."""
        if not self.missing:
            return ""
        rows = f"{len(self.waiting)} row{'s' if len(self.waiting) > 1 else ''}"
        facts = ", ".join(HOW_TO_STATE[fact] for fact in self.missing)
        return f"The file does not state, for {rows}: {facts}. Add it.{self._names_to_map()}"

    def warnings(self) -> list[tuple[str, str]]:
        """Remarks that limit what a row is used for, each with the first place that it is made at."""
        found: dict[str, str] = {}
        for record in self.records:
            for remark in record.remarks:
                if remark.level != "info" and record.kind == "imported":
                    found.setdefault(remark.text, record.provenance.place)
        return [(place, text) for text, place in found.items()]

    def _names_to_map(self) -> str:
        if "model" not in self.missing or not self.names:
            return ""
        shown = ", ".join(f'"{name}"' for name in self.names[:MOST_WORDS_SHOWN])
        more = len(self.names) - MOST_WORDS_SHOWN
        rest = f" and {more} more" if more > 0 else ""
        return f' The file calls its models {shown}{rest}; name each with --model "NAME=id", or all with --model id.'


class Collector:
    """Gathers records, refusals and missing facts while a parser walks through a file."""

    def __init__(self, name: str, *, gate: Gate | None = None) -> None:
        self._name, self._gate = name, gate
        self._records: list[Measurement] = []
        self._refused: list[Refusal] = []
        self._missing: dict[MissingFact, None] = {}
        self._waiting: list[str] = []
        self._names: dict[str, None] = {}

    def refuse(self, place: str, reason: str) -> None:
        """Refuse this row."""
        self._refused.append(Refusal(place, reason))

    def lacks(self, place: str, needed: Mapping[MissingFact, Any], *, name: str = "") -> bool:
        """Whether the row lacks a fact; if so it waits until the user states the fact. `name`: the file's own word
        for the model."""
        missing: list[MissingFact] = [fact for fact, value in needed.items() if not value]
        if missing:
            self._missing.update(dict.fromkeys(missing))
            self._waiting.append(place)
        if "model" in missing and name:
            self._names[name] = None
        return bool(missing)

    def add(self, place: str, fields: Mapping[str, Any]) -> None:
        """Build the record and keep it, or refuse it if it is invalid or the gate objects."""
        try:
            record = Measurement.model_validate(dict(fields))
        except ValidationError as error:
            self.refuse(place, " ".join(sentences(error, Measurement))[:500])
            return
        except MeasurementError as error:
            self.refuse(place, str(error))
            return
        self.keep(place, record)

    def add_phases(self, place: str, fields: Mapping[str, Any]) -> None:
        """Keep a row with both speeds as one record; where the gate refuses it, each speed is tried alone.

        A prompt of eleven tokens says nothing about reading, but the answer after it is as good as any.
        """
        result: Mapping[str, Any] = fields["result"]
        both = result.get("decode_tokens_per_s") is not None and result.get("prefill_tokens_per_s") is not None
        if not both or self._gate is None:
            self.add(place, fields)
            return
        try:
            reason = self._gate(Measurement.model_validate(dict(fields)))
        except (ValidationError, MeasurementError):
            reason = None
        if reason is None:
            self.add(place, fields)
            return
        for other in ("prefill_tokens_per_s", "decode_tokens_per_s"):
            alone = {**result, other: None}
            if other == "prefill_tokens_per_s":
                alone["time_to_first_token_s"] = None
            self.add(place, {**fields, "result": alone})

    def keep(self, place: str, record: Measurement) -> None:
        """Keep the record, or refuse it if the gate objects."""
        reason = self._gate(record) if self._gate is not None else None
        if reason is None:
            self._records.append(record)
        else:
            self.refuse(place, reason)

    def imported(self) -> Imported:
        """The result."""
        return Imported(
            format=self._name,
            records=tuple(self._records),
            refused=tuple(self._refused),
            missing=tuple(self._missing),
            waiting=tuple(self._waiting),
            names=tuple(self._names),
        )


def joined(parts: Sequence[Imported]) -> Imported:
    """What several importers read in one text, as one result."""
    if len(parts) == 1:
        return parts[0]
    return Imported(
        format=", ".join(dict.fromkeys(part.format for part in parts)),
        records=tuple(record for part in parts for record in part.records),
        refused=tuple(refusal for part in parts for refusal in part.refused),
        missing=tuple(dict.fromkeys(fact for part in parts for fact in part.missing)),
        waiting=tuple(place for part in parts for place in part.waiting),
        names=tuple(dict.fromkeys(name for part in parts for name in part.names)),
    )


def number(value: Any) -> float | None:
    """A finite number from a JSON number or a plain decimal string; None for true, "1_000", NaN, inf and the rest."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and not _is_plain(value):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if found - found == 0 else None


def whole(value: Any) -> int | None:
    """A whole number of at most 10**15 in size, or None."""
    found = number(value)
    return int(found) if found is not None and found == int(found) and abs(found) <= 10**15 else None


def text(value: Any) -> str:
    """At most 300 printable characters of a string or number; "" for anything else."""
    words = str(value) if isinstance(value, str | int | float) else ""
    return "".join(letter for letter in words if letter.isprintable())[:300]


def moment(value: str, facts: Facts) -> str:
    """The date of the measurement: the file's, else the user's, else today."""
    return value or facts.measured_at or now()[:10]


def _is_plain(value: str) -> bool:
    digits = value.strip().removeprefix("-").removeprefix("+")
    return value.isascii() and "_" not in value and bool(digits) and digits[0] in "0123456789."
