"""Start page: the script stands in it, before all others and allowed by the policy; strangers learn little of the host."""

import gzip

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from serving.headers import HEADERS, inline_script_hashes
from serving.start_page import HOST_CONFIG, START_SCRIPT, StartPage

PAGE = f"<!DOCTYPE html><html><head><title>x</title><script>1</script></head><body>{'y' * 2000}</body></html>"
BROWSER = {"accept": "text/html,*/*;q=0.8", "accept-encoding": "gzip"}


async def _page(_: Request) -> Response:
    return HTMLResponse(PAGE)


async def _config(_: Request) -> Response:
    return JSONResponse({"allowedOrigins": [], "useExternalAuthToken": False, "metricsUrl": "inside"})


def client(*, hides_facts: bool = False, base: str = "") -> TestClient:
    """A server whose own pages come packed, as Streamlit's do."""
    paths = ("/", "/fit", "/api", "/api/memo.html")
    routes = [Route(f"{base}{path}", _page) for path in paths]
    packed = Middleware(GZipMiddleware, minimum_size=100)
    middleware = [Middleware(StartPage, hides_facts=hides_facts, base=base), packed]
    return TestClient(Starlette(routes=[*routes, Route(f"{base}{HOST_CONFIG}", _config)], middleware=middleware))


@pytest.mark.parametrize("base", ["", "/tco"])
@pytest.mark.parametrize("path", ["/", "/fit"])
def test_script_is_the_first_of_every_page_and_the_rest_is_untouched(path: str, base: str) -> None:
    answer = client(base=base).get(f"{base}{path}", headers=BROWSER)
    script = f"<script>{START_SCRIPT}</script>"
    assert answer.text.count(script) == 1
    assert answer.text.index(script) < answer.text.index("<script>1")
    assert answer.text.replace(script, "") == PAGE
    assert int(answer.headers["content-length"]) == len(answer.content)


def test_policy_allows_the_script() -> None:
    (allowed,) = inline_script_hashes(f"<script>{START_SCRIPT}</script>").split()
    assert allowed in HEADERS["content-security-policy"]


@pytest.mark.parametrize("path", ["/api", "/api/memo.html"])
def test_pages_that_are_not_streamlits_stay_as_they_are(path: str) -> None:
    answer = client().get(path, headers=BROWSER)
    assert answer.text == PAGE
    assert answer.headers["content-encoding"] == "gzip"


def test_packed_answer_is_passed_on_whole() -> None:
    with client().stream("GET", "/fit", headers={"accept": "*/*", "accept-encoding": "gzip"}) as answer:
        assert gzip.decompress(b"".join(answer.iter_raw())).decode() == PAGE


@pytest.mark.parametrize("base", ["", "/tco"])
def test_strangers_are_told_what_a_browser_needs_and_no_more(base: str) -> None:
    needed = {"allowedOrigins": [], "useExternalAuthToken": False}
    assert client(hides_facts=True, base=base).get(f"{base}{HOST_CONFIG}").json() == needed
    assert client(base=base).get(f"{base}{HOST_CONFIG}").json() == needed | {"metricsUrl": "inside"}
