"""Health: alive is alive, readiness says what is missing, and counts are for whom may know them."""

from dataclasses import replace
from functools import partial

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from calculator import Catalog, load_catalog
from calculator.errors import CatalogError
from serving import health
from serving.health import health_routes
from serving.metrics import Metrics

PARTS = {"catalogue": "", "store": ""}
ASKED: list[str] = []


def _asked(name: str) -> str:
    ASKED.append(name)
    return PARTS[name]


CLIENT = TestClient(
    Starlette(
        routes=[
            *health_routes(
                parts={name: partial(_asked, name) for name in PARTS},
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
        PARTS["catalogue"] = "The catalogue cannot be used."
        needed = CLIENT.get("/api/ready?need=catalogue")
        assert (needed.status_code, needed.json()["catalogue"]) == (503, "The catalogue cannot be used.")
    finally:
        PARTS["store"] = PARTS["catalogue"] = ""


def test_only_what_is_needed_is_asked() -> None:
    """A store that is slow or gone delays no answer about the catalogue."""
    for query, asked in (("?need=catalogue", ["catalogue"]), ("?need=store&need=store", ["store"]), ("", list(PARTS))):
        ASKED.clear()
        assert set(CLIENT.get(f"/api/ready{query}").json()) == {"ready", *asked}
        assert asked == ASKED


def test_catalogue_that_breaks_is_said_and_names_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    assert health.catalogue_problem() == ""
    lacking = replace(load_catalog(), machines={})
    monkeypatch.setattr(health, "load_catalog", lambda: lacking)
    assert health.catalogue_problem().startswith("The catalogue cannot be used.")

    def broken() -> Catalog:
        raise CatalogError("/srv/secret/models/x.toml: name is missing. Add it.")

    monkeypatch.setattr(health, "load_catalog", broken)
    assert health.catalogue_problem().startswith("The catalogue cannot be used.")
    assert "secret" not in health.catalogue_problem()


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
