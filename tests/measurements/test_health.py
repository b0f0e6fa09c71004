"""Health of the measurements: a store that cannot be read is said, and the queue lives in PostgreSQL alone."""

import time
from pathlib import Path

from calculator import load_catalog
from measurements.desk import Desk
from measurements.health import gauges, missing_parts
from measurements.records.store import Store
from tests.measurements.examples import a_measurement

CATALOG = load_catalog()


def missing(desk: Desk) -> dict[str, str]:
    return {name: problem() for name, problem in missing_parts(desk).items()}


def test_store_that_can_be_read_lacks_nothing_and_is_counted(tmp_path: Path) -> None:
    url = str(tmp_path / "m.sqlite")
    Store(url).append(a_measurement())
    desk = Desk(CATALOG, url=url)
    assert missing(desk) == {"store": "", "queue": ""}
    found = {name: value for name, (_, value) in gauges(desk).items()}
    assert (found["tco_store_readable"], found["tco_store_records"], found["tco_results_waiting"]) == (1.0, 1.0, 0.0)


def test_broken_file_lacks_the_store_and_no_queue(tmp_path: Path) -> None:
    (tmp_path / "m.sqlite").write_bytes(b"no database " * 100)
    desk = Desk(CATALOG, url=str(tmp_path / "m.sqlite"))
    found = missing(desk)
    assert "is no database" in found["store"]
    assert found["queue"] == ""
    assert gauges(desk)["tco_store_readable"][1] == 0.0


def test_database_that_is_gone_takes_the_queue_with_it() -> None:
    desk = Desk(CATALOG, url="postgresql://nobody@127.0.0.1:1/none")
    until = time.monotonic() + 8
    while "does not answer" not in missing(desk)["queue"] and time.monotonic() < until:
        time.sleep(0.05)
    found = missing(desk)
    assert found["store"] == found["queue"]
    assert "does not answer" in found["store"]
