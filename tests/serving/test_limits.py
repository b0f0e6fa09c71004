"""Limits over ASGI: who is told to come back, with which words, and who notices nothing."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from serving.clients import networks
from serving.limits import Limits, Settings, settings_or_exit
from serving.metrics import Metrics
from serving.turns import Turns
from tests.serving.apart import run_apart

FILE, LIVE, SHADE, STREAM = "/api/compare.csv", "/api/decide.json", "/api/shade.json", "/_stcore/stream"


class Doors:
    """A server behind the limits; answers to ?dear=1 wait until they are let go, and `began` lists all in order."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self.go = asyncio.Event()

    async def answer(self, request: Request) -> Response:
        """An answer, at once or when it is let go."""
        self.began.append(str(request.client.host if request.client else ""))
        if "dear" in request.query_params:
            await self.go.wait()
        return PlainTextResponse("answer")

    async def stream(self, socket: WebSocket) -> None:
        """Echo, as an open page."""
        await socket.accept()
        try:
            while True:
                await socket.send_text(await socket.receive_text())
        except WebSocketDisconnect:
            pass

    def app(self) -> Starlette:
        """All paths answer."""
        return Starlette(
            routes=[
                WebSocketRoute(STREAM, self.stream),
                Route("/{path:path}", self.answer, methods=["GET", "PUT"]),
            ]
        )


def _limits(**settings: Any) -> Limits:
    """Limits whose clock stands still: all requests come at once."""
    return Limits(Doors().app(), Settings(**settings), lambda: 0.0)


async def _asked(app: Limits, path: str, host: str, *headers: tuple[bytes, bytes]) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of one GET."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    path, _, query = path.partition("?")
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": list(headers),
        "client": (host, 1),
        "http_version": "1.1",
        "scheme": "http",
        "server": ("localhost", 80),
        "root_path": "",
    }
    await app(scope, receive, send)
    start = sent[0]
    return (
        start["status"],
        {name.decode(): value.decode() for name, value in start["headers"]},
        b"".join(one.get("body", b"") for one in sent[1:]),
    )


def test_hundred_addresses_at_once_from_one_client_get_429_and_nobody_else() -> None:
    client = TestClient(_limits(), client=("1.2.3.4", 1))
    codes = [client.get(FILE).status_code for _ in range(100)]
    assert codes == [200] * 20 + [429] * 80
    refused = client.get(FILE)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.text == "Too many requests come from you at once. Try again in 1 second.\n"
    assert TestClient(client.app, client=("5.6.7.8", 1)).get(FILE).status_code == 200


def test_refusal_of_a_json_route_is_json() -> None:
    client = TestClient(_limits(), client=("1.2.3.4", 1))
    found = [client.get("/api/compare.json") for _ in range(60)][-1]
    assert found.status_code == 429
    assert json.loads(found.content) == {"error": "Too many requests come from you at once. Try again in 1 second."}


@pytest.mark.parametrize("path", [LIVE, SHADE])
def test_browsers_of_one_office_have_each_their_own_frames_and_shades(path: str) -> None:
    app = _limits()
    codes: list[list[int]] = []
    for number in range(4):
        client = TestClient(app, client=("1.2.3.4", 1), cookies={"_streamlit_xsrf": f"browser-{number}"})
        codes.append([client.get(path).status_code for _ in range(70)])
    for of_browser in codes:
        assert of_browser == [200] * 60 + [429] * 10


def test_forwarded_address_counts_from_a_named_proxy_only() -> None:
    for proxies, last in ((networks("10.0.0.1"), 200), ((), 429)):
        client = TestClient(_limits(proxies=proxies), client=("10.0.0.1", 1))
        codes = [client.get(FILE, headers={"x-forwarded-for": f"1.1.1.{number}"}).status_code for number in range(100)]
        assert codes[-1] == last


@pytest.mark.parametrize(
    "path", ["/", "/fit", "/static/js/index.js", "/api", "/api/openapi.json", "/api/ready", "/_stcore/health"]
)
def test_what_costs_nothing_has_no_rate(path: str) -> None:
    client = TestClient(_limits(), client=("1.2.3.4", 1))
    assert {client.get(path).status_code for _ in range(150)} == {200}


def test_rates_can_be_switched_off() -> None:
    client = TestClient(_limits(rate_ratio=0), client=("1.2.3.4", 1))
    assert {client.get(FILE).status_code for _ in range(150)} == {200}


def test_uploads_come_at_a_rate() -> None:
    client = TestClient(_limits(), client=("1.2.3.4", 1))
    codes = [client.put("/_stcore/upload_file/page/file").status_code for _ in range(40)]
    assert codes == [200] * 20 + [429] * 20


def _run(work: Callable[[Doors, Limits], Any], **named: Any) -> None:
    async def run() -> None:
        doors = Doors()
        await work(doors, Limits(doors.app(), **named))

    run_apart(run())


async def _settled() -> None:
    for _ in range(30):
        await asyncio.sleep(0)


def test_six_dearest_addresses_at_once_leave_the_small_request_of_another_its_turn() -> None:
    async def work(doors: Doors, app: Limits) -> None:
        dear = [asyncio.create_task(_asked(app, f"{FILE}?dear={number}", "6.6.6.6")) for number in range(6)]
        await _settled()
        assert doors.began == ["6.6.6.6"]
        status, _, body = await _asked(app, FILE, "1.2.3.4")
        assert (status, body) == (200, b"answer")
        assert doors.began == ["6.6.6.6", "1.2.3.4"]
        doors.go.set()
        assert [status for status, _, _ in await asyncio.gather(*dear)] == [200] * 6

    _run(work)


def test_shades_wait_for_each_other_and_no_frame_waits_for_them() -> None:
    async def work(doors: Doors, app: Limits) -> None:
        dear = [asyncio.create_task(_asked(app, f"{SHADE}?dear=1", f"6.6.6.{number}")) for number in range(6)]
        await _settled()
        assert doors.began == ["6.6.6.0", "6.6.6.1"]
        assert (await _asked(app, LIVE, "1.2.3.4"))[0] == 200
        assert (await _asked(app, FILE, "1.2.3.4"))[0] == 200
        doors.go.set()
        assert [status for status, _, _ in await asyncio.gather(*dear)] == [200] * 6

    _run(work)


def test_six_dear_clients_are_computed_two_at_a_time() -> None:
    async def work(doors: Doors, app: Limits) -> None:
        dear = [asyncio.create_task(_asked(app, f"{FILE}?dear=1", f"6.6.6.{number}")) for number in range(6)]
        await _settled()
        assert len(doors.began) == 2
        doors.go.set()
        await asyncio.gather(*dear)
        assert doors.began == [f"6.6.6.{number}" for number in range(6)]

    _run(work)


def test_client_with_a_full_queue_is_told_when_to_come_back() -> None:
    metrics = Metrics()

    async def work(doors: Doors, app: Limits) -> None:
        dear = [asyncio.create_task(_asked(app, f"{FILE}?dear=1", "6.6.6.6")) for _ in range(12)]
        await _settled()
        refused = [task.result() for task in dear if task.done()]
        assert [status for status, _, _ in refused] == [503] * 3
        assert refused[0][1]["retry-after"] == "5"
        assert refused[0][2] == b"This server is busy with other answers. Try again in 5 seconds.\n"
        assert metrics.turned_away_count("busy") == 3
        doors.go.set()
        await asyncio.gather(*dear)

    _run(work, metrics=metrics)


def test_routes_and_pages_share_their_turns() -> None:
    turns = Turns(2)

    async def work(doors: Doors, app: Limits) -> None:
        dear = asyncio.create_task(_asked(app, f"{FILE}?dear=1", "6.6.6.6"))
        await _settled()
        end = turns.take_for_page(0.0, False)
        assert end is not None
        assert turns.take_for_page(0.0, False) is None
        second = asyncio.create_task(_asked(app, FILE, "1.2.3.4"))
        await _settled()
        assert doors.began == ["6.6.6.6"]
        end()
        assert (await second)[0] == 200
        doors.go.set()
        await dear
        assert turns.held_count() == 0

    _run(work, turns=turns)


def test_too_fast_requests_are_counted_by_their_reason() -> None:
    metrics = Metrics()
    client = TestClient(Limits(Doors().app(), Settings(), lambda: 0.0, metrics=metrics), client=("1.2.3.4", 1))
    for _ in range(25):
        client.get(FILE)
    assert metrics.turned_away_count("rate") == 5


def test_full_server_shows_a_page_that_tries_again_and_opens_no_further_page() -> None:
    metrics = Metrics()
    app = Limits(Doors().app(), Settings(session_count=4), lambda: 0.0, metrics=metrics)
    one, other = (TestClient(app, client=(host, 1)) for host in ("1.1.1.1", "2.2.2.2"))
    assert one.get("/").status_code == 200
    pages = [one.websocket_connect(STREAM) for _ in range(3)]
    for page in pages:
        page.__enter__()
    with pytest.raises(Exception, match=r".*") as refused:
        one.websocket_connect(STREAM).__enter__()
    assert getattr(refused.value, "status_code", 0) == 503 or getattr(refused.value, "code", 0) == 1013
    pages.append(other.websocket_connect(STREAM))
    pages[-1].__enter__()
    full = other.get("/fit")
    assert full.status_code == 503
    assert full.headers["retry-after"] == "20"
    assert "All seats are taken" in full.text
    assert 'http-equiv="refresh" content="20"' in full.text
    assert other.get(FILE).status_code == 200
    pages.pop().__exit__(None, None, None)
    assert other.get("/fit").status_code == 200
    for page in pages:
        page.__exit__(None, None, None)
    assert 'tco_turned_away_total{reason="full"} 2\n' in metrics.text({})


def test_moves_that_come_too_fast_are_delayed_and_all_arrive(monkeypatch: pytest.MonkeyPatch) -> None:
    now, slept, plain = [0.0], list[float](), asyncio.sleep

    async def sleeps(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds + 1e-9
        await plain(0)

    monkeypatch.setattr("serving.limits.asyncio.sleep", sleeps)
    app = Limits(Doors().app(), Settings(), lambda: now[0])
    with TestClient(app).websocket_connect(STREAM) as page:
        for number in range(100):
            page.send_text(str(number))
        assert [page.receive_text() for _ in range(100)] == [str(number) for number in range(100)]
    assert sum(slept) == pytest.approx(40 / 20, abs=0.11)


def test_lowest_rates_still_let_one_pass() -> None:
    client = TestClient(_limits(rate_ratio=0.001), client=("1.2.3.4", 1))
    assert [client.get(FILE).status_code for _ in range(2)] == [200, 429]
    assert client.put("/_stcore/upload_file/page/file").status_code == 200


def test_settings_come_from_the_environment() -> None:
    given = {"TCO_PROXIES": "10.0.0.0/8", "TCO_SESSIONS": "50", "TCO_ANSWERS": "3", "TCO_RATES": "0.5"}
    assert Settings.of(given) == Settings(networks("10.0.0.0/8"), 50, 3, 0.5)
    assert Settings.of({}).session_count == 200


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("TCO_PROXIES", "nginx", "'nginx' is no address of a proxy"),
        ("TCO_SESSIONS", "many", "TCO_SESSIONS is 'many'; it must be a number in 1..100,000."),
        ("TCO_ANSWERS", "0", "TCO_ANSWERS is '0'"),
        ("TCO_ANSWERS", "1.5", "TCO_ANSWERS is '1.5'; it must be a whole number."),
        ("TCO_SESSIONS", "2.5", "TCO_SESSIONS is '2.5'; it must be a whole number."),
        ("TCO_RATES", "nan", "TCO_RATES is 'nan'"),
    ],
)
def test_wrong_setting_ends_the_start_with_a_sentence(
    capsys: pytest.CaptureFixture[str], name: str, text: str, says: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        settings_or_exit({name: text})
    assert ended.value.code == 2
    assert says in capsys.readouterr().err
