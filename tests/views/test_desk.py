"""Types of the desk: the implementation that app.py passes in has every member that the pages use."""

import dataclasses
import inspect
from typing import Any

import pytest

from calculator import load_catalog
from measurements import desk as implementation
from measurements.importers.facts import Imported, Refusal
from measurements.probe.jobs import ProbeJob
from measurements.probe.run import Outcome
from measurements.records.ceilings import Ceilings
from measurements.records.listing import Row
from measurements.records.record import Host, Measurement, Provenance
from measurements.records.spec import ProbeSpec
from views import desk


def _members(protocol: type) -> set[str]:
    return {name for name in vars(protocol) if not name.startswith("_")}


def _has(found: Any, name: str) -> bool:
    fields = {field.name for field in dataclasses.fields(found)} if dataclasses.is_dataclass(found) else set[str]()
    return name in fields or name in getattr(found, "model_fields", {}) or hasattr(found, name)


@pytest.mark.parametrize(
    ("protocol", "found"),
    [
        (desk.Desk, implementation.Desk),
        (desk.HostFacts, Host),
        (desk.CeilingFigures, Ceilings),
        (desk.StoredRecord, Measurement),
        (desk.Provenance, Provenance),
        (desk.StoredRow, Row),
        (desk.ImportedFile, Imported),
        (desk.Refusal, Refusal),
        (desk.ProbeRequest, ProbeSpec),
        (desk.ProbeOutcome, Outcome),
        (desk.ProbeJob, ProbeJob),
    ],
)
def test_implementation_has_every_member_of_the_protocol(protocol: type, found: type) -> None:
    assert _members(protocol)
    assert {name for name in _members(protocol) if not _has(found, name)} == set()


def test_methods_of_the_desk_take_the_parameters_of_the_protocol() -> None:
    for name in _members(desk.Desk):
        expected = inspect.signature(getattr(desk.Desk, name)).parameters
        found = inspect.signature(getattr(implementation.Desk, name)).parameters
        assert list(found) == list(expected), name


def test_every_protocol_of_the_pages_is_checked_here() -> None:
    protocols = {
        name
        for name, one in vars(desk).items()
        if getattr(one, "_is_protocol", False) and one.__module__ == desk.__name__
    }
    assert protocols == {
        "CeilingFigures",
        "Desk",
        "HostFacts",
        "ImportedFile",
        "ProbeJob",
        "ProbeOutcome",
        "ProbeRequest",
        "Provenance",
        "Refusal",
        "StoredRecord",
        "StoredRow",
    }


def test_page_accepts_the_implementation_as_its_desk(tmp_path: Any) -> None:
    page_desk: desk.Desk = implementation.Desk(load_catalog(), url=str(tmp_path / "m.sqlite"))
    assert page_desk.rows() == ()
    assert page_desk.host().chip_count >= 1
