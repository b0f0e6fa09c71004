"""Public mode: every widget of every page, fired with values of a person's and a hostile stranger's, starts, writes and
reads nothing. Python's own audit hook watches, so that no way around is missed."""

import json
import os
import sys
import sysconfig
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from measurements.desk import open_desk
from measurements.records.store import Store
from serving.answers import Answers
from serving.replies import DOORS, replies
from serving.routes import api_routes
from tests.views.pages import APP, FIXTURES, HeldProbe, the_mac
from views.link import read_link
from views.navigation import PAGE_NAMES

SECRET = "/etc/passwd"
STRANGE = (SECRET, "../../etc/passwd", "mlx-community/Qwen3-4B-4bit", "=1+1", "http://169.254.169.254/", "\x00")
_TRIGGERS = ("button", "download_button", "form_submit_button", "chat_input")
_STARTS = (
    "subprocess.Popen",
    "os.posix_spawn",
    "os.fork",
    "os.forkpty",
    "os.exec",
    "os.spawn",
    "os.system",
    "pty.spawn",
)
_READABLE = tuple(
    str(Path(place).resolve())
    for place in (
        *(APP.parent, sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"), sys.prefix, sys.base_prefix),
        *("/usr/share", "/usr/lib", "/proc", "/sys", "/dev/null", "/dev/urandom", "/etc/localtime", "/etc/machine-id"),
        *("/etc/os-release", "/etc/mime.types", "/etc/fonts", "/usr/local", "/etc/apache2"),
    )
)
"""What the program itself reads: its own files, Python's and the packages', the system's fonts and time zones."""


class Watch:
    """What happened while it was on: programs started, files opened to write, and files read outside the program."""

    def __init__(self) -> None:
        self.is_on, self.store = False, ""
        self.others: set[int] = set()
        """Threads of other tests' stores, which may still look at them."""
        self.started: list[str] = []
        self.written: list[str] = []
        self.read: list[str] = []
        sys.addaudithook(self._hear)  # there is no way to take it off again

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.is_on or threading.get_ident() in self.others:
            return
        if event in _STARTS:
            self.started.append(f"{event} {arguments[:2]}")
        elif event in ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate"):
            self.written.append(f"{event} {arguments}")
        elif event == "open" and isinstance(arguments[0], str | bytes):
            self._opened(os.fsdecode(arguments[0]), mode=arguments[1], flags=arguments[2] or 0)

    def _opened(self, path: str, *, mode: str | None, flags: int) -> None:
        if path.startswith(self.store):
            return  # SQLite's own locks; what is stored, the records themselves tell
        if any(one in (mode or "") for one in "wax+") or flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            self.written.append(path)
        elif not os.path.realpath(path).startswith(_READABLE):
            self.read.append(path)


WATCH = Watch()


@pytest.fixture
def watched(store: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    """The watch, on a store with a record; pages of the module's other tests have been imported by then."""
    Store(str(store)).append(the_mac())
    monkeypatch.setattr(WATCH, "store", str(store))
    alive = {thread.ident for thread in threading.enumerate() if thread is not threading.current_thread()}
    monkeypatch.setattr(WATCH, "others", alive)
    for heard in (WATCH.started, WATCH.written, WATCH.read):
        heard.clear()
    yield WATCH
    WATCH.is_on = False


def opened(page: str) -> AppTest:
    """One page of the app, unfolded as far as a person can."""
    app = AppTest.from_file(str(APP), default_timeout=90)
    app._page_hash = calc_hash(page)  # pyright: ignore[reportPrivateUsage]
    for folded in ("permanent link", "more settings"):
        app.session_state[folded] = True
    app.run()
    assert not app.exception
    return app


def states_of(app: AppTest) -> list[WidgetState]:
    """A value for every widget of a page: buttons pressed, texts strange, all else as far from its default as it goes."""
    found: list[WidgetState] = []
    for kind in sorted({node.type for node in app._tree}):  # pyright: ignore[reportPrivateUsage]
        for number, node in enumerate(app.get(kind)):
            proto: Any = getattr(node, "proto", None)
            if widget_id := getattr(proto, "id", ""):
                found += _states(kind, proto, widget_id, STRANGE[number % len(STRANGE)])
    return found


def _states(kind: str, proto: Any, widget_id: str, strange: str) -> list[WidgetState]:
    if kind in _TRIGGERS:
        return [WidgetState(id=widget_id, trigger_value=True)]
    if kind in ("checkbox", "toggle"):
        return [WidgetState(id=widget_id, bool_value=True)]
    if kind in ("text_input", "text_area", "selectbox", "radio"):
        options = [getattr(one, "content", one) for one in getattr(proto, "options", ())]
        return [WidgetState(id=widget_id, string_value=text) for text in (strange, *options[-1:])]
    if kind in ("number_input", "slider"):
        return [WidgetState(id=widget_id, double_value=proto.max)]
    if kind == "bidi_component":
        change = {"now": {"put": {"model": strange, "wage_usd_per_h": strange, "name": strange}}}
        return [WidgetState(id=widget_id, json_value=json.dumps(change))]
    return [WidgetState(id=widget_id, string_value=strange)]


def together(states: list[WidgetState]) -> list[list[WidgetState]]:
    """What is fired in one run: each button and each live body alone, of the others eight, and no widget twice."""
    alone = [[one] for one in states if one.trigger_value or one.json_value]
    others = [one for one in states if not (one.trigger_value or one.json_value)]
    first: dict[str, WidgetState] = {}
    again = [one for one in others if first.setdefault(one.id, one) is not one]
    batches = [found[at : at + 8] for found in (list(first.values()), again) for at in range(0, len(found), 8)]
    return [*alone, *batches]


def fire(app: AppTest, fired: list[WidgetState]) -> None:
    """One run of the page with these widgets' values beside all others as they are."""
    states: WidgetStates = app._tree.get_widget_states()  # pyright: ignore[reportPrivateUsage]
    ids = {one.id for one in fired}
    app._run(WidgetStates(widgets=[*(one for one in states.widgets if one.id not in ids), *fired]))  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize("page", ["", *PAGE_NAMES])
def test_no_widget_of_any_page_starts_writes_stores_or_reads_anything(
    page: str, watched: Watch, probe: HeldProbe, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The widgets are those that the page shows in local mode: a stranger may send their ids, shown or not."""
    shown = opened(page)
    states = states_of(shown)
    assert len(states) >= 3
    assert any("probe_start" in state.id for state in states) == (page == "measurements")
    monkeypatch.setenv("TCO_MODE", "public")
    open_desk("").host()  # as the server does before its first visitor
    app = opened(page)
    before = Store(str(store)).mark()
    watched.is_on = True
    for fired in together(states):
        fire(app, fired)
    watched.is_on = False
    assert not probe.specs
    assert (watched.started, watched.written, watched.read) == ([], [], [])
    assert Store(str(store)).mark() == before
    assert [path.name for path in store.parent.iterdir()] == [store.name]


def test_the_same_widgets_do_start_and_store_in_local_mode(watched: Watch, probe: HeldProbe, store: Path) -> None:
    """So the test above would see it: the same ids, fired the same way, where one may."""
    app = opened("measurements")
    [button] = [one for one in states_of(app) if one.trigger_value and "probe_start" in one.id]
    fire(app, [button])
    assert probe.began.wait(5)
    assert [spec.tier for spec in probe.specs] == ["host"]
    probe.end()
    app = opened("measurements")
    app.file_uploader(key="upload").upload("run.txt", (FIXTURES / "mlx_lm_2026-03.txt").read_bytes())
    app.run()
    app.selectbox(key="chip_0").set_value("apple-m2-ultra-76").run()
    before = Store(str(store)).count()
    app.button(key="keep_0").click().run()
    assert Store(str(store)).count() > before


def test_file_that_is_in_the_session_already_is_neither_read_nor_kept_in_public_mode(
    watched: Watch, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened("measurements")
    app.file_uploader(key="upload").upload("run.txt", (FIXTURES / "mlx_lm_2026-03.txt").read_bytes())
    app.run()
    app.selectbox(key="chip_0").set_value("apple-m2-ultra-76").run()
    states: WidgetStates = app._tree.get_widget_states()  # pyright: ignore[reportPrivateUsage]
    keep = app.button(key="keep_0").proto.id  # pyright: ignore
    monkeypatch.setenv("TCO_MODE", "public")
    before = Store(str(store)).mark()
    app._run(WidgetStates(widgets=[*states.widgets, WidgetState(id=keep, trigger_value=True)]))  # pyright: ignore
    assert not app.exception
    assert Store(str(store)).mark() == before
    assert not [one for one in app.button if one.key == "keep_0"]


def test_watch_sees_what_it_is_for(watched: Watch, tmp_path: Path) -> None:
    import subprocess

    watched.is_on = True
    subprocess.run(["true"], check=True)
    (tmp_path / "x").write_text("x")
    Path("/etc/hostname").exists()
    Path(SECRET).read_bytes()
    watched.is_on = False
    assert watched.started
    assert str(tmp_path / "x") in watched.written
    assert watched.read == [SECRET]


@pytest.mark.parametrize("mode", ["public", "local"])
def test_no_route_starts_writes_or_reads_anything(mode: str, watched: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """A route gets the scenario from strangers, and answers with files made in memory."""
    monkeypatch.setenv("TCO_MODE", mode)
    client = TestClient(Starlette(routes=[*api_routes(replies(Answers(read_link, lambda: ())))]))
    query = "?options=mac-studio-m5-ultra-96&options=api-same-model"
    hostile = f"{query}&model={SECRET}&name==1%2B1&figures=%7B%22a%22%3A%22{SECRET}%22%7D&own_models={SECRET}"
    paths = [*(door.path for door in DOORS), "/api/compare.json", "/api/predict.json", "/api/choose.json", "/api"]
    for path in paths:  # what a first call imports and caches is read and written by Python itself
        client.get(path + query)
    watched.is_on = True
    answers = {path: (client.get(path + query).status_code, client.get(path + hostile).status_code) for path in paths}
    watched.is_on = False
    assert {path: good for path, (good, _) in answers.items() if path != "/api/predict.json" and good != 200} == {}
    assert all(bad in (200, 422) for _, bad in answers.values())
    assert (watched.started, watched.written, watched.read) == ([], [], [])
