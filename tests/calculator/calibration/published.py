"""A published row to vary, and the case that it is."""

from collections.abc import Callable, Mapping

from calculator.calibration.cases import Case, case_of
from calculator.calibration.rows import PublishedRow, rows_of
from calculator.catalog import load_catalog


def row_from(record: Mapping[str, str], **values: str) -> PublishedRow:
    """The record, with other values, as the table's reader has it."""
    return rows_of([{**record, **values}])[0]


def cases_from(record: Mapping[str, str]) -> Callable[..., Case]:
    """Makes cases of the record with other values; each must be one that can be predicted."""

    def case(**values: str) -> Case:
        found = case_of(row_from(record, **values), load_catalog())
        assert isinstance(found, Case)
        return found

    return case
