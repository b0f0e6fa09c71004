"""Visitors: each mode's rights, no rights from a loopback address alone, and no path in a sentence."""

import pytest

from measurements.records.record import MeasurementError
from measurements.visitors import (
    PROXY_HEADERS,
    came_through_a_proxy,
    mode_of,
    mode_or_public,
    why_nobody_may,
    why_only_look,
    without_paths,
)

BROWSER = ("host", "user-agent", "origin", "cookie", "accept-language", "sec-websocket-key", "upgrade", "connection")


@pytest.mark.parametrize(
    ("mode", "visitors", "address", "headers", "told"),
    [
        ("", "", "127.0.0.1", (), ""),
        ("local", "", "::1", BROWSER, ""),
        ("local", "measure", "localhost", (), ""),
        ("local", "", "0.0.0.0", (), "can be reached from other machines"),
        ("local", "measure", "0.0.0.0", (), "set TCO_MODE=team"),
        ("local", "", None, (), "can be reached from other machines"),
        ("local", "look", "127.0.0.1", (), "Visitors of this server may only look"),
        ("local", "", "127.0.0.1", (*BROWSER, "X-Forwarded-For"), "You came through a proxy"),
        ("local", "measure", "127.0.0.1", ("via",), "You came through a proxy"),
        ("team", "", "0.0.0.0", (*BROWSER, "x-forwarded-for"), ""),
        ("team", "look", "0.0.0.0", (), "Visitors of this server may only look"),
        ("public", "", "127.0.0.1", (), "open to anybody"),
        ("public", "measure", "127.0.0.1", (), "open to anybody"),
        (" Public ", "", "127.0.0.1", (), "open to anybody"),
        ("open", "", "127.0.0.1", (), "TCO_MODE is 'open'; use local, team or public."),
        ("", "nobody", "127.0.0.1", (), "MEASUREMENTS_VISITORS is 'nobody'; use look"),
    ],
)
def test_what_a_visitor_may_do_is_the_modes_and_not_the_addresss(
    mode: str, visitors: str, address: str | None, headers: tuple[str, ...], told: str
) -> None:
    found = why_only_look(
        address=address, headers=headers, variables={"TCO_MODE": mode, "MEASUREMENTS_VISITORS": visitors}
    )
    assert bool(found) == bool(told)
    assert told in found


def test_every_header_of_a_proxy_is_known_in_any_case_and_no_header_of_a_browser() -> None:
    for name in (*PROXY_HEADERS, "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-original-url"):
        assert came_through_a_proxy([name.title()])
    assert not came_through_a_proxy(BROWSER)


def test_wrong_word_is_refused_and_until_then_closes_the_server() -> None:
    with pytest.raises(MeasurementError, match=r"TCO_MODE is 'x'; use local, team or public\."):
        mode_of({"TCO_MODE": "x"})
    assert mode_or_public({"TCO_MODE": "x"}) == "public"
    assert why_nobody_may({"TCO_MODE": "x"})
    assert (mode_of({}), mode_or_public({"TCO_MODE": "team"})) == ("local", "team")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("No such file: '/home/anna/models/x.json'", "No such file: '...'"),
        ("File C:\\Users\\anna\\x.py failed", "File ... failed"),
        ("~/models/a/b is missing", "... is missing"),
        ("12.5 tokens/s and 3/4 of it, see https: no", "12.5 tokens/s and 3/4 of it, see https: no"),
    ],
)
def test_last_words_lose_their_paths(text: str, shown: str) -> None:
    assert without_paths(text) == shown
