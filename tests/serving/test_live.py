"""What the page draws beside its answer: the address reaches the function, nothing is stored, a refusal is its sentence."""

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from calculator.errors import CalculatorError
from serving.answers import Query
from serving.live import PATH, SHADE_PATH, live_routes


class _BusyError(CalculatorError):
    pass


def _of(what: str, query: Query) -> dict[str, Any]:
    if "busy" in query:
        raise _BusyError("Many people ask this server at once.")
    if "wage_usd_per_h" in query:
        raise CalculatorError("wage_usd_per_h is -1.0; it must lie in 0..1000.")
    return {what: query["options"]}


ROUTES = live_routes(frame=lambda query: _of("frame", query), shade=lambda query: _of("shade", query), busy=_BusyError)
CLIENT = TestClient(Starlette(routes=ROUTES))


@pytest.mark.parametrize(("path", "what"), [(PATH, "frame"), (SHADE_PATH, "shade")])
def test_answer_is_of_the_scenario_in_the_address_and_is_not_stored(path: str, what: str) -> None:
    answer = CLIENT.get(f"{path}?options=a&options=b")
    assert (answer.status_code, answer.json()) == (200, {what: ["a", "b"]})
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", [PATH, SHADE_PATH])
def test_wrong_value_is_refused_with_its_sentence(path: str) -> None:
    answer = CLIENT.get(path, params={"wage_usd_per_h": "-1"})
    assert (answer.status_code, answer.json()) == (
        422,
        {"error": "wage_usd_per_h is -1.0; it must lie in 0..1000."},
    )


@pytest.mark.parametrize("path", [PATH, SHADE_PATH])
def test_who_gets_no_turn_is_told_to_come_back(path: str) -> None:
    """The page asks again for a shade that was refused in this way; one that cannot be drawn it leaves out."""
    answer = CLIENT.get(path, params={"busy": "1"})
    assert (answer.status_code, answer.json()) == (503, {"error": "Many people ask this server at once."})
    assert answer.headers["retry-after"] == "5"
