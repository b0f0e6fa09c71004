"""Live frames: the address reaches the function, a frame is never stored, a refusal is its sentence."""

from typing import Any

from starlette.applications import Starlette
from starlette.testclient import TestClient

from calculator.errors import CalculatorError
from serving.answers import Query
from serving.live import PATH, live_route


def _frame(query: Query) -> dict[str, Any]:
    if "wage_usd_per_h" in query:
        raise CalculatorError("wage_usd_per_h is -1.0; it must lie in 0..1000.")
    return {"options": query["options"]}


CLIENT = TestClient(Starlette(routes=[live_route(_frame)]))


def test_frame_is_of_the_scenario_in_the_address_and_is_not_stored() -> None:
    answer = CLIENT.get(f"{PATH}?options=a&options=b")
    assert (answer.status_code, answer.json()) == (200, {"options": ["a", "b"]})
    assert answer.headers["cache-control"] == "no-store"


def test_wrong_value_is_refused_with_its_sentence() -> None:
    answer = CLIENT.get(PATH, params={"wage_usd_per_h": "-1"})
    assert (answer.status_code, answer.json()) == (
        422,
        {"error": "wage_usd_per_h is -1.0; it must lie in 0..1000."},
    )
