"""JSON schemas of the catalogue: the committed ones are current, accept every file, and refuse what they should."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from calculator.catalog.editor_schema import FOLDER, directive, schema_texts, schemas
from calculator.catalog.loader import FOLDER as CATALOG

SCHEMAS = schemas()
FILES = sorted(path.relative_to(CATALOG).as_posix() for path in CATALOG.rglob("*.toml"))
WITHOUT = {  # read by code of their own, not row by row
    "calibration.toml",
    "distributions.toml",
    "model_names.toml",
    "tax.toml",
}
MACHINE = CATALOG / "machines/mac-studio-m3-ultra-512.toml"


def _problems(data: Any, *, schema: str) -> list[str]:
    return [error.message for error in Draft7Validator(SCHEMAS[schema]).iter_errors(data)]


def _schema_of(file: str) -> str:
    return Path(directive(file).removeprefix("#:schema ")).stem


def test_committed_schemas_are_what_make_schema_writes() -> None:
    assert {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.json")} == schema_texts()


def test_every_schema_is_a_schema_and_leads_somewhere() -> None:
    for schema in SCHEMAS.values():
        Draft7Validator.check_schema(schema)
    assert {file for file in FILES if not directive(file)} == WITHOUT


@pytest.mark.parametrize("file", [file for file in FILES if file not in WITHOUT])
def test_file_names_its_schema_and_passes_it(file: str) -> None:
    text = (CATALOG / file).read_text("utf-8")
    first = text.partition("\n")[0]
    assert first == directive(file)
    assert ((CATALOG / file).parent / first.removeprefix("#:schema ")).resolve().parent == FOLDER
    assert not _problems(tomllib.loads(text), schema=_schema_of(file))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("kind",), "toaster"),
        (("chip_count",), 0),
        (("no_such_key",), 1),
        (("setup_h", "unit"), "W"),
        (("setup_h", "basis"), "hearsay"),
        (("setup_h", "as_of"), "yesterday"),
    ],
)
def test_editor_sees_a_wrong_value(path: tuple[str, ...], value: object) -> None:
    data: dict[str, Any] = tomllib.loads(MACHINE.read_text("utf-8"))
    *way, last = path
    place = data
    for key in way:
        place = place[key]
    place[last] = value
    assert _problems(data, schema="machine")


@pytest.mark.parametrize(
    "quantity",
    [
        {"unit": "h", "basis": "vendor", "source": "x", "as_of": "2026"},
        {"low": 1, "high": 2, "unit": "h", "basis": "vendor", "source": "x", "as_of": "2026"},
        {"value": 1, "unit": "h", "basis": "assumption", "as_of": "2026"},
        {"value": 1, "unit": "h", "basis": "vendor", "as_of": "2026"},
    ],
    ids=["no figure", "no central", "assumption without note", "vendor without source"],
)
def test_editor_sees_a_figure_without_its_evidence(quantity: dict[str, Any]) -> None:
    data: dict[str, Any] = tomllib.loads(MACHINE.read_text("utf-8"))
    assert _problems(data | {"setup_h": quantity}, schema="machine")
