"""Knobs: how a page draws a field of the scenario, stated beside the field's bounds.

    wage_usd_per_h: Annotated[float, Field(ge=0, le=1000), Display("labour", "Hourly rate", unit="$/h", step=5)] = 95
    \"""Loaded cost of an hour of whoever looks after the machine.\"""

The text under a field is what a person reads as its help. Default values with evidence come from defaults.toml.
"""

import functools
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo

from calculator.catalog.loader import load_defaults
from calculator.evidence import Record

DEFAULTS = load_defaults()

Section = Literal[
    "question",
    "demand",
    "labour",
    "energy",
    "resale",
    "money",
    "cloud",
    "time",
    "repair",
    "extras",
    "books",
]
"""Parts of the page, in its order."""


@dataclass(frozen=True, slots=True)
class Display:
    """How a page draws a field. Attach it to the field's type by `Annotated`."""

    section: Section
    label: str
    unit: str = ""
    step: float = 1
    shown: float = 1
    """Factor between the model's unit and the one displayed: 100 where a share is shown in percent."""
    help: str = ""
    """Shorter words for the page, where the text under the field is not to be shown; empty takes that text."""


@dataclass(frozen=True, slots=True)
class Knob:
    """A field that a person may change: its label, help, unit, bounds and step."""

    name: str
    section: Section
    label: str
    help: str
    unit: str
    low: float
    high: float
    step: float
    shown: float
    default: Any


@functools.cache
def knobs_of(kind: type[BaseModel]) -> dict[str, Knob]:
    """Every field of a model that is drawn, by name, in the order of its fields."""
    found: dict[str, Knob] = {}
    for name, info in kind.model_fields.items():
        if (display := display_of(info)) is None:
            continue
        low, high = bounds_of(info)
        found[name] = Knob(
            name=name,
            section=display.section,
            label=display.label,
            help=display.help or text_of(info),
            unit=display.unit,
            low=low,
            high=high,
            step=display.step,
            shown=display.shown,
            default=info.default,
        )
    return found


def display_of(info: FieldInfo) -> Display | None:
    """How the field is drawn; None where no page draws it."""
    return next((item for item in info.metadata if isinstance(item, Display)), None)


def bounds_of(info: FieldInfo) -> tuple[float, float]:
    """Lowest and highest value that the field takes, infinite where it has no bound."""
    low, high = float("-inf"), float("inf")
    for item in info.metadata:
        low, high = getattr(item, "ge", low), getattr(item, "le", high)
    return low, high


def text_of(info: FieldInfo) -> str:
    """The text under a field, on one line."""
    return " ".join((info.description or "").split())


def _describe_fields(schema: dict[str, Any], kind: type[BaseModel]) -> None:
    """Write into a JSON schema what the fields' texts and displays say."""
    for name, info in kind.model_fields.items():
        entry = schema["properties"][name]
        if info.description:
            entry["description"] = text_of(info)
        if (display := display_of(info)) is not None:
            entry.update(asdict(display) | {"help": display.help or text_of(info)})


class Part(Record):
    """Base of the scenario's sections: fields are described by the text under them, and no number is infinite."""

    model_config = ConfigDict(
        use_attribute_docstrings=True, allow_inf_nan=False, json_schema_extra=_describe_fields, defer_build=True
    )
