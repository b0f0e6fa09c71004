"""Pages under test: the app and the measurements page run by Streamlit's AppTest."""

import json
import threading
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pandas as pd
from streamlit.testing.v1 import AppTest

from calculator import Scenario, load_catalog
from calculator.scenario.scenario import knobs
from measurements.probe.run import Outcome
from measurements.records.host import host_id
from measurements.records.record import Host, Measurement, ModelUnderTest
from tests.measurements.examples import a_measurement
from views.choices import choices_of
from views.link import read_link

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


class HeldProbe:
    """A stand-in for measure() that reports once and waits until it may end."""

    def __init__(self) -> None:
        self.let_go, self.began = threading.Event(), threading.Event()
        self.outcome = Outcome("ok", "The probe is complete.")
        self.specs: list[Any] = []

    def __call__(self, spec: Any, *, keep: Any, on_event: Any, cancel: threading.Event, **_: Any) -> Outcome:
        self.specs.append(spec)
        on_event({"event": "progress", "what": "measuring", "done": 3, "total": 12, "left_s": 7.0})
        self.began.set()
        while not self.let_go.wait(0.01):
            if cancel.is_set():
                self.outcome = Outcome("cancelled", "The probe was cancelled.")
                break
        self.outcome.waits = keep(self.outcome.records)
        return self.outcome

    def end(self) -> None:
        """Let the probe end, and wait for its thread."""
        self.let_go.set()
        for thread in threading.enumerate():
            if thread.name.startswith("probe-"):
                thread.join(5)


def measurements_script() -> None:
    """The measurements page alone; AppTest runs this source without its module, hence the imports."""
    import os

    import calculator
    from measurements import desk, visitors
    from views import measurements, shell

    look_only = visitors.why_only_look(address=os.environ.get("ADDRESS_OF_THE_TEST", "127.0.0.1"))
    opened, catalog = desk.open_desk(look_only), calculator.load_catalog()
    measurements.show_measurements(
        opened,
        catalog=catalog,
        comparison=shell.answer_of(shell.read_case(catalog), opened.speeds()),
        probe_formats=desk.PROBE_FORMATS,
        probe_depths=desk.PROBE_DEPTHS,
        look_only=look_only,
    )


def measurements_page() -> AppTest:
    """The measurements page, opened."""
    app = AppTest.from_function(measurements_script, default_timeout=30).run()
    assert not app.exception
    return app


def decision_page() -> AppTest:
    """The app opened with QUESTION."""
    app = AppTest.from_file(str(APP), default_timeout=30)
    for name, value in QUESTION.items():
        app.query_params[name] = list(value) if isinstance(value, tuple) else str(value)
    return _run_with_link(app)


def _run_with_link(app: AppTest) -> AppTest:
    """The page with its permanent link unfolded, in which tests read its scenario."""
    app.session_state["permanent link"] = True
    app.run()
    assert not app.exception
    return app


def other_value(name: str, now: Any) -> Any:
    """Another value that the field takes, in the scenario's own unit."""
    annotation: Any = Scenario.model_fields[name].annotation
    knob = knobs()[name]
    if name == "model":
        return "qwen3-30b-a3b"
    if choices := choices_of(annotation):
        return next(choice for choice in choices if choice != now)
    if annotation is str:
        return "2027-03" if now != "2027-03" else "2027-04"
    value = annotation(knob.low + (knob.high - knob.low) / 4)
    return value if value != now else annotation(knob.low + (knob.high - knob.low) / 2)


def component(app: AppTest, name: str = "decide") -> dict[str, Any]:
    """What the server tells the page's live body."""
    return json.loads(_live(app, name).json)


def change(app: AppTest, **done: Any) -> AppTest:
    """The page after its live body has said what a person did: change(app, put={"wage_usd_per_h": 120})."""
    return told(app, "decide", now=done)


def told(app: AppTest, name: str, **state: Any) -> AppTest:
    """The page after the live body of that name has told its state to the server."""
    states = app._tree.get_widget_states()  # pyright: ignore[reportPrivateUsage]
    states.widgets.add(id=_live(app, name).id, json_value=json.dumps(state))
    app._run(states)  # pyright: ignore[reportPrivateUsage]
    assert not app.exception
    return app


def _live(app: AppTest, name: str) -> Any:
    return next(one.proto for one in app.get("bidi_component") if one.proto.component_name.endswith(f".{name}"))


def more_settings(app: AppTest) -> AppTest:
    """The page with its rarer fields unfolded."""
    app.session_state["more settings"] = True
    app.run()
    assert not app.exception
    return app


def widget(app: AppTest, key: str) -> Any:
    """The widget with this key, which AppTest types as a block."""
    return app.get_by_key(key)


def texts(app: AppTest) -> str:
    """Everything that a page says, without Markdown's backslashes."""
    parts = (*app.markdown, *app.caption, *app.warning, *app.error, *app.success, *app.info)
    return "\n".join(part.value for part in parts).replace("\\", "")


def table(app: AppTest, column: str) -> pd.DataFrame:
    """The first table with that column."""
    return next(one.value for one in app.dataframe if column in one.value.columns)


class _Cells(HTMLParser):
    """The cells of a small table by row, with plain blanks."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("th", "td"):
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        self.rows[-1][-1] += data.replace("\N{NO-BREAK SPACE}", " ")


def cells_of(html: str) -> pd.DataFrame:
    """A small table as a person reads it."""
    parser = _Cells()
    parser.feed(html)
    head, *rows = parser.rows
    return pd.DataFrame(rows, columns=pd.Index(head), dtype=str)


def small_tables(app: AppTest) -> list[pd.DataFrame]:
    """The small tables of a page, in its order."""
    return [cells_of(one.value) for one in app.html if one.value.startswith('<div class="small-table"')]


def the_mac(run: str = "1", **changes: Any) -> Measurement:
    """The benchmark's case as this tool's own probe would have measured it on this very host, were it that Mac."""
    fields: dict[str, Any] = {
        "host": Host(host_id=host_id(), chip="apple-m2-ultra-76", gpu_core_count=76),
        "model": ModelUnderTest(model="qwen3.5-4b", format="mlx-4bit", bits=4, weights="random-aliased"),
        "workload": a_measurement().workload.model_copy(update={"depth_tokens": 1024}),
    }
    return a_measurement(run, **(fields | changes))


def upload(app: AppTest, name: str, content: bytes) -> AppTest:
    """The page after a file was uploaded."""
    app.file_uploader(key="upload").upload(name, content)
    app.run()
    assert not app.exception
    return app


def page(**query: str | list[str]) -> AppTest:
    """The app opened with this address."""
    app = AppTest.from_file(str(APP), default_timeout=30)
    for name, value in query.items():
        app.query_params[name] = value
    return _run_with_link(app)


def scenario_on(app: AppTest) -> Scenario:
    """The scenario that the page used, read back from its permanent link but for the day of looking in it."""
    query = parse_qs(app.code[0].value.partition("?")[2], keep_blank_values=True)
    link = read_link(query, catalog=CATALOG)
    assert not link.problems
    return Scenario.parse({**link.values, "prices_as_of": ""})


def warnings_on(app: AppTest) -> list[str]:
    """The warnings of a page, without Markdown's backslashes."""
    return [warning.value.replace("\\", "") for warning in app.warning]
