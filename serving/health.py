"""Health: is the process alive, is all that it needs there, and what has it counted.

`/api/live` answers while the process does; who restarts a server asks it. `/api/ready` says what is missing, with status
503. The calculator works without a store, so who sends visitors asks `/api/ready?need=catalogue`, or a database that is
gone would take every server away.
"""

from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from serving.metrics import MEDIA_TYPE, Metrics

LIVE_PATH, READY_PATH, METRICS_PATH = "/api/live", "/api/ready", "/api/metrics"
Parts = Callable[[], Mapping[str, str]]
"""What the server needs, by name: "" where it is there, else a sentence that anybody may read."""
Gauges = Callable[[], Mapping[str, tuple[str, float]]]
"""Further figures of this moment, by name: what each says, and its value."""
MayKnow = Callable[[list[str]], bool]
"""Whether who came with these headers may read the counts."""


def health_routes(*, parts: Parts, metrics: Metrics, gauges: Gauges, may_know: MayKnow) -> list[Route]:
    """`/api/live`, `/api/ready` and, for whom `may_know` lets, `/api/metrics`."""

    async def live(_: Request) -> Response:
        return PlainTextResponse("alive\n", headers=_FRESH)

    def ready(request: Request) -> Response:
        found = parts()
        needed = request.query_params.getlist("need") or list(found)
        if unknown := [name for name in needed if name not in found]:
            said = f"need is {unknown[0][:40]!r}; use {', '.join(found)}."
            return JSONResponse({"error": said}, status_code=422)
        is_ready = not any(found[name] for name in needed)
        said = {name: problem or "ready" for name, problem in found.items()}
        return JSONResponse({"ready": is_ready, **said}, status_code=200 if is_ready else 503, headers=_FRESH)

    def counts(request: Request) -> Response:
        if not may_know(request.headers.keys()):
            return PlainTextResponse("There is nothing here.\n", status_code=404)
        return PlainTextResponse(metrics.text(gauges()), media_type=MEDIA_TYPE, headers=_FRESH)

    return [Route(LIVE_PATH, live), Route(READY_PATH, ready), Route(METRICS_PATH, counts)]


_FRESH = {"cache-control": "no-store"}
