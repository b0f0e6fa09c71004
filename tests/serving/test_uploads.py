"""Quota of uploads: bytes of one page and of all, counted while they come, freed when the page is gone."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from serving.uploads import GONE_S, MOST_OF_ALL_BYTES, MOST_OF_PAGE_BYTES, StreamlitShelf, UploadQuota
from tests.serving.apart import run_apart

FIVE_MB = b"x" * 5_000_000


@dataclass
class Kept:
    """Files in memory, and pages that are open."""

    files: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])
    closed: set[str] = field(default_factory=set[str])

    def held_bytes(self) -> dict[str, int]:
        """Bytes of each page."""
        return {page: sum(files.values()) for page, files in self.files.items()}

    def is_open(self, page: str) -> bool:
        """Whether it is connected."""
        return page not in self.closed

    def drop(self, page: str) -> None:
        """Forget its files."""
        self.files.pop(page)

    async def put(self, request: Request) -> Response:
        """Keep a file, as Streamlit does."""
        body = await request.body()
        self.files.setdefault(request.path_params["page"], {})[request.path_params["file"]] = len(body)
        return Response(status_code=204)


class Server:
    """Streamlit's upload route behind the quota, with a clock that stands still."""

    def __init__(self) -> None:
        self.kept, self.now = Kept(), 0.0
        routes = [Route("/_stcore/upload_file/{page}/{file}", self.kept.put, methods=["PUT"])]
        self.quota = UploadQuota(Starlette(routes=routes), self.kept, lambda: self.now)
        self.client = TestClient(self.quota)

    def put(self, page: str, file: str, content: bytes | Iterator[bytes] = FIVE_MB) -> tuple[int, str]:
        """Status and words of one upload."""
        answer = self.client.put(f"/_stcore/upload_file/{page}/{file}", content=content)
        return answer.status_code, answer.text


def _pieces(count: int) -> Iterator[bytes]:
    """A body without a length."""
    for _ in range(count):
        yield b"x" * 1_000_000


def test_page_may_hold_so_much_and_no_more() -> None:
    server = Server()
    assert [server.put("page", f"file-{number}")[0] for number in range(6)] == [204] * 4 + [413] * 2
    assert (
        server.put("page", "more")[1]
        == "The files of one page may hold 20 MB together. Remove one, or reload the page.\n"
    )
    assert server.kept.held_bytes() == {"page": MOST_OF_PAGE_BYTES}


def test_all_pages_together_may_hold_so_much_and_no_more() -> None:
    server = Server()
    codes = [server.put(f"page-{number}", "file")[0] for number in range(30)]
    assert codes == [204] * 20 + [413] * 10
    assert server.put("another", "file")[1].startswith("This server holds as many uploaded files as it can.")
    assert sum(server.kept.held_bytes().values()) == MOST_OF_ALL_BYTES


def test_body_without_a_length_is_counted_as_it_comes() -> None:
    server = Server()
    assert server.put("page", "file", _pieces(19))[0] == 204
    assert server.put("page", "more", _pieces(5))[0] == 413
    assert server.put("page", "small", _pieces(1))[0] == 204


def test_refused_upload_leaves_nothing_counted() -> None:
    server = Server()
    for _ in range(10):
        assert server.put("page", "file", _pieces(21))[0] == 413
    assert server.put("page", "file", _pieces(20))[0] == 204


def test_upload_that_breaks_off_is_no_failure_and_leaves_nothing_counted() -> None:
    kept, said = Kept(), list[Message]()

    async def reads(scope: Scope, receive: Receive, _: Send) -> None:
        await Request(scope, receive).body()

    async def send(message: Message) -> None:
        said.append(message)

    async def all_break_off() -> None:
        quota = UploadQuota(reads, kept)
        for _ in range(10):
            coming = [{"type": "http.disconnect"}, {"type": "http.request", "body": FIVE_MB, "more_body": True}]

            async def receive(coming: list[Message] = coming) -> Message:
                return coming.pop()

            path = "/_stcore/upload_file/page/file"
            await quota({"type": "http", "method": "PUT", "path": path, "headers": []}, receive, send)

    run_apart(all_break_off())
    assert [one["status"] for one in said if one["type"] == "http.response.start"] == [400] * 10


@pytest.mark.parametrize("length", ["-1", "1" * 5_000, "abc"])
def test_strange_length_is_no_failure(length: str) -> None:
    answer = Server().client.put("/_stcore/upload_file/a/b", content=b"x", headers={"content-length": length})
    assert answer.status_code in (204, 413)


def test_files_of_a_page_that_left_are_dropped_once_it_cannot_come_back() -> None:
    server = Server()
    server.put("left", "file")
    server.put("stays", "file")
    server.kept.closed.add("left")
    server.quota.drop_what_was_left()
    server.now = GONE_S - 1
    server.quota.drop_what_was_left()
    assert set(server.kept.files) == {"left", "stays"}
    server.now = GONE_S + 1
    server.quota.drop_what_was_left()
    assert set(server.kept.files) == {"stays"}


def test_page_that_came_back_keeps_its_files() -> None:
    server = Server()
    server.put("page", "file")
    server.kept.closed.add("page")
    server.quota.drop_what_was_left()
    server.kept.closed.clear()
    server.quota.drop_what_was_left()
    server.kept.closed.add("page")
    server.now = GONE_S + 1
    server.quota.drop_what_was_left()
    assert set(server.kept.files) == {"page"}


def test_before_streamlit_runs_nothing_is_held() -> None:
    shelf = StreamlitShelf()
    shelf.drop("page")
    assert (dict(shelf.held_bytes()), shelf.is_open("page")) == ({}, False)
