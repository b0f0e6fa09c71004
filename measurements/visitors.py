"""Visitors: what the server's mode lets them do, asked by the service itself and not by hiding a button.

TCO_MODE is `local` (one person on this machine; the default), `team` (behind a proxy that lets in whom it knows) or
`public` (a link for anybody). A public server starts no program for a visitor, writes nothing, reads no path and takes
no file. MEASUREMENTS_VISITORS=look narrows the other two in the same way.
"""

import os
import re
from collections.abc import Iterable, Mapping
from typing import Literal, get_args

from measurements.records.record import MeasurementError

MODE_VARIABLE = "TCO_MODE"
VISITORS_VARIABLE = "MEASUREMENTS_VISITORS"
Mode = Literal["local", "team", "public"]
MODES: tuple[Mode, ...] = get_args(Mode)
LOOPBACK = ("127.0.0.1", "::1", "localhost")
PROXY_HEADERS = (
    *("forwarded", "via", "x-real-ip", "x-client-ip", "x-cluster-client-ip"),
    *("cf-connecting-ip", "true-client-ip"),
)
_PROXY_PREFIXES = ("x-forwarded-", "x-original-")
_ADVICE = "Its administrator can measure and import on the command line: python -m measurements probe, import."
_PATH = re.compile(r"(?<![\w.])(?:~|[A-Za-z]:)?(?:[/\\][\w.@+~-]+){2,}[/\\]?")


class NotAllowedError(MeasurementError):
    """This visitor may only look; the text says why."""


def mode_of(variables: Mapping[str, str] = os.environ) -> Mode:
    """The server's mode. Raises MeasurementError, a sentence, for a word that is none, here or in visitors' rights."""
    mode = variables.get(MODE_VARIABLE, "").strip().lower() or "local"
    if mode not in MODES:
        raise MeasurementError(f"{MODE_VARIABLE} is {mode[:40]!r}; use {', '.join(MODES[:-1])} or {MODES[-1]}.")
    visitors = variables.get(VISITORS_VARIABLE, "").strip().lower()
    if visitors not in ("", "look", "measure"):
        raise MeasurementError(f"{VISITORS_VARIABLE} is {visitors[:40]!r}; use look, or leave it out.")
    return mode


def mode_or_public(variables: Mapping[str, str] = os.environ) -> Mode:
    """The server's mode; a wrong word, which the start refuses, closes as much as can be closed."""
    try:
        return mode_of(variables)
    except MeasurementError:
        return "public"


def why_nobody_may(variables: Mapping[str, str] = os.environ) -> str:
    """Why no visitor of this server may start, keep or bring anything; "" where some may. A wrong word closes it."""
    try:
        mode = mode_of(variables)
    except MeasurementError as error:
        return f"Visitors of this server may only look, because its settings are wrong. {error}"
    if mode == "public":
        return "This server is open to anybody, so its visitors may only look: nothing is measured, brought or stored."
    if variables.get(VISITORS_VARIABLE, "").strip().lower() == "look":
        return f"Visitors of this server may only look. {_ADVICE}"
    return ""


def why_only_look(
    *, address: str | None, headers: Iterable[str] = (), variables: Mapping[str, str] = os.environ
) -> str:
    """Why this visitor may only look; "" where he may measure and bring files.

    address: what the server listens on. headers: names of the headers with which he came. A local server trusts the
    person at this machine alone: a header that only a proxy writes shows that somebody else may be behind it.
    """
    if reason := why_nobody_may(variables):
        return reason
    if mode_of(variables) == "team":
        return ""
    if address not in LOOPBACK:
        return (
            f"This server can be reached from other machines, so its visitors may only look. {_ADVICE} Behind a proxy "
            f"that lets in only people you trust, set {MODE_VARIABLE}=team."
        )
    if came_through_a_proxy(headers):
        return (
            "You came through a proxy, and this server is for one person at its own machine, so you may only look. "
            f"Where the proxy lets in only people you trust, its administrator sets {MODE_VARIABLE}=team."
        )
    return ""


def came_through_a_proxy(headers: Iterable[str]) -> bool:
    """Whether a header is there that browsers do not write and proxies do."""
    return any(name.lower() in PROXY_HEADERS or name.lower().startswith(_PROXY_PREFIXES) for name in headers)


def without_paths(text: str) -> str:
    """A program's last words without the paths of this machine.

    >>> without_paths("FileNotFoundError: '/home/anna/models/x.json' is missing")
    "FileNotFoundError: '...' is missing"
    """
    return _PATH.sub("...", text)
