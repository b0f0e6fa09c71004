"""What did this tool export? One record per line with its id; reading it back gives the same records, unchanged.

The id is a hash of the record. Where it does not fit, the line was changed after the export and is refused: a
measurement is evidence. Whoever means to state another figure removes the id and gives it a source.
"""

from collections.abc import Iterable
from typing import Any

from measurements.importers.facts import Collector, Gate, Imported
from measurements.records.record import MeasurementError, measurement_of

NAME = "this tool"


def is_object(fields: Any) -> bool:
    """Is this a line of our own export, or a bare record?"""
    return isinstance(fields, dict) and (
        "measurement" in fields or {"schema_version", "kind", "engine"} <= fields.keys()
    )


def import_objects(objects: Iterable[tuple[str, Any]], *, gate: Gate | None = None) -> Imported:
    """Decoded lines with their places."""
    collector = Collector(NAME, gate=gate)
    for place, fields in objects:
        if not is_object(fields):
            collector.refuse(place, "It is no exported measurement: the key measurement is missing.")
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
                f"Its content has the id {record.id()}, not {str(stated)[:40]!r}: it was changed after the export.",
            )
            continue
        collector.keep(place, record)
    return collector.imported()
