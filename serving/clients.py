"""Who asks: the address of a client, the session of his browser, and how often he may ask."""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers
from starlette.types import Scope

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_SESSION_COOKIE = "_streamlit_xsrf"  # Streamlit gives one to every browser
_MOST_KNOWN = 10_000
_LONGEST_NAME = 64


def networks(text: str) -> tuple[Network, ...]:
    """Networks of a list such as `10.0.0.0/8, ::1`. Raises ValueError, a sentence, for what is none."""
    found: list[Network] = []
    for part in text.replace(",", " ").split():
        try:
            found.append(ipaddress.ip_network(part, strict=False))
        except ValueError:
            raise ValueError(
                f"{part[:40]!r} is no address of a proxy. Write addresses or networks such as 10.0.0.5 or 10.0.0.0/8."
            ) from None
    return tuple(found)


def client_of(scope: Scope, proxies: Sequence[Network] = ()) -> str:
    """The address of whoever asks.

    X-Forwarded-For counts only as far as the proxies that the operator named wrote it: read from its end, the first
    address that is none of theirs. An IPv6 client is its /64 network, as one customer has all of it.
    """
    peer = str((scope.get("client") or ("unknown", 0))[0])
    if not _is_among(peer, proxies):
        return _named(peer)
    forwarded = ",".join(Headers(scope=scope).getlist("x-forwarded-for"))
    for part in reversed([part.strip() for part in forwarded.split(",") if part.strip()]):
        if _address(part) is None:
            break
        peer = part
        if not _is_among(part, proxies):
            break
    return _named(peer)


def session_of(scope: Scope, proxies: Sequence[Network] = ()) -> str:
    """The browser that asks, by its cookie; without one, its address."""
    try:
        cookies = SimpleCookie(Headers(scope=scope).get("cookie", ""))
    except CookieError:
        cookies = SimpleCookie()
    cookie = cookies.get(_SESSION_COOKIE)
    address = client_of(scope, proxies)
    return f"{address} {_unmasked(cookie.value)[:_LONGEST_NAME]}" if cookie else address


def _unmasked(token: str) -> str:
    """The part of the cookie that stays: `2|mask|token XOR mask|time`, whose mask is new in every answer."""
    parts = token.split("|")
    try:
        mask, masked = bytes.fromhex(parts[1]), bytes.fromhex(parts[2])
        return bytes(one ^ mask[index % len(mask)] for index, one in enumerate(masked)).hex()
    except (IndexError, ValueError, ZeroDivisionError):
        return token


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None


def _is_among(text: str, proxies: Iterable[Network]) -> bool:
    address = _address(text)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped  # as a server that listens on :: sees a visitor by IPv4
    return address is not None and any(address in network for network in proxies)


def _named(text: str) -> str:
    address = _address(text)
    if isinstance(address, ipaddress.IPv6Address):
        return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))
    return text[:_LONGEST_NAME]


@dataclass(slots=True)
class _Bucket:
    tokens: float
    seen_s: float


@dataclass(slots=True)
class Rate:
    """So many requests a second for each client, and `burst` at once: a bucket that fills again.

    The clients that were seen last are remembered; a forgotten one starts with a full bucket.
    """

    per_s: float
    burst: float
    now_s: Callable[[], float] = time.monotonic
    _buckets: OrderedDict[str, _Bucket] = field(default_factory=OrderedDict[str, _Bucket])

    def wait_s(self, client: str, *, taken: float = 1.0) -> float:
        """0 where the request may pass, and it is counted; else the seconds until it may, and nothing is counted."""
        now = self.now_s()
        bucket = self._buckets.setdefault(client, _Bucket(self.burst, now))
        self._buckets.move_to_end(client)
        while len(self._buckets) > _MOST_KNOWN:
            self._buckets.popitem(last=False)
        bucket.tokens = min(self.burst, bucket.tokens + (now - bucket.seen_s) * self.per_s)
        bucket.seen_s = now
        if bucket.tokens >= taken:
            bucket.tokens -= taken
            return 0.0
        return (taken - bucket.tokens) / self.per_s
