"""Health of the measurements, for the server's own routes: what is missing, in words, and a few figures."""

from collections.abc import Callable, Mapping

from measurements.desk import Desk


def missing_parts(desk: Desk) -> Mapping[str, Callable[[], str]]:
    """The store and the queue by name: what says "" where it can be used now, else a sentence that anybody may read.

    The queue of probe requests is in the store's own PostgreSQL; a SQLite file has none, and nothing is missing then.
    """
    return {
        "store": lambda: desk.contents().problem,
        "queue": lambda: desk.contents().problem if desk.has_queue() else "",
    }


def gauges(desk: Desk) -> Mapping[str, tuple[str, float]]:
    """Figures of this moment by name: what each says, and its value."""
    found, job = desk.contents(), desk.job()
    return {
        "tco_probe_running": ("Whether a probe is running here.", float(job is not None and job.is_running())),
        "tco_store_readable": ("Whether the measurement store can be read.", float(not found.problem)),
        "tco_store_records": ("Measurements at the last reading.", float(len(found.items))),
        "tco_store_unreadable_rows": ("Rows that this version cannot read.", float(len(found.unreadable))),
        "tco_results_waiting": ("Results that wait to be stored.", float(found.waiting_count)),
    }
