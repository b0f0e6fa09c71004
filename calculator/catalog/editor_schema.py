"""JSON schemas of the catalogue's files, so that an editor completes and checks a machine's TOML while it is typed.

`make schema` writes them to calculator/catalog/schema/. The first line of a catalogue file leads the editor there:
`#:schema ../schema/machine.json`. They are made from the pydantic models that load the files and add what
a type cannot say: the two ways to write a quantity, the evidence that its basis asks for, and the unit that a field's
name promises.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from calculator.catalog.claims import Claim, Phantom
from calculator.catalog.models import LanguageModel, Runtime, WeightFormat
from calculator.catalog.options import (
    ApiOffer,
    ApiQuote,
    Chip,
    CloudOffer,
    ElectricityTariff,
    GridCarbon,
    Machine,
    ResaleObservation,
    UsableMemory,
)
from calculator.catalog.plans import Subscription
from calculator.catalog.price_age import PriceSeries
from calculator.catalog.quality import QualityLoss
from calculator.catalog.readings import Reading
from calculator.evidence import Quantity, Source
from calculator.units import unit_of_name

Json = dict[str, Any]
FOLDER = Path(__file__).parent / "schema"
DIALECT = "http://json-schema.org/draft-07/schema#"

ENTRY_OF_FOLDER: Mapping[str, tuple[str, type[BaseModel]]] = {
    "machines": ("machine", Machine),
    "chips": ("chip", Chip),
    "cloud": ("cloud", CloudOffer),
    "api": ("api", ApiOffer),
    "subscriptions": ("subscription", Subscription),
    "models": ("model", LanguageModel),
    "formats": ("format", WeightFormat),
    "runtimes": ("runtime", Runtime),
}
"""Folders with one entry per file: the schema's name and the entry."""

ROWS_OF_FILE: Mapping[str, tuple[str, type[BaseModel]]] = {
    "api_quotes": ("quotes", ApiQuote),
    "claims": ("claims", Claim),
    "electricity": ("tariffs", ElectricityTariff),
    "grid_carbon": ("grids", GridCarbon),
    "macos_limits": ("limits", UsableMemory),
    "phantoms": ("phantoms", Phantom),
    "price_history": ("series", PriceSeries),
    "quality": ("losses", QualityLoss),
    "readings": ("readings", Reading),
    "resale": ("observations", ResaleObservation),
}
"""Files that are a list of rows under one heading."""

TABLE_OF_FILE: Mapping[str, tuple[str, type[BaseModel]]] = {
    "constants": ("constants", Quantity),
    "defaults": ("defaults", Quantity),
    "sources": ("sources", Source),
}
"""Files that are a table of named entries under one heading."""


def schemas() -> dict[str, Json]:
    """Every schema by its name, in draft 7, which the editors' TOML extensions read."""
    entries = {name: entry_schema(entry) for name, entry in ENTRY_OF_FOLDER.values()}
    rows = {
        file: _under_heading(heading, entry, whole={"type": "array"}, each="items")
        for file, (heading, entry) in ROWS_OF_FILE.items()
    }
    tables = {
        file: _under_heading(heading, entry, whole={"type": "object"}, each="additionalProperties")
        for file, (heading, entry) in TABLE_OF_FILE.items()
    }
    return {name: {"$schema": DIALECT, **schema} for name, schema in (entries | rows | tables).items()}


def schema_texts() -> dict[str, str]:
    """The text of each schema file, by file name."""
    return {f"{name}.json": json.dumps(schema, indent=1) + "\n" for name, schema in sorted(schemas().items())}


def directive(file: str) -> str:
    """The first line of a catalogue file that names its schema; empty where the file has none.

    >>> directive("machines/dgx-spark.toml")
    '#:schema ../schema/machine.json'
    """
    path = Path(file)
    if path.parent.name in ENTRY_OF_FOLDER:
        return f"#:schema ../schema/{ENTRY_OF_FOLDER[path.parent.name][0]}.json"
    return f"#:schema schema/{path.stem}.json" if path.stem in {*ROWS_OF_FILE, *TABLE_OF_FILE} else ""


def entry_schema(entry: type[BaseModel]) -> Json:
    """The schema of one entry, with quantities as the files write them."""
    schema = entry.model_json_schema(mode="validation", ref_template="#/definitions/{model}")
    schema["definitions"] = schema.pop("$defs", {})
    for part in (schema, *schema["definitions"].values()):
        part.pop("title", None)
        part["properties"] = {
            name: _field_as_written(name, field) for name, field in part.get("properties", {}).items()
        }
    if entry is Quantity:
        schema = {**_written_quantity(schema), "definitions": schema["definitions"]}
    elif "Quantity" in schema["definitions"]:
        schema["definitions"]["Quantity"] = _written_quantity(schema["definitions"]["Quantity"])
    return schema


def _under_heading(heading: str, entry: type[BaseModel], *, whole: Json, each: str) -> Json:
    schema = entry_schema(entry)
    definitions = schema.pop("definitions")
    return {
        "type": "object",
        "properties": {
            "compiled": {"type": "string", "description": "the day on which the file was put together"},
            heading: {**whole, each: {"$ref": f"#/definitions/{entry.__name__}"}},
        },
        "required": [heading],
        "additionalProperties": False,
        "definitions": {**definitions, entry.__name__: schema},
    }


def _field_as_written(name: str, field: Json) -> Json:
    """One field as TOML has it: no null, no title made of the name; a quantity has the unit that its name promises."""
    described = {key: field[key] for key in ("description",) if key in field}
    kinds = [kind for kind in field.get("anyOf", []) if kind != {"type": "null"}]
    field = kinds[0] if len(kinds) == 1 else {key: part for key, part in field.items() if key != "title"}
    unit = unit_of_name(name)
    if unit is not None and field.get("$ref") == "#/definitions/Quantity":
        field = {"allOf": [field, {"properties": {"unit": {"const": unit}}}]}
    elif described and "$ref" in field:
        field = {"allOf": [field]}  # draft 7 ignores whatever stands beside a $ref
    return {**field, **described}


def _written_quantity(schema: Json) -> Json:
    """`value`, or `low`, `central` and `high`; a note under an assumption, a source under all but that and `yours`."""
    range_names = ("low", "central", "high")
    always = [name for name in schema["required"] if name not in range_names]
    value = {"type": "number", "description": "a bare figure: low, central and high at once"}
    return {
        **schema,
        "properties": {"value": value, **schema["properties"]},
        "required": always,
        "anyOf": [{"required": ["value"]}, {"required": list(range_names)}],
        "allOf": [
            {"if": _basis_among("assumption"), "then": {"required": ["note"]}},
            {"if": {"not": _basis_among("assumption", "yours")}, "then": {"required": ["source"]}},
        ],
    }


def _basis_among(*words: str) -> Json:
    return {"properties": {"basis": {"enum": list(words)}}, "required": ["basis"]}


def main() -> None:
    """Write the schemas beside the catalogue."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in schema_texts().items():
        (FOLDER / name).write_text(text, "utf-8")
    print(f"{len(schema_texts())} schemas written to {FOLDER}")


if __name__ == "__main__":
    main()
