"""Every answer has the headers, an error too; the policy allows Streamlit's own inline script and no other."""

import base64
import hashlib
import re

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from serving.headers import HEADERS, SecurityHeaders, inline_script_hashes


def _hello(_: Request) -> PlainTextResponse:
    return PlainTextResponse("hello", headers={"x-frame-options": "ALLOWALL"})


CLIENT = TestClient(Starlette(routes=[Route("/", _hello)], middleware=[Middleware(SecurityHeaders)]))


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/nowhere", 404)])
def test_every_answer_has_the_headers(path: str, status: int) -> None:
    answer = CLIENT.get(path)
    assert answer.status_code == status
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


def test_policy_names_inline_scripts_by_their_hash_and_allows_no_eval() -> None:
    digest = base64.b64encode(hashlib.sha256(b"\nlet x = 1\n").digest()).decode()
    assert inline_script_hashes("<script>\nlet x = 1\n</script><script src='a.js'></script>") == f"'sha256-{digest}'"
    scripts = re.search(r"script-src ([^;]+)", HEADERS["content-security-policy"])
    assert scripts is not None
    assert "sha256-" in scripts[1]
    assert "unsafe" not in scripts[1]
