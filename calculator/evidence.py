"""Evidence of a number: the range, unit, basis, source and date it must carry before it may enter the model.

`Quantity` is the envelope of every figure in the catalogue. An unknown figure is absent, never zero.
"""

from typing import Annotated, Any, Literal, Self, cast

from pydantic import BaseModel, ConfigDict, Field, model_validator

from calculator.units import Finite, plain_number, unit_of_name

Basis = Literal["measured", "vendor", "published", "derived", "assumption", "claim", "yours"]
"""measured: by this tool or a named person with a meter. vendor: the maker's own figure. published: press, maintained
data set or second-hand reading. derived: computed from others (the note says how). assumption: nobody published it.
claim: the article's word. yours: typed by the user."""

IsoDate = Annotated[str, Field(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")]
"""A year, a month or a day: 2026, 2026-08 or 2026-08-25. As fine as the source is, never finer."""


class Record(BaseModel):
    """Frozen base of everything that is read from a file or typed by a user; a misspelt key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(Record):
    """Where a figure was read. `read_via` tells whether the page itself or a quotation of it was read."""

    title: str
    url: str
    published: str = ""
    accessed: IsoDate
    licence: str = ""
    grade: Literal["A", "A-", "B", "C", "D", "X"]
    read_via: str = ""
    note: str = ""


class Quantity(Record):
    """A figure with its range, unit and evidence.

    `low`, `central`, `high` are about P10, P50 and P90 of what the true value may be; a bare vendor figure has all
    three equal. An assumption needs a note that says why; every other basis needs a source id of sources.toml.
    """

    low: Finite
    central: Finite
    high: Finite
    unit: str
    basis: Basis
    source: str = ""
    as_of: IsoDate
    note: str = ""

    @model_validator(mode="before")
    @classmethod
    def _one_value_is_a_range_of_no_width(cls, data: Any) -> Any:
        if isinstance(data, dict) and "value" in data:
            given = cast("dict[str, Any]", data)
            fields = {key: item for key, item in given.items() if key != "value"}
            return {"low": given["value"], "central": given["value"], "high": given["value"], **fields}
        return cast("Any", data)

    @model_validator(mode="after")
    def _has_its_evidence(self) -> Self:
        if not self.low <= self.central <= self.high:
            raise ValueError(
                f"low {plain_number(self.low)}, central {plain_number(self.central)}, high {plain_number(self.high)} "
                "are not in order; write low <= central <= high."
            )
        if self.basis == "assumption" and not self.note:
            raise ValueError('an assumption needs a note that says why; add note = "...".')
        if self.basis not in ("assumption", "yours") and not self.source:
            raise ValueError(f'basis {self.basis!r} needs a source; add source = "<id in sources.toml>".')
        return self


class Entry(Record):
    """A catalogue entry: every Quantity field must carry the unit that the field's own name promises."""

    @model_validator(mode="after")
    def _units_match_names(self) -> Self:
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, Quantity) and (expected := unit_of_name(name)) is not None and value.unit != expected:
                raise ValueError(
                    f"{name} has unit {value.unit!r}; its name promises {expected!r}. Convert the value or rename "
                    "the key."
                )
        return self


class Remark(Record):
    """Something the reader must know about a result: `code` for machines, `text` for people."""

    code: str
    text: str
    level: Literal["info", "warning", "problem"] = "info"
