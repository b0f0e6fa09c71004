"""Routes of what the Decide page draws beside its own answer: frames while a control moves, and the shade of its first
chart. Both are small, and never stored."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from calculator.errors import CalculatorError
from serving.answers import Query
from serving.routes import query_of

PATH, SHADE_PATH = "/api/decide.json", "/api/shade.json"

Drawn = Callable[[Query], dict[str, Any]]
"""What the page draws for the scenario in an address. Raises CalculatorError, a sentence per unusable value."""


def live_routes(*, frame: Drawn, shade: Drawn, busy: type[CalculatorError]) -> list[Route]:
    """`/api/decide.json`, one frame, and `/api/shade.json`, the shade of the answer at rest.

    Each is JSON, or status 422 with the sentence about what cannot be used; 503 where `busy` is raised, because too
    many ask at once.
    """
    return [Route(PATH, _endpoint(frame, busy)), Route(SHADE_PATH, _endpoint(shade, busy))]


def _endpoint(drawn: Drawn, busy: type[CalculatorError]) -> Callable[[Request], Response]:
    def answered(request: Request) -> Response:
        try:
            return JSONResponse(drawn(query_of(request)), headers=_NOT_STORED)
        except busy as error:
            return JSONResponse({"error": str(error)}, status_code=503, headers={**_NOT_STORED, "retry-after": "5"})
        except CalculatorError as error:
            return JSONResponse({"error": str(error)}, status_code=422, headers=_NOT_STORED)

    return answered


_NOT_STORED = {"cache-control": "no-store"}
