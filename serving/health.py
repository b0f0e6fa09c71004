"""Health: is the process alive, is all that it needs there, and what has it counted.

`/api/live` answers while the process does; who restarts a server asks it. `/api/ready` says what is missing, with status
503. The calculator works without a store, so who sends visitors asks `/api/ready?need=catalogue`, or a database that is
gone would take every server away.
"""

import logging
from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from calculator import CalculatorError, Scenario, load_catalog
from serving.metrics import MEDIA_TYPE, Metrics

_LOG = logging.getLogger(__name__)
LIVE_PATH, READY_PATH, METRICS_PATH = "/api/live", "/api/ready", "/api/metrics"
Parts = Mapping[str, Callable[[], str]]
"""What the server needs, by name: what says "" where it is there, else a sentence that anybody may read."""
Gauges = Callable[[], Mapping[str, tuple[str, float]]]
"""Further figures of this moment, by name: what each says, and its value."""
MayKnow = Callable[[list[str]], bool]
"""Whether who came with these headers may read the counts."""


def health_routes(*, parts: Parts, metrics: Metrics, gauges: Gauges, may_know: MayKnow) -> list[Route]:
    """`/api/live`, `/api/ready` and, for whom `may_know` lets, `/api/metrics`."""

    async def live(_: Request) -> Response:
        return PlainTextResponse("alive\n", headers=_FRESH)

    def ready(request: Request) -> Response:
        needed = request.query_params.getlist("need") or list(parts)
        if unknown := [name for name in needed if name not in parts]:
            said = f"need is {unknown[0][:40]!r}; use {', '.join(parts)}."
            return JSONResponse({"error": said}, status_code=422)
        found = {name: parts[name]() for name in dict.fromkeys(needed)}  # and nothing else: a store may be slow
        is_ready = not any(found.values())
        said = {name: problem or "ready" for name, problem in found.items()}
        return JSONResponse({"ready": is_ready, **said}, status_code=200 if is_ready else 503, headers=_FRESH)

    def counts(request: Request) -> Response:
        if not may_know(request.headers.keys()):
            return PlainTextResponse("There is nothing here.\n", status_code=404)
        return PlainTextResponse(metrics.text(gauges()), media_type=MEDIA_TYPE, headers=_FRESH)

    return [Route(LIVE_PATH, live), Route(READY_PATH, ready), Route(METRICS_PATH, counts)]


def catalogue_problem() -> str:
    """Why no scenario could be answered now: the catalogue cannot be read, or lacks what our defaults name."""
    try:
        catalog, scenario = load_catalog(), Scenario()
        for option in scenario.options:
            catalog.option(option)
        catalog.model(scenario.model)
    except CalculatorError as error:
        _LOG.error("%s", error)
        return "The catalogue cannot be used. The server's log says why. Mend the file and start the server again."
    return ""


_FRESH = {"cache-control": "no-store"}
