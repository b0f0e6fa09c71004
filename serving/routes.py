"""Routes under /api: the files to take home for the scenario in the address, and questions of programs. Doors only."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from serving.api_page import api_page
from serving.openapi import Operation, openapi_document
from serving.questions import CHOOSE_SAYS, PREDICT_SAYS, AskedPrediction, ChoiceQuestion
from serving.replies import CHOOSE, COMPARE, DOORS, PATHS, PREDICT, ReplyOf


def api_routes(reply_of: ReplyOf) -> list[Route]:
    """A route per file and per question, the document that describes them, and a page for it."""
    routes = [Route(path, _endpoint(path, reply_of)) for path in PATHS]
    return [*routes, Route("/api/openapi.json", _described), Route("/api", _page)]


def _endpoint(path: str, reply_of: ReplyOf) -> Callable[[Request], Response]:
    def given(request: Request) -> Response:
        reply = reply_of(path, query_of(request))
        return Response(reply.content, reply.status, dict(reply.headers), media_type=reply.kind)

    return given


def _described(_: Request) -> Response:
    return JSONResponse(_document())


def _page(_: Request) -> Response:
    return HTMLResponse(api_page(_document()))


def _document() -> dict[str, object]:
    files = [Operation(door.path, door.says, next(iter(door.files.values())).mime, tuple(door.files)) for door in DOORS]
    compared = Operation(COMPARE, "Every result but the ledger's months.", "application/json")
    return openapi_document(
        [*files, compared],
        questions=[
            Operation(PREDICT, PREDICT_SAYS, "application/json", takes=AskedPrediction),
            Operation(CHOOSE, CHOOSE_SAYS, "application/json", takes=ChoiceQuestion, with_scenario=True),
        ],
    )


def query_of(request: Request) -> dict[str, list[str]]:
    """The parameters of a request, each with all of its texts."""
    return {name: request.query_params.getlist(name) for name in request.query_params}
