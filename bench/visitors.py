"""A visitor of a running server: a browser's cookies, and Streamlit's session as its own front end opens it."""

import time
import urllib.error
import urllib.request
from http.cookies import SimpleCookie

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

MOST_S = 20.0


class Visitor:
    """A browser's cookies and, where asked for, its session."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.cookies: dict[str, str] = {}

    def get(self, path: str = "/") -> int:
        """The status of a GET; cookies are kept as a browser keeps them."""
        return self.ask(urllib.request.Request(self.url + path))

    def reach(self, path: str) -> int:
        """The same, or 0 where nothing listens."""
        try:
            return self.get(path)
        except (urllib.error.URLError, OSError):
            return 0

    def ask(self, request: urllib.request.Request) -> int:
        request.add_header("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        try:
            with urllib.request.urlopen(request, timeout=MOST_S) as answer:
                answer.read()
                headers, status = answer.headers, answer.status
        except urllib.error.HTTPError as error:
            headers, status = error.headers, error.code
        for line in headers.get_all("set-cookie") or []:
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        return status

    def session(self) -> ClientConnection:
        """The page's websocket, as Streamlit's own front end opens it."""
        self.get("/_stcore/health")
        return connect(
            self.url.replace("http", "ws") + "/_stcore/stream",
            subprotocols=["streamlit", self.cookies["_streamlit_xsrf"]],  # type: ignore[list-item]
            additional_headers={"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())},
            origin=self.url,  # type: ignore[arg-type]
            max_size=None,
        )


def run_page(session: ClientConnection, query: str = "", *, page: str = "") -> list[ForwardMsg]:
    """Run a page's script once and return all that it sent; fails if it does not end. "" is the first page."""
    message = BackMsg()
    message.rerun_script.query_string = query
    message.rerun_script.page_name = page
    session.send(message.SerializeToString())
    found: list[ForwardMsg] = []
    deadline = time.monotonic() + MOST_S
    while time.monotonic() < deadline:
        sent = ForwardMsg()
        sent.ParseFromString(session.recv(timeout=MOST_S))  # type: ignore[arg-type]
        found.append(sent)
        if sent.WhichOneof("type") == "script_finished" and sent.script_finished == 0:
            return found
    raise AssertionError("the script did not end")
