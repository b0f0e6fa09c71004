"""Route of the frames that the Decide page draws while a control moves: small, and never stored."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from calculator.errors import CalculatorError
from serving.answers import Query
from serving.routes import query_of

PATH = "/api/decide.json"

Frame = Callable[[Query], dict[str, Any]]
"""One frame of the page for the scenario in an address. Raises CalculatorError, a sentence per unusable value."""


def live_route(frame: Frame) -> Route:
    """`/api/decide.json`: one frame as JSON, or status 422 with the sentence about what cannot be used."""

    def decide_json(request: Request) -> Response:
        try:
            return JSONResponse(frame(query_of(request)), headers={"cache-control": "no-store"})
        except CalculatorError as error:
            return JSONResponse({"error": str(error)}, status_code=422)

    return Route(PATH, decide_json)
