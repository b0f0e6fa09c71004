"""Route of the frames that the Decide page draws while a control moves: small, and never stored."""

from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from calculator.errors import CalculatorError

LIVE_COUNT = 1_000
"""Futures behind a frame while a control moves; the one at rest has all of them."""
PATH = "/api/decide.json"

Frame = Callable[[Mapping[str, list[str]]], dict[str, Any]]
"""One frame of the page for the scenario in an address. Raises CalculatorError, a sentence per unusable value."""


def live_route(frame: Frame) -> Route:
    """`/api/decide.json`: one frame as JSON, or status 422 with the sentence about what cannot be used."""

    def decide_json(request: Request) -> Response:
        query = {name: request.query_params.getlist(name) for name in request.query_params}
        try:
            return JSONResponse(frame(query), headers={"cache-control": "no-store"})
        except CalculatorError as error:
            return JSONResponse({"error": str(error)}, status_code=422)

    return Route(PATH, decide_json)
