"""Measurements page: memory plan, probes, visitors, own configurations."""

import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from calculator.decision.memory_words import SEVERAL_CARDS
from calculator.physics.memory.spare_words import FULLEST_CARD
from calculator.physics.models_that_fit import fits_here
from calculator.units import BYTES_PER_GB
from measurements.desk import open_desk
from measurements.probe.jobs import JOBS
from measurements.probe.run import Outcome
from measurements.records.record import Host
from measurements.records.store import Store
from tests.views.pages import (
    CATALOG,
    HeldProbe,
    component,
    decision_page,
    measurements_page,
    table,
    texts,
    the_mac,
    widget,
)


def test_opening_both_pages_creates_nothing_and_imports_no_mlx(store: Path) -> None:
    before = {name for name in sys.modules if name.split(".")[0] in ("mlx", "mlx_lm")}
    said = texts(measurements_page())
    decision_page()
    assert list(store.parent.iterdir()) == []
    assert {name for name in sys.modules if name.split(".")[0] in ("mlx", "mlx_lm")} == before
    assert "measures the machine on which this server runs, not the one in front of you" in said
    assert "Nothing yet" in said


def test_plan_table_shows_every_model_with_its_peak_on_this_machine(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mac = Host(
        host_id="m",
        chip="apple-m2-ultra-76",
        chip_name="Apple M2 Ultra",
        gpu_core_count=76,
        memory_bytes=192 * 2**30,
        os="macOS",
        os_version="26.1",
    )
    monkeypatch.setattr("measurements.desk.this_host", lambda chips: mac)
    monkeypatch.setattr("measurements.desk.why_no_probe", lambda: "mlx is not installed here. Run it on a Mac.")
    app = measurements_page()
    app.segmented_control(key="plan_weight_class").set_value("8-bit")
    app.segmented_control(key="plan_context_tokens").set_value(32_768)
    app.run()
    expected = fits_here(open_desk("").box(), catalog=CATALOG, weight_class="8-bit", context_tokens=32_768)
    shown = table(app, "Peak, GB")
    assert list(shown["Model"]) == [row.name for row in expected]
    assert len(shown) == len(CATALOG.models)
    assert list(shown["Peak, GB"]) == [row.peak_bytes / BYTES_PER_GB for row in expected]
    assert list(shown["Fits"]) == [
        "yes" if row.fits else f"no: {-row.headroom_bytes / BYTES_PER_GB:,.1f} GB short" for row in expected
    ]
    assert all(str(title)[0].isupper() for one in app.dataframe for title in one.value.columns)
    assert 0 < list(shown["Fits"]).count("yes") < len(shown)
    assert SEVERAL_CARDS not in texts(app)
    assert "Apple M2 Ultra, 76 GPU cores" in texts(app)
    assert "800 GB/s by the catalogue" in texts(app)


def test_plan_table_says_that_memory_on_two_cards_is_the_fullest_ones(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cards = Host(host_id="p", chip="nvidia-rtx-4090", chip_name="RTX 4090", chip_count=2, memory_bytes=24 * 2**30)
    monkeypatch.setattr("measurements.desk.this_host", lambda chips: cards)
    page = measurements_page()
    shown = table(page, "Peak, GB")
    rows = fits_here(open_desk("").box(), catalog=CATALOG, weight_class="4-bit", context_tokens=8_192)
    assert list(shown["To spare, GB"]) == [row.headroom_bytes / BYTES_PER_GB for row in rows]
    assert [row.spare_words for row in rows].count(f" {FULLEST_CARD}") > len(rows) / 2
    assert texts(page).count(SEVERAL_CARDS) == 1
    assert not any("fullest" in str(cell) for cell in (*shown["Note"], *shown["Fits"]))


def test_without_mlx_the_button_is_disabled_with_the_reason_and_no_number_is_made_up(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("measurements.desk.why_no_probe", lambda: "mlx-lm is not installed here. Import a measurement.")
    app = measurements_page()
    assert app.button(key="probe_start").disabled
    assert "mlx-lm is not installed here. Import a measurement." in texts(app)
    assert "tokens/s" not in texts(app)
    assert len(table(app, "Peak, GB")) == len(CATALOG.models)


def test_server_whose_visitors_may_only_look_neither_measures_nor_takes_files(
    store: Path, probe: HeldProbe, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_page = measurements_page()
    assert "the server's setting MEASUREMENTS_VISITORS=look stops that" in texts(open_page)
    monkeypatch.setenv("ADDRESS_OF_THE_TEST", "0.0.0.0")
    closed = measurements_page()
    assert closed.button(key="probe_start").disabled
    assert texts(closed).count("its visitors may only look") == 2
    assert not closed.file_uploader
    monkeypatch.delenv("ADDRESS_OF_THE_TEST")
    open_page.button(key="probe_start").click().run()
    assert probe.began.wait(5)
    monkeypatch.setenv("ADDRESS_OF_THE_TEST", "0.0.0.0")
    seen = measurements_page()
    assert ":blue-badge[running]" in texts(seen)
    assert not [button for button in seen.button if button.key == "probe_cancel"]
    assert len(table(seen, "Peak, GB")) == len(CATALOG.models)


def test_probe_survives_a_reload_is_seen_by_a_second_visitor_and_can_be_cancelled(
    store: Path, probe: HeldProbe
) -> None:
    first = measurements_page()
    first.number_input(key="probe_trials").set_value(7)
    first.button(key="probe_start").click().run()
    assert probe.began.wait(5)
    for visitor in (
        first.run(),
        measurements_page(),
    ):  # the same visitor after a reload has a new session, as the second one has
        assert not visitor.exception
        assert visitor.button(key="probe_start").disabled
        assert ":blue-badge[running] **This machine itself**" in texts(visitor)
        assert visitor.get("progress")[0].proto.value == 25
        assert "about 7 s left" in visitor.get("progress")[0].proto.text
    assert (probe.specs[0].tier, probe.specs[0].trial_count) == ("host", 7)
    visitor.button(key="probe_cancel").click().run()
    probe.end()
    after = measurements_page()
    assert not after.button(key="probe_start").disabled
    assert "cancelled. The probe was cancelled." in texts(after)


def test_model_probe_asks_for_model_format_and_depths_and_lists_what_it_found(store: Path, probe: HeldProbe) -> None:
    probe.outcome = Outcome("ok", "The probe is complete.", records=(the_mac(),))
    app = measurements_page()
    app.selectbox(key="probe_tier").set_value("fast").run()
    assert app.selectbox(key="probe_model").options.count(CATALOG.model("llama-3-70b").name) == 1
    assert "MLX 8-bit, groups of 64" in app.selectbox(key="probe_format").options
    app.selectbox(key="probe_model").set_value("llama-3-70b")
    app.selectbox(key="probe_format").set_value("mlx-8bit")
    widget(app, "probe_depths").set_value([2_048, 512])
    app.run()
    app.button(key="probe_start").click().run()
    assert probe.began.wait(5)
    [spec] = probe.specs
    assert (spec.model, spec.format, spec.depths) == ("llama-3-70b", "mlx-8bit", (512, 2048))
    probe.end()
    app.run()
    assert not app.exception
    assert "decode 12.1 tokens/s at 1,024 tokens of context" in texts(app)
    assert list(table(app, "Origin")["Writes, tokens/s"]) == ["12.1"]


def test_result_that_finds_the_store_locked_is_shown_and_said_to_wait_and_is_stored_later(
    store: Path, probe: HeldProbe
) -> None:
    Store(str(store)).close()
    probe.outcome = Outcome("ok", "The probe is complete.", records=(the_mac(),))
    app = measurements_page()
    app.button(key="probe_start").click().run()
    assert probe.began.wait(5)
    other = sqlite3.connect(store, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # another program may write, this one may read
    probe.let_go.set()
    [job] = JOBS.recent()
    until = time.monotonic() + 15
    while job.is_running() and time.monotonic() < until:
        time.sleep(0.1)
    said = texts(app.run())
    assert "but not stored yet. Another program has locked the measurement store." in said
    assert "decode 12.1 tokens/s at 1,024 tokens of context" in said
    assert "Results wait in a file" in said
    assert str(store.parent) not in said
    other.execute("ROLLBACK")
    other.close()
    while not open_desk("").rows() and time.monotonic() < until + 15:
        time.sleep(0.1)
    app = measurements_page()
    assert list(table(app, "Origin")["Writes, tokens/s"]) == ["12.1"]
    assert "Results wait in a file" not in texts(app)
    assert "and stored." in texts(app)


@pytest.mark.parametrize("status", ["out-of-memory", "timed-out", "refused", "stalled", "killed-by-signal", "failed"])
def test_every_ending_of_a_probe_has_its_name_and_sentence(store: Path, probe: HeldProbe, status: Any) -> None:
    probe.outcome = Outcome(
        status, "It held 9.99 GB of 8 GB.", records=(the_mac(status=status, notes="It held 9.99 GB of 8 GB."),)
    )
    app = measurements_page()
    app.button(key="probe_start").click().run()
    assert probe.began.wait(5)
    probe.end()
    said = texts(app.run())
    assert f"{status}. It held 9.99 GB of 8 GB." in said
    assert list(table(app, "Origin")["Result"]) == [status]
    assert not open_desk("").speeds()


def test_broken_store_leaves_both_pages_standing_with_a_sentence(store: Path) -> None:
    expected = component(decision_page())["frame"]["rows"]
    store.write_bytes(b"not a database at all " * 100)
    for app in (decision_page(), measurements_page()):
        assert "is no database. The file is not a measurement store" in texts(app)
        assert str(store.parent) not in texts(app)
    assert component(decision_page())["frame"]["rows"] == expected


def test_visitors_who_may_only_look_bring_no_config(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADDRESS_OF_THE_TEST", "0.0.0.0")
    assert not measurements_page().file_uploader
