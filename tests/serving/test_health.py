"""Health: alive is alive, readiness says what is missing, and counts are for whom may know them."""

from starlette.applications import Starlette
from starlette.testclient import TestClient

from serving.health import health_routes
from serving.metrics import Metrics

PARTS = {"catalogue": "", "store": ""}
CLIENT = TestClient(
    Starlette(
        routes=[
            *health_routes(
                parts=lambda: PARTS,
                metrics=Metrics(),
                gauges=lambda: {"tco_store_readable": ("Whether it can be read.", 1.0)},
                may_know=lambda headers: "via" not in headers,
            )
        ]
    )
)


def test_what_is_missing_is_said_with_503_and_the_process_stays_alive() -> None:
    ready = CLIENT.get("/api/ready")
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "catalogue": "ready", "store": "ready"})
    PARTS["store"] = "The measurement database does not answer."
    try:
        ready = CLIENT.get("/api/ready")
        assert ready.status_code == 503
        assert ready.json() == {
            "ready": False,
            "catalogue": "ready",
            "store": "The measurement database does not answer.",
        }
        assert CLIENT.get("/api/live").status_code == 200
        needed = CLIENT.get("/api/ready?need=catalogue")  # what a proxy asks: the calculator works without a store
        assert (needed.status_code, needed.json()["ready"]) == (200, True)
        assert CLIENT.get("/api/ready?need=catalogue&need=store").status_code == 503
    finally:
        PARTS["store"] = ""


def test_counts_are_for_whom_may_know_them() -> None:
    answer = CLIENT.get("/api/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "tco_store_readable 1" in answer.text
    assert CLIENT.get("/api/metrics", headers={"via": "1.1 proxy"}).status_code == 404


def test_no_proxy_keeps_an_old_answer() -> None:
    for path in ("/api/live", "/api/ready", "/api/metrics"):
        assert CLIENT.get(path).headers["cache-control"] == "no-store"


def test_part_that_does_not_exist_is_refused_with_those_that_do() -> None:
    answer = CLIENT.get("/api/ready?need=stor")
    assert (answer.status_code, answer.json()) == (422, {"error": "need is 'stor'; use catalogue, store."})
