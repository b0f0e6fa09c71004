"""Does the measurements page measure, take in, refuse, list and open; and does a new record change the decision page at once?"""

import importlib.util
import json
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from calculator import Scenario, compare, load_catalog
from calculator.errors import CalculatorError
from calculator.physics.models_that_fit import fits_here
from calculator.units import BYTES_PER_GB
from measurements.desk import VISITORS_VARIABLE, open_desk, visitors_may_only_look
from measurements.models.uploaded_config import model_of_config
from measurements.probe.jobs import JOBS
from measurements.probe.run import Outcome
from measurements.records.host import host_id
from measurements.records.record import Engine, Host, Measurement, ModelUnderTest
from measurements.records.store import Store
from tests.measurements.examples import a_measurement

APP = Path(__file__).parents[2] / "app.py"
FIXTURES = Path(__file__).parents[1] / "fixtures" / "importers"
CATALOG = load_catalog()

# the benchmark of mlx_lm_2026-03.txt: prompt 1024, answer 64, Qwen3.5-4B in 4 bits; decode median of its trials
QUESTION = {
    "model": "qwen3.5-4b",
    "weight_class": "4-bit",
    "prompt_tokens": 1024,
    "retrieved_tokens": 0,
    "answer_tokens": 64,
    "options": ("mac-studio-m2-ultra-192-used", "cloud-h100"),
}


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that this test's pages use; it does not exist yet."""
    monkeypatch.setenv("MEASUREMENTS_URL", str(tmp_path / "m.sqlite"))
    return tmp_path / "m.sqlite"


@pytest.fixture
def probe(monkeypatch: pytest.MonkeyPatch) -> Iterator["HeldProbe"]:
    """In place of a real run: one that reports and waits to be let go."""
    held = HeldProbe()
    monkeypatch.setattr(JOBS, "_run", held)
    monkeypatch.setattr(JOBS, "_jobs", [])
    monkeypatch.setattr("measurements.probe.jobs.probe_is_running", lambda lock="": False)
    monkeypatch.setattr("measurements.desk.probe_is_running", lambda: False)
    monkeypatch.setattr("measurements.desk.why_no_probe", lambda: "")
    yield held
    held.let_go.set()


class HeldProbe:
    """Called as measure() is."""

    def __init__(self) -> None:
        self.let_go, self.began = threading.Event(), threading.Event()
        self.outcome = Outcome("ok", "The probe is complete.")
        self.specs: list[Any] = []

    def __call__(self, spec: Any, *, store: Store, on_event: Any, cancel: threading.Event, **_: Any) -> Outcome:
        self.specs.append(spec)
        on_event({"event": "progress", "what": "measuring", "done": 3, "total": 12, "left_s": 7.0})
        self.began.set()
        while not self.let_go.wait(0.01):
            if cancel.is_set():
                self.outcome = Outcome("cancelled", "The probe was cancelled.")
                break
        store.append_all(self.outcome.records)
        return self.outcome

    def end(self) -> None:
        self.let_go.set()
        for thread in threading.enumerate():
            if thread.name.startswith("probe-"):
                thread.join(5)


def _page() -> None:
    import os

    from calculator import load_catalog
    from measurements.desk import PROBE_DEPTHS, PROBE_FORMATS, open_desk, visitors_may_only_look
    from views.measurements import show_measurements

    look_only = visitors_may_only_look(os.environ.get("ADDRESS_OF_THE_TEST", "127.0.0.1"))
    show_measurements(
        open_desk(), catalog=load_catalog(), probe_formats=PROBE_FORMATS, probe_depths=PROBE_DEPTHS, look_only=look_only
    )


def page() -> AppTest:
    app = AppTest.from_function(_page, default_timeout=30).run()
    assert not app.exception
    return app


def decision() -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=30)
    for name, value in QUESTION.items():
        app.query_params[name] = list(value) if isinstance(value, tuple) else str(value)
    app.run()
    assert not app.exception
    return app


def texts(app: AppTest) -> str:
    parts = (*app.markdown, *app.caption, *app.warning, *app.error, *app.success, *app.info)
    return "\n".join(part.value for part in parts).replace("\\", "")


def table(app: AppTest, column: str) -> pd.DataFrame:
    """The first table with that column."""
    return next(one.value for one in app.dataframe if column in one.value.columns)


def the_mac(run: str = "1", **changes: Any) -> Measurement:
    """The benchmark's case as this tool's own probe would have measured it on this very host, were it that Mac."""
    fields: dict[str, Any] = {
        "host": Host(host_id=host_id(), chip="apple-m2-ultra-76", gpu_core_count=76),
        "model": ModelUnderTest(model="qwen3.5-4b", format="mlx-4bit", bits=4, weights="random-aliased"),
        "workload": a_measurement().workload.model_copy(update={"depth_tokens": 1024}),
    }
    return a_measurement(run, **(fields | changes))


def upload(app: AppTest, name: str, content: bytes) -> AppTest:
    app.file_uploader(key="upload").upload(name, content)
    app.run()
    assert not app.exception
    return app


def test_opening_both_pages_creates_nothing_and_imports_no_mlx(store: Path) -> None:
    before = {name for name in sys.modules if name.split(".")[0] in ("mlx", "mlx_lm")}
    said = texts(page())
    decision()
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
    app = page()
    app.segmented_control(key="plan_weight_class").set_value("8-bit")
    app.segmented_control(key="plan_context_tokens").set_value(32_768)
    app.run()
    expected = fits_here(open_desk().box(), catalog=CATALOG, weight_class="8-bit", context_tokens=32_768)
    shown = table(app, "peak GB")
    assert list(shown["model"]) == [row.model for row in expected]
    assert len(shown) == len(CATALOG.models)
    assert list(shown["peak GB"]) == [row.peak_bytes / BYTES_PER_GB for row in expected]
    assert list(shown["fits"]) == ["yes" if row.fits else "no" for row in expected]
    assert 0 < (shown["fits"] == "yes").sum() < len(shown)
    assert "Apple M2 Ultra, 76 GPU cores" in texts(app)
    assert "800 GB/s by the catalogue" in texts(app)


def test_without_mlx_the_button_is_disabled_with_the_reason_and_no_number_is_made_up(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("measurements.desk.why_no_probe", lambda: "mlx-lm is not installed here. Import a measurement.")
    app = page()
    assert app.button(key="probe_start").disabled
    assert "mlx-lm is not installed here. Import a measurement." in texts(app)
    assert "tokens/s" not in texts(app)
    assert len(table(app, "peak GB")) == len(CATALOG.models)


@pytest.mark.parametrize(
    ("said", "address", "is_open", "told"),
    [
        ("", "127.0.0.1", True, ""),
        ("", "localhost", True, ""),
        ("", "0.0.0.0", False, "can be reached from other machines"),
        ("", None, False, "MEASUREMENTS_VISITORS=measure to allow visitors"),
        ("measure", "0.0.0.0", True, ""),
        ("look", "127.0.0.1", False, "Visitors of this server may only look"),
        ("nobody", "127.0.0.1", False, "MEASUREMENTS_VISITORS is 'nobody'; use measure or look"),
    ],
)
def test_visitors_may_measure_where_only_this_machine_reaches_the_server_or_its_owner_says_so(
    said: str, address: str | None, is_open: bool, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VISITORS_VARIABLE, said)
    found = visitors_may_only_look(address)
    assert (not found) == is_open
    assert told in found


def test_server_whose_visitors_may_only_look_neither_measures_nor_takes_files(
    store: Path, probe: HeldProbe, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_page = page()
    assert "MEASUREMENTS_VISITORS=look on the server stops that" in texts(open_page)
    monkeypatch.setenv("ADDRESS_OF_THE_TEST", "0.0.0.0")
    closed = page()
    assert closed.button(key="probe_start").disabled
    assert texts(closed).count("its visitors may only look") == 2
    assert not closed.file_uploader
    monkeypatch.delenv("ADDRESS_OF_THE_TEST")
    open_page.button(key="probe_start").click().run()
    assert probe.began.wait(5)
    monkeypatch.setenv("ADDRESS_OF_THE_TEST", "0.0.0.0")
    seen = page()
    assert ":blue-badge[running]" in texts(seen)
    assert not [button for button in seen.button if button.key == "probe_cancel"]
    assert len(table(seen, "peak GB")) == len(CATALOG.models)


def test_probe_survives_a_reload_is_seen_by_a_second_visitor_and_can_be_cancelled(
    store: Path, probe: HeldProbe
) -> None:
    first = page()
    first.number_input(key="probe_trials").set_value(7)
    first.button(key="probe_start").click().run()
    assert probe.began.wait(5)
    for visitor in (first.run(), page()):  # the same visitor after a reload has a new session, as the second one has
        assert not visitor.exception
        assert visitor.button(key="probe_start").disabled
        assert ":blue-badge[running] **This machine itself**" in texts(visitor)
        assert visitor.get("progress")[0].proto.value == 25
        assert "about 7 s left" in visitor.get("progress")[0].proto.text
    assert (probe.specs[0].tier, probe.specs[0].trial_count) == ("host", 7)
    visitor.button(key="probe_cancel").click().run()
    probe.end()
    after = page()
    assert not after.button(key="probe_start").disabled
    assert "cancelled. The probe was cancelled." in texts(after)


def test_model_probe_asks_for_model_format_and_depths_and_lists_what_it_found(store: Path, probe: HeldProbe) -> None:
    probe.outcome = Outcome("ok", "The probe is complete.", records=(the_mac(),))
    app = page()
    app.selectbox(key="probe_tier").set_value("fast").run()
    app.selectbox(key="probe_model").set_value("llama-3-70b")
    app.selectbox(key="probe_format").set_value("mlx-8bit")
    app.get_by_key("probe_depths").set_value([2_048, 512])
    app.run()
    app.button(key="probe_start").click().run()
    assert probe.began.wait(5)
    [spec] = probe.specs
    assert (spec.model, spec.format, spec.depths) == ("llama-3-70b", "mlx-8bit", (512, 2048))
    probe.end()
    app.run()
    assert not app.exception
    assert "decode 12.1 tokens/s at 1,024 tokens of context" in texts(app)
    assert list(table(app, "whose")["decode tokens/s"]) == ["12.1"]


@pytest.mark.parametrize("status", ["out-of-memory", "timed-out", "refused", "stalled", "killed-by-signal", "failed"])
def test_every_ending_of_a_probe_has_its_name_and_sentence(store: Path, probe: HeldProbe, status: Any) -> None:
    probe.outcome = Outcome(
        status, "It held 9.99 GB of 8 GB.", records=(the_mac(status=status, notes="It held 9.99 GB of 8 GB."),)
    )
    app = page()
    app.button(key="probe_start").click().run()
    assert probe.began.wait(5)
    probe.end()
    said = texts(app.run())
    assert f"{status}. It held 9.99 GB of 8 GB." in said
    assert list(table(app, "whose")["result"]) == [status]
    assert not open_desk().speeds()


def test_uploaded_benchmark_is_asked_for_its_chip_kept_and_changes_the_decision_page(store: Path) -> None:
    before = compare(Scenario.parse(QUESTION), CATALOG).options[0]
    assert before.decode is not None
    assert before.decode.basis == "fitted"
    assert "imported" not in texts(decision())

    app = upload(page(), "run.txt", (FIXTURES / "mlx_lm_2026-03.txt").read_bytes())
    assert "This file does not state the chip" in texts(app)
    assert not [button for button in app.button if (button.key or "").startswith("keep")]
    app.selectbox(key="chip_0").set_value("apple-m2-ultra-76").run()
    app.button(key="keep_0").click().run()
    assert not app.exception
    assert "Imported 1; 0 were already stored" in texts(app)

    [item] = Store(str(store)).records()
    decode = item.record.result.decode_tokens_per_s
    assert decode is not None
    after = compare(Scenario.parse(QUESTION), CATALOG, open_desk().speeds()).options[0]
    assert after.decode is not None
    assert (after.decode.basis, after.decode.central) == ("imported", decode.central)
    said = texts(decision())
    assert ":blue-badge[imported]" in said
    assert f"{decode.central:,.4g} tokens/s" in said


def test_costs_on_the_decision_page_are_those_of_the_measured_speed(store: Path) -> None:
    fitted = [metric.value for metric in decision().metric]
    Store(str(store)).append(the_mac())
    app = decision()
    assert ":green-badge[measured here] 12.1 tokens/s" in texts(app)
    measured = compare(Scenario.parse(QUESTION), CATALOG, open_desk().speeds())
    expected = [option.tco.total_cost_usd for option in measured.options if option.tco]
    assert [float(metric.value) for metric in app.metric] == pytest.approx(expected, abs=0.005)
    assert [metric.value for metric in app.metric] != fitted


def test_open_decision_page_changes_with_the_next_record(store: Path) -> None:
    app = decision()
    assert "measured here" not in texts(app)
    Store(str(store)).append(the_mac())
    app.run()
    assert "measured here" in texts(app)


def test_cpu_result_is_marked_and_never_a_machines_speed(store: Path) -> None:
    Store(str(store)).append(the_mac(engine=Engine(name="mlx-lm", version="0.32.4", backend="cpu")))
    assert "measured here" not in texts(decision())
    app = page()
    assert list(table(app, "whose")["mind"]) == ["not a local-LLM speed"]
    assert "**0** of them can stand in" in texts(app)


def test_row_that_physics_refuses_is_named_with_the_reason_and_the_others_are_kept(store: Path) -> None:
    text = (FIXTURES / "mlx_lm_2026-03.txt").read_text("utf-8")
    fast = text.replace(
        "generation_tps=3", "generation_tps=93"
    )  # 38 becomes 938 tokens/s: 2.4 GB at 800 GB/s allow 340
    app = upload(page(), "two.txt", (text + "\n" + fast).encode())
    app.selectbox(key="chip_0").set_value("apple-m2-ultra-76").run()
    refused = table(app, "refused because")
    assert list(refused["row"]) == [f"line {3 + len((text + chr(10)).splitlines())}"]
    assert refused["refused because"].str.startswith("decode: ").all()
    assert "1 taken, 1 refused, 0 waiting" in texts(app)


def test_file_of_no_known_tool_is_refused_in_words(store: Path) -> None:
    app = upload(page(), "notes.txt", b"It felt fast.")
    assert "in an unknown format" in table(app, "refused because")["refused because"][0]
    app = upload(page(), "notes.txt", b"\xff\xfe\x00")
    assert "is not UTF-8" in texts(app)
    assert not store.exists()


def test_store_that_cannot_be_made_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEASUREMENTS_URL", str(tmp_path / "no such folder" / "m.sqlite"))
    app = upload(page(), "run.txt", (FIXTURES / "mlx_lm_2026-03.txt").read_bytes())
    app.selectbox(key="chip_0").set_value("apple-m2-ultra-76").run()
    app.button(key="keep_0").click().run()
    assert not app.exception
    assert "Create its folder" in texts(app)


def test_broken_store_leaves_both_pages_standing_with_a_sentence(store: Path) -> None:
    expected = [metric.value for metric in decision().metric]
    store.write_bytes(b"not a database at all " * 100)
    for app in (decision(), page()):
        assert "m.sqlite cannot be used" in texts(app)
    assert [metric.value for metric in decision().metric] == expected


def test_record_opens_to_its_samples_and_where_it_comes_from(store: Path) -> None:
    Store(str(store)).append_all([the_mac(), the_mac("2", status="rejected")])
    app = page()
    label = next(choice for choice in app.selectbox(key="opened").options if the_mac().id()[:8] in choice)
    app.selectbox(key="opened").set_value(label).run()
    assert not app.exception
    said = texts(app)
    assert "Samples of decode_tokens_per_s, in the order taken: 12, 12.1, 12.2" in said
    assert "used for predictions" in said
    for told in ("chip: apple-m2-ultra-76", "depth_tokens: 1,024", "mlx_lm_version: 0.32.2"):
        assert told in said
    assert list(table(app, "quantity")["median"]) == [12.1]


def test_filters_narrow_the_list_and_the_export_is_what_is_shown(store: Path) -> None:
    records = [the_mac(), the_mac("2", status="rejected"), the_mac("3", kind="imported")]
    Store(str(store)).append_all(records)
    app = page()
    assert "**3 of 3**" in texts(app)
    app.selectbox(key="filter_status").set_value("ok").run()
    app.selectbox(key="filter_trust").set_value("imported").run()
    assert "**1 of 3**" in texts(app)
    assert list(table(app, "whose")["whose"]) == ["imported"]
    lines = open_desk().export([records[2].id()]).splitlines()
    assert [json.loads(line)["id"] for line in lines] == [records[2].id()]


def test_words_from_a_file_are_never_read_as_markdown(store: Path) -> None:
    evil = "![x](https://example.com/x.png)<b>[y](https://example.com)"
    Store(str(store)).append(
        the_mac(notes=evil, status="failed", model=ModelUnderTest(model_name=evil, format_name=evil))
    )
    app = page()
    app.selectbox(key="opened").set_value(app.selectbox(key="opened").options[0]).run()
    assert not app.exception
    shown = [part.value for part in (*app.markdown, *app.caption, *app.warning, *app.error, *app.success)]
    assert not [text for text in shown if "](https://" in text]


@pytest.mark.mlx
@pytest.mark.skipif(importlib.util.find_spec("mlx_lm") is None, reason="mlx-lm is not installed")
def test_config_of_ones_own_is_planned_beside_the_list_and_not_kept(
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
    shipped = json.loads((Path(__file__).parents[2] / "measurements/model_configs/qwen3-0.6b.json").read_text("utf-8"))
    del shipped["_about"]
    app = page()
    app.file_uploader(key="own_config").upload("my-model.json", json.dumps(shipped).encode())
    app.run()
    assert not app.exception
    own = next(one.value for one in app.dataframe if list(one.value["model"]) == ["my-model"])
    listed = table(app, "peak GB").set_index("model").loc["qwen3-0.6b"]
    assert list(own["peak GB"]) == [listed["peak GB"]]
    assert "my-model: 0.60 billion parameters" in texts(app).replace("*", "")
    assert not store.exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "is not valid JSON"),
        (b"[]", "has no model_type"),
        (b"\xff", "is not valid JSON"),
        (b'{"model_type": "llama", "n_layer": 1000000000}', "n_layer is 1000000000"),
        (b" " * 1_000_001, "has more than 1,000,000 bytes"),
    ],
)
def test_config_that_is_none_is_one_sentence(content: bytes, said: str) -> None:
    with pytest.raises(CalculatorError, match=said):
        model_of_config("x.json", content)


def test_visitors_who_may_only_look_bring_no_config(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADDRESS_OF_THE_TEST", "0.0.0.0")
    assert not page().file_uploader
