"""Clients: who asks, behind which proxies, and how often."""

import os
from typing import Any

import pytest

from serving.clients import Rate, client_of, networks, session_of

PROXIES = networks("10.0.0.0/8, 192.168.1.1 ::1")


def _scope(peer: str, *forwarded: str, cookie: str = "") -> dict[str, Any]:
    headers = [(b"x-forwarded-for", one.encode("latin-1")) for one in forwarded]
    return {
        "type": "http",
        "client": (peer, 1234),
        "headers": [*headers, *([(b"cookie", cookie.encode("latin-1"))] if cookie else [])],
    }


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.9", ["1.2.3.4"], "203.0.113.9"),
        ("10.1.2.3", ["1.2.3.4"], "1.2.3.4"),
        ("10.1.2.3", ["6.6.6.6, 1.2.3.4"], "1.2.3.4"),
        ("10.1.2.3", ["6.6.6.6", "1.2.3.4"], "1.2.3.4"),
        ("10.1.2.3", ["1.2.3.4, 10.9.9.9"], "1.2.3.4"),
        ("10.1.2.3", [], "10.1.2.3"),
        ("10.1.2.3", ["nonsense"], "10.1.2.3"),
        ("10.1.2.3", ["1.2.3.4, nonsense"], "10.1.2.3"),
        ("::1", ["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", [], "2001:db8:1:2::/64"),
        ("::ffff:1.2.3.4", [], "1.2.3.4"),
        ("::ffff:10.1.2.3", ["1.2.3.4"], "1.2.3.4"),
        ("testclient", ["1.2.3.4"], "testclient"),
    ],
)
def test_client_is_the_last_address_that_no_named_proxy_has(peer: str, forwarded: list[str], client: str) -> None:
    assert client_of(_scope(peer, *forwarded), PROXIES) == client


def test_without_named_proxies_nobody_is_believed() -> None:
    assert client_of(_scope("10.1.2.3", "1.2.3.4")) == "10.1.2.3"


def test_unix_socket_has_one_client() -> None:
    assert client_of({"type": "http", "client": None, "headers": []}) == "unknown"


def test_wrong_proxy_is_named() -> None:
    with pytest.raises(ValueError, match="'nginx' is no address of a proxy"):
        networks("10.0.0.1, nginx")


def _cookie(token: bytes) -> str:
    mask = os.urandom(4)
    masked = bytes(one ^ mask[index % 4] for index, one in enumerate(token))
    return f"_streamlit_xsrf=2|{mask.hex()}|{masked.hex()}|1764200000"


def test_browser_stays_itself_when_its_cookie_is_masked_anew() -> None:
    tokens = [os.urandom(16) for _ in range(2)]
    first, again, other = (session_of(_scope("1.2.3.4", cookie=_cookie(token))) for token in (tokens[0], *tokens))
    assert first == again != other


@pytest.mark.parametrize("cookie", ["", "a=b", "_streamlit_xsrf=2||ab|1", "_streamlit_xsrf=zz", "\x00;=;;", "x" * 9000])
def test_strange_cookie_is_some_browser_of_its_address(cookie: str) -> None:
    found = session_of(_scope("1.2.3.4", cookie=cookie))
    assert found.startswith("1.2.3.4")
    assert len(found) < 100


def test_rate_lets_a_burst_pass_and_then_so_many_a_second() -> None:
    now = [0.0]
    rate = Rate(5, 20, lambda: now[0])
    assert [rate.wait_s("a") for _ in range(20)] == [0.0] * 20
    assert rate.wait_s("a") == pytest.approx(0.2)
    assert rate.wait_s("b") == 0.0
    now[0] = 0.5
    assert [rate.wait_s("a") == 0.0 for _ in range(4)] == [True, True, False, False]


def test_hundred_a_second_of_one_client_pass_at_its_rate() -> None:
    now = [0.0]
    rate, passed = Rate(10, 40, lambda: now[0]), 0
    for number in range(1000):
        now[0] = number / 100
        passed += rate.wait_s("a") == 0.0
    assert passed == pytest.approx(40 + 10 * 10, abs=1)


def test_clients_without_number_cost_bounded_memory() -> None:
    rate = Rate(5, 20, lambda: 0.0)
    for number in range(30_000):
        rate.wait_s(f"client {number}")
    assert len(rate._buckets) == 10_000  # pyright: ignore[reportPrivateUsage]
