"""Measurement desk: changes of the store are seen at once, reading creates nothing, refusals are sentences."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from calculator import load_catalog
from calculator.catalog.deployment import Deployment
from calculator.errors import CalculatorError
from calculator.physics.measured import measured_speed
from measurements.desk import Desk
from measurements.probe.jobs import ProbeJobs
from measurements.probe.run import Outcome
from measurements.records.host import host_id
from measurements.records.listing import NOT_A_SPEED, words
from measurements.records.record import Engine, Host, Measurement, MeasurementError, Result, Series, Workload
from measurements.records.store import Store
from measurements.visitors import NotAllowedError
from tests.measurements.examples import a_measurement
from tests.measurements.tiny import tiny_spec

pytestmark = pytest.mark.alone
CATALOG = load_catalog()


FIXTURES = Path(__file__).parents[1] / "fixtures" / "importers"


BASE = a_measurement()


def here(run: str = "1", **changes: Any) -> Measurement:
    return a_measurement(run, **{"host": BASE.host.model_copy(update={"host_id": host_id()}), **changes})


def test_looking_creates_no_store(tmp_path: Path) -> None:
    desk = Desk(CATALOG, url=str(tmp_path / "none.sqlite"))
    assert (desk.speeds(), desk.problem(), desk.rows()) == ((), "", ())
    assert desk.export(["x"]) == ""
    assert list(tmp_path.iterdir()) == []


def test_record_of_another_program_is_seen_at_once_and_so_is_its_deletion(store_url: str) -> None:
    desk, writer = Desk(CATALOG, url=store_url), Store(store_url)
    assert desk.speeds() == ()
    writer.append(here())
    assert [(one.trust, one.central_tokens_per_s) for one in desk.speeds()] == [("measured here", 12.1)]
    writer.append(here("2"))
    assert len(desk.rows()) == 2
    writer.delete(here("2").id())
    assert [row.id for row in desk.rows()] == [here().id()]
    writer.close()


def test_unchanged_store_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, writer = Desk(CATALOG, url=str(tmp_path / "m.sqlite")), Store(str(tmp_path / "m.sqlite"))
    writer.append(here())
    reads: list[int] = []
    real = Store.look
    monkeypatch.setattr(Store, "look", lambda self, **kw: reads.append(1) or real(self, **kw))  # pyright: ignore
    for _ in range(5):
        assert len(desk.speeds()) == 1
    assert len(reads) == 1
    writer.append(here("2"))
    assert len(desk.speeds()) == 2
    assert len(reads) == 2


def test_two_writes_within_one_tick_of_the_clock_are_both_seen(tmp_path: Path) -> None:
    import os

    file = tmp_path / "m.sqlite"
    desk, writer = Desk(CATALOG, url=str(file)), Store(str(file))
    writer.append(here("1"))
    stamp = file.stat().st_mtime_ns
    assert len(desk.speeds()) == 1
    writer.append(here("2"))
    os.utime(file, ns=(stamp, stamp))
    assert len(desk.speeds()) == 2


def soon(found: Callable[[], bool], within_s: float = 8.0) -> bool:
    """Whether it becomes true while one waits."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if found():
            return True
        time.sleep(0.05)
    return found()


def test_broken_store_is_a_sentence_and_no_measurements(tmp_path: Path) -> None:
    file = tmp_path / "m.sqlite"
    file.write_bytes(b"this is no database, whatever its name says " * 50)
    desk = Desk(CATALOG, url=str(file))
    assert desk.speeds() == ()
    assert "is no database" in desk.problem()
    assert str(tmp_path) not in desk.problem()


def test_database_that_is_gone_holds_nobody_up_and_tells_no_stranger_where_it_was() -> None:
    desk = Desk(CATALOG, url="postgresql://nobody:secret@127.0.0.1:1/none")
    assert desk.speeds() == ()
    assert soon(lambda: "The measurement database does not answer." in desk.problem())
    for told in ("secret", "nobody", "127.0.0.1", "none"):
        assert told not in desk.problem()
    began = time.monotonic()
    for _ in range(50):
        assert desk.speeds() == ()
    assert time.monotonic() - began < 0.5


def test_store_that_has_been_repaired_is_used_without_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "m.sqlite"
    file.write_bytes(b"no database " * 50)
    desk = Desk(CATALOG, url=str(file))
    assert desk.problem()
    file.unlink()
    Store(str(file)).append(here())
    assert soon(lambda: len(desk.speeds()) == 1)
    assert not desk.problem()


def test_row_that_cannot_be_read_is_counted_named_in_the_log_and_hides_no_other(
    store_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    desk, store = Desk(CATALOG, url=store_url), Store(store_url)
    store.append(here())
    with store._writing() as connection:  # pyright: ignore[reportPrivateUsage]
        connection.exec_driver_sql(
            "INSERT INTO measurements (id, entry, target, schema_version, kind, status, measured_at, stored_at,"
            " settings_key, host_id, chip, model, format, runtime, body) VALUES ('of-tomorrow', 'measurement',"
            " 'of-tomorrow', 2, 'fast', 'ok', '', '', '', '', '', '', '', '', '{\"schema_version\":2}')"
        )
    assert len(desk.speeds()) == 1
    assert desk.problem() == (
        "1 measurement is left out, because this version cannot read it. The server's log names it."
    )
    assert "of-tomorrow" in caplog.text
    store.close()


def test_export_read_back_is_the_same_records(tmp_path: Path) -> None:
    desk = Desk(CATALOG, url=str(tmp_path / "m.sqlite"))
    records = [here(str(number)) for number in range(5)]
    assert desk.keep(records) == {"added": 5, "known": 0, "deleted": 0}
    text = desk.export([row.id for row in desk.rows()])
    found = desk.read_file("export.jsonl", text.encode())
    assert not found.refused
    assert sorted(record.id() for record in found.records) == sorted(record.id() for record in records)
    assert desk.keep(found.records) == {"added": 0, "known": 5, "deleted": 0}


def test_file_that_does_not_tell_the_chip_is_asked_for_it_by_name(tmp_path: Path) -> None:
    desk = Desk(CATALOG, url=str(tmp_path / "m.sqlite"))
    content = (FIXTURES / "mlx_lm_2026-03.txt").read_bytes()
    asked = desk.read_file("run.txt", content)
    assert (asked.missing, asked.records) == (("chip",), ())
    found = desk.read_file("run.txt", content, chip="apple-m2-ultra-76", source="me", measured_at="2026-03-01")
    assert not found.missing
    [record] = found.records
    assert (record.host.chip, record.provenance.source, record.measured_at) == ("apple-m2-ultra-76", "me", "2026-03-01")


def test_content_that_is_no_text_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(MeasurementError, match="not UTF-8"):
        Desk(CATALOG, url=str(tmp_path / "m.sqlite")).read_file("x.json", b"\xff\xfe\x00")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"tier": "real"}, "the page offers host and fast"),
        ({"model": "/etc/passwd"}, "shipped models only"),
        ({"model": "mlx-community/Qwen3-4B-4bit"}, "shipped models only"),
        ({"format_id": "q4_k_m"}, "which has no such packing"),
        ({"depths": (1,) * 9}, "depths"),
        ({"trial_count": 100_000}, "trial_count"),
    ],
)
def test_start_refuses_what_a_page_may_not_ask(tmp_path: Path, asked: dict[str, Any], said: str) -> None:
    ran: list[object] = []
    desk = Desk(CATALOG, url=str(tmp_path / "m.sqlite"), jobs=ProbeJobs(run=lambda *a, **k: ran.append(a)))  # pyright: ignore
    request = {"tier": "fast", "model": "qwen3-0.6b", "format_id": "bf16", "depths": (64,), "trial_count": 3} | asked
    with pytest.raises(CalculatorError, match=said):
        desk.start(**request)
    assert not ran
    assert list(tmp_path.iterdir()) == []


def test_start_says_why_where_mlx_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("measurements.desk.why_no_probe", lambda: "mlx is not installed here.")
    with pytest.raises(MeasurementError, match="mlx is not installed here"):
        Desk(CATALOG, url=str(tmp_path / "m.sqlite")).start(
            tier="host", model="", format_id="", depths=(64,), trial_count=3
        )


def test_ceiling_is_bandwidth_over_the_bytes_read_per_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "measurements.desk.this_host", lambda chips: Host(chip="apple-m2-ultra-76", memory_bytes=192 * 2**30)
    )
    monkeypatch.setattr("measurements.desk.why_no_probe", lambda: "")
    ended = threading.Event()

    def run(spec: Any, *, on_event: Any, **_: Any) -> Outcome:
        on_event(
            {
                "event": "plan",
                "depths": [512, 8192],
                "kv_read_bytes": [0, 40 * 10**9],
                "read_bytes_per_token": 40 * 10**9,
            }
        )
        ended.set()
        return Outcome("ok", "The probe is complete.", records=(here(),))

    desk = Desk(CATALOG, url=str(tmp_path / "m.sqlite"), jobs=ProbeJobs(run=run))
    job = desk.start(tier="fast", model="qwen3-0.6b", format_id="bf16", depths=(512, 8192), trial_count=3)
    assert ended.wait(5)
    # 800 GB/s over 40 GB, and over 40 + 40 GB
    assert desk.ceilings(job).decode == {512: pytest.approx(20.0), 8192: pytest.approx(10.0)}
    assert desk.ceilings(job).sentences() == [
        "Decode ceiling from 800 GB/s (the catalogue): 20 tokens/s at 512 tokens, 10 tokens/s at 8,192 tokens."
    ]
    while job.is_running():
        time.sleep(0.01)
    # the example decodes 12.1 tokens/s at depth 512: 12.1 / 20 = 60 %
    assert desk.findings(job) == [
        "decode 12.1 tokens/s at 512 tokens of context (60% of what bandwidth alone would allow)"
    ]


def test_bandwidth_of_an_unknown_chip_is_that_of_the_newest_host_probe_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("measurements.desk.this_host", lambda chips: Host(host_id=host_id(), chip="amd-epyc"))
    desk = Desk(CATALOG, url=str(tmp_path / "m.sqlite"))
    assert desk.machine_ceilings().bandwidth is None
    found = Result(bandwidth_gb_per_s=Series.of([40, 41, 42]))
    desk.keep(
        [
            here("1", kind="host", result=found, workload=Workload()),
            a_measurement("2", kind="host", result=Result(bandwidth_gb_per_s=Series.of([900.0])), workload=Workload()),
            here(
                "3",
                kind="host",
                status="rejected",
                result=Result(bandwidth_gb_per_s=Series.of([1.0])),
                workload=Workload(),
            ),
        ]
    )
    assert desk.machine_ceilings().bandwidth == (41.0, "a probe of 2026-11-22")


def test_cpu_backend_is_marked_and_not_used(tmp_path: Path) -> None:
    desk = Desk(CATALOG, url=str(tmp_path / "m.sqlite"))
    desk.keep([here(engine=Engine(name="mlx-cpu", version="0.32.4", backend="cpu"))])
    [row] = desk.rows()
    assert NOT_A_SPEED in row.mind
    assert words(desk.contents().items[0].record).endswith(NOT_A_SPEED)
    assert not row.used
    assert desk.speeds() == ()


def test_order_of_belief_and_a_stale_record_that_is_shown_and_yields(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """measured here > same chip > imported > published > nothing (fitted); stale yields within its rank only."""
    monkeypatch.setattr("measurements.desk.installed_versions", lambda: {"mlx": "0.32.9", "mlx-lm": "0.32.2"})
    desk = Desk(CATALOG, url=str(tmp_path / "m.sqlite"))
    deployment = Deployment.of("apple-m2-ultra-76", "llama-3-70b", "mlx-4bit", catalog=CATALOG)
    old = Engine(name="mlx-lm", version="0.31.0", mlx_lm_version="0.32.2", backend="metal")
    rising = [
        (a_measurement("5", kind="published", result=Result(decode_tokens_per_s=Series.of([5.0]))), "published", ""),
        (a_measurement("6", kind="imported", result=Result(decode_tokens_per_s=Series.of([6.0]))), "imported", ""),
        (
            a_measurement("7", result=Result(decode_tokens_per_s=Series.of([7.0]))),
            "imported",
            "",
        ),  # the same chip elsewhere
        (
            here("8", engine=old, result=Result(decode_tokens_per_s=Series.of([8.0]))),
            "measured here",
            "mlx was 0.31.0, now 0.32.9",
        ),
        (here("9", result=Result(decode_tokens_per_s=Series.of([9.0]))), "measured here", ""),
    ]
    assert measured_speed(desk.speeds(), deployment, phase="decode", context_tokens=544) is None
    for number, (record, basis, stale) in enumerate(rising):
        desk.keep([record])
        found = measured_speed(desk.speeds(), deployment, phase="decode", context_tokens=544)
        assert found is not None
        assert (found.central, found.basis) == (5.0 + number, basis)
        assert (f"stale: {stale}" if stale else "") in found.note
    [row] = [row for row in desk.rows() if "stale" in row.mind]
    assert row.used
    assert row.mind == "stale: mlx was 0.31.0, now 0.32.9"


@pytest.mark.parametrize("setting", [("TCO_MODE", "public"), ("MEASUREMENTS_VISITORS", "look")])
@pytest.mark.parametrize("asked", ["start", "cancel", "keep", "own_model", "read_file"])
def test_desk_itself_refuses_whoever_may_only_look(
    asked: str, setting: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[object] = []
    desk = Desk(CATALOG, url=str(tmp_path / "m.sqlite"), jobs=ProbeJobs(run=lambda *a, **k: ran.append(a)))  # pyright: ignore
    ask: dict[str, Callable[[Desk], object]] = {
        "start": lambda desk: desk.start(tier="host", model="", format_id="", depths=(64,), trial_count=3),
        "cancel": lambda desk: desk.cancel(),
        "keep": lambda desk: desk.keep([here()]),
        "own_model": lambda desk: desk.own_model("config.json", b"{}"),
        "read_file": lambda desk: desk.read_file("x.txt", b"x"),
    }
    with pytest.raises(NotAllowedError, match="through a proxy"):
        ask[asked](desk.for_visitor("You came through a proxy."))
    monkeypatch.setenv(*setting)
    with pytest.raises(NotAllowedError, match="may only look"):
        ask[asked](desk)
    assert not ran
    assert list(tmp_path.iterdir()) == []


def test_register_of_probes_refuses_too_whoever_calls_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[object] = []
    jobs = ProbeJobs(run=lambda *a, **k: ran.append(a))  # pyright: ignore
    monkeypatch.setenv("TCO_MODE", "public")
    with pytest.raises(NotAllowedError):
        jobs.start(tiny_spec(tmp_path), catalog=CATALOG, keep=None)
    with pytest.raises(NotAllowedError):
        jobs.cancel()
    assert not ran


def test_public_server_tells_nobody_its_machine_or_its_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    monkeypatch.setattr("measurements.desk.this_host", lambda chips: looks.append(1) or Host(chip="x"))
    monkeypatch.setattr("measurements.desk.HOST_KEPT_S", -1.0)
    desk = Desk(CATALOG, url=str(tmp_path / "m.sqlite"))
    assert desk.shows_machine()
    assert desk.store_name() == "the file m.sqlite"
    desk.host()
    before = len(looks)
    monkeypatch.setenv("TCO_MODE", "public")
    assert not desk.shows_machine()
    assert desk.store_name() == "the server's store"
    desk.host()
    assert len(looks) == before  # a stranger's visit starts no process that asks for it
