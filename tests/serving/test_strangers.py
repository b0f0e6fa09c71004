"""Strangers: paths that lead nowhere are 404, a developer's messages do not arrive, and no fact of the machine leaves."""

import threading
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from serving.leaving import Leaving
from serving.metrics import Metrics
from serving.strangers import HIDDEN, Frames, KnownPaths, drop_unusable_numbers
from tests.serving.apart import run_apart

SCRIPT = Path("/home/anna/tco/app.py")
HEARD: list[str | None] = []
SAID: list[bytes] = []


def _hello(_: Request) -> PlainTextResponse:
    return PlainTextResponse("route")


async def _index(scope: Scope, receive: Receive, send: Send) -> None:
    """Streamlit's mount, which answers every path with its start page."""
    await PlainTextResponse("start page")(scope, receive, send)


async def _talk(websocket: WebSocket) -> None:
    await websocket.accept()
    async for data in websocket.iter_bytes():
        message = BackMsg()
        message.ParseFromString(data)
        HEARD.append(message.WhichOneof("type"))
        for said in SAID:
            await websocket.send_bytes(said)


def client(
    *, hidden: bool, base: str = "", metrics: Metrics | None = None, leaving: Leaving | None = None
) -> TestClient:
    routes = [
        Route(f"{base}/_stcore/metrics", _hello),
        Route(f"{base}/_stcore/agent/openapi.json", _hello),
        Route(f"{base}/_stcore/health", _hello),
        Route("/api/live", _hello),
        WebSocketRoute("/stream", _talk),
        Mount(base or "/", app=_index),
    ]
    names = HIDDEN if hidden else ()
    return TestClient(
        Starlette(
            routes=routes,
            middleware=[
                Middleware(KnownPaths, pages=("fit", "what-if"), hidden=names, base=base),
                Middleware(Frames, script=SCRIPT, hides_facts=hidden, metrics=metrics or Metrics(), leaving=leaving),
            ],
        )
    )


@pytest.mark.parametrize("path", ["/", "/fit", "/fit/", "/what-if", "/index.html", "/_stcore/health", "/api/live"])
def test_pages_files_and_routes_are_answered(path: str) -> None:
    assert client(hidden=True).get(path).status_code == 200


@pytest.mark.parametrize(
    "path", ["/nowhere", "/fit/x", "/fit/_stcore/health", "/.git/config", "/app.py", "/admin", "/static/x.js", "/api/x"]
)
def test_paths_that_lead_nowhere_are_404(path: str) -> None:
    for hidden in (False, True):
        answer = client(hidden=hidden).get(path)
        assert (answer.status_code, answer.text) == (404, "There is nothing here.\n")


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/_stcore/agent/openapi.json", "/manifest.json"])
def test_streamlits_facts_are_for_the_person_at_the_machine(path: str) -> None:
    assert client(hidden=False).get(path).status_code == 200
    assert client(hidden=True).get(path).status_code == 404


def test_server_below_a_path_of_its_own_answers_there() -> None:
    below = client(hidden=True, base="/tco")
    assert below.get("/tco/fit").status_code == 200
    assert below.get("/tco/_stcore/health").status_code == 200
    assert below.get("/tco/nowhere").status_code == 404
    assert below.get("/tco/_stcore/metrics").status_code == 404


def _asks(**fields: object) -> bytes:
    message = BackMsg()
    for name, value in fields.items():
        if isinstance(value, bool):
            setattr(message, name, value)
        else:
            getattr(getattr(message, name), str(value)).SetInParent()
    return message.SerializeToString()


def test_messages_of_a_developer_do_not_arrive() -> None:
    HEARD.clear()
    SAID.clear()
    with client(hidden=False).websocket_connect("/stream") as websocket:
        for data in (
            *(_asks(clear_cache=True), _asks(set_run_on_save=True), _asks(load_git_info=True)),
            *(_asks(debug_shutdown_runtime=True), _asks(debug_disconnect_websocket=True)),
            *(
                _asks(backend_operation_request="install_skills"),
                _asks(backend_operation_request="dismiss_skills_nudge"),
            ),
            *(_asks(backend_operation_request="deferred_file"), _asks(stop_script=True)),
            _asks(rerun_script="widget_states"),
        ):
            websocket.send_bytes(data)
    assert HEARD == ["backend_operation_request", "stop_script", "rerun_script"]


@pytest.mark.parametrize("sent", ["text", b"\x0a\xff\xff"])
def test_message_that_no_browser_sends_ends_the_connection(sent: str | bytes) -> None:
    HEARD.clear()
    SAID[:] = [_ends()]
    metrics = Metrics()
    with client(hidden=False, metrics=metrics).websocket_connect("/stream") as websocket:
        websocket.send_bytes(b"")  # which asks for nothing, and is no reason to leave
        websocket.send({"type": "websocket.receive", ("text" if isinstance(sent, str) else "bytes"): sent})
        with pytest.raises(WebSocketDisconnect) as closed:
            websocket.receive_bytes()
    assert closed.value.code == 1002
    assert HEARD == []
    assert metrics.session_count() == 0


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_number_that_is_none_is_left_out_and_the_other_controls_arrive(number: float) -> None:
    asked = BackMsg()
    asked.rerun_script.query_string = "wage_usd_per_h=90"
    controls = asked.rerun_script.widget_states.widgets
    controls.add(id="number", double_value=number)
    controls.add(id="two").double_array_value.data.extend([1.0, number])
    for name in ("good", "better"):
        controls.add(id=name, double_value=1.5)
    controls.add(id="words", string_value="nan")
    assert drop_unusable_numbers(asked)
    assert [one.id for one in controls] == ["good", "better", "words"]
    assert asked.rerun_script.query_string == "wage_usd_per_h=90"
    assert not drop_unusable_numbers(asked)
    assert not drop_unusable_numbers(BackMsg())


def test_message_without_strange_numbers_arrives_as_it_was_sent() -> None:
    arrived = list[object]()
    strange, plain = BackMsg(), BackMsg()
    for message, number in ((strange, float("nan")), (plain, 2.0)):
        message.rerun_script.widget_states.widgets.add(id="number", double_value=number)
    coming: list[Message] = [
        {"type": "websocket.receive", "bytes": one.SerializeToString()} for one in (plain, strange)
    ]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for _ in range(2):
            arrived.append((await receive())["bytes"])

    async def receive() -> Message:
        return coming.pop()

    async def send(_: Message) -> None:
        raise AssertionError

    run_apart(Frames(app, script=SCRIPT, hides_facts=False, metrics=Metrics())({"type": "websocket"}, receive, send))
    left = BackMsg()
    left.rerun_script.widget_states.SetInParent()
    assert arrived == [left.SerializeToString(), plain.SerializeToString()]


def test_nothing_is_said_to_a_browser_whose_connection_was_ended() -> None:
    said: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert (await receive())["type"] == "websocket.disconnect"
        await send({"type": "websocket.send", "bytes": _ends()})

    async def receive() -> Message:
        return {"type": "websocket.receive", "text": "hello"}

    async def send(message: Message) -> None:
        said.append(message["type"])

    frames = Frames(app, script=SCRIPT, hides_facts=False, metrics=Metrics())
    run_apart(frames({"type": "websocket"}, receive, send))
    assert said == ["websocket.close"]


def _new_session() -> bytes:
    message = ForwardMsg()
    session = message.new_session
    session.main_script_path, session.name = str(SCRIPT), "app"
    session.initialize.user_info.installation_id_v4 = "an-installation"
    facts = session.initialize.environment_info
    facts.streamlit_version, facts.python_version, facts.server_os = "1.67.0", "3.11.7", "linux"
    return message.SerializeToString()


def _ends() -> bytes:
    message = ForwardMsg()
    message.script_finished = ForwardMsg.FINISHED_SUCCESSFULLY
    return message.SerializeToString()


def test_start_of_a_run_tells_strangers_nothing_of_the_machine() -> None:
    for hidden in (False, True):
        SAID[:] = [_new_session(), _ends()]
        with client(hidden=hidden).websocket_connect("/stream") as websocket:
            websocket.send_bytes(_asks(rerun_script="widget_states"))
            first, last = websocket.receive_bytes(), websocket.receive_bytes()
        assert last == _ends()
        if hidden:
            for told in (b"anna", b"an-installation", b"3.11.7", b"linux"):
                assert told not in first
            message = ForwardMsg()
            message.ParseFromString(first)
            assert (message.new_session.main_script_path, message.new_session.name) == ("app.py", "app")
            assert message.new_session.initialize.environment_info.streamlit_version == "1.67.0"
        else:
            assert first == _new_session()


def test_memory_is_given_back_after_a_visitor_has_gone() -> None:
    given = threading.Event()
    SAID[:] = [_ends()]
    leaving = Leaving(after_s=0.01, give_back=given.set)
    with client(hidden=True, leaving=leaving) as opened:
        with opened.websocket_connect("/stream") as websocket:
            websocket.send_bytes(_asks(rerun_script="widget_states"))
            websocket.receive_bytes()
            assert not given.wait(0.2)
        assert given.wait(20)


def test_sessions_and_reruns_are_counted() -> None:
    metrics = Metrics()
    SAID[:] = [_ends()]
    with client(hidden=True, metrics=metrics).websocket_connect("/stream") as websocket:
        for _ in range(3):
            websocket.send_bytes(_asks(rerun_script="widget_states"))
            websocket.receive_bytes()
        assert "tco_sessions 1\n" in metrics.text({})
        websocket.send_bytes(_asks(stop_script=True))  # asks for no page
        websocket.receive_bytes()
    text = metrics.text({})
    assert "tco_rerun_seconds_count 3\n" in text
    assert "tco_sessions 0\n" in text
