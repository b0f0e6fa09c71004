"""Importer of this tool's own export: one record per line with its id, read back unchanged.

The id is a hash of the record. A line whose id does not match was edited after the export and is refused, because a
measurement is evidence. To state another figure, remove the id and name a source.
"""

from collections.abc import Iterable
from typing import Any

from measurements.importers.facts import Collector, Gate, Imported
from measurements.records.record import MeasurementError, measurement_of

NAME = "this tool"


def is_object(fields: Any) -> bool:
    """Whether this is a line of our own export, or a bare record."""
    return isinstance(fields, dict) and (
        "measurement" in fields or {"schema_version", "kind", "engine"} <= fields.keys()
    )


def import_objects(objects: Iterable[tuple[str, Any]], *, gate: Gate | None = None) -> Imported:
    """Import decoded lines with their places."""
    collector = Collector(NAME, gate=gate)
    for place, fields in objects:
        if not is_object(fields):
            collector.refuse(place, "This is not an exported measurement: the key measurement is missing.")
            continue
        try:
            record = measurement_of(fields.get("measurement", fields))
        except MeasurementError as error:
            collector.refuse(place, str(error)[:500])
            continue
        stated = fields.get("id")
        if stated is not None and stated != record.id():
            collector.refuse(
                place,
                f"The id is {str(stated)[:40]!r}, but the content has the id {record.id()}: it was changed after the"
                " export.",
            )
            continue
        collector.keep(place, record)
    return collector.imported()
